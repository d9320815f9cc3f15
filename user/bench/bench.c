// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq bench - compare ipcq with the native mechanisms
 *
 *   settings.c     the command line
 *   plan.c         which runs, in which order, how long
 *   engine.c       one run: two processes, their parent, the time limit
 *   side.c         what happens in each of the two
 *   mechanisms.c   the table of mechanisms; mech_*.c are they
 *   report_*.c     what is printed
 *   compare.c      two files of counted instructions
 */
#include "commands.h"
#include "compare.h"
#include "cpus.h"
#include "system_limits.h"
#include "report.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void list_mechanisms(void)
{
	const struct bench_mechanism *mechanism;
	size_t i;

	for (i = 0; bench_mechanisms[i]; i++) {
		mechanism = bench_mechanisms[i];
		printf("%-15s %s\n%-15s depth: %s; %u cop%s a message\n",
		       mechanism->name, mechanism->summary, "",
		       mechanism->depth, mechanism->copies,
		       mechanism->copies == 1 ? "y" : "ies");
	}
}

/* The command line, as one text; shells' quoting is not restored. */
static char *join(int argc, char **argv)
{
	size_t length = sizeof("ipcq");
	char *text, *at;
	int i;

	for (i = 0; i < argc; i++)
		length += strlen(argv[i]) + 1;
	text = malloc(length);
	if (!text)
		return NULL;
	at = stpcpy(text, "ipcq");
	for (i = 0; i < argc; i++) {
		*at++ = ' ';
		at = stpcpy(at, argv[i]);
	}
	return text;
}

/* End as the signal would have ended the program, had nobody cleaned up first. */
static int end_by_signal(int number, const sigset_t *old)
{
	complain("interrupted; both processes have ended and nothing is left behind");
	signal(number, SIG_DFL);
	bench_signals_release(old);
	raise(number);
	return EXIT_FAILED;
}

/* Says which cells failed, too: a long table hides them. */
static int judge(const struct bench_plan *plan)
{
	size_t i, failed = 0, measured = 0;
	char size[16];
	bool module = false;

	for (i = 0; i < plan->cells; i++) {
		const struct bench_cell *cell = &plan->cell[i];

		measured += cell->status == BENCH_OK;
		module |= cell->status == BENCH_SKIP &&
			  !strncmp(cell->mechanism->name, "ipcq-", 5);
		if (cell->status != BENCH_FAIL)
			continue;
		failed++;
		complain("%s, %s, %s: %s", cell->mechanism->name,
			 bench_mode_name(cell->mode),
			 bench_format_size(cell->size, size, sizeof(size)),
			 cell->why);
	}
	if (failed)
		return EXIT_FAILED;
	if (measured)
		return EXIT_OK;
	complain("nothing could be measured");
	return module && !module_loaded() ? EXIT_MODULE : EXIT_FAILED;
}

static int write_file(const json_t *json, const char *path)
{
	FILE *file;
	int error;

	if (!json) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	file = fopen(path, "we");
	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	error = json_dumpf(json, file, JSON_COMPACT | JSON_REAL_PRECISION(12)) ||
		fputc('\n', file) == EOF;
	if (fclose(file) || error) {
		complain("%s: cannot be written", path);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int print_report(const struct bench_report *report)
{
	const struct bench_settings *settings = report->plan->settings;
	json_t *json = NULL;
	int ret = EXIT_OK;

	if (settings->json || settings->output)
		json = settings->cost ? bench_report_cost_json(report) :
		       bench_report_json(report);
	if (settings->output)
		ret = write_file(json, settings->output);
	if (settings->json)
		return print_json(json, JSON_COMPACT) ? EXIT_FAILED : ret;
	json_decref(json);
	if (settings->cost)
		bench_report_cost(report);
	else
		bench_report_tables(report);
	return ret;
}

/* The second plan is there where instructions are counted. */
static int run_and_report(struct bench_report *report, struct bench_plan *plan,
			  struct bench_plan *touched)
{
	double steal = bench_steal();
	sigset_t old;
	int ret, bad;

	ret = bench_signals_hold(&old);
	if (!ret)
		ret = bench_plan_run(plan);
	if (!ret && touched->settings)
		ret = bench_plan_run(touched);
	if (ret < 0) {
		complain("%s", strerror(-ret));
		return EXIT_FAILED;
	}
	if (ret)
		return end_by_signal(ret, &old);
	bench_signals_release(&old);

	report->steal = bench_steal() - steal;
	ret = print_report(report);
	bad = judge(plan);
	if (!bad && touched->settings)
		bad = judge(touched);
	return ret ? ret : bad;
}

/* Each cell again with every byte touched, where instructions are counted. */
static int make_plans(struct bench_plan *plan, struct bench_plan *touched,
		      const struct bench_settings *settings,
		      struct bench_settings *settings_touched)
{
	int ret = bench_plan_make(plan, settings);

	if (ret || !settings->cost)
		return ret;
	*settings_touched = *settings;
	settings_touched->touch = true;
	ret = bench_plan_make(touched, settings_touched);
	if (ret)
		bench_plan_free(plan);
	return ret;
}

/* What the largest messages, and as many of each size as asked for, need. */
static void raise_limits(const struct bench_settings *settings, char *text,
			 size_t length)
{
	size_t i, size, largest = 0, bytes = 0;
	unsigned int depth, deepest = 0;

	for (i = 0; i < settings->sizes; i++) {
		size = settings->size[i];
		depth = bench_depth(BENCH_STREAM, size, settings->depth);
		if (size > largest)
			largest = size;
		if (depth > deepest)
			deepest = depth;
		if (depth * size > bytes)
			bytes = depth * size;
	}
	bench_limits_raise(largest, bytes, deepest, text, length);
}

static int measure(const struct bench_settings *settings, struct bench_report *report,
		   const int cpu[2])
{
	struct bench_plan plan = { 0 }, touched = { 0 };
	struct bench_settings settings_touched;
	int ret;

	if (make_plans(&plan, &touched, settings, &settings_touched)) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	memcpy(plan.cpu, cpu, sizeof(plan.cpu));
	memcpy(touched.cpu, cpu, sizeof(touched.cpu));
	report->plan = &plan;
	report->touched = &touched;
	ret = run_and_report(report, &plan, &touched);
	bench_plan_free(&plan);
	bench_plan_free(&touched);
	return ret;
}

/* Whether what is asked for can be had here. */
static int prepare(const struct bench_settings *settings,
		   struct bench_environment *environment)
{
	bench_environment_read(environment);
	if (!settings->cost || bench_clock_counts())
		return EXIT_OK;
	complain("--cost: the clock of this machine does not count instructions; "
		 "use \"make bench-cost\", which boots a guest where it does");
	return EXIT_FAILED;
}

int cmd_bench(int argc, char **argv)
{
	static struct bench_environment environment;
	struct bench_settings settings;
	char pinning[128], limits[256] = "those of the system, as asked for";
	struct bench_report report = {
		.environment = &environment,
		.pinning = pinning,
		.limits = limits,
	};
	char *command;
	int ret, cpu[2];

	bench_settings_parse(&settings, argc, argv);
	if (settings.list) {
		list_mechanisms();
		return EXIT_OK;
	}
	if (settings.compare)
		return bench_compare_files(settings.compare, settings.result,
					   settings.tolerance);
	ret = prepare(&settings, &environment);
	if (ret)
		return ret;
	if (bench_cpus_choose(settings.pinning, settings.cpu, environment.emulated,
			      cpu, pinning, sizeof(pinning))) {
		complain("--pin: %s", pinning);
		return EXIT_USAGE;
	}
	if (!settings.system_limits)
		raise_limits(&settings, limits, sizeof(limits));

	command = join(argc, argv);
	if (!command) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	report.command = command;
	ret = measure(&settings, &report, cpu);
	free(command);
	return ret;
}
