// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq create - create a queue or a region that stays
 */
#include <errno.h>
#include <string.h>

#include "attributes.h"
#include "commands.h"
#include "util.h"

enum {
	OPTION_REGION = 'r',
	OPTION_SIZE = 's',
	OPTION_MODE = 'm',
	OPTION_EXCLUSIVE = 'x',
	OPTION_PRIORITIES = OPTION_FIRST,
	OPTION_BROADCAST,
	OPTION_RETAIN,
	OPTION_MUTEXES,
	OPTION_EVENTCOUNTS,
	OPTION_OWNER,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Queues:", 1 },
	{ "priorities", OPTION_PRIORITIES, NULL, 0,
	  "Messages have priorities, and the highest comes first", 1 },
	{ "broadcast", OPTION_BROADCAST, NULL, 0,
	  "Each message is for every receiver that has subscribed", 1 },
	{ "retain", OPTION_RETAIN, "N", 0,
	  "With --broadcast: N messages stay for those who subscribe later", 1 },
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
	"  ipcq create news --broadcast --retain 10\n"
	"  ipcq create board --region --size 1M --mutexes 2 --eventcounts 1";

struct creation {
	const char *name;
	bool region;
	bool priorities;
	struct attributes attributes;	/* of a queue */
	const char *region_option;	/* the last given that only regions have */
	unsigned int flags;
	uint32_t mode;
	uid_t owner;
	struct ipcq_region_options region_options;
};

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
		return ARGP_ERR_UNKNOWN;
	}
}

static void check(const struct creation *creation, struct argp_state *state)
{
	if (!creation->name)
		argp_error(state, "which name? give one");
	if (creation->region && (creation->attributes.given || creation->priorities))
		argp_error(state, "%s is for queues, not for a region",
			   creation->priorities ? "--priorities" :
						  creation->attributes.given);
	if (!creation->region && creation->region_option)
		argp_error(state, "%s is for a region; add --region",
			   creation->region_option);
	if (creation->attributes.options.retain &&
	    !creation->attributes.options.delivery)
		argp_error(state, "--retain needs --broadcast");
	if (creation->attributes.options.delivery && creation->priorities)
		argp_error(state, "give --broadcast or --priorities, not both");
	if (creation->region && !creation->region_options.size)
		argp_error(state, "how large? a region needs --size");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct creation *creation = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &creation->attributes;
		return 0;
	case OPTION_BROADCAST:
		creation->attributes.given = "--broadcast";
		creation->attributes.options.delivery = IPCQ_TO_ALL;
		return 0;
	case OPTION_RETAIN:
		creation->attributes.given = "--retain";
		creation->attributes.options.retain =
			(uint32_t)parse_number(state, "--retain", argument, 0,
					       65536);
		return 0;
	case OPTION_PRIORITIES:
		creation->priorities = true;
		creation->attributes.options.order = IPCQ_PRIORITY;
		return 0;
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
	struct ipcq_queue_options *queue_options = &creation->attributes.options;
	struct ipcq_queue *queue;
	int result;

	queue_options->mode = creation->mode;
	queue_options->owner = creation->owner;
	result = ipcq_queue_open(ipcq, creation->name, creation->flags,
				 queue_options, &queue);
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
	const struct ipcq_region_options *region = &creation->region_options;
	struct ipcq_limits limits;

	if (ipcq_limits(ipcq, &limits))
		return report(creation->name, -EINVAL);
	if (attributes_explain(ipcq, &creation->attributes))
		return EXIT_FAILED;
	if (creation->attributes.options.max_bytes)
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
	static const struct argp_child children[] = {
		{ &attributes_argp, 0, NULL, 1 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME", .doc = doc, .children = children,
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
	code = attributes_resolve(ipcq, &creation.attributes);
	if (code) {
		ipcq_disconnect(ipcq);
		return code;
	}
	result = creation.region ? create_region(ipcq, &creation) :
				   create_queue(ipcq, &creation);
	if (result == -EINVAL)
		code = explain_range(ipcq, &creation);
	else if (result < 0)
		code = report(creation.name, result);
	ipcq_disconnect(ipcq);
	return code;
}
