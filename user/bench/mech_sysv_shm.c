// SPDX-License-Identifier: GPL-2.0-or-later
/* System V shared memory with System V semaphores. */
#include "mechanisms.h"
#include "slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* SEMVMX, which no header of the C library tells. */
#define SEMAPHORE_MAX	32767

/* semctl() wants its caller to declare this. */
union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

struct state {
	struct bench_slots slots;	/* must be first, for bench_slots_*() */
	int set;
	void *memory;
};

static int change(const struct state *state, unsigned int number, short by)
{
	struct sembuf operation = {
		.sem_num = (unsigned short)number, .sem_op = by,
	};

	return semop(state->set, &operation, 1) ? -errno : 0;
}

static int down(void *context, unsigned int number)
{
	return change(context, number, -1);
}

static int up(void *context, unsigned int number)
{
	return change(context, number, 1);
}

static const struct bench_semaphores sysv_semaphores = {
	.down = down,
	.up = up,
};

/* Marked for removal at once: it stays until the last process detaches. */
static enum bench_status make_memory(struct bench_link *link, size_t bytes)
{
	struct state *state = link->state;
	int segment = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
	void *memory;
	int error;

	if (segment < 0 && (errno == ENOSPC || errno == EINVAL))
		return bench_skip(link, "no segment of %zu bytes: /proc/sys/kernel/shmmni, shmall, shmmax",
				  bytes);
	if (segment < 0)
		return bench_fail_errno(link, "shmget", errno);
	memory = shmat(segment, NULL, 0);
	error = errno;
	shmctl(segment, IPC_RMID, NULL);
	if (memory == (void *)-1)
		return bench_fail_errno(link, "shmat", error);
	state->memory = memory;
	return BENCH_OK;
}

static enum bench_status make_semaphores(struct bench_link *link,
					 unsigned int capacity)
{
	struct state *state = link->state;
	unsigned short start[BENCH_SEMAPHORES];
	union semun argument = { .array = start };
	unsigned int i;

	state->set = semget(IPC_PRIVATE, BENCH_SEMAPHORES, IPC_CREAT | 0600);
	if (state->set < 0 && errno == ENOSPC)
		return bench_skip(link, "no semaphores left: /proc/sys/kernel/sem");
	if (state->set < 0)
		return bench_fail_errno(link, "semget", errno);
	for (i = 0; i < BENCH_SEMAPHORES; i++)
		start[i] = (unsigned short)bench_slots_start(capacity, i);
	if (semctl(state->set, 0, SETALL, argument))
		return bench_fail_errno(link, "semctl", errno);
	return BENCH_OK;
}

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	unsigned int capacity = link->depth;
	enum bench_status status;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	state->set = -1;
	if (capacity > SEMAPHORE_MAX)
		capacity = SEMAPHORE_MAX;
	status = make_memory(link, bench_slots_memory(link->size, capacity));
	if (!status)
		status = make_semaphores(link, capacity);
	if (status)
		return status;
	bench_slots_init(&state->slots, &sysv_semaphores, state, state->memory,
			 link->size, capacity);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", capacity);
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->set >= 0)
		semctl(state->set, 0, IPC_RMID);
	if (state->memory)
		shmdt(state->memory);
	free(state);
	link->state = NULL;
}

const struct bench_mechanism bench_sysv_shm = {
	.name = "sysv-shm",
	.summary = "slots in System V shared memory; System V semaphores count them",
	.depth = "messages, as given, up to 32767",
	.copies = 1,
	.setup = setup,
	.attach = bench_slots_attach,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.release = bench_slots_release,
	.send = bench_slots_send,
	.receive = bench_slots_receive,
};
