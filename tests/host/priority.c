// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of a queue with priorities against a plain list, on random operations
 * from a printed seed.
 */
#include "priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ENTRIES	96

struct entry {
	struct ipcq_order_entry order;
	uint32_t priority;
	enum { IDLE, INSIDE, TAKEN } where;
};

static struct ipcq_priority_order *order;

static int setup(void **state)
{
	(void)state;
	order = calloc(1, sizeof(*order));
	return !order;
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < IPCQ_PRIORITY_LEAVES; i++)
		free(order->leaves[i]);
	free(order);
	return 0;
}

static void see_to_leaf(uint32_t priority)
{
	struct ipcq_priority_leaf **leaf = ipcq_priority_leaf(order, priority);

	if (!*leaf)
		*leaf = calloc(1, sizeof(**leaf));
	assert_non_null(*leaf);
}

static struct entry *pop(void)
{
	return (struct entry *)ipcq_priority_pop(order);
}

static void the_highest_comes_first(void **state)
{
	static const uint32_t priorities[] = {
		0, 1, 31, 32, 33, 1023, 1024, 1025, 16384, 32736, 32767,
	};
	const size_t count = sizeof(priorities) / sizeof(*priorities);
	struct entry entries[sizeof(priorities) / sizeof(*priorities)];
	size_t i;

	(void)state;
	assert_true(ipcq_priority_empty(order));
	for (i = 0; i < count; i++) {
		entries[i].order.sequence = i;
		see_to_leaf(priorities[i]);
		ipcq_priority_push(order, priorities[i], &entries[i].order);
		assert_int_equal(ipcq_priority_highest(order), priorities[i]);
	}
	for (i = count; i--;) {
		assert_ptr_equal(ipcq_priority_first(order), &entries[i].order);
		assert_ptr_equal(pop(), &entries[i]);
	}
	assert_true(ipcq_priority_empty(order));
}

static void within_a_priority_the_first_comes_first(void **state)
{
	struct entry entries[6];
	int i;

	(void)state;
	see_to_leaf(5);
	see_to_leaf(900);
	for (i = 0; i < 6; i++) {
		entries[i].order.sequence = i;
		ipcq_priority_push(order, i % 2 ? 900 : 5, &entries[i].order);
	}
	for (i = 1; i < 6; i += 2)
		assert_ptr_equal(pop(), &entries[i]);
	/* Back in another order than they were taken. */
	ipcq_priority_restore(order, 900, &entries[3].order);
	ipcq_priority_restore(order, 900, &entries[1].order);
	assert_ptr_equal(pop(), &entries[1]);
	assert_ptr_equal(pop(), &entries[3]);
	for (i = 0; i < 6; i += 2)
		assert_ptr_equal(pop(), &entries[i]);
}

/* What must come next: the highest priority, then the least number. */
static struct entry *expected(struct entry *entries)
{
	struct entry *best = NULL;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		struct entry *e = &entries[i];

		if (e->where != INSIDE)
			continue;
		if (!best || e->priority > best->priority ||
		    (e->priority == best->priority &&
		     e->order.sequence < best->order.sequence))
			best = e;
	}
	return best;
}

static uint32_t random_priority(void)
{
	switch (random() % 3) {
	case 0:
		return random() % 4;
	case 1:
		return 1000 + random() % 50;
	default:
		return random() % IPCQ_PRIORITIES;
	}
}

/* The first of the lowest priority from @least on. */
static struct entry *expected_above(struct entry *entries, uint32_t least)
{
	struct entry *best = NULL;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		struct entry *e = &entries[i];

		if (e->where != INSIDE || e->priority < least)
			continue;
		if (!best || e->priority < best->priority ||
		    (e->priority == best->priority &&
		     e->order.sequence < best->order.sequence))
			best = e;
	}
	return best;
}

static void check_above(struct entry *entries)
{
	uint32_t least = random() % 8 ? random_priority() : IPCQ_PRIORITIES;

	assert_ptr_equal(ipcq_priority_above(order, least),
			 (void *)expected_above(entries, least));
	assert_ptr_equal(ipcq_priority_above(order, 0),
			 (void *)expected_above(entries, 0));
}

static void it_agrees_with_a_model(void **state)
{
	struct entry entries[ENTRIES] = { 0 };
	uint64_t sequence = 0;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct entry *e = &entries[random() % ENTRIES];

		check_above(entries);
		if (random() % 3 == 0) {
			struct entry *next = expected(entries);

			assert_int_equal(ipcq_priority_empty(order), !next);
			if (!next)
				continue;
			assert_ptr_equal(pop(), next);
			next->where = TAKEN;
		} else if (e->where == IDLE) {
			e->priority = random_priority();
			e->order.sequence = ++sequence;
			see_to_leaf(e->priority);
			ipcq_priority_push(order, e->priority, &e->order);
			e->where = INSIDE;
		} else if (e->where == TAKEN && random() % 2) {
			ipcq_priority_restore(order, e->priority, &e->order);
			e->where = INSIDE;
		} else if (e->where == TAKEN) {
			e->where = IDLE;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_highest_comes_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(within_a_priority_the_first_comes_first,
						setup, teardown),
		cmocka_unit_test_setup_teardown(it_agrees_with_a_model, setup,
						teardown),
	};
	const char *given = getenv("SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) :
				    (unsigned int)time(NULL);

	print_message("SEED=%u\n", seed);
	srandom(seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
