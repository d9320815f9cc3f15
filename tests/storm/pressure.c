// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Senders, and those who fill regions, live in memory cgroups whose limits go up and
 * down.  A call fails with ENOMEM, or goes on within the limit; and a process that the
 * kernel kills, because a limit fell below what it has, is one more that was killed.
 *
 * Receivers pause now and then, so that there is something for a limit to bite on.
 */
#include "ledger.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DURATION	(3 * SECOND)
#define ROOT		"/sys/fs/cgroup"
#define GROUPS		2
#define PARTIES		8
#define PAGE		4096
/* MiB; what a few processes need of their own is less than the least. */
#define LEAST		12
#define SPREAD		12
/* KiB: what a group may have left that will be given back at its end. */
#define LEFT		2048

enum role { SENDER, FILLER, RECEIVER };

static const enum role roles[PARTIES] = {
	SENDER, SENDER, SENDER, SENDER, FILLER, FILLER, RECEIVER, RECEIVER,
};

/* Shared by all. */
static struct control {
	uint32_t paused;
	uint32_t refused, filled;	/* by atomics */
} *control;

static pid_t pids[PARTIES];
static int queue;

static const char *path_of(unsigned int group, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), ROOT "/storm-%u%s", group, file);
	return path;
}

/* With all memory of its own in place, so that it needs as little there as it can. */
static void join(unsigned int party)
{
	(void)device();
	assert_int_equal(mlockall(MCL_CURRENT), 0);
	if (!write_file(path_of(party % GROUPS, "/cgroup.procs"), "0"))
		_exit(1);
}

static void run_sender(unsigned int party)
{
	struct ledger_sender sender = { .party = party };
	int ret;

	for (;;) {
		ret = ledger_send(&sender, queue, 0,
				  chance(2) ? in(chance(50 * MS)) : 0);
		if (ret == -ENOMEM) {
			__atomic_fetch_add(&control->refused, 1, __ATOMIC_RELAXED);
			usleep(chance(1000));
		} else if (ret && ret != -ETIMEDOUT && ret != -EAGAIN) {
			fail_msg("sending: error %d", -ret);
		}
	}
}

static void fill_region(unsigned int party)
{
	unsigned int pages = 1 + chance(256), i;
	struct ipcq_region_open args =
		region_args(NULL, RW | CREATE, pages * PAGE, chance(256), 1);
	int ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);
	char *data;

	if (ret) {
		assert_error(ret, ENOMEM);
		return;
	}
	data = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    args.open.fd, 0);
	assert_true(data != MAP_FAILED);
	for (i = 0; i < pages; i++)
		data[i * PAGE] = 1;
	usleep(chance(3000));
	munmap(data, pages * PAGE);
	close(args.open.fd);
	__atomic_fetch_add(&ledger->party[party].progress, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&control->filled, 1, __ATOMIC_RELAXED);
}

static void run_filler(unsigned int party)
{
	for (;;)
		fill_region(party);
}

static void run_receiver(unsigned int party)
{
	static uint16_t order[LEDGER_LIVES][LEDGER_PRIORITIES];
	struct ledger_receiver receiver = { .party = party, .order = order };
	int ret;

	for (;;) {
		if (control->paused)
			usleep(1000);
		ret = ledger_receive(&receiver, queue, 0, in(5 * MS));
		if (ret < 0 && ret != -ETIMEDOUT)
			fail_msg("receiving: error %d", -ret);
	}
}

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	if (roles[party] == RECEIVER)
		run_receiver(party);
	join(party);
	if (roles[party] == SENDER)
		run_sender(party);
	else
		run_filler(party);
	return 0;
}

/* -------------------------------------------------------------------- round */

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

/* By us or by the kernel; by nothing else. */
static void end_party(unsigned int party)
{
	kill_party(pids[party]);
	ledger_killed(party);
}

/* Those that the kernel has killed. */
static void replace_killed(void)
{
	unsigned int party;

	for (party = 0; party < PARTIES; party++) {
		if (!has_ended(pids[party]))
			continue;
		end_party(party);
		start(party);
	}
}

static void limit(unsigned int group, unsigned int mebibytes)
{
	char text[32] = "max";

	if (mebibytes)
		snprintf(text, sizeof(text), "%llu", mebibytes * 1048576ULL);
	assert_true(write_file(path_of(group, "/memory.max"), text));
}

static void rage(void)
{
	uint64_t end = in(DURATION);
	unsigned int party;

	while (in(0) < end && !ledger_is_full()) {
		usleep(chance(30000));
		switch (chance(4)) {
		case 0:
			party = chance(PARTIES);
			end_party(party);
			start(party);
			break;
		case 1:
			limit(chance(GROUPS), LEAST + chance(SPREAD));
			break;
		default:
			control->paused = chance(3);
		}
		replace_killed();
	}
}

static bool is_over(void)
{
	replace_killed();
	return ledger_is_full();
}

/* With the limits gone everybody gets on. */
static void calm(void)
{
	unsigned int i;

	control->paused = 0;
	for (i = 0; i < GROUPS; i++)
		limit(i, 0);
	all_get_on(PARTIES, ledger_progress, is_over, NULL);
}

static bool is_given_back(unsigned int group)
{
	char text[32] = "";
	FILE *file = fopen(path_of(group, "/memory.current"), "r");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return strtoull(text, NULL, 10) / 1024 <= LEFT;
}

static void make_groups(void)
{
	unsigned int i;

	assert_true(write_file(ROOT "/cgroup.subtree_control", "+memory"));
	for (i = 0; i < GROUPS; i++) {
		assert_int_equal(mkdir(path_of(i, ""), 0755), 0);
		limit(i, LEAST + chance(SPREAD));
	}
}

static void remove_groups(void)
{
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		patiently(is_given_back(i));
		patiently(!rmdir(path_of(i, "")));
	}
}

static void round_of_pressure(void)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	unsigned int i;

	ledger_new(LEDGER_LONGEST);
	control = shared_memory(sizeof(*control));
	args.max_messages = 65536;
	args.max_message_size = LEDGER_LONGEST;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	queue = args.open.fd;
	make_groups();
	for (i = 0; i < PARTIES; i++)
		start(i);
	rage();
	calm();
	for (i = 0; i < PARTIES; i++)
		end_party(i);
	ledger_drain(queue);
	close(queue);
	print_message("  %u sends refused, %u regions filled\n", control->refused,
		      control->filled);
	ledger_check();
	remove_groups();
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_pressure);
}
