// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq set - change the attributes of a queue, or set limits
 */
#include <errno.h>
#include <string.h>

#include "attributes.h"
#include "commands.h"
#include "util.h"

enum {
	OPTION_LIMIT = OPTION_FIRST,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Of the system:", 2 },
	{ "limit", OPTION_LIMIT, "LIMIT=VALUE", 0,
	  "Set this limit; may be given more than once", 2 },
	{ 0 }
};

static const char doc[] =
	"Change the attributes of a queue while it is in use, or set limits; all that "
	"are given, or none of them.\v"
	"The queue's owner can change it.  What is in it stays, also when that is "
	"more than it may hold now; then it takes more when it holds less.  Bytes "
	"that were never given stay messages times message size.\n"
	"\n"
	"Limits hold at once for what is newly created, sent and attached; what exists "
	"stays as it is.  "
	"Limits of each object that is created:\n"
	"  max_messages       of a queue, 1 to 65536\n"
	"  max_message_size   of a queue, 1 to 1M\n"
	"  max_region_size    1 to 4T\n"
	"  max_mutexes        of a region, 0 to 4096\n"
	"  max_eventcounts    of a region, 0 to 4096\n"
	"Limits of each user:\n"
	"  objects            queues and regions\n"
	"  message_bytes      memory of messages\n"
	"  region_bytes       sizes of regions together\n"
	"  owners             threads attached to regions\n"
	"  files              open files in messages\n"
	"Limit of the network namespace that the command runs in:\n"
	"  namespace_objects  queues and regions\n"
	"Values may end in K, M, G or T; those of users and namespaces may be "
	"'unlimited'.  It takes CAP_SYS_RESOURCE in the initial user namespace, or "
	"for namespace_objects in the network namespace's.  'ipcq info' shows the "
	"limits.  They last until the module is unloaded, or the namespace ends.\n"
	"\n"
	"Example:\n"
	"  ipcq set jobs --messages 200 --message-size 4K\n"
	"  ipcq set --limit objects=200 --limit message_bytes=256M";

/* In the words of 'ipcq info --json'. */
static const struct {
	const char *name;
	enum ipcq_limit limit;
} names[] = {
	{ "max_messages", IPCQ_LIMIT_MAX_MESSAGES },
	{ "max_message_size", IPCQ_LIMIT_MAX_MESSAGE_SIZE },
	{ "max_region_size", IPCQ_LIMIT_MAX_REGION_SIZE },
	{ "max_mutexes", IPCQ_LIMIT_MAX_MUTEXES },
	{ "max_eventcounts", IPCQ_LIMIT_MAX_EVENTCOUNTS },
	{ "objects", IPCQ_LIMIT_OBJECTS },
	{ "message_bytes", IPCQ_LIMIT_MESSAGE_BYTES },
	{ "region_bytes", IPCQ_LIMIT_REGION_BYTES },
	{ "owners", IPCQ_LIMIT_OWNERS },
	{ "namespace_objects", IPCQ_LIMIT_NAMESPACE_OBJECTS },
	{ "files", IPCQ_LIMIT_FILES },
};

#define NAMES	(sizeof(names) / sizeof(*names))

/* Each limit needs to be set once only. */
struct settings {
	struct ipcq_limit_setting list[NAMES];
	size_t count;
	const char *queue;
	struct attributes attributes;	/* of the queue */
};

static enum ipcq_limit parse_limit(struct argp_state *state, const char *text,
				   size_t length)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strlen(names[i].name) == length &&
		    !memcmp(names[i].name, text, length))
			return names[i].limit;
	argp_error(state, "--limit: there is no limit '%.*s'; 'ipcq help set' lists them",
		   (int)length, text);
	return 0;
}

static void add_setting(struct argp_state *state, const char *argument)
{
	struct settings *settings = state->input;
	const char *value = strchr(argument, '=');
	struct ipcq_limit_setting setting = { 0 };
	size_t i;

	if (!value)
		argp_error(state, "--limit: '%s' is not LIMIT=VALUE", argument);
	setting.limit = parse_limit(state, argument, (size_t)(value - argument));
	value++;
	setting.value = strcmp(value, "unlimited") ?
			parse_size(state, "--limit", value, 0, IPCQ_NO_LIMIT) :
			IPCQ_NO_LIMIT;
	for (i = 0; i < settings->count; i++)
		if (settings->list[i].limit == setting.limit)
			argp_error(state, "--limit: '%s' is there twice", argument);
	settings->list[settings->count++] = setting;
}

static void check(const struct settings *settings, struct argp_state *state)
{
	const char *attribute = settings->attributes.given;

	if (settings->count && (settings->queue || attribute))
		argp_error(state, "limits are the system's, not a queue's; "
			   "set them by themselves");
	if (settings->queue && !attribute)
		argp_error(state, "say what to change of '%s': --messages, "
			   "--message-size, --bytes, --ttl, --dead-letter, "
			   "--redelivery-limit or --full",
			   settings->queue);
	if (!settings->queue && attribute)
		argp_error(state, "of which queue? give its name");
	if (!settings->queue && !settings->count)
		argp_error(state, "give a queue and what to change of it, or --limit");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct settings *settings = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &settings->attributes;
		return 0;
	case OPTION_LIMIT:
		add_setting(state, argument);
		return 0;
	case ARGP_KEY_ARG:
		if (settings->queue)
			argp_error(state, "one queue at a time; what is '%s'?",
				   argument);
		settings->queue = parse_name(state, argument);
		return 0;
	case ARGP_KEY_END:
		check(settings, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int set_limits(const struct settings *settings)
{
	int error = ipcq_limits_set(settings->list, settings->count);

	switch (error) {
	case 0:
		return EXIT_OK;
	case -ENODEV:
		return report_module(error);
	case -EPERM:
		complain("setting limits needs CAP_SYS_RESOURCE; try it as root; nothing was set");
		break;
	case -EINVAL:
		complain("a value is out of its range, which 'ipcq help set' tells; nothing was set");
		break;
	default:
		complain("cannot set limits: %s", ipcq_strerror(error));
	}
	return exit_code(error);
}

static bool is_itself(struct ipcq_queue *queue, uint64_t dead_letter)
{
	struct ipcq_queue_info info;
	uint64_t id;

	return !ipcq_queue_info(queue, &id, &info) && id == dead_letter;
}

/* The kernel says no more than that a value is out of its range. */
static int explain_range(struct ipcq *ipcq, const struct settings *settings)
{
	if (!attributes_explain(ipcq, &settings->attributes))
		complain("the queue must hold at least as many bytes as its longest message has; "
			 "see 'ipcq show' and change both");
	return EXIT_FAILED;
}

static int set_queue(struct ipcq *ipcq, struct settings *settings)
{
	int code = attributes_resolve(ipcq, &settings->attributes), error;
	struct ipcq_queue *queue;
	bool itself = false;

	if (code)
		return code;
	/* Either access will do; its owner may have left himself but one. */
	error = ipcq_queue_open(ipcq, settings->queue, IPCQ_READ, NULL, &queue);
	if (error == -EACCES)
		error = ipcq_queue_open(ipcq, settings->queue, IPCQ_WRITE, NULL,
					&queue);
	if (!error) {
		error = ipcq_queue_set(queue, &settings->attributes.options);
		itself = is_itself(queue, settings->attributes.options.dead_letter);
		ipcq_queue_close(queue);
	}
	if (error == -EINVAL && itself) {
		complain("'%s' cannot be its own dead-letter queue", settings->queue);
		return EXIT_FAILED;
	}
	if (error == -EINVAL)
		return explain_range(ipcq, settings);
	return error ? report(settings->queue, error) : EXIT_OK;
}

int cmd_set(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &attributes_argp, 0, "Of the queue NAME:", 1 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME\n--limit LIMIT=VALUE...", .doc = doc,
		.children = children,
	};
	struct settings settings = { .count = 0 };
	struct ipcq *ipcq;
	int code;

	parse_arguments(&argp, argc, argv, 0, &settings);
	if (!settings.queue)
		return set_limits(&settings);
	code = connect_device(&ipcq);
	if (code)
		return code;
	code = set_queue(ipcq, &settings);
	ipcq_disconnect(ipcq);
	return code;
}
