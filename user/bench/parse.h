/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms of the option arguments.  Nothing here looks at the machine. */
#ifndef BENCH_PARSE_H
#define BENCH_PARSE_H

#include <stddef.h>
#include <stdint.h>

enum bench_mode {
	BENCH_ROUND_TRIP,
	BENCH_STREAM,
	BENCH_MODES,
};

/* On which CPUs the two processes run. */
enum bench_pinning {
	BENCH_PIN_DEFAULT,
	BENCH_PIN_SAME,
	BENCH_PIN_OTHER,
	BENCH_PIN_LIST,
	BENCH_PIN_NONE,
};

/* What becomes of a process that is woken. */
enum bench_scheduling {
	BENCH_SCHEDULE_NORMAL,		/* it may run at once, instead of its waker */
	BENCH_SCHEDULE_BATCH,		/* it runs when its waker waits, or in its turn */
};

/* Those that return int: 0, or -1 when the text is not of that form. */

/* "none", "same", "other", or two CPU numbers with a comma between. */
int bench_parse_pinning(const char *text, enum bench_pinning *pinning,
			int cpu[2]);

/* "round-trip", "stream" or "both", to a mask of 1 << enum bench_mode. */
int bench_parse_modes(const char *text, unsigned int *modes);

/* "normal" or "batch". */
int bench_parse_scheduling(const char *text, enum bench_scheduling *scheduling);

const char *bench_scheduling_name(enum bench_scheduling scheduling);

/*
 * Call @item with each part of a list separated by commas; a value other than 0
 * ends it and is returned.  An empty part is -1.
 */
int bench_parse_list(const char *text,
		     int (*item)(const char *part, void *context),
		     void *context);

/* "64", "8K", "1M": the shortest exact form; returns @buffer. */
char *bench_format_size(uint64_t size, char *buffer, size_t length);

const char *bench_mode_name(enum bench_mode mode);

#endif /* BENCH_PARSE_H */
