/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two rings of message slots in shared memory, one for each direction, for the
 * mechanisms that share memory.  They differ only in how they lock, wait and
 * wake, which struct bench_sync gives, so that nothing else is compared.
 *
 * A ring has a lock, and two eventcounts: one moves when a message was added,
 * the other when room was made.  The counters of what was added and taken are
 * read and changed under the lock only; the slots themselves are written and
 * read without it, since they belong to one side at a time.  Each side counts
 * privately how many slots it knows to be its own, and looks again only when
 * there is none left.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include "mechanism.h"

#include <stdint.h>

#define BENCH_RING_LOCKS	2
#define BENCH_RING_EVENTS	4

/* Numbered locks and eventcounts.  Those returning int: 0 or negative errno. */
struct bench_sync {
	int (*lock)(void *context, unsigned int lock);
	int (*unlock)(void *context, unsigned int lock);
	uint32_t (*read)(void *context, unsigned int event);
	int (*wait)(void *context, unsigned int event, uint32_t seen);
	int (*advance)(void *context, unsigned int event);
};

struct bench_ring_shared;

struct bench_ring {
	const struct bench_sync *sync;
	void *context;
	struct bench_ring_shared *shared;	/* the near side's way out first */
	size_t memory;				/* bytes, from there on */
	unsigned char *slots;
	size_t slot_size;
	uint64_t capacity;			/* slots in each direction */
	/* This side's own; never in shared memory. */
	uint64_t sent, room;
	uint64_t received, waiting;
};

/* The shared memory that both rings take; zeroed before use. */
size_t bench_ring_memory(size_t size, uint64_t capacity);

void bench_ring_init(struct bench_ring *ring, const struct bench_sync *sync,
		     void *context, void *memory, size_t size,
		     uint64_t capacity);

/*
 * The operations of a mechanism whose link->state begins with its ring.  A side
 * that attaches touches every page, lest its faults be counted as messages.
 */
enum bench_status bench_ring_attach(struct bench_link *link);
enum bench_status bench_ring_reserve(struct bench_link *link, void **payload);
enum bench_status bench_ring_send(struct bench_link *link, void *payload);
enum bench_status bench_ring_receive(struct bench_link *link,
				     const void **payload);
enum bench_status bench_ring_release(struct bench_link *link);

#endif /* BENCH_RING_H */
