// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names and lives: when an object ends, and what unlinking does.
 */
#include "common.h"

#include <string.h>
#include <unistd.h>

#define EXCL	(CREATE | IPCQ_OPEN_F_EXCL)

/* A persistent object of either kind; its descriptor. */
static int create_persistent(unsigned int command, const char *name)
{
	union open_args args = open_args(command, name);

	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	args.open.flags |= IPCQ_OPEN_F_EXCL;
	assert_ok(call(device(), command, &args));
	return args.open.fd;
}

/* Opens what exists: its id, or 0 when there is none of this name. */
static uint64_t id_of(unsigned int command, const char *name)
{
	union open_args args = open_args(command, name);
	int ret;

	args.open.flags = RW;
	ret = call(device(), command, &args);
	if (ret == -ENOENT)
		return 0;
	assert_ok(ret);
	close(args.open.fd);
	return args.open.id;
}

static int unlink_kind(const char *name, uint32_t kind)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)name,
		.name_length = strlen(name),
		.kind = kind,
	};

	return call(device(), IPCQ_IOC_UNLINK, &args);
}

static void by_default_an_object_ends_with_its_last_handle(void **state)
{
	uint64_t objects = query().objects;

	(void)state;
	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__), second = args;

		assert_ok(call(device(), command, &args));
		assert_ok(call(device(), command, &second));
		close(args.open.fd);
		assert_int_equal(id_of(command, __func__), args.open.id);
		close(second.open.fd);
		assert_int_equal(id_of(command, __func__), 0);
		assert_int_equal(query().objects, objects);
	}
}

static void a_persistent_object_ends_when_unlinked(void **state)
{
	uint64_t objects = query().objects;
	char byte = 0;
	int fd;

	(void)state;
	fd = create_persistent(IPCQ_IOC_QUEUE_OPEN, __func__);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	close(fd);
	assert_int_equal(query().objects, objects + 1);

	/* With what is in it. */
	fd = queue_open(__func__, RW);
	assert_ok(fd);
	assert_int_equal(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
			 1);
	assert_int_equal(byte, 'x');
	close(fd);

	assert_ok(object_unlink(__func__));
	assert_error(object_unlink(__func__), ENOENT);
	assert_error(queue_open(__func__, RW), ENOENT);
	assert_int_equal(query().objects, objects);
}

static void a_region_persists_too(void **state)
{
	uint64_t objects = query().objects;
	int fd = create_persistent(IPCQ_IOC_REGION_OPEN, __func__);
	uint64_t id = region_stat(fd).id;

	(void)state;
	close(fd);
	assert_int_equal(id_of(IPCQ_IOC_REGION_OPEN, __func__), id);
	assert_ok(object_unlink(__func__));
	assert_int_equal(query().objects, objects);
}

static void an_unlinked_object_lives_beside_its_successor(void **state)
{
	int old = create_persistent(IPCQ_IOC_QUEUE_OPEN, __func__), new;
	uint64_t objects = query().objects;
	char byte = 0;

	(void)state;
	assert_ok(queue_send(old, "o", 1, 0, 0));
	assert_ok(object_unlink(__func__));
	assert_int_equal(query().objects, objects);
	new = queue_open(__func__, RW | EXCL);
	assert_ok(new);
	assert_true(queue_stat(new).id != queue_stat(old).id);
	assert_int_equal(query().objects, objects + 1);
	assert_ok(queue_send(new, "n", 1, 0, 0));
	assert_int_equal(queue_receive(old, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'o');

	/* The old one's end takes nothing from the new one. */
	close(old);
	assert_int_equal(id_of(IPCQ_IOC_QUEUE_OPEN, __func__),
			 queue_stat(new).id);
	assert_int_equal(queue_receive(new, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'n');
	close(new);
	assert_int_equal(query().objects, objects - 1);
}

static void ids_are_not_used_again(void **state)
{
	uint64_t last = 0;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		int fd = queue_new(0, 0);

		assert_true(queue_stat(fd).id > last);
		last = queue_stat(fd).id;
		close(fd);
	}
}

static void unlink_looks_at_the_kind(void **state)
{
	int queue = queue_open("unlink-queue", RW | CREATE);
	int region = region_open("unlink-region", RW | CREATE);

	(void)state;
	assert_error(unlink_kind("unlink-queue", IPCQ_KIND_REGION), EPROTOTYPE);
	assert_error(unlink_kind("unlink-region", IPCQ_KIND_QUEUE), EPROTOTYPE);
	assert_error(unlink_kind("unlink-queue", IPCQ_KIND_REGION + 1),
		     EOPNOTSUPP);
	assert_error(unlink_kind("unlink-queue", UINT32_MAX), EOPNOTSUPP);
	assert_error(unlink_kind("unlink-nothing", IPCQ_KIND_QUEUE), ENOENT);
	assert_ok(unlink_kind("unlink-queue", IPCQ_KIND_QUEUE));
	assert_ok(unlink_kind("unlink-region", IPCQ_KIND_REGION));
	assert_error(unlink_kind("unlink-queue", 0), ENOENT);
	close(queue);
	close(region);
}

static void anonymous_objects_are_each_their_own(void **state)
{
	uint64_t objects = query().objects;

	(void)state;
	FOR_EACH_OPEN(command) {
		union open_args a = open_args(command, NULL), b = a;

		b.open.flags |= IPCQ_OPEN_F_EXCL;
		assert_ok(call(device(), command, &a));
		assert_ok(call(device(), command, &b));
		assert_int_equal(a.open.created, 1);
		assert_int_equal(b.open.created, 1);
		assert_true(a.open.id != b.open.id);
		assert_int_equal(query().objects, objects + 2);
		close(a.open.fd);
		close(b.open.fd);
		assert_int_equal(query().objects, objects);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_an_object_ends_with_its_last_handle),
		cmocka_unit_test(a_persistent_object_ends_when_unlinked),
		cmocka_unit_test(a_region_persists_too),
		cmocka_unit_test(an_unlinked_object_lives_beside_its_successor),
		cmocka_unit_test(ids_are_not_used_again),
		cmocka_unit_test(unlink_looks_at_the_kind),
		cmocka_unit_test(anonymous_objects_are_each_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
