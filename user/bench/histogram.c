// SPDX-License-Identifier: GPL-2.0-or-later
#include "histogram.h"

#include <string.h>

void bench_histogram_clear(struct bench_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

void bench_histogram_merge(struct bench_histogram *into,
			   const struct bench_histogram *from)
{
	size_t i;

	for (i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t bench_histogram_low(size_t index)
{
	size_t power = index / BENCH_HISTOGRAM_SUB;
	uint64_t sub = index % BENCH_HISTOGRAM_SUB;

	if (power == 0)
		return sub;
	return (BENCH_HISTOGRAM_SUB + sub) << (power - 1);
}

uint64_t bench_histogram_high(size_t index)
{
	if (index >= BENCH_HISTOGRAM_BUCKETS - 1)
		return UINT64_MAX;
	return bench_histogram_low(index + 1) - 1;
}

uint64_t bench_histogram_quantile(const struct bench_histogram *histogram,
				  double share)
{
	uint64_t rank, seen = 0, low, high, value;
	size_t i;

	if (histogram->count == 0)
		return 0;
	rank = (uint64_t)(share * (double)histogram->count);
	if ((double)rank < share * (double)histogram->count || rank == 0)
		rank++;
	if (rank > histogram->count)
		rank = histogram->count;

	for (i = 0; i < BENCH_HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->bucket[i];
		if (seen >= rank)
			break;
	}
	low = bench_histogram_low(i);
	high = bench_histogram_high(i);
	value = low + (high - low) / 2;
	return value < histogram->max ? value : histogram->max;
}
