/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An object of the management interface, in JSON and for humans. */
#ifndef IPCQ_OBJECT_H
#define IPCQ_OBJECT_H

#include <jansson.h>
#include <stddef.h>

#include "ipcq.h"

/* The fields of object_json(), for the help of the commands that print them. */
#define OBJECT_FIELDS \
	"  id, kind (\"queue\" or \"region\"), name (null when anonymous), uid, gid,\n" \
	"  mode (octal, a string), lifetime (\"last-close\", \"persistent\" or\n" \
	"  \"creator\"), unlinked, handles, and one of\n" \
	"  queue: {order (\"fifo\" or \"priority\"), max_messages, max_message_size,\n" \
	"    max_bytes, messages, bytes, memory, waiting_senders, waiting_receivers,\n" \
	"    sent, received, expired, ttl (seconds, null for ever), dead_letter\n" \
	"    (id or null), dead_lettered, dropped, held, delayed, full (as of --full),\n" \
	"    redelivery_limit (null for none), delivery (\"one\" or \"all\"),\n" \
	"    subscribers, retain, retained, users, share (messages that each of them\n" \
	"    may have when it is nearly full)}\n" \
	"  region: {size, control_size, mutexes, eventcounts, owners,\n" \
	"    owner_deaths}\n" \
	"  A name that is not UTF-8 is shown with \\xNN for the bytes that are not,\n" \
	"  and name_hex, all its bytes in hexadecimal, is there too.\n"

/* A new reference, or NULL when memory is short. */
json_t *object_json(const struct ipcq_object_info *object);

/* The name for a terminal, "-" when there is none; to be freed, may be NULL. */
char *object_label(const struct ipcq_object_info *object);

/* The owner's or group's name, or its number. */
void user_label(uid_t uid, char *buffer, size_t size);
void group_label(gid_t gid, char *buffer, size_t size);

#endif /* IPCQ_OBJECT_H */
