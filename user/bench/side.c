// SPDX-License-Identifier: GPL-2.0-or-later
#include "side.h"
#include "payload.h"
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Few messages tell little, however long they took. */
#define TIMED_MINIMUM		8
#define WARMUP_MINIMUM		2
/* The pass of checks is not timed; it has to see a ring go round. */
#define VERIFY_MINIMUM		4
#define VERIFY_NS		10000000

/* How a phase is run; it ends when it has lasted, within the counts. */
struct phase {
	const char *name;
	bool check;
	bool timed;
	bool single;		/* each round trip by itself */
	uint64_t least;
	uint64_t most;
	uint64_t duration;
};

struct side {
	const struct bench_request *request;
	struct bench_link *link;
	struct bench_shared *shared;
	int control;
	void *source;		/* the payload to send */
	uint64_t lost;		/* so far, in all phases */
};

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ------------------------------------------------------------ single messages */

static enum bench_status put(struct side *side, const struct phase *phase,
			     uint64_t sequence)
{
	const struct bench_mechanism *mechanism = side->link->mechanism;
	uint64_t stamp = bench_payload_stamp(side->link->side, sequence);
	size_t size = side->link->size;
	void *payload = side->source;
	enum bench_status status;

	if (mechanism->reserve) {
		status = mechanism->reserve(side->link, &payload);
		if (status)
			return status;
	}
	if (phase->check) {
		bench_payload_fill(payload, size, stamp);
	} else {
		/* Shared memory: the message has to get there all the same. */
		if (payload != side->source && !mechanism->keeps_payload)
			memcpy(payload, side->source, size);
		bench_payload_put_stamp(payload, size, stamp);
	}
	return mechanism->send(side->link, payload);
}

/* Sends what the mechanism has kept back. */
static enum bench_status push(struct side *side)
{
	const struct bench_mechanism *mechanism = side->link->mechanism;

	return mechanism->push ? mechanism->push(side->link) : BENCH_OK;
}

static enum bench_status check(struct side *side, const struct phase *phase,
			       const void *payload, uint64_t sequence)
{
	uint64_t stamp = bench_payload_stamp(!side->link->side, sequence);
	size_t size = side->link->size, bad;

	if (!phase->check)
		return BENCH_OK;
	bad = bench_payload_check(payload, size, stamp);
	if (bad == size)
		return BENCH_OK;
	return bench_fail(side->link,
			  "corrupted: message %llu is wrong from byte %zu of %zu",
			  (unsigned long long)sequence, bad, size);
}

/*
 * Whether a message was given up before it came.  In a stream of messages too
 * short for a whole number, one that is far ahead looks the same, and is likelier.
 */
static bool is_late(const struct side *side, uint64_t ahead)
{
	size_t size = side->link->size;
	uint64_t half = size < 8 ? 1ULL << (8 * size - 1) : 1ULL << 63;

	if (side->lost == 0 || ahead < half)
		return false;
	return size >= 8 || side->request->mode == BENCH_ROUND_TRIP;
}

/*
 * Receive the next message, and tell which it is.  Only from a lossy mechanism
 * may it be a later one than expected; one that was given up and comes late is
 * passed over.
 */
static enum bench_status get(struct side *side, const struct phase *phase,
			     uint64_t expected, uint64_t *sequence)
{
	const struct bench_mechanism *mechanism = side->link->mechanism;
	uint64_t stamp = bench_payload_stamp(!side->link->side, expected);
	enum bench_status status;
	const void *payload;
	uint64_t ahead;

	do {
		status = mechanism->receive(side->link, &payload);
		if (status)
			return status;
		ahead = bench_payload_ahead(payload, side->link->size, stamp);
	} while (mechanism->lossy && is_late(side, ahead));

	if (ahead && (!mechanism->lossy || ahead > INT64_MAX))
		return bench_fail(side->link,
				  "out of order: the message after %lld is %lld places off",
				  (long long)expected - 1, (long long)ahead);
	*sequence = expected + ahead;
	status = check(side, phase, payload, *sequence);
	if (status || !mechanism->release)
		return status;
	return mechanism->release(side->link);
}

/* --------------------------------------------------------------------- loops */

static bool is_last(const struct phase *phase, uint64_t done, uint64_t elapsed)
{
	if (done >= phase->most)
		return true;
	return done >= phase->least && elapsed >= phase->duration;
}

/* When to look at the clock: at growing distances, to cost next to nothing. */
struct pace {
	uint64_t start;
	uint64_t elapsed;
	uint64_t next;		/* the message before which to look again */
	uint64_t stride;
};

static struct pace start_pace(void)
{
	return (struct pace){ .start = bench_now(), .next = 1, .stride = 1 };
}

/* Whether the message of that number, counted from 1, is to be the last. */
static bool look(struct pace *pace, const struct phase *phase, uint64_t number)
{
	uint64_t elapsed;

	if (number < pace->next && number < phase->most)
		return false;
	elapsed = bench_now() - pace->start;
	if (elapsed - pace->elapsed < phase->duration / 64)
		pace->stride *= 2;
	pace->elapsed = elapsed;
	pace->next = number + pace->stride;
	return is_last(phase, number, elapsed);
}

static enum bench_status ask(struct side *side, const struct phase *phase)
{
	struct bench_shared *shared = side->shared;
	struct pace pace = start_pace();
	uint64_t before = pace.start, now, sequence = 0, got, answered = 0;
	bool calls = side->link->mechanism->calls, last;
	enum bench_status status;

	do {
		last = phase->single ?
		       is_last(phase, sequence + 1, before - pace.start) :
		       look(&pace, phase, sequence + 1);
		if (last)
			atomic_store(&shared->end, sequence + 1);
		status = put(side, phase, sequence);
		if (!status && !calls)
			status = push(side);
		if (!status)
			status = get(side, phase, sequence, &got);
		now = phase->single || last ? bench_now() : before;
		if (status && status != BENCH_TIMEOUT)
			return status;
		if (status || got != sequence) {
			side->lost++;
		} else {
			answered++;
			if (phase->timed && phase->single)
				bench_histogram_add(&shared->histogram,
						    now - before);
		}
		before = now;
		sequence++;
	} while (!last);

	shared->started = pace.start;
	shared->finished = now;
	shared->sent = sequence;
	shared->received = answered;
	return BENCH_OK;
}

static enum bench_status answer(struct side *side, const struct phase *phase)
{
	struct bench_shared *shared = side->shared;
	bool calls = side->link->mechanism->calls;
	uint64_t expected = 0, sequence;
	enum bench_status status;

	for (;;) {
		status = get(side, phase, expected, &sequence);
		if (status == BENCH_TIMEOUT) {
			side->lost++;
			if (atomic_load(&shared->end) != BENCH_NO_END)
				return BENCH_OK;
			continue;
		}
		if (!status)
			status = put(side, phase, sequence);
		/* Which reply is the last is known when its request is there. */
		if (!status && (!calls || sequence + 1 == atomic_load(&shared->end)))
			status = push(side);
		if (status)
			return status;
		expected = sequence + 1;
		if (expected == atomic_load(&shared->end))
			return BENCH_OK;
	}
}

static enum bench_status send_stream(struct side *side,
				     const struct phase *phase)
{
	struct bench_shared *shared = side->shared;
	struct pace pace = start_pace();
	uint64_t sequence = 0;
	enum bench_status status;
	bool last = false;

	while (!last) {
		last = look(&pace, phase, sequence + 1);
		if (last)
			atomic_store(&shared->end, sequence + 1);
		status = put(side, phase, sequence);
		if (status)
			return status;
		sequence++;
	}
	shared->started = pace.start;
	shared->sent = sequence;
	return push(side);
}

static enum bench_status receive_stream(struct side *side,
					const struct phase *phase)
{
	struct bench_shared *shared = side->shared;
	bool lossy = side->link->mechanism->lossy;
	uint64_t expected = 0, sequence, received = 0, now = 0;
	enum bench_status status;

	do {
		status = get(side, phase, expected, &sequence);
		if (status == BENCH_TIMEOUT) {
			if (atomic_load(&shared->end) == BENCH_NO_END)
				continue;
			side->lost++;
			break;
		}
		if (status)
			return status;
		/* Which message is the last to arrive is not known before. */
		if (lossy)
			now = bench_now();
		side->lost += sequence - expected;
		expected = sequence + 1;
		received++;
	} while (expected != atomic_load(&shared->end));

	if (received == 0)
		return bench_fail(side->link, "no message arrived");
	shared->finished = lossy ? now : bench_now();
	shared->received = received;
	return BENCH_OK;
}

/* -------------------------------------------------------------------- phases */

static enum bench_status tell(struct side *side)
{
	char byte = 0;

	if (write(side->control, &byte, 1) == 1)
		return BENCH_OK;
	return bench_fail(side->link, "the other side is gone");
}

static enum bench_status hear(struct side *side)
{
	char byte;

	if (read(side->control, &byte, 1) == 1)
		return BENCH_OK;
	return bench_fail(side->link, "the other side is gone");
}

/* The far side is ready when the near side begins. */
static enum bench_status meet_before(struct side *side)
{
	if (side->link->side == BENCH_NEAR)
		return hear(side);
	atomic_store(&side->shared->end, BENCH_NO_END);
	return tell(side);
}

/*
 * The far side throws away what a lossy mechanism has left over when the near
 * side sends no more, and the near side when the far side does not either.
 */
static enum bench_status meet_after(struct side *side)
{
	const struct bench_mechanism *mechanism = side->link->mechanism;
	bool near = side->link->side == BENCH_NEAR;
	enum bench_status status;

	status = near ? tell(side) : hear(side);
	if (!status && near)
		status = hear(side);
	if (status)
		return status;
	if (mechanism->flush)
		mechanism->flush(side->link);
	return near ? BENCH_OK : tell(side);
}

static enum bench_status run_loop(struct side *side, const struct phase *phase)
{
	bool near = side->link->side == BENCH_NEAR;

	if (side->request->mode == BENCH_ROUND_TRIP)
		return near ? ask(side, phase) : answer(side, phase);
	return near ? send_stream(side, phase) : receive_stream(side, phase);
}

static enum bench_status run_phase(struct side *side, const struct phase *phase)
{
	struct bench_shared *shared = side->shared;
	enum bench_side me = side->link->side;
	enum bench_status status;
	long before;

	shared->phase[me] = phase->name;
	status = meet_before(side);
	before = bench_switches();
	if (!status)
		status = run_loop(side, phase);
	shared->switches[me] = bench_switches() - before;
	if (!status)
		status = meet_after(side);
	return status;
}

/*
 * More messages than the mechanism is to hold, so that each slot of a ring is
 * used twice; fewer from a lossy one, which must not lose any here.
 */
static uint64_t verify_most(const struct bench_request *request)
{
	if (request->mechanism->lossy)
		return request->depth < 32 ? request->depth : 32;
	return 2 * (uint64_t)request->depth + 3;
}

static enum bench_status verify(struct side *side)
{
	const struct bench_request *request = side->request;
	struct phase phase = {
		.name = "the pass that checks every byte",
		.check = true,
		.most = verify_most(request),
		.duration = VERIFY_NS,
	};
	enum bench_status status;

	phase.least = phase.most < VERIFY_MINIMUM ? phase.most : VERIFY_MINIMUM;
	status = run_phase(side, &phase);
	if (side->link->side != BENCH_NEAR || status)
		return status;
	/* The far side has written its count before it met the near side. */
	side->shared->verified = side->shared->received;
	if (side->shared->received == 0)
		return bench_fail(side->link, "no message arrived");
	return BENCH_OK;
}

/* The far side has written what it knows before it met the near side. */
static enum bench_status run_passes(struct side *side, const struct phase *timed)
{
	struct bench_shared *shared = side->shared;
	unsigned int passes = side->request->passes, i;
	enum bench_status status = BENCH_OK;

	for (i = 0; i < (passes ? passes : 1) && !status; i++) {
		status = run_phase(side, timed);
		if (side->link->side != BENCH_NEAR || status || !shared->received)
			continue;
		shared->pass[i] = (double)(shared->finished - shared->started) /
				  (double)shared->received;
		shared->pass_switches[i] = (double)(shared->switches[BENCH_NEAR] +
						    shared->switches[BENCH_FAR]) /
					   (double)shared->received;
	}
	return status;
}

static enum bench_status run_phases(struct side *side)
{
	const struct bench_request *request = side->request;
	const struct phase warmup = {
		.name = "warm-up",
		.check = request->touch,
		.single = request->passes == 0,
		.least = WARMUP_MINIMUM,
		.most = UINT64_MAX,
		.duration = request->warmup,
	};
	const struct phase timed = {
		.name = "the timed pass",
		.check = request->touch,
		.timed = true,
		.single = request->passes == 0,
		.least = TIMED_MINIMUM,
		.most = UINT64_MAX,
		.duration = request->duration,
	};
	enum bench_status status = BENCH_OK;

	if (request->verify)
		status = verify(side);
	if (!status)
		status = run_phase(side, &warmup);
	if (!status && side->link->side == BENCH_NEAR)
		bench_histogram_clear(&side->shared->histogram);
	if (!status)
		status = run_passes(side, &timed);
	return status;
}

/* --------------------------------------------------------------------- set-up */

enum bench_status bench_side_run(const struct bench_request *request,
				 struct bench_link *link, enum bench_side me,
				 int control, struct bench_shared *shared)
{
	struct side side = {
		.request = request,
		.link = link,
		.shared = shared,
		.control = control,
	};
	enum bench_status status;

	link->side = me;
	shared->phase[me] = "the set-up";
	status = bench_place(link, request->cpu[me], request->scheduling);
	side.source = bench_payload_memory(link->size);
	link->receive_buffer = bench_payload_memory(link->size);
	if (!status && (!side.source || !link->receive_buffer))
		status = bench_fail(link, "out of memory");
	if (request->passes && me == BENCH_NEAR)
		bench_take_memory();
	if (!status && link->mechanism->attach)
		status = link->mechanism->attach(link);
	if (!status)
		status = run_phases(&side);
	if (status)
		memcpy(shared->why[me], link->why, sizeof(link->why));
	return status;
}
