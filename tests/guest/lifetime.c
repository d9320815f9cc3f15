// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects that end with their creator, and objects that must be somebody's.
 */
#include "common.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Creates an object that ends with the handle; its descriptor. */
static int create(unsigned int command, const char *name)
{
	union open_args args = open_args(command, name);

	args.open.lifetime = IPCQ_LIFETIME_CREATOR;
	assert_ok(call(device(), command, &args));
	assert_int_equal(args.open.created, 1);
	return args.open.fd;
}

static int open_existing(unsigned int command, const char *name)
{
	union open_args args = open_args(command, name);
	long ret;

	args.open.flags = RW;
	ret = call(device(), command, &args);
	return ret ? ret : args.open.fd;
}

static void the_creators_close_takes_the_name(void **state)
{
	int creator, other, new;
	char byte;

	(void)state;
	creator = create(IPCQ_IOC_QUEUE_OPEN, __func__);
	other = open_existing(IPCQ_IOC_QUEUE_OPEN, __func__);
	assert_ok(other);
	assert_ok(queue_send(other, "m", 1, 0, 0));
	close(creator);
	assert_error(open_existing(IPCQ_IOC_QUEUE_OPEN, __func__), ENOENT);
	/* Who has it open can use it, and the name is free for another. */
	new = create(IPCQ_IOC_REGION_OPEN, __func__);
	assert_int_equal(queue_receive(other, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'm');
	close(other);
	close(new);
	assert_error(open_existing(IPCQ_IOC_REGION_OPEN, __func__), ENOENT);
}

static void others_come_and_go(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		int creator = create(command, __func__), other, again;

		other = open_existing(command, __func__);
		assert_ok(other);
		close(other);
		again = open_existing(command, __func__);
		assert_ok(again);
		close(creator);
		assert_error(open_existing(command, __func__), ENOENT);
		close(again);
	}
}

/* The handle counts, not the descriptor: a duplicate keeps it. */
static void a_duplicate_is_the_creator_too(void **state)
{
	int creator = create(IPCQ_IOC_QUEUE_OPEN, __func__), copy = dup(creator), other;

	(void)state;
	close(creator);
	other = open_existing(IPCQ_IOC_QUEUE_OPEN, __func__);
	assert_ok(other);
	close(copy);
	assert_error(open_existing(IPCQ_IOC_QUEUE_OPEN, __func__), ENOENT);
	close(other);
}

static int create_and_wait(void *context)
{
	(void)context;
	create(IPCQ_IOC_QUEUE_OPEN, "lifetime/killed");
	pause();
	return 0;
}

static void a_creator_that_is_killed_takes_it_along(void **state)
{
	pid_t pid = spawn(create_and_wait, NULL);
	int other;

	(void)state;
	eventually((other = open_existing(IPCQ_IOC_QUEUE_OPEN, "lifetime/killed")) >= 0);
	kill(pid, SIGKILL);
	reap(pid);
	eventually(open_existing(IPCQ_IOC_QUEUE_OPEN, "lifetime/killed") == -ENOENT);
	assert_ok(queue_send(other, "m", 1, 0, 0));
	close(other);
}

static void who_opens_an_existing_one_is_no_creator(void **state)
{
	union open_args args = open_args(IPCQ_IOC_QUEUE_OPEN, __func__);
	int second;

	(void)state;
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	close(args.open.fd);
	args.open.lifetime = IPCQ_LIFETIME_CREATOR;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_int_equal(args.open.created, 0);
	close(args.open.fd);
	second = open_existing(IPCQ_IOC_QUEUE_OPEN, __func__);
	assert_ok(second);
	close(second);
	assert_ok(object_unlink(__func__));
}

/* --------------------------------------------------------- the expected owner */

static long open_of(unsigned int command, const char *name, uint32_t flags,
		    uint32_t owner)
{
	union open_args args = open_args(command, name);
	long ret;

	args.open.flags = RW | IPCQ_OPEN_F_OWNER | flags;
	args.open.owner = owner;
	args.open.mode = 0666;
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	ret = call(device(), command, &args);
	if (!ret)
		close(args.open.fd);
	return ret;
}

/* A user who is faster than the one whose queue it should be. */
static int take_names_first(void *context)
{
	FOR_EACH_OPEN(command) {
		const char *name = command == IPCQ_IOC_QUEUE_OPEN ? "squat/q" : "squat/r";

		(void)context;
		assert_int_equal(open_of(command, name, CREATE, USER), 0);
		/* Nor does anybody create in another's name. */
		assert_error(open_of(command, "squat/n", CREATE, 0), EKEYREJECTED);
	}
	return 0;
}

static void a_squatter_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(reap(spawn_as(USER, USER, take_names_first, NULL)), 0);
	FOR_EACH_OPEN(command) {
		const char *name = command == IPCQ_IOC_QUEUE_OPEN ? "squat/q" : "squat/r";
		unsigned int fds = count_fds();

		assert_error(open_of(command, name, 0, 0), EKEYREJECTED);
		assert_error(open_of(command, name, CREATE, 0), EKEYREJECTED);
		assert_error(open_of(command, name, 0, USER + 1), EKEYREJECTED);
		assert_error(open_of(command, name, CREATE | IPCQ_OPEN_F_EXCL, 0), EEXIST);
		assert_ok(open_of(command, name, 0, USER));
		assert_error(open_of(command, "squat/n", 0, 0), ENOENT);
		assert_int_equal(count_fds(), fds);
		assert_ok(object_unlink(name));
	}
}

static void an_unknown_user_is_refused(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__);

		args.open.flags |= IPCQ_OPEN_F_OWNER;
		args.open.owner = UINT32_MAX;
		assert_refused(command, &args, EINVAL);
		args.open.flags &= ~IPCQ_OPEN_F_OWNER;
		args.open.owner = 1;
		assert_refused(command, &args, EINVAL);
	}
}

/* User 0 of the namespace is USER outside. */
static int demand_inside(void *context)
{
	(void)context;
	assert_error(open_of(IPCQ_IOC_QUEUE_OPEN, "owner/in", 0, USER), EINVAL);
	assert_ok(open_of(IPCQ_IOC_QUEUE_OPEN, "owner/in", 0, 0));
	return 0;
}

static int create_outside(void *context)
{
	(void)context;
	assert_ok(open_of(IPCQ_IOC_QUEUE_OPEN, "owner/in", CREATE, USER));
	return 0;
}

static void the_user_is_as_the_callers_namespace_sees_it(void **state)
{
	(void)state;
	assert_int_equal(reap(spawn_as(USER, USER, create_outside, NULL)), 0);
	assert_int_equal(reap(spawn_in_user_namespace(USER, "0 1000 1\n", demand_inside,
						      NULL)), 0);
	assert_ok(object_unlink("owner/in"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_creators_close_takes_the_name),
		cmocka_unit_test(others_come_and_go),
		cmocka_unit_test(a_duplicate_is_the_creator_too),
		cmocka_unit_test(a_creator_that_is_killed_takes_it_along),
		cmocka_unit_test(who_opens_an_existing_one_is_no_creator),
		cmocka_unit_test(a_squatter_is_noticed),
		cmocka_unit_test(an_unknown_user_is_refused),
		cmocka_unit_test(the_user_is_as_the_callers_namespace_sees_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
