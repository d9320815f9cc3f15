// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq info - what the module can do, its limits and their use
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "commands.h"
#include "keep.h"
#include "util.h"

static const struct argp_option options[] = {
	JSON_OPTION,
	{ 0 }
};

static const char doc[] =
	"Tell whether the module is loaded, what it can do, its limits, and what "
	"your user has of them.\v"
	"JSON fields:\n"
	"  loaded, kernel, machine, and when loaded:\n"
	"  features (a list of \"queue\", \"region\", \"mutex\", \"eventcount\",\n"
	"    \"priority\", \"queue-set\", \"creator-lifetime\", \"owner-check\",\n"
	"    \"sender\", \"type\", \"vector\", \"truncate\", \"time-to-live\",\n"
	"    \"async\", \"dead-letter\", \"lease\", \"batch\", \"full\", \"broadcast\",\n"
	"    \"filter\", \"call\", \"redelivery-limit\", \"fds\",\n"
	"    \"shares\", \"send-all\"),\n"
	"  limits: {max_messages, max_message_size, max_region_size, max_mutexes,\n"
	"    max_eventcounts, objects, message_bytes, region_bytes, owners,\n"
	"    files, namespace_objects}, null standing for no limit\n"
	"  use: {objects, message_bytes, region_bytes, owners, files,\n"
	"    namespace_objects}\n"
	"  kept_by: {references, names, open_objects}\n"
	"Sizes are in bytes.  The exit status is 3 when the module is not there.\n"
	"\n"
	"rmmod fails while the module is kept: by open objects, and by names that "
	"stay until 'ipcq rm'.  Other uses are those of other network namespaces, "
	"and /dev/ipcq or a region's control area that is open or mapped.\n"
	"\n"
	"Example:\n"
	"  ipcq info --json | jq .limits.max_message_size";

/* The bits of the interface, in their order. */
static const char *const features[] = { "queue", "region", "mutex", "eventcount",
					"priority", "queue-set",
					"creator-lifetime", "owner-check", "sender",
					"type", "vector", "truncate", "time-to-live",
					"async", "dead-letter", "lease", "batch",
					"full", "broadcast", "filter", "call",
					"redelivery-limit", "fds", "shares", "send-all" };

#define FEATURES	(sizeof(features) / sizeof(*features))

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	bool *json = state->input;

	(void)argument;
	if (key != OPTION_JSON)
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

static json_t *features_json(uint64_t mask)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < FEATURES; i++)
		if (mask & UINT64_C(1) << i)
			json_array_append_new(list, json_string(features[i]));
	return list;
}

static json_t *limit_json(uint64_t limit)
{
	return limit == IPCQ_NO_LIMIT ? json_null() :
					json_integer((json_int_t)limit);
}

static json_t *limits_json(const struct ipcq_limits *limits)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "max_messages", (json_int_t)limits->max_messages,
			 "max_message_size", (json_int_t)limits->max_message_size,
			 "max_region_size", (json_int_t)limits->max_region_size,
			 "max_mutexes", (json_int_t)limits->max_mutexes,
			 "max_eventcounts", (json_int_t)limits->max_eventcounts,
			 "objects", limit_json(limits->objects_limit),
			 "message_bytes", limit_json(limits->message_bytes_limit),
			 "region_bytes", limit_json(limits->region_bytes_limit),
			 "owners", limit_json(limits->owners_limit),
			 "files", limit_json(limits->files_limit),
			 "namespace_objects",
			 limit_json(limits->namespace_objects_limit));
}

static json_t *use_json(const struct ipcq_limits *limits)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			 "objects", (json_int_t)limits->objects,
			 "message_bytes", (json_int_t)limits->message_bytes,
			 "region_bytes", (json_int_t)limits->region_bytes,
			 "owners", (json_int_t)limits->owners,
			 "files", (json_int_t)limits->files,
			 "namespace_objects",
			 (json_int_t)limits->namespace_objects);
}

/* @limits: NULL when the module is not there */
static int print_as_json(const struct utsname *system,
			 const struct ipcq_limits *limits,
			 const struct keepers *keepers)
{
	json_t *json;

	if (!limits)
		json = json_pack("{s:b, s:s, s:s}", "loaded", 0,
				 "kernel", system->release,
				 "machine", system->machine);
	else
		json = json_pack("{s:b, s:s, s:s, s:o, s:o, s:o, s:o}", "loaded", 1,
				 "kernel", system->release,
				 "machine", system->machine,
				 "features", features_json(limits->features),
				 "limits", limits_json(limits),
				 "use", use_json(limits),
				 "kept_by", keepers_json(keepers));
	return print_json(json, JSON_INDENT(2));
}

static void print_bytes(const char *label, uint64_t bytes)
{
	char text[32];

	printf("%-22s %s\n", label, human_size(text, sizeof(text), bytes));
}

static void print_use(const char *label, uint64_t used, uint64_t limit)
{
	char text[2][32];

	printf("%-22s %s of %s\n", label,
	       human_size(text[0], sizeof(text[0]), used),
	       limit == IPCQ_NO_LIMIT ? "unlimited" :
	       human_size(text[1], sizeof(text[1]), limit));
}

static void print_count(const char *label, uint64_t used, uint64_t limit)
{
	printf("%-22s %" PRIu64 " of ", label, used);
	if (limit == IPCQ_NO_LIMIT)
		puts("unlimited");
	else
		printf("%" PRIu64 "\n", limit);
}

static void print_for_humans(const struct utsname *system,
			     const struct ipcq_limits *limits,
			     const struct keepers *keepers)
{
	size_t i;

	printf("%-22s %s (%s)\n", "kernel", system->release, system->machine);
	printf("%-22s %s\n", "module", limits ? "loaded" : "not loaded");
	if (!limits)
		return;
	printf("%-22s", "features");
	for (i = 0; i < FEATURES; i++)
		if (limits->features & UINT64_C(1) << i)
			printf(" %s", features[i]);
	puts("\n\nLargest of each object");
	printf("%-22s %" PRIu32 "\n", "  messages", limits->max_messages);
	print_bytes("  message size", limits->max_message_size);
	print_bytes("  region size", limits->max_region_size);
	printf("%-22s %" PRIu32 "\n", "  mutexes", limits->max_mutexes);
	printf("%-22s %" PRIu32 "\n", "  eventcounts", limits->max_eventcounts);
	puts("\nUsed by your user");
	print_count("  objects", limits->objects, limits->objects_limit);
	print_use("  message memory", limits->message_bytes,
		  limits->message_bytes_limit);
	print_use("  region memory", limits->region_bytes,
		  limits->region_bytes_limit);
	print_count("  attached threads", limits->owners, limits->owners_limit);
	print_count("  files in messages", limits->files, limits->files_limit);
	puts("\nIn this network namespace");
	print_count("  objects", limits->namespace_objects,
		    limits->namespace_objects_limit);
	print_keepers(keepers);
}

int cmd_info(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option, .doc = doc,
	};
	struct ipcq_limits limits;
	struct utsname system;
	struct keepers keepers;
	struct ipcq *ipcq;
	bool json = false;
	int error, code;

	parse_arguments(&argp, argc, argv, 0, &json);
	uname(&system);
	error = ipcq_connect(&ipcq);
	if (!error) {
		error = ipcq_limits(ipcq, &limits);
		ipcq_disconnect(ipcq);
	}
	/* When we have nothing open ourselves. */
	find_keepers(&keepers);
	if (json)
		code = print_as_json(&system, error ? NULL : &limits, &keepers);
	else
		code = EXIT_OK, print_for_humans(&system, error ? NULL : &limits,
						 &keepers);
	if (error)
		return report_module(error);
	return code;
}
