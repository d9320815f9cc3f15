// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Those who map a region, in parts, again and again, with children that inherit it,
 * and those who wait for its eventcounts and tell of events, are killed.
 *
 * Regions come and go meanwhile: each has pages that must be back in the end.
 */
#include "common.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)
#define MAPPERS		4
#define TELLERS		2
#define SLEEPERS	4
#define PARTIES		(MAPPERS + TELLERS + SLEEPERS)
#define PAGE		4096
#define PAGES		64

/* In the first page of the region; mappers use those behind it. */
struct data {
	uint32_t events;
	uint32_t progress[PARTIES];
};

static int region;
static struct data *data;
static uint32_t *word;
static pid_t pids[PARTIES];

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static void *map(int fd, size_t pages, uint64_t offset)
{
	void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, offset);

	assert_true(memory != MAP_FAILED);
	return memory;
}

/* ------------------------------------------------------------------ mappers */

static int touch_in_child(void *context)
{
	volatile char *memory = context;

	memory[0]++;
	return 0;
}

/* The words, read at the first touch after the descriptor may be closed. */
static void touch_words(int fd, bool close_first)
{
	volatile uint32_t *words = map(fd, 1, IPCQ_REGION_CONTROL_OFFSET);

	if (close_first)
		close(fd);
	words[LINE(1)] += IPCQ_EVENTCOUNT_ONE;
	assert_int_equal(munmap((void *)words, PAGE), 0);
}

static void map_a_part(int fd)
{
	size_t from = 1 + chance(PAGES / 2), pages = 1 + chance(PAGES / 2 - 1);
	volatile char *memory = map(fd, pages, from * PAGE);
	unsigned int i;

	for (i = 0; i < pages; i += 1 + chance(4))
		memory[i * PAGE]++;
	if (!chance(8))
		assert_int_equal(reap(spawn(touch_in_child, (void *)memory)), 0);
	if (chance(2))
		assert_int_equal(madvise((void *)memory, PAGE, MADV_DONTNEED), 0);
	memory[0]++;
	assert_int_equal(munmap((void *)memory, pages * PAGE), 0);
}

/* A region of one's own, by a name that several use. */
static void map_another(void)
{
	volatile char *memory;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "storm/mapped-%u", chance(4));
	fd = region_open(name, RW | CREATE);
	assert_ok(fd);
	memory = map(fd, 1, 0);
	memory[0] = 1;
	if (chance(2)) {
		int ret = object_unlink(name);

		/* Another may have been faster, or its last one have closed it. */
		assert_true(!ret || ret == -ENOENT);
	}
	close(fd);
	/* Pages that are mapped need no descriptor. */
	memory[1] = 1;
	assert_int_equal(munmap((void *)memory, PAGE), 0);
}

static void run_mapper(unsigned int party)
{
	for (;;) {
		int fd = dup(region);

		assert_true(fd >= 0);
		map_a_part(fd);
		if (chance(2)) {
			touch_words(fd, true);
		} else {
			touch_words(fd, false);
			close(fd);
		}
		map_another();
		count(&data->progress[party]);
	}
}

/* -------------------------------------------------------------- eventcounts */

/* Killed between the two, it leaves the waking to the next. */
static void run_teller(unsigned int party)
{
	for (;;) {
		count(&data->events);
		if (__atomic_fetch_add(word, IPCQ_EVENTCOUNT_ONE,
				       __ATOMIC_SEQ_CST) &
		    IPCQ_EVENTCOUNT_WAITERS)
			assert_ok(eventcount_wake(region, 0, SLEEPERS));
		usleep(chance(300));
		count(&data->progress[party]);
	}
}

static void run_sleeper(unsigned int party)
{
	uint32_t events = data->events, seen;
	int ret;

	for (;;) {
		seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&data->events, __ATOMIC_SEQ_CST) == events) {
			ret = eventcount_wait(region, 0, seen, 0,
					      chance(4) ? 0 : in(chance(MS)));
			assert_true(!ret || ret == -ETIMEDOUT);
			continue;
		}
		events = data->events;
		count(&data->progress[party]);
	}
}

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	/* Children do not inherit this one. */
	word = map(region, 1, IPCQ_REGION_CONTROL_OFFSET);
	word += LINE(1);
	if (party < MAPPERS)
		run_mapper(party);
	else if (party < MAPPERS + TELLERS)
		run_teller(party);
	else
		run_sleeper(party);
	return 0;
}

/* -------------------------------------------------------------------- round */

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

static void burst(void)
{
	unsigned int left = 1 + chance(10), party;

	while (left--) {
		usleep(chance(3000));
		party = chance(PARTIES);
		kill_party(pids[party]);
		start(party);
	}
}

static uint32_t progress(unsigned int party)
{
	return __atomic_load_n(&data->progress[party], __ATOMIC_RELAXED);
}

static void show_eventcount(void)
{
	print_error("word %#x, %u events\n", *word, data->events);
}

static void round_of_mappers(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	region = region_new(PAGES * PAGE, 1, 1);
	data = map(region, 1, 0);
	word = map(region, 1, IPCQ_REGION_CONTROL_OFFSET);
	word += LINE(1);
	for (i = 0; i < PARTIES; i++)
		start(i);
	while (in(0) < end) {
		burst();
		all_get_on(PARTIES, progress, NULL, show_eventcount);
	}
	for (i = 0; i < PARTIES; i++)
		kill_party(pids[i]);
	print_message("  %u events\n", data->events);
	/* Nobody is left in the list of those who wait. */
	patiently(!eventcount_wake(region, 0, 0x7fffffff));
	assert_int_equal(region_stat(region).owners, 0);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_mappers);
}
