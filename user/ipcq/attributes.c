// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The attributes of a queue as options: see attributes.h.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "attributes.h"
#include "commands.h"
#include "util.h"

enum {
	/* Beyond the keys of the commands that have these as well. */
	OPTION_MESSAGES = OPTION_FIRST + 0x100,
	OPTION_MESSAGE_SIZE,
	OPTION_BYTES,
	OPTION_TIME_TO_LIVE,
	OPTION_DEAD_LETTER,
	OPTION_NO_DEAD_LETTER,
	OPTION_FULL,
	OPTION_REDELIVERY_LIMIT,
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
	{ "dead-letter", OPTION_DEAD_LETTER, "QUEUE", 0,
	  "Messages whose time to live ends in it, or that come back too often, go to "
	  "QUEUE, a name or an id after '#', that you may send to", 1 },
	{ "no-dead-letter", OPTION_NO_DEAD_LETTER, NULL, 0,
	  "Such messages are dropped (a new one's)", 1 },
	{ "redelivery-limit", OPTION_REDELIVERY_LIMIT, "N", 0,
	  "A message comes back at most N times when it was received under a lease, or "
	  "'none' (a new one's)", 1 },
	{ "full", OPTION_FULL, "POLICY", 0,
	  "What happens to a message that finds it full: block (a new one's), its sender "
	  "waits; reject, its sender fails; drop-oldest, others are dropped until it "
	  "fits, of the lowest priority and the oldest first; drop-newest, it is "
	  "dropped itself", 1 },
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

/* @argument: NULL: none */
static void parse_dead_letter(struct argp_state *state, const char *argument)
{
	struct attributes *attributes = state->input;

	if (attributes->dead_letter || attributes->options.dead_letter)
		argp_error(state, "give one of --dead-letter and --no-dead-letter, "
			   "once");
	if (!argument)
		attributes->options.dead_letter = IPCQ_NO_DEAD_LETTER;
	else if (argument[0] == '#' && isdigit((unsigned char)argument[1]))
		attributes->options.dead_letter =
			parse_number(state, "--dead-letter", argument + 1, 1,
				     UINT64_MAX - 1);
	else
		attributes->dead_letter = parse_name(state, argument);
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
	case OPTION_DEAD_LETTER:
		attributes->given = "--dead-letter";
		parse_dead_letter(state, argument);
		return 0;
	case OPTION_REDELIVERY_LIMIT:
		attributes->given = "--redelivery-limit";
		queue->redelivery_limit = !strcmp(argument, "none") ?
			IPCQ_ANY_NUMBER :
			(uint32_t)parse_number(state, "--redelivery-limit", argument,
					       1, UINT32_MAX - 1);
		return 0;
	case OPTION_FULL:
		attributes->given = "--full";
		queue->full = parse_full(state, "--full", argument);
		return 0;
	case OPTION_NO_DEAD_LETTER:
		attributes->given = "--no-dead-letter";
		parse_dead_letter(state, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp attributes_argp = {
	.options = options, .parser = parse_option,
};

int attributes_resolve(struct ipcq *ipcq, struct attributes *attributes)
{
	struct ipcq_queue_info info;
	struct ipcq_queue *queue;
	int error;

	if (!attributes->dead_letter)
		return EXIT_OK;
	/* To be allowed to send to it is what it takes. */
	error = ipcq_queue_open(ipcq, attributes->dead_letter, IPCQ_WRITE, NULL,
				&queue);
	if (error)
		return report(attributes->dead_letter, error);
	error = ipcq_queue_info(queue, &attributes->options.dead_letter, &info);
	ipcq_queue_close(queue);
	return error ? report(attributes->dead_letter, error) : EXIT_OK;
}

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
