/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "environment.h"
#include "plan.h"

#include <jansson.h>

/* All that a report tells. */
struct bench_report {
	const struct bench_environment *environment;
	const struct bench_plan *plan;
	const struct bench_plan *touched;	/* where instructions are counted */
	const char *pinning;		/* which CPUs, in words */
	const char *limits;		/* which limits, in words */
	const char *command;		/* the command line */
	double steal;			/* seconds, while it ran */
};

/* Tables on standard output. */
void bench_report_tables(const struct bench_report *report);

/* The same for programs; NULL without memory. */
json_t *bench_report_json(const struct bench_report *report);

/* Instructions: plan and touched of the same cells. */
void bench_report_cost(const struct bench_report *report);
json_t *bench_report_cost_json(const struct bench_report *report);

/* "ok", "skip" or "fail". */
const char *bench_status_name(enum bench_status status);

/* A text, or null where there is none. */
json_t *bench_text_json(const char *text);

#endif /* BENCH_REPORT_H */
