// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single sends and receives, and what ends one that waits.
 */
#include "../guest/common.h"
#include "operations.h"

#include <errno.h>

static unsigned int idle_actor(void)
{
	unsigned int i;

	for (i = 1; i < ACTORS; i++)
		if (!world.pending[i].busy)
			return i;
	return 0;
}

/* Of lengths, those at which something changes are the likely ones. */
static uint64_t draw_length(const struct queue *queue)
{
	static const uint64_t edges[] = { 0, 1, 8, 191, 192, 193, 256, 257, 4096, 4097 };
	uint64_t length = queue->max_message_size;

	switch (draw(6)) {
	case 0:
		length = edges[draw(sizeof(edges) / sizeof(*edges))];
		break;
	case 1:
		return percent(30) ? length + 1 : length;
	default:
		length = draw(queue->max_message_size + 1);
	}
	return length > BUFFER_SIZE ? draw(BUFFER_SIZE) : length;
}

/* A buffer: as long as what comes, a little shorter, or long enough for all. */
static uint64_t draw_room(const struct handle *handle)
{
	uint64_t next = model_next_length(handle->queue, &handle->filter);

	switch (draw(8)) {
	case 0:
		return next;
	case 1:
		return next ? next - 1 : 0;
	case 2:
		return draw_length(handle->queue);
	default:
		return BUFFER_SIZE;
	}
}

static void draw_patience(struct call *call, const struct handle *handle)
{
	if (handle->nonblock || percent(call->sends ? 40 : 50))
		call->patience = NEVER;
	else if (percent(20))
		call->patience = percent(80) ? DEADLINE_PASSED : DEADLINE_SOON;
	/* See draw_special(). */
	if (!call->sends && handle->queue->life == AT_ONCE) {
		call->form = IOCTL;
		call->patience = NEVER;
	}
	/* The others have no deadline and no flag. */
	if (call->form > IOCTL_VECTOR && call->patience != FOR_EVER && !handle->nonblock)
		call->patience = FOR_EVER;
}

static void spoil(struct call *call)
{
	if (percent(30))
		call->accessible = call->length ? draw(call->length) : 0;
	else if (call->form <= IOCTL_VECTOR)
		call->spoilt = 1 + draw(STRUCT_READ_ONLY);
	/* What is wrong in a call that has to wait first may be found before or after. */
	if (call->patience == FOR_EVER && call->form <= IOCTL_VECTOR && percent(50))
		call->patience = NEVER;
}

/* The smallest struct, the whole one, or one that a later kernel knows. */
static uint32_t draw_struct_size(const struct call *call)
{
	uint32_t whole = call->sends ? sizeof(struct ipcq_queue_send) :
				       sizeof(struct ipcq_queue_receive);

	if (call->form == IOCTL && percent(40))
		return IPCQ_QUEUE_SEND_MIN;
	/* What is in pieces needs more than that. */
	if (percent(50))
		return 48 + 8 * draw((whole - 48) / 8 + 1);
	return percent(80) ? whole : whole + 8 * draw(4);
}

static unsigned int draw_actor(struct call *call)
{
	unsigned int number = idle_actor();

	if (call->patience == FOR_EVER && !number) {
		call->patience = NEVER;
		if (call->form > IOCTL_VECTOR) {
			call->form = IOCTL;
			call->size = 48;
		}
	}
	return call->patience == FOR_EVER || percent(10) ? number : 0;
}

/* Whether its dead letters go to another queue. */
static bool has_heir(const struct queue *queue)
{
	return model_find(world.names.queues, queue->dead_letter);
}

/* Types are few, so that filters find something. */
static uint64_t draw_type(void)
{
	return percent(97) ? draw(4) : draw(UINT64_MAX);
}

struct filter draw_filter(void)
{
	struct filter filter = { .match = draw(IPCQ_MATCH_EXCEPT + 1) };

	if (percent(30))
		filter.least_priority = percent(95) ? draw(4) : draw(IPCQ_PRIORITY_MAX + 2);
	if (filter.match != IPCQ_MATCH_ANY || percent(2))
		filter.type_first = draw_type();
	if (filter.match == IPCQ_MATCH_RANGE || percent(2))
		filter.type_last = filter.type_first + draw(percent(95) ? 3 : UINT64_MAX);
	if (percent(2))
		filter.match = IPCQ_MATCH_EXCEPT + 1;
	return filter;
}

static bool takes_all(const struct filter *filter)
{
	return !filter->match && !filter->least_priority;
}

/*
 * Those that wait by a filter can wait while senders do.  Then several messages may come
 * at a time, and where one goes that somebody puts back depends on who was first.
 */
static void keep_what_comes(struct call *call, const struct handle *handle)
{
	if (call->sends || call->patience != FOR_EVER ||
	    (!call->filters && takes_all(&handle->filter)))
		return;
	call->length = BUFFER_SIZE;
	call->accessible = BUFFER_SIZE;
	if (call->spoilt == STRUCT_READ_ONLY)
		call->spoilt = NOTHING_SPOILT;
}

/* What few calls ask for. */
static void draw_special(struct call *call, const struct queue *queue)
{
	if (call->sends && percent(50))
		call->type = draw_type();
	if (call->sends && percent(has_heir(queue) ? 50 : 10)) {
		call->life = LONG + draw(3);
		if (call->form <= IOCTL_VECTOR)
			call->size = sizeof(struct ipcq_queue_send);
	}
	/* Whether one that waits already gets what is gone at once is not said. */
	if (call->life == AT_ONCE && queue->receivers)
		call->life = LONG;
	/* It is dead at once, and not when others let it in. */
	if (call->life == AT_ONCE && call->patience == FOR_EVER && call->form <= IOCTL_VECTOR)
		call->patience = NEVER;
	/* A struct without the member has no use for it. */
	if (!call->sends && call->form <= IOCTL_VECTOR && call->size > IPCQ_QUEUE_RECEIVE_MIN)
		call->truncates = percent(20);
	if (!call->sends && call->form <= IOCTL_VECTOR && call->size > IPCQ_QUEUE_RECEIVE_MIN)
		call->filters = percent(30);
	if (call->filters || percent(1))
		call->own = draw_filter();
}

static void transfer(bool sends)
{
	struct handle *handle = draw_handle();
	struct call call = { .sends = sends };
	unsigned int number;

	if (!handle)
		return;
	call.queue = handle->queue;
	call.permitted = sends ? handle->writes : handle->reads;
	call.form = draw(FORMS);
	call.tag = draw(UINT64_MAX);
	call.length = sends ? draw_length(handle->queue) : draw_room(handle);
	call.accessible = call.length;
	draw_patience(&call, handle);
	if (call.form <= IOCTL_VECTOR)
		call.size = draw_struct_size(&call);
	if (sends && handle->queue->order == IPCQ_ORDER_PRIORITY)
		call.priority = percent(80) ? draw(4) : draw(IPCQ_PRIORITY_MAX + 2);
	else if (sends && percent(2))
		call.priority = 1;
	draw_special(&call, handle->queue);
	if (percent(10))
		spoil(&call);
	if (!sends && call.form <= IOCTL_VECTOR && percent(30) && !call.spoilt) {
		call.leases = true;
		call.size = sizeof(struct ipcq_queue_receive);
	}
	if (!sends && call.form == IOCTL && percent(3))
		call.length = UINT64_MAX - draw(2);
	if (call.accessible > BUFFER_SIZE)
		call.accessible = BUFFER_SIZE;
	keep_what_comes(&call, handle);
	number = draw_actor(&call);
	if (!number && percent(10))
		call.caller.uid = call.caller.gid = STRANGER;
	world.pending[number].call = call;
	describe_call(&call, handle);
	make_call(number, handle);
	if (!number)
		compare_call(number);
}

void do_send(void)
{
	transfer(true);
}

void do_receive(void)
{
	transfer(false);
}

/* --------------------------------------------------------- ends of a waiting */

static unsigned int draw_waiting(void)
{
	unsigned int i = draw(ACTORS), tries;

	for (tries = 0; tries < ACTORS; tries++, i = (i + 1) % ACTORS)
		if (world.pending[i].busy)
			return i;
	return 0;
}

void do_signal(void)
{
	unsigned int number = draw_waiting();
	struct call *call = &world.pending[number].call;
	bool restart = percent(50);

	if (!number)
		return;
	/* A call that is restarted looks for its descriptor again. */
	restart = restart && world.pending[number].handle->open;
	say("signal %u%s", number, restart ? ", which restarts" : "");
	/* It finds its descriptor as it is now. */
	if (restart)
		call->of_handle = world.pending[number].handle->filter;
	if (restart && world.pending[number].handle->nonblock)
		call->patience = NEVER;
	if (restart)
		model_restart(call);
	else
		model_withdraw(call, EINTR);
	be_patient_again();
	if (!actor_signal(number, restart, patient))
		disagree("no handler ran in %u", number);
}

void do_kill(void)
{
	unsigned int number = draw_waiting();
	struct pending *pending = &world.pending[number];

	if (!number || !owner_can_end(pending, NULL))
		return;
	say("kill %u", number);
	actor_kill(number);
	pending->busy = false;
	model_withdraw(&pending->call, EINTR);
	owner_ends(pending, NULL);
	names_call_ended(&world.names, pending->handle);
}

