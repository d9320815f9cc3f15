// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"
#include "side.h"
#include "stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW			(1UL << 20)
#define DEPTH_LEAST		2
/* Shorter passes measure the start-up. */
#define DURATION_LEAST		5000000ULL
/* The warm-up, as a part of the timed pass. */
#define WARMUP_PART		5
/* Where instructions are counted: until memory and caches are as they stay. */
#define COST_WARMUP		20000000ULL
/* Repetitions that differ by this share of their median agree on little. */
#define NOISY_SPREAD		0.3
/* Between lines of progress where lines cannot be overwritten. */
#define PROGRESS_PERIOD		10000000000ULL

unsigned int bench_depth(enum bench_mode mode, size_t size, unsigned int most)
{
	size_t fit = WINDOW / size;

	if (mode == BENCH_ROUND_TRIP || fit < DEPTH_LEAST)
		return DEPTH_LEAST;
	return fit < most ? (unsigned int)fit : most;
}

uint64_t bench_duration(uint64_t left, size_t runs, uint64_t besides,
			uint64_t most)
{
	uint64_t share = runs ? left / runs : 0;

	share = share > besides ? share - besides : 0;
	share = share * WARMUP_PART / (WARMUP_PART + 1);
	if (share > most)
		share = most;
	return share < DURATION_LEAST ? DURATION_LEAST : share;
}

/* ----------------------------------------------------------------- the cells */

static int make_cell(struct bench_cell *cell,
		     const struct bench_settings *settings)
{
	cell->depth = bench_depth(cell->mode, cell->size, settings->depth);
	cell->value = calloc(settings->repetitions, sizeof(*cell->value));
	if (!cell->value)
		return -ENOMEM;
	if (cell->mode != BENCH_ROUND_TRIP || settings->cost)
		return 0;
	cell->histogram = calloc(1, sizeof(*cell->histogram));
	return cell->histogram ? 0 : -ENOMEM;
}

static int add_cells(struct bench_plan *plan, enum bench_mode mode)
{
	const struct bench_settings *settings = plan->settings;
	struct bench_cell *cell;
	size_t i, j;

	for (i = 0; i < settings->sizes; i++) {
		for (j = 0; j < settings->mechanisms; j++) {
			cell = &plan->cell[plan->cells++];
			cell->mode = mode;
			cell->size = settings->size[i];
			cell->mechanism = settings->mechanism[j];
			if (make_cell(cell, settings))
				return -ENOMEM;
		}
	}
	return 0;
}

int bench_plan_make(struct bench_plan *plan,
		    const struct bench_settings *settings)
{
	unsigned int mode;
	int ret = 0;

	*plan = (struct bench_plan){ .settings = settings, .cpu = { -1, -1 } };
	plan->cell = calloc(BENCH_MODES * settings->sizes * settings->mechanisms,
			    sizeof(*plan->cell));
	if (!plan->cell)
		return -ENOMEM;
	for (mode = 0; mode < BENCH_MODES && !ret; mode++)
		if (settings->modes & 1U << mode)
			ret = add_cells(plan, mode);
	if (ret)
		bench_plan_free(plan);
	return ret;
}

void bench_plan_free(struct bench_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->cells; i++) {
		free(plan->cell[i].value);
		free(plan->cell[i].histogram);
	}
	free(plan->cell);
	plan->cell = NULL;
	plan->cells = 0;
}

const struct bench_cell *bench_plan_find(const struct bench_plan *plan,
					 enum bench_mode mode, size_t size,
					 const struct bench_mechanism *mechanism)
{
	const struct bench_cell *cell;
	size_t i;

	for (i = 0; i < plan->cells; i++) {
		cell = &plan->cell[i];
		if (cell->mode == mode && cell->size == size &&
		    cell->mechanism == mechanism)
			return cell;
	}
	return NULL;
}

double bench_cell_median(const struct bench_cell *cell)
{
	if (cell->status != BENCH_OK)
		return 0;
	return bench_median(cell->value, cell->repetitions);
}

double bench_cell_ratio(const struct bench_plan *plan,
			const struct bench_cell *cell)
{
	const struct bench_cell *base;
	double median;

	base = bench_plan_find(plan, cell->mode, cell->size,
			       plan->settings->baseline);
	median = base ? bench_cell_median(base) : 0;
	return median > 0 ? bench_cell_median(cell) / median : 0;
}

bool bench_cell_noisy(const struct bench_plan *plan,
		      const struct bench_cell *cell)
{
	const struct bench_cell *base;

	if (bench_spread(cell->value, cell->repetitions) > NOISY_SPREAD)
		return true;
	base = bench_plan_find(plan, cell->mode, cell->size,
			       plan->settings->baseline);
	return base && bench_spread(base->value, base->repetitions) > NOISY_SPREAD;
}

double bench_cell_loss(const struct bench_cell *cell)
{
	if (cell->sent == 0 || cell->received >= cell->sent)
		return 0;
	return 1 - (double)cell->received / (double)cell->sent;
}

/* ------------------------------------------------------------------ progress */

/* How often each cell is run; its passes are its repetitions when it is once. */
static unsigned int runs(const struct bench_settings *settings)
{
	return settings->cost ? 1 : settings->repetitions;
}

/* How far the runs are. */
struct course {
	struct bench_plan *plan;
	struct bench_result *result;
	unsigned int repetition;
	uint64_t started;
	uint64_t besides;	/* what runs took besides warm-up and timed pass */
	size_t done;
	size_t left;
	uint64_t shown;
	bool overwrite;
};

static void show_progress(struct course *course, const struct bench_cell *cell)
{
	const struct bench_settings *settings = course->plan->settings;
	uint64_t now = bench_now(), elapsed = now - course->started, left;
	char size[16];

	if (!settings->progress)
		return;
	if (!course->overwrite && course->shown &&
	    now - course->shown < PROGRESS_PERIOD)
		return;
	course->shown = now;
	left = settings->budget > elapsed ? settings->budget - elapsed : 0;
	if (course->done && elapsed / course->done * course->left < left)
		left = elapsed / course->done * course->left;
	fprintf(stderr, "%srepetition %u of %u, %zu %% done, at most %llu s left: %s %s %s%s",
		course->overwrite ? "\r" : "ipcq bench: ",
		course->repetition + 1, runs(settings),
		100 * course->done / (course->done + course->left),
		(unsigned long long)(left / 1000000000 + 1),
		bench_mode_name(cell->mode), cell->mechanism->name,
		bench_format_size(cell->size, size, sizeof(size)),
		course->overwrite ? "\033[K" : "\n");
}

static void end_progress(const struct course *course)
{
	if (course->plan->settings->progress && course->overwrite)
		fprintf(stderr, "\r\033[K");
}

/* ----------------------------------------------------------------- the runs */

static void make_request(const struct course *course,
			 const struct bench_cell *cell,
			 struct bench_request *request)
{
	const struct bench_plan *plan = course->plan;
	const struct bench_settings *settings = plan->settings;
	uint64_t elapsed = bench_now() - course->started, left, besides;

	left = settings->budget > elapsed ? settings->budget - elapsed : 0;
	/* Before the first run is done, suppose a third of its share. */
	besides = course->done ? course->besides / course->done :
		  left / course->left / 3;
	*request = (struct bench_request){
		.mechanism = cell->mechanism,
		.mode = cell->mode,
		.size = cell->size,
		.depth = cell->depth,
		/* Once is enough, and touching checks by itself. */
		.verify = cell->repetitions == 0 &&
			  !(settings->cost && settings->touch),
		.touch = settings->touch,
		.passes = settings->cost ? settings->repetitions : 0,
		.duration = bench_duration(left, course->left, besides,
					   settings->duration),
		.limit = settings->limit,
		.cpu = { plan->cpu[0], plan->cpu[1] },
		.scheduling = settings->scheduling,
	};
	request->warmup = settings->cost ? COST_WARMUP :
			  request->duration / WARMUP_PART;
}

static void take(struct bench_cell *cell, unsigned int passes, const struct bench_result *result)
{
	double value;
	unsigned int i;

	memcpy(cell->depth_text, result->depth_text, sizeof(cell->depth_text));
	cell->status = result->status;
	if (result->status) {
		memcpy(cell->why, result->why, sizeof(cell->why));
		return;
	}
	if (cell->histogram) {
		value = (double)bench_histogram_quantile(&result->histogram, 0.5);
		bench_histogram_merge(cell->histogram, &result->histogram);
	} else {
		value = (double)result->elapsed / (double)result->received;
	}
	if (!passes)
		cell->value[cell->repetitions++] = value;
	for (i = 0; i < passes; i++)
		cell->value[cell->repetitions++] = result->pass[i];
	cell->switches = bench_median(result->switches, passes);
	if (result->verified)
		cell->verified = result->verified;
	cell->sent += result->sent;
	cell->received += result->received;
}

/* Returns the signal that interrupted the run, or 0. */
static int run_cell(struct course *course, struct bench_cell *cell)
{
	unsigned int remaining = runs(course->plan->settings) - course->repetition;
	struct bench_request request;
	uint64_t before = bench_now(), took, planned;

	make_request(course, cell, &request);
	bench_run(&request, course->result);
	if (course->result->status == BENCH_INTERRUPTED)
		return course->result->signal;
	take(cell, request.passes, course->result);
	if (cell->status) {
		course->left -= remaining;
		return 0;
	}
	took = bench_now() - before;
	planned = request.duration * (request.passes ? request.passes : 1) +
		  request.warmup;
	course->besides += took > planned ? took - planned : 0;
	course->done++;
	course->left--;
	return 0;
}

static int run_repetition(struct course *course, const size_t *order)
{
	struct bench_plan *plan = course->plan;
	struct bench_cell *cell;
	size_t i;
	int ret;

	for (i = 0; i < plan->cells; i++) {
		cell = &plan->cell[order[i]];
		if (cell->status != BENCH_OK)
			continue;
		show_progress(course, cell);
		ret = run_cell(course, cell);
		if (ret)
			return ret;
	}
	return 0;
}

int bench_plan_run(struct bench_plan *plan)
{
	const struct bench_settings *settings = plan->settings;
	struct course course = {
		.plan = plan,
		.started = bench_now(),
		.left = plan->cells * runs(settings),
		.overwrite = isatty(STDERR_FILENO),
	};
	uint64_t random = settings->seed;
	size_t *order = calloc(plan->cells, sizeof(*order));
	int ret = 0;

	course.result = malloc(sizeof(*course.result));
	if (!order || !course.result)
		ret = -ENOMEM;
	while (!ret && course.repetition < runs(settings)) {
		bench_shuffle(order, plan->cells, &random);
		ret = run_repetition(&course, order);
		course.repetition++;
	}
	end_progress(&course);
	plan->elapsed = bench_now() - course.started;
	free(course.result);
	free(order);
	return ret;
}
