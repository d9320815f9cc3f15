/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a side runs, when, and what it finds there. */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "mechanism.h"
#include "parse.h"

/* For the calling thread.  @cpu is -1 where the kernel may choose. */
enum bench_status bench_place(struct bench_link *link, int cpu,
			      enum bench_scheduling scheduling);

/*
 * Take and keep the free pages that the CPU has at hand, left there by whoever ended
 * last.  A mechanism that takes and frees pages all the time pays for their number.
 */
void bench_take_memory(void);

/* How often the calling thread has made way for another. */
long bench_switches(void);

#endif /* BENCH_PLACE_H */
