// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared memory with locks and eventcounts made of futexes, as a program would
 * make them that has neither the module nor a library: the peer of ipcq-region.
 */
#define _GNU_SOURCE
#include "ring.h"
#include "mechanisms.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE	64

/* Each word on a line of its own. */
struct word {
	_Atomic uint32_t value;
	unsigned char pad[LINE - sizeof(uint32_t)];
};

/* Of a lock: free, held, held and perhaps waited for. */
enum { FREE, HELD, CONTENDED };

/* Of an eventcount: bit 0 says that somebody waits, the rest counts. */
#define WAITED_FOR	1U
#define ONE		2U

struct words {
	struct word lock[BENCH_RING_LOCKS];
	struct word event[BENCH_RING_EVENTS];
};

struct state {
	struct bench_ring ring;		/* must be first, for bench_ring_*() */
	struct words *words;
	size_t memory;
};

static int futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	if (!syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0))
		return 0;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int futex_wake(_Atomic uint32_t *word, int count)
{
	long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);

	return woken < 0 ? -errno : (int)woken;
}

static int lock(void *context, unsigned int number)
{
	struct words *words = context;
	_Atomic uint32_t *word = &words->lock[number].value;
	uint32_t found = FREE;
	int ret;

	if (atomic_compare_exchange_strong_explicit(word, &found, HELD,
						    memory_order_acquire,
						    memory_order_relaxed))
		return 0;
	/* Whoever has waited cannot know that nobody else does. */
	while (atomic_exchange_explicit(word, CONTENDED, memory_order_acquire)) {
		ret = futex_wait(word, CONTENDED);
		if (ret)
			return ret;
	}
	return 0;
}

static int unlock(void *context, unsigned int number)
{
	struct words *words = context;
	_Atomic uint32_t *word = &words->lock[number].value;
	int ret;

	if (atomic_exchange_explicit(word, FREE, memory_order_release) != CONTENDED)
		return 0;
	ret = futex_wake(word, 1);
	return ret < 0 ? ret : 0;
}

static uint32_t event_read(void *context, unsigned int number)
{
	struct words *words = context;

	return atomic_load_explicit(&words->event[number].value,
				    memory_order_acquire);
}

/* Say that somebody waits, unless the count has moved on; then sleep on it. */
static int event_wait(void *context, unsigned int number, uint32_t seen)
{
	struct words *words = context;
	_Atomic uint32_t *word = &words->event[number].value;
	uint32_t found = seen & ~WAITED_FOR;

	if (!atomic_compare_exchange_strong(word, &found, found | WAITED_FOR) &&
	    found != (seen | WAITED_FOR))
		return 0;
	return futex_wait(word, seen | WAITED_FOR);
}

static int event_advance(void *context, unsigned int number)
{
	struct words *words = context;
	_Atomic uint32_t *word = &words->event[number].value;

	if (!(atomic_fetch_add(word, ONE) & WAITED_FOR))
		return 0;
	atomic_fetch_and(word, ~WAITED_FOR);
	return futex_wake(word, INT_MAX);
}

static const struct bench_sync futex_sync = {
	.lock = lock,
	.unlock = unlock,
	.read = event_read,
	.wait = event_wait,
	.advance = event_advance,
};

static void *map_memory(size_t size)
{
	void *memory = MAP_FAILED;
	int fd = memfd_create("ipcq-bench", MFD_CLOEXEC), error;

	if (fd < 0)
		return MAP_FAILED;
	if (!ftruncate(fd, (off_t)size))
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	error = errno;
	close(fd);
	errno = error;
	return memory;
}

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	void *memory;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	state->memory = sizeof(struct words) +
			bench_ring_memory(link->size, link->depth);
	memory = map_memory(state->memory);
	if (memory == MAP_FAILED)
		return bench_fail_errno(link, "cannot map a memfd", errno);
	state->words = memory;
	bench_ring_init(&state->ring, &futex_sync, state->words,
			state->words + 1, link->size, link->depth);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->words)
		munmap(state->words, state->memory);
	free(state);
	link->state = NULL;
}

const struct bench_mechanism bench_shm_futex = {
	.name = "shm-futex",
	.summary = "slots in a shared memfd; lock and wake-up by futexes",
	.depth = "messages, as given",
	.copies = 1,
	.setup = setup,
	.attach = bench_ring_attach,
	.teardown = teardown,
	.reserve = bench_ring_reserve,
	.release = bench_ring_release,
	.send = bench_ring_send,
	.receive = bench_ring_receive,
};
