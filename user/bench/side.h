/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens in each of the two processes, and what they tell their parent. */
#ifndef BENCH_SIDE_H
#define BENCH_SIDE_H

#include "engine.h"

#include <stdatomic.h>

#define BENCH_NO_END	UINT64_MAX

/* In memory that both sides and their parent share. */
struct bench_shared {
	/*
	 * One more than the last sequence number of the phase.  Set by the near
	 * side before it sends that message, so that the far side, when it has
	 * received it, knows that it was the last.
	 */
	_Atomic uint64_t end;
	unsigned char pad[56];
	/* Written by the side named, read by the parent when both have ended. */
	uint64_t started;		/* near */
	uint64_t finished;		/* the side that receives */
	uint64_t sent;			/* near */
	uint64_t received;		/* the side that receives */
	uint64_t verified;		/* near */
	double pass[BENCH_PASSES_MAX];	/* near: nanoseconds a message */
	double pass_switches[BENCH_PASSES_MAX];	/* near: a message */
	long switches[2];		/* each its own, in the last phase */
	const char *phase[2];		/* each its own, for a hung run */
	char why[2][192];		/* each its own */
	struct bench_histogram histogram;	/* near */
};

/*
 * Run one side in a process of its own.  @control joins the two sides; a byte is
 * what they tell each other.  Returns BENCH_OK, or another status with the reason
 * in shared->why.
 */
enum bench_status bench_side_run(const struct bench_request *request,
				 struct bench_link *link, enum bench_side side,
				 int control, struct bench_shared *shared);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t bench_now(void);

#endif /* BENCH_SIDE_H */
