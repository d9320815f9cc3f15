// SPDX-License-Identifier: GPL-2.0-or-later
#include "common.h"
#include "left.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE		"/ipcq/ipcq.ko"

static const char *name;
static uint64_t seed, seconds = 20;
static void (*the_round)(void);
/* Rounds that were right; two at least, as the first is what others compare with. */
static unsigned int rounds;
static bool went_wrong;

/* ------------------------------------------------------------------- chance */

static uint64_t chance_state;

/* Two seeds that are close give numbers that are not (splitmix). */
static uint64_t next_number(void)
{
	uint64_t mix = chance_state += 0x9e3779b97f4a7c15ULL;

	mix = (mix ^ mix >> 30) * 0xbf58476d1ce4e5b9ULL;
	mix = (mix ^ mix >> 27) * 0x94d049bb133111ebULL;
	return mix ^ mix >> 31;
}

uint32_t chance(uint32_t bound)
{
	return (next_number() >> 32) * bound >> 32;
}

/* ------------------------------------------------------------------ parties */

struct child {
	uint64_t chance;
	int (*body)(void *context);
	void *context;
};

static int run_child(void *context)
{
	const struct child *child = context;

	chance_state = child->chance;
	return child->body(child->context);
}

pid_t storm_spawn(int (*body)(void *context), void *context)
{
	struct child child = {
		.chance = next_number(),
		.body = body,
		.context = context,
	};

	return spawn(run_child, &child);
}

bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == pid;
}

int reap_in_time(pid_t pid, const char *who)
{
	uint64_t until = in(PATIENCE);

	while (!has_ended(pid)) {
		if (in(0) > until)
			fail_msg("%s %d hangs", who, pid);
		sleep_ms(1);
	}
	return reap(pid);
}

void kill_party(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(reap_in_time(pid, "killed process"), 128 + SIGKILL);
}

void all_get_on(unsigned int count, uint32_t (*progress)(unsigned int party),
		bool (*is_over)(void), void (*show)(void))
{
	uint32_t before[MOST_PARTIES];
	uint64_t until = in(PATIENCE);
	unsigned int i;

	assert_true(count <= MOST_PARTIES);
	for (i = 0; i < count; i++)
		before[i] = progress(i);
	for (i = 0; i < count; i++) {
		while (progress(i) == before[i]) {
			if (is_over && is_over())
				return;
			sleep_ms(1);
			if (in(0) < until)
				continue;
			if (show)
				show();
			fail_msg("party %u hangs", i);
		}
	}
}

/* ------------------------------------------------------------------- module */

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

int module_references(void)
{
	FILE *file = fopen("/sys/module/ipcq/refcnt", "r");
	int count = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &count) != 1)
		count = -1;
	fclose(file);
	return count;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "ipcq", O_NONBLOCK) ? -errno : 0;
}

int module_load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC), ret;

	assert_true(fd >= 0);
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* ------------------------------------------------------------------- rounds */

static int run_round(void *context)
{
	(void)context;
	chance_state = seed + rounds;
	the_round();
	return 0;
}

/* What a round has left running would be in the way of the next. */
static void end_orphans(void)
{
	if (went_wrong)
		return;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	/* A round ends its children; theirs may take a moment to be ended. */
	patiently(waitpid(-1, NULL, WNOHANG) < 0);
}

static void each_round_keeps_what_is_promised(void **state)
{
	uint64_t end = in(seconds * SECOND);

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	went_wrong = true;
	do {
		print_message("round %u, to repeat: make check-storms TESTS=%s SEED=%llu\n",
			      rounds, name, (unsigned long long)seed + rounds);
		assert_int_equal(reap(spawn(run_round, NULL)), 0);
		went_wrong = false;
		end_orphans();
		went_wrong = true;
		nothing_is_in_use();
		if (!rounds++)
			remember_memory();
	} while (in(0) < end || rounds < 2);
	print_message("%u rounds\n", rounds);
	went_wrong = false;
}

static void memory_is_back(void **state)
{
	(void)state;
	if (went_wrong)
		skip();
	compare_memory();
}

static void the_module_unloads(void **state)
{
	(void)state;
	if (went_wrong)
		skip();
	assert_ok(module_unload());
	assert_int_equal(module_references(), -1);
	assert_ok(module_load());
	nothing_is_in_use();
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 't')
			seconds = strtoull(optarg, NULL, 0);
		else
			exit(2);
	}
}

int storm_main(int argc, char **argv, void (*round)(void))
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_round_keeps_what_is_promised),
		cmocka_unit_test(memory_is_back),
		cmocka_unit_test(the_module_unloads),
	};

	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	/* The guest's clocks begin anew with each boot, but not this one. */
	if (syscall(SYS_getrandom, &seed, sizeof(seed), 0) != sizeof(seed))
		seed = in(0);
	seed &= 0xffffffff;
	parse(argc, argv);
	the_round = round;
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
