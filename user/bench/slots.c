// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LINE	64

/* Numbers of a direction's semaphores. */
#define MESSAGES(direction)	(2 * (direction))
#define ROOM(direction)		(2 * (direction) + 1)

static size_t slot_size(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

size_t bench_slots_memory(size_t size, uint64_t capacity)
{
	return 2 * capacity * slot_size(size);
}

void bench_slots_init(struct bench_slots *slots,
		      const struct bench_semaphores *semaphores, void *context,
		      void *memory, size_t size, uint64_t capacity)
{
	*slots = (struct bench_slots){
		.semaphores = semaphores,
		.context = context,
		.memory = memory,
		.bytes = bench_slots_memory(size, capacity),
		.slot_size = slot_size(size),
		.capacity = capacity,
	};
}

unsigned int bench_slots_start(uint64_t capacity, unsigned int semaphore)
{
	return semaphore % 2 ? (unsigned int)capacity : 0;
}

static unsigned int way_out(const struct bench_link *link)
{
	return link->side == BENCH_NEAR ? 0 : 1;
}

static unsigned int way_in(const struct bench_link *link)
{
	return link->side == BENCH_NEAR ? 1 : 0;
}

static size_t place(const struct bench_slots *slots, unsigned int direction,
		    uint64_t number)
{
	return (direction * slots->capacity + number % slots->capacity) *
	       slots->slot_size;
}

size_t bench_slots_next_out(const struct bench_link *link)
{
	const struct bench_slots *slots = link->state;

	return place(slots, way_out(link), slots->sent);
}

size_t bench_slots_next_in(const struct bench_link *link)
{
	const struct bench_slots *slots = link->state;

	return place(slots, way_in(link), slots->received);
}

static enum bench_status down(struct bench_link *link, unsigned int semaphore)
{
	const struct bench_slots *slots = link->state;
	int ret;

	do {
		ret = slots->semaphores->down(slots->context, semaphore);
	} while (ret == -EINTR);
	return ret ? bench_fail_errno(link, "waiting at a semaphore", -ret) : BENCH_OK;
}

static enum bench_status up(struct bench_link *link, unsigned int semaphore)
{
	const struct bench_slots *slots = link->state;
	int ret;

	do {
		ret = slots->semaphores->up(slots->context, semaphore);
	} while (ret == -EINTR);
	return ret ? bench_fail_errno(link, "raising a semaphore", -ret) : BENCH_OK;
}

enum bench_status bench_slots_await_room(struct bench_link *link)
{
	return down(link, ROOM(way_out(link)));
}

enum bench_status bench_slots_await_message(struct bench_link *link)
{
	return down(link, MESSAGES(way_in(link)));
}

enum bench_status bench_slots_sent(struct bench_link *link)
{
	struct bench_slots *slots = link->state;

	slots->sent++;
	return up(link, MESSAGES(way_out(link)));
}

enum bench_status bench_slots_received(struct bench_link *link)
{
	struct bench_slots *slots = link->state;

	slots->received++;
	return up(link, ROOM(way_in(link)));
}

/* For writing, and without changing what the other side may have written. */
enum bench_status bench_slots_attach(struct bench_link *link)
{
	const struct bench_slots *slots = link->state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at;

	for (at = 0; at < slots->bytes; at += page)
		__atomic_fetch_or(slots->memory + at, 0, __ATOMIC_RELAXED);
	__atomic_fetch_or(slots->memory + slots->bytes - 1, 0, __ATOMIC_RELAXED);
	return BENCH_OK;
}

enum bench_status bench_slots_reserve(struct bench_link *link, void **payload)
{
	const struct bench_slots *slots = link->state;

	*payload = slots->memory + bench_slots_next_out(link);
	return bench_slots_await_room(link);
}

enum bench_status bench_slots_send(struct bench_link *link, void *payload)
{
	(void)payload;	/* it is in its slot */
	return bench_slots_sent(link);
}

enum bench_status bench_slots_receive(struct bench_link *link,
				      const void **payload)
{
	const struct bench_slots *slots = link->state;

	*payload = slots->memory + bench_slots_next_in(link);
	return bench_slots_await_message(link);
}

enum bench_status bench_slots_release(struct bench_link *link)
{
	return bench_slots_received(link);
}

/* ------------------------------------------------------------------- eventfds */

static int eventfd_down(void *context, unsigned int semaphore)
{
	const struct bench_eventfds *eventfds = context;
	eventfd_t value;

	return eventfd_read(eventfds->fd[semaphore], &value) ? -errno : 0;
}

static int eventfd_up(void *context, unsigned int semaphore)
{
	const struct bench_eventfds *eventfds = context;

	return eventfd_write(eventfds->fd[semaphore], 1) ? -errno : 0;
}

const struct bench_semaphores bench_eventfd_semaphores = {
	.down = eventfd_down,
	.up = eventfd_up,
};

enum bench_status bench_eventfds_open(struct bench_link *link,
				      struct bench_eventfds *eventfds,
				      uint64_t capacity)
{
	unsigned int i;
	int fd;

	for (i = 0; i < BENCH_SEMAPHORES; i++)
		eventfds->fd[i] = -1;
	for (i = 0; i < BENCH_SEMAPHORES; i++) {
		fd = eventfd(bench_slots_start(capacity, i),
			     EFD_CLOEXEC | EFD_SEMAPHORE);
		if (fd < 0)
			return bench_fail_errno(link, "eventfd", errno);
		eventfds->fd[i] = fd;
	}
	return BENCH_OK;
}

void bench_eventfds_close(struct bench_eventfds *eventfds)
{
	unsigned int i;

	for (i = 0; i < BENCH_SEMAPHORES; i++)
		if (eventfds->fd[i] >= 0)
			close(eventfds->fd[i]);
}

/* ---------------------------------------------------------------------- files */

int bench_slots_file(size_t bytes)
{
	const char *folder = getenv("TMPDIR");
	char path[256];
	int fd, error;

	if (snprintf(path, sizeof(path), "%s/ipcq-bench-XXXXXX",
		     folder && *folder ? folder : "/tmp") >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -1;
	unlink(path);
	error = posix_fallocate(fd, 0, (off_t)bytes);
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}
