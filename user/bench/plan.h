/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which runs are made, in which order and how long each may last.
 *
 * A cell is one mechanism with one size in one mode.  Each repetition runs every
 * cell once, in an order shuffled anew, so that whatever drifts or disturbs does
 * so to all alike.  A cell that cannot run or has failed is left out from then on.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "engine.h"
#include "settings.h"

struct bench_cell {
	const struct bench_mechanism *mechanism;
	enum bench_mode mode;
	size_t size;
	unsigned int depth;		/* asked for, in messages */
	enum bench_status status;
	char why[192];
	char depth_text[24];
	unsigned int repetitions;	/* done */
	/*
	 * One for each repetition, nanoseconds: the median round trip, or the mean
	 * where instructions are counted; in a stream a message.
	 */
	double *value;
	double switches;		/* a message, where instructions are counted */
	uint64_t verified;
	uint64_t sent;			/* in all timed passes */
	uint64_t received;
	struct bench_histogram *histogram;	/* of all; NULL where there is none */
};

struct bench_plan {
	const struct bench_settings *settings;
	int cpu[2];
	struct bench_cell *cell;	/* by mode, then size, then mechanism */
	size_t cells;
	uint64_t elapsed;		/* nanoseconds, all of it */
};

/* Returns 0 or -ENOMEM. */
int bench_plan_make(struct bench_plan *plan,
		    const struct bench_settings *settings);
void bench_plan_free(struct bench_plan *plan);

/* Returns 0, a negative errno value, or the signal that interrupted it. */
int bench_plan_run(struct bench_plan *plan);

/* The cell of a mode, size and mechanism. */
const struct bench_cell *bench_plan_find(const struct bench_plan *plan,
					 enum bench_mode mode, size_t size,
					 const struct bench_mechanism *mechanism);

/* The median over the repetitions, nanoseconds; 0 when it was not measured. */
double bench_cell_median(const struct bench_cell *cell);

/* Its ratio to that of the baseline's cell; 0 when either was not measured. */
double bench_cell_ratio(const struct bench_plan *plan,
			const struct bench_cell *cell);

/*
 * Whether the repetitions of the cell, or of the baseline's, lie so far apart that
 * the ratio says little.
 */
bool bench_cell_noisy(const struct bench_plan *plan,
		      const struct bench_cell *cell);

/* The share of messages that were lost. */
double bench_cell_loss(const struct bench_cell *cell);

/*
 * Messages under way in one direction that a mechanism is asked to hold: 2 in a
 * round trip, in which there is one; else what fits into 1 MiB, at least 2 and at
 * most @most.
 */
unsigned int bench_depth(enum bench_mode mode, size_t size, unsigned int most);

/*
 * How long the next timed pass may last: its share of what is left of the
 * budget, less what a run takes besides, within bounds.
 */
uint64_t bench_duration(uint64_t left, size_t runs, uint64_t besides,
			uint64_t most);

#endif /* BENCH_PLAN_H */
