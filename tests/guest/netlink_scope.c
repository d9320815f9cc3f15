// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who sees what through netlink: any user, from any user namespace, the objects of
 * one network namespace.
 */
#include "common.h"

#include <ipcq.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define OWNER		1000
#define STRANGER	3000
#define OVERFLOW	65534	/* how an id that is not mapped reads */
#define MAP		"0 1000 1\n1 2000 1\n"

static int copy(const struct ipcq_object_info *object, void *context)
{
	memcpy(context, object, sizeof(*object));
	return 0;
}

static int count(const struct ipcq_object_info *object, void *context)
{
	unsigned int *total = context;

	(void)object;
	++*total;
	return 0;
}

static unsigned int count_objects(void)
{
	unsigned int total = 0;

	assert_ok(ipcq_list(IPCQ_ANY, count, &total));
	return total;
}

static int make(void *context)
{
	union open_args args = open_args(IPCQ_IOC_REGION_OPEN, context);

	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	args.open.mode = 0;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	return 0;
}

static void make_as(uid_t uid, gid_t gid, const char *name)
{
	(void)device();
	assert_int_equal(reap(spawn_as(uid, gid, make, (void *)name)), 0);
}

static void assert_owner(const char *name, uid_t uid, gid_t gid)
{
	struct ipcq_object_info object = { 0 };

	assert_ok(ipcq_show(name, 0, copy, &object));
	assert_int_equal(object.uid, uid);
	assert_int_equal(object.gid, gid);
}

static int look_from_outside(void *context)
{
	(void)context;
	assert_owner("scope/a", OWNER, STRANGER);
	assert_owner("scope/b", STRANGER, OWNER);
	assert_owner("scope/c", 0, 0);
	assert_int_equal(count_objects(), 3);
	return 0;
}

static int look_from_inside(void *context)
{
	(void)context;
	assert_owner("scope/a", 0, OVERFLOW);
	assert_owner("scope/b", OVERFLOW, 0);
	assert_owner("scope/c", OVERFLOW, OVERFLOW);
	assert_int_equal(count_objects(), 3);
	return 0;
}

static void owners_are_told_as_the_asker_knows_them(void **state)
{
	(void)state;
	make_as(OWNER, STRANGER, "scope/a");
	make_as(STRANGER, OWNER, "scope/b");
	make_as(0, 0, "scope/c");
	assert_int_equal(look_from_outside(NULL), 0);
	/* Anyone may look, even at what they may not open. */
	assert_int_equal(reap(spawn_as(2000, 2000, look_from_outside, NULL)), 0);
	assert_int_equal(reap(spawn_in_user_namespace(OWNER, MAP,
						      look_from_inside, NULL)),
			 0);
	assert_ok(object_unlink("scope/a"));
	assert_ok(object_unlink("scope/b"));
	assert_ok(object_unlink("scope/c"));
}

static int look_in_another_namespace(void *context)
{
	const uint64_t *id = context;
	struct ipcq_object_info object;
	union open_args args = open_args(IPCQ_IOC_QUEUE_OPEN, "scope/there");
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(count_objects(), 0);
	assert_error(ipcq_show("scope/here", 0, copy, &object), ENOENT);
	assert_error(ipcq_show(NULL, *id, copy, &object), ENOENT);
	fd = device_open();
	assert_ok(fd);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_OPEN, &args));
	assert_int_equal(count_objects(), 1);
	assert_ok(ipcq_show("scope/there", 0, copy, &object));
	assert_int_equal(object.id, args.open.id);
	return 0;
}

static void each_network_namespace_has_its_own_list(void **state)
{
	int fd = queue_open("scope/here", RW | CREATE);
	uint64_t id = queue_stat(fd).id;
	struct ipcq_object_info object;

	(void)state;
	assert_int_equal(reap(spawn(look_in_another_namespace, &id)), 0);
	assert_ok(ipcq_show("scope/here", 0, copy, &object));
	assert_int_equal(object.id, id);
	assert_error(ipcq_show("scope/there", 0, copy, &object), ENOENT);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_are_told_as_the_asker_knows_them),
		cmocka_unit_test(each_network_namespace_has_its_own_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
