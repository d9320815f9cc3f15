// SPDX-License-Identifier: GPL-2.0-or-later
#include "../guest/common.h"
#include "operations.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct world world;

/* ------------------------------------------------------------------- chance */

/* Two seeds that are close give numbers that are not (splitmix). */
static uint64_t next_number(uint64_t *state)
{
	uint64_t mix = *state += 0x9e3779b97f4a7c15ULL;

	mix = (mix ^ mix >> 30) * 0xbf58476d1ce4e5b9ULL;
	mix = (mix ^ mix >> 27) * 0x94d049bb133111ebULL;
	return mix ^ mix >> 31;
}

uint64_t draw(uint64_t bound)
{
	return next_number(&world.random) % bound;
}

bool percent(unsigned int chance)
{
	return draw(100) < chance;
}

/* -------------------------------------------------------------------- words */

void disagree(const char *format, ...)
{
	va_list arguments;

	if (world.failed)
		return;
	world.failed = true;
	va_start(arguments, format);
	vsnprintf(world.reason, sizeof(world.reason), format, arguments);
	va_end(arguments);
	say("  %s", world.reason);
}

void say(const char *format, ...)
{
	size_t room = sizeof(world.said) - world.said_length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(world.said + world.said_length, room, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length + 1 < room) {
		world.said_length += length;
		world.said[world.said_length++] = '\n';
	}
}

const char *error_text(long result)
{
	static char text[32];

	if (result < 0)
		snprintf(text, sizeof(text), "-%s", strerrorname_np(-result));
	else
		snprintf(text, sizeof(text), "%ld", result);
	return text;
}

const char *answer_text(const struct answer *answer)
{
	static char text[160];
	size_t length = 0;
	unsigned int i;

	if (!answer->error_count)
		return snprintf(text, sizeof(text), "%ld", answer->value), text;
	for (i = 0; i < answer->error_count; i++)
		length += snprintf(text + length, sizeof(text) - length, "%s-%s",
				   i ? " or " : "", strerrorname_np(answer->errors[i]));
	return text;
}

/* -------------------------------------------------------------- the sequence */

void world_begin(bool hasty)
{
	struct ipcq_query limits = query();

	memset(&world, 0, offsetof(struct world, said));
	world.hasty = hasty;
	world.limits.max_messages = limits.max_messages;
	world.limits.max_message_size = limits.max_message_size;
	world.objects = limits.objects;
}

void world_end(void)
{
	unsigned int i;

	alarm(0);
	for (i = 1; i < ACTORS; i++)
		if (world.pending[i].busy)
			actor_kill(i);
	for (i = 0; i < HANDLES; i++)
		if (world.handles[i].open)
			close(world.handles[i].fd);
	(void)object_unlink("oracle-a");
	(void)object_unlink("oracle-b");
	names_free(&world.names);
	be_patient_again();
	while (query().objects != world.objects)
		if (!patient())
			fail_msg("an object remains");
}

static const struct operation *draw_operation(void)
{
	const struct operation *operation;
	unsigned int all = 0, chosen;

	for (operation = operations; operation->name; operation++)
		all += operation->weight;
	chosen = draw(all);
	for (operation = operations; chosen >= operation->weight; operation++)
		chosen -= operation->weight;
	return operation;
}

void run_operation(uint64_t seed, uint64_t sequence, unsigned int number)
{
	const struct operation *operation;
	uint64_t begun = in(0), expired;

	world.random = seed;
	world.random = next_number(&world.random) + sequence;
	world.random = next_number(&world.random) + number;
	operation = draw_operation();
	say("%u. %s", number, operation->name);
	/* Should the module wait where it should not, the call ends with EINTR. */
	alarm(LONG_TIME / SECOND);
	expired = count_expired();
	if (is_near())
		let_expire();
	if (!world.failed)
		operation->run();
	world.expired = count_expired() > expired;
	if (!world.failed)
		settle();
	note_lives(begun);
	if (!world.failed)
		check_all();
	if (is_late())
		world.late = true;
}

struct handle *draw_handle(void)
{
	unsigned int i = draw(HANDLES), tries;

	for (tries = 0; tries < HANDLES; tries++, i = (i + 1) % HANDLES)
		if (world.handles[i].open)
			return &world.handles[i];
	return NULL;
}

/* ------------------------------------------------------------ calls that wait */

int descriptor_of(const struct queue *queue)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		if (world.handles[i].open && world.handles[i].queue == queue)
			return world.handles[i].fd;
	return -1;
}

static void settle_call(unsigned int number)
{
	const struct pending *pending = &world.pending[number];

	be_patient_again();
	while (!actor_returned(number)) {
		if (!pending->call.expected.given)
			return;
		if (!patient()) {
			disagree("the call of %u waits and should have come back with %s",
				 number, answer_text(&pending->call.expected));
			return;
		}
	}
	compare_call(number);
	actor_rest(number);
}

void settle(void)
{
	unsigned int i;

	for (i = 1; i < ACTORS && !world.failed; i++)
		if (world.pending[i].busy)
			settle_call(i);
}

