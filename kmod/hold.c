// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: see hold.h.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "backlog.h"
#include "copies.h"
#include "hold.h"
#include "limits.h"
#include "owner.h"
#include "queue_steps.h"
#include "request.h"

/* What is to come of a message whose hold has ended. */
enum { THEN_LEAVE, THEN_RETURN, THEN_FAIL };

/* ---------------------------------------------------------------- outcomes */

void ipcq_outcome_begin(struct ipcq_queue *queue, struct ipcq_outcome *outcome)
	__acquires(&queue->lock)
{
	ipcq_order_init(&outcome->done);
	ipcq_order_init(&outcome->expired);
	ipcq_order_init(&outcome->redelivered);
	outcome->room = false;
	outcome->events = 0;
	ipcq_wake_init(&outcome->wake);
	spin_lock(&queue->lock);
}

/* Drops the lock, and does what must not be done under it; may sleep. */
void ipcq_outcome_end(struct ipcq_queue *queue, struct ipcq_outcome *outcome)
	__releases(&queue->lock)
{
	if (outcome->room)
		outcome->events |= ipcq_queue_made_room(queue, &outcome->wake);
	ipcq_queue_unlock(queue, &outcome->wake, outcome->events);
	ipcq_queue_keep_all(queue, &outcome->done);
	ipcq_dead_letter(queue, &outcome->expired, IPCQ_ORIGIN_EXPIRED);
	ipcq_dead_letter(queue, &outcome->redelivered, IPCQ_ORIGIN_REDELIVERED);
}

/*
 * A message, out of the order, leaves the queue without having been received.  A request
 * goes no further: its caller hears of it, by @error.  Returns whether it is none, and the
 * message is the caller's.
 */
bool ipcq_outcome_part_with(struct ipcq_queue *queue,
			    struct ipcq_message *message, int error,
			    struct ipcq_outcome *outcome)
{
	ipcq_step_count_out(queue, message);
	outcome->room = true;
	if (!(message->special & IPCQ_SPECIAL_REQUEST))
		return true;
	if (!ipcq_request_finish(queue, message, NULL, error, &outcome->wake))
		ipcq_order_push(&outcome->done, &message->order);
	return false;
}

/* A message, out of the order, leaves the queue because it has expired. */
void ipcq_outcome_expire(struct ipcq_queue *queue, struct ipcq_message *message,
			 struct ipcq_outcome *outcome)
{
	queue->expired++;
	if (ipcq_outcome_part_with(queue, message, -ETIME, outcome))
		ipcq_order_push(&outcome->expired, &message->order);
}

/* ----------------------------------------- steps, with the queue's lock held */

static u64 time_from_now(u64 delay)
{
	u64 now = ktime_get_ns();

	return now + min_t(u64, delay, KTIME_MAX - now);
}

static struct ipcq_message *by_token(struct rb_node *node)
{
	return rb_entry(node, struct ipcq_message, by_token);
}

static void insert(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct rb_node **at = &queue->held.rb_node, *parent = NULL;

	while (*at) {
		parent = *at;
		at = message->token < by_token(parent)->token ?
			&parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&message->by_token, parent, at);
	rb_insert_color(&message->by_token, &queue->held);
}

/* What @owner holds by @token, or NULL. */
struct ipcq_message *ipcq_hold_find(struct ipcq_queue *queue,
				    const struct ipcq_owner *owner, u64 token)
{
	struct rb_node *node = queue->held.rb_node;

	while (node) {
		struct ipcq_message *message = by_token(node);

		if (message->token == token)
			return message->owner == owner ? message : NULL;
		node = token < message->token ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* The lease of a message that is held ends after @lease nanoseconds; 0: never. */
static void limit(struct ipcq_queue *queue, struct ipcq_message *message,
		  u64 lease)
{
	if (lease)
		ipcq_timer_set(queue, message, time_from_now(lease));
	else
		ipcq_timer_clear(queue, message);
}

static void enter(struct ipcq_queue *queue, struct ipcq_message *message,
		  const struct ipcq_hold *hold)
{
	message->special |= IPCQ_SPECIAL_HELD;
	if (hold->leased)
		message->special |= IPCQ_SPECIAL_LEASED;
	message->token = hold->token;
	message->owner = hold->owner;
	insert(queue, message);
	list_add_tail(&message->of_owner, &hold->owner->holds);
	queue->holds++;
	timerqueue_init(&message->timer);
	limit(queue, message, hold->lease);
}

static void leave(struct ipcq_queue *queue, struct ipcq_message *message)
{
	message->special &= ~(IPCQ_SPECIAL_HELD | IPCQ_SPECIAL_LEASED);
	rb_erase(&message->by_token, &queue->held);
	list_del(&message->of_owner);
	queue->holds--;
	ipcq_timer_clear(queue, message);
}

/* Puts a message back in its place, unless its time to live has ended. */
static void put_back(struct ipcq_queue *queue, struct ipcq_message *message,
		     struct ipcq_outcome *outcome)
{
	if (message->special & IPCQ_SPECIAL_LIMITED &&
	    message->expires <= ktime_get_ns())
		ipcq_outcome_expire(queue, message, outcome);
	else
		outcome->events |= ipcq_queue_put_back(queue, message,
						       &outcome->wake);
}

static void count_redelivery(struct ipcq_message *message)
{
	if (message->special & IPCQ_SPECIAL_REDELIVERED) {
		message->redeliveries++;
		return;
	}
	message->special |= IPCQ_SPECIAL_REDELIVERED;
	message->redeliveries = 1;
}

/* A message leaves the queue because it has come back too often. */
static void give_up(struct ipcq_queue *queue, struct ipcq_message *message,
		    struct ipcq_outcome *outcome)
{
	if (ipcq_outcome_part_with(queue, message, -ECANCELED, outcome))
		ipcq_order_push(&outcome->redelivered, &message->order);
	else
		queue->dropped++;
}

/*
 * A message that is held no longer leaves the queue: acknowledged, replied to, or a
 * request that was refused, or has no server any more.
 */
static void leave_queue(struct ipcq_queue *queue, struct ipcq_message *message,
			u32 then, struct ipcq_outcome *outcome)
{
	bool needed = false;
	int error;

	ipcq_step_count_out(queue, message);
	queue->received++;
	outcome->room = true;
	if (then == THEN_FAIL) {
		error = message->refusal ? -EREMOTEIO : -ECONNRESET;
		needed = ipcq_request_finish(queue, message, NULL, error,
					     &outcome->wake);
	}
	if (!needed)
		ipcq_order_push(&outcome->done, &message->order);
}

/* Does what is to come of a message that is held no longer. */
static void settle(struct ipcq_queue *queue, struct ipcq_message *message,
		   u32 then, u64 delay, struct ipcq_outcome *outcome)
{
	u64 back;

	if (then != THEN_RETURN) {
		leave_queue(queue, message, then, outcome);
		return;
	}
	count_redelivery(message);
	if (queue->redelivery_limit &&
	    message->redeliveries > queue->redelivery_limit) {
		give_up(queue, message, outcome);
		return;
	}
	if (!delay) {
		put_back(queue, message, outcome);
		return;
	}
	back = time_from_now(delay);
	/* What it carries does not outlive its time to live on the way. */
	if (message->special & IPCQ_SPECIAL_LIMITED)
		back = min(back, message->expires);
	message->special |= IPCQ_SPECIAL_DELAYED;
	queue->delayed++;
	ipcq_timer_set(queue, message, back);
}

/* Ends a hold. */
static void end(struct ipcq_queue *queue, struct ipcq_message *message, u32 then,
		u64 delay, struct ipcq_outcome *outcome)
{
	leave(queue, message);
	settle(queue, message, then, delay, outcome);
}

/* Ends the hold of a request that has been replied to, or is refused. */
void ipcq_hold_end(struct ipcq_queue *queue, struct ipcq_message *message,
		   bool refused, struct ipcq_outcome *outcome)
{
	end(queue, message, refused ? THEN_FAIL : THEN_LEAVE, 0, outcome);
}

/* Whether a message is a request that somebody serves: it is ended by a reply. */
static bool is_served(const struct ipcq_message *message)
{
	return (message->special & (IPCQ_SPECIAL_REQUEST | IPCQ_SPECIAL_LEASED)) ==
		IPCQ_SPECIAL_REQUEST;
}

/*
 * The time of a message that was among the timers for another reason than its time to
 * live has come; it is not among them any more.
 */
void ipcq_hold_due(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_outcome *outcome)
{
	if (message->special & IPCQ_SPECIAL_HELD) {
		end(queue, message, THEN_RETURN, 0, outcome);
		return;
	}
	message->special &= ~IPCQ_SPECIAL_DELAYED;
	queue->delayed--;
	put_back(queue, message, outcome);
}

/* -------------------------------------------------------------------- calls */

/* A token for a message that is about to be held. */
u64 ipcq_hold_token(struct ipcq_queue *queue)
{
	return atomic64_inc_return(&queue->tokens);
}

/**
 * ipcq_hold_begin() - end a reservation by holding the message
 * @queue: the queue
 * @message: reserved by the caller, who forgets it
 * @hold: for whom, and how long
 * @error: 0 when all of it has been copied to the receiver, else why not
 *
 * Return: 0, the message is held; @error, -EINTR, or -EBADF when the owner has ended
 * meanwhile: it is back in its place.
 */
int ipcq_hold_begin(struct ipcq_queue *queue, struct ipcq_message *message,
		    const struct ipcq_hold *hold, int error)
{
	if (!error && fatal_signal_pending(current))
		error = -EINTR;
	if (error)
		return ipcq_queue_end(queue, NULL, message, error);

	spin_lock(&queue->lock);
	if (!ipcq_owner_live(hold->owner))
		error = -EBADF;
	else
		enter(queue, message, hold);
	spin_unlock(&queue->lock);
	return error ? ipcq_queue_end(queue, NULL, message, error) : 0;
}

/* Ends the hold of a token.  Returns 0, -ENOKEY, or -EINVAL of a request. */
static int end_by_token(struct ipcq_queue *queue, struct ipcq_owner *owner,
			u64 token, u32 then, u64 delay)
{
	struct ipcq_outcome outcome __uninitialized;
	struct ipcq_message *message;
	int ret = 0;

	ipcq_outcome_begin(queue, &outcome);
	message = ipcq_hold_find(queue, owner, token);
	if (!message)
		ret = -ENOKEY;
	else if (then == THEN_LEAVE && message->special & IPCQ_SPECIAL_REQUEST)
		ret = -EINVAL;
	else
		end(queue, message, then, delay, &outcome);
	ipcq_outcome_end(queue, &outcome);
	return ret;
}

int ipcq_hold_acknowledge(struct ipcq_queue *queue, struct ipcq_owner *owner,
			  u64 token)
{
	return end_by_token(queue, owner, token, THEN_LEAVE, 0);
}

int ipcq_hold_return(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     u64 token, u64 delay)
{
	return end_by_token(queue, owner, token, THEN_RETURN, delay);
}

int ipcq_hold_extend(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     u64 token, u64 lease)
{
	struct ipcq_message *message;
	int ret = 0;

	spin_lock(&queue->lock);
	message = ipcq_hold_find(queue, owner, token);
	if (!message)
		ret = -ENOKEY;
	else if (is_served(message))
		ret = -EINVAL;
	else
		limit(queue, message, lease);
	spin_unlock(&queue->lock);
	return ret;
}

/* Copies from a message that is held.  Returns how many bytes, -ENOKEY or -EFAULT. */
int ipcq_hold_read(struct ipcq_queue *queue, struct ipcq_owner *owner, u64 token,
		   u64 offset, const struct ipcq_buffer *to)
{
	struct ipcq_message *message;
	int ret;

	spin_lock(&queue->lock);
	message = ipcq_hold_find(queue, owner, token);
	if (message)
		ipcq_copy_begin(message);
	spin_unlock(&queue->lock);
	if (!message)
		return -ENOKEY;

	ret = ipcq_message_copy_part(message, offset, to);
	ipcq_copy_end(queue, message);
	return ret;
}

/* Lets another owner hold a message.  Returns 0, -ENOKEY or -ESRCH. */
int ipcq_hold_hand_over(struct ipcq_queue *queue, struct ipcq_owner *owner,
			u64 token, struct ipcq_owner *to)
{
	struct ipcq_message *message;
	int ret = -ENOKEY;

	spin_lock(&queue->lock);
	message = ipcq_hold_find(queue, owner, token);
	if (message) {
		ret = -ESRCH;
		if (ipcq_owner_live(to)) {
			message->owner = to;
			list_move_tail(&message->of_owner, &to->holds);
			ret = 0;
		}
	}
	spin_unlock(&queue->lock);
	return ret;
}

/* ------------------------------------------------------------------ endings */

/* Ends what an owner holds, as much as can be done under one hold of the lock. */
static bool end_some(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     struct ipcq_outcome *outcome)
{
	struct ipcq_message *message;
	unsigned int count;

	for (count = 0; !list_empty(&owner->holds); count++) {
		if (count == IPCQ_EXPIRE_BATCH ||
		    !ipcq_outcome_has_room(outcome))
			return true;
		message = list_first_entry(&owner->holds, struct ipcq_message,
					   of_owner);
		end(queue, message, is_served(message) ? THEN_FAIL : THEN_RETURN,
		    0, outcome);
	}
	ipcq_requests_end(queue, owner, outcome);
	return false;
}

/* An owner has ended: nothing is given to it any more.  No lock is held. */
void ipcq_holds_end(struct ipcq_owners *owners, struct ipcq_owner *owner)
{
	struct ipcq_queue *queue = container_of(owners, struct ipcq_queue, owners);
	struct ipcq_outcome outcome __uninitialized;
	bool more;

	do {
		ipcq_outcome_begin(queue, &outcome);
		more = end_some(queue, owner, &outcome);
		ipcq_outcome_end(queue, &outcome);
		cond_resched();
	} while (more);
}

/*
 * With the last reference gone, so without owners, and with an empty order: what is
 * still among the timers is on its way back.
 */
void ipcq_holds_fini(struct ipcq_queue *queue)
{
	struct timerqueue_node *node;

	while ((node = timerqueue_getnext(&queue->timers))) {
		timerqueue_del(&queue->timers, node);
		ipcq_queue_keep(queue, container_of(node, struct ipcq_message,
						    timer));
	}
	WARN_ON_ONCE(queue->holds);
}
