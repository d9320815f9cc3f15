// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be done: each operation draws its arguments, right mostly and wrong one at a
 * time, does the same to the model and to the module, and compares what came of it.
 */
#include "../guest/common.h"
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = { NULL, "oracle-a", "oracle-b" };
#define NAMES	(sizeof(names) / sizeof(*names))

/* A user without privileges. */
#define STRANGER	1000

static long call_as(uint32_t user, int fd, unsigned int command, void *args)
{
	long result;

	become(user);
	result = call(fd, command, args);
	become(0);
	return result;
}

/* --------------------------------------------------------- sends and receives */

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
static uint64_t draw_room(const struct queue *queue)
{
	uint64_t next = model_next_length(queue);

	switch (draw(8)) {
	case 0:
		return next;
	case 1:
		return next ? next - 1 : 0;
	case 2:
		return draw_length(queue);
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

/* What few calls ask for. */
static void draw_special(struct call *call, const struct queue *queue)
{
	if (call->sends && percent(50))
		call->type = draw(percent(90) ? 4 : UINT64_MAX);
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
	call.length = sends ? draw_length(handle->queue) : draw_room(handle->queue);
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
	number = draw_actor(&call);
	if (!number && percent(10))
		call.caller.uid = call.caller.gid = STRANGER;
	world.pending[number].call = call;
	describe_call(&call, handle);
	make_call(number, handle);
	if (!number)
		compare_call(number);
}

static void do_send(void)
{
	transfer(true);
}

static void do_receive(void)
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

static void do_signal(void)
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

static void do_kill(void)
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

static void compare_answer(const struct answer *answer, long result)
{
	if (result < 0 ? !may_fail(answer, -result) : result || answer->error_count)
		disagree("the result is %s and should be %s", error_text(result),
			 answer_text(answer));
}

/* ---------------------------------------------------------------------- leases */

static struct message *draw_held(struct queue **queue)
{
	struct handle *handle = draw_handle();
	struct message *message;
	unsigned int skip;

	if (!handle)
		return NULL;
	*queue = handle->queue;
	skip = draw(3);
	for (message = (*queue)->held; message && message->next && skip; skip--)
		message = message->next;
	return message;
}

/* Made by the process that holds the message, which has nothing else to do. */
static long call_by(const struct pending *holder, int fd, const struct ipcq_queue_lease *args)
{
	unsigned int number = holder - world.pending;
	struct actor *by = actor(number);

	memcpy(by->writable, args, sizeof(*args));
	by->attempt.how = BY_IOCTL;
	by->attempt.fd = fd;
	by->attempt.command = IPCQ_IOC_QUEUE_LEASE;
	by->attempt.args = (uintptr_t)by->writable;
	by->attempt.result = -EINPROGRESS;
	if (!number) {
		actor_act();
		return by->attempt.result;
	}
	be_patient_again();
	for (actor_go(number); !actor_returned(number);)
		if (!patient())
			return -EINPROGRESS;
	actor_rest(number);
	return by->attempt.result;
}

static void end_hold(struct queue *queue, struct message *message, uint32_t operation)
{
	if (operation == IPCQ_LEASE_ACKNOWLEDGE)
		model_acknowledge(queue, message);
	else if (operation == IPCQ_LEASE_RETURN)
		model_return(queue, message);
}

static void do_lease(void)
{
	struct queue *queue = NULL;
	struct message *message = draw_held(&queue);
	const struct pending *holder;
	const struct handle *handle;
	struct ipcq_queue_lease args = {
		.size = percent(50) ? IPCQ_QUEUE_LEASE_MIN : sizeof(args),
		.operation = percent(50) ? IPCQ_LEASE_RETURN : draw(IPCQ_LEASE_EXTEND + 1),
	};
	struct answer answer = { 0 };

	if (!message)
		return;
	holder = message->holder;
	handle = message->holder_handle;
	args.token = message->token;
	/* By another process, through another handle, or with another token. */
	if (percent(10))
		holder = &world.pending[(holder - world.pending + 1) % ACTORS];
	if (percent(10))
		handle = draw_handle();
	if (percent(5))
		args.token += 1000;
	if (args.operation == IPCQ_LEASE_EXTEND && percent(50))
		args.time = life_nanoseconds(LONG);
	if (holder->busy || !handle->open)
		return;
	if (holder != message->holder || handle != message->holder_handle ||
	    args.token != message->token)
		add_error(&answer, ENOKEY);
	if (!handle->reads)
		add_error(&answer, EBADF);
	say("lease operation %u of %llu through %ld, by %ld", args.operation,
	    (unsigned long long)args.token, (long)(handle - world.handles),
	    (long)(holder - world.pending));
	if (!answer.error_count)
		end_hold(queue, message, args.operation);
	compare_answer(&answer, call_by(holder, handle->fd, &args));
}

/* ------------------------------------------------------------------ attributes */

static uint32_t draw_messages(void)
{
	return percent(98) ? 1 + draw(8) : percent(50) ? world.limits.max_messages : UINT32_MAX;
}

static uint32_t draw_size(void)
{
	if (percent(2))
		return percent(50) ? world.limits.max_message_size : UINT32_MAX;
	return 1 + draw(percent(70) ? 40 : BUFFER_SIZE);
}

static uint64_t draw_bytes(uint32_t size)
{
	return percent(95) ? size + draw(percent(50) ? 40 : 4 * BUFFER_SIZE) : draw(size + 1);
}

static uint32_t draw_full(void)
{
	return percent(98) ? draw(IPCQ_FULL_DROP_NEWEST + 1) : IPCQ_FULL_DROP_NEWEST + 1;
}

/* Another queue, none, or one that there is not. */
static uint64_t draw_dead_letter(const struct queue *not)
{
	const struct handle *handle = draw_handle();

	if (handle && handle->queue == not && percent(80))
		handle = draw_handle();
	if (percent(10))
		return percent(50) ? 0 : 1ULL << 40;
	return handle ? handle->queue->id : 0;
}

/* By whom it is, and which queue is to take dead letters. */
static void judge_set(const struct queue *queue, const struct ipcq_queue_set *args,
		      const struct identity *caller, struct answer *answer)
{
	int error = 0;

	if (!names_owner(queue, caller->uid))
		add_error(answer, EPERM);
	if (args->flags & IPCQ_SET_F_DEAD_LETTER && args->dead_letter != queue->id)
		error = names_judge_dead_letter(&world.names, args->dead_letter, caller);
	if (error)
		add_error(answer, error);
}

static void do_set(void)
{
	struct handle *handle = draw_handle();
	struct ipcq_queue_set args = { .size = sizeof(args) };
	uint32_t user = percent(10) ? STRANGER : 0;
	struct identity caller = { .uid = user, .gid = user };
	struct answer answer = { 0 };

	if (!handle)
		return;
	if (percent(60))
		args.max_messages = draw_messages();
	if (percent(40))
		args.max_message_size = draw_size();
	if (percent(40))
		args.max_bytes = draw_bytes(args.max_message_size ?:
					    handle->queue->max_message_size);
	if (percent(20)) {
		args.flags |= IPCQ_SET_F_TIME_TO_LIVE;
		/* See draw_special(). */
		args.time_to_live = life_nanoseconds(percent(70) ? UNLIMITED :
						     draw(handle->queue->receivers ? AT_ONCE :
								AT_ONCE + 1));
	} else if (percent(2)) {
		args.time_to_live = 1;
	}
	if (percent(40)) {
		args.flags |= IPCQ_SET_F_DEAD_LETTER;
		args.dead_letter = draw_dead_letter(handle->queue);
	}
	if (percent(15)) {
		args.flags |= IPCQ_SET_F_FULL;
		args.full = draw_full();
	}
	if (percent(15)) {
		args.flags |= IPCQ_SET_F_REDELIVERY_LIMIT;
		args.redelivery_limit = draw(4);
	} else if (percent(2)) {
		args.redelivery_limit = 1;
	}
	say("set %ld: %u messages, of %u bytes, %llu bytes, flags %#x, life %llu, dead letters to %llu, full %u, limit %u, by user %u",
	    (long)(handle - world.handles), args.max_messages, args.max_message_size,
	    (unsigned long long)args.max_bytes, args.flags,
	    (unsigned long long)args.time_to_live, (unsigned long long)args.dead_letter,
	    args.full, args.redelivery_limit, user);
	judge_set(handle->queue, &args, &caller, &answer);
	model_set(handle->queue, &args, &world.limits, &answer);
	compare_answer(&answer, call_as(user, handle->fd, IPCQ_IOC_QUEUE_SET, &args));
}

static void do_nonblock(void)
{
	struct handle *handle = draw_handle();

	if (!handle)
		return;
	handle->nonblock = !handle->nonblock;
	say("handle %ld: O_NONBLOCK %d", (long)(handle - world.handles), handle->nonblock);
	assert_int_equal(fcntl(handle->fd, F_SETFL, handle->nonblock ? O_NONBLOCK : 0), 0);
}

/* ---------------------------------------------------------- names and handles */

/* So that most of those who open again what exists demand what it has. */
static struct ipcq_queue_open draw_open(const char *name)
{
	static const uint32_t modes[] = { 0600, 0666, 0642, 0624, 0, 0200, 0006 };
	struct ipcq_queue_open args = queue_args(name, percent(90) ? CREATE : 0);

	args.open.flags |= percent(70) ? RW : 1U << draw(2);
	if (percent(20))
		args.open.flags |= IPCQ_OPEN_F_NONBLOCK;
	if (percent(5))
		args.open.flags |= IPCQ_OPEN_F_EXCL;
	if (name)
		args.open.lifetime = draw(3);
	args.order = name ? name == names[1] : draw(2);
	if (percent(name ? 30 : 80))
		args.max_messages = draw_messages();
	if (percent(name ? 10 : 60))
		args.max_message_size = draw_size();
	if (percent(name ? 5 : 20))
		args.max_bytes = draw_bytes(args.max_message_size);
	if (percent(5))
		args.time_to_live = life_nanoseconds(1 + draw(3));
	if (percent(name ? 5 : 30))
		args.full = draw_full();
	if (percent(30))
		args.dead_letter = draw_dead_letter(NULL);
	if (percent(name ? 5 : 30))
		args.redelivery_limit = 1 + draw(2);
	args.open.mode = modes[draw(sizeof(modes) / sizeof(*modes))];
	return args;
}

static void spoil_open(struct ipcq_queue_open *args)
{
	switch (draw(6)) {
	case 0:
		args->open.flags |= 1U << 31;
		break;
	case 1:
		args->open.flags &= ~RW;
		break;
	case 2:
		args->open.mode |= 01000;
		break;
	case 3:
		args->open.lifetime = 3;
		break;
	case 4:
		args->order = 2;
		break;
	default:
		args->reserved2 = 1;
	}
}

static struct handle *free_handle(void)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		if (!world.handles[i].open && !world.handles[i].calls)
			return &world.handles[i];
	return NULL;
}

/* The module's answer to an open for which the model has @answer. */
static void compare_open(struct handle *handle, const struct answer *answer,
			 const struct ipcq_queue_open *args, long result)
{
	bool new = handle->queue && !handle->queue->id;

	if (result < 0 ? !may_fail(answer, -result) : result || answer->error_count) {
		disagree("the result is %s and should be %s", error_text(result),
			 answer_text(answer));
		if (!result)
			close(args->open.fd);
		handle->open = false;
		return;
	}
	if (result)
		return;
	handle->fd = args->open.fd;
	if (new)
		handle->queue->id = args->open.id;
	if (args->open.id != handle->queue->id || args->open.created != new)
		disagree("object %llu was opened and should be %llu, created %u",
			 (unsigned long long)args->open.id,
			 (unsigned long long)handle->queue->id, args->open.created);
}

static void close_handle(struct handle *handle)
{
	say("close %ld", (long)(handle - world.handles));
	assert_int_equal(close(handle->fd), 0);
	owner_ends(&world.pending[0], handle);
	names_close(&world.names, handle);
}

static void do_open(void)
{
	struct handle *handle = free_handle();
	const char *name = percent(20) ? NULL : names[1 + draw(NAMES - 1)];
	struct ipcq_queue_open args = draw_open(name);
	struct identity opener = { .pid = actor(0)->pid, .start = actor(0)->start };
	struct answer answer = { 0 };

	if (!handle)
		return;
	if (percent(15))
		opener.uid = opener.gid = STRANGER;
	if (percent(5))
		spoil_open(&args);
	say("open %ld: %s, flags %#x, lifetime %u, order %u, %u messages, of %u bytes, %llu bytes",
	    (long)(handle - world.handles), name ?: "(anonymous)", args.open.flags,
	    args.open.lifetime, args.order, args.max_messages, args.max_message_size,
	    (unsigned long long)args.max_bytes);
	say("mode %#o, life %llu, dead letters to %llu, full %u, by user %u", args.open.mode,
	    (unsigned long long)args.time_to_live, (unsigned long long)args.dead_letter,
	    args.full, opener.uid);
	names_open(&world.names, &args, name, &world.limits, &opener, handle, &answer);
	compare_open(handle, &answer, &args,
		     call_as(opener.uid, device(), IPCQ_IOC_QUEUE_OPEN, &args));
	/* A second user would get a share, of which the model knows nothing. */
	if (handle->open && opener.uid && args.open.flags & IPCQ_OPEN_F_WRITE)
		close_handle(handle);
}

/* Whose descriptor it is that is closed where several processes have it is not said. */
static bool held_by_others(const struct handle *handle)
{
	const struct message *message = handle->queue->held;

	while (message && (message->holder_handle != handle ||
			   message->holder == &world.pending[0]))
		message = message->next;
	return message;
}

static void do_close(void)
{
	struct handle *handle = draw_handle();

	if (!handle)
		return;
	if (held_by_others(handle) || !owner_can_end(&world.pending[0], handle))
		return;
	close_handle(handle);
}

static void do_unlink(void)
{
	const char *name = names[1 + draw(NAMES - 1)];
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)name,
		.name_length = strlen(name),
	};
	uint32_t user = percent(20) ? STRANGER : 0;
	int error = names_unlink(&world.names, name, user);
	long result;

	say("unlink %s, by user %u", name, user);
	result = call_as(user, device(), IPCQ_IOC_UNLINK, &args);
	if (result != -error)
		disagree("the result is %s and should be %d", error_text(result), -error);
}

const struct operation operations[] = {
	{ "send", 40, do_send },
	{ "receive", 34, do_receive },
	{ "send many", 2, do_send_many },
	{ "receive many", 2, do_receive_many },
	{ "open", 12, do_open },
	{ "close", 3, do_close },
	{ "unlink", 1, do_unlink },
	{ "set", 5, do_set },
	{ "nonblock", 1, do_nonblock },
	{ "signal", 5, do_signal },
	{ "kill", 2, do_kill },
	{ "lease", 8, do_lease },
	{ "time", 1, let_expire },
	{ NULL, 0, NULL },
};
