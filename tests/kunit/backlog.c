// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backlog of a queue: its lists for priorities, who pays for them, and that
 * what is in it goes with the queue.
 */
#include <linux/err.h>

#include "backlog.h"
#include "common.h"

#define LEAF	((s64)sizeof(struct ipcq_priority_leaf))

static s64 used_bytes(struct kunit *test)
{
	return atomic64_read(&ipcq_kunit_account(test)->used[IPCQ_RESOURCE_MESSAGE_BYTES]);
}

static struct ipcq_handle *open_priority(struct kunit *test)
{
	struct ipcq_handle *handle =
		ipcq_kunit_open_queue(.with.queue.order = IPCQ_ORDER_PRIORITY);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

static void fifo_has_no_priorities(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_queue();

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(ipcq_kunit_queue(handle), 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "x", 1, 1, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);
	ipcq_kunit_release(handle);
}

static void leaf_is_charged_once(struct kunit *test)
{
	struct ipcq_handle *handle = open_priority(test);
	struct ipcq_queue *queue = ipcq_kunit_queue(handle);

	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, IPCQ_PRIORITY_MAX + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);

	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, IPCQ_PRIORITY_MAX), 0);
	KUNIT_EXPECT_EQ(test, used_bytes(test), LEAF);
	/* The last of 32 and the first of them, then the last of those before. */
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 32736), 0);
	KUNIT_EXPECT_EQ(test, used_bytes(test), LEAF);
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 32735), 0);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 2 * LEAF);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->leaves), 2);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);
}

static void leaf_is_refused(struct kunit *test)
{
	struct ipcq_handle *handle = open_priority(test);
	struct ipcq_queue *queue = ipcq_kunit_queue(handle);

	ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = LEAF - 1;
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 32), -EDQUOT);
	KUNIT_EXPECT_NULL(test, *ipcq_priority_leaf(queue->priorities, 32));
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->leaves), 0);

	ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = LEAF;
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 32), 0);
	KUNIT_EXPECT_NOT_NULL(test, *ipcq_priority_leaf(queue->priorities, 32));
	/* What is there needs no room in the limit. */
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 63), 0);
	KUNIT_EXPECT_EQ(test, ipcq_backlog_prepare(queue, 64), -EDQUOT);
	KUNIT_EXPECT_EQ(test, used_bytes(test), LEAF);
	ipcq_kunit_release(handle);
}

/* Of those who add the same leaf at once, one pays for it. */
struct racers {
	struct ipcq_queue *queue;
	atomic_t ready;
	u32 count;
};

static int prepare_all(void *data)
{
	struct racers *racers = data;
	u32 priority;
	int ret = 0;

	atomic_inc(&racers->ready);
	while (atomic_read(&racers->ready) < racers->count)
		cond_resched();
	for (priority = 0; priority < IPCQ_PRIORITIES && !ret; priority += 32)
		ret = ipcq_backlog_prepare(racers->queue, priority);
	return ret;
}

static void leaf_race(struct kunit *test)
{
	struct ipcq_handle *handle = open_priority(test);
	struct racers racers = { .queue = ipcq_kunit_queue(handle), .count = 3 };
	struct ipcq_kunit_thread *threads[3];
	u32 i;

	for (i = 0; i < racers.count; i++)
		threads[i] = ipcq_kunit_thread(test, prepare_all, &racers);
	for (i = 0; i < racers.count; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i]), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&racers.queue->leaves), (int)IPCQ_PRIORITY_LEAVES);
	KUNIT_EXPECT_EQ(test, used_bytes(test), LEAF * IPCQ_PRIORITY_LEAVES);
	ipcq_kunit_release(handle);
}

static void fifo_goes_back_in_place(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_queue();
	struct ipcq_message *first, *second;
	char byte;
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	for (i = 1; i <= 3; i++) {
		byte = i;
		KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, &byte, 1, 0, true), i);
	}
	first = ipcq_kunit_reserve(handle, 1);
	second = ipcq_kunit_reserve(handle, 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_fail(handle, first), -EFAULT);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_fail(handle, second), -EFAULT);
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &byte, 1), 1);
		KUNIT_EXPECT_EQ(test, (int)byte, i);
	}
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &byte, 1), -EAGAIN);
	ipcq_kunit_release(handle);
}

/* A higher one that came meanwhile goes before the one that is put back. */
static void priority_goes_back_in_place(struct kunit *test)
{
	static const struct {
		u32 priority;
		char byte;
	} sent[] = { { 32, 'b' }, { 32, 'c' }, { 31, 'd' }, { 1024, 'a' } };
	struct ipcq_handle *handle = open_priority(test);
	struct ipcq_message *message;
	char bytes[5] = "";
	int i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, &sent[i].byte, 1,
						      sent[i].priority, true), i + 1);
	message = ipcq_kunit_reserve(handle, 1);
	KUNIT_EXPECT_EQ(test, message->priority, 32U);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, &sent[3].byte, 1, sent[3].priority,
					      true), 4);
	ipcq_queue_end(ipcq_kunit_queue(handle), NULL, message, -EFAULT);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &bytes[i], 1), 1);
	KUNIT_EXPECT_STREQ(test, bytes, "abcd");
	ipcq_kunit_release(handle);
}

/* What is in a queue that ends is freed; the case's end sees the charges. */
static void messages_go_with_the_queue(struct kunit *test)
{
	static const u32 priorities[] = { 0, 31, 32, 1023, 1024, 32767 };
	struct ipcq_handle *handle = open_priority(test);
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(priorities); i++)
		for (k = 0; k < 2; k++)
			KUNIT_EXPECT_GT(test, ipcq_kunit_send(handle, "x", 1, priorities[i],
							      true), 0);
	KUNIT_EXPECT_GT(test, used_bytes(test), 0LL);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);

	handle = ipcq_kunit_open_queue();
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "x", 1, 0, true), 1);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, used_bytes(test), 0LL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fifo_has_no_priorities),
	KUNIT_CASE(leaf_is_charged_once),
	KUNIT_CASE(leaf_is_refused),
	KUNIT_CASE(leaf_race),
	KUNIT_CASE(fifo_goes_back_in_place),
	KUNIT_CASE(priority_goes_back_in_place),
	KUNIT_CASE(messages_go_with_the_queue),
	{}
};

IPCQ_KUNIT_SUITE(backlog, cases);
