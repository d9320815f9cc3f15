// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring.h"

#include <unistd.h>

#define LINE	64

/* Protected by the ring's lock. */
struct bench_ring_shared {
	uint64_t added;
	uint64_t taken;
	unsigned char pad[LINE - 2 * sizeof(uint64_t)];
};

/* Numbers of a direction's lock and eventcounts. */
#define LOCK(direction)		(direction)
#define ADDED(direction)	(2 * (direction))
#define TAKEN(direction)	(2 * (direction) + 1)

/* A slot begins on a line of its own, so that neighbours do not disturb it. */
static size_t slot_size(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

size_t bench_ring_memory(size_t size, uint64_t capacity)
{
	return 2 * (sizeof(struct bench_ring_shared) +
		    capacity * slot_size(size));
}

void bench_ring_init(struct bench_ring *ring, const struct bench_sync *sync,
		     void *context, void *memory, size_t size,
		     uint64_t capacity)
{
	*ring = (struct bench_ring){
		.sync = sync,
		.context = context,
		.shared = memory,
		.memory = bench_ring_memory(size, capacity),
		.slots = (unsigned char *)memory +
			 2 * sizeof(struct bench_ring_shared),
		.slot_size = slot_size(size),
		.capacity = capacity,
		.room = capacity,
	};
}

/* For writing, and without changing what the other side may have written. */
enum bench_status bench_ring_attach(struct bench_link *link)
{
	const struct bench_ring *ring = link->state;
	unsigned char *memory = (unsigned char *)ring->shared;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at;

	for (at = 0; at < ring->memory; at += page)
		__atomic_fetch_or(memory + at, 0, __ATOMIC_RELAXED);
	__atomic_fetch_or(memory + ring->memory - 1, 0, __ATOMIC_RELAXED);
	return BENCH_OK;
}

static unsigned int way_out(const struct bench_link *link)
{
	return link->side == BENCH_NEAR ? 0 : 1;
}

static unsigned int way_in(const struct bench_link *link)
{
	return link->side == BENCH_NEAR ? 1 : 0;
}

static void *slot(const struct bench_ring *ring, unsigned int direction,
		  uint64_t number)
{
	return ring->slots + (direction * ring->capacity +
			      number % ring->capacity) * ring->slot_size;
}

/* How many messages are in a direction's ring, or a negative errno. */
static int64_t count_messages(struct bench_ring *ring, unsigned int direction)
{
	const struct bench_ring_shared *shared = &ring->shared[direction];
	int ret = ring->sync->lock(ring->context, LOCK(direction));
	int64_t count;

	if (ret)
		return ret;
	count = (int64_t)(shared->added - shared->taken);
	ret = ring->sync->unlock(ring->context, LOCK(direction));
	return ret ? ret : count;
}

/* Read the eventcount before looking, so that no change in between is missed. */
static int wait_for_room(struct bench_ring *ring, unsigned int direction)
{
	uint32_t seen;
	int64_t count;
	int ret;

	for (;;) {
		seen = ring->sync->read(ring->context, TAKEN(direction));
		count = count_messages(ring, direction);
		if (count < 0)
			return (int)count;
		ring->room = ring->capacity - (uint64_t)count;
		if (ring->room)
			return 0;
		ret = ring->sync->wait(ring->context, TAKEN(direction), seen);
		if (ret)
			return ret;
	}
}

static int wait_for_message(struct bench_ring *ring, unsigned int direction)
{
	uint32_t seen;
	int64_t count;
	int ret;

	for (;;) {
		seen = ring->sync->read(ring->context, ADDED(direction));
		count = count_messages(ring, direction);
		if (count < 0)
			return (int)count;
		ring->waiting = (uint64_t)count;
		if (ring->waiting)
			return 0;
		ret = ring->sync->wait(ring->context, ADDED(direction), seen);
		if (ret)
			return ret;
	}
}

enum bench_status bench_ring_reserve(struct bench_link *link, void **payload)
{
	struct bench_ring *ring = link->state;
	unsigned int direction = way_out(link);
	int ret;

	if (!ring->room) {
		ret = wait_for_room(ring, direction);
		if (ret)
			return bench_fail_errno(link, "waiting for room", -ret);
	}
	*payload = slot(ring, direction, ring->sent);
	return BENCH_OK;
}

enum bench_status bench_ring_send(struct bench_link *link, void *payload)
{
	struct bench_ring *ring = link->state;
	unsigned int direction = way_out(link);
	int ret;

	(void)payload;	/* it is in its slot */
	ret = ring->sync->lock(ring->context, LOCK(direction));
	if (ret)
		return bench_fail_errno(link, "lock", -ret);
	ring->shared[direction].added++;
	ret = ring->sync->unlock(ring->context, LOCK(direction));
	if (ret)
		return bench_fail_errno(link, "unlock", -ret);
	ring->sent++;
	ring->room--;
	ret = ring->sync->advance(ring->context, ADDED(direction));
	if (ret < 0)
		return bench_fail_errno(link, "wake", -ret);
	return BENCH_OK;
}

enum bench_status bench_ring_receive(struct bench_link *link,
				     const void **payload)
{
	struct bench_ring *ring = link->state;
	unsigned int direction = way_in(link);
	int ret;

	if (!ring->waiting) {
		ret = wait_for_message(ring, direction);
		if (ret)
			return bench_fail_errno(link, "waiting for a message",
						-ret);
	}
	*payload = slot(ring, direction, ring->received);
	return BENCH_OK;
}

/*
 * A sender waits only when the ring is full, so a ring that drains always passes
 * the half; waking there instead of at each slot saves the switches between.
 */
enum bench_status bench_ring_release(struct bench_link *link)
{
	struct bench_ring *ring = link->state;
	unsigned int direction = way_in(link);
	struct bench_ring_shared *shared = &ring->shared[direction];
	uint64_t left;
	int ret;

	ret = ring->sync->lock(ring->context, LOCK(direction));
	if (ret)
		return bench_fail_errno(link, "lock", -ret);
	shared->taken++;
	left = shared->added - shared->taken;
	ret = ring->sync->unlock(ring->context, LOCK(direction));
	if (ret)
		return bench_fail_errno(link, "unlock", -ret);
	ring->received++;
	ring->waiting--;
	if (left == ring->capacity / 2)
		ret = ring->sync->advance(ring->context, TAKEN(direction));
	if (ret < 0)
		return bench_fail_errno(link, "wake", -ret);
	return BENCH_OK;
}
