// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pure parts of a queue: its order against a sorted array, its bounds against
 * plain arithmetic, on random operations from a printed seed.
 */
#include "bounds.h"
#include "order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ENTRIES	64

static unsigned int seed;

static void choose_seed(void)
{
	const char *given = getenv("SEED");

	seed = given ? strtoul(given, NULL, 0) : (unsigned int)time(NULL);
	print_message("SEED=%u\n", seed);
	srandom(seed);
}

static void order_is_first_in_first_out(void **state)
{
	struct ipcq_order_entry entries[3] = { { 0 } };
	struct ipcq_order order;
	int i;

	(void)state;
	ipcq_order_init(&order);
	assert_true(ipcq_order_empty(&order));
	for (i = 0; i < 3; i++) {
		entries[i].sequence = i;
		ipcq_order_push(&order, &entries[i]);
	}
	for (i = 0; i < 3; i++)
		assert_ptr_equal(ipcq_order_pop(&order), &entries[i]);
	assert_true(ipcq_order_empty(&order));
}

static void order_takes_entries_back_in_place(void **state)
{
	struct ipcq_order_entry e[4] = { { 0 } };
	struct ipcq_order order;
	int i;

	(void)state;
	ipcq_order_init(&order);
	for (i = 0; i < 3; i++) {
		e[i].sequence = i;
		ipcq_order_push(&order, &e[i]);
	}
	for (i = 0; i < 3; i++)
		ipcq_order_pop(&order);
	/* Back in another order, into an empty list, and then one more. */
	ipcq_order_restore(&order, &e[1]);
	ipcq_order_restore(&order, &e[2]);
	ipcq_order_restore(&order, &e[0]);
	e[3].sequence = 3;
	ipcq_order_push(&order, &e[3]);
	for (i = 0; i < 4; i++)
		assert_ptr_equal(ipcq_order_pop(&order), &e[i]);
	assert_true(ipcq_order_empty(&order));
}

/* What the order must be: the numbers it holds, and those taken out of it. */
struct model {
	uint64_t inside[ENTRIES];
	size_t count;
};

static void model_insert(struct model *model, uint64_t sequence)
{
	size_t at = model->count++;

	while (at && model->inside[at - 1] > sequence) {
		model->inside[at] = model->inside[at - 1];
		at--;
	}
	model->inside[at] = sequence;
}

static uint64_t model_pop(struct model *model)
{
	uint64_t least = model->inside[0];

	model->count--;
	memmove(model->inside, model->inside + 1,
		model->count * sizeof(*model->inside));
	return least;
}

static void order_agrees_with_a_model(void **state)
{
	struct ipcq_order_entry entries[ENTRIES], *taken[ENTRIES], *idle[ENTRIES];
	size_t n_taken = 0, n_idle = ENTRIES, at;
	struct model model = { .count = 0 };
	struct ipcq_order order;
	uint64_t next = 0;
	int i;

	(void)state;
	ipcq_order_init(&order);
	for (i = 0; i < ENTRIES; i++)
		idle[i] = &entries[i];

	for (i = 0; i < 200000; i++) {
		switch (random() % 4) {
		case 0:
			if (!n_idle)
				break;
			idle[--n_idle]->sequence = ++next;
			ipcq_order_push(&order, idle[n_idle]);
			model_insert(&model, next);
			break;
		case 1:
			assert_int_equal(ipcq_order_empty(&order), !model.count);
			if (!model.count)
				break;
			taken[n_taken] = ipcq_order_pop(&order);
			assert_int_equal(taken[n_taken]->sequence,
					 model_pop(&model));
			n_taken++;
			break;
		case 2:		/* a receiver fails */
		case 3:		/* a receiver is done */
			if (!n_taken)
				break;
			at = random() % n_taken;
			if (random() % 2) {
				ipcq_order_restore(&order, taken[at]);
				model_insert(&model, taken[at]->sequence);
			} else {
				idle[n_idle++] = taken[at];
			}
			taken[at] = taken[--n_taken];
			break;
		}
	}
}

static void lowered_bounds_admit_nothing_until_there_is_less(void **state)
{
	struct ipcq_bounds bounds = {
		.max_messages = 4, .max_message_size = 100, .max_bytes = 400,
	};
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		ipcq_bounds_add(&bounds, 100);
	bounds.max_messages = 2;
	bounds.max_message_size = 20;
	bounds.max_bytes = 150;
	assert_true(ipcq_bounds_exclude(&bounds, 21));
	assert_false(ipcq_bounds_exclude(&bounds, 20));
	for (i = 0; i < 3; i++) {
		assert_false(ipcq_bounds_fit(&bounds, 0));
		assert_false(ipcq_bounds_low(&bounds));
		ipcq_bounds_remove(&bounds, 100);
	}
	assert_true(ipcq_bounds_fit_any(&bounds));
	assert_false(ipcq_bounds_fit(&bounds, 21));
}

static void bounds_admit_what_fits(void **state)
{
	struct ipcq_bounds bounds = {
		.max_messages = 4,
		.max_message_size = 100,
		.max_bytes = 250,
	};

	(void)state;
	assert_true(ipcq_bounds_fit_any(&bounds));
	assert_true(ipcq_bounds_low(&bounds));
	ipcq_bounds_add(&bounds, 100);
	ipcq_bounds_add(&bounds, 100);
	assert_false(ipcq_bounds_fit_any(&bounds));
	assert_true(ipcq_bounds_fit(&bounds, 50));
	assert_false(ipcq_bounds_fit(&bounds, 51));
	assert_false(ipcq_bounds_low(&bounds));
	ipcq_bounds_add(&bounds, 0);
	ipcq_bounds_add(&bounds, 0);
	assert_false(ipcq_bounds_fit(&bounds, 0));
	ipcq_bounds_remove(&bounds, 100);
	assert_true(ipcq_bounds_fit_any(&bounds));
	/* Few bytes, but still three of four messages. */
	assert_false(ipcq_bounds_low(&bounds));
	ipcq_bounds_remove(&bounds, 0);
	assert_true(ipcq_bounds_low(&bounds));
}

static void bounds_of_one_are_low_only_when_empty(void **state)
{
	struct ipcq_bounds bounds = {
		.max_messages = 1,
		.max_message_size = UINT32_MAX,
		.max_bytes = UINT64_MAX,
	};

	(void)state;
	assert_true(ipcq_bounds_fit_any(&bounds));
	ipcq_bounds_add(&bounds, UINT32_MAX);
	assert_false(ipcq_bounds_fit(&bounds, 0));
	assert_false(ipcq_bounds_low(&bounds));
	ipcq_bounds_remove(&bounds, UINT32_MAX);
	assert_true(ipcq_bounds_low(&bounds));
	assert_int_equal(bounds.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_first_in_first_out),
		cmocka_unit_test(order_takes_entries_back_in_place),
		cmocka_unit_test(order_agrees_with_a_model),
		cmocka_unit_test(bounds_admit_what_fits),
		cmocka_unit_test(lowered_bounds_admit_nothing_until_there_is_less),
		cmocka_unit_test(bounds_of_one_are_low_only_when_empty),
	};

	choose_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
