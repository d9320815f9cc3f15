// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that live until some time: the test waits for it, and the model is told.
 */
#include "../guest/common.h"
#include "world.h"

#include <time.h>
#include <unistd.h>

/* How long before it the end of a message may come: so long an operation may take. */
#define MARGIN	(30 * MS)

/* How long what should happen may take once it is known that it does not. */
#define SHORT_TIME	(SECOND / 2)

static uint64_t patience_ends;

uint64_t coarse_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

uint64_t count_expired(void)
{
	const struct queue *queue;
	uint64_t count = 0;

	for (queue = world.names.queues; queue; queue = queue->next)
		count += queue->expired;
	return count;
}

static bool has_soon(const struct queue *queue)
{
	const struct message *message = queue->messages;

	while (message && message->life != SOON)
		message = message->next;
	return message;
}

/*
 * Where the messages of two queues become dead letters, or of one and there are several
 * who wait for them, their order in the third is not determined; nor whether there is
 * room where others leave at the same time.
 */
static bool ambiguous(void)
{
	unsigned int sources = 0;
	struct queue *queue, *target;

	for (queue = world.names.queues; queue; queue = queue->next) {
		target = model_find(world.names.queues, queue->dead_letter);
		if (!target || !has_soon(queue))
			continue;
		if (sources++ || target->receivers || has_soon(target))
			return true;
	}
	return false;
}

bool is_near(void)
{
	return world.soon_first && in(MARGIN) > world.soon_first;
}

void let_expire(void)
{
	struct queue *queue;

	if (!world.soon_first)
		return;
	if (ambiguous()) {
		world.late = true;
		return;
	}
	say("messages expire");
	while (in(0) <= world.soon_last)
		usleep(1000);
	for (queue = world.names.queues; queue; queue = queue->next)
		model_expire(queue);
	world.soon_first = 0;
	/* That there is room may be noticed a little later: before what comes next. */
	world.expired = true;
	settle();
	if (!world.failed)
		check_all();
}

bool is_late(void)
{
	return world.soon_first && in(0) >= world.soon_first;
}

static void note_life(struct message *message, uint64_t begun)
{
	if (message->life != SOON)
		return;
	if (!message->ends_after) {
		message->ends_after = begun + life_nanoseconds(SOON);
		message->ends_before = in(0) + life_nanoseconds(SOON);
	}
	if (!world.soon_first || message->ends_after < world.soon_first)
		world.soon_first = message->ends_after;
	if (message->ends_before > world.soon_last)
		world.soon_last = message->ends_before;
}

void note_lives(uint64_t begun)
{
	struct message *message;
	struct queue *queue;

	if (is_late())
		world.late = true;
	world.soon_first = 0;
	world.soon_last = 0;
	for (queue = world.names.queues; queue; queue = queue->next) {
		for (message = queue->messages; message; message = message->next)
			note_life(message, begun);
		for (message = queue->held; message; message = message->next)
			note_life(message, begun);
	}
}

void be_patient_again(void)
{
	patience_ends = 0;
}

bool patient(void)
{
	if (!patience_ends)
		patience_ends = in(world.hasty ? SHORT_TIME : LONG_TIME);
	if (in(0) > patience_ends || is_late())
		return false;
	usleep(100);
	return true;
}

