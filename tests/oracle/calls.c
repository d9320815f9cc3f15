// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call as the model knows it, made to the module, and its outcome compared.
 */
#include "../guest/common.h"
#include "world.h"

#include <string.h>

#define UNTOUCHED	0xa5
/* What is told is told in place of these. */
#define NOT_TOLD_LONG	0x1111222233334444ULL
#define NOT_TOLD	0x55556666U

union args {
	struct ipcq_queue_send send;
	struct ipcq_queue_receive receive;
	unsigned char bytes[256];
};
/* Where in an actor's place for structs the pieces of a vector are. */
#define PIECES_AT	1024

/* ----------------------------------------------------------------- payloads */

static unsigned char payload_byte(uint64_t tag, uint64_t at)
{
	return (tag >> at % 8 * 8) ^ at * 31;
}

void fill_payload(unsigned char *buffer, uint64_t tag, uint64_t length)
{
	uint64_t at;

	for (at = 0; at < length; at++)
		buffer[at] = payload_byte(tag, at);
}

bool is_payload(const unsigned char *buffer, uint64_t tag, uint64_t length)
{
	uint64_t at;

	for (at = 0; at < length; at++)
		if (buffer[at] != payload_byte(tag, at))
			return false;
	return true;
}

/* So that @accessible bytes of it can be used, and more only where that is all of it. */
static unsigned char *place_buffer(const struct actor *by, const struct call *call)
{
	uint64_t usable = call->accessible < call->length ? call->accessible : call->length;

	return by->hole - usable;
}

static void fill_buffer(const struct actor *by, const struct call *call)
{
	unsigned char *buffer = place_buffer(by, call);

	if (call->sends)
		fill_payload(buffer, call->tag, by->hole - buffer);
	else
		memset(by->hole - BUFFER_SIZE, UNTOUCHED, BUFFER_SIZE);
}

static bool untouched(const unsigned char *from, const unsigned char *to)
{
	/* Each byte is as the one before. */
	return from >= to || (*from == UNTOUCHED && !memcmp(from, from + 1, to - from - 1));
}

static void compare_payload(const struct actor *by, const struct call *call)
{
	const unsigned char *buffer = place_buffer(by, call);
	uint64_t length = call->expected.value;

	if (length > call->length)
		length = call->length;
	if (!is_payload(buffer, call->expected.tag, length))
		disagree("the payload is another's");
	else if (!untouched(by->hole - BUFFER_SIZE, buffer) ||
	    !untouched(buffer + length, by->hole))
		disagree("more than the message was written");
}

/* ------------------------------------------------------------------ structs */

static uint64_t deadline_of(const struct call *call)
{
	switch (call->patience) {
	case DEADLINE_PASSED:
		return 1;
	case DEADLINE_SOON:
		return in(2 * MS);
	default:
		/* None, or one that nobody lives to see. */
		return call->tag & 1 ? 0 : UINT64_MAX / 2 - (call->tag & 0xff);
	}
}

/* Told by a flag, unless the descriptor says it already. */
static uint32_t flags_of(const struct call *call, const struct handle *handle)
{
	if (call->patience != NEVER || (handle->nonblock && call->tag & 2))
		return 0;
	return call->sends ? IPCQ_SEND_F_NONBLOCK : IPCQ_RECEIVE_F_NONBLOCK;
}

static void fill_send(struct ipcq_queue_send *args, const struct call *call)
{
	args->priority = call->priority;
	args->sequence = NOT_TOLD_LONG;
	args->type = call->type;
	args->time_to_live = life_nanoseconds(call->life);
}

static void fill_receive(struct ipcq_queue_receive *args, const struct call *call)
{
	if (call->truncates)
		args->flags |= IPCQ_RECEIVE_F_TRUNCATE;
	if (call->leases)
		args->flags |= IPCQ_RECEIVE_F_LEASE;
	if (call->filters)
		args->flags |= IPCQ_RECEIVE_F_FILTER;
	args->match = call->own.match;
	args->least_priority = call->own.least_priority;
	args->type_first = call->own.type_first;
	args->type_last = call->own.type_last;
	args->redeliveries = NOT_TOLD;
	args->token = NOT_TOLD_LONG;
	args->sequence = NOT_TOLD_LONG;
	args->priority = NOT_TOLD;
	args->type = NOT_TOLD_LONG;
	args->dropped = NOT_TOLD_LONG;
	args->time = NOT_TOLD_LONG;
	args->pid = NOT_TOLD;
	args->uid = NOT_TOLD;
	args->gid = NOT_TOLD;
	args->start_time = NOT_TOLD_LONG;
	args->origin_id = NOT_TOLD_LONG;
	args->origin_sequence = NOT_TOLD_LONG;
	args->origin_reason = NOT_TOLD;
}

static void fill_args(union args *args, const struct call *call,
		      const struct handle *handle, const struct attempt *attempt)
{
	uint32_t size = call->size;

	memset(args, 0, sizeof(*args));
	/* The two begin alike. */
	args->send.flags = flags_of(call, handle);
	args->send.payload = attempt->buffer;
	args->send.length = attempt->length;
	args->send.deadline = deadline_of(call);
	if (call->sends)
		fill_send(&args->send, call);
	else
		fill_receive(&args->receive, call);
	if (call->form == IOCTL_VECTOR)
		args->send.flags |= IPCQ_SEND_F_VECTOR;
	if (call->spoilt == FLAG_SPOILT)
		args->send.flags |= 1U << 31;
	if (call->spoilt == SIZE_SPOILT)
		size = call->tag & 4 ? size - 4 : 24;
	if (call->spoilt == TAIL_SPOILT) {
		size = (call->sends ? sizeof(args->send) : sizeof(args->receive)) + 8;
		args->bytes[size - 1 - call->tag % 8] = 1;
	} else if (call->spoilt != SIZE_SPOILT) {
		memset(args->bytes + size, UNTOUCHED, sizeof(*args) - size);
	}
	args->send.size = size;
}

/* --------------------------------------------------------------- the attempt */

/* The buffer in three pieces, of which some may be empty, and one that is. */
static void cut_buffer(struct attempt *attempt, struct actor *by)
{
	struct ipcq_vector *pieces = (void *)(by->writable + PIECES_AT);
	uint64_t half = attempt->cut / 2;

	pieces[0] = (struct ipcq_vector) { attempt->buffer, half };
	pieces[1] = (struct ipcq_vector) { 8, 0 };
	pieces[2] = (struct ipcq_vector) { attempt->buffer + half, attempt->cut - half };
	pieces[3] = (struct ipcq_vector) { attempt->buffer + attempt->cut,
					   attempt->length - attempt->cut };
	attempt->buffer = (uintptr_t)pieces;
	attempt->length = 4;
}

static void prepare_ioctl(struct pending *pending, struct actor *by)
{
	const struct call *call = &pending->call;
	struct attempt *attempt = &by->attempt;
	union args args;

	if (call->form == IOCTL_VECTOR)
		cut_buffer(attempt, by);
	fill_args(&args, call, pending->handle, attempt);
	memcpy(pending->args, &args, sizeof(args));
	memcpy(by->writable, &args, sizeof(args));
	attempt->how = BY_IOCTL;
	attempt->command = call->sends ? IPCQ_IOC_QUEUE_SEND : IPCQ_IOC_QUEUE_RECEIVE;
	attempt->args = (uintptr_t)(call->spoilt == STRUCT_READ_ONLY ? by->read_only :
								       by->writable);
}

static void prepare(struct pending *pending, struct actor *by)
{
	const struct call *call = &pending->call;
	struct attempt *attempt = &by->attempt;

	fill_buffer(by, call);
	attempt->fd = pending->handle->fd;
	attempt->buffer = (uintptr_t)place_buffer(by, call);
	/* Nobody looks at the address of nothing. */
	if (!call->length && call->tag & 8)
		attempt->buffer = call->tag & 16 ? 0 : 8;
	attempt->length = call->length;
	attempt->cut = call->length ? call->tag % call->length : 0;
	if (call->form == READ_WRITE)
		attempt->how = call->sends ? BY_WRITE : BY_READ;
	else if (call->form == READV_WRITEV)
		attempt->how = call->sends ? BY_WRITEV : BY_READV;
	else
		prepare_ioctl(pending, by);
}

/* In the test's own process, as that user: the others go on as they are. */
static void act_as(uint32_t user)
{
	become(user);
	actor_act();
	become(0);
}

void make_call(unsigned int number, struct handle *handle)
{
	struct pending *pending = &world.pending[number];
	struct actor *by = actor(number);

	pending->busy = true;
	pending->call.caller.pid = by->pid;
	pending->call.caller.start = by->start;
	pending->call.opener = handle->opener;
	pending->call.of_handle = handle->filter;
	pending->call.begun = coarse_time();
	pending->handle = handle;
	prepare(pending, by);
	names_call_begins(handle);
	model_call(&pending->call);
	pending->waited = !pending->call.expected.given;
	if (number)
		actor_go(number);
	else
		act_as(pending->call.caller.uid);
}

/* ------------------------------------------------------------- the comparison */

static void compare_value(const char *what, uint64_t value, uint64_t expected)
{
	if (value != expected)
		disagree("%s is %llu and should be %llu", what, (unsigned long long)value,
			 (unsigned long long)expected);
}

/* The kernel counts nanoseconds, what /proc shows are hundredths of a second. */
#define TICK	10000000

/* What is told of a message, as far as it can be known; the rest is taken over. */
static void fill_told(struct ipcq_queue_receive *args, const struct answer *expected,
		      const struct ipcq_queue_receive *told)
{
	args->sequence = expected->sequence;
	args->priority = expected->priority;
	args->type = expected->type;
	args->pid = expected->sender.pid;
	args->uid = expected->sender.uid;
	args->gid = expected->sender.gid;
	args->redeliveries = expected->redeliveries;
	args->token = expected->held ? told->token : 0;
	args->dropped = expected->dropped;
	args->origin_id = expected->origin.id;
	args->origin_sequence = expected->origin.sequence;
	args->origin_reason = expected->origin.reason;
	args->time = told->time;
	args->start_time = told->start_time;
}

static void compare_times(const struct call *call, const struct ipcq_queue_receive *told)
{
	const struct answer *expected = &call->expected;

	if (RECEIVE_HAS(call, time) &&
	    (told->time < expected->sent_after || told->time > coarse_time()))
		disagree("sent at %llu, and should after %llu", (unsigned long long)told->time,
			 (unsigned long long)expected->sent_after);
	if (RECEIVE_HAS(call, start_time))
		compare_value("start_time", told->start_time / TICK, expected->sender.start);
}

static void compare_members(const struct call *call, const union args *after,
			    const union args *args)
{
	if (call->sends) {
		compare_value("sequence", after->send.sequence, args->send.sequence);
		return;
	}
	compare_value("length", after->receive.length, args->receive.length);
	compare_value("sequence", after->receive.sequence, args->receive.sequence);
	compare_value("priority", after->receive.priority, args->receive.priority);
	compare_value("type", after->receive.type, args->receive.type);
	compare_value("pid", after->receive.pid, args->receive.pid);
	compare_value("uid", after->receive.uid, args->receive.uid);
	compare_value("gid", after->receive.gid, args->receive.gid);
	compare_value("redeliveries", after->receive.redeliveries,
		      args->receive.redeliveries);
	compare_value("token", after->receive.token, args->receive.token);
	compare_value("dropped", after->receive.dropped, args->receive.dropped);
	compare_value("origin_id", after->receive.origin_id, args->receive.origin_id);
	compare_value("origin_sequence", after->receive.origin_sequence,
		      args->receive.origin_sequence);
}

/* What a struct holds after the call is what was given and what is told. */
static void compare_args(const struct pending *pending, const struct actor *by, long result)
{
	const struct answer *expected = &pending->call.expected;
	const struct call *call = &pending->call;
	union args args, after, given;

	memcpy(&given, pending->args, sizeof(given));
	memcpy(&after, by->writable, sizeof(after));
	/* What was told before the copy failed is nobody's business. */
	if (result == -EFAULT)
		return;
	args = given;
	if (result == -EMSGSIZE && !call->sends)
		args.receive.length = expected->told_length;
	if (result >= 0 && call->sends)
		args.send.sequence = expected->sequence;
	if (result >= 0 && !call->sends) {
		fill_told(&args.receive, expected, &after.receive);
		compare_times(call, &after.receive);
	}
	/* It is told as far as the struct goes. */
	if (call->size < sizeof(args))
		memcpy(args.bytes + call->size, given.bytes + call->size,
		       sizeof(args) - call->size);
	compare_members(call, &after, &args);
	if (memcmp(&after, &args, sizeof(args)))
		disagree("a member has changed that should not");
}

/* The token by which the caller holds the message. */
static void note_token(struct message *message, const struct pending *pending,
		       const struct actor *by)
{
	union args after;

	memcpy(&after, by->writable, sizeof(after));
	message->token = after.receive.token;
	message->holder = pending;
	message->holder_handle = pending->handle;
	if (!message->token)
		disagree("a message is held without a token");
}

/* How often each has come of sends and of receives; 0 is success. */
static unsigned long tally[2][EHWPOISON + 1];
static unsigned long tally_waited[2];
static unsigned long tally_dead_letters;
static unsigned long tally_redelivered;

static void count(const struct call *call, long result, bool waited)
{
	tally[call->sends][result < 0 ? -result : 0]++;
	if (waited && result >= 0)
		tally_waited[call->sends]++;
	if (result >= 0 && call->expected.origin.reason)
		tally_dead_letters++;
	if (result >= 0 && call->expected.redeliveries)
		tally_redelivered++;
}

void check_tally(bool enough)
{
	static const int errors[] = {
		0, EAGAIN, ETIMEDOUT, EINTR, EMSGSIZE, EBADF, EINVAL, EFAULT, E2BIG, EOPNOTSUPP,
	};
	unsigned int sends, i;

	for (sends = 0; sends < 2; sends++) {
		print_message("%s: %lu waited", sends ? "sends" : "receives",
			      tally_waited[sends]);
		for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
			print_message(", %lu %s", tally[sends][errors[i]],
				      error_text(-errors[i]));
			if (enough)
				assert_int_not_equal(tally[sends][errors[i]], 0);
		}
		print_message("\n");
		if (enough)
			assert_int_not_equal(tally_waited[sends], 0);
	}
	print_message("%lu dead letters and %lu redelivered received\n", tally_dead_letters,
		      tally_redelivered);
}

void compare_call(unsigned int number)
{
	struct pending *pending = &world.pending[number];
	const struct answer *expected = &pending->call.expected;
	const struct actor *by = actor(number);
	long result = by->attempt.result;

	pending->busy = false;
	say("  by %u: %s", number, error_text(result));
	if (!expected->given)
		disagree("the call of %u came back with %s and should wait", number,
			 error_text(result));
	else if (result < 0 ? !may_fail(expected, -result) :
			      expected->error_count || result != expected->value)
		disagree("the result of %u is %s and should be %s", number,
			 error_text(result), answer_text(expected));
	if (world.failed)
		return;
	count(&pending->call, result, pending->waited);
	if (by->attempt.how == BY_IOCTL)
		compare_args(pending, by, result);
	if (result >= 0 && expected->held)
		note_token(expected->held, pending, by);
	/* A vector of nothing has received nothing. */
	if (result >= 0 && !pending->call.sends && expected->sequence)
		compare_payload(by, &pending->call);
	names_call_ended(&world.names, pending->handle);
}

static const char *const form_names[FORMS] = {
	"ioctl", "vector", "read/write", "readv/writev",
};
static const char *const patience_names[] = { "waits", "nonblock", "past", "soon" };
static const char *const spoilt_names[] = {
	"", ", bad size", ", bad tail", ", bad flag", ", read-only",
};

static const char *const life_names[] = { "", ", lives long", ", lives until soon", ", lives not" };

void describe_filter(const struct filter *filter)
{
	say("filter: match %u, types %llu to %llu, priority %u or more", filter->match,
	    (unsigned long long)filter->type_first, (unsigned long long)filter->type_last,
	    filter->least_priority);
}

void describe_call(const struct call *call, const struct handle *handle)
{
	say("%s %ld: %s of %u, %llu bytes, %llu accessible, priority %u, %s%s%s%s%s",
	    call->sends ? "send" : "receive", (long)(handle - world.handles),
	    form_names[call->form], call->size, (unsigned long long)call->length,
	    (unsigned long long)call->accessible, call->priority,
	    patience_names[call->patience], spoilt_names[call->spoilt],
	    life_names[call->life], call->truncates ? ", truncate" : "",
	    call->caller.uid ? ", as a stranger" : call->leases ? ", lease" : "");
	if (call->sends)
		say("type %llu", (unsigned long long)call->type);
	if (call->filters)
		describe_filter(&call->own);
}
