// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats.h"

/* The number of values that are smaller than, or equal to and before, value[i]. */
static size_t rank_of(const double *values, size_t count, size_t i)
{
	size_t j, rank = 0;

	for (j = 0; j < count; j++)
		if (values[j] < values[i] || (values[j] == values[i] && j < i))
			rank++;
	return rank;
}

/* By counting: repetitions are few, and nothing needs to be copied or sorted. */
static double ranked(const double *values, size_t count, size_t rank)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (rank_of(values, count, i) == rank)
			return values[i];
	return 0;
}

double bench_median(const double *values, size_t count)
{
	if (count == 0)
		return 0;
	if (count % 2)
		return ranked(values, count, count / 2);
	return (ranked(values, count, count / 2 - 1) +
		ranked(values, count, count / 2)) / 2;
}

double bench_spread(const double *values, size_t count)
{
	double median = bench_median(values, count);

	if (count < 2 || median <= 0)
		return 0;
	return (ranked(values, count, count - 1) - ranked(values, count, 0)) /
	       median;
}

/* SplitMix64. */
uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void bench_shuffle(size_t *order, size_t count, uint64_t *state)
{
	size_t i, j, swap;

	for (i = 0; i < count; i++)
		order[i] = i;
	for (i = count; i > 1; i--) {
		j = bench_random(state) % i;
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}
