// SPDX-License-Identifier: GPL-2.0-or-later
/* A regular file that is written and read; eventfds to wait and wake. */
#include "mechanisms.h"
#include "slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct state {
	struct bench_slots slots;	/* must be first, for bench_slots_*() */
	struct bench_eventfds eventfds;
	int fd;
};

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	enum bench_status status;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	state->fd = -1;
	status = bench_eventfds_open(link, &state->eventfds, link->depth);
	if (status)
		return status;
	bench_slots_init(&state->slots, &bench_eventfd_semaphores, &state->eventfds,
			 NULL, link->size, link->depth);
	state->fd = bench_slots_file(state->slots.bytes);
	if (state->fd < 0)
		return bench_fail_errno(link, "cannot make a file in $TMPDIR or /tmp",
					errno);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	if (state->fd >= 0)
		close(state->fd);
	bench_eventfds_close(&state->eventfds);
	free(state);
	link->state = NULL;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	const struct state *state = link->state;
	enum bench_status status = bench_slots_await_room(link);
	ssize_t length;

	if (status)
		return status;
	length = pwrite(state->fd, payload, link->size,
			(off_t)bench_slots_next_out(link));
	if (length < 0)
		return bench_fail_errno(link, "pwrite", errno);
	if ((size_t)length != link->size)
		return bench_fail(link, "pwrite: %zd bytes of %zu", length, link->size);
	return bench_slots_sent(link);
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct state *state = link->state;
	enum bench_status status = bench_slots_await_message(link);
	ssize_t length;

	if (status)
		return status;
	length = pread(state->fd, link->receive_buffer, link->size,
		       (off_t)bench_slots_next_in(link));
	if (length < 0)
		return bench_fail_errno(link, "pread", errno);
	if ((size_t)length != link->size)
		return bench_fail(link, "pread: %zd bytes of %zu", length, link->size);
	*payload = link->receive_buffer;
	return bench_slots_received(link);
}

const struct bench_mechanism bench_file = {
	.name = "file",
	.summary = "a regular file in $TMPDIR or /tmp, pwrite and pread; eventfds to wake",
	.depth = "messages, as given",
	.copies = 2,
	.setup = setup,
	.teardown = teardown,
	.send = send_message,
	.receive = receive,
};
