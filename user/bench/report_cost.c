// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report of counted instructions.  The fields of the JSON are described in
 * settings.c.
 */
#include "report.h"
#include "stats.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_VERSION	2

/* ---------------------------------------------------------------- for people */

static void print_row(const struct bench_plan *plan, enum bench_mode mode,
		      const struct bench_mechanism *mechanism, bool ratios)
{
	const struct bench_settings *settings = plan->settings;
	const struct bench_cell *cell;
	size_t i;

	printf("  %-16s", mechanism->name);
	for (i = 0; i < settings->sizes; i++) {
		cell = bench_plan_find(plan, mode, settings->size[i], mechanism);
		if (!cell || cell->status != BENCH_OK)
			printf(" %9s", cell ? bench_status_name(cell->status) : "");
		else if (!ratios)
			printf(" %9.0f", bench_cell_median(cell));
		else if (bench_cell_ratio(plan, cell) > 0)
			printf(" %9.3f", bench_cell_ratio(plan, cell));
		else
			printf(" %9s", "-");
	}
	putchar('\n');
}

static void print_table(const struct bench_plan *plan, enum bench_mode mode,
			bool ratios)
{
	const struct bench_settings *settings = plan->settings;
	char size[16], title[64];
	size_t i;

	if (ratios)
		snprintf(title, sizeof(title), "x %s", settings->baseline->name);
	else
		snprintf(title, sizeof(title), "%s", bench_mode_name(mode));
	printf("\n  %-16s", title);
	for (i = 0; i < settings->sizes; i++)
		printf(" %9s", bench_format_size(settings->size[i], size, sizeof(size)));
	putchar('\n');
	for (i = 0; i < settings->mechanisms; i++)
		print_row(plan, mode, settings->mechanism[i], ratios);
}

static void print_modes(const struct bench_plan *plan, const char *title)
{
	unsigned int mode;

	printf("\n%s\n", title);
	for (mode = 0; mode < BENCH_MODES; mode++) {
		if (!(plan->settings->modes & 1U << mode))
			continue;
		print_table(plan, mode, false);
		print_table(plan, mode, true);
	}
}

/* The widest of all cells, in per cent: what the figures are worth. */
static double widest(const struct bench_plan *plan)
{
	double spread, most = 0;
	size_t i;

	for (i = 0; i < plan->cells; i++) {
		spread = bench_spread(plan->cell[i].value, plan->cell[i].repetitions);
		if (spread > most)
			most = spread;
	}
	return 100 * most;
}

static void print_missing(const struct bench_plan *plan)
{
	const struct bench_cell *cell;
	char size[16];
	size_t i;

	for (i = 0; i < plan->cells; i++) {
		cell = &plan->cell[i];
		if (cell->status != BENCH_OK)
			printf("  %s, %s, %s: %s: %s\n", cell->mechanism->name,
			       bench_mode_name(cell->mode),
			       bench_format_size(cell->size, size, sizeof(size)),
			       bench_status_name(cell->status), cell->why);
	}
}

void bench_report_cost(const struct bench_report *report)
{
	printf("ipcq bench --cost: instructions a message, user space and kernel, on one CPU\n"
	       "\n  kernel       Linux %s\n"
	       "  processor    %s, whose clock counts instructions\n"
	       "  module       %s\n"
	       "  scheduling   %s\n"
	       "  spread       of a cell's repetitions: at most %.2f %%; touched %.2f %%\n"
	       "  Instructions are no times: they know nothing of caches and page tables.\n",
	       report->environment->kernel, report->environment->cpu,
	       report->environment->module[0] ? report->environment->module :
	       "not loaded",
	       bench_scheduling_name(report->plan->settings->scheduling),
	       widest(report->plan), widest(report->touched));
	print_modes(report->plan, "The mechanism alone: payload in place, sequence numbers checked");
	print_modes(report->touched, "Every byte written by the sender and checked by the receiver");
	putchar('\n');
	print_missing(report->plan);
	print_missing(report->touched);
}

/* -------------------------------------------------------------- for programs */

static json_t *environment_json(const struct bench_report *report)
{
	const struct bench_environment *environment = report->environment;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}",
			 "kernel", environment->kernel,
			 "kernel_version", environment->version,
			 "processor", environment->cpu,
			 "cpu_flags", bench_text_json(environment->cpu_flags),
			 "hypervisor", bench_text_json(environment->hypervisor),
			 "module", bench_text_json(environment->module));
}

static json_t *settings_json(const struct bench_report *report)
{
	const struct bench_settings *settings = report->plan->settings;

	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
			 "pinning", report->pinning,
			 "scheduling", bench_scheduling_name(settings->scheduling),
			 "limits", report->limits,
			 "repetitions", (json_int_t)settings->repetitions,
			 "duration", (json_int_t)settings->duration,
			 "seed", (json_int_t)settings->seed,
			 "baseline", settings->baseline->name);
}

/* More digits would be other ones in the next run. */
static json_t *rounded(double value, double digits)
{
	return json_real((double)(long long)(value * digits + 0.5) / digits);
}

static void add_figure(json_t *object, const char *suffix,
		       const struct bench_plan *plan,
		       const struct bench_cell *cell)
{
	double spread = bench_spread(cell->value, cell->repetitions);
	char name[32];

	snprintf(name, sizeof(name), "instructions%s", suffix);
	json_object_set_new(object, name, rounded(bench_cell_median(cell), 10));
	snprintf(name, sizeof(name), "spread%s", suffix);
	json_object_set_new(object, name, rounded(spread, 1e4));
	snprintf(name, sizeof(name), "ratio%s", suffix);
	json_object_set_new(object, name,
			    rounded(bench_cell_ratio(plan, cell), 1e4));
	snprintf(name, sizeof(name), "switches%s", suffix);
	json_object_set_new(object, name, rounded(cell->switches, 1e4));
}

static json_t *cell_json(const struct bench_cell *cell)
{
	return json_pack("{s:s, s:s, s:I}", "mechanism", cell->mechanism->name,
			 "mode", bench_mode_name(cell->mode),
			 "size", (json_int_t)cell->size);
}

/* The cells of both plans are the same in the same order. */
static void add_cells(const struct bench_report *report, json_t *cells,
		      json_t *missing)
{
	const struct bench_cell *cell, *touched, *bad;
	json_t *object;
	size_t i;

	for (i = 0; i < report->plan->cells; i++) {
		cell = &report->plan->cell[i];
		touched = &report->touched->cell[i];
		object = cell_json(cell);
		if (cell->status == BENCH_OK && touched->status == BENCH_OK) {
			json_object_set_new(object, "depth",
					    bench_text_json(cell->depth_text));
			add_figure(object, "", report->plan, cell);
			add_figure(object, "_touched", report->touched, touched);
			json_array_append_new(cells, object);
			continue;
		}
		bad = cell->status == BENCH_OK ? touched : cell;
		json_object_set_new(object, "status",
				    json_string(bench_status_name(bad->status)));
		json_object_set_new(object, "reason", bench_text_json(bad->why));
		json_array_append_new(missing, object);
	}
}

json_t *bench_report_cost_json(const struct bench_report *report)
{
	json_t *cells = json_array(), *missing = json_array();

	add_cells(report, cells, missing);
	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:f, s:o, s:o}",
			 "format", "ipcq-cost", "version", FORMAT_VERSION,
			 "command", report->command,
			 "revision", bench_text_json(report->plan->settings->revision),
			 "environment", environment_json(report),
			 "settings", settings_json(report),
			 "elapsed_seconds",
			 (double)(report->plan->elapsed + report->touched->elapsed) / 1e9,
			 "cells", cells, "missing", missing);
}
