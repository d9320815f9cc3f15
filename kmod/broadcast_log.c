// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of a queue that broadcasts: see broadcast.h.
 */
#include <linux/ipcq.h>

#include "broadcast_log.h"
#include "limits.h"
#include "queue_steps.h"

struct ipcq_message *ipcq_log_first(const struct ipcq_broadcast *broadcast)
{
	return ipcq_log_message(rb_first_cached(&broadcast->log));
}

/* The first message with a number above @last, or NULL. */
struct ipcq_message *ipcq_log_above(const struct ipcq_broadcast *broadcast,
				    u64 last)
{
	struct rb_node *node = broadcast->log.rb_root.rb_node;
	struct ipcq_message *message, *found = NULL;

	while (node) {
		message = ipcq_log_message(node);
		if (message->order.sequence > last) {
			found = message;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static bool comes_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ipcq_message, in_log)->order.sequence <
	       rb_entry(b, struct ipcq_message, in_log)->order.sequence;
}

/* Adds a message that has just got its number. */
void ipcq_log_add(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;

	message->special |= IPCQ_SPECIAL_LOGGED;
	message->readers = broadcast->at_end;
	message->copies = 0;
	broadcast->at_end = 0;
	rb_add_cached(&message->in_log, &broadcast->log, comes_before);
	if (message->special & IPCQ_SPECIAL_LIMITED)
		ipcq_expire_entered(queue, message);
	if (!broadcast->wanted)
		broadcast->wanted = message;
}

void ipcq_log_take_out(struct ipcq_queue *queue, struct ipcq_message *message)
{
	rb_erase_cached(&message->in_log, &queue->broadcast->log);
	RB_CLEAR_NODE(&message->in_log);
	if (message->special & IPCQ_SPECIAL_LIMITED)
		ipcq_expire_left(queue, message);
}

/* So many subscribers come to stand before a message, or at the end (NULL). */
void ipcq_log_stand(struct ipcq_broadcast *broadcast,
		    struct ipcq_message *message, int subscribers)
{
	if (message)
		message->readers += subscribers;
	else
		broadcast->at_end += subscribers;
}

/* Whether a message is in front of all that anybody is to receive. */
static bool is_retained(const struct ipcq_broadcast *broadcast,
			const struct ipcq_message *message)
{
	return !broadcast->wanted || message->order.sequence <
				     broadcast->wanted->order.sequence;
}

static void count_retained(struct ipcq_broadcast *broadcast,
			   const struct ipcq_message *message, int sign)
{
	broadcast->retained += sign;
	broadcast->retained_bytes += sign * (s64)message->length;
}

/* Nobody is to receive the first of the wanted any more. */
static void pass(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;

	broadcast->wanted = ipcq_log_next(message);
	ipcq_step_count_out(queue, message);
	if (broadcast->retain) {
		/* If it counts once more, it is nobody's. */
		message->special |= IPCQ_SPECIAL_COUNTED | IPCQ_SPECIAL_FOREIGN;
		count_retained(broadcast, message, 1);
	} else {
		ipcq_log_take_out(queue, message);
		ipcq_order_push(&broadcast->gone, &message->order);
	}
}

/*
 * Passes what nobody is to receive any more, but not more than can be done under one
 * hold of the lock.  Returns whether there may be more.
 */
bool ipcq_log_settle(struct ipcq_queue *queue)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_message *message;
	unsigned int count;

	for (count = 0; count < IPCQ_BROADCAST_BATCH; count++) {
		message = broadcast->wanted;
		if (!message || message->readers || message->copies)
			return false;
		pass(queue, message);
	}
	return true;
}

/* Whether more is retained than may be, or it is in the way of what is wanted. */
static bool retains_too_much(const struct ipcq_queue *queue)
{
	const struct ipcq_broadcast *broadcast = queue->broadcast;
	const struct ipcq_bounds *bounds = &queue->bounds;

	return broadcast->retained &&
	       (broadcast->retained > broadcast->retain ||
		bounds->messages + broadcast->retained > bounds->max_messages ||
		bounds->bytes + broadcast->retained_bytes > bounds->max_bytes);
}

/* Parts with the oldest of the retained, as ipcq_log_settle() does with the wanted. */
bool ipcq_log_shed(struct ipcq_queue *queue)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_message *message;
	unsigned int count;

	for (count = 0; retains_too_much(queue); count++) {
		if (count == IPCQ_BROADCAST_BATCH)
			return true;
		message = ipcq_log_first(broadcast);
		count_retained(broadcast, message, -1);
		ipcq_log_take_out(queue, message);
		ipcq_order_push(&broadcast->gone, &message->order);
	}
	return false;
}

/**
 * ipcq_broadcast_withdraw() - take a message away from those who are to receive it
 * @queue: the queue; its lock is held
 * @message: in the log
 *
 * Who is copying it has it, and stands before the next one when done.
 *
 * Return: whether the message is the caller's; if not, it goes with its last copy.
 */
bool ipcq_broadcast_withdraw(struct ipcq_queue *queue,
			     struct ipcq_message *message)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_message *next = ipcq_log_next(message);

	if (is_retained(broadcast, message)) {
		count_retained(broadcast, message, -1);
		ipcq_log_take_out(queue, message);
		return true;
	}
	queue->dropped++;
	ipcq_log_stand(broadcast, next, message->readers + message->copies);
	if (broadcast->wanted == message)
		broadcast->wanted = next;
	ipcq_log_take_out(queue, message);
	if (message->copies)
		return false;
	ipcq_step_count_out(queue, message);
	return true;
}

/*
 * Drops the oldest of what the slowest have yet to receive until there is room: see
 * ipcq_full_settle().  What somebody is copying would make none, and stays.
 */
enum ipcq_full_end ipcq_broadcast_drop_oldest(struct ipcq_queue *queue,
					      const struct ipcq_message *message,
					      struct ipcq_order *list)
{
	struct ipcq_message *old = queue->broadcast->wanted, *next;
	struct ipcq_bounds bounds = queue->bounds;
	unsigned int count = 0;

	for (; !ipcq_bounds_fit(&bounds, message->length); old = ipcq_log_next(old)) {
		if (!old)
			return IPCQ_FULL_STAYS;
		if (old->copies)
			continue;
		if (count == IPCQ_DROP_BATCH)
			break;
		ipcq_bounds_remove(&bounds, old->length);
		count++;
	}
	for (old = queue->broadcast->wanted; count; old = next) {
		next = ipcq_log_next(old);
		if (old->copies)
			continue;
		ipcq_broadcast_withdraw(queue, old);
		ipcq_order_push(list, &old->order);
		count--;
	}
	return ipcq_bounds_fit(&queue->bounds, message->length) ?
		IPCQ_FULL_FITS : IPCQ_FULL_AGAIN;
}
