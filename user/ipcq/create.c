// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq create - create a queue or a region that stays
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "util.h"

enum {
	OPTION_REGION = 'r',
	OPTION_SIZE = 's',
	OPTION_MODE = 'm',
	OPTION_EXCLUSIVE = 'x',
	OPTION_MESSAGES = OPTION_FIRST,
	OPTION_MESSAGE_SIZE,
	OPTION_BYTES,
	OPTION_PRIORITIES,
	OPTION_MUTEXES,
	OPTION_EVENTCOUNTS,
	OPTION_OWNER,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Queues:", 1 },
	{ "messages", OPTION_MESSAGES, "N", 0, "It holds at most N messages (64)", 1 },
	{ "message-size", OPTION_MESSAGE_SIZE, "SIZE", 0, "Longest message (1M)", 1 },
	{ "bytes", OPTION_BYTES, "SIZE", 0,
	  "It holds at most SIZE bytes (messages times message size)", 1 },
	{ "priorities", OPTION_PRIORITIES, NULL, 0,
	  "Messages have priorities, and the highest comes first", 1 },
	{ NULL, 0, NULL, 0, "Regions:", 2 },
	{ "region", OPTION_REGION, NULL, 0, "Create a region, not a queue", 2 },
	{ "size", OPTION_SIZE, "SIZE", 0, "Bytes of shared memory; needed", 2 },
	{ "mutexes", OPTION_MUTEXES, "N", 0, "Number of mutexes (0)", 2 },
	{ "eventcounts", OPTION_EVENTCOUNTS, "N", 0, "Number of eventcounts (0)", 2 },
	{ NULL, 0, NULL, 0, "Both:", 3 },
	{ "mode", OPTION_MODE, "MODE", 0,
	  "Permissions in octal (0600): read lets receive or map for reading, "
	  "write lets send or map for writing", 3 },
	{ "owner", OPTION_OWNER, "USER", 0,
	  "Fail when it is, or would be, another user's", 3 },
	{ "exclusive", OPTION_EXCLUSIVE, NULL, 0, "Fail when the name exists", 3 },
	{ 0 }
};

static const char doc[] =
	"Create a queue, or with --region a region, that stays until 'ipcq rm'.\v"
	"When it exists, with the attributes that are given, nothing is done and "
	"that is no error, unless --exclusive is given.  SIZE may end in K, M or G.\n"
	"\n"
	"Example:\n"
	"  ipcq create jobs --messages 100 --message-size 64K --mode 0660\n"
	"  ipcq create board --region --size 1M --mutexes 2 --eventcounts 1";

struct creation {
	const char *name;
	bool region;
	const char *queue_option;	/* the last given that only queues have */
	const char *region_option;	/* likewise */
	unsigned int flags;
	uint32_t mode;
	uid_t owner;
	struct ipcq_queue_options queue_options;
	struct ipcq_region_options region_options;
};

static error_t parse_queue_option(int key, char *argument,
				  struct argp_state *state)
{
	struct creation *creation = state->input;
	struct ipcq_queue_options *queue = &creation->queue_options;

	switch (key) {
	case OPTION_MESSAGES:
		creation->queue_option = "--messages";
		queue->max_messages = parse_number(state, "--messages", argument,
						   1, UINT32_MAX);
		return 0;
	case OPTION_MESSAGE_SIZE:
		creation->queue_option = "--message-size";
		queue->max_message_size = parse_size(state, "--message-size",
						     argument, 1, UINT32_MAX);
		return 0;
	case OPTION_PRIORITIES:
		creation->queue_option = "--priorities";
		queue->order = IPCQ_PRIORITY;
		return 0;
	case OPTION_BYTES:
		creation->queue_option = "--bytes";
		queue->max_bytes = parse_size(state, "--bytes", argument, 1,
					      UINT64_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_region_option(int key, char *argument,
				   struct argp_state *state)
{
	struct creation *creation = state->input;
	struct ipcq_region_options *region = &creation->region_options;

	switch (key) {
	case OPTION_REGION:
		creation->region = true;
		return 0;
	case OPTION_SIZE:
		creation->region_option = "--size";
		region->size = parse_size(state, "--size", argument, 1,
					  UINT64_MAX);
		return 0;
	case OPTION_MUTEXES:
		creation->region_option = "--mutexes";
		region->mutexes = parse_number(state, "--mutexes", argument, 0,
					       UINT32_MAX);
		return 0;
	case OPTION_EVENTCOUNTS:
		creation->region_option = "--eventcounts";
		region->eventcounts = parse_number(state, "--eventcounts",
						   argument, 0, UINT32_MAX);
		return 0;
	default:
		return parse_queue_option(key, argument, state);
	}
}

static void check(const struct creation *creation, struct argp_state *state)
{
	if (!creation->name)
		argp_error(state, "which name? give one");
	if (creation->region && creation->queue_option)
		argp_error(state, "%s is for queues, not for a region",
			   creation->queue_option);
	if (!creation->region && creation->region_option)
		argp_error(state, "%s is for a region; add --region",
			   creation->region_option);
	if (creation->region && !creation->region_options.size)
		argp_error(state, "how large? a region needs --size");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct creation *creation = state->input;

	switch (key) {
	case OPTION_MODE:
		creation->mode = parse_mode(state, "--mode", argument);
		return 0;
	case OPTION_OWNER:
		creation->flags |= IPCQ_CHECK_OWNER;
		creation->owner = parse_user(state, "--owner", argument);
		return 0;
	case OPTION_EXCLUSIVE:
		creation->flags |= IPCQ_EXCLUSIVE;
		return 0;
	case ARGP_KEY_ARG:
		if (creation->name)
			argp_error(state, "one name at a time; what is '%s'?",
				   argument);
		creation->name = parse_name(state, argument);
		return 0;
	case ARGP_KEY_END:
		check(creation, state);
		return 0;
	default:
		return parse_region_option(key, argument, state);
	}
}

static int create_queue(struct ipcq *ipcq, struct creation *creation)
{
	struct ipcq_queue *queue;
	int result;

	creation->queue_options.mode = creation->mode;
	creation->queue_options.owner = creation->owner;
	result = ipcq_queue_open(ipcq, creation->name, creation->flags,
				 &creation->queue_options, &queue);
	if (result >= 0)
		ipcq_queue_close(queue);
	return result;
}

static int create_region(struct ipcq *ipcq, struct creation *creation)
{
	struct ipcq_region *region;
	int result;

	creation->region_options.mode = creation->mode;
	creation->region_options.owner = creation->owner;
	result = ipcq_region_open(ipcq, creation->name, creation->flags,
				  &creation->region_options, &region);
	if (result >= 0)
		ipcq_region_close(region);
	return result;
}

/* The kernel says no more than that a value is out of range. */
static int explain_range(struct ipcq *ipcq, const struct creation *creation)
{
	const struct ipcq_queue_options *queue = &creation->queue_options;
	const struct ipcq_region_options *region = &creation->region_options;
	struct ipcq_limits limits;

	if (ipcq_limits(ipcq, &limits))
		return report(creation->name, -EINVAL);
	if (queue->max_messages > limits.max_messages)
		complain("--messages can be at most %lu",
			 (unsigned long)limits.max_messages);
	else if (queue->max_message_size > limits.max_message_size)
		complain("--message-size can be at most %lu bytes",
			 (unsigned long)limits.max_message_size);
	else if (queue->max_bytes)
		complain("--bytes must be at least the message size (1M unless given)");
	else if (region->size > limits.max_region_size)
		complain("--size can be at most %llu bytes",
			 (unsigned long long)limits.max_region_size);
	else if (region->mutexes > limits.max_mutexes)
		complain("--mutexes can be at most %lu",
			 (unsigned long)limits.max_mutexes);
	else if (region->eventcounts > limits.max_eventcounts)
		complain("--eventcounts can be at most %lu",
			 (unsigned long)limits.max_eventcounts);
	else
		return report(creation->name, -EINVAL);
	return EXIT_FAILED;
}

int cmd_create(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME", .doc = doc,
	};
	struct creation creation = {
		.flags = IPCQ_READ | IPCQ_CREATE | IPCQ_PERSISTENT,
	};
	struct ipcq *ipcq;
	int result, code;

	parse_arguments(&argp, argc, argv, 0, &creation);
	code = connect_device(&ipcq);
	if (code)
		return code;
	result = creation.region ? create_region(ipcq, &creation) :
				   create_queue(ipcq, &creation);
	if (result == -EINVAL)
		code = explain_range(ipcq, &creation);
	else if (result < 0)
		code = report(creation.name, result);
	ipcq_disconnect(ipcq);
	return code;
}
