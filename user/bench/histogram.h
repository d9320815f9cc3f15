/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A histogram of fixed size for durations: log-linear, 256 buckets to each power
 * of two, so that a value is known to 0.4 % and adding one costs a shift and an
 * increment.  Values below 512 are exact.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_HISTOGRAM_BITS	8
#define BENCH_HISTOGRAM_SUB	(1U << BENCH_HISTOGRAM_BITS)
/* Longer durations (an hour and more, in nanoseconds) share the last bucket. */
#define BENCH_HISTOGRAM_TOP	42
#define BENCH_HISTOGRAM_BUCKETS	\
	((BENCH_HISTOGRAM_TOP - BENCH_HISTOGRAM_BITS + 1) * BENCH_HISTOGRAM_SUB)

struct bench_histogram {
	uint64_t count;
	uint64_t max;		/* exact, 0 when empty */
	uint64_t bucket[BENCH_HISTOGRAM_BUCKETS];
};

static inline size_t bench_histogram_index(uint64_t value)
{
	unsigned int power;

	if (value < BENCH_HISTOGRAM_SUB)
		return value;
	power = 63 - __builtin_clzll(value);
	if (power >= BENCH_HISTOGRAM_TOP)
		return BENCH_HISTOGRAM_BUCKETS - 1;
	power -= BENCH_HISTOGRAM_BITS;
	return (power + 1) * BENCH_HISTOGRAM_SUB +
	       ((value >> power) & (BENCH_HISTOGRAM_SUB - 1));
}

static inline void bench_histogram_add(struct bench_histogram *histogram,
				       uint64_t value)
{
	histogram->bucket[bench_histogram_index(value)]++;
	histogram->count++;
	if (value > histogram->max)
		histogram->max = value;
}

/* Writes every byte, so that no page is missing when the timing starts. */
void bench_histogram_clear(struct bench_histogram *histogram);

void bench_histogram_merge(struct bench_histogram *into,
			   const struct bench_histogram *from);

/* The smallest and the largest value that fall into a bucket. */
uint64_t bench_histogram_low(size_t index);
uint64_t bench_histogram_high(size_t index);

/*
 * The value that a share @share (0 to 1) of the values does not exceed: the
 * middle of its bucket, or the maximum when that is smaller.  0 when empty.
 */
uint64_t bench_histogram_quantile(const struct bench_histogram *histogram,
				  double share);

#endif /* BENCH_HISTOGRAM_H */
