// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq ls - list queues and regions
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "object.h"
#include "util.h"

enum {
	OPTION_KIND = 'k',
};

static const struct argp_option options[] = {
	{ "kind", OPTION_KIND, "KIND", 0, "List only 'queue's or only 'region's", 0 },
	JSON_OPTION,
	{ 0 }
};

static const char doc[] =
	"List the queues and regions of this network namespace, also those "
	"without a name and those whose name was removed while they are open.\v"
	"JSON: a list of objects with the fields\n"
	OBJECT_FIELDS
	"\n"
	"Example:\n"
	"  ipcq ls --kind queue\n"
	"  ipcq ls --json | jq -r '.[] | select(.queue.messages > 0) | .name'";

struct listing {
	enum ipcq_kind kind;
	bool json;
	json_t *list;			/* with --json */
	struct row *rows;		/* without */
	size_t count;
};

/* Texts of one line, to find the width of a column before any is printed. */
struct row {
	char *name;
	char owner[33];
	char content[96];
	uint64_t id;
	uint32_t mode;
	uint32_t handles;
	enum ipcq_kind kind;
	bool unlinked;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct listing *listing = state->input;

	switch (key) {
	case OPTION_KIND:
		listing->kind = parse_kind(state, "--kind", argument);
		return 0;
	case OPTION_JSON:
		listing->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void describe(const struct ipcq_object_info *object, char *text,
		     size_t size)
{
	char bytes[32];

	if (object->kind == IPCQ_QUEUE)
		snprintf(text, size, "%" PRIu32 " of %" PRIu32 " messages, %s",
			 object->queue.messages, object->queue.max_messages,
			 human_size(bytes, sizeof(bytes), object->queue.bytes));
	else
		snprintf(text, size, "%s, %" PRIu32 " mutex%s, %" PRIu32 " eventcount%s",
			 human_size(bytes, sizeof(bytes), object->region.size),
			 object->region.mutexes,
			 object->region.mutexes == 1 ? "" : "es",
			 object->region.eventcounts,
			 object->region.eventcounts == 1 ? "" : "s");
}

static int add_row(const struct ipcq_object_info *object, struct listing *listing)
{
	struct row *rows, *row;

	rows = realloc(listing->rows, (listing->count + 1) * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	listing->rows = rows;
	row = &rows[listing->count];
	*row = (struct row) {
		.name = object_label(object),
		.id = object->id,
		.mode = object->mode,
		.handles = object->handles,
		.kind = object->kind,
		.unlinked = object->unlinked,
	};
	if (!row->name)
		return -ENOMEM;
	user_label(object->uid, row->owner, sizeof(row->owner));
	describe(object, row->content, sizeof(row->content));
	listing->count++;
	return 0;
}

static int add(const struct ipcq_object_info *object, void *context)
{
	struct listing *listing = context;

	if (!listing->json)
		return add_row(object, listing);
	/* Takes the reference, also when it fails, and fails for none. */
	return json_array_append_new(listing->list, object_json(object)) ?
	       -ENOMEM : 0;
}

static void print_table(const struct listing *listing)
{
	size_t width = sizeof("NAME") - 1, i;
	const struct row *row;

	for (i = 0; i < listing->count; i++)
		if (columns(listing->rows[i].name) > width)
			width = columns(listing->rows[i].name);
	printf("%6s  %-6s  NAME%*s  %-8s  MODE  HANDLES  CONTENT\n", "ID", "KIND",
	       (int)(width - 4), "", "OWNER");
	for (i = 0; i < listing->count; i++) {
		row = &listing->rows[i];
		printf("%6" PRIu64 "  %-6s  %s%*s  %-8s  %04o  %7" PRIu32 "  %s%s\n",
		       row->id, kind_name(row->kind), row->name,
		       (int)(width - columns(row->name)), "", row->owner,
		       row->mode, row->handles, row->content,
		       row->unlinked ? ", unlinked" : "");
	}
}

static void free_rows(struct listing *listing)
{
	size_t i;

	for (i = 0; i < listing->count; i++)
		free(listing->rows[i].name);
	free(listing->rows);
}

int cmd_ls(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option, .doc = doc,
	};
	struct listing listing = { .kind = IPCQ_ANY };
	int error, code = EXIT_OK;

	parse_arguments(&argp, argc, argv, 0, &listing);
	if (listing.json)
		listing.list = json_array();
	error = ipcq_list(listing.kind, add, &listing);
	if (error == -ENODEV) {
		code = report_module(error);
	} else if (error) {
		complain("cannot list the objects: %s", ipcq_strerror(error));
		code = exit_code(error);
	} else if (listing.json) {
		code = print_json(json_incref(listing.list), JSON_INDENT(2));
	} else {
		print_table(&listing);
	}
	json_decref(listing.list);
	free_rows(&listing);
	return code;
}
