// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slots in the sender's own memory, from which the receiver copies with
 * process_vm_readv; eventfds to wait and wake.
 */
#define _GNU_SOURCE
#include "mechanisms.h"
#include "slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

struct state {
	struct bench_slots slots;	/* must be first, for bench_slots_*() */
	struct bench_eventfds eventfds;
	pid_t *pid;			/* of both sides, in shared memory */
	unsigned char *memory;		/* at one address in both, shared by none */
	size_t bytes;
};

static void *map(size_t bytes, int flags)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    flags | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	enum bench_status status;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	status = bench_eventfds_open(link, &state->eventfds, link->depth);
	if (status)
		return status;
	state->bytes = bench_slots_memory(link->size, link->depth);
	state->pid = map(2 * sizeof(*state->pid), MAP_SHARED);
	state->memory = map(state->bytes, MAP_PRIVATE);
	if (!state->pid || !state->memory)
		return bench_fail_errno(link, "mmap", errno);
	bench_slots_init(&state->slots, &bench_eventfd_semaphores, &state->eventfds,
			 state->memory, link->size, link->depth);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

/* Where only ancestors may look into a process, allow it to the other side. */
static enum bench_status attach(struct bench_link *link)
{
	const struct state *state = link->state;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	state->pid[link->side] = getpid();
	return bench_slots_attach(link);
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->pid)
		munmap(state->pid, 2 * sizeof(*state->pid));
	if (state->memory)
		munmap(state->memory, state->bytes);
	bench_eventfds_close(&state->eventfds);
	free(state);
	link->state = NULL;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct state *state = link->state;
	enum bench_status status = bench_slots_await_message(link);
	struct iovec here = { link->receive_buffer, link->size };
	struct iovec there = { state->memory + bench_slots_next_in(link), link->size };
	ssize_t length;

	if (status)
		return status;
	length = process_vm_readv(state->pid[!link->side], &here, 1, &there, 1, 0);
	if (length < 0 && errno == EPERM)
		return bench_skip(link, "process_vm_readv: not permitted here");
	if (length < 0)
		return bench_fail_errno(link, "process_vm_readv", errno);
	if ((size_t)length != link->size)
		return bench_fail(link, "process_vm_readv: %zd bytes of %zu", length,
				  link->size);
	*payload = link->receive_buffer;
	return bench_slots_received(link);
}

const struct bench_mechanism bench_process_vm = {
	.name = "process-vm",
	.summary = "process_vm_readv from the sender's memory; eventfds to wake",
	.depth = "messages, as given",
	.copies = 1,
	.keeps_payload = true,
	.setup = setup,
	.attach = attach,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.send = bench_slots_send,
	.receive = receive,
};
