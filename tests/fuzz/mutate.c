// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making programs: from nothing, and from others.
 */
#include <string.h>

#include "fuzz.h"

uint64_t fuzz_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint64_t fuzz_below(uint64_t *state, uint64_t limit)
{
	return fuzz_random(state) % limit;
}

static bool one_in(uint64_t *state, unsigned int n)
{
	return !fuzz_below(state, n);
}

/* ------------------------------------------------------------------- values */

static uint64_t random_number(uint64_t limit, uint64_t *state)
{
	switch (fuzz_below(state, 10)) {
	case 0:
		return limit;
	case 1:
		return limit + 1;
	case 2:
		return limit - 1;
	case 3:
		return 1ULL << fuzz_below(state, 64);
	case 4:
		return -fuzz_below(state, 4);
	case 5:
		return fuzz_random(state) >> fuzz_below(state, 64);
	default:
		return limit ? fuzz_below(state, limit) : 0;
	}
}

static uint64_t random_field_number(const struct fuzz_field *field,
				    uint64_t *state)
{
	/* What must be 0 mostly is, or nothing would be reached. */
	if (!field->limit)
		return one_in(state, 20) ? random_number(0, state) : 0;
	if (field->kind == FUZZ_SMALL) {
		uint64_t few = field->limit < 4 ? field->limit + 1 : 4;

		return one_in(state, 8) ? random_number(field->limit, state) :
					  fuzz_below(state, few);
	}
	switch (fuzz_below(state, 4)) {
	case 0:
		return random_number(field->limit, state);
	case 1:
		return 0;
	case 2:
		return fuzz_below(state, 64);
	default:
		return fuzz_below(state, field->limit) >> fuzz_below(state, 16);
	}
}

static uint64_t random_flags(uint64_t mask, uint64_t *state)
{
	uint64_t flags = fuzz_random(state) & mask;

	return one_in(state, 30) ? flags | 1ULL << fuzz_below(state, 32) : flags;
}

static uint64_t random_time(uint64_t *state)
{
	switch (fuzz_below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return FUZZ_AUTO;
	default:
		return 1 + fuzz_below(state, 8000);
	}
}

static uint64_t random_slot(uint64_t first, uint64_t *state)
{
	static const uint8_t likely[] = {
		[FUZZ_DEVICES] = 1, [FUZZ_QUEUES] = 3, [FUZZ_REGIONS] = 3,
		[FUZZ_OTHER] = 2,
	};

	/* Mostly the first one, so that calls meet at the same object. */
	switch (fuzz_below(state, 16)) {
	case 0:
		return fuzz_below(state, FUZZ_NULL_SLOT + 1);
	case 1 ... 6:
		return first + fuzz_below(state, likely[first]);
	default:
		return first;
	}
}

static uint64_t random_size(unsigned int size, uint64_t *state)
{
	switch (fuzz_below(state, 24)) {
	case 0:
		return fuzz_below(state, size / 8 + 2) * 8;
	case 1:
		return size + 8 * (1 + fuzz_below(state, 4));
	case 2:
		return 4096 - 8 + 8 * fuzz_below(state, 3);
	case 3:
		return random_number(size, state);
	default:
		return FUZZ_AUTO;
	}
}

static uint64_t random_value(const struct fuzz_type *type,
			     const struct fuzz_field *field, uint64_t *state)
{
	switch (field->kind) {
	case FUZZ_FLAGS:
		return random_flags(field->limit, state);
	case FUZZ_SIZE:
		return random_size(type->size, state);
	case FUZZ_PLACE:
		return one_in(state, 8) ? fuzz_below(state, FUZZ_PLACES) : 0;
	case FUZZ_NAME:
		return one_in(state, 10) ? fuzz_below(state, 12) :
					   fuzz_below(state, FUZZ_NAMES + 1);
	case FUZZ_LENGTH:
		return one_in(state, 16) ? random_number(field->limit, state) :
					   FUZZ_AUTO;
	case FUZZ_TIME:
		return random_time(state);
	case FUZZ_SLOT:
		return random_slot(field->limit, state);
	case FUZZ_USER:
		return one_in(state, 4) ? 1 + fuzz_below(state, 3) : 0;
	case FUZZ_MAP:
		return fuzz_below(state, FUZZ_MAPS);
	default:
		return random_field_number(field, state);
	}
}

/* -------------------------------------------------------------------- calls */

static unsigned int random_type(uint64_t *state)
{
	static unsigned int total;
	unsigned int i, at;

	if (!total)
		for (i = 0; i < fuzz_type_count; i++)
			total += fuzz_types[i].weight;
	at = fuzz_below(state, total);
	for (i = 0; at >= fuzz_types[i].weight; i++)
		at -= fuzz_types[i].weight;
	return i;
}

static void random_call(struct fuzz_call *call, unsigned int type_number,
			uint64_t *state)
{
	const struct fuzz_type *type = &fuzz_types[type_number];
	unsigned int i, fields = fuzz_type_fields(type);

	memset(call, 0, sizeof(*call));
	call->type = type_number;
	call->lane = one_in(state, 3) ? fuzz_below(state, FUZZ_LANES) : 0;
	/* A call with everything random is refused for the first that is wrong. */
	for (i = 0; i < fields; i++)
		call->value[i] = one_in(state, 4) && i ?
			fuzz_default(&type->fields[i]) :
			random_value(type, &type->fields[i], state);
}

static void insert_call(struct fuzz_program *program, unsigned int at,
			const struct fuzz_call *call)
{
	if (program->count == FUZZ_CALLS)
		return;
	memmove(&program->calls[at + 1], &program->calls[at],
		(program->count - at) * sizeof(*call));
	program->calls[at] = *call;
	program->count++;
}

static void remove_call(struct fuzz_program *program, unsigned int at)
{
	program->count--;
	memmove(&program->calls[at], &program->calls[at + 1],
		(program->count - at) * sizeof(program->calls[0]));
}

/* An open that works, so that what follows has something to work on. */
static void add_open(struct fuzz_program *program, const char *name,
		     uint64_t *state)
{
	unsigned int type = fuzz_type_find(name), i;
	struct fuzz_call call;

	random_call(&call, type, state);
	call.lane = 0;
	for (i = 0; i <= FIELD_INTO; i++)
		call.value[i] = fuzz_default(&fuzz_types[type].fields[i]);
	/* The flags: read, write and create, and nonblock or not. */
	call.value[FIELD_INTO + 1] = 7 | (one_in(state, 4) ? 16 : 0);
	insert_call(program, program->count, &call);
}

void fuzz_generate(struct fuzz_program *program, uint64_t *state)
{
	unsigned int count = 2 + fuzz_below(state, 12);
	struct fuzz_call call;

	memset(program, 0, sizeof(*program));
	if (!one_in(state, 4))
		add_open(program, "queue_open", state);
	if (!one_in(state, 3))
		add_open(program, "region_open", state);
	memset(&call, 0, sizeof(call));
	call.type = fuzz_type_sync;
	insert_call(program, program->count, &call);
	while (count--) {
		random_call(&call, random_type(state), state);
		insert_call(program, program->count, &call);
	}
}

/* ---------------------------------------------------------------- mutations */

static void change_value(struct fuzz_call *call, uint64_t *state)
{
	const struct fuzz_type *type = &fuzz_types[call->type];
	unsigned int fields = fuzz_type_fields(type), i;

	if (!fields)
		return;
	i = fuzz_below(state, fields);
	if (one_in(state, 4) && type->fields[i].kind <= FUZZ_FLAGS)
		call->value[i] += fuzz_below(state, 17) - 8;
	else if (one_in(state, 6))
		call->value[i] = fuzz_default(&type->fields[i]);
	else
		call->value[i] = random_value(type, &type->fields[i], state);
}

/* Replaces the end of @program by that of @other. */
static void splice(struct fuzz_program *program,
		   const struct fuzz_program *other, uint64_t *state)
{
	unsigned int from;

	program->count = fuzz_below(state, program->count + 1);
	if (!other->count)
		return;
	for (from = fuzz_below(state, other->count);
	     from < other->count && program->count < FUZZ_CALLS; from++)
		program->calls[program->count++] = other->calls[from];
}

static void mutate_once(struct fuzz_program *program,
			const struct fuzz_program *other, uint64_t *state)
{
	unsigned int at = program->count ? fuzz_below(state, program->count) : 0;
	unsigned int what = fuzz_below(state, 16);
	struct fuzz_call call;

	if (what < 4 || !program->count) {
		random_call(&call, random_type(state), state);
		insert_call(program, fuzz_below(state, program->count + 1), &call);
	} else if (what < 9) {
		change_value(&program->calls[at], state);
	} else if (what < 11) {
		remove_call(program, at);
	} else if (what < 13) {
		program->calls[at].lane = fuzz_below(state, FUZZ_LANES);
	} else if (what < 14) {
		call = program->calls[at];
		insert_call(program, fuzz_below(state, program->count + 1), &call);
	} else if (what < 15) {
		splice(program, other, state);
	} else if (other->count) {
		call = other->calls[fuzz_below(state, other->count)];
		insert_call(program, fuzz_below(state, program->count + 1), &call);
	}
}

void fuzz_mutate(struct fuzz_program *program,
		 const struct fuzz_program *other, uint64_t *state)
{
	unsigned int count = 1 + fuzz_below(state, 4);

	while (count--)
		mutate_once(program, other, state);
}
