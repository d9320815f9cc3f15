// SPDX-License-Identifier: GPL-2.0-only
/*
 * The orders of order.h and priority.h, at their edges.  Random operations against
 * a model are in tests/host.
 */
#include <linux/string.h>

#include "common.h"
#include "order.h"
#include "priority.h"

/* Where the levels of the bitmap begin and end. */
static const u32 edges[] = {
	0, 1, 30, 31, 32, 33, 63, 64, 1022, 1023, 1024, 1025, 1055, 1056, 2047, 2048,
	31743, 31744, 32735, 32736, 32766, 32767,
};

struct priorities {
	struct ipcq_priority_order order;
	struct ipcq_priority_leaf leaves[IPCQ_PRIORITY_LEAVES];
};

/* An empty order that has all its leaves. */
static struct ipcq_priority_order *new_priorities(struct kunit *test)
{
	struct priorities *all = kunit_kzalloc(test, sizeof(*all), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, all);
	for (i = 0; i < IPCQ_PRIORITY_LEAVES; i++)
		all->order.leaves[i] = &all->leaves[i];
	return &all->order;
}

static void expect_clear(struct kunit *test, struct ipcq_priority_order *order)
{
	u32 i;

	KUNIT_EXPECT_TRUE(test, ipcq_priority_empty(order));
	KUNIT_EXPECT_EQ(test, order->used, 0U);
	for (i = 0; i < 32; i++)
		KUNIT_EXPECT_EQ(test, order->middle[i], 0U);
	for (i = 0; i < IPCQ_PRIORITY_LEAVES; i++)
		KUNIT_EXPECT_EQ(test, order->leaves[i]->used, 0U);
}

static void fill(struct ipcq_order_entry *entries, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		entries[i].sequence = i + 1;
}

static void expect_order(struct kunit *test, struct ipcq_order *order, u32 count)
{
	u32 i;

	for (i = 1; i <= count; i++) {
		KUNIT_ASSERT_FALSE(test, ipcq_order_empty(order));
		KUNIT_EXPECT_EQ(test, ipcq_order_pop(order)->sequence, (u64)i);
	}
	KUNIT_EXPECT_TRUE(test, ipcq_order_empty(order));
}

static void fifo_in_order(struct kunit *test)
{
	struct ipcq_order_entry entries[5];
	struct ipcq_order order;
	u32 i;

	fill(entries, 5);
	ipcq_order_init(&order);
	KUNIT_EXPECT_TRUE(test, ipcq_order_empty(&order));
	for (i = 0; i < 5; i++)
		ipcq_order_push(&order, &entries[i]);
	expect_order(test, &order, 5);

	/* The tail of a list that was empty is a stale one. */
	for (i = 0; i < 5; i++)
		ipcq_order_push(&order, &entries[i]);
	expect_order(test, &order, 5);
}

/* Any number of those taken go back, in any order: 4 taken of 5, all 24 ways. */
static void fifo_restore_any_way(struct kunit *test)
{
	struct ipcq_order_entry entries[6];
	struct ipcq_order order;
	u32 way, left, i, k;

	for (way = 0; way < 24; way++) {
		struct ipcq_order_entry *taken[4];
		u32 code = way;

		fill(entries, 6);
		ipcq_order_init(&order);
		for (i = 0; i < 5; i++)
			ipcq_order_push(&order, &entries[i]);
		for (i = 0; i < 4; i++)
			taken[i] = ipcq_order_pop(&order);
		for (left = 4; left; left--) {
			k = code % left;
			code /= left;
			ipcq_order_restore(&order, taken[k]);
			taken[k] = taken[left - 1];
		}
		/* One more at the end, for which the tail must be right. */
		ipcq_order_push(&order, &entries[5]);
		expect_order(test, &order, 6);
	}
}

static void fifo_restore_to_empty(struct kunit *test)
{
	struct ipcq_order_entry entries[3];
	struct ipcq_order order;

	fill(entries, 3);
	ipcq_order_init(&order);
	ipcq_order_push(&order, &entries[0]);
	ipcq_order_push(&order, &entries[1]);
	ipcq_order_pop(&order);
	ipcq_order_pop(&order);
	ipcq_order_restore(&order, &entries[1]);
	ipcq_order_restore(&order, &entries[0]);
	ipcq_order_push(&order, &entries[2]);
	expect_order(test, &order, 3);
}

static void priority_edge_alone(struct kunit *test)
{
	struct ipcq_priority_order *order = new_priorities(test);
	struct ipcq_order_entry entry = { .sequence = 1 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		ipcq_priority_push(order, edges[i], &entry);
		KUNIT_EXPECT_FALSE(test, ipcq_priority_empty(order));
		KUNIT_EXPECT_EQ(test, ipcq_priority_highest(order), edges[i]);
		KUNIT_EXPECT_PTR_EQ(test, ipcq_priority_first(order), &entry);
		KUNIT_EXPECT_PTR_EQ(test, ipcq_priority_pop(order), &entry);
		expect_clear(test, order);
	}
}

/* Every two edges: the one does not hide the other, nor clear its bits. */
static void priority_edge_pairs(struct kunit *test)
{
	struct ipcq_priority_order *order = new_priorities(test);
	struct ipcq_order_entry low = { .sequence = 1 }, high = { .sequence = 2 };
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (k = 0; k < i; k++) {
			ipcq_priority_push(order, edges[k], &low);
			ipcq_priority_push(order, edges[i], &high);
			KUNIT_EXPECT_PTR_EQ(test, ipcq_priority_pop(order), &high);
			KUNIT_EXPECT_EQ(test, ipcq_priority_highest(order), edges[k]);
			KUNIT_EXPECT_PTR_EQ(test, ipcq_priority_pop(order), &low);
			KUNIT_EXPECT_TRUE(test, ipcq_priority_empty(order));
		}
	}
	expect_clear(test, order);
}

static void priority_all_descend(struct kunit *test)
{
	struct ipcq_priority_order *order = new_priorities(test);
	struct ipcq_order_entry *entries;
	u32 i;

	entries = kunit_kcalloc(test, IPCQ_PRIORITIES, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, entries);
	/* In an order that jumps about: the factor is odd. */
	for (i = 0; i < IPCQ_PRIORITIES; i++) {
		u32 priority = i * 12345U % IPCQ_PRIORITIES;

		entries[priority].sequence = i + 1;
		ipcq_priority_push(order, priority, &entries[priority]);
	}
	for (i = IPCQ_PRIORITIES; i--; )
		if (ipcq_priority_pop(order) != &entries[i])
			KUNIT_FAIL(test, "priority %u is not where it belongs", i);
	expect_clear(test, order);
}

static void priority_fifo_within(struct kunit *test)
{
	static const u32 priorities[] = { 31, 32, 31, 32, 1024, 31, 1024, 0, 32 };
	static const u64 expected[] = { 5, 7, 2, 4, 9, 1, 3, 6, 8 };
	struct ipcq_priority_order *order = new_priorities(test);
	struct ipcq_order_entry entries[ARRAY_SIZE(priorities)];
	u32 i;

	fill(entries, ARRAY_SIZE(entries));
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		ipcq_priority_push(order, priorities[i], &entries[i]);
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		KUNIT_EXPECT_EQ(test, ipcq_priority_pop(order)->sequence, expected[i]);
	expect_clear(test, order);
}

/* What was taken last is of a lower priority, and goes back behind the others. */
static void priority_restore_in_place(struct kunit *test)
{
	static const u32 priorities[] = { 1023, 1023, 1023, 1024, 1024, 0 };
	static const u64 expected[] = { 4, 5, 1, 2, 3, 6 };
	struct ipcq_priority_order *order = new_priorities(test);
	struct ipcq_order_entry entries[ARRAY_SIZE(priorities)], *entry;
	u32 taken, i;

	for (taken = 1; taken <= ARRAY_SIZE(entries); taken++) {
		fill(entries, ARRAY_SIZE(entries));
		for (i = 0; i < ARRAY_SIZE(entries); i++)
			ipcq_priority_push(order, priorities[i], &entries[i]);
		for (i = 0; i < taken; i++)
			ipcq_priority_pop(order);
		/* Back in the order of their numbers, which is not theirs. */
		for (i = 0; i < ARRAY_SIZE(entries); i++) {
			u32 place = 0;

			while (expected[place] != i + 1)
				place++;
			if (place < taken)
				ipcq_priority_restore(order, priorities[i], &entries[i]);
		}
		for (i = 0; i < ARRAY_SIZE(entries); i++) {
			entry = ipcq_priority_pop(order);
			KUNIT_EXPECT_EQ(test, entry->sequence, expected[i]);
		}
		expect_clear(test, order);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fifo_in_order),
	KUNIT_CASE(fifo_restore_any_way),
	KUNIT_CASE(fifo_restore_to_empty),
	KUNIT_CASE(priority_edge_alone),
	KUNIT_CASE(priority_edge_pairs),
	KUNIT_CASE(priority_all_descend),
	KUNIT_CASE(priority_fifo_within),
	KUNIT_CASE(priority_restore_in_place),
	{}
};

IPCQ_KUNIT_SUITE(order, cases);
