// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many objects and how much shared memory a user may have: each bound refuses
 * cleanly, what is given back makes room, and a user namespace's owner answers for
 * all in it.
 */
#include "common.h"

#include <stdio.h>
#include <unistd.h>

/* ------------------------------------------------------------------ objects */

static int create(unsigned int index)
{
	unsigned int command = index % 2 ? IPCQ_IOC_QUEUE_OPEN :
					   IPCQ_IOC_REGION_OPEN;
	char name[32];
	union open_args args;
	int ret;

	snprintf(name, sizeof(name), "bounded-%u", index);
	args = open_args(command, name);
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	ret = call(device(), command, &args);
	if (ret >= 0)
		close(args.open.fd);
	return ret;
}

static int forget(unsigned int index)
{
	char name[32];

	snprintf(name, sizeof(name), "bounded-%u", index);
	return object_unlink(name);
}

static int create_all(void *context)
{
	uint64_t limit = query().objects_limit;
	unsigned int i;

	(void)context;
	for (i = 0; i < limit; i++)
		assert_ok(create(i));
	assert_int_equal(query().objects, limit);
	assert_error(create(i), EDQUOT);
	assert_error(create(i + 1), EDQUOT);
	assert_int_equal(query().objects, limit);
	/* What exists can still be opened. */
	assert_ok(create(0));
	return 0;
}

static int unlink_one_for_another(void *context)
{
	uint64_t limit = query().objects_limit;

	(void)context;
	assert_ok(forget(0));
	assert_ok(create(limit));
	assert_error(create(limit + 1), EDQUOT);
	assert_ok(forget(limit));
	assert_ok(create(0));
	return 0;
}

static int create_one_more(void *context)
{
	uint64_t objects = query().objects;

	(void)context;
	assert_ok(create(query().objects_limit));
	assert_int_equal(query().objects, objects + 1);
	assert_ok(forget(query().objects_limit));
	return 0;
}

static int is_refused_one_more(void *context)
{
	(void)context;
	assert_int_equal(query().objects, query().objects_limit);
	assert_error(create(query().objects_limit), EDQUOT);
	return 0;
}

static void forget_all(void)
{
	uint64_t limit = query().objects_limit;
	unsigned int i;

	for (i = 0; i < limit; i++)
		assert_ok(forget(i));
}

static void objects_are_bounded(void **state)
{
	(void)state;
	run_as(USER, create_all);
	run_as(USER, unlink_one_for_another);
	/* The bound is of one user. */
	run_as(SUBORDINATE, create_one_more);
	assert_int_equal(create_one_more(NULL), 0);
	forget_all();
	run_as(USER, nothing_is_charged);
	run_as(SUBORDINATE, nothing_is_charged);
}

static void a_namespaces_owner_answers_for_its_objects(void **state)
{
	(void)state;
	run_inside(create_all);
	run_inside(is_refused_one_more);
	run_as(USER, is_refused_one_more);
	/* The subordinate user itself, outside, is somebody else. */
	run_as(SUBORDINATE, create_one_more);
	forget_all();
	run_as(USER, nothing_is_charged);
	run_inside(nothing_is_charged);
}

static int try_region(uint64_t size, uint32_t mutexes)
{
	struct ipcq_region_open args =
		region_args(NULL, RW | CREATE, size, mutexes, 0);
	int ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

static int is_refused_for_the_owner(void *context)
{
	(void)context;
	assert_int_equal(query().objects, 0);
	assert_error(create(query().objects_limit), EDQUOT);
	assert_error(try_region(query().region_bytes_limit & -4096ULL, 0), EDQUOT);
	return nothing_is_charged(NULL);
}

/* It is the owner who has no more; what was charged on the way to him is undone. */
static void a_refusal_further_up_charges_nobody(void **state)
{
	(void)state;
	run_as(USER, create_all);
	run_inside(is_refused_for_the_owner);
	run_as(USER, is_refused_one_more);
	forget_all();
	run_as(USER, nothing_is_charged);
	run_inside(nothing_is_charged);
}

/* -------------------------------------------------------------- region bytes */

static int take_all_region_bytes(void *context)
{
	uint64_t limit = query().region_bytes_limit & -4096ULL;
	int all, rest;

	(void)context;
	assert_error(try_region(limit + 4096, 0), EDQUOT);
	/* The control area counts. */
	assert_error(try_region(limit, 1), EDQUOT);
	all = try_region(limit - 4096, 0);
	assert_ok(all);
	assert_int_equal(query().region_bytes, limit - 4096);
	assert_error(try_region(4097, 0), EDQUOT);
	assert_error(try_region(1, 1), EDQUOT);
	rest = try_region(1, 0);
	assert_ok(rest);
	assert_int_equal(query().region_bytes, limit);
	assert_error(try_region(1, 0), EDQUOT);
	assert_int_equal(query().objects, 2);
	close(all);
	all = try_region(limit - 4096, 0);
	assert_ok(all);
	close(rest);
	close(all);
	return nothing_is_charged(NULL);
}

static void region_bytes_are_bounded(void **state)
{
	(void)state;
	run_as(USER, take_all_region_bytes);
	run_inside(take_all_region_bytes);
	run_as(USER, nothing_is_charged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_bounded),
		cmocka_unit_test(a_namespaces_owner_answers_for_its_objects),
		cmocka_unit_test(a_refusal_further_up_charges_nobody),
		cmocka_unit_test(region_bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
