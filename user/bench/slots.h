/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message slots with two counting semaphores a direction, of messages and of
 * room, for the mechanisms that wait and wake by semaphores.  They differ in what
 * the semaphores are, and in where the slots lie.
 */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include "mechanism.h"

#include <stdint.h>

#define BENCH_SEMAPHORES	4

/* Numbered semaphores; both return 0 or a negative errno, and may be EINTR. */
struct bench_semaphores {
	int (*down)(void *context, unsigned int semaphore);
	int (*up)(void *context, unsigned int semaphore);
};

struct bench_slots {
	const struct bench_semaphores *semaphores;
	void *context;
	unsigned char *memory;		/* NULL: the mechanism has another place */
	size_t bytes;
	size_t slot_size;
	uint64_t capacity;		/* slots in each direction */
	uint64_t sent;
	uint64_t received;
};

/* What both directions take. */
size_t bench_slots_memory(size_t size, uint64_t capacity);

void bench_slots_init(struct bench_slots *slots,
		      const struct bench_semaphores *semaphores, void *context,
		      void *memory, size_t size, uint64_t capacity);

/* With what the semaphore of that number starts. */
unsigned int bench_slots_start(uint64_t capacity, unsigned int semaphore);

/* Where the next message to send, or to receive, is: bytes from the beginning. */
size_t bench_slots_next_out(const struct bench_link *link);
size_t bench_slots_next_in(const struct bench_link *link);

/* Wait for room, or a message; tell of a message, or room, and go on to the next. */
enum bench_status bench_slots_await_room(struct bench_link *link);
enum bench_status bench_slots_await_message(struct bench_link *link);
enum bench_status bench_slots_sent(struct bench_link *link);
enum bench_status bench_slots_received(struct bench_link *link);

/*
 * The operations of a mechanism whose link->state begins with its slots, in
 * memory that both sides share.  A side that attaches touches every page.
 */
enum bench_status bench_slots_attach(struct bench_link *link);
enum bench_status bench_slots_reserve(struct bench_link *link, void **payload);
enum bench_status bench_slots_send(struct bench_link *link, void *payload);
enum bench_status bench_slots_receive(struct bench_link *link,
				      const void **payload);
enum bench_status bench_slots_release(struct bench_link *link);

/* Semaphores made of eventfds, for mechanisms that have none of their own. */
struct bench_eventfds {
	int fd[BENCH_SEMAPHORES];
};

extern const struct bench_semaphores bench_eventfd_semaphores;

enum bench_status bench_eventfds_open(struct bench_link *link,
				      struct bench_eventfds *eventfds,
				      uint64_t capacity);
void bench_eventfds_close(struct bench_eventfds *eventfds);

/*
 * A file without a name in $TMPDIR, or /tmp, with room for all slots; -1 with
 * errno where that fails.
 */
int bench_slots_file(size_t bytes);

#endif /* BENCH_SLOTS_H */
