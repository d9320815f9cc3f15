/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few statistics over repetitions, and the order in which they are run. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* The median of @count values, the mean of the middle two when even; 0 of none. */
double bench_median(const double *values, size_t count);

/* The distance between the largest and the smallest, as a share of the median. */
double bench_spread(const double *values, size_t count);

/* The next of a sequence of random numbers that depends on the seed alone. */
uint64_t bench_random(uint64_t *state);

/* Put the numbers 0 to @count - 1 into @order, each order as likely as another. */
void bench_shuffle(size_t *order, size_t count, uint64_t *state);

#endif /* BENCH_STATS_H */
