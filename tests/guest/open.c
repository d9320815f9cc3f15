// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The arguments of opening queues and regions: each member wrong by itself, the
 * names, and what an open tells.
 */
#include "common.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WRITE_ONLY	IPCQ_OPEN_F_WRITE
#define READ_ONLY	IPCQ_OPEN_F_READ

/* An open that is right but for one member. */
#define refuse_member(command, name, member, value, error)		\
	do {								\
		union open_args args_ = open_args(command, name);	\
		args_.member = (value);					\
		assert_refused(command, &args_, error);			\
	} while (0)

static void each_common_member_is_checked(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		refuse_member(command, __func__, open.flags, 0, EINVAL);
		refuse_member(command, __func__, open.flags, CREATE, EINVAL);
		refuse_member(command, __func__, open.flags, RW | IPCQ_OPEN_F_EXCL, EINVAL);
		refuse_member(command, __func__, open.flags,
			      RW | CREATE | (IPCQ_OPEN_F_ALL + 1), EOPNOTSUPP);
		refuse_member(command, __func__, open.flags, RW, ENOENT);
		refuse_member(command, __func__, open.mode, 01000, EINVAL);
		refuse_member(command, __func__, open.mode, 0100600, EINVAL);
		refuse_member(command, __func__, open.mode, UINT32_MAX, EINVAL);
		refuse_member(command, __func__, open.lifetime, IPCQ_LIFETIME_CREATOR + 1,
			      EOPNOTSUPP);
		refuse_member(command, __func__, open.lifetime, UINT32_MAX,
			      EOPNOTSUPP);
	}
	assert_error(object_unlink(__func__), ENOENT);
}

static void a_region_cannot_be_written_without_being_read(void **state)
{
	(void)state;
	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, open.flags,
		      WRITE_ONLY | CREATE, EINVAL);
	refuse_member(IPCQ_IOC_REGION_OPEN, NULL, open.flags,
		      WRITE_ONLY | CREATE, EINVAL);
}

static void each_attribute_is_checked(void **state)
{
	struct ipcq_query q = query();
	union open_args args = open_args(IPCQ_IOC_QUEUE_OPEN, __func__);

	(void)state;
	refuse_member(IPCQ_IOC_QUEUE_OPEN, __func__, queue.max_messages,
		      q.max_messages + 1, EINVAL);
	refuse_member(IPCQ_IOC_QUEUE_OPEN, __func__, queue.max_message_size,
		      q.max_message_size + 1, EINVAL);
	args.queue.max_message_size = 100;
	args.queue.max_bytes = 99;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, EINVAL);

	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, region.region_size, 0, EINVAL);
	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, region.region_size,
		      q.max_region_size + 1, EINVAL);
	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, region.region_size, UINT64_MAX,
		      EINVAL);
	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, region.mutexes,
		      q.max_mutexes + 1, EINVAL);
	refuse_member(IPCQ_IOC_REGION_OPEN, __func__, region.eventcounts,
		      q.max_eventcounts + 1, EINVAL);
}

static void an_anonymous_object_needs_certain_members(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		refuse_member(command, NULL, open.flags, RW, EINVAL);
		refuse_member(command, NULL, open.lifetime, IPCQ_LIFETIME_PERSISTENT, EINVAL);
		refuse_member(command, NULL, open.lifetime, IPCQ_LIFETIME_CREATOR, EINVAL);
		refuse_member(command, NULL, open.name, (uintptr_t)"o", EINVAL);
		refuse_member(command, NULL, open.name_length, 1, EFAULT);
	}
}

static void refuse_name(const char *name, uint32_t length, int error)
{
	struct ipcq_unlink unlink = {
		.size = sizeof(unlink),
		.name = (uintptr_t)name,
		.name_length = length,
	};

	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__);

		args.open.name = (uintptr_t)name;
		args.open.name_length = length;
		assert_refused(command, &args, error);
	}
	assert_refused(IPCQ_IOC_UNLINK, &unlink, error);
}

static void accept_name(const char *name, uint32_t length)
{
	struct ipcq_unlink unlink = {
		.size = sizeof(unlink),
		.name = (uintptr_t)name,
		.name_length = length,
	};

	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__);

		args.open.name = (uintptr_t)name;
		args.open.name_length = length;
		assert_ok(call(device(), command, &args));
		assert_int_equal(args.open.created, 1);
		assert_ok(call(device(), IPCQ_IOC_UNLINK, &unlink));
		close(args.open.fd);
	}
}

static void bad_names_are_refused(void **state)
{
	char name[300];
	int c;

	(void)state;
	memset(name, 'n', sizeof(name));
	refuse_name(name, 0, EINVAL);
	refuse_name(name, 256, ENAMETOOLONG);
	refuse_name(name, 300, ENAMETOOLONG);
	refuse_name(name, UINT32_MAX, ENAMETOOLONG);
	for (c = 0; c < 256; c++) {
		if (c >= ' ' && c != 127)
			continue;
		name[1] = c;
		refuse_name(name, 3, EINVAL);
		refuse_name(name + 1, 1, EINVAL);
		refuse_name(name, 2, EINVAL);
	}
	refuse_name((const char *)16, 3, EFAULT);
	refuse_name(NULL, 3, EFAULT);
	refuse_name((const char *)-2L, 3, EFAULT);
}

static void all_other_names_are_taken(void **state)
{
	char name[300];
	int c;

	(void)state;
	memset(name, 'n', sizeof(name));
	accept_name(name, 1);
	accept_name(name, 255);
	accept_name("with blanks/and/slashes ", 24);
	accept_name("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", 9);
	for (c = ' '; c < 256; c++) {
		name[0] = c;
		if (c != 127)
			accept_name(name, 1);
	}
}

/* The length counts, whatever follows; one name that begins another is another. */
static void names_are_equal_in_every_byte(void **state)
{
	static const char *const names[] = { "abc", "ab", "abd", "ABC", "abc " };
	uint64_t ids[5];
	int fds[5], i, k;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct ipcq_queue_open args = queue_args(names[i], RW | CREATE);

		assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
		assert_int_equal(args.open.created, 1);
		ids[i] = args.open.id;
		fds[i] = args.open.fd;
		for (k = 0; k < i; k++)
			assert_true(ids[i] != ids[k]);
	}
	for (i = 0; i < 5; i++)
		close(fds[i]);
}

static void created_id_and_fd_are_told(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		union open_args first = open_args(command, __func__), second = first;

		memset(&first.open.fd, 0xff, sizeof(first.open.fd));
		first.open.id = UINT64_MAX;
		first.open.created = UINT32_MAX;
		assert_ok(call(device(), command, &first));
		assert_int_equal(first.open.created, 1);
		assert_true(first.open.id);
		assert_int_equal(fcntl(first.open.fd, F_GETFD), FD_CLOEXEC);

		/* The mode and the lifetime of what exists do not matter. */
		second.open.mode = 0;
		second.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
		assert_ok(call(device(), command, &second));
		assert_int_equal(second.open.created, 0);
		assert_int_equal(second.open.id, first.open.id);
		assert_true(second.open.fd != first.open.fd);
		assert_int_equal(fcntl(second.open.fd, F_GETFD), FD_CLOEXEC);
		close(first.open.fd);
		close(second.open.fd);
	}
}

static void the_descriptor_shows_the_access(void **state)
{
	static const struct {
		uint32_t flags;
		int access;
	} rows[] = {
		{ READ_ONLY, O_RDONLY },
		{ WRITE_ONLY, O_WRONLY },
		{ RW, O_RDWR },
		{ RW | IPCQ_OPEN_F_NONBLOCK, O_RDWR | O_NONBLOCK },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int fd = queue_open(NULL, CREATE | rows[i].flags);

		assert_ok(fd);
		assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK),
				 rows[i].access);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_common_member_is_checked),
		cmocka_unit_test(a_region_cannot_be_written_without_being_read),
		cmocka_unit_test(each_attribute_is_checked),
		cmocka_unit_test(an_anonymous_object_needs_certain_members),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(all_other_names_are_taken),
		cmocka_unit_test(names_are_equal_in_every_byte),
		cmocka_unit_test(created_id_and_fd_are_told),
		cmocka_unit_test(the_descriptor_shows_the_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
