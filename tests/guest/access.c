// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may open and who may unlink: owner, group and mode bits, capabilities, user
 * namespaces, and what a handle then allows.
 */
#include "common.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ		IPCQ_OPEN_F_READ
#define WRITE		IPCQ_OPEN_F_WRITE
#define OWNER		1000
#define OTHER		2000
#define STRANGER	3000

/* An object to be made. */
struct made {
	unsigned int command;
	const char *name;
	uint32_t mode;
};

static int make(void *context)
{
	const struct made *made = context;
	union open_args args = open_args(made->command, made->name);

	/* The umask must not matter. */
	umask(0777);
	args.open.mode = made->mode;
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	args.open.flags |= IPCQ_OPEN_F_EXCL;
	assert_ok(call(device(), made->command, &args));
	return 0;
}

static void make_as(uid_t uid, gid_t gid, unsigned int command,
		    const char *name, uint32_t mode)
{
	struct made made = { command, name, mode };

	(void)device();
	assert_int_equal(reap(spawn_as(uid, gid, make, &made)), 0);
}

static int try_open(unsigned int command, const char *name, uint32_t flags)
{
	union open_args args = { 0 };
	int ret;

	if (command == IPCQ_IOC_QUEUE_OPEN)
		args.queue = queue_args(name, flags);
	else
		args.region = region_args(name, flags, 0, 0, 0);
	ret = call(device(), command, &args);
	if (ret >= 0)
		close(args.open.fd);
	return ret;
}

/* ---------------------------------------------------------------- mode bits */

/* Somebody, and which of the three classes he is in for OWNER's objects. */
struct somebody {
	uid_t uid;
	gid_t gid;
	gid_t supplementary;		/* 0: none */
	unsigned int shift;		/* of the class's bits in a mode */
};

static const struct somebody somebodies[] = {
	{ OWNER, OWNER, 0, 6 },
	{ OWNER, OTHER, 0, 6 },
	{ OTHER, OWNER, 0, 3 },
	{ OTHER, OTHER, OWNER, 3 },
	{ OTHER, OTHER, STRANGER, 0 },
	{ OTHER, OTHER, 0, 0 },
};

static const uint32_t modes[] = {
	0000, 0400, 0200, 0600, 0040, 0020, 0060, 0004, 0002, 0006, 0077, 0707,
	0644, 0111,
};

#define MODES	(sizeof(modes) / sizeof(*modes))

static const char *mode_name(uint32_t mode)
{
	static char name[16];

	snprintf(name, sizeof(name), "mode-%04o", mode);
	return name;
}

static void check_mode(const struct somebody *who, unsigned int command,
		       uint32_t mode, uint32_t flags)
{
	uint32_t bits = mode >> who->shift;
	bool granted = (!(flags & READ) || bits & 4) &&
		       (!(flags & WRITE) || bits & 2);
	int ret = try_open(command, mode_name(mode), flags);

	if (ret == (granted ? 0 : -EACCES))
		return;
	fail_msg("uid %u gid %u+%u mode %04o flags %u: %d", who->uid, who->gid,
		 who->supplementary, mode, flags, ret);
}

static unsigned int command_under_test;

static int check_modes(void *context)
{
	const struct somebody *who = context;
	size_t i;

	if (who->supplementary)
		assert_int_equal(setgroups(1, &who->supplementary), 0);
	assert_int_equal(setresgid(who->gid, who->gid, who->gid), 0);
	assert_int_equal(setresuid(who->uid, who->uid, who->uid), 0);
	for (i = 0; i < MODES; i++) {
		check_mode(who, command_under_test, modes[i], READ);
		check_mode(who, command_under_test, modes[i], RW);
		if (command_under_test == IPCQ_IOC_QUEUE_OPEN)
			check_mode(who, command_under_test, modes[i], WRITE);
	}
	return 0;
}

static void the_first_class_that_fits_decides(void **state)
{
	size_t i;

	(void)state;
	FOR_EACH_OPEN(command) {
		command_under_test = command;
		for (i = 0; i < MODES; i++)
			make_as(OWNER, OWNER, command, mode_name(modes[i]),
				modes[i]);
		for (i = 0; i < sizeof(somebodies) / sizeof(*somebodies); i++)
			assert_int_equal(reap(spawn(check_modes,
						    (void *)&somebodies[i])),
					 0);
		for (i = 0; i < MODES; i++)
			assert_ok(object_unlink(mode_name(modes[i])));
	}
}

/* ------------------------------------------------------------- capabilities */

/* What somebody with some capabilities may do with OWNER's object. */
struct capable {
	uid_t uid;
	uint64_t capabilities;
	int open;
	int unlink;
};

#define CAPABILITY(name)	(1ULL << CAP_ ## name)

static const struct capable capables[] = {
	{ OTHER, 0, -EACCES, -EPERM },
	{ OTHER, CAPABILITY(IPC_OWNER), 0, 0 },
	{ OTHER, CAPABILITY(DAC_OVERRIDE), 0, -EPERM },
	{ OTHER, CAPABILITY(DAC_READ_SEARCH) | CAPABILITY(FOWNER) |
		 CAPABILITY(SYS_ADMIN), -EACCES, -EPERM },
	{ 0, 0, -EACCES, -EPERM },
	{ 0, CAPABILITY(IPC_OWNER), 0, 0 },
	{ OWNER, 0, -EACCES, 0 },
};

static void set_capabilities(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = capabilities, .permitted = capabilities },
		{ .effective = capabilities >> 32, .permitted = capabilities >> 32 },
	};

	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static int check_capable(void *context)
{
	const struct capable *who = context;

	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(prctl(PR_SET_KEEPCAPS, 1), 0);
	assert_int_equal(setresgid(who->uid, who->uid, who->uid), 0);
	assert_int_equal(setresuid(who->uid, who->uid, who->uid), 0);
	set_capabilities(who->capabilities);
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "capable", RW),
			 who->open);
	assert_int_equal(object_unlink("capable"), who->unlink);
	return 0;
}

static void capabilities_override_the_mode(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(capables) / sizeof(*capables); i++) {
		make_as(OWNER, OWNER, IPCQ_IOC_QUEUE_OPEN, "capable", 0);
		assert_int_equal(reap(spawn(check_capable,
					    (void *)&capables[i])), 0);
		assert_int_equal(object_unlink("capable"),
				 capables[i].unlink ? 0 : -ENOENT);
	}
}

/* ---------------------------------------------------------- user namespaces */

/* Run as all-capable root of a namespace that has OWNER as 0 and OTHER as 1. */
static int check_inside(void *context)
{
	(void)context;
	assert_int_equal(getuid(), 0);
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "of-owner", RW), 0);
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "of-other", RW), 0);
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "of-stranger", RW),
			 -EACCES);
	/* Mapped is not enough when the group is not. */
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "of-strange-group", RW),
			 -EACCES);
	assert_int_equal(try_open(IPCQ_IOC_QUEUE_OPEN, "of-root", RW), -EACCES);
	assert_error(object_unlink("of-stranger"), EPERM);
	assert_error(object_unlink("of-strange-group"), EPERM);
	assert_error(object_unlink("of-root"), EPERM);
	assert_ok(object_unlink("of-other"));
	assert_ok(object_unlink("of-owner"));
	return 0;
}

static void a_namespaces_root_rules_only_who_is_mapped(void **state)
{
	(void)state;
	make_as(OWNER, OWNER, IPCQ_IOC_QUEUE_OPEN, "of-owner", 0);
	make_as(OTHER, OTHER, IPCQ_IOC_QUEUE_OPEN, "of-other", 0);
	make_as(STRANGER, STRANGER, IPCQ_IOC_QUEUE_OPEN, "of-stranger", 0);
	make_as(OTHER, STRANGER, IPCQ_IOC_QUEUE_OPEN, "of-strange-group", 0);
	make_as(0, 0, IPCQ_IOC_QUEUE_OPEN, "of-root", 0);
	assert_int_equal(reap(spawn_in_user_namespace(OWNER,
				"0 1000 1\n1 2000 1\n", check_inside, NULL)), 0);
	assert_ok(object_unlink("of-stranger"));
	assert_ok(object_unlink("of-strange-group"));
	assert_ok(object_unlink("of-root"));
	assert_error(object_unlink("of-owner"), ENOENT);
	assert_error(object_unlink("of-other"), ENOENT);
}

/* --------------------------------------------------------- what handles allow */

static void a_queues_handle_goes_one_way(void **state)
{
	int reader = queue_open("one-way", READ | CREATE);
	int writer = queue_open("one-way", WRITE);
	char byte = 0;

	(void)state;
	assert_error(queue_send(reader, "x", 1, 0, 0), EBADF);
	assert_int_equal(write(reader, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_ok(queue_send(writer, "x", 1, 0, 0));
	assert_error(queue_receive(writer, &byte, 1, 0, 0), EBADF);
	assert_int_equal(read(writer, &byte, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(queue_stat(writer).messages, 1);
	assert_int_equal(queue_receive(reader, &byte, 1, 0, 0), 1);
	close(reader);
	close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_class_that_fits_decides),
		cmocka_unit_test(capabilities_override_the_mode),
		cmocka_unit_test(a_namespaces_root_rules_only_who_is_mapped),
		cmocka_unit_test(a_queues_handle_goes_one_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
