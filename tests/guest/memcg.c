// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A memory cgroup's limit: calls fail with ENOMEM or go on within it, and nobody
 * is killed.
 */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT		"/sys/fs/cgroup"
#define GROUP		ROOT "/ipcq"
#define LIMIT		"16777216"
#define LIMIT_BYTES	(16UL << 20)

#define CHUNK		65536
#define NONBLOCK	IPCQ_SEND_F_NONBLOCK

static char payload[CHUNK];
static int all_processes = -1;		/* cgroup.procs of the root */

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

static unsigned long count_kills(void)
{
	FILE *file = fopen(GROUP "/memory.events", "r");
	unsigned long value, kills = ~0UL;
	char key[32];

	assert_non_null(file);
	while (fscanf(file, "%31s %lu", key, &value) == 2)
		if (!strcmp(key, "oom_kill"))
			kills = value;
	fclose(file);
	return kills;
}

/*
 * Joins the group with all memory of its own in place, so that only what the
 * kernel takes for it is charged there.
 */
static void enter_group(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	all_processes = open(ROOT "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	assert_true(all_processes >= 0);
	(void)device();
	memset(payload, 1, sizeof(payload));
	assert_int_equal(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	assert_true(write_file(GROUP "/cgroup.procs", pid));
}

/* Before anything that may take memory for itself, as a failed assertion does. */
static void leave_group(void)
{
	if (write(all_processes, "0", 1) != 1)
		_exit(1);
}

static void run_in_group(int (*body)(void *context))
{
	unsigned long kills;
	int status;

	if (!write_file(ROOT "/cgroup.subtree_control", "+memory")) {
		print_message("this system has no memory cgroups of version 2\n");
		skip();
	}
	if (mkdir(GROUP, 0755) || !write_file(GROUP "/memory.max", LIMIT))
		fail_msg("cannot make " GROUP);
	status = reap(spawn(body, NULL));
	kills = count_kills();
	eventually(!rmdir(GROUP));
	assert_int_equal(kills, 0);
	assert_int_equal(status, 0);
}

static int send_chunk(int fd, uint64_t number)
{
	memcpy(payload, &number, sizeof(number));
	memcpy(payload + CHUNK - sizeof(number), &number, sizeof(number));
	return queue_send(fd, payload, CHUNK, NONBLOCK, 0);
}

/* Whether the next message of the queue is the one sent as @number. */
static bool receive_chunk(int fd, uint64_t number)
{
	memset(payload, 0, sizeof(number));
	return queue_receive(fd, payload, CHUNK, NONBLOCK, 0) == CHUNK &&
	       !memcmp(payload, &number, sizeof(number)) &&
	       !memcmp(payload + CHUNK - sizeof(number), &number,
		       sizeof(number));
}

static int queue_of_chunks(uint32_t messages)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = CHUNK;
	return call(device(), IPCQ_IOC_QUEUE_OPEN, &args) ? -1 : args.open.fd;
}

static int fill_beyond_the_limit(void *context)
{
	uint64_t sent = 0, received = 0;
	int fd = queue_of_chunks(65536), ret, again;

	(void)context;
	enter_group();
	while (sent < LIMIT_BYTES / CHUNK && !(ret = send_chunk(fd, sent)))
		sent++;
	while (received < sent / 2 && receive_chunk(fd, received))
		received++;
	/* What has been received makes room. */
	again = send_chunk(fd, sent);
	leave_group();

	assert_error(ret, ENOMEM);
	assert_int_equal(received, sent / 2);
	assert_ok(again);
	assert_int_equal(queue_stat(fd).sent, sent + 1);
	for (; received <= sent; received++)
		assert_true(receive_chunk(fd, received));
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
	return 0;
}

static void sends_fail_at_the_limit_and_lose_nothing(void **state)
{
	(void)state;
	run_in_group(fill_beyond_the_limit);
}

/* Forty queues in turn take ten messages each, more than the limit in all. */
static int use_queues_in_turn(void *context)
{
	int fds[40], queue, ret = 0;
	uint64_t number;
	bool intact = true;

	(void)context;
	for (queue = 0; queue < 40; queue++)
		fds[queue] = queue_of_chunks(10);
	enter_group();
	for (queue = 0; queue < 40 && !ret; queue++) {
		for (number = 0; number < 10 && !ret; number++)
			ret = send_chunk(fds[queue], number);
		for (number = 0; number < 10 && !ret; number++)
			intact &= receive_chunk(fds[queue], number);
	}
	leave_group();

	assert_ok(ret);
	assert_true(intact);
	return 0;
}

static void kept_memory_is_given_back_at_the_limit(void **state)
{
	(void)state;
	run_in_group(use_queues_in_turn);
}

/* Control areas are the most that an open takes from the kernel. */
static int open_regions_beyond_the_limit(void *context)
{
	struct ipcq_query q = query();
	int fds[256], count = 0, ret = 0, again = -1;

	(void)context;
	enter_group();
	while (count < 256 && !ret) {
		struct ipcq_region_open args =
			region_args(NULL, RW | CREATE, 4096, q.max_mutexes,
				    q.max_eventcounts);

		ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);
		if (!ret)
			fds[count++] = args.open.fd;
	}
	if (ret) {
		struct ipcq_region_open args =
			region_args(NULL, RW | CREATE, 4096, q.max_mutexes,
				    q.max_eventcounts);

		close(fds[--count]);
		again = call(device(), IPCQ_IOC_REGION_OPEN, &args);
	}
	leave_group();

	assert_error(ret, ENOMEM);
	assert_ok(again);
	return 0;
}

static void opens_fail_at_the_limit(void **state)
{
	(void)state;
	run_in_group(open_regions_beyond_the_limit);
}

static int set_up(void **state)
{
	(void)state;
	(void)device();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_fail_at_the_limit_and_lose_nothing),
		cmocka_unit_test(kept_memory_is_given_back_at_the_limit),
		cmocka_unit_test(opens_fail_at_the_limit),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
