// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq rm - remove names
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "util.h"

enum {
	OPTION_ALL = 'a',
	OPTION_FORCE = 'f',
	OPTION_KIND = 'k',
};

static const struct argp_option options[] = {
	{ "all", OPTION_ALL, NULL, 0, "Remove every name that you may remove", 0 },
	{ "force", OPTION_FORCE, NULL, 0, "A name that does not exist is no error", 0 },
	{ "kind", OPTION_KIND, "KIND", 0, "Remove only 'queue's or only 'region's", 0 },
	{ 0 }
};

static const char doc[] =
	"Remove the names of queues or regions.\v"
	"Each object ends, with the messages in it, when nobody has it open any "
	"more; until then those who have it open can go on.  All names are tried, "
	"and the exit status is that of the first that failed.\n"
	"\n"
	"Example:\n"
	"  ipcq rm jobs results\n"
	"  ipcq rm --all --kind queue";

struct removal {
	enum ipcq_kind kind;
	bool all;
	bool force;
	char **names;
	size_t count;
};

static int add_name(struct removal *removal, const char *name)
{
	char **names = realloc(removal->names,
			       (removal->count + 1) * sizeof(*names));

	if (!names)
		return ENOMEM;
	removal->names = names;
	names[removal->count] = strdup(name);
	if (!names[removal->count])
		return ENOMEM;
	removal->count++;
	return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct removal *removal = state->input;

	switch (key) {
	case OPTION_ALL:
		removal->all = true;
		return 0;
	case OPTION_FORCE:
		removal->force = true;
		return 0;
	case OPTION_KIND:
		removal->kind = parse_kind(state, "--kind", argument);
		return 0;
	case ARGP_KEY_ARG:
		return add_name(removal, parse_name(state, argument));
	case ARGP_KEY_END:
		if (removal->all && removal->count)
			argp_error(state, "give names or --all, not both");
		if (!removal->all && !removal->count)
			argp_error(state, "which? give a name or --all");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int collect(const struct ipcq_object_info *object, void *context)
{
	if (!object->name || object->unlinked)
		return 0;
	return -add_name(context, object->name);
}

/* With --all, what another has removed or owns is not a failure. */
static bool is_fine(const struct removal *removal, int error)
{
	if (error == -ENOENT)
		return removal->force || removal->all;
	return error == -EPERM && removal->all;
}

static int remove_names(const struct removal *removal, struct ipcq *ipcq)
{
	int code = EXIT_OK, error, failed;
	size_t i;

	for (i = 0; i < removal->count; i++) {
		error = ipcq_unlink(ipcq, removal->names[i], removal->kind);
		if (!error || is_fine(removal, error))
			continue;
		failed = report(removal->names[i], error);
		if (!code)
			code = failed;
	}
	return code;
}

static int find_names(struct removal *removal)
{
	int error = ipcq_list(removal->kind, collect, removal);

	if (!error)
		return EXIT_OK;
	if (error == -ENODEV)
		return report_module(error);
	complain("cannot list the objects: %s", ipcq_strerror(error));
	return exit_code(error);
}

int cmd_rm(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME...\n--all", .doc = doc,
	};
	struct removal removal = { .kind = IPCQ_ANY };
	struct ipcq *ipcq = NULL;
	int code;

	parse_arguments(&argp, argc, argv, 0, &removal);
	code = connect_device(&ipcq);
	if (!code && removal.all)
		code = find_names(&removal);
	if (!code)
		code = remove_names(&removal, ipcq);
	ipcq_disconnect(ipcq);
	while (removal.count)
		free(removal.names[--removal.count]);
	free(removal.names);
	return code;
}
