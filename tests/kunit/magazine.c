// SPDX-License-Identifier: GPL-2.0-only
/*
 * What queues keep of messages: by class, for whom, and how it goes back.
 */
#include <linux/err.h>
#include <linux/user_namespace.h>

#include "common.h"
#include "message.h"

#define MESSAGES	IPCQ_A_LIMIT_USER_MESSAGE_BYTES

static s64 used(struct kunit *test)
{
	return atomic64_read(&ipcq_kunit_account(test)->used[IPCQ_RESOURCE_MESSAGE_BYTES]);
}

/* Keeps a new message, as a queue would have taken it. */
static struct ipcq_message *keep_new(struct kunit *test, struct ipcq_magazine *magazine,
				     struct ipcq_account *account, u32 class)
{
	struct ipcq_message *message = ipcq_kunit_message(account, class);

	KUNIT_ASSERT_FALSE(test, IS_ERR(message));
	magazine->memory += ipcq_message_memory(class);
	ipcq_magazine_keep(magazine, message);
	return message;
}

static void empty(struct ipcq_magazine *magazine)
{
	struct ipcq_message *list;

	while ((list = ipcq_magazine_trim(magazine, IPCQ_TRIM_BATCH)))
		ipcq_magazine_free(list, NULL);
}

/* The one kept last is the warmest; classes are apart. */
static void kept_by_class(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	struct ipcq_magazine magazine = {};
	struct ipcq_message *a, *b, *c;
	u32 class;

	for (class = 0; class < IPCQ_CLASSES; class++)
		KUNIT_EXPECT_NULL(test, ipcq_magazine_take(&magazine, class));
	a = keep_new(test, &magazine, account, 1);
	b = keep_new(test, &magazine, account, 1);
	c = keep_new(test, &magazine, account, 2);
	KUNIT_EXPECT_EQ(test, magazine.kept_bytes, 2ULL * ipcq_message_memory(1) +
			ipcq_message_memory(2));
	KUNIT_EXPECT_NULL(test, ipcq_magazine_take(&magazine, 0));
	KUNIT_EXPECT_NULL(test, ipcq_magazine_take(&magazine, 3));
	KUNIT_EXPECT_PTR_EQ(test, ipcq_magazine_take(&magazine, 1), b);
	KUNIT_EXPECT_PTR_EQ(test, ipcq_magazine_take(&magazine, 1), a);
	KUNIT_EXPECT_NULL(test, ipcq_magazine_take(&magazine, 1));
	KUNIT_EXPECT_PTR_EQ(test, ipcq_magazine_take(&magazine, 2), c);
	KUNIT_EXPECT_EQ(test, magazine.kept_bytes, 0ULL);
	/* What is taken out to be used is still the queue's. */
	KUNIT_EXPECT_EQ(test, magazine.memory, 2ULL * ipcq_message_memory(1) +
			ipcq_message_memory(2));
	ipcq_message_free(a);
	ipcq_message_free(b);
	ipcq_message_free(c);
}

static void trim_takes_the_largest(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	struct ipcq_message *large, *small, *list;
	struct ipcq_magazine magazine = {};

	small = keep_new(test, &magazine, account, 0);
	large = keep_new(test, &magazine, account, IPCQ_CLASSES - 1);
	keep_new(test, &magazine, account, 0);
	KUNIT_EXPECT_NULL(test, ipcq_magazine_trim(&magazine, 0));
	list = ipcq_magazine_trim(&magazine, 1);
	KUNIT_EXPECT_PTR_EQ(test, list, large);
	KUNIT_EXPECT_NULL(test, list->order.next);
	KUNIT_EXPECT_EQ(test, magazine.memory, 2ULL * ipcq_message_memory(0));
	KUNIT_EXPECT_EQ(test, magazine.kept_bytes, 2ULL * ipcq_message_memory(0));
	KUNIT_EXPECT_EQ(test, ipcq_magazine_free(list, NULL),
			(unsigned long)ipcq_message_memory(IPCQ_CLASSES - 1));

	/* More than there are, as one list. */
	list = ipcq_magazine_trim(&magazine, 100);
	KUNIT_EXPECT_PTR_EQ(test, list, small);
	KUNIT_EXPECT_NOT_NULL(test, list->order.next);
	KUNIT_EXPECT_EQ(test, magazine.memory, 0ULL);
	KUNIT_EXPECT_EQ(test, magazine.kept_bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, ipcq_magazine_free(list, NULL), 2UL * ipcq_message_memory(0));
	KUNIT_EXPECT_NULL(test, ipcq_magazine_trim(&magazine, 100));
	KUNIT_EXPECT_EQ(test, ipcq_magazine_free(NULL, NULL), 0UL);
}

/* Whose memory is kept: of one root, of several, and of one again once emptied. */
static void concerns_by_root(struct kunit *test)
{
	struct ipcq_account *own = ipcq_kunit_account(test), *owner, *user, *stranger;
	struct ipcq_magazine magazine = {};
	struct user_namespace *ns;
	unsigned long freed;

	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	owner = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	user = ipcq_kunit_account_of(test, ns, 100001);
	stranger = ipcq_kunit_account_of(test, &init_user_ns, 1001);

	KUNIT_EXPECT_FALSE(test, ipcq_magazine_concerns(&magazine, NULL));
	KUNIT_EXPECT_FALSE(test, ipcq_magazine_concerns(&magazine, own));
	keep_new(test, &magazine, user, 0);
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, NULL));
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, user));
	/* It is charged to the owner of the namespace too. */
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, owner));
	KUNIT_EXPECT_FALSE(test, ipcq_magazine_concerns(&magazine, own));
	KUNIT_EXPECT_FALSE(test, ipcq_magazine_concerns(&magazine, stranger));

	keep_new(test, &magazine, own, 0);
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, own));
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, owner));
	/* Only what was of use to who asked counts, though all of it is freed. */
	freed = ipcq_magazine_free(ipcq_magazine_trim(&magazine, 9), owner);
	KUNIT_EXPECT_EQ(test, freed, (unsigned long)ipcq_message_memory(0));

	keep_new(test, &magazine, stranger, 0);
	KUNIT_EXPECT_TRUE(test, ipcq_magazine_concerns(&magazine, stranger));
	KUNIT_EXPECT_FALSE(test, ipcq_magazine_concerns(&magazine, own));
	empty(&magazine);
	ipcq_account_put(owner);
	ipcq_account_put(user);
	ipcq_account_put(stranger);
}

/* -------------------------------------------------------------- of a queue */

static struct ipcq_handle *open_with(struct kunit *test, u32 messages, u32 length)
{
	struct ipcq_handle *handle = ipcq_kunit_open_queue();
	static char payload[65536];
	u32 i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	for (i = 0; i < messages; i++)
		KUNIT_EXPECT_GT(test, ipcq_kunit_send(handle, payload, length, 0, true), 0);
	for (i = 0; i < messages; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, payload, sizeof(payload)),
				(int)length);
	return handle;
}

/* A queue in its steady state takes no memory. */
static void steady_state_takes_nothing(struct kunit *test)
{
	struct ipcq_handle *handle = open_with(test, 2, 100);
	struct ipcq_queue *queue = ipcq_kunit_queue(handle);
	char bytes[100] = "";
	int i;

	KUNIT_EXPECT_EQ(test, queue->magazine.memory, 2ULL * ipcq_message_memory(0));
	KUNIT_EXPECT_EQ(test, queue->magazine.kept_bytes, queue->magazine.memory);
	/* With the limit at what it has, a new message would be refused. */
	ipcq_limits[MESSAGES] = used(test);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_GT(test, ipcq_kunit_send(handle, bytes, 100, 0, true), 0);
		KUNIT_EXPECT_GT(test, ipcq_kunit_send(handle, bytes, 1, 0, true), 0);
		KUNIT_EXPECT_EQ(test, queue->magazine.kept_bytes, 0ULL);
		KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 1, 0, true), -EDQUOT);
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 100), 100);
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 100), 1);
	}
	KUNIT_EXPECT_EQ(test, used(test), 2LL * ipcq_message_memory(0));
	ipcq_kunit_release(handle);
}

/* Who is short of memory has what another queue only keeps, more than a batch of it. */
static void short_user_gets_what_is_kept(struct kunit *test)
{
	struct ipcq_handle *keeper = open_with(test, IPCQ_TRIM_BATCH + 8, 100);
	struct ipcq_handle *handle = open_with(test, 0, 0);
	static char bytes[8192];
	u32 memory = ipcq_message_memory(ipcq_message_class(sizeof(bytes)));
	u32 fit = used(test) / memory, i;

	ipcq_limits[MESSAGES] = used(test);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, sizeof(bytes), 0, true), 1);
	KUNIT_EXPECT_LE(test, used(test), (s64)ipcq_limits[MESSAGES]);
	KUNIT_EXPECT_LT(test, ipcq_kunit_queue(keeper)->magazine.memory,
			(u64)ipcq_limits[MESSAGES]);
	/* And no more than there is. */
	for (i = 2; i <= fit; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, sizeof(bytes), 0, true), i);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, sizeof(bytes), 0, true), -EDQUOT);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_queue(keeper)->magazine.memory, 0ULL);
	ipcq_kunit_release(handle);
	ipcq_kunit_release(keeper);
}

/* A queue that nobody uses gives back what is more than a little. */
static void idle_queue_gives_back(struct kunit *test)
{
	struct ipcq_handle *much = open_with(test, 3, 65536);
	struct ipcq_handle *little = open_with(test, 3, 100);
	struct ipcq_queue *queue = ipcq_kunit_queue(much);

	KUNIT_EXPECT_TRUE(test, queue->idle_armed);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_queue(little)->idle_armed);
	IPCQ_KUNIT_UNTIL(test, !READ_ONCE(queue->magazine.memory));
	KUNIT_EXPECT_EQ(test, queue->magazine.kept_bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_queue(little)->magazine.memory,
			3ULL * ipcq_message_memory(0));
	ipcq_kunit_release(little);
	ipcq_kunit_release(much);
}

/* Ending a queue waits for its works, and does not leave them armed. */
static void queue_ends_while_armed(struct kunit *test)
{
	struct ipcq_handle *handle = open_with(test, 3, 65536);

	KUNIT_EXPECT_TRUE(test, ipcq_kunit_queue(handle)->idle_armed);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, used(test), 0LL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(kept_by_class),
	KUNIT_CASE(trim_takes_the_largest),
	KUNIT_CASE(concerns_by_root),
	KUNIT_CASE(steady_state_takes_nothing),
	KUNIT_CASE(short_user_gets_what_is_kept),
	KUNIT_CASE(idle_queue_gives_back),
	KUNIT_CASE(queue_ends_while_armed),
	{}
};

IPCQ_KUNIT_SUITE(magazine, cases);
