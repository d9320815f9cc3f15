// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues with somebody waiting: whom a message is handed to, who is let in when there
 * is room, and that what was handed to the wrong one goes on to the next.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/sched/signal.h>

#include "common.h"

static struct ipcq_handle *open_queue(struct kunit *test, u32 messages, u64 bytes)
{
	struct ipcq_handle *handle = ipcq_kunit_open_queue(.with.queue.max_messages = messages,
							   .with.queue.max_bytes = bytes);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

static u32 receivers(struct ipcq_handle *handle)
{
	return READ_ONCE(ipcq_kunit_queue(handle)->waiting_receivers);
}

static u32 senders(struct ipcq_handle *handle)
{
	return READ_ONCE(ipcq_kunit_queue(handle)->waiting_senders);
}

static void expect_drained(struct kunit *test, struct ipcq_handle *handle)
{
	struct ipcq_queue *queue = ipcq_kunit_queue(handle);

	KUNIT_EXPECT_EQ(test, queue->bounds.messages, 0U);
	KUNIT_EXPECT_EQ(test, queue->bounds.bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, queue->sent, queue->received);
	KUNIT_EXPECT_EQ(test, receivers(handle), 0U);
	KUNIT_EXPECT_EQ(test, senders(handle), 0U);
	KUNIT_EXPECT_EQ(test, queue->magazine.kept_bytes, queue->magazine.memory);
}

/* A thread that waits for a message and, when it may, ends its reservation. */
struct receiver_thread {
	struct ipcq_handle *handle;
	size_t size;
	struct completion *may_end;	/* NULL: at once */
	struct ipcq_kunit_thread *task;
};

/* Returns the message's number, or an error. */
static int receive(void *data)
{
	struct receiver_thread *receiver = data;
	struct ipcq_queue *queue = ipcq_kunit_queue(receiver->handle);
	struct ipcq_receive receive = {
		.room = receiver->size,
		.filter = &receiver->handle->filter,
	};
	struct ipcq_message *message;
	int sequence, ret;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	message = ipcq_queue_reserve(queue, &receive);
	receiver->size = receive.room;
	if (IS_ERR(message))
		return PTR_ERR(message);
	sequence = message->order.sequence;
	if (receiver->may_end)
		wait_for_completion(receiver->may_end);
	ret = ipcq_queue_end(queue, NULL, message, 0);
	return ret ?: sequence;
}

static void start_receiver(struct kunit *test, struct receiver_thread *receiver,
			   struct ipcq_handle *handle, size_t size, u32 number)
{
	receiver->handle = handle;
	receiver->size = size;
	receiver->may_end = NULL;
	receiver->task = ipcq_kunit_thread(test, receive, receiver);
	IPCQ_KUNIT_UNTIL(test, receivers(handle) == number);
}

/* A thread that sends one message of some length, whose bytes are its number. */
struct sender_thread {
	struct ipcq_handle *handle;
	u32 length;
	u8 bytes[64];
	struct ipcq_kunit_thread *task;
};

static int send(void *data)
{
	struct sender_thread *sender = data;

	allow_signal(SIGUSR1);
	return ipcq_kunit_send(sender->handle, sender->bytes, sender->length, 0, false);
}

static void start_sender(struct kunit *test, struct sender_thread *sender,
			 struct ipcq_handle *handle, u32 length, u32 number)
{
	sender->handle = handle;
	sender->length = length;
	memset(sender->bytes, number, sizeof(sender->bytes));
	sender->task = ipcq_kunit_thread(test, send, sender);
	IPCQ_KUNIT_UNTIL(test, senders(handle) == number);
}

static void longest_wait_first(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 0);
	struct receiver_thread threads[3];
	int i;

	for (i = 0; i < 3; i++)
		start_receiver(test, &threads[i], handle, 10, i + 1);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "x", 1, 0, true), i + 1);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i].task), i + 1);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* What is too long for one is handed to the next, and kept when there is none. */
static void short_buffer_passes_it_on(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 0);
	struct receiver_thread threads[2];
	char bytes[20] = "";

	start_receiver(test, &threads[0], handle, 9, 1);
	start_receiver(test, &threads[1], handle, 10, 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 10, 0, true), 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[0].task), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, threads[0].size, 10UL);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[1].task), 1);

	start_receiver(test, &threads[0], handle, 0, 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 3, 0, true), 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 4, 0, true), 3);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[0].task), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 2), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 3);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 4);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* A reservation that fails goes to who has waited meanwhile, not to the end. */
static void failed_copy_passes_it_on(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 0);
	struct receiver_thread thread;
	struct ipcq_message *message;
	char byte;

	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "a", 1, 0, true), 1);
	message = ipcq_kunit_reserve(handle, 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &byte, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_queue(handle)->bounds.messages, 1U);
	start_receiver(test, &thread, handle, 1, 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_fail(handle, message), -EFAULT);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(thread.task), 1);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* Killed between the reservation and its end. */
static void killed_before_the_commit(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 0);
	struct receiver_thread killed, next;
	struct completion may_end;

	init_completion(&may_end);
	killed = (struct receiver_thread){ .handle = handle, .size = 1, .may_end = &may_end };
	killed.task = ipcq_kunit_thread(test, receive, &killed);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "a", 1, 0, true), 1);
	start_receiver(test, &next, handle, 1, 1);
	ipcq_kunit_signal(killed.task, SIGKILL);
	complete(&may_end);
	KUNIT_EXPECT_LT(test, ipcq_kunit_join(killed.task), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(next.task), 1);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* Killed about when it is handed a message: it has it, or the next one does. */
static void killed_while_handed_over(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 0);
	struct receiver_thread killed, next;
	int round, sent, got;

	for (round = 0; round < 40; round++) {
		start_receiver(test, &killed, handle, 1, 1);
		start_receiver(test, &next, handle, 1, 2);
		if (round % 2)
			ipcq_kunit_signal(killed.task, SIGKILL);
		sent = ipcq_kunit_send(handle, "a", 1, 0, true);
		if (!(round % 2))
			ipcq_kunit_signal(killed.task, SIGKILL);
		got = ipcq_kunit_join(killed.task);
		if (got > 0) {
			KUNIT_EXPECT_EQ(test, got, sent);
			sent = ipcq_kunit_send(handle, "b", 1, 0, true);
		}
		IPCQ_KUNIT_UNTIL(test, !receivers(handle));
		if (receivers(handle))
			ipcq_kunit_send(handle, "c", 1, 0, true);
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(next.task), sent);
	}
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* --------------------------------------------------------- waiting for room */

/* More than are let in at once, each in its turn, though nobody makes more room. */
static void senders_in_their_turn(struct kunit *test)
{
	u32 count = 2 * IPCQ_WAKE_BATCH + 1, i;
	struct ipcq_handle *handle = open_queue(test, count, 0);
	struct sender_thread *threads;
	u8 byte;

	threads = kunit_kcalloc(test, count, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, threads);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_GT(test, ipcq_kunit_send(handle, "", 1, 0, true), 0);
	for (i = 0; i < count; i++)
		start_sender(test, &threads[i], handle, 1, i + 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "", 1, 0, true), -EAGAIN);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &byte, 1), 1);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i].task), (int)(count + i + 1));
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, &byte, 1), 1);
		KUNIT_EXPECT_EQ(test, (u32)byte, i + 1);
	}
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* Behind a long message a short one waits, and gets in when the long one gives up. */
static void short_one_behind_a_long_one(struct kunit *test)
{
	struct ipcq_handle *handle = open_queue(test, 10, 20);
	struct sender_thread threads[2];
	char bytes[20] = "";

	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 15, 0, true), 1);
	start_sender(test, &threads[0], handle, 6, 1);
	start_sender(test, &threads[1], handle, 5, 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 1, 0, true), -EAGAIN);
	ipcq_kunit_signal(threads[0].task, SIGUSR1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[0].task), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[1].task), 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 15);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 5);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

/* One that waits and that a new limit excludes is sent away, not let wait for ever. */
static void excluded_while_waiting(struct kunit *test)
{
	struct ipcq_queue_set set = { .max_message_size = 4 };
	struct ipcq_handle *handle = open_queue(test, 10, 20);
	struct sender_thread threads[2];
	char bytes[20] = "";

	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, bytes, 17, 0, true), 1);
	start_sender(test, &threads[0], handle, 5, 1);
	start_sender(test, &threads[1], handle, 4, 2);
	KUNIT_EXPECT_EQ(test, ipcq_queue_set(ipcq_kunit_queue(handle), &set), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[0].task), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, senders(handle), 1U);
	/* What is in the queue stays, longer than allowed as it is. */
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 17);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[1].task), 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(handle, bytes, 20), 4);
	expect_drained(test, handle);
	ipcq_kunit_release(handle);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(longest_wait_first),
	KUNIT_CASE(short_buffer_passes_it_on),
	KUNIT_CASE(failed_copy_passes_it_on),
	KUNIT_CASE(killed_before_the_commit),
	KUNIT_CASE(killed_while_handed_over),
	KUNIT_CASE(senders_in_their_turn),
	KUNIT_CASE(short_one_behind_a_long_one),
	KUNIT_CASE(excluded_while_waiting),
	{}
};

IPCQ_KUNIT_SUITE(handoff, cases);
