// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches that do not wait: each entry is a call of its own, up to the first that fails.
 */
#include "../guest/common.h"
#include "operations.h"

#include <string.h>

#define MOST_ENTRIES	5
#define ENTRY_ROOM	2048

union entries {
	struct ipcq_send_entry send[MOST_ENTRIES];
	struct ipcq_receive_entry receive[MOST_ENTRIES];
};

static unsigned char *room_of(unsigned int i)
{
	return actor(0)->hole - (i + 1) * ENTRY_ROOM;
}

static void draw_entry(struct call *call, const struct handle *handle, bool sends)
{
	*call = (struct call) {
		.queue = handle->queue,
		.sends = sends,
		.permitted = sends ? handle->writes : handle->reads,
		.form = IOCTL,
		/* An entry to receive into has no place for how many were dropped. */
		.size = sends ? sizeof(struct ipcq_queue_send) : IPCQ_QUEUE_RECEIVE_MIN,
		.patience = NEVER,
		.tag = draw(UINT64_MAX),
		.of_handle = handle->filter,
		.caller = { .pid = actor(0)->pid, .start = actor(0)->start },
		.begun = coarse_time(),
	};
	if (sends) {
		call->length = draw(handle->queue->max_message_size + (uint64_t)1) % ENTRY_ROOM;
		call->type = draw(4);
		if (handle->queue->order == IPCQ_ORDER_PRIORITY)
			call->priority = draw(4);
	} else {
		call->length = percent(90) ? ENTRY_ROOM : draw(ENTRY_ROOM);
	}
	call->accessible = call->length;
}

static void fill_entry(union entries *entries, unsigned int i, const struct call *call)
{
	if (!call->sends) {
		entries->receive[i].payload = (uintptr_t)room_of(i);
		entries->receive[i].length = call->length;
		return;
	}
	fill_payload(room_of(i), call->tag, call->length);
	entries->send[i].payload = (uintptr_t)room_of(i);
	entries->send[i].length = call->length;
	entries->send[i].priority = call->priority;
	entries->send[i].type = call->type;
}

static void compare_entry(const union entries *entries, unsigned int i,
			  const struct call *call)
{
	const struct ipcq_receive_entry *entry = &entries->receive[i];
	const struct answer *expected = &call->expected;

	if (call->sends) {
		if (entries->send[i].sequence != expected->sequence)
			disagree("entry %u has another number", i);
		return;
	}
	if (entry->length != (uint64_t)expected->value ||
	    entry->sequence != expected->sequence ||
	    entry->priority != expected->priority || entry->type != expected->type ||
	    entry->pid != expected->sender.pid || entry->uid != expected->sender.uid ||
	    entry->gid != expected->sender.gid)
		disagree("entry %u is not message %llu", i,
			 (unsigned long long)expected->sequence);
	else if (!is_payload(room_of(i), expected->tag, entry->length))
		disagree("the payload of entry %u is another's", i);
}

/*
 * Whether it is said what comes of it: with others that wait, messages that come and go
 * at a time meet them in an order that is not.
 */
static bool is_determined(const struct queue *queue)
{
	return !queue->receivers && !queue->senders && queue->life != AT_ONCE;
}

static void batch(bool sends)
{
	struct handle *handle = draw_handle();
	struct call calls[MOST_ENTRIES];
	union entries entries = { 0 };
	unsigned int count = 1 + draw(MOST_ENTRIES), done;
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)&entries,
		.count = count,
		.entry_size = sends ? sizeof(entries.send[0]) : sizeof(entries.receive[0]),
	};
	unsigned int i;
	long result;

	if (!handle || !is_determined(handle->queue))
		return;
	say("%s many %ld: %u", sends ? "send" : "receive", (long)(handle - world.handles),
	    count);
	for (i = 0; i < count; i++) {
		draw_entry(&calls[i], handle, sends);
		calls[i].opener = handle->opener;
		fill_entry(&entries, i, &calls[i]);
	}
	for (done = 0; done < count; done++) {
		model_call(&calls[done]);
		if (calls[done].expected.error_count)
			break;
	}
	result = call(handle->fd, sends ? IPCQ_IOC_QUEUE_SEND_MANY :
					  IPCQ_IOC_QUEUE_RECEIVE_MANY, &args);
	if (done ? result != (long)done :
		   result >= 0 || !may_fail(&calls[0].expected, -result))
		disagree("the result is %s and should be %u or %s", error_text(result), done,
			 answer_text(&calls[0].expected));
	for (i = 0; i < done && !world.failed; i++)
		compare_entry(&entries, i, &calls[i]);
}

void do_send_many(void)
{
	batch(true);
}

void do_receive_many(void)
{
	batch(false);
}
