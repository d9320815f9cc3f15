// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which queue may be another's dead-letter queue, and who may make it one.
 */
#include "common.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

static struct ipcq_queue_open open_args_with(const char *name, uint64_t dead_letter)
{
	struct ipcq_queue_open args = queue_args(name, RW | CREATE);

	args.dead_letter = dead_letter;
	return args;
}

/* Opens or creates @name (NULL: anonymous); a descriptor or a negative errno. */
static int open_with(const char *name, uint64_t dead_letter)
{
	struct ipcq_queue_open args = open_args_with(name, dead_letter);
	long ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

static int set_flags(int fd, uint32_t flags, uint64_t dead_letter)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = flags,
		.dead_letter = dead_letter,
	};

	return call(fd, IPCQ_IOC_QUEUE_SET, &args);
}

static int set_to(int fd, uint64_t dead_letter)
{
	return set_flags(fd, IPCQ_SET_F_DEAD_LETTER, dead_letter);
}

static uint64_t id_of(int fd)
{
	return queue_stat(fd).id;
}

static void it_is_given_at_creation(void **state)
{
	int to = queue_new(4, 32), other = queue_new(4, 32), fd, again;

	(void)state;
	fd = open_with("dlq/open", id_of(to));
	assert_ok(fd);
	assert_int_equal(queue_stat(fd).dead_letter, id_of(to));
	/* Who opens it later demands the same or nothing. */
	again = open_with("dlq/open", id_of(to));
	assert_ok(again);
	close(again);
	again = open_with("dlq/open", 0);
	assert_ok(again);
	close(again);
	assert_error(open_with("dlq/open", id_of(other)), EBADR);
	assert_error(open_with("dlq/open", UINT64_MAX), EBADR);
	close(fd);
	close(other);
	close(to);
}

static void what_is_no_queue_is_refused(void **state)
{
	int fd = queue_new(4, 32), region = region_new(1, 0, 0);
	int to = queue_new(4, 32), gone = queue_new(4, 32);
	uint64_t ended = id_of(gone);
	struct ipcq_queue_open args;

	(void)state;
	close(gone);
	args = open_args_with("dlq/bad", ended);
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, ENOENT);
	args = open_args_with("dlq/bad", UINT64_MAX);
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, ENOENT);
	args = open_args_with("dlq/bad", region_stat(region).id);
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, EPROTOTYPE);

	assert_ok(set_to(fd, id_of(to)));
	assert_error(set_to(fd, ended), ENOENT);
	assert_error(set_to(fd, UINT64_MAX), ENOENT);
	assert_error(set_to(fd, region_stat(region).id), EPROTOTYPE);
	assert_error(set_to(fd, id_of(fd)), EINVAL);
	assert_error(set_flags(fd, 0, id_of(to)), EINVAL);
	assert_error(set_flags(fd, IPCQ_SET_F_TIME_TO_LIVE, id_of(to)), EINVAL);
	assert_int_equal(queue_stat(fd).dead_letter, id_of(to));
	/* What is not said stays; 0 said is none. */
	assert_ok(set_flags(fd, 0, 0));
	assert_int_equal(queue_stat(fd).dead_letter, id_of(to));
	assert_ok(set_to(fd, 0));
	assert_int_equal(queue_stat(fd).dead_letter, 0);
	close(fd);
	close(to);
	close(region);
}

static void all_changes_or_nothing(void **state)
{
	int fd = queue_new(4, 32), to = queue_new(4, 32);
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = IPCQ_SET_F_DEAD_LETTER,
		.max_bytes = 31,
		.dead_letter = id_of(to),
	};

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &args), EINVAL);
	assert_int_equal(queue_stat(fd).dead_letter, 0);
	args.max_bytes = 33;
	args.dead_letter = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &args), ENOENT);
	assert_int_equal(queue_stat(fd).max_bytes, 4 * 32);
	close(fd);
	close(to);
}

struct foreign {
	int fd;				/* of a queue that is not the child's */
	uint64_t readable;		/* ids of root's queues */
	uint64_t writable;
	uint64_t closed;
};

static int choose_as_user(void *context)
{
	const struct foreign *foreign = context;
	int fd = open_with(NULL, foreign->writable);

	assert_ok(fd);
	assert_int_equal(queue_stat(fd).dead_letter, foreign->writable);
	assert_error(open_with(NULL, foreign->readable), EACCES);
	assert_error(open_with(NULL, foreign->closed), EACCES);
	assert_ok(set_to(fd, 0));
	assert_error(set_to(fd, foreign->readable), EACCES);
	assert_error(set_to(fd, foreign->closed), EACCES);
	assert_int_equal(queue_stat(fd).dead_letter, 0);
	assert_ok(set_to(fd, foreign->writable));
	/* Whether he may comes before whether it is right. */
	assert_error(set_to(foreign->fd, UINT64_MAX), EPERM);
	assert_error(set_to(foreign->fd, foreign->writable), EPERM);
	return 0;
}

static int queue_of_mode(uint32_t mode)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.open.mode = mode;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static void its_mode_must_allow_writing(void **state)
{
	int readable = queue_of_mode(0604), writable = queue_of_mode(0602);
	int closed = queue_of_mode(0600);
	struct foreign foreign = {
		.fd = closed,
		.readable = id_of(readable),
		.writable = id_of(writable),
		.closed = id_of(closed),
	};
	int fd;

	(void)state;
	assert_int_equal(reap(spawn_as(USER, USER, choose_as_user, &foreign)), 0);
	/* Root may all. */
	fd = open_with(NULL, foreign.closed);
	assert_ok(fd);
	close(fd);
	close(readable);
	close(writable);
	close(closed);
}

/* The device of another network namespace finds other ids. */
static int choose_elsewhere(void *context)
{
	struct ipcq_queue_open args;
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = device_open();
	assert_ok(fd);
	args = open_args_with(NULL, *(uint64_t *)context);
	assert_error(call(fd, IPCQ_IOC_QUEUE_OPEN, &args), ENOENT);
	args.dead_letter = 0;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_OPEN, &args));
	assert_error(set_to(args.open.fd, *(uint64_t *)context), ENOENT);
	return 0;
}

static void it_is_of_the_same_namespace(void **state)
{
	int to = queue_new(4, 32);
	uint64_t id = id_of(to);

	(void)state;
	assert_int_equal(reap(spawn(choose_elsewhere, &id)), 0);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_given_at_creation),
		cmocka_unit_test(what_is_no_queue_is_refused),
		cmocka_unit_test(all_changes_or_nothing),
		cmocka_unit_test(its_mode_must_allow_writing),
		cmocka_unit_test(it_is_of_the_same_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
