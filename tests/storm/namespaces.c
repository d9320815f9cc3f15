// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Worlds, each a user, a network, a process id and a mount namespace, are made and
 * end, or are killed, while what was opened in them is in use elsewhere.
 *
 * A world makes objects that have names, some of which would stay for ever, passes
 * handles and its device to those outside, and ends.  Those outside use what they get;
 * and leave their own network namespace for one of theirs, now and then.
 */
#include "common.h"

#include <fcntl.h>
#include <ipcq.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DURATION	(3 * SECOND)
#define WORLDS		3
#define OUTSIDERS	3
#define PARTIES		(WORLDS + OUTSIDERS)
#define TURNS		12		/* of one world, which ends then by itself */

static int inbox[2];
static pid_t pids[PARTIES];
static uint32_t *taken;			/* shared */

/* ------------------------------------------------------------------- worlds */

/* The device, reached through a mount that goes away with the world. */
static int open_mounted_device(void)
{
	int fd;

	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/tmp", "tmpfs", 0, NULL), 0);
	fd = open("/tmp/ipcq", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mount(IPCQ_DEVICE, "/tmp/ipcq", NULL, MS_BIND, NULL), 0);
	fd = open("/tmp/ipcq", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int make_object(int device_fd)
{
	unsigned int command = chance(2) ? IPCQ_IOC_QUEUE_OPEN :
					   IPCQ_IOC_REGION_OPEN;
	union open_args args;
	char name[16];
	int ret;

	snprintf(name, sizeof(name), "%u/%u", command, chance(6));
	args = open_args(command, name);
	args.open.lifetime = chance(3);
	args.open.mode = 0666;
	ret = call(device_fd, command, &args);
	if (ret)
		fail_msg("making an object: error %d", -ret);
	return args.open.fd;
}

static void use(int fd)
{
	struct ipcq_queue_stat stat = { .size = sizeof(stat) };
	char payload[100] = { 0 };
	int ret;

	if (!call(fd, IPCQ_IOC_QUEUE_STAT, &stat)) {
		ret = queue_send(fd, payload, chance(100), IPCQ_SEND_F_NONBLOCK, 0);
		assert_true(!ret || ret == -EAGAIN);
		if (chance(2))
			ret = queue_receive(fd, payload, sizeof(payload),
					    IPCQ_RECEIVE_F_NONBLOCK, 0);
		assert_true(ret >= 0 || ret == -EAGAIN);
		return;
	}
	ret = mutex_lock(fd, 0, IPCQ_MUTEX_F_TRY, 0);
	assert_true(!ret || ret == -EOWNERDEAD || ret == -EAGAIN ||
		    ret == -EDEADLK);
	/* Whether the holder is known depends on the process id namespace. */
	(void)mutex_stat(fd, 0);
	if (ret == -EAGAIN || ret == -EDEADLK || !chance(4))
		return;
	assert_ok(mutex_unlock(fd, 0));
}

static int count_object(const struct ipcq_object_info *object, void *context)
{
	(void)object;
	++*(unsigned int *)context;
	return 0;
}

/* The first process of the world's process id namespace. */
static int live(void *context)
{
	unsigned int turn, seen = 0;
	int fd;

	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open_mounted_device();
	for (turn = 0; turn < TURNS; turn++) {
		int object = make_object(fd);

		use(object);
		(void)send_fd(inbox[0], object);
		if (!chance(4))
			(void)send_fd(inbox[0], fd);
		if (chance(2))
			close(object);
	}
	assert_ok(ipcq_list(IPCQ_ANY, count_object, &seen));
	assert_true(seen > 0);
	return 0;
}

static int run_world(void *context)
{
	(void)context;
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS), 0);
	return reap(storm_spawn(live, NULL));
}

static pid_t start_world(void)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %d 1\n1 %d 1\n", USER, SUBORDINATE);
	/* A world begins with its parent's chance: no two alike. */
	(void)chance(2);
	return spawn_in_user_namespace(USER, map, run_world, NULL);
}

/* ---------------------------------------------------------------- outsiders */

/* A device of some world, which may have ended. */
static void use_device(int fd)
{
	FOR_EACH_OPEN(command) {
		union open_args args;
		char name[16];
		int ret;

		snprintf(name, sizeof(name), "%u/%u", command, chance(6));
		args = open_args(command, name);
		args.open.flags = RW;
		if (command == IPCQ_IOC_REGION_OPEN)
			args.region.region_size = 0;
		ret = call(fd, command, &args);
		if (!ret) {
			use(args.open.fd);
			close(args.open.fd);
		} else if (ret != -ENOENT && ret != -ESTALE) {
			fail_msg("opening by name: error %d", -ret);
		}
	}
}

/* Leaves its network namespace for one that ends with the visit. */
static void go_out(int home)
{
	int fd, object;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = device_open();
	assert_ok(fd);
	object = make_object(fd);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	use(object);
	if (chance(2))
		(void)send_fd(inbox[0], object);
	close(object);
	close(fd);
}

static void run_outsider(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct ipcq_query q = { .size = sizeof(q) };
	int kept[4] = { -1, -1, -1, -1 }, fd;

	assert_true(home >= 0);
	for (;;) {
		fd = receive_fd(inbox[1]);
		if (fd >= 0) {
			int *place = &kept[chance(4)];

			if (*place >= 0)
				close(*place);
			*place = fd;
			__atomic_fetch_add(taken, 1, __ATOMIC_RELAXED);
		}
		fd = kept[chance(4)];
		if (fd < 0)
			usleep(1000);
		else if (!call(fd, IPCQ_IOC_QUERY, &q))
			use_device(fd);
		else
			use(fd);
		if (!chance(64))
			go_out(home);
	}
}

static int run_party(void *context)
{
	(void)context;
	run_outsider();
	return 0;
}

/* -------------------------------------------------------------------- round */

static void start(unsigned int party)
{
	pids[party] = party < WORLDS ? start_world() :
				       storm_spawn(run_party, NULL);
}

/* A world may have come to its end by itself. */
static void end_party(unsigned int party)
{
	int status;

	kill(pids[party], SIGKILL);
	status = reap_in_time(pids[party], "killed world");
	assert_true(status == 128 + SIGKILL || (!status && party < WORLDS));
}

static void round_of_namespaces(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	(void)device();
	taken = shared_memory(sizeof(*taken));
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
				    SOCK_NONBLOCK, 0, inbox), 0);
	for (i = 0; i < PARTIES; i++)
		start(i);
	while (in(0) < end || *taken < 10) {
		usleep(chance(20000));
		i = chance(PARTIES);
		/* Most worlds get as far as they go. */
		if (i < WORLDS && !has_ended(pids[i]) && chance(4))
			continue;
		end_party(i);
		start(i);
		assert_true(in(0) < end + PATIENCE);
	}
	for (i = 0; i < PARTIES; i++)
		end_party(i);
	print_message("  %u handles came out of worlds\n", *taken);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_namespaces);
}
