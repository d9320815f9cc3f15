/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for. */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "mechanism.h"
#include "parse.h"

#include <stdint.h>

#define BENCH_MECHANISMS_MAX	64
#define BENCH_SIZES_MAX		32
#define BENCH_REPETITIONS_MAX	1000

struct bench_settings {
	/* In the order of the tables, without duplicates. */
	const struct bench_mechanism *mechanism[BENCH_MECHANISMS_MAX];
	size_t mechanisms;
	size_t size[BENCH_SIZES_MAX];
	size_t sizes;
	const struct bench_mechanism *baseline;	/* NULL: none */
	unsigned int modes;		/* mask of 1 << enum bench_mode */
	enum bench_pinning pinning;
	int cpu[2];
	enum bench_scheduling scheduling;
	unsigned int repetitions;
	unsigned int depth;		/* most messages under way */
	uint64_t duration;		/* longest timed pass, nanoseconds */
	uint64_t budget;		/* for everything, nanoseconds */
	uint64_t limit;			/* for one run, nanoseconds */
	uint64_t seed;
	bool touch;
	bool cost;			/* count instructions */
	bool system_limits;		/* leave the limits alone */
	bool json;
	bool list;
	bool progress;
	const char *output;		/* file for the JSON as well; NULL: none */
	const char *revision;		/* of the source; NULL: not told */
	const char *compare;		/* baseline file; NULL: measure */
	const char *result;		/* the file compared with it */
	double tolerance;		/* how much worse is allowed: 0.03 */
};

/* Ends the program when the command line is wrong. */
void bench_settings_parse(struct bench_settings *settings, int argc,
			  char **argv);

#endif /* BENCH_SETTINGS_H */
