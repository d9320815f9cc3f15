// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POSIX shared memory with POSIX semaphores in it; and the same in the memory of
 * one process, whose threads need not share it.
 */
#define _GNU_SOURCE
#include "mechanisms.h"
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE	64

/* Each on a line of its own. */
union semaphore {
	sem_t value;
	unsigned char pad[LINE];
};

struct state {
	struct bench_slots slots;	/* must be first, for bench_slots_*() */
	union semaphore *semaphores;
	size_t bytes;
};

static int down(void *context, unsigned int number)
{
	union semaphore *semaphores = context;

	return sem_wait(&semaphores[number].value) ? -errno : 0;
}

static int up(void *context, unsigned int number)
{
	union semaphore *semaphores = context;

	return sem_post(&semaphores[number].value) ? -errno : 0;
}

static const struct bench_semaphores posix_semaphores = {
	.down = down,
	.up = up,
};

/* Its name is gone again before anything else can happen. */
static int open_memory(void)
{
	char name[48];
	int fd;

	snprintf(name, sizeof(name), "/ipcq-bench-%ld", (long)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		shm_unlink(name);
	return fd;
}

static enum bench_status map(struct bench_link *link, int fd)
{
	struct state *state = link->state;
	void *memory;

	if (ftruncate(fd, (off_t)state->bytes))
		return bench_fail_errno(link, "ftruncate", errno);
	memory = mmap(NULL, state->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return bench_fail_errno(link, "mmap", errno);
	state->semaphores = memory;
	return BENCH_OK;
}

static enum bench_status fill(struct bench_link *link, int shared)
{
	struct state *state = link->state;
	unsigned int i;

	for (i = 0; i < BENCH_SEMAPHORES; i++)
		if (sem_init(&state->semaphores[i].value, shared,
			     bench_slots_start(link->depth, i)))
			return bench_fail_errno(link, "sem_init", errno);
	bench_slots_init(&state->slots, &posix_semaphores, state->semaphores,
			 state->semaphores + BENCH_SEMAPHORES, link->size,
			 link->depth);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

static enum bench_status make(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	state->bytes = BENCH_SEMAPHORES * sizeof(union semaphore) +
		       bench_slots_memory(link->size, link->depth);
	return BENCH_OK;
}

static enum bench_status setup(struct bench_link *link)
{
	enum bench_status status = make(link);
	int fd;

	if (status)
		return status;
	fd = open_memory();
	if (fd < 0 && errno == ENOENT)
		return bench_skip(link, "shm_open: /dev/shm is not there");
	if (fd < 0)
		return bench_fail_errno(link, "shm_open", errno);
	status = map(link, fd);
	close(fd);
	return status ? status : fill(link, 1);
}

static enum bench_status setup_threads(struct bench_link *link)
{
	enum bench_status status = make(link);
	struct state *state = link->state;
	void *memory;

	if (status)
		return status;
	memory = mmap(NULL, state->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return bench_fail_errno(link, "mmap", errno);
	state->semaphores = memory;
	return fill(link, 0);
}

/* Each thread counts its own messages; its copy goes with the process. */
static enum bench_status attach_thread(struct bench_link *link)
{
	struct state *state = malloc(sizeof(*state));

	if (!state)
		return bench_fail(link, "out of memory");
	*state = *(struct state *)link->state;
	link->state = state;
	return bench_slots_attach(link);
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->semaphores)
		munmap(state->semaphores, state->bytes);
	free(state);
	link->state = NULL;
}

const struct bench_mechanism bench_posix_shm = {
	.name = "posix-shm",
	.summary = "slots in POSIX shared memory; POSIX semaphores count them",
	.depth = "messages, as given",
	.copies = 1,
	.setup = setup,
	.attach = bench_slots_attach,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.release = bench_slots_release,
	.send = bench_slots_send,
	.receive = bench_slots_receive,
};

const struct bench_mechanism bench_threads = {
	.name = "threads",
	.summary = "two threads of one process, slots that POSIX semaphores count",
	.depth = "messages, as given",
	.copies = 1,
	.threads = true,
	.setup = setup_threads,
	.attach = attach_thread,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.release = bench_slots_release,
	.send = bench_slots_send,
	.receive = bench_slots_receive,
};
