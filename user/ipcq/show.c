// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq show - everything about one object
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "object.h"
#include "util.h"

#define NSEC_PER_SEC	1000000000ULL

static const struct argp_option options[] = {
	JSON_OPTION,
	{ 0 }
};

static const char doc[] =
	"Show everything about the object of this name, or of this id, a number "
	"after '#' (which a shell wants quoted).\v"
	"For a region that you may open for reading, the mutexes that are held, "
	"waited for, inconsistent, or whose holder has ever died are shown too.\n"
	"\n"
	"JSON: an object with the fields\n"
	OBJECT_FIELDS
	"  and, where the region may be read, region.mutex_states, a list of\n"
	"  {mutex, locked, inconsistent, holder_pid, holder_tid, waiters, died_pid,\n"
	"    died_tid, died_time (seconds since 1970, or null), deaths};\n"
	"  and, where the dead-letter queue has a name, queue.dead_letter_name\n"
	"\n"
	"Example:\n"
	"  ipcq show jobs\n"
	"  ipcq show '#12' --json";

struct showing {
	const char *name;		/* NULL: by id */
	uint64_t id;
	bool json;
	const char *argument;		/* as it was given, for messages */
};

/* The mutexes of a region that are worth showing. */
struct mutexes {
	bool known;			/* the region could be asked */
	size_t count;
	struct {
		uint32_t number;
		struct ipcq_mutex_info info;
	} *list;
};

static void parse_object(struct showing *showing, const char *argument,
			 struct argp_state *state)
{
	if (showing->argument)
		argp_error(state, "one object at a time; what is '%s'?", argument);
	showing->argument = argument;
	if (argument[0] == '#' && isdigit((unsigned char)argument[1]))
		showing->id = parse_number(state, "#", argument + 1, 1,
					   UINT64_MAX);
	else
		showing->name = parse_name(state, argument);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct showing *showing = state->input;

	switch (key) {
	case OPTION_JSON:
		showing->json = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_object(showing, argument, state);
		return 0;
	case ARGP_KEY_END:
		if (!showing->argument)
			argp_error(state, "which? give a name or '#ID'");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_worth_showing(const struct ipcq_mutex_info *info)
{
	return info->locked || info->inconsistent || info->waiters ||
	       info->deaths;
}

static int read_mutexes(struct ipcq_region *region, uint32_t count,
			struct mutexes *out)
{
	struct ipcq_mutex_info info;
	uint32_t i;
	void *list;

	for (i = 0; i < count; i++) {
		if (ipcq_mutex_info(region, i, &info))
			return -EINVAL;
		if (!is_worth_showing(&info))
			continue;
		list = realloc(out->list, (out->count + 1) * sizeof(*out->list));
		if (!list)
			return -ENOMEM;
		out->list = list;
		out->list[out->count].number = i;
		out->list[out->count++].info = info;
	}
	return 0;
}

/* Whether the region behind the handle is the object that is being shown. */
static bool is_same(struct ipcq_region *region, uint64_t id)
{
	struct ipcq_region_info info;
	uint64_t found;

	return !ipcq_region_info(region, &found, &info) && found == id;
}

/* Only a region with a name that may be read can be asked for its mutexes. */
static void find_mutexes(const struct ipcq_object_info *object,
			 struct mutexes *out)
{
	struct ipcq_region *region;
	struct ipcq *ipcq;

	if (object->kind != IPCQ_REGION || !object->name || object->unlinked)
		return;
	if (ipcq_connect(&ipcq))
		return;
	if (ipcq_region_open(ipcq, object->name, IPCQ_READ, NULL, &region) >= 0) {
		if (is_same(region, object->id))
			out->known = !read_mutexes(region, object->region.mutexes,
						   out);
		ipcq_region_close(region);
	}
	ipcq_disconnect(ipcq);
}

static json_t *mutexes_json(const struct mutexes *mutexes)
{
	json_t *list = json_array(), *died_time;
	size_t i;

	for (i = 0; i < mutexes->count; i++) {
		const struct ipcq_mutex_info *info = &mutexes->list[i].info;

		died_time = !info->deaths ? json_null() :
			    json_real((double)info->died_time / NSEC_PER_SEC);
		json_array_append_new(list, json_pack(
			"{s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:I}",
			"mutex", (json_int_t)mutexes->list[i].number,
			"locked", info->locked,
			"inconsistent", info->inconsistent,
			"holder_pid", (json_int_t)info->holder_pid,
			"holder_tid", (json_int_t)info->holder_tid,
			"waiters", (json_int_t)info->waiters,
			"died_pid", (json_int_t)info->died_pid,
			"died_tid", (json_int_t)info->died_tid,
			"died_time", died_time,
			"deaths", (json_int_t)info->deaths));
	}
	return list;
}

/* The name of the queue of an id; NULL when it has none, or there is none. */
static int keep_name(const struct ipcq_object_info *object, void *context)
{
	char **name = context;

	*name = object->name ? object_label(object) : NULL;
	return 0;
}

static char *name_of(uint64_t id)
{
	char *name = NULL;

	return ipcq_show(NULL, id, keep_name, &name) ? NULL : name;
}

/* The id is there; the name is for humans.  0, or -1 when memory is short. */
static int add_dead_letter_name(json_t *json, uint64_t id)
{
	char *name = id ? name_of(id) : NULL;
	int error = 0;

	if (name)
		error = json_object_set_new(json_object_get(json, "queue"),
					    "dead_letter_name", json_string(name));
	free(name);
	return error;
}

static int print_as_json(const struct ipcq_object_info *object,
			 const struct mutexes *mutexes)
{
	json_t *json = object_json(object);

	if (json && object->kind == IPCQ_QUEUE &&
	    add_dead_letter_name(json, object->queue.dead_letter)) {
		json_decref(json);
		json = NULL;
	}

	if (json && mutexes->known &&
	    json_object_set_new(json_object_get(json, "region"), "mutex_states",
				mutexes_json(mutexes))) {
		json_decref(json);
		json = NULL;
	}
	return print_json(json, JSON_INDENT(2));
}

static void print_number(const char *label, uint64_t value)
{
	printf("  %-20s %" PRIu64 "\n", label, value);
}

static void print_bytes(const char *label, uint64_t bytes)
{
	char text[32];

	printf("  %-20s %s\n", label, human_size(text, sizeof(text), bytes));
}

static void print_dead_letter(uint64_t id)
{
	char *name = name_of(id);

	printf("  %-20s %s%s#%" PRIu64 "%s\n", "dead letters go to",
	       name ? name : "", name ? " (" : "", id, name ? ")" : "");
	free(name);
}

static void print_queue(const struct ipcq_queue_info *queue)
{
	char text[2][32];

	printf("  %-20s %" PRIu32 " of %" PRIu32 "\n", "messages",
	       queue->messages, queue->max_messages);
	printf("  %-20s %s of %s\n", "bytes",
	       human_size(text[0], sizeof(text[0]), queue->bytes),
	       human_size(text[1], sizeof(text[1]), queue->max_bytes));
	printf("  %-20s %s\n", "order", queue->order == IPCQ_PRIORITY ?
	       "highest priority first" : "as sent");
	printf("  %-20s %s\n", "when full", full_name(queue->full));
	printf("  %-20s %s\n", "delivery", queue->delivery == IPCQ_TO_ALL ?
	       "to all who have subscribed" : "to one receiver");
	print_bytes("longest message", queue->max_message_size);
	if (queue->time_to_live)
		printf("  %-20s %g s\n", "time to live",
		       (double)queue->time_to_live / 1e9);
	if (queue->dead_letter)
		print_dead_letter(queue->dead_letter);
	if (queue->redelivery_limit)
		print_number("redelivery limit", queue->redelivery_limit);
	print_bytes("memory kept", queue->memory);
	print_number("sent", queue->sent);
	print_number("received", queue->received);
	print_number("expired", queue->expired);
	print_number("dead letters", queue->dead_lettered);
	print_number("dropped", queue->dropped);
	print_number("held by receivers", queue->held);
	print_number("returning later", queue->delayed);
	if (queue->delivery == IPCQ_TO_ALL) {
		printf("  %-20s %" PRIu32 " of %" PRIu32 "\n", "retained",
		       queue->retained, queue->retain);
		print_number("subscribers", queue->subscribers);
	}
	print_number("users", queue->users);
	if (queue->users > 1)
		printf("  %-20s %" PRIu32 " messages each\n", "when nearly full",
		       queue->share);
	print_number("waiting senders", queue->waiting_senders);
	print_number("waiting receivers", queue->waiting_receivers);
}

static void print_mutex(uint32_t number, const struct ipcq_mutex_info *info)
{
	time_t seconds = (time_t)(info->died_time / NSEC_PER_SEC);
	char when[32] = "";
	struct tm tm;

	printf("  mutex %" PRIu32 ": ", number);
	if (!info->locked)
		fputs("free", stdout);
	else if (info->holder_pid)
		printf("held by process %d, thread %d", (int)info->holder_pid,
		       (int)info->holder_tid);
	else
		fputs("held by a process that is not visible here", stdout);
	if (info->waiters)
		printf(", %" PRIu32 " waiting", info->waiters);
	if (info->inconsistent)
		fputs(", INCONSISTENT", stdout);
	if (info->deaths) {
		if (localtime_r(&seconds, &tm))
			strftime(when, sizeof(when), "%F %T", &tm);
		printf(", %" PRIu64 " died holding it, the last was process %d, thread %d, at %s",
		       info->deaths, (int)info->died_pid, (int)info->died_tid,
		       when);
	}
	putchar('\n');
}

static void print_region(const struct ipcq_region_info *region,
			 const struct mutexes *mutexes)
{
	size_t i;

	print_bytes("size", region->size);
	print_bytes("control area", region->control_size);
	print_number("mutexes", region->mutexes);
	print_number("eventcounts", region->eventcounts);
	print_number("attached threads", region->owners);
	print_number("holders died", region->owner_deaths);
	for (i = 0; i < mutexes->count; i++)
		print_mutex(mutexes->list[i].number, &mutexes->list[i].info);
	if (!mutexes->known && region->mutexes)
		puts("  (the states of its mutexes cannot be read: it cannot be opened by you)");
}

static const char *life(const struct ipcq_object_info *object)
{
	switch (object->lifetime) {
	case IPCQ_UNTIL_REMOVED:
		return "until it is removed";
	case IPCQ_UNTIL_CREATOR_ENDS:
		return "until its creator closes it";
	default:
		return "until its last close";
	}
}

static int print_for_humans(const struct ipcq_object_info *object,
			    const struct mutexes *mutexes)
{
	char *label = object_label(object);
	char user[33], group[33];

	if (!label) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	user_label(object->uid, user, sizeof(user));
	group_label(object->gid, group, sizeof(group));
	printf("%s %s\n", kind_name(object->kind), label);
	print_number("id", object->id);
	printf("  %-20s %s:%s, mode %04" PRIo32 "\n", "owner", user, group,
	       object->mode);
	printf("  %-20s %s%s\n", "lives",
	       life(object), object->unlinked ? "; its name was removed" : "");
	print_number("open handles", object->handles);
	if (object->kind == IPCQ_QUEUE)
		print_queue(&object->queue);
	else
		print_region(&object->region, mutexes);
	free(label);
	return EXIT_OK;
}

struct copy {
	struct ipcq_object_info object;
	char name[256];
};

/* Ask for mutexes afterwards: opening the region here would be a handle more. */
static int keep(const struct ipcq_object_info *object, void *context)
{
	struct copy *copy = context;

	copy->object = *object;
	if (object->name) {
		snprintf(copy->name, sizeof(copy->name), "%s", object->name);
		copy->object.name = copy->name;
	}
	return 0;
}

int cmd_show(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME\n'#ID'", .doc = doc,
	};
	struct showing showing = { 0 };
	struct mutexes mutexes = { 0 };
	struct copy copy;
	int error, code;

	parse_arguments(&argp, argc, argv, 0, &showing);
	error = ipcq_show(showing.name, showing.id, keep, &copy);
	if (error)
		return report(showing.argument, error);
	find_mutexes(&copy.object, &mutexes);
	code = showing.json ? print_as_json(&copy.object, &mutexes) :
			      print_for_humans(&copy.object, &mutexes);
	free(mutexes.list);
	return code;
}
