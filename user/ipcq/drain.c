// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq drain - remove messages from a queue
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "choice.h"
#include "commands.h"
#include "util.h"

enum {
	OPTION_NUMBER = 'n',
};

static const struct argp_option options[] = {
	{ "number", OPTION_NUMBER, "N", 0, "Remove N messages at most", 0 },
	JSON_OPTION,
	{ 0 }
};

static const char doc[] =
	"Remove the messages that are in the queue NAME, or those that are chosen, and "
	"tell how many there were.\v"
	"Messages that are sent meanwhile stay, and so do those that others are just "
	"receiving or hold.  Whoever waits for a reply to one of them is told that it was "
	"dropped.  'ipcq recv --peek --all' shows what there is.\n"
	"\n"
	"Fields of --json: messages, bytes.\n"
	"\n"
	"Example:\n"
	"  ipcq drain jobs\n"
	"  ipcq drain jobs --type 3 -n 100";

struct draining {
	const char *name;
	uint64_t number;		/* 0: all */
	bool json;
	struct choice choice;
	uint64_t messages;		/* how many there were, */
	uint64_t bytes;			/* and their payloads */
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct draining *draining = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &draining->choice;
		return 0;
	case OPTION_NUMBER:
		draining->number = parse_number(state, "-n", argument, 1,
						UINT64_MAX);
		return 0;
	case OPTION_JSON:
		draining->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (draining->name)
			argp_error(state, "one queue at a time; what is '%s'?",
				   argument);
		draining->name = parse_name(state, argument);
		return 0;
	case ARGP_KEY_END:
		if (!draining->name)
			argp_error(state, "which queue? give its name");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int drain_queue(struct draining *draining)
{
	struct ipcq_queue *queue;
	struct ipcq *ipcq;
	int code = connect_device(&ipcq), error;

	if (code)
		return code;
	error = ipcq_queue_open(ipcq, draining->name, IPCQ_READ, NULL, &queue);
	ipcq_disconnect(ipcq);
	if (error < 0)
		return report(draining->name, error);
	error = ipcq_queue_drain(queue, &draining->choice.filter,
				 draining->number, &draining->messages,
				 &draining->bytes);
	ipcq_queue_close(queue);
	if (error == -EINVAL) {
		complain("a queue that delivers to all cannot be drained");
		return EXIT_FAILED;
	}
	return error ? report(draining->name, error) : EXIT_OK;
}

static int print_result(const struct draining *draining)
{
	if (draining->json)
		return print_json(json_pack("{s:I, s:I}",
					    "messages", (json_int_t)draining->messages,
					    "bytes", (json_int_t)draining->bytes),
				  JSON_COMPACT);
	printf("%" PRIu64 " message%s, %" PRIu64 " byte%s\n",
	       draining->messages, draining->messages == 1 ? "" : "s",
	       draining->bytes, draining->bytes == 1 ? "" : "s");
	return EXIT_OK;
}

int cmd_drain(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &choice_argp, 0, "Which messages:", 1 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME", .doc = doc, .children = children,
	};
	struct draining draining = { .name = NULL };
	int code;

	parse_arguments(&argp, argc, argv, 0, &draining);
	code = drain_queue(&draining);
	return code ? code : print_result(&draining);
}
