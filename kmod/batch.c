// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: several messages in one call, for a part of the price.
 *
 * A batch goes in rounds.  A round reads the heads of its entries, which say where a
 * payload is and how long, and takes a lock as often for all of its messages as a
 * single send or receive does for one: to take empty messages out of the magazine
 * and to deliver the full ones; to reserve messages and to commit them.  What lies
 * between, with no lock held, is done one after the other, and what fails there ends
 * the round: the messages before are sent or received, it and those after are not.
 *
 * The first message of a batch may wait, as a single one does; the first of a later
 * round only where the caller wants the whole batch.  No other ever waits, so nobody
 * waits with a message in hand that comes after one that is not sent.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "handle.h"
#include "ioctl.h"
#include "queue_calls.h"
#include "queue_steps.h"
#include "words.h"

/* The members that each entry begins with. */
struct head {
	u64 payload;
	u64 length;
};

/* A round, in which @count messages are under way. */
struct round {
	struct ipcq_queue *queue;
	struct ipcq_subscriber *subscriber;
	char __user *entries;		/* of this round */
	u32 entry_size;
	u32 count;
	u32 done;
	struct head heads[IPCQ_BATCH_ROUND];
	struct ipcq_message *messages[IPCQ_BATCH_ROUND];
};

static char __user *entry_of(const struct round *round, u32 i)
{
	return round->entries + (size_t)i * round->entry_size;
}

static int validate(const struct ipcq_queue_batch *args, u32 min_size)
{
	if (!args->count || args->count > IPCQ_BATCH_MAX ||
	    args->entry_size < min_size || args->entry_size % sizeof(u64))
		return -EINVAL;
	return args->entry_size > PAGE_SIZE ? -E2BIG : 0;
}

static struct ipcq_patience patience_of(const struct ipcq_call *call)
{
	const struct ipcq_queue_batch *args = &call->args.queue_batch;

	return (struct ipcq_patience){
		.nonblock = ipcq_call_nonblock(call, IPCQ_BATCH_F_NONBLOCK),
		.deadline = args->deadline,
	};
}

/* The round after @done messages. */
static void begin_round(struct round *round, const struct ipcq_call *call, u32 done)
{
	const struct ipcq_queue_batch *args = &call->args.queue_batch;
	struct ipcq_handle *handle = ipcq_call_handle(call);

	round->queue = to_ipcq_queue(handle->object);
	round->subscriber = &handle->subscriber;
	round->entry_size = args->entry_size;
	round->entries = (char __user *)u64_to_user_ptr(args->entries) +
			 (size_t)done * args->entry_size;
	round->count = min_t(u32, args->count - done, IPCQ_BATCH_ROUND);
	round->done = 0;
}

/* Between two rounds: what is done is told before a signal is handled. */
static bool may_go_on(void)
{
	cond_resched();
	return !signal_pending(current);
}

/* Sees that what of an entry is not known here is zero.  Returns 0 or an error. */
static int check_tail(const struct round *round, u32 i, u32 known)
{
	int ret;

	if (round->entry_size <= known)
		return 0;
	ret = check_zeroed_user(entry_of(round, i) + known,
				round->entry_size - known);
	return ret < 0 ? ret : ret ? 0 : -E2BIG;
}

/*
 * Reads the heads of a round, at once where entries are nothing else.  What cannot
 * be read ends the round.  Returns 0, or the error of the first.
 */
static int read_heads(struct round *round, u32 known)
{
	u32 i;
	int ret;

	if (round->entry_size == sizeof(struct head) &&
	    !ipcq_copy_in(round->heads, round->entries,
			  round->count * sizeof(struct head)))
		return 0;
	for (i = 0; i < round->count; i++) {
		ret = check_tail(round, i, known);
		if (!ret)
			ret = ipcq_copy_in(&round->heads[i], entry_of(round, i),
					   sizeof(struct head));
		if (ret) {
			round->count = i;
			return i ? 0 : ret;
		}
	}
	return 0;
}

/* -------------------------------------------------------------------- send */

/*
 * Ends the round before what is too long, and where it has bytes enough.  Returns 0,
 * or the error of the first.
 */
static int measure(struct round *round)
{
	/* Read without the lock, to spare the work; it is looked at again under it. */
	u32 longest = READ_ONCE(round->queue->bounds.max_message_size);
	u32 bytes = 0, i;

	for (i = 0; i < round->count; i++) {
		if (round->heads[i].length > longest) {
			round->count = i;
			return i ? 0 : -EMSGSIZE;
		}
		bytes += round->heads[i].length;
		if (bytes >= IPCQ_BATCH_ROUND_BYTES)
			round->count = i + 1;
	}
	return 0;
}

/*
 * Takes kept messages for the payloads, NULL where there is none; for no more than
 * may get room, in a queue that is nearly full.  Returns 0, or the error of the first.
 */
static int take_messages(struct round *round, const struct ipcq_send *send)
{
	struct ipcq_queue *queue = round->queue;
	const struct ipcq_bounds *bounds = &queue->bounds;
	u32 length = round->heads[0].length, room, i;
	int ret = 0;

	spin_lock(&queue->lock);
	if (send->patience.nonblock &&
	    !ipcq_step_has_room(queue, send->senders->share, length) &&
	    !ipcq_full_drops(queue)) {
		ret = ipcq_step_refuse(queue, length);
		spin_unlock(&queue->lock);
		return ret;
	}
	room = bounds->messages < bounds->max_messages ?
	       bounds->max_messages - bounds->messages : 1;
	if (!ipcq_full_drops(queue))
		round->count = min(round->count, room);
	for (i = 0; i < round->count; i++)
		round->messages[i] =
			ipcq_magazine_take(&queue->magazine,
					   ipcq_message_class(round->heads[i].length));
	spin_unlock(&queue->lock);
	return 0;
}

/* Keeps the messages from @from on, which are not sent. */
static void keep_messages(struct round *round, u32 from)
{
	u32 i;

	for (i = from; i < round->count; i++)
		if (round->messages[i])
			ipcq_queue_keep(round->queue, round->messages[i]);
	round->count = from;
}

/* Reads what an entry says of its message besides the payload, and applies it. */
static int dress(const struct round *round, u32 i)
{
	struct ipcq_send_entry entry = {};
	struct ipcq_envelope envelope = {};
	u32 size = min_t(u32, round->entry_size, sizeof(entry));
	const u64 nothing = 0;
	int ret;

	/* Once sent it is sent: find out before whether the number can be told. */
	if (ipcq_copy_out(entry_of(round, i) + offsetof(struct ipcq_send_entry,
							sequence),
			  &nothing, sizeof(nothing)) ||
	    ipcq_copy_in(&entry, entry_of(round, i), size))
		return -EFAULT;
	if (entry.reserved)
		return -EINVAL;
	envelope.priority = entry.priority;
	envelope.type = entry.type;
	envelope.time_to_live = entry.time_to_live;
	if (entry.priority || round->queue->priorities) {
		ret = ipcq_backlog_prepare(round->queue, entry.priority);
		if (ret)
			return ret;
	}
	ipcq_queue_dress(round->queue, round->messages[i], &envelope);
	return 0;
}

/* Fills a message that is the sender's. */
static int fill_message(const struct round *round, u32 i, u64 time)
{
	const struct ipcq_buffer from = {
		.address = u64_to_user_ptr(round->heads[i].payload),
		.length = round->heads[i].length,
	};
	struct ipcq_message *message = round->messages[i];
	int ret = 0;

	message->priority = 0;
	message->time = time;
	if (round->entry_size > IPCQ_SEND_ENTRY_MIN)
		ret = dress(round, i);
	else if (unlikely(round->queue->priorities))
		ret = ipcq_backlog_prepare(round->queue, 0);
	return ret ?: ipcq_message_fill(message, &from);
}

/*
 * Fills the messages, and gives back those from the first that fails on.  Returns 0,
 * or the error of the first.
 */
static int fill_messages(struct round *round, const struct ipcq_send *send)
{
	const u64 time = ktime_get_coarse_ns();
	/* Who is known to be the sender: of a message of this round. */
	const struct ipcq_sender *sender = NULL;
	struct ipcq_message *message;
	u32 class, i;
	int ret;

	for (i = 0; i < round->count; i++) {
		message = round->messages[i];
		if (unlikely(!message || message->sender != sender)) {
			class = ipcq_message_class(round->heads[i].length);
			message = ipcq_step_own(round->queue, message, send,
						class);
			round->messages[i] = NULL;
			ret = PTR_ERR_OR_ZERO(message);
			if (ret)
				break;
			round->messages[i] = message;
			sender = message->sender;
		}
		ret = fill_message(round, i, time);
		if (ret)
			break;
	}
	if (i == round->count)
		return 0;
	keep_messages(round, i);
	return i ? 0 : ret;
}

/* A number that was given to an entry, which needs its head no more. */
static void note(struct round *round, u64 sequence)
{
	round->heads[round->done++].length = sequence;
}

/*
 * Delivers under one hold of the lock, which it drops, as many messages as there is
 * room for and threads can be woken for.  Returns 0, or an error: the next one has
 * no room.
 */
static int deliver_some(struct round *round, struct ipcq_send *send)
{
	struct ipcq_queue *queue = round->queue;
	struct ipcq_wake wake __uninitialized;
	struct ipcq_message *message;
	bool first = !round->done;
	enum ipcq_full_end end;
	struct ipcq_order list;
	u64 sequence;
	int ret = 0;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	while (round->done < round->count && wake.count < IPCQ_WAKE_BATCH) {
		message = round->messages[round->done];
		if (ipcq_step_has_room(queue, send->senders->share, message->length)) {
			note(round, ipcq_step_deliver(queue, message, &wake));
			continue;
		}
		end = ipcq_step_end_when_full(queue, message, &wake, &list,
					      &sequence);
		if (end == IPCQ_FULL_FITS || end == IPCQ_FULL_LOST) {
			note(round, sequence);
			continue;
		}
		/* The rest after another look, once the lock has been free. */
		if (!ipcq_order_empty(&list))
			break;
		/* The first: nobody has been woken, and nothing is to be told. */
		if (first && !round->done &&
		    ipcq_step_may_wait(queue, message, &send->patience)) {
			ret = ipcq_step_wait(queue, message, send);
			if (!ret)
				note(round, send->sequence);
			return ret;
		}
		ret = ipcq_step_refuse(queue, message->length);
		break;
	}
	ipcq_queue_unlock(queue, &wake, ipcq_step_readable(queue));
	ipcq_queue_keep_all(queue, &list);
	return ret;
}

/* Tells the numbers of those that were sent; who has taken the memory away, has. */
static void tell_numbers(const struct round *round)
{
	u32 i;

	if (round->entry_size <= IPCQ_SEND_ENTRY_MIN)
		return;
	for (i = 0; i < round->done; i++)
		(void)ipcq_copy_out(entry_of(round, i) +
				    offsetof(struct ipcq_send_entry, sequence),
				    &round->heads[i].length, sizeof(u64));
}

/* Returns 0 when at least one was sent, else the error. */
static int send_round(struct round *round, struct ipcq_send *send)
{
	int ret;

	ret = read_heads(round, sizeof(struct ipcq_send_entry));
	if (!ret)
		ret = measure(round);
	if (!ret)
		ret = take_messages(round, send);
	if (!ret)
		ret = fill_messages(round, send);
	if (ret)
		return ret;
	while (!ret && round->done < round->count)
		ret = deliver_some(round, send);
	tell_numbers(round);
	keep_messages(round, round->done);
	return round->done ? 0 : ret;
}

int ipcq_queue_call_send_many(struct ipcq_call *call)
{
	const struct ipcq_queue_batch *args = &call->args.queue_batch;
	struct ipcq_handle *handle = ipcq_call_handle(call);
	struct ipcq_send send = {
		.senders = &handle->senders,
		.patience = patience_of(call),
	};
	struct round round __uninitialized;
	u32 done = 0;
	int ret;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	ret = validate(args, IPCQ_SEND_ENTRY_MIN);
	if (ret)
		return ret;
	do {
		begin_round(&round, call, done);
		ret = send_round(&round, &send);
		done += round.done;
		if (!(args->flags & IPCQ_BATCH_F_WHOLE))
			send.patience.nonblock = true;
	} while (!ret && done < args->count && may_go_on());
	return done ?: ret;
}

/* ----------------------------------------------------------------- receive */

/*
 * Reserves messages as there is room for in the entries: the first as a single
 * receive does, the others as they are there.  Returns 0, or the error of the first,
 * with -EMSGSIZE its length in the head.
 */
static int reserve_messages(struct round *round, struct ipcq_receive *receive,
			    bool truncate)
{
	struct ipcq_queue *queue = round->queue;
	struct ipcq_message *message;
	u32 bytes, i;

	receive->room = truncate ? SIZE_MAX :
			min_t(u64, round->heads[0].length, SIZE_MAX);
	message = ipcq_queue_reserve(queue, receive);
	if (IS_ERR(message)) {
		round->heads[0].length = receive->room;
		return PTR_ERR(message);
	}
	round->messages[0] = message;
	bytes = message->length;
	spin_lock(&queue->lock);
	for (i = 1; i < round->count && bytes < IPCQ_BATCH_ROUND_BYTES; i++) {
		receive->room = truncate ? SIZE_MAX :
				min_t(u64, round->heads[i].length, SIZE_MAX);
		message = ipcq_step_reserve(queue, receive);
		if (!message)
			break;
		round->messages[i] = message;
		bytes += message->length;
		/* A filter may have looked at many. */
		if (unlikely(receive->filter->chooses)) {
			spin_unlock(&queue->lock);
			spin_lock(&queue->lock);
		}
	}
	spin_unlock(&queue->lock);
	round->count = i;
	return 0;
}

/* Writes what a message tells besides its payload, as far as the entry goes. */
static int tell(const struct round *round, u32 i)
{
	const struct ipcq_message *message = round->messages[i];
	const struct ipcq_identity who = ipcq_sender_identity(message->sender);
	const u32 from = offsetof(struct ipcq_receive_entry, length);
	struct ipcq_receive_entry entry = {
		.length = message->length,
		.sequence = message->order.sequence,
		.priority = message->priority,
		.pid = who.pid,
		.type = ipcq_message_type(message),
		.time = message->time,
		.start_time = who.start_time,
		.uid = who.uid,
		.gid = who.gid,
	};

	return ipcq_copy_out(entry_of(round, i) + from, (const char *)&entry + from,
			     min_t(u32, round->entry_size, sizeof(entry)) - from);
}

/* The payload first: an entry that is overwritten is that of a message received. */
static int copy_message(const struct round *round, u32 i)
{
	const struct ipcq_message *message = round->messages[i];
	const struct ipcq_buffer to = {
		.address = u64_to_user_ptr(round->heads[i].payload),
		.length = min_t(u64, round->heads[i].length, SIZE_MAX),
	};
	const u64 length = message->length;
	int ret;

	ret = ipcq_message_copy_out(message, &to);
	if (ret)
		return ret;
	if (round->entry_size > IPCQ_RECEIVE_ENTRY_MIN)
		return tell(round, i);
	return ipcq_copy_out(entry_of(round, i) + offsetof(struct head, length),
			     &length, sizeof(length));
}

/* Copies the messages out.  Returns 0, or the error of the first. */
static int copy_messages(struct round *round)
{
	int ret = 0;

	while (round->done < round->count) {
		ret = copy_message(round, round->done);
		if (ret)
			break;
		round->done++;
	}
	/* Who is being killed does not have them, whatever was copied. */
	if (fatal_signal_pending(current)) {
		round->done = 0;
		ret = -EINTR;
	}
	return round->done ? 0 : ret;
}

/* Those that were copied are received. */
static void commit_messages(struct round *round)
{
	struct ipcq_queue *queue = round->queue;
	struct ipcq_wake wake __uninitialized;
	u32 i;

	for (i = 0; i < round->done; i++) {
		if (likely(!round->messages[i]->special))
			continue;
		/* It cannot reply to a request: who waits is told. */
		if (round->messages[i]->special & IPCQ_SPECIAL_WATCHED) {
			ipcq_queue_end(queue, NULL, round->messages[i], 0);
			round->messages[i] = NULL;
		} else {
			ipcq_message_undress(round->messages[i]);
		}
	}
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	for (i = 0; i < round->done; i++)
		if (likely(round->messages[i]))
			ipcq_step_commit(queue, round->messages[i]);
	ipcq_queue_kept(queue);
	ipcq_queue_unlock(queue, &wake, ipcq_queue_made_room(queue, &wake));
}

/* Those that were not go back, in their order. */
static void restore_messages(struct round *round)
{
	struct ipcq_queue *queue = round->queue;
	struct ipcq_wake wake __uninitialized;
	u32 i = round->done;

	while (i < round->count) {
		ipcq_wake_init(&wake);
		spin_lock(&queue->lock);
		while (i < round->count && wake.count < IPCQ_WAKE_BATCH)
			ipcq_queue_put_back(queue, round->messages[i++], &wake);
		ipcq_queue_unlock(queue, &wake, ipcq_step_readable(queue));
	}
}

/* Returns 0 when at least one was received, else the error. */
static int receive_round(struct round *round, struct ipcq_receive *receive,
			 bool truncate)
{
	int ret;

	ret = read_heads(round, sizeof(struct ipcq_receive_entry));
	if (!ret)
		ret = reserve_messages(round, receive, truncate);
	if (ret)
		return ret;
	ret = copy_messages(round);
	if (round->messages[0]->special & IPCQ_SPECIAL_LOGGED) {
		/* The only one: a subscriber copies one at a time. */
		ipcq_broadcast_end(round->queue, round->subscriber,
				   round->messages[0], ret);
		return ret;
	}
	restore_messages(round);
	if (round->done)
		commit_messages(round);
	return ret;
}

/* A first message that is too long for its buffer: says how long. */
static int tell_length(const struct round *round)
{
	return ipcq_copy_out(entry_of(round, 0) +
			     offsetof(struct ipcq_receive_entry, length),
			     &round->heads[0].length, sizeof(u64)) ?: -EMSGSIZE;
}

int ipcq_queue_call_receive_many(struct ipcq_call *call)
{
	const struct ipcq_queue_batch *args = &call->args.queue_batch;
	struct ipcq_handle *handle = ipcq_call_handle(call);
	struct ipcq_receive receive = {
		.filter = &handle->filter,
		.subscriber = &handle->subscriber,
		.patience = patience_of(call),
	};
	struct round round __uninitialized;
	u32 done = 0;
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	ret = validate(args, IPCQ_RECEIVE_ENTRY_MIN);
	if (ret)
		return ret;
	do {
		begin_round(&round, call, done);
		ret = receive_round(&round, &receive,
				    args->flags & IPCQ_BATCH_F_TRUNCATE);
		done += round.done;
		if (!(args->flags & IPCQ_BATCH_F_WHOLE))
			receive.patience.nonblock = true;
	} while (!ret && done < args->count && may_go_on());
	if (!done && ret == -EMSGSIZE)
		return tell_length(&round);
	return done ?: ret;
}
