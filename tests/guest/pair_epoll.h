/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios that run on a pair of datagram sockets, on one of seqpacket sockets and on
 * a queue, and write down all that epoll reports; the records must be the same.
 */
#ifndef IPCQ_TESTS_PAIR_EPOLL_H
#define IPCQ_TESTS_PAIR_EPOLL_H

#include "pair.h"

#include <string.h>
#include <sys/epoll.h>

#define LONG_MS		10000

/* What was reported, in the order of the questions. */
struct record {
	unsigned int count;
	uint32_t events[64];
};

static struct record *record;

static inline void note(uint32_t events)
{
	assert_true(record->count < 64);
	record->events[record->count++] = events;
}

static inline int epoll_on(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

static inline void modify(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event), 0);
}

/* Asks for what there is now. */
static inline void ask(int epoll)
{
	struct epoll_event event = { 0 };

	note(epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0);
}

/* Asks for what has to come; a queue is not in a hurry to tell of room. */
static inline void await(int epoll)
{
	struct epoll_event event = { 0 };
	uint64_t limit = in(LONG_MS * MS);

	note(epoll_wait(epoll, &event, 1, LONG_MS) == 1 && in(0) < limit ?
	     event.events : 0);
}

#define SCENARIO(name)	{ #name, name }

struct scenario {
	const char *name;
	void (*run)(const struct pair *pair);
};

static inline struct record run_on(enum pair_kind kind,
				   const struct scenario *scenario)
{
	struct pair pair = pair_new(kind);
	struct record result = { 0 };

	record = &result;
	scenario->run(&pair);
	pair_close(&pair);
	return result;
}

static inline bool same(const struct record *a, const struct record *b)
{
	unsigned int i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (a->events[i] != b->events[i])
			print_message("question %u: %#x, %#x\n", i + 1,
				      a->events[i], b->events[i]);
	return a->count == b->count &&
	       !memcmp(a->events, b->events, a->count * sizeof(*a->events));
}

static inline void compare(const struct scenario *scenarios, size_t count)
{
	unsigned int failed = 0;

	for (; count--; scenarios++) {
		struct record queue = run_on(PAIR_QUEUE, scenarios);
		struct record dgram = run_on(PAIR_DGRAM, scenarios);
		struct record seqpacket = run_on(PAIR_SEQPACKET, scenarios);

		assert_true(queue.count > 1);
		if (same(&queue, &dgram) && same(&queue, &seqpacket))
			continue;
		print_message("%s: a queue and a socket differ\n",
			      scenarios->name);
		failed++;
	}
	assert_int_equal(failed, 0);
}

#define COMPARE(scenarios)						\
	compare(scenarios, sizeof(scenarios) / sizeof(*(scenarios)))

#endif /* IPCQ_TESTS_PAIR_EPOLL_H */
