// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a program: its lanes, and the watch over calls that do not end.
 *
 * Calls that wait have a deadline of a few milliseconds, or none.  Who is in a call
 * for longer gets a signal, again and again.  A call that a signal does not end
 * either is a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/ipcq.h>
#include <linux/securebits.h>

#include "fuzz.h"

#define MS		1000000ULL
#define PATIENCE	(12 * MS)	/* after which a signal is sent */
#define TOO_LONG	(40000 * MS)	/* for a part of a program */

struct fuzz_runner *fuzz_runner;
static pthread_t threads[FUZZ_CHILD];

/* --------------------------------------------------------------- the threads */

static void futex_wait(uint32_t *word, uint32_t value, uint64_t time)
{
	struct timespec span = { 0, time };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, time ? &span : NULL,
		NULL, 0);
}

static void futex_set(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void fuzz_run_lane(struct fuzz_lane *lane)
{
	const struct fuzz_program *program = &fuzz_runner->program;
	unsigned int i, fresh;

	for (i = lane->from; i < lane->to && lane->alive; i++) {
		const struct fuzz_call *call = &program->calls[i];
		long result;

		if (call->lane != lane->number || call->type == fuzz_type_sync)
			continue;
		lane->current = i;
		__atomic_store_n(&lane->since, fuzz_now(), __ATOMIC_RELAXED);
		fuzz_cover_begin(&lane->cover);
		result = fuzz_types[call->type].run(lane, call);
		fresh = fuzz_cover_end(&lane->cover, call->type, result);
		__atomic_store_n(&lane->since, 0, __ATOMIC_RELAXED);
		__atomic_add_fetch(&fuzz->fresh[fuzz_runner->number], fresh,
				   __ATOMIC_RELAXED);
		__atomic_add_fetch(&fuzz->calls, 1, __ATOMIC_RELAXED);
	}
}

static void *lane_main(void *argument)
{
	struct fuzz_lane *lane = argument;

	lane->tid = gettid();
	fuzz_cover_enable(&lane->cover);
	do {
		futex_set(&lane->work, 0);
		while (!__atomic_load_n(&lane->work, __ATOMIC_ACQUIRE))
			futex_wait(&lane->work, 0, 0);
		fuzz_run_lane(lane);
	} while (lane->alive);
	futex_set(&lane->work, 0);
	return NULL;
}

static bool busy(const struct fuzz_lane *lane)
{
	return __atomic_load_n(&lane->work, __ATOMIC_ACQUIRE);
}

static void start_thread(struct fuzz_lane *lane)
{
	lane->alive = true;
	lane->spoiled = false;
	lane->work = 1;
	if (pthread_create(&threads[lane->number], NULL, lane_main, lane)) {
		perror("pthread_create");
		_exit(1);
	}
	while (busy(lane))
		futex_wait(&lane->work, 1, 0);
}

static void start_lane(struct fuzz_lane *lane, unsigned int from, unsigned int to)
{
	if (!lane->alive) {
		pthread_join(threads[lane->number], NULL);
		start_thread(lane);
	}
	lane->from = from;
	lane->to = to;
	futex_set(&lane->work, 1);
}

/* ----------------------------------------------------------------- the watch */

static void print_stack(const struct fuzz_lane *lane)
{
	char path[64], text[1024];
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", lane->tid);
	file = fopen(path, "r");
	if (!file)
		return;
	got = fread(text, 1, sizeof(text) - 1, file);
	text[got] = '\0';
	printf("lane %d, in the kernel:\n%s", lane->number, text);
	fclose(file);
}

static void nudge(struct fuzz_lane *lane, uint64_t start)
{
	uint64_t since = __atomic_load_n(&lane->since, __ATOMIC_RELAXED);
	uint64_t now = fuzz_now();
	char text[512];

	if (since && now > since + PATIENCE) {
		fuzz_check_waits();
		syscall(SYS_tgkill, getpid(), lane->tid, SIGUSR1);
	}
	if (now < start + TOO_LONG)
		return;
	fuzz_print_call(text, sizeof(text),
			&fuzz_runner->program.calls[lane->current]);
	print_stack(lane);
	fuzz_fail("a call does not end: %s", text);
	/* There is no way on from here; the manager ends us. */
	pause();
}

static void run_part(unsigned int from, unsigned int to)
{
	uint64_t start = fuzz_now();
	bool has[FUZZ_LANES] = { false };
	unsigned int i;

	for (i = from; i < to; i++)
		has[fuzz_runner->program.calls[i].lane] = true;
	for (i = 0; i < FUZZ_CHILD; i++)
		if (has[i])
			start_lane(&fuzz_runner->lanes[i], from, to);
	for (i = 0; i < FUZZ_CHILD; i++) {
		while (busy(&fuzz_runner->lanes[i])) {
			unsigned int j;

			futex_wait(&fuzz_runner->lanes[i].work, 1, 6 * MS);
			for (j = 0; j < FUZZ_CHILD; j++)
				if (busy(&fuzz_runner->lanes[j]))
					nudge(&fuzz_runner->lanes[j], start);
		}
	}
}

/* Threads that have become another user's are replaced. */
static void end_spoiled(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_CHILD; i++) {
		struct fuzz_lane *lane = &fuzz_runner->lanes[i];

		if (!lane->spoiled || !lane->alive)
			continue;
		lane->from = lane->to = 0;
		lane->alive = false;
		futex_set(&lane->work, 1);
		while (busy(lane))
			futex_wait(&lane->work, 1, 0);
	}
}

unsigned int fuzz_run(void)
{
	const struct fuzz_program *program = &fuzz_runner->program;
	unsigned int from, to;

	fuzz->fresh[fuzz_runner->number] = 0;
	fuzz_set_slot(FUZZ_DEVICES, open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC));
	for (from = 0; from < program->count; from = to + 1) {
		to = from;
		while (to < program->count &&
		       program->calls[to].type != fuzz_type_sync)
			to++;
		run_part(from, to);
	}
	end_spoiled();
	fuzz_clean_up();
	return fuzz->fresh[fuzz_runner->number];
}

/* ------------------------------------------------------------------- the start */

static void *map_or_die(size_t length, int protection, int fd)
{
	void *address = mmap(NULL, length, protection,
			     fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED,
			     fd, 0);

	if (address == MAP_FAILED) {
		perror("mmap");
		_exit(1);
	}
	return address;
}

static void make_arena(struct fuzz_arena *arena)
{
	int fd = memfd_create("arena", MFD_CLOEXEC);
	char *room = map_or_die(2 * ARENA_SIZE, PROT_NONE, -1);

	if (fd < 0 || ftruncate(fd, ARENA_SIZE) ||
	    mmap(room, ARENA_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		perror("arena");
		_exit(1);
	}
	arena->writable = room;
	arena->readonly = map_or_die(ARENA_SIZE, PROT_READ, fd);
	close(fd);
}

/* A user of its own, with all capabilities. */
static void become(uid_t uid)
{
	/* The capabilities stay, also after it was root for a moment. */
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) ||
	    setresuid(uid, uid, uid)) {
		perror("becoming another user");
		_exit(1);
	}
}

static void do_nothing(int signal)
{
	(void)signal;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = do_nothing };

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void fuzz_runner_start(unsigned int number)
{
	unsigned int i;

	fuzz_runner = map_or_die(sizeof(*fuzz_runner), PROT_READ | PROT_WRITE, -1);
	fuzz_runner->number = number;
	catch_signals();
	for (i = 0; i < FUZZ_SLOTS; i++)
		fuzz_runner->slots[i] = -1;
	fuzz_runner->device = open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC);
	fuzz_runner->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < FUZZ_LANES; i++) {
		struct fuzz_lane *lane = &fuzz_runner->lanes[i];

		lane->number = i;
		lane->alive = true;
		make_arena(&lane->arguments);
		make_arena(&lane->payload);
		if (!fuzz_cover_open(&lane->cover)) {
			perror("kcov");
			_exit(1);
		}
	}
	fuzz_runner->uid = 1000 + 10 * number;
	become(fuzz_runner->uid);
	for (i = 0; i < FUZZ_CHILD; i++)
		start_thread(&fuzz_runner->lanes[i]);
	fuzz_runner->base = dup(fuzz_runner->null);
	close(fuzz_runner->base);
}
