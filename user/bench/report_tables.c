// SPDX-License-Identifier: GPL-2.0-or-later
/* The report for people. */
#include "report.h"
#include "stats.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

/* Fewer round trips than these say nothing about the slowest in a thousand. */
#define TAIL_LEAST	1000

/* ---------------------------------------------------------------- the header */

static void print_emulated(const struct bench_report *report)
{
	const struct bench_mechanism *baseline = report->plan->settings->baseline;

	printf("\n"
	       "THIS MACHINE IS EMULATED (%s).  No figure here is a time, and none says how\n"
	       "fast anything is on a real machine.  Only ratios within this run mean something.\n",
	       report->environment->hypervisor);
	if (baseline)
		printf("All figures are therefore multiples of the median of the %s, same size and mode.\n",
		       baseline->name);
	else
		printf("Without a baseline they are ticks of the emulated clock.\n");
}

static void print_mitigations(const struct bench_environment *environment)
{
	size_t i, mitigated = 0, vulnerable = 0;
	const char *state;

	for (i = 0; i < environment->vulnerabilities; i++) {
		state = environment->vulnerability[i].state;
		mitigated += !strncmp(state, "Mitigation", 10);
		vulnerable += !strncmp(state, "Vulnerable", 10);
	}
	printf("  mitigations  %zu active, %zu vulnerable, %zu not affected or unknown\n",
	       mitigated, vulnerable,
	       environment->vulnerabilities - mitigated - vulnerable);
}

static void print_header(const struct bench_report *report)
{
	const struct bench_environment *environment = report->environment;
	const struct bench_settings *settings = report->plan->settings;

	printf("ipcq bench: messages between two processes, blocking, %u repetition%s in shuffled order\n",
	       settings->repetitions, settings->repetitions == 1 ? "" : "s");
	if (environment->emulated)
		print_emulated(report);
	printf("\n  kernel       Linux %s\n", environment->kernel);
	printf("  processor    %s, %u online%s%s\n", environment->cpu,
	       environment->cpus, environment->hypervisor[0] ? ", under " : "",
	       environment->hypervisor);
	print_mitigations(environment);
	printf("  module       %s\n", environment->module[0] ? environment->module :
	       "not loaded");
	printf("  pinned       %s\n", report->pinning);
	if (settings->scheduling == BENCH_SCHEDULE_BATCH)
		puts("  scheduled    in batches: one that is woken does not push its waker aside");
	printf("  clock        %s", environment->clocksource[0] ?
	       environment->clocksource : "unknown");
	if (!environment->emulated)
		printf(", one reading costs %llu ns and is part of each round trip",
		       (unsigned long long)environment->clock_overhead);
	printf("\n  payload      every byte checked in a pass of its own; when timed, %s\n",
	       settings->touch ? "too" : "sequence numbers");
	printf("  limits       %s\n", report->limits);
	if (report->steal >= 0.01)
		printf("  stolen       %.2f CPU seconds by the hypervisor meanwhile\n",
		       report->steal);
	printf("  seed         %llu, %.0f s in all\n",
	       (unsigned long long)settings->seed,
	       (double)report->plan->elapsed / 1e9);
	if (settings->repetitions < 5)
		printf("  CAUTION      fewer than five repetitions: the medians are weak\n");
}

/* ---------------------------------------------------------------- the tables */

/* In which unit a table shows nanoseconds: @divisor of them. */
struct unit {
	double divisor;
	const char *name;
};

static struct unit choose_unit(const struct bench_report *report,
			       enum bench_mode mode, size_t size)
{
	const struct bench_plan *plan = report->plan;
	const struct bench_cell *base;
	struct unit unit = { 1000, "microseconds" };

	if (mode == BENCH_STREAM)
		unit = (struct unit){ 1, "nanoseconds a message" };
	if (!report->environment->emulated)
		return unit;
	base = bench_plan_find(plan, mode, size, plan->settings->baseline);
	if (base && bench_cell_median(base) > 0)
		return (struct unit){ bench_cell_median(base),
				      "multiples of the baseline's median" };
	return (struct unit){ 1, "ticks of the emulated clock, no times" };
}

/* Three significant digits at least, in nine columns. */
static void print_figure(double value)
{
	if (value >= 1000)
		printf(" %9.0f", value);
	else if (value >= 100)
		printf(" %9.1f", value);
	else
		printf(" %9.2f", value);
}

static void print_quantile(const struct bench_cell *cell, double share,
			   struct unit unit)
{
	uint64_t value = bench_histogram_quantile(cell->histogram, share);

	print_figure((double)value / unit.divisor);
}

static void print_percentiles(const struct bench_cell *cell, struct unit unit)
{
	print_figure(bench_cell_median(cell) / unit.divisor);
	print_quantile(cell, 0.9, unit);
	print_quantile(cell, 0.99, unit);
	if (cell->histogram->count < TAIL_LEAST)
		printf(" %9s", "-");
	else
		print_quantile(cell, 0.999, unit);
	print_figure((double)cell->histogram->max / unit.divisor);
}

static void print_rate(const struct bench_cell *cell, struct unit unit,
		       bool emulated)
{
	double median = bench_cell_median(cell);

	print_figure(median / unit.divisor);
	if (!emulated)
		print_figure((double)cell->size * 1000 / median);
}

static void print_cell(const struct bench_report *report,
		       const struct bench_cell *cell, struct unit unit)
{
	double ratio = bench_cell_ratio(report->plan, cell);
	double loss = bench_cell_loss(cell);

	printf("  %-15s", cell->mechanism->name);
	if (cell->status != BENCH_OK) {
		printf("%s  %s\n", cell->status == BENCH_SKIP ? "SKIP" : "FAIL",
		       cell->why);
		return;
	}
	printf("%14s", cell->depth_text);
	if (cell->mode == BENCH_ROUND_TRIP)
		print_percentiles(cell, unit);
	else
		print_rate(cell, unit, report->environment->emulated);
	printf(" %6.0f%%", 100 * bench_spread(cell->value, cell->repetitions));
	if (ratio > 0)
		printf(" %8.2f", ratio);
	else if (report->plan->settings->baseline)
		printf(" %8s", "-");
	if (loss > 0)
		printf("  lost %.2g%%", 100 * loss);
	putchar('\n');
}

static void print_columns(const struct bench_report *report, enum bench_mode mode)
{
	const struct bench_mechanism *baseline = report->plan->settings->baseline;

	printf("  %-15s%14s", "", "depth");
	if (mode == BENCH_ROUND_TRIP)
		printf(" %9s %9s %9s %9s %9s", "median", "p90", "p99", "p99.9", "max");
	else if (report->environment->emulated)
		printf(" %9s", "median");
	else
		printf(" %9s %9s", "median", "MB/s");
	printf(" %7s", "spread");
	if (baseline)
		printf("   x %s", baseline->name);
	putchar('\n');
}

static void print_table(const struct bench_report *report, enum bench_mode mode,
			size_t size)
{
	const struct bench_settings *settings = report->plan->settings;
	struct unit unit = choose_unit(report, mode, size);
	const struct bench_cell *cell;
	char text[32];
	size_t i;

	printf("\n%s, %s, room for %u messages asked for: %s\n",
	       mode == BENCH_ROUND_TRIP ? "Round trip" : "Stream",
	       human_size(text, sizeof(text), size),
	       bench_depth(mode, size, settings->depth), unit.name);
	print_columns(report, mode);
	for (i = 0; i < settings->mechanisms; i++) {
		cell = bench_plan_find(report->plan, mode, size,
				       settings->mechanism[i]);
		if (cell)
			print_cell(report, cell, unit);
	}
}

/* --------------------------------------------------------------- the summary */

static void print_ratio(const struct bench_plan *plan,
			const struct bench_cell *cell)
{
	double ratio = cell ? bench_cell_ratio(plan, cell) : 0;

	if (!cell || cell->status == BENCH_SKIP)
		printf(" %7s  ", "skip");
	else if (cell->status != BENCH_OK)
		printf(" %7s  ", "FAIL");
	else if (ratio <= 0)
		printf(" %7s  ", "-");
	else
		printf(" %7.2f%c%c", ratio, bench_cell_noisy(plan, cell) ? '~' : ' ',
		       bench_cell_loss(cell) > 0 ? '*' : ' ');
}

static void print_summary(const struct bench_plan *plan, enum bench_mode mode)
{
	const struct bench_settings *settings = plan->settings;
	char text[16];
	size_t i, j;

	printf("\n  %-15s", mode == BENCH_ROUND_TRIP ? "round trip" : "stream");
	for (j = 0; j < settings->sizes; j++)
		printf(" %7s  ", bench_format_size(settings->size[j], text,
						   sizeof(text)));
	putchar('\n');
	for (i = 0; i < settings->mechanisms; i++) {
		printf("  %-15s", settings->mechanism[i]->name);
		for (j = 0; j < settings->sizes; j++)
			print_ratio(plan, bench_plan_find(plan, mode,
							  settings->size[j],
							  settings->mechanism[i]));
		putchar('\n');
	}
}

/* What the marks mean, where there are any. */
static void print_marks(const struct bench_plan *plan)
{
	size_t i, noisy = 0, lost = 0, measured = 0;

	for (i = 0; i < plan->cells; i++) {
		if (plan->cell[i].status != BENCH_OK)
			continue;
		measured++;
		noisy += bench_cell_noisy(plan, &plan->cell[i]);
		lost += bench_cell_loss(&plan->cell[i]) > 0;
	}
	if (lost)
		printf("\n  * it lost messages; the figure is for each one that arrived\n");
	if (noisy)
		printf("\n  ~ noise: repetitions differ by more than 30%%, so the ratio says little;\n"
		       "    %zu of %zu cells. A quiet machine or more --repetitions help.\n",
		       noisy, measured);
}

void bench_report_tables(const struct bench_report *report)
{
	const struct bench_plan *plan = report->plan;
	const struct bench_settings *settings = plan->settings;
	unsigned int mode;
	size_t i;

	print_header(report);
	for (mode = 0; mode < BENCH_MODES; mode++)
		for (i = 0; i < settings->sizes && settings->modes & 1U << mode; i++)
			print_table(report, mode, settings->size[i]);
	if (!settings->baseline)
		return;
	printf("\nSummary: time against the %s's, same size, same run; below 1 is faster, above 1 slower\n",
	       settings->baseline->name);
	for (mode = 0; mode < BENCH_MODES; mode++)
		if (settings->modes & 1U << mode)
			print_summary(plan, mode);
	print_marks(plan);
}
