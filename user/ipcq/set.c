// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq set - set limits
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "util.h"

enum {
	OPTION_LIMIT = OPTION_FIRST,
};

static const struct argp_option options[] = {
	{ "limit", OPTION_LIMIT, "NAME=VALUE", 0,
	  "Set this limit; may be given more than once", 0 },
	{ 0 }
};

static const char doc[] =
	"Set limits, all that are given or none of them.  They hold at once for what "
	"is newly created, sent and attached; what exists stays as it is.\v"
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
	"Limit of the network namespace that the command runs in:\n"
	"  namespace_objects  queues and regions\n"
	"Values may end in K, M, G or T; those of users and namespaces may be "
	"'unlimited'.  It takes CAP_SYS_RESOURCE in the initial user namespace, or "
	"for namespace_objects in the network namespace's.  'ipcq info' shows the "
	"limits.  They last until the module is unloaded, or the namespace ends.\n"
	"\n"
	"Example:\n"
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
};

#define NAMES	(sizeof(names) / sizeof(*names))

/* Each limit needs to be set once only. */
struct settings {
	struct ipcq_limit_setting list[NAMES];
	size_t count;
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
		argp_error(state, "--limit: '%s' is not NAME=VALUE", argument);
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

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	const struct settings *settings = state->input;

	switch (key) {
	case OPTION_LIMIT:
		add_setting(state, argument);
		return 0;
	case ARGP_KEY_END:
		if (!settings->count)
			argp_error(state, "say what to set with --limit");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_set(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option, .doc = doc,
	};
	struct settings settings = { .count = 0 };
	int error;

	parse_arguments(&argp, argc, argv, 0, &settings);
	error = ipcq_limits_set(settings.list, settings.count);
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
