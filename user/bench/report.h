/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "environment.h"
#include "plan.h"

/* All that a report tells. */
struct bench_report {
	const struct bench_environment *environment;
	const struct bench_plan *plan;
	const char *pinning;		/* which CPUs, in words */
	const char *limits;		/* which limits, in words */
	const char *command;		/* the command line */
	double steal;			/* seconds, while it ran */
};

/* Tables on standard output. */
void bench_report_tables(const struct bench_report *report);

/* JSON on standard output; an exit code. */
int bench_report_json(const struct bench_report *report);

#endif /* BENCH_REPORT_H */
