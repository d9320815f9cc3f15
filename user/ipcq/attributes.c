// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The attributes of a queue as options: see attributes.h.
 */
#include <stdint.h>
#include <string.h>

#include "attributes.h"
#include "util.h"

enum {
	/* Beyond the keys of the commands that have these as well. */
	OPTION_MESSAGES = OPTION_FIRST + 0x100,
	OPTION_MESSAGE_SIZE,
	OPTION_BYTES,
	OPTION_TIME_TO_LIVE,
};

static const struct argp_option options[] = {
	{ "messages", OPTION_MESSAGES, "N", 0,
	  "It holds at most N messages (a new one 64)", 1 },
	{ "message-size", OPTION_MESSAGE_SIZE, "SIZE", 0,
	  "Longest message (a new one's 1M)", 1 },
	{ "bytes", OPTION_BYTES, "SIZE", 0,
	  "It holds at most SIZE bytes (messages times message size)", 1 },
	{ "ttl", OPTION_TIME_TO_LIVE, "SECONDS", 0,
	  "How long messages stay in it that are sent without a time to live, or "
	  "'forever' (a new one's)", 1 },
	{ 0 }
};

static uint64_t parse_time_to_live(struct argp_state *state, const char *argument)
{
	int64_t time;

	if (!strcmp(argument, "forever"))
		return IPCQ_FOREVER;
	time = parse_duration(state, "--ttl", argument);
	if (!time)
		argp_error(state, "--ttl: messages cannot live for no time");
	return (uint64_t)time;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct attributes *attributes = state->input;
	struct ipcq_queue_options *queue = &attributes->options;

	switch (key) {
	case OPTION_MESSAGES:
		attributes->given = "--messages";
		queue->max_messages = parse_number(state, "--messages", argument,
						   1, UINT32_MAX);
		return 0;
	case OPTION_MESSAGE_SIZE:
		attributes->given = "--message-size";
		queue->max_message_size = parse_size(state, "--message-size",
						     argument, 1, UINT32_MAX);
		return 0;
	case OPTION_BYTES:
		attributes->given = "--bytes";
		queue->max_bytes = parse_size(state, "--bytes", argument, 1,
					      UINT64_MAX);
		return 0;
	case OPTION_TIME_TO_LIVE:
		attributes->given = "--ttl";
		queue->time_to_live = parse_time_to_live(state, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp attributes_argp = {
	.options = options, .parser = parse_option,
};

bool attributes_explain(struct ipcq *ipcq, const struct attributes *attributes)
{
	const struct ipcq_queue_options *queue = &attributes->options;
	struct ipcq_limits limits;

	if (ipcq_limits(ipcq, &limits))
		return false;
	if (queue->max_messages > limits.max_messages)
		complain("--messages can be at most %lu",
			 (unsigned long)limits.max_messages);
	else if (queue->max_message_size > limits.max_message_size)
		complain("--message-size can be at most %lu bytes",
			 (unsigned long)limits.max_message_size);
	else
		return false;
	return true;
}
