/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether ipcq has become slower, by two files that "ipcq bench --cost" wrote. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct bench_comparison {
	unsigned int compared;		/* figures of both files */
	unsigned int worse;		/* by more than the tolerance */
	unsigned int better;
	unsigned int missing;		/* in the baseline only */
	bool other_kernel;
	char why[160];			/* when they cannot be compared */
};

/*
 * Compare the ratios to the pipe of all cells of ipcq's own mechanisms in
 * @baseline with those of @result, which may be worse by @tolerance.  Write a line
 * for each to @out unless it is NULL.  Returns 0, or -1 with @comparison->why set.
 */
int bench_compare(const json_t *baseline, const json_t *result, double tolerance,
		  FILE *out, struct bench_comparison *comparison);

/* The same with files, messages and a verdict; an exit code. */
int bench_compare_files(const char *baseline, const char *result,
			double tolerance);

#endif /* BENCH_COMPARE_H */
