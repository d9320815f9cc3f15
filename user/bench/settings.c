// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of "ipcq bench". */
#include "settings.h"
#include "commands.h"
#include "engine.h"
#include "util.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_ALLOWED	(16ULL << 20)
#define DEPTH_MAX		65536

#define COST_REPETITIONS	9
#define COST_DURATION		10000000
#define COST_BUDGET		3600000000000

enum {
	OPTION_REPETITIONS = OPTION_FIRST,
	OPTION_DURATION,
	OPTION_BUDGET,
	OPTION_LIMIT,
	OPTION_DEPTH,
	OPTION_BASELINE,
	OPTION_SEED,
	OPTION_TOUCH,
	OPTION_SYSTEM_LIMITS,
	OPTION_PROGRESS,
	OPTION_MODE,
	OPTION_PIN,
	OPTION_SCHEDULING,
	OPTION_COST,
	OPTION_COMPARE,
	OPTION_TOLERANCE,
	OPTION_OUTPUT,
	OPTION_REVISION,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What to measure:", 1 },
	{ "mechanism", 'm', "LIST", 0,
	  "These mechanisms, separated by commas, instead of all; --list names them", 1 },
	{ "size", 's', "LIST", 0,
	  "Message sizes, separated by commas (1,64,1K,8K,64K,1M; up to 16M)", 1 },
	{ "mode", OPTION_MODE, "MODE", 0, "round-trip, stream or both (both)", 1 },
	{ "baseline", OPTION_BASELINE, "NAME", 0,
	  "The mechanism that the others are compared to, measured even when "
	  "--mechanism leaves it out; or none (pipe)", 1 },
	{ "touch", OPTION_TOUCH, NULL, 0,
	  "In the timed pass, too, the sender writes and the receiver checks every "
	  "byte", 1 },
	{ "cost", OPTION_COST, NULL, 0,
	  "Count instructions a message, with and without touching every byte, where "
	  "the clock counts them: in a guest that was booted for it", 1 },
	{ "compare", OPTION_COMPARE, "BASELINE", 0,
	  "Measure nothing; compare RESULT with BASELINE, files that --cost wrote", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "pin", OPTION_PIN, "WHERE", 0,
	  "same: both processes on one CPU; other: on two, of different cores where "
	  "there are; A,B: on these; none: not pinned (other where there are two CPUs "
	  "and they are not emulated, else same)", 2 },
	{ "scheduling", OPTION_SCHEDULING, "POLICY", 0,
	  "normal: as all processes are; batch: one that is woken does not push its "
	  "waker aside, so that on one CPU the two take turns only when they must "
	  "(normal; with --cost batch)", 2 },
	{ "depth", OPTION_DEPTH, "MESSAGES", 0,
	  "Most messages under way in a stream (1024), but no more than 1 MiB of them "
	  "nor fewer than 2; in a round trip there is room for 2", 2 },
	{ "repetitions", OPTION_REPETITIONS, "N", 0,
	  "How often each cell of the table is measured (5)", 2 },
	{ "duration", OPTION_DURATION, "SECONDS", 0,
	  "Longest timed pass (0.1); a fifth more is the warm-up", 2 },
	{ "budget", OPTION_BUDGET, "SECONDS", 0,
	  "Make passes shorter where needed so that everything takes about this long "
	  "(120)", 2 },
	{ "limit", OPTION_LIMIT, "SECONDS", 0,
	  "A run that takes longer has failed (20)", 2 },
	{ "seed", OPTION_SEED, "N", 0, "Order of the runs (from the clock)", 2 },
	{ "system-limits", OPTION_SYSTEM_LIMITS, NULL, 0,
	  "Keep the system's limits on System V and POSIX messages, also where privileged", 2 },
	{ "tolerance", OPTION_TOLERANCE, "PERCENT", 0,
	  "How much worse a ratio may be in --compare (3)", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "list", 'l', NULL, 0,
	  "List the mechanisms, what bounds their depth and how often they copy", 3 },
	{ "json", OPTION_JSON, NULL, 0, "Print JSON; the fields are named below", 3 },
	{ "output", OPTION_OUTPUT, "FILE", 0,
	  "Write the JSON to FILE, too, besides what is printed", 3 },
	{ "revision", OPTION_REVISION, "TEXT", 0,
	  "Which source was built, to be told in the JSON of --cost", 3 },
	{ "progress", OPTION_PROGRESS, NULL, 0,
	  "Tell the progress on standard error, also when that is no terminal", 3 },
	{ 0 }
};

static const char doc[] =
	"Compare ipcq with the native mechanisms of interprocess communication: "
	"messages between two processes, there and back one at a time (round trip), "
	"and one way as fast as they go (stream)."
	"\v"
	"Every byte of every message is checked in a pass of its own before a cell is "
	"timed; in the timed pass the sequence numbers are, as far as the size has room "
	"for them. In shared memory the sender copies each message into its slot, and "
	"the receiver finds it there. All mechanisms block; none spins. A cell is the "
	"median of its repetitions, which are run in shuffled order between those of "
	"the others; the spread is the distance of the highest from the lowest. What "
	"cannot run says SKIP and why, what went wrong FAIL.\n"
	"\n"
	"Figures of an emulated machine are not times: then all are shown as multiples "
	"of the baseline's median.\n"
	"\n"
	"Limits of the system that bound sizes or depths: fs.pipe-max-size, "
	"fs.mqueue.msg_max, fs.mqueue.msgsize_max, kernel.msgmax, kernel.msgmnb, "
	"net.core.wmem_max, net.core.rmem_max, and ulimit -q. A privileged process "
	"passes them, for its own objects only, and nothing is changed for others.\n"
	"\n"
	"JSON fields (times in nanoseconds, sizes in bytes):\n"
	"  format \"ipcq-bench\", version 1, command,\n"
	"  environment: {kernel, kernel_version, processor, cpus, hypervisor,\n"
	"    emulated, clocksource, clock_overhead, steal_seconds, module,\n"
	"    mitigations: {NAME: STATE}}\n"
	"  settings: {pinning, cpu, scheduling, limits, repetitions, duration,\n"
	"    budget, limit, seed, touch, baseline}, elapsed_seconds, unit (\"ns\", or\n"
	"    \"emulated-ns\", which is no time),\n"
	"  mechanisms: [{name, summary, depth, copies, lossy}]\n"
	"  cells: [{mechanism, mode, size, status (\"ok\", \"skip\", \"fail\"), reason,\n"
	"    depth, repetitions: [VALUE], median, spread, ratio, noisy,\n"
	"    verified, sent, received; round trips: p50, p90, p99, p999, max,\n"
	"    histogram: [[LOW, HIGH, COUNT]]; streams: bytes_per_second}]\n"
	"\n"
	"With --cost the sizes are 64,1K,8K,64K,1M, each cell is the median of nine "
	"passes of 0.01 s of the guest's clock after a warm-up of 0.02 s, and the JSON is:\n"
	"  format \"ipcq-cost\", version 2, command, revision, environment: {kernel,\n"
	"    kernel_version, processor, cpu_flags, hypervisor, module},\n"
	"  settings: {pinning, scheduling, limits, repetitions, duration, seed,\n"
	"    baseline}, elapsed_seconds,\n"
	"  cells: [{mechanism, mode, size, depth, instructions, spread, ratio,\n"
	"    switches, instructions_touched, spread_touched, ratio_touched,\n"
	"    switches_touched}],\n"
	"  missing: [{mechanism, mode, size, status, reason}]\n"
	"instructions is the mechanism alone (the payload is in place, sequence numbers "
	"are checked; into shared memory it is copied), instructions_touched with the "
	"sender writing and the receiver checking every byte; switches are those from "
	"one process to the other, a message. --compare looks at ratios to the pipe of "
	"the same run, fails when one of ipcq's own is worse by more than the tolerance, "
	"and only reports where the two ran on different kernels.\n"
	"\n"
	"Exit status: 0 measured; 1 a cell failed, or nothing could be measured; 2 wrong "
	"command line; 3 nothing could be measured because the module is not loaded. With --compare: 0 no ratio is worse; 1 one is, or a file cannot be read.\n"
	"\n"
	"Example:\n"
	"  ipcq bench -m ipcq-queue,posix-mq -s 64,64K --pin same\n"
	"  ipcq bench --compare tests/cost/baseline.json build/bench-cost.json";

/* What is parsed, with what has to wait until all is known. */
struct input {
	struct bench_settings *settings;
	struct argp_state *state;
	bool chosen[BENCH_MECHANISMS_MAX];
	bool any_chosen;
	bool any_seed;
	bool any_scheduling;
};

static int choose_mechanism(const char *name, void *context)
{
	struct input *input = context;
	size_t i;

	for (i = 0; bench_mechanisms[i]; i++) {
		if (strcmp(bench_mechanisms[i]->name, name))
			continue;
		input->chosen[i] = true;
		input->any_chosen = true;
		return 0;
	}
	argp_error(input->state, "--mechanism: there is no '%s'; --list names them",
		   name);
	return -1;
}

static int add_size(const char *text, void *context)
{
	struct input *input = context;
	struct bench_settings *settings = input->settings;
	size_t size, i;

	size = parse_size(input->state, "--size", text, 1, SIZE_MAX_ALLOWED);
	for (i = 0; i < settings->sizes; i++)
		if (settings->size[i] == size)
			return 0;
	if (settings->sizes == BENCH_SIZES_MAX)
		argp_error(input->state, "--size: more than %d sizes",
			   BENCH_SIZES_MAX);
	settings->size[settings->sizes++] = size;
	return 0;
}

static void parse_list(struct input *input, const char *option, const char *text,
		       int (*item)(const char *part, void *context))
{
	if (bench_parse_list(text, item, input))
		argp_error(input->state, "%s: '%s' is not a list separated by commas",
			   option, text);
}

static void parse_baseline(struct input *input, const char *name)
{
	input->settings->baseline = bench_mechanism_find(name);
	if (!input->settings->baseline && strcmp(name, "none"))
		argp_error(input->state, "--baseline: there is no '%s'; --list names them",
			   name);
}

/* What was not asked for is what repeats best; nothing is cut short. */
static void finish_cost(struct input *input)
{
	struct bench_settings *settings = input->settings;

	if (!settings->baseline)
		argp_error(input->state, "--cost needs a baseline");
	if (!settings->repetitions)
		settings->repetitions = COST_REPETITIONS;
	if (settings->repetitions > BENCH_PASSES_MAX)
		argp_error(input->state, "--repetitions: at most %d with --cost",
			   BENCH_PASSES_MAX);
	if (!settings->duration)
		settings->duration = COST_DURATION;
	if (!settings->budget)
		settings->budget = COST_BUDGET;
	if (!input->any_seed)
		settings->seed = 1;
	if (!input->any_scheduling)
		settings->scheduling = BENCH_SCHEDULE_BATCH;
}

/* What was not asked for. */
static void finish_usual(struct bench_settings *settings)
{
	if (!settings->repetitions)
		settings->repetitions = 5;
	if (!settings->duration)
		settings->duration = 100000000;
	if (!settings->budget)
		settings->budget = 120000000000;
}

/* The mechanisms in the table's order, with the baseline among them. */
static void finish(struct input *input)
{
	struct bench_settings *settings = input->settings;
	const struct bench_mechanism *mechanism;
	size_t i;

	for (i = 0; bench_mechanisms[i]; i++) {
		mechanism = bench_mechanisms[i];
		if (!input->any_chosen || input->chosen[i] ||
		    mechanism == settings->baseline)
			settings->mechanism[settings->mechanisms++] = mechanism;
	}
	if (settings->sizes == 0)
		parse_list(input, "--size", settings->cost ? "64,1K,8K,64K,1M" :
			   "1,64,1K,8K,64K,1M", add_size);
	if (settings->cost)
		finish_cost(input);
	else
		finish_usual(settings);
	if (settings->compare && !settings->result)
		argp_error(input->state, "--compare: which file is to be compared?");
}

static uint64_t parse_time(struct argp_state *state, const char *option,
			   const char *text)
{
	int64_t time = parse_duration(state, option, text);

	if (time == 0)
		argp_error(state, "%s: must be more than 0", option);
	return (uint64_t)time;
}

static error_t parse_how(struct input *input, int key, char *argument,
			 struct argp_state *state)
{
	struct bench_settings *settings = input->settings;

	switch (key) {
	case OPTION_PIN:
		if (bench_parse_pinning(argument, &settings->pinning, settings->cpu))
			argp_error(state, "--pin: '%s' is none of same, other, none or two CPU numbers like 0,1",
				   argument);
		break;
	case OPTION_SCHEDULING:
		if (bench_parse_scheduling(argument, &settings->scheduling))
			argp_error(state, "--scheduling: '%s' is neither normal nor batch",
				   argument);
		input->any_scheduling = true;
		break;
	case OPTION_DEPTH:
		settings->depth = (unsigned int)parse_number(state, "--depth",
							     argument, 2, DEPTH_MAX);
		break;
	case OPTION_REPETITIONS:
		settings->repetitions = (unsigned int)
			parse_number(state, "--repetitions", argument, 1,
				     BENCH_REPETITIONS_MAX);
		break;
	case OPTION_DURATION:
		settings->duration = parse_time(state, "--duration", argument);
		break;
	case OPTION_BUDGET:
		settings->budget = parse_time(state, "--budget", argument);
		break;
	case OPTION_LIMIT:
		settings->limit = parse_time(state, "--limit", argument);
		break;
	case OPTION_TOLERANCE:
		settings->tolerance = (double)parse_number(state, "--tolerance", argument,
							   0, 1000) / 100;
		break;
	case OPTION_SEED:
		settings->seed = parse_number(state, "--seed", argument, 0, UINT64_MAX);
		input->any_seed = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct input *input = state->input;
	struct bench_settings *settings = input->settings;

	input->state = state;
	switch (key) {
	case 'm':
		parse_list(input, "--mechanism", argument, choose_mechanism);
		break;
	case 's':
		parse_list(input, "--size", argument, add_size);
		break;
	case 'l':
		settings->list = true;
		break;
	case OPTION_MODE:
		if (bench_parse_modes(argument, &settings->modes))
			argp_error(state, "--mode: '%s' is none of round-trip, stream, both",
				   argument);
		break;
	case OPTION_BASELINE:
		parse_baseline(input, argument);
		break;
	case OPTION_TOUCH:
		settings->touch = true;
		break;
	case OPTION_COST:
		settings->cost = true;
		break;
	case OPTION_SYSTEM_LIMITS:
		settings->system_limits = true;
		break;
	case OPTION_JSON:
		settings->json = true;
		break;
	case OPTION_PROGRESS:
		settings->progress = true;
		break;
	case OPTION_OUTPUT:
		settings->output = argument;
		break;
	case OPTION_REVISION:
		settings->revision = argument;
		break;
	case OPTION_COMPARE:
		settings->compare = argument;
		break;
	case ARGP_KEY_ARG:
		if (!settings->compare || settings->result)
			return ARGP_ERR_UNKNOWN;
		settings->result = argument;
		break;
	case ARGP_KEY_END:
		finish(input);
		break;
	default:
		return parse_how(input, key, argument, state);
	}
	return 0;
}

void bench_settings_parse(struct bench_settings *settings, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option, .doc = doc,
		.args_doc = "\n--compare=BASELINE RESULT",
	};
	struct input input = { .settings = settings };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*settings = (struct bench_settings){
		.baseline = bench_mechanism_find("pipe"),
		.modes = (1U << BENCH_MODES) - 1,
		.pinning = BENCH_PIN_DEFAULT,
		.depth = 1024,
		.limit = 20000000000,
		/* Short enough to be typed again. */
		.seed = (uint64_t)(now.tv_sec ^ now.tv_nsec) % 1000000,
		.progress = isatty(STDERR_FILENO),
		.tolerance = 0.03,
	};
	parse_arguments(&argp, argc, argv, 0, &input);
}
