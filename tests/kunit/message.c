// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: their size classes, who pays, and copies of payloads in and out.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "common.h"
#include "message.h"

static s64 used(struct ipcq_account *account)
{
	return atomic64_read(&account->used[IPCQ_RESOURCE_MESSAGE_BYTES]);
}

static u32 capacity(u32 class)
{
	return class ? ipcq_message_memory(class) - ipcq_message_memory(0) : IPCQ_INLINE_SIZE;
}

/* Each class takes what is longer than the class below does, up to its own size. */
static void class_boundaries(struct kunit *test)
{
	u32 class, last = IPCQ_CLASSES - 1;

	KUNIT_EXPECT_EQ(test, ipcq_message_class(0), 0U);
	KUNIT_EXPECT_EQ(test, ipcq_message_class(1), 0U);
	for (class = 0; class <= last; class++) {
		KUNIT_EXPECT_EQ(test, ipcq_message_class(capacity(class)), class);
		if (class < last)
			KUNIT_EXPECT_EQ(test, ipcq_message_class(capacity(class) + 1), class + 1);
	}
	KUNIT_EXPECT_EQ(test, capacity(1), 256U);
	KUNIT_EXPECT_EQ(test, capacity(last), IPCQ_MAX_MESSAGE_SIZE);
}

static void new_is_charged(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	struct ipcq_message *message;
	u32 class;

	for (class = 0; class < IPCQ_CLASSES; class++) {
		message = ipcq_kunit_message(account, class);
		KUNIT_ASSERT_FALSE(test, IS_ERR(message));
		KUNIT_EXPECT_EQ(test, used(account), (s64)ipcq_message_memory(class));
		KUNIT_EXPECT_EQ(test, refcount_read(&account->refs), 2U);
		KUNIT_EXPECT_EQ(test, message->class, class);
		/* All of it is there, or KASAN says so. */
		memset(message->payload, 0xa5, capacity(class));
		ipcq_message_free(message);
		KUNIT_EXPECT_EQ(test, used(account), 0LL);
		KUNIT_EXPECT_EQ(test, refcount_read(&account->refs), 1U);
	}
}

static void refused_leaves_nothing(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	struct ipcq_message *message;
	u32 class;

	for (class = 0; class < IPCQ_CLASSES; class++) {
		ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = ipcq_message_memory(class) - 1;
		message = ipcq_kunit_message(account, class);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(message), -EDQUOT);
		KUNIT_EXPECT_EQ(test, used(account), 0LL);
		KUNIT_EXPECT_EQ(test, refcount_read(&account->refs), 1U);
		ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES]++;
		message = ipcq_kunit_message(account, class);
		KUNIT_ASSERT_FALSE(test, IS_ERR(message));
		ipcq_message_free(message);
	}
}

/* A message that is used again is paid for by who uses it, or as before. */
static void transfer_moves_the_charge(struct kunit *test)
{
	struct ipcq_account *own = ipcq_kunit_account(test), *other;
	s64 memory = ipcq_message_memory(1);
	struct ipcq_message *message;
	struct ipcq_sender *sender;

	other = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	sender = ipcq_sender_new(other, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sender));
	message = ipcq_kunit_message(own, 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(message));
	KUNIT_EXPECT_EQ(test, used(own), memory);

	ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = memory - 1;
	KUNIT_EXPECT_EQ(test, ipcq_message_transfer(message, sender), -EDQUOT);
	KUNIT_EXPECT_PTR_EQ(test, message->sender->account, own);
	KUNIT_EXPECT_EQ(test, refcount_read(&sender->refs), 1U);
	KUNIT_EXPECT_EQ(test, used(own), memory);
	KUNIT_EXPECT_EQ(test, used(other), 0LL);

	ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = memory;
	KUNIT_EXPECT_EQ(test, ipcq_message_transfer(message, sender), 0);
	KUNIT_EXPECT_PTR_EQ(test, message->sender, sender);
	KUNIT_EXPECT_EQ(test, refcount_read(&sender->refs), 2U);
	KUNIT_EXPECT_EQ(test, used(own), 0LL);
	KUNIT_EXPECT_EQ(test, used(other), memory);
	KUNIT_EXPECT_EQ(test, refcount_read(&own->refs), 1U);
	ipcq_sender_put(sender);
	ipcq_message_free(message);
	KUNIT_EXPECT_EQ(test, used(other), 0LL);
	KUNIT_EXPECT_EQ(test, refcount_read(&other->refs), 1U);
	ipcq_account_put(other);
}

/* ------------------------------------------------------------ user memory */

#define GUARD	16

/*
 * Copies @length bytes in from one place of user memory and out to another: neither
 * less nor more.
 */
static void copy_both_ways(struct kunit *test, u8 __user *user, struct ipcq_message *message,
			   u32 length)
{
	struct ipcq_buffer from = { .address = user, .length = length };
	struct ipcq_buffer to = { .address = user, .length = length };
	u8 *bytes = kunit_kzalloc(test, length + 2 * GUARD, GFP_KERNEL);
	u32 i, wrong = 0;

	if (!bytes) {
		KUNIT_FAIL(test, "no memory");
		return;
	}
	for (i = 0; i < length; i++)
		bytes[i] = i * 31 + length;
	KUNIT_EXPECT_EQ(test, copy_to_user(user, bytes, length), 0UL);
	memset(message->payload, 0xee, capacity(message->class));
	KUNIT_EXPECT_EQ(test, ipcq_message_fill(message, &from), 0);
	KUNIT_EXPECT_EQ(test, message->length, length);
	KUNIT_EXPECT_EQ(test, memcmp(message->payload, bytes, length), 0);
	if (length < capacity(message->class))
		KUNIT_EXPECT_EQ(test, ((u8 *)message->payload)[length], 0xee);

	KUNIT_EXPECT_EQ(test, clear_user(user, length + 2 * GUARD), 0UL);
	to.address = user + GUARD;
	KUNIT_EXPECT_EQ(test, ipcq_message_copy_out(message, &to), 0);
	KUNIT_EXPECT_EQ(test, copy_from_user(bytes, user, length + 2 * GUARD), 0UL);
	for (i = 0; i < length + 2 * GUARD; i++) {
		u32 at = i - GUARD;

		wrong += bytes[i] != (at < length ? (u8)(at * 31 + length) : 0);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0U);
	kunit_kfree(test, bytes);
}

static void copies_exactly(struct kunit *test)
{
	static const u32 lengths[] = {
		0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 183, 184, 185, 191, 192,
		193, 255, 256, 257, 4095, 4096, 4097, 65536,
	};
	size_t size = 65536 + PAGE_SIZE;
	void __user *user = ipcq_kunit_map(test, size);
	struct ipcq_message *message;
	u32 i;

	if (!user)
		return;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		message = ipcq_kunit_message(ipcq_kunit_account(test),
					     ipcq_message_class(lengths[i]));
		if (IS_ERR(message)) {
			KUNIT_FAIL(test, "no message");
			break;
		}
		copy_both_ways(test, user, message, lengths[i]);
		ipcq_message_free(message);
	}
	ipcq_kunit_unmap(user, size);
}

/* A payload that runs into nothing, from every distance in words and in bytes. */
static void faults_are_told(struct kunit *test)
{
	static const u32 lengths[] = { 1, 8, 9, 64, 192, 193, 4096 };
	u8 __user *user = ipcq_kunit_map(test, 2 * PAGE_SIZE);
	struct ipcq_buffer buffer = {};
	struct ipcq_message *message;
	u32 i, within;

	if (!user)
		return;
	vm_munmap((unsigned long)user + PAGE_SIZE, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		message = ipcq_kunit_message(ipcq_kunit_account(test),
					     ipcq_message_class(lengths[i]));
		if (IS_ERR(message)) {
			KUNIT_FAIL(test, "no message");
			break;
		}
		buffer.length = lengths[i];
		for (within = 0; within <= lengths[i]; within = within * 2 + 1) {
			int expected = within < lengths[i] ? -EFAULT : 0;

			buffer.address = user + PAGE_SIZE - within;
			KUNIT_EXPECT_EQ(test, ipcq_message_fill(message, &buffer), expected);
			message->length = lengths[i];
			KUNIT_EXPECT_EQ(test, ipcq_message_copy_out(message, &buffer), expected);
		}
		/* Not user memory at all. */
		buffer.address = (void __user *)message->payload;
		KUNIT_EXPECT_EQ(test, ipcq_message_fill(message, &buffer), -EFAULT);
		KUNIT_EXPECT_EQ(test, ipcq_message_copy_out(message, &buffer), -EFAULT);
		ipcq_message_free(message);
	}
	ipcq_kunit_unmap(user, PAGE_SIZE);
}

/* The address of nothing may be anything. */
static void nothing_has_no_address(struct kunit *test)
{
	struct ipcq_buffer nothing = { .address = (void __user *)-4096UL };
	struct ipcq_message *message = ipcq_kunit_message(ipcq_kunit_account(test), 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(message));
	KUNIT_EXPECT_EQ(test, ipcq_message_fill(message, &nothing), 0);
	KUNIT_EXPECT_EQ(test, message->length, 0U);
	KUNIT_EXPECT_EQ(test, ipcq_message_copy_out(message, &nothing), 0);
	ipcq_message_free(message);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(class_boundaries),
	KUNIT_CASE(new_is_charged),
	KUNIT_CASE(refused_leaves_nothing),
	KUNIT_CASE(transfer_moves_the_charge),
	KUNIT_CASE(copies_exactly),
	KUNIT_CASE(faults_are_told),
	KUNIT_CASE(nothing_has_no_address),
	{}
};

IPCQ_KUNIT_SUITE(message, cases);
