// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An object of the management interface, in JSON and for humans.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "util.h"

/* Seconds, or null for ever. */
static json_t *time_to_live_json(uint64_t time_to_live)
{
	return time_to_live ? json_real((double)time_to_live / 1e9) : json_null();
}

/* An id, or a limit, or null. */
static json_t *id_json(uint64_t id)
{
	return id ? json_integer((json_int_t)id) : json_null();
}

static json_t *queue_json(const struct ipcq_queue_info *queue)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o,"
			 "s:o, s:I, s:I, s:I, s:I, s:s, s:o, s:s, s:I, s:I, s:I, s:I,"
			 "s:I}",
			 "order", queue->order == IPCQ_PRIORITY ? "priority" : "fifo",
			 "max_messages", (json_int_t)queue->max_messages,
			 "max_message_size", (json_int_t)queue->max_message_size,
			 "max_bytes", (json_int_t)queue->max_bytes,
			 "messages", (json_int_t)queue->messages,
			 "bytes", (json_int_t)queue->bytes,
			 "memory", (json_int_t)queue->memory,
			 "waiting_senders", (json_int_t)queue->waiting_senders,
			 "waiting_receivers", (json_int_t)queue->waiting_receivers,
			 "sent", (json_int_t)queue->sent,
			 "received", (json_int_t)queue->received,
			 "expired", (json_int_t)queue->expired,
			 "ttl", time_to_live_json(queue->time_to_live),
			 "dead_letter", id_json(queue->dead_letter),
			 "dead_lettered", (json_int_t)queue->dead_lettered,
			 "dropped", (json_int_t)queue->dropped,
			 "held", (json_int_t)queue->held,
			 "delayed", (json_int_t)queue->delayed,
			 "full", full_name(queue->full),
			 "redelivery_limit", id_json(queue->redelivery_limit),
			 "delivery", queue->delivery == IPCQ_TO_ALL ? "all" : "one",
			 "subscribers", (json_int_t)queue->subscribers,
			 "retain", (json_int_t)queue->retain,
			 "retained", (json_int_t)queue->retained,
			 "users", (json_int_t)queue->users,
			 "share", (json_int_t)queue->share);
}

static json_t *region_json(const struct ipcq_region_info *region)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			 "size", (json_int_t)region->size,
			 "control_size", (json_int_t)region->control_size,
			 "mutexes", (json_int_t)region->mutexes,
			 "eventcounts", (json_int_t)region->eventcounts,
			 "owners", (json_int_t)region->owners,
			 "owner_deaths", (json_int_t)region->owner_deaths);
}

static const char *lifetime_name(enum ipcq_lifetime lifetime)
{
	switch (lifetime) {
	case IPCQ_UNTIL_LAST_CLOSE:
		return "last-close";
	case IPCQ_UNTIL_REMOVED:
		return "persistent";
	case IPCQ_UNTIL_CREATOR_ENDS:
		return "creator";
	default:
		return "unknown";
	}
}

static json_t *name_hex(const char *name)
{
	char text[2 * 255 + 1] = "";
	size_t i;

	for (i = 0; name[i] && i < 255; i++)
		sprintf(text + 2 * i, "%02x", (unsigned char)name[i]);
	return json_string(text);
}

/* Set the fields of the name; 0, or -1 when memory is short. */
static int set_name(json_t *json, const char *name)
{
	char *shown;
	int error;

	if (!name)
		return json_object_set_new(json, "name", json_null());
	if (is_utf8(name, strlen(name)))
		return json_object_set_new(json, "name", json_string(name));
	shown = printable(name);
	error = !shown ||
		json_object_set_new(json, "name", json_string(shown)) ||
		json_object_set_new(json, "name_hex", name_hex(name));
	free(shown);
	return error ? -1 : 0;
}

json_t *object_json(const struct ipcq_object_info *object)
{
	json_t *details = object->kind == IPCQ_QUEUE ?
			  queue_json(&object->queue) :
			  region_json(&object->region);
	char mode[16];
	json_t *json;

	snprintf(mode, sizeof(mode), "%04o", object->mode);
	/* The name is set below, and keeps its place. */
	json = json_pack("{s:I, s:s, s:n, s:I, s:I, s:s, s:s, s:b, s:I, s:o}",
			 "id", (json_int_t)object->id,
			 "kind", kind_name(object->kind),
			 "name",
			 "uid", (json_int_t)object->uid,
			 "gid", (json_int_t)object->gid,
			 "mode", mode,
			 "lifetime", lifetime_name(object->lifetime),
			 "unlinked", object->unlinked,
			 "handles", (json_int_t)object->handles,
			 kind_name(object->kind), details);
	if (json && set_name(json, object->name)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

char *object_label(const struct ipcq_object_info *object)
{
	return object->name ? printable(object->name) : strdup("-");
}

void user_label(uid_t uid, char *buffer, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(buffer, size, "%s", user->pw_name);
	else
		snprintf(buffer, size, "%lu", (unsigned long)uid);
}

void group_label(gid_t gid, char *buffer, size_t size)
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(buffer, size, "%s", group->gr_name);
	else
		snprintf(buffer, size, "%lu", (unsigned long)gid);
}
