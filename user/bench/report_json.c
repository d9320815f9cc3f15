// SPDX-License-Identifier: GPL-2.0-or-later
/* The report for programs.  Its fields are described in settings.c. */
#include "report.h"
#include "stats.h"

#define FORMAT_VERSION	1

const char *bench_status_name(enum bench_status status)
{
	switch (status) {
	case BENCH_OK:
		return "ok";
	case BENCH_SKIP:
		return "skip";
	default:
		return "fail";
	}
}

static json_t *mitigations_json(const struct bench_environment *environment)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < environment->vulnerabilities; i++)
		json_object_set_new(object, environment->vulnerability[i].name,
				    json_string(environment->vulnerability[i].state));
	return object;
}

json_t *bench_text_json(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *environment_json(const struct bench_report *report)
{
	const struct bench_environment *environment = report->environment;

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:b, s:o, s:I, s:f, s:o, s:o}",
			 "kernel", environment->kernel,
			 "kernel_version", environment->version,
			 "processor", environment->cpu,
			 "cpus", (json_int_t)environment->cpus,
			 "hypervisor", bench_text_json(environment->hypervisor),
			 "emulated", (int)environment->emulated,
			 "clocksource", bench_text_json(environment->clocksource),
			 "clock_overhead", (json_int_t)environment->clock_overhead,
			 "steal_seconds", report->steal,
			 "module", bench_text_json(environment->module),
			 "mitigations", mitigations_json(environment));
}

static json_t *settings_json(const struct bench_report *report)
{
	const struct bench_settings *settings = report->plan->settings;

	return json_pack("{s:s, s:[i, i], s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o}",
			 "pinning", report->pinning,
			 "cpu", report->plan->cpu[0], report->plan->cpu[1],
			 "scheduling", bench_scheduling_name(settings->scheduling),
			 "limits", report->limits,
			 "repetitions", (json_int_t)settings->repetitions,
			 "duration", (json_int_t)settings->duration,
			 "budget", (json_int_t)settings->budget,
			 "limit", (json_int_t)settings->limit,
			 "seed", (json_int_t)settings->seed,
			 "touch", (int)settings->touch,
			 "baseline", bench_text_json(settings->baseline ?
					       settings->baseline->name : NULL));
}

static json_t *mechanisms_json(const struct bench_settings *settings)
{
	const struct bench_mechanism *mechanism;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < settings->mechanisms; i++) {
		mechanism = settings->mechanism[i];
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:b}",
			"name", mechanism->name,
			"summary", mechanism->summary,
			"depth", mechanism->depth,
			"copies", (json_int_t)mechanism->copies,
			"lossy", (int)mechanism->lossy));
	}
	return list;
}

static json_t *histogram_json(const struct bench_histogram *histogram)
{
	json_t *list = json_array();
	uint64_t high;
	size_t i;

	for (i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		if (!histogram->bucket[i])
			continue;
		high = bench_histogram_high(i);
		if (high > histogram->max)
			high = histogram->max;
		json_array_append_new(list, json_pack("[I, I, I]",
			(json_int_t)bench_histogram_low(i), (json_int_t)high,
			(json_int_t)histogram->bucket[i]));
	}
	return list;
}

static void add_quantiles(json_t *object, const struct bench_cell *cell)
{
	static const struct {
		const char *name;
		double share;
	} quantiles[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 },
	};
	const struct bench_histogram *histogram = cell->histogram;
	size_t i;

	for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		json_object_set_new(object, quantiles[i].name,
			json_integer((json_int_t)bench_histogram_quantile(histogram,
						quantiles[i].share)));
	json_object_set_new(object, "max", json_integer((json_int_t)histogram->max));
	json_object_set_new(object, "histogram", histogram_json(histogram));
}

static void add_figures(json_t *object, const struct bench_plan *plan,
			const struct bench_cell *cell)
{
	double ratio = bench_cell_ratio(plan, cell);
	double median = bench_cell_median(cell);
	json_t *values = json_array();
	unsigned int i;

	for (i = 0; i < cell->repetitions; i++)
		json_array_append_new(values, json_real(cell->value[i]));
	json_object_set_new(object, "repetitions", values);
	json_object_set_new(object, "median", json_real(median));
	json_object_set_new(object, "spread",
			    json_real(bench_spread(cell->value, cell->repetitions)));
	json_object_set_new(object, "ratio",
			    ratio > 0 ? json_real(ratio) : json_null());
	json_object_set_new(object, "noisy",
			    json_boolean(bench_cell_noisy(plan, cell)));
	json_object_set_new(object, "verified",
			    json_integer((json_int_t)cell->verified));
	json_object_set_new(object, "sent", json_integer((json_int_t)cell->sent));
	json_object_set_new(object, "received",
			    json_integer((json_int_t)cell->received));
	if (cell->histogram)
		add_quantiles(object, cell);
	else
		json_object_set_new(object, "bytes_per_second",
				    json_real((double)cell->size * 1e9 / median));
}

static json_t *cells_json(const struct bench_plan *plan)
{
	const struct bench_cell *cell;
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < plan->cells; i++) {
		cell = &plan->cell[i];
		object = json_pack("{s:s, s:s, s:I, s:s, s:o, s:o}",
				   "mechanism", cell->mechanism->name,
				   "mode", bench_mode_name(cell->mode),
				   "size", (json_int_t)cell->size,
				   "status", bench_status_name(cell->status),
				   "reason", bench_text_json(cell->why),
				   "depth", bench_text_json(cell->depth_text));
		if (cell->status == BENCH_OK)
			add_figures(object, plan, cell);
		json_array_append_new(list, object);
	}
	return list;
}

json_t *bench_report_json(const struct bench_report *report)
{
	const struct bench_plan *plan = report->plan;

	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:f, s:s, s:o, s:o}",
			 "format", "ipcq-bench", "version", FORMAT_VERSION,
			 "command", report->command,
			 "environment", environment_json(report),
			 "settings", settings_json(report),
			 "elapsed_seconds", (double)plan->elapsed / 1e9,
			 "unit", report->environment->emulated ? "emulated-ns" : "ns",
			 "mechanisms", mechanisms_json(plan->settings),
			 "cells", cells_json(plan));
}
