// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare.h"
#include "commands.h"
#include "parse.h"
#include "util.h"

#include <string.h>

#define FORMAT		"ipcq-cost"
#define VERSION		2
#define OWN		"ipcq-"
#define REFERENCE	"pipe"

static const char * const figures[] = { "instructions", "instructions_touched" };

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *kernel_of(const json_t *file)
{
	return text_of(json_object_get(file, "environment"), "kernel");
}

static const char *scheduling_of(const json_t *file)
{
	return text_of(json_object_get(file, "settings"), "scheduling");
}

static bool is_cost(const json_t *file)
{
	return !strcmp(text_of(file, "format"), FORMAT) &&
	       json_integer_value(json_object_get(file, "version")) == VERSION &&
	       json_is_array(json_object_get(file, "cells"));
}

/* The cell of @file with that mechanism, and with the mode and size of @like. */
static const json_t *find(const json_t *file, const char *mechanism,
			  const json_t *like)
{
	const json_t *cells = json_object_get(file, "cells"), *cell;
	size_t i;

	for (i = 0; i < json_array_size(cells); i++) {
		cell = json_array_get(cells, i);
		if (!strcmp(text_of(cell, "mechanism"), mechanism) &&
		    !strcmp(text_of(cell, "mode"), text_of(like, "mode")) &&
		    json_integer_value(json_object_get(cell, "size")) ==
		    json_integer_value(json_object_get(like, "size")))
			return cell;
	}
	return NULL;
}

/* A cell's figure as a multiple of the pipe's in the same file; 0: not there. */
static double ratio(const json_t *file, const json_t *cell, const char *figure)
{
	const json_t *pipe = find(file, REFERENCE, cell);
	double value = json_number_value(json_object_get(cell, figure));
	double base = json_number_value(json_object_get(pipe, figure));

	return value > 0 && base > 0 ? value / base : 0;
}

static const char *judge(double before, double now, double tolerance,
			 struct bench_comparison *comparison)
{
	if (!(now > 0)) {
		comparison->missing++;
		return "MISSING";
	}
	comparison->compared++;
	if (now > before * (1 + tolerance)) {
		comparison->worse++;
		return "WORSE";
	}
	if (now < before * (1 - tolerance)) {
		comparison->better++;
		return "better";
	}
	return "";
}

static void compare_cell(const json_t *baseline, const json_t *result,
			 const json_t *cell, double tolerance, FILE *out,
			 struct bench_comparison *comparison)
{
	const char *mechanism = text_of(cell, "mechanism"), *verdict;
	const json_t *other = find(result, mechanism, cell);
	json_int_t bytes = json_integer_value(json_object_get(cell, "size"));
	double before, now;
	char size[16];
	size_t i;

	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		before = ratio(baseline, cell, figures[i]);
		if (!(before > 0))
			continue;
		now = other ? ratio(result, other, figures[i]) : 0;
		verdict = judge(before, now, tolerance, comparison);
		if (!out)
			continue;
		fprintf(out, "  %-13s %-11s %5s  %-8s %7.3f %7.3f %+7.1f %%%s%s\n",
			mechanism, text_of(cell, "mode"),
			bench_format_size((uint64_t)bytes, size, sizeof(size)),
			i ? "touched" : "", before, now,
			now > 0 ? 100 * (now / before - 1) : 0.0,
			*verdict ? "  " : "", verdict);
	}
}

/* Whether the two are figures of the same thing. */
static bool are_alike(const json_t *baseline, const json_t *result,
		      struct bench_comparison *comparison)
{
	if (!is_cost(baseline) || !is_cost(result)) {
		snprintf(comparison->why, sizeof(comparison->why),
			 "%s is not a file of ipcq bench --cost, version %d",
			 is_cost(baseline) ? "the result" : "the baseline", VERSION);
		return false;
	}
	if (strcmp(scheduling_of(baseline), scheduling_of(result))) {
		snprintf(comparison->why, sizeof(comparison->why),
			 "scheduled differently: the baseline \"%s\", the result \"%s\"",
			 scheduling_of(baseline), scheduling_of(result));
		return false;
	}
	return true;
}

int bench_compare(const json_t *baseline, const json_t *result, double tolerance,
		  FILE *out, struct bench_comparison *comparison)
{
	const json_t *cells, *cell;
	size_t i;

	*comparison = (struct bench_comparison){ 0 };
	if (!are_alike(baseline, result, comparison))
		return -1;
	comparison->other_kernel = strcmp(kernel_of(baseline), kernel_of(result));
	if (out)
		fprintf(out, "  %-13s %-11s %5s  %-8s %7s %7s %9s\n", "x pipe", "",
			"size", "", "before", "now", "change");
	cells = json_object_get(baseline, "cells");
	for (i = 0; i < json_array_size(cells); i++) {
		cell = json_array_get(cells, i);
		if (!strncmp(text_of(cell, "mechanism"), OWN, strlen(OWN)))
			compare_cell(baseline, result, cell, tolerance, out,
				     comparison);
	}
	if (comparison->compared + comparison->missing)
		return 0;
	snprintf(comparison->why, sizeof(comparison->why),
		 "the baseline has no cell of ipcq with one of the pipe");
	return -1;
}

/* ---------------------------------------------------------------- the command */

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *file = json_load_file(path, 0, &error);

	if (!file)
		complain("%s: %s", path, error.text);
	return file;
}

static int conclude(const struct bench_comparison *comparison,
		    const json_t *baseline, const json_t *result,
		    double tolerance)
{
	bool bad = comparison->worse || comparison->missing;

	printf("\n%u figures compared: %u worse by more than %g %%, %u better; %u missing\n",
	       comparison->compared, comparison->worse, 100 * tolerance,
	       comparison->better, comparison->missing);
	if (comparison->other_kernel) {
		printf("The baseline is of another kernel (%s, here %s), so this is no verdict.\n",
		       kernel_of(baseline), kernel_of(result));
		return EXIT_OK;
	}
	return bad ? EXIT_FAILED : EXIT_OK;
}

int bench_compare_files(const char *baseline_path, const char *result_path,
			double tolerance)
{
	json_t *baseline = load(baseline_path), *result = load(result_path);
	struct bench_comparison comparison;
	int ret = EXIT_FAILED;

	if (baseline && result) {
		if (bench_compare(baseline, result, tolerance, stdout, &comparison))
			complain("%s", comparison.why);
		else
			ret = conclude(&comparison, baseline, result, tolerance);
	}
	json_decref(baseline);
	json_decref(result);
	return ret;
}
