// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared memory, of a memfd or of a file, with eventfds to wait and wake. */
#define _GNU_SOURCE
#include "mechanisms.h"
#include "slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct state {
	struct bench_slots slots;	/* must be first, for bench_slots_*() */
	struct bench_eventfds eventfds;
	void *memory;
	size_t bytes;
};

static enum bench_status map(struct bench_link *link, int fd)
{
	struct state *state = link->state;
	void *memory;

	memory = mmap(NULL, state->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return bench_fail_errno(link, "mmap", errno);
	state->memory = memory;
	bench_slots_init(&state->slots, &bench_eventfd_semaphores, &state->eventfds,
			 memory, link->size, link->depth);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

static enum bench_status make(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	state->bytes = bench_slots_memory(link->size, link->depth);
	return bench_eventfds_open(link, &state->eventfds, link->depth);
}

static enum bench_status setup_memory(struct bench_link *link)
{
	enum bench_status status = make(link);
	struct state *state = link->state;
	int fd;

	if (status)
		return status;
	fd = memfd_create("ipcq-bench", MFD_CLOEXEC);
	if (fd < 0)
		return bench_fail_errno(link, "memfd_create", errno);
	if (ftruncate(fd, (off_t)state->bytes))
		status = bench_fail_errno(link, "ftruncate", errno);
	else
		status = map(link, fd);
	close(fd);
	return status;
}

static enum bench_status setup_file(struct bench_link *link)
{
	enum bench_status status = make(link);
	struct state *state = link->state;
	int fd;

	if (status)
		return status;
	fd = bench_slots_file(state->bytes);
	if (fd < 0)
		return bench_fail_errno(link, "cannot make a file in $TMPDIR or /tmp",
					errno);
	status = map(link, fd);
	close(fd);
	return status;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->memory)
		munmap(state->memory, state->bytes);
	bench_eventfds_close(&state->eventfds);
	free(state);
	link->state = NULL;
}

const struct bench_mechanism bench_eventfd = {
	.name = "shm-eventfd",
	.summary = "slots in a shared memfd; eventfds count messages and room",
	.depth = "messages, as given",
	.copies = 1,
	.setup = setup_memory,
	.attach = bench_slots_attach,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.release = bench_slots_release,
	.send = bench_slots_send,
	.receive = bench_slots_receive,
};

const struct bench_mechanism bench_mapped_file = {
	.name = "mapped-file",
	.summary = "slots in a mapped file in $TMPDIR or /tmp; eventfds count them",
	.depth = "messages, as given",
	.copies = 1,
	.setup = setup_file,
	.attach = bench_slots_attach,
	.teardown = teardown,
	.reserve = bench_slots_reserve,
	.release = bench_slots_release,
	.send = bench_slots_send,
	.receive = bench_slots_receive,
};
