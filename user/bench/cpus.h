/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which CPUs the two sides run. */
#ifndef BENCH_CPUS_H
#define BENCH_CPUS_H

#include "parse.h"

#include <stdbool.h>

/*
 * Choose the CPU of each side; -1 leaves it to the kernel.  @text receives what
 * was chosen and, where that was not asked for, why.  Returns 0, or -1 with the
 * reason in @text.
 */
int bench_cpus_choose(enum bench_pinning pinning, const int asked[2],
		      bool emulated, int cpu[2], char *text, size_t length);

#endif /* BENCH_CPUS_H */
