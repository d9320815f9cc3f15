// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending to and receiving from a queue under faults.  Each run has a queue of its
 * own, because one that has been used keeps memory and then needs none.
 */
#include "operations.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define INLINE		100
#define BUFFERED	4000
#define LARGE		(1U << 20)
#define PRIORITY	777

/* What is sent: the pattern from here on; and what was received. */
static char pattern[LARGE + 16], received[LARGE];
/* Of the messages of this run. */
static size_t size;

/* The message that is sent as the number @i. */
static const char *payload(unsigned int i)
{
	return pattern + i;
}

static void own_queue(size_t message, uint32_t order)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 7 + i / 251;
	memset(received, 0, sizeof(received));
	size = message;
	args.order = order;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	scene.own = args.open.fd;
}

static void drop_queue(void)
{
	close(scene.own);
	scene.own = 0;
}

static void own_inline(void)
{
	own_queue(INLINE, IPCQ_ORDER_FIFO);
}

static void own_buffered(void)
{
	own_queue(BUFFERED, IPCQ_ORDER_FIFO);
}

static void own_large(void)
{
	own_queue(LARGE, IPCQ_ORDER_FIFO);
}

static void own_by_priority(void)
{
	own_queue(INLINE, IPCQ_ORDER_PRIORITY);
}

/* ------------------------------------------------------------------------ send */

static long send_as(uint32_t struct_size, uint32_t priority)
{
	struct ipcq_queue_send args = {
		.size = struct_size,
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)payload(0),
		.length = size,
		.priority = priority,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_SEND, &args);
}

static long send_whole(void)
{
	return send_as(sizeof(struct ipcq_queue_send), 0);
}

static long send_short(void)
{
	return send_as(IPCQ_QUEUE_SEND_MIN, 0);
}

static long send_priority(void)
{
	return send_as(sizeof(struct ipcq_queue_send), PRIORITY);
}

/* With a type and a time to live, in more pieces than need no memory. */
static long send_dressed(void)
{
	struct ipcq_vector pieces[16] = { { 0 } };
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK | IPCQ_SEND_F_VECTOR,
		.payload = (uintptr_t)pieces,
		.length = 16,
		.type = 7,
		.time_to_live = 3600 * SECOND,
	};

	pieces[3] = (struct ipcq_vector) { (uintptr_t)payload(0), 10 };
	pieces[15] = (struct ipcq_vector) { (uintptr_t)payload(10), size - 10 };
	return call(scene.own, IPCQ_IOC_QUEUE_SEND, &args);
}

/* A queue of one message, which the next one takes the place of. */
static void own_full(void)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = IPCQ_SET_F_FULL,
		.max_messages = 1,
		.full = IPCQ_FULL_DROP_OLDEST,
	};

	own_inline();
	assert_ok(queue_send(scene.own, payload(1), size, 0, 0));
	assert_ok(call(scene.own, IPCQ_IOC_QUEUE_SET, &args));
}

static long result_of(ssize_t ret)
{
	return ret < 0 ? -errno : ret;
}

static long write_whole(void)
{
	return result_of(write(scene.own, payload(0), size));
}

static long write_vector(void)
{
	const struct iovec vector[] = {
		{ (void *)payload(0), 10 },
		{ (void *)payload(10), size - 10 },
	};

	return result_of(writev(scene.own, vector, 2));
}

static void receive_number(unsigned int i)
{
	assert_int_equal(queue_receive(scene.own, received, sizeof(received),
				       IPCQ_RECEIVE_F_NONBLOCK, 0), size);
	assert_memory_equal(received, payload(i), size);
}

static void queue_is_empty(void)
{
	assert_error(queue_receive(scene.own, received, sizeof(received),
				   IPCQ_RECEIVE_F_NONBLOCK, 0), EAGAIN);
}

static void nothing_was_sent(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).sent, 0);
	queue_is_empty();
}

static void was_sent(long result)
{
	assert_true(result == 0 || result == (long)size);
	assert_int_equal(queue_stat(scene.own).sent, 1);
	receive_number(0);
	queue_is_empty();
}

static void nothing_was_dropped(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).sent, 1);
	assert_int_equal(queue_stat(scene.own).dropped, 0);
	receive_number(1);
	queue_is_empty();
}

static void the_older_was_dropped(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(queue_stat(scene.own).dropped, 1);
	receive_number(0);
	queue_is_empty();
}

/* --------------------------------------------------------------------- receive */

/* Three messages, of which the first was received: they come in order, 1 and 2. */
static void put_two(void)
{
	for (unsigned int i = 0; i < 3; i++)
		assert_ok(queue_send(scene.own, payload(i), size, 0, 0));
	receive_number(0);
	memset(received, 0, sizeof(received));
}

static void two_inline(void)
{
	own_inline();
	put_two();
}

static void two_buffered(void)
{
	own_buffered();
	put_two();
}

static void two_large(void)
{
	own_large();
	put_two();
}

static void two_by_priority(void)
{
	own_by_priority();
	put_two();
}

static long receive_as(uint32_t struct_size)
{
	struct ipcq_queue_receive args = {
		.size = struct_size,
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)received,
		.length = sizeof(received),
	};

	return call(scene.own, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

static long receive_whole(void)
{
	return receive_as(sizeof(struct ipcq_queue_receive));
}

/* The first of the two is what the filter takes, as neither has a type. */
static long receive_filtered(void)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK | IPCQ_RECEIVE_F_FILTER,
		.payload = (uintptr_t)received,
		.length = sizeof(received),
		.match = IPCQ_MATCH_EQUAL,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

static long receive_short(void)
{
	return receive_as(IPCQ_QUEUE_RECEIVE_MIN);
}

/* Succeeds when it is told how long a buffer it would need. */
static long receive_too_little(void)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = (uintptr_t)received,
		.length = 1,
	};
	long ret = call(scene.own, IPCQ_IOC_QUEUE_RECEIVE, &args);

	return ret == -EMSGSIZE ? (long)args.length : ret;
}

static long read_whole(void)
{
	return result_of(read(scene.own, received, sizeof(received)));
}

static long read_vector(void)
{
	const struct iovec vector[] = {
		{ received, 10 },
		{ received + 10, sizeof(received) - 10 },
	};

	return result_of(readv(scene.own, vector, 2));
}

/* The queue still has both messages, in their order. */
static void has_both(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).received, 1);
	receive_number(1);
	receive_number(2);
	queue_is_empty();
}

static void was_received(long result)
{
	assert_int_equal(result, size);
	assert_memory_equal(received, payload(1), size);
	receive_number(2);
	queue_is_empty();
}

static void was_told_length(long result)
{
	assert_int_equal(result, size);
	has_both(0);
}

/* --------------------------------------------------------------------- batches */

#define BATCH	2
static char received_too[LARGE];

static long send_batch_as(uint32_t entry_size, uint32_t priority)
{
	struct ipcq_send_entry whole[BATCH];
	struct { uint64_t payload, length; } heads[BATCH];
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = entry_size == sizeof(*whole) ? (uintptr_t)whole :
							  (uintptr_t)heads,
		.count = BATCH,
		.entry_size = entry_size,
	};

	for (unsigned int i = 0; i < BATCH; i++) {
		heads[i].payload = (uintptr_t)payload(i);
		heads[i].length = size;
		whole[i] = (struct ipcq_send_entry) {
			.payload = (uintptr_t)payload(i),
			.length = size,
			.priority = priority,
		};
	}
	return call(scene.own, IPCQ_IOC_QUEUE_SEND_MANY, &args);
}

static long send_batch(void)
{
	return send_batch_as(sizeof(struct ipcq_send_entry), 0);
}

static long send_short_batch(void)
{
	return send_batch_as(IPCQ_SEND_ENTRY_MIN, 0);
}

static long send_batch_priority(void)
{
	return send_batch_as(sizeof(struct ipcq_send_entry), PRIORITY);
}

/* What was said to be sent, and nothing else. */
static void batch_was_sent(long result)
{
	assert_in_range(result, 1, BATCH);
	assert_int_equal(queue_stat(scene.own).sent, result);
	for (unsigned int i = 0; i < result; i++)
		receive_number(i);
	queue_is_empty();
}

static long receive_batch(void)
{
	struct ipcq_receive_entry entries[BATCH] = {
		{ .payload = (uintptr_t)received, .length = sizeof(received) },
		{ .payload = (uintptr_t)received_too, .length = sizeof(received) },
	};
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)entries,
		.count = BATCH,
		.entry_size = sizeof(*entries),
	};

	return call(scene.own, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args);
}

/* What was said to be received; the rest is there. */
static void batch_was_received(long result)
{
	assert_in_range(result, 1, BATCH);
	assert_int_equal(queue_stat(scene.own).received, 1 + result);
	assert_memory_equal(received, payload(1), size);
	if (result == BATCH)
		assert_memory_equal(received_too, payload(2), size);
	else
		receive_number(2);
	queue_is_empty();
}

#define SEND_BATCH(title, own, call, copies, slabs, pages)		\
	{ title, .setup = own, .run = call, .done = batch_was_sent,	\
	  .failed = nothing_was_sent, .teardown = drop_queue,		\
	  .errors = ERRORS(ENOMEM, EFAULT),				\
	  .least = LEAST(copies, slabs, pages) }
#define RECEIVE_BATCH(title, own, copies)				\
	{ title, .setup = own, .run = receive_batch,			\
	  .done = batch_was_received, .failed = has_both,		\
	  .teardown = drop_queue, .errors = ERRORS(EFAULT),		\
	  .least = LEAST(copies, 0, 0), .single = true }

#define SEND(title, own, call, copies, slabs, pages)			\
	{ title, .setup = own, .run = call, .done = was_sent,		\
	  .failed = nothing_was_sent, .teardown = drop_queue,		\
	  .errors = ERRORS(ENOMEM, EFAULT),				\
	  .least = LEAST(copies, slabs, pages) }
#define RECEIVE(title, own, call, copies)				\
	{ title, .setup = own, .run = call, .done = was_received,	\
	  .failed = has_both, .teardown = drop_queue,			\
	  .errors = ERRORS(EFAULT), .least = LEAST(copies, 0, 0),	\
	  .single = true }

static const struct operation operations[] = {
	SEND("SEND", own_inline, send_whole, 2, 1, 0),
	SEND("SEND, short struct", own_inline, send_short, 0, 1, 0),
	SEND("SEND, type, time and pieces", own_inline, send_dressed, 18, 2, 0),
	{ "SEND, dropping", .setup = own_full, .run = send_whole,
	  .done = the_older_was_dropped, .failed = nothing_was_dropped,
	  .teardown = drop_queue, .errors = ERRORS(ENOMEM, EFAULT),
	  .least = LEAST(2, 1, 0) },
	SEND("SEND, buffered", own_buffered, send_whole, 3, 2, 0),
	SEND("SEND, large", own_large, send_whole, 3, 1, 1),
	{ "SEND, new priority", .setup = own_by_priority, .run = send_priority,
	  .done = was_sent, .failed = nothing_was_sent, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 2, 0),
	  .keeps = LIST_BYTES },
	SEND("write(2)", own_inline, write_whole, 0, 1, 0),
	SEND("write(2), buffered", own_buffered, write_whole, 1, 2, 0),
	SEND("writev(2)", own_inline, write_vector, 1, 1, 0),
	SEND("writev(2), large", own_large, write_vector, 1, 1, 1),
	RECEIVE("RECEIVE", two_inline, receive_whole, 2),
	RECEIVE("RECEIVE, buffered", two_buffered, receive_whole, 3),
	RECEIVE("RECEIVE, by a filter", two_inline, receive_filtered, 2),
	RECEIVE("RECEIVE, short struct", two_buffered, receive_short, 1),
	RECEIVE("RECEIVE, large", two_large, receive_whole, 3),
	RECEIVE("RECEIVE, by priority", two_by_priority, receive_whole, 2),
	{ "RECEIVE, short buffer", .setup = two_inline,
	  .run = receive_too_little, .done = was_told_length,
	  .failed = has_both, .teardown = drop_queue, .errors = ERRORS(EFAULT),
	  .least = LEAST(1, 0, 0), .single = true },
	RECEIVE("read(2)", two_inline, read_whole, 0),
	RECEIVE("read(2), buffered", two_buffered, read_whole, 1),
	RECEIVE("readv(2)", two_inline, read_vector, 1),
	RECEIVE("readv(2), large", two_large, read_vector, 1),
	SEND_BATCH("SEND_MANY", own_inline, send_batch, 0, 2, 0),
	SEND_BATCH("SEND_MANY, short entries", own_buffered, send_short_batch, 2, 4,
		   0),
	SEND_BATCH("SEND_MANY, large", own_large, send_batch, 2, 2, 2),
	{ "SEND_MANY, new priority", .setup = own_by_priority,
	  .run = send_batch_priority, .done = batch_was_sent,
	  .failed = nothing_was_sent, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(0, 3, 0),
	  .keeps = LIST_BYTES },
	RECEIVE_BATCH("RECEIVE_MANY", two_inline, 0),
	RECEIVE_BATCH("RECEIVE_MANY, buffered", two_buffered, 2),
	RECEIVE_BATCH("RECEIVE_MANY, by priority", two_by_priority, 0),
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
