// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq serve - run a command for each message, and reply with its output
 */
#include "commands.h"
#include "service.h"
#include "util.h"

#define JOBS_MAX	1024

enum {
	OPTION_NUMBER = 'n',
	OPTION_ONCE = '1',
	OPTION_JOBS = 'j',
	OPTION_TIMEOUT = 't',
	OPTION_TIME_LIMIT = OPTION_FIRST,
	OPTION_LEASE,
	OPTION_RETRY_AFTER,
};

static const struct argp_option options[] = {
	{ "number", OPTION_NUMBER, "N", 0, "End when N messages have been served", 0 },
	{ "once", OPTION_ONCE, NULL, 0, "The same as -n 1", 0 },
	{ "jobs", OPTION_JOBS, "N", 0, "Run up to N commands at once (1)", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "End when no message has come for this long", 0 },
	{ "time-limit", OPTION_TIME_LIMIT, "SECONDS", 0,
	  "End a command that takes longer; it has failed then", 0 },
	{ "lease", OPTION_LEASE, "SECONDS", 0,
	  "Keep each message in the queue until its command has succeeded; it goes back "
	  "when that fails, when this process ends, or when it does not answer for "
	  "SECONDS", 0 },
	{ "retry-after", OPTION_RETRY_AFTER, "SECONDS", 0,
	  "With --lease: how long a message whose command failed stays away (1)", 0 },
	{ 0 }
};

static const char doc[] =
	"Run COMMAND for each message of the queue NAME, with the message as its "
	"standard input; reply to requests, as of 'ipcq call', with its standard "
	"output.\v"
	"When COMMAND ends with another status than 0, the request is refused with that "
	"as the number: 128 + N for signal N, 124 for --time-limit, 126 or 127 when it "
	"cannot be run, 90 when the reply is too long for the queue.  Of plain messages "
	"the output is printed when COMMAND has ended; one whose COMMAND fails is lost, "
	"and that is said, unless there is a lease: then it is received again, by this "
	"or another server, and so may be worked on more than once.  A request whose "
	"server ends fails; under a lease it goes to another.\n"
	"\n"
	"COMMAND finds in its environment IPCQ_QUEUE, the queue's name; of the message "
	"IPCQ_SEQUENCE, IPCQ_SIZE, IPCQ_TYPE, IPCQ_PRIORITY and IPCQ_REDELIVERIES (how "
	"often it was received before); and of its sender IPCQ_PID, IPCQ_UID, "
	"IPCQ_GID.\n"
	"\n"
	"SIGINT, SIGTERM and SIGHUP end the server when the commands that run have "
	"ended and their messages are dealt with; a second one ends the commands, too. "
	"The exit status is 0 then; with -n it is 1 when a command has failed, and 4 "
	"when --timeout was over before.\n"
	"\n"
	"Example:\n"
	"  ipcq serve upper --create -- tr a-z A-Z\n"
	"  ipcq serve thumbnails --jobs 4 --time-limit 30 -- convert - -resize 64 png:-\n"
	"  ipcq serve mails --lease 60 --retry-after 300 -- sendmail -t";

struct serving {
	struct service service;
	int command;			/* its place on the command line */
};

static uint64_t parse_time(struct argp_state *state, const char *option,
			   const char *argument)
{
	int64_t time = parse_duration(state, option, argument);

	if (!time)
		argp_error(state, "%s: no time is too short", option);
	return (uint64_t)time;
}

/* What follows COMMAND is its own, whatever it looks like. */
static void parse_argument(struct serving *serving, char *argument,
			   struct argp_state *state)
{
	if (!serving->service.from.name) {
		serving->service.from.name = parse_name(state, argument);
		return;
	}
	serving->command = state->next - 1;
	state->next = state->argc;
}

static void check(const struct serving *serving, struct argp_state *state)
{
	if (!serving->service.from.name)
		argp_error(state, "which queue? give its name");
	if (!serving->command)
		argp_error(state, "which command is to be run? give it after '--'");
	if (serving->service.retry_after && !serving->service.lease)
		argp_error(state, "--retry-after needs --lease");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct serving *serving = state->input;
	struct service *service = &serving->service;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &service->from;
		return 0;
	case OPTION_NUMBER:
		service->number = parse_number(state, "-n", argument, 1, UINT64_MAX);
		return 0;
	case OPTION_ONCE:
		service->number = 1;
		return 0;
	case OPTION_JOBS:
		service->jobs = parse_number(state, "--jobs", argument, 1, JOBS_MAX);
		return 0;
	case OPTION_TIMEOUT:
		service->timeout = parse_duration(state, "--timeout", argument);
		return 0;
	case OPTION_TIME_LIMIT:
		service->time_limit = parse_time(state, "--time-limit", argument);
		return 0;
	case OPTION_LEASE:
		service->lease = parse_time(state, "--lease", argument);
		return 0;
	case OPTION_RETRY_AFTER:
		service->retry_after = parse_time(state, "--retry-after", argument);
		return 0;
	case ARGP_KEY_ARG:
		parse_argument(serving, argument, state);
		return 0;
	case ARGP_KEY_END:
		check(serving, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_serve(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &receiver_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME [--] COMMAND [ARGUMENT...]", .doc = doc,
		.children = children,
	};
	struct serving serving = {
		.service = { .jobs = 1, .timeout = -1 },
	};

	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &serving);
	serving.service.command = argv + serving.command;
	if (!serving.service.retry_after)
		serving.service.retry_after = 1000000000;
	return service_run(&serving.service);
}
