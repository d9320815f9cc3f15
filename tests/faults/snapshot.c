// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See snapshot.h.
 */
#include "operations.h"
#include "snapshot.h"
#include "../guest/generic.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

/* A text that grows. */
struct text {
	char *at, *end;
};

__attribute__((format(printf, 2, 3)))
static void say(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->at, text->end - text->at, format, arguments);
	va_end(arguments);
	assert_true(length < text->end - text->at);
	text->at += length;
}

static uint32_t u32_of(const struct nlmsghdr *header, uint16_t type)
{
	const void *at = find(header, type);
	uint32_t value;

	assert_non_null(at);
	memcpy(&value, at, sizeof(value));
	return value;
}

static void say_object(struct text *text, const struct nlmsghdr *header)
{
	const char *name = find(header, IPCQ_A_NAME);
	uint64_t id;

	memcpy(&id, find(header, IPCQ_A_ID), sizeof(id));
	say(text, "object %" PRIu64 ": kind %u %s mode %o handles %u%s\n", id,
	    u32_of(header, IPCQ_A_KIND), name ? name : "-",
	    u32_of(header, IPCQ_A_MODE), u32_of(header, IPCQ_A_HANDLES),
	    find(header, IPCQ_A_UNLINKED) ? " unlinked" : "");
}

/* All objects, also those that have lost their name or never had one. */
static void say_objects(struct text *text)
{
	static _Alignas(struct nlmsghdr) char buffer[65536];
	struct request request = request_new(family(), IPCQ_CMD_OBJECT_GET,
					     NLM_F_DUMP);
	static int fd = -1;

	if (fd < 0)
		fd = socket_new();
	assert_true(send(fd, &request, request.header.nlmsg_len, 0) > 0);
	for (;;) {
		struct nlmsghdr *header = (void *)buffer;
		ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
		unsigned int left = size;

		assert_true(size > 0);
		for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			assert_int_not_equal(header->nlmsg_type, NLMSG_ERROR);
			if (header->nlmsg_type == NLMSG_DONE)
				return;
			say_object(text, header);
		}
	}
}

/* Others may have helped with a queue of one run, so that its counters moved. */
static void say_queue(struct text *text, const char *name, int fd,
		      uint64_t *memory)
{
	struct ipcq_queue_stat stat;

	if (fd <= 0)
		return;
	stat = queue_stat(fd);
	*memory += stat.memory;
	say(text, "%s: messages %u bytes %" PRIu64 " waiting %u %u", name,
	    stat.messages, (uint64_t)stat.bytes, stat.waiting_senders,
	    stat.waiting_receivers);
	if (fd != scene.own)
		say(text, " sent %" PRIu64 " received %" PRIu64,
		    (uint64_t)stat.sent, (uint64_t)stat.received);
	say(text, "\n");
}

static void say_region(struct text *text)
{
	struct ipcq_region_stat stat;

	if (scene.region <= 0)
		return;
	stat = region_stat(scene.region);
	say(text, "region: owners %u deaths %" PRIu64 " words %#x %#x %#x %#x\n",
	    stat.owners, (uint64_t)stat.owner_deaths, scene.words[LINE(0)],
	    scene.words[LINE(1)], scene.words[LINE(2)], scene.words[LINE(3)]);
}

static void say_account(struct text *text, uint64_t *charged)
{
	struct ipcq_query q = query();
	int lowest = dup(0);

	*charged = q.message_bytes;
	assert_ok(lowest);
	close(lowest);
	say(text, "account: objects %" PRIu64 " region-bytes %" PRIu64
	    " owners %" PRIu64 " namespace %" PRIu64 "; next descriptor %d\n",
	    (uint64_t)q.objects, (uint64_t)q.region_bytes, (uint64_t)q.owners,
	    (uint64_t)q.namespace_objects, lowest);
}

void snapshot_take(struct snapshot *snapshot)
{
	struct text text = { snapshot->text,
			     snapshot->text + sizeof(snapshot->text) };

	snapshot->memory = 0;
	say_objects(&text);
	say_queue(&text, "queue", scene.queue, &snapshot->memory);
	say_queue(&text, "priorities", scene.priorities, &snapshot->memory);
	say_queue(&text, "own", scene.own, &snapshot->memory);
	say_region(&text);
	say_account(&text, &snapshot->charged);
}

static bool same(const struct snapshot *a, const struct snapshot *b,
		 uint64_t extra)
{
	uint64_t kept = b->memory - a->memory, charged = b->charged - a->charged;

	return !strcmp(a->text, b->text) && charged >= kept &&
	       charged - kept <= extra;
}

static void print_snapshot(const char *when, const struct snapshot *snapshot)
{
	print_error("%s: %" PRIu64 " bytes charged, %" PRIu64
		    " of them for the scene\n%s", when, snapshot->charged,
		    snapshot->memory, snapshot->text);
}

void snapshot_compare(const struct snapshot *before, uint64_t extra)
{
	struct snapshot now;
	int tries;

	for (tries = 0; tries < 200; tries++) {
		snapshot_take(&now);
		if (same(before, &now, extra))
			return;
		sleep_ms(tries < 10 ? 1 : 20);
	}
	print_snapshot("before", before);
	print_snapshot("after", &now);
	fail_msg("a failed call has changed something");
}
