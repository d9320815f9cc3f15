// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots in a region, with the region's mutexes and eventcounts. */
#include "mech_ipcq.h"
#include "ring.h"
#include "mechanisms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct state {
	struct bench_ring ring;		/* must be first, for bench_ring_*() */
	struct ipcq_region *region;
};

/* A holder that dies fails the run, so that -EOWNERDEAD needs no repair here. */
static int lock(void *context, unsigned int number)
{
	int ret;

	do {
		ret = ipcq_mutex_lock(context, number);
	} while (ret == -EINTR);
	return ret;
}

static int unlock(void *context, unsigned int number)
{
	return ipcq_mutex_unlock(context, number);
}

static uint32_t event_read(void *context, unsigned int number)
{
	return ipcq_eventcount_read(context, number);
}

static int event_wait(void *context, unsigned int number, uint32_t seen)
{
	int ret = ipcq_eventcount_wait(context, number, seen, 0,
				       IPCQ_NO_DEADLINE);

	return ret == -EINTR ? 0 : ret;
}

static int event_advance(void *context, unsigned int number)
{
	return ipcq_eventcount_advance(context, number, 1);
}

static const struct bench_sync region_sync = {
	.lock = lock,
	.unlock = unlock,
	.read = event_read,
	.wait = event_wait,
	.advance = event_advance,
};

static enum bench_status open_region(struct bench_link *link, struct ipcq *ipcq,
				     const struct ipcq_limits *limits)
{
	struct ipcq_region_options options = {
		.size = bench_ring_memory(link->size, link->depth),
		.mutexes = BENCH_RING_LOCKS,
		.eventcounts = BENCH_RING_EVENTS,
	};
	struct state *state = link->state;
	int ret;

	if (options.size > limits->max_region_size)
		return bench_skip(link, "region limit %llu: see ipcq info",
				  (unsigned long long)limits->max_region_size);
	ret = ipcq_region_open(ipcq, NULL, IPCQ_CREATE | IPCQ_READ | IPCQ_WRITE,
			       &options, &state->region);
	if (ret < 0)
		return bench_ipcq_error(link, "cannot create a region", ret);
	bench_ring_init(&state->ring, &region_sync, state->region,
			ipcq_region_data(state->region), link->size, link->depth);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", link->depth);
	return BENCH_OK;
}

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	struct ipcq_limits limits;
	enum bench_status status;
	struct ipcq *ipcq;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	status = bench_ipcq_connect(link, &ipcq, &limits);
	if (status)
		return status;
	status = open_region(link, ipcq, &limits);
	ipcq_disconnect(ipcq);
	return status;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	ipcq_region_close(state->region);
	free(state);
	link->state = NULL;
}

const struct bench_mechanism bench_ipcq_region = {
	.name = "ipcq-region",
	.summary = "slots in an ipcq region; its mutex, its eventcounts for wake-up",
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
