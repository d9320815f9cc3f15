// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending one message to several queues, to all or to none.
 *
 * Whatever can fail but for want of room is done first, with no lock held: the queues are
 * found, and each gets a copy of the message in memory of its own, charged as with any
 * send.  Then the locks of all of the queues are held at the same time.  Either each of
 * them takes its copy now, or nothing has changed.
 *
 * A queue's lock is a leaf, and this is the only place that takes more than one.  It does
 * so under a mutex: who holds one queue's lock and waits for another is alone with that,
 * and all others hold no lock that it waits for without letting go of it.  So the
 * order of the queues does not matter.  Nothing sleeps under the locks; what a delivery
 * brings about, waking and telling, comes after the last is dropped.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "account.h"
#include "backlog.h"
#include "handle.h"
#include "ioctl.h"
#include "queue_calls.h"
#include "queue_steps.h"
#include "vector.h"

/* Held by who holds the locks of several queues. */
static DEFINE_MUTEX(several_lock);

/* One of the queues. */
struct target {
	struct file *file;		/* referenced, but for the call's own */
	struct ipcq_queue *queue;
	struct ipcq_message *message;	/* NULL: it has none yet, or not any more */
	u64 sequence;
	/* What comes of it, to see to after the locks. */
	struct ipcq_order dropped;
	struct ipcq_wake wake;
	__poll_t events;		/* that somebody is to hear of */
};

struct targets {
	u32 count;			/* that have been found */
	struct target list[];
};

/* ------------------------------------------------------------------- the queues */

static int add(struct targets *targets, struct file *file)
{
	struct target *target = &targets->list[targets->count];
	const struct ipcq_handle *handle;
	u32 i;

	if (file->f_op != &ipcq_queue_fops)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	handle = file->private_data;
	target->queue = to_ipcq_queue(handle->object);
	for (i = 0; i < targets->count; i++)
		if (targets->list[i].queue == target->queue)
			return -EINVAL;
	target->file = file;
	target->message = NULL;
	targets->count++;
	return 0;
}

static void drop_targets(struct targets *targets)
{
	/* The first is the call's. */
	while (targets->count > 1)
		fput(targets->list[--targets->count].file);
	kvfree(targets);
}

/* Finds the other queues.  Returns 0; else an error of the one after the last found. */
static int find_others(struct targets *targets, const struct ipcq_queue_send_all *args)
{
	s32 fds[IPCQ_SEND_ALL_MAX];
	struct file *file;
	u32 i;
	int ret;

	if (copy_from_user(fds, u64_to_user_ptr(args->queues),
			   args->count * sizeof(*fds)))
		return -EFAULT;
	for (i = 0; i < args->count; i++) {
		file = fget(fds[i]);
		if (!file)
			return -EBADF;
		ret = add(targets, file);
		if (ret) {
			fput(file);
			return ret;
		}
	}
	return 0;
}

/* ----------------------------------------------------------------- the messages */

/* Makes the message of a queue.  The payload is read once, for the first. */
static int prepare(struct targets *targets, struct target *target,
		   const struct ipcq_envelope *envelope,
		   const struct ipcq_buffer *from)
{
	struct ipcq_handle *handle = target->file->private_data;
	struct ipcq_queue *queue = target->queue;
	const struct ipcq_send send = {
		.from.length = from->length,
		.senders = &handle->senders,
		.patience.nonblock = true,
	};
	struct ipcq_message *message;
	int ret;

	/* Read without the lock, to spare the work; it is looked at again under it. */
	if (from->length > READ_ONCE(queue->bounds.max_message_size))
		return -EMSGSIZE;
	if (envelope->priority || queue->priorities) {
		ret = ipcq_backlog_prepare(queue, envelope->priority);
		if (ret)
			return ret;
	}
	message = ipcq_step_take(queue, &send);
	if (IS_ERR(message))
		return PTR_ERR(message);
	target->message = message;
	message->time = ktime_get_coarse_ns();
	ipcq_queue_dress(queue, message, envelope);
	if (target == targets->list)
		return ipcq_message_fill(message, from);
	ipcq_message_copy(message, targets->list->message);
	return 0;
}

/* Keeps the messages that are still here. */
static void keep_messages(struct targets *targets)
{
	u32 i;

	for (i = 0; i < targets->count; i++)
		if (targets->list[i].message)
			ipcq_queue_keep(targets->list[i].queue,
					targets->list[i].message);
}

/* -------------------------------------- steps, with the locks of all queues held */

/* For sparse, which cannot count them, they come and go without being held. */
static void lock_all(struct targets *targets)
{
	u32 i;

	for (i = 0; i < targets->count; i++) {
		spin_lock_nest_lock(&targets->list[i].queue->lock, &several_lock);
		__release(&targets->list[i].queue->lock);
	}
}

static void unlock_all(struct targets *targets)
{
	u32 i;

	for (i = 0; i < targets->count; i++) {
		__acquire(&targets->list[i].queue->lock);
		spin_unlock(&targets->list[i].queue->lock);
	}
}

/* Whether a queue takes its message.  Returns 0 or why not. */
static int may_deliver(const struct target *target)
{
	struct ipcq_queue *queue = target->queue;
	u32 length = target->message->length;

	if (ipcq_bounds_exclude(&queue->bounds, length))
		return -EMSGSIZE;
	if (ipcq_full_drops(queue) ||
	    ipcq_step_has_room(queue, target->message->sender->share, length))
		return 0;
	return ipcq_step_refuse(queue, length);
}

/*
 * What a queue that drops does with a message that has no room.  It cannot drop in steps, as
 * for a message that is its own alone: what has been decided for all is done for all.
 */
static enum ipcq_full_end end_when_full(struct target *target,
					struct ipcq_message *message)
{
	enum ipcq_full_end end;

	do {
		end = ipcq_step_end_when_full(target->queue, message, &target->wake,
					      &target->dropped, &target->sequence);
	} while (end == IPCQ_FULL_AGAIN);
	return end;
}

/* The queue takes its message, or drops it. */
static void deliver(struct target *target)
{
	struct ipcq_queue *queue = target->queue;
	struct ipcq_message *message = target->message;
	__poll_t events;

	target->message = NULL;
	ipcq_order_init(&target->dropped);
	ipcq_wake_init(&target->wake);
	if (ipcq_step_has_room(queue, message->sender->share, message->length)) {
		target->sequence = ipcq_step_deliver(queue, message, &target->wake);
	} else if (end_when_full(target, message) == IPCQ_FULL_STAYS) {
		target->sequence = 0;
		queue->dropped++;
		ipcq_order_push(&target->dropped, &message->order);
	}
	events = ipcq_step_readable(queue);
	target->events = ipcq_queue_listened(queue, events) ? events : 0;
}

/* To all, or to none: then @refused is the first that does not take it. */
static int deliver_all(struct targets *targets, u32 *refused)
{
	int ret = 0;
	u32 i;

	mutex_lock(&several_lock);
	lock_all(targets);
	for (i = 0; i < targets->count && !ret; i++) {
		ret = may_deliver(&targets->list[i]);
		if (ret)
			*refused = i;
	}
	for (i = 0; i < targets->count && !ret; i++)
		deliver(&targets->list[i]);
	unlock_all(targets);
	mutex_unlock(&several_lock);
	return ret;
}

/* ------------------------------------------------------------------------- calls */

/* What the deliveries have brought about; no lock is held. */
static void follow_up(struct targets *targets)
{
	struct target *target;
	u32 i;

	for (i = 0; i < targets->count; i++) {
		target = &targets->list[i];
		ipcq_wake_up(&target->wake);
		if (target->events)
			ipcq_queue_tell(target->queue, target->events);
		ipcq_queue_keep_all(target->queue, &target->dropped);
	}
}

/* Sends to queues that have been found.  @refused: as of deliver_all(). */
static int send_to(struct targets *targets, const struct ipcq_envelope *envelope,
		   const struct ipcq_buffer *from, u32 *refused)
{
	u32 i;
	int ret;

	for (i = 0; i < targets->count; i++) {
		ret = prepare(targets, &targets->list[i], envelope, from);
		if (ret) {
			*refused = i;
			goto out;
		}
	}
	ret = deliver_all(targets, refused);
	if (!ret)
		follow_up(targets);
out:
	keep_messages(targets);
	return ret;
}

/* Tells the numbers; who has taken the memory away, has. */
static int tell_sequences(const struct ipcq_queue_send_all *args,
			  const struct targets *targets)
{
	u64 __user *to = u64_to_user_ptr(args->sequences);
	u32 i;

	for (i = 0; to && i <= args->count; i++)
		if (put_user(targets ? targets->list[i].sequence : 0, to + i))
			return -EFAULT;
	return 0;
}

static int send_to_all(struct ipcq_call *call, struct targets *targets,
		       const struct ipcq_buffer *from)
{
	struct ipcq_queue_send_all *args = &call->args.queue_send_all;
	const struct ipcq_envelope envelope = {
		.priority = args->priority,
		.type = args->type,
		.time_to_live = args->time_to_live,
	};
	int ret;

	/* Once sent it is sent: find out before whether the numbers can be told. */
	if (tell_sequences(args, NULL))
		return -EFAULT;
	ret = add(targets, call->file);
	if (!ret)
		ret = find_others(targets, args);
	args->refused = targets->count;
	if (!ret)
		ret = send_to(targets, &envelope, from, &args->refused);
	if (!ret)
		(void)tell_sequences(args, targets);
	else if (ret != -EFAULT &&
		 ipcq_call_put_member(call, queue_send_all.refused))
		ret = -EFAULT;
	return ret;
}

int ipcq_queue_call_send_all(struct ipcq_call *call)
{
	const struct ipcq_queue_send_all *args = &call->args.queue_send_all;
	struct ipcq_vector_import import;
	struct ipcq_buffer from = {};
	struct targets *targets;
	int ret;

	if (args->reserved || !args->count || args->count >= IPCQ_SEND_ALL_MAX)
		return -EINVAL;
	ret = ipcq_vector_import(&import, &from, WRITE, args->payload,
				 args->length, args->flags & IPCQ_SEND_F_VECTOR);
	if (ret)
		return ret;
	ret = -ENOMEM;
	targets = kvmalloc(struct_size(targets, list, args->count + 1), IPCQ_GFP);
	if (targets) {
		targets->count = 0;
		ret = send_to_all(call, targets, &from);
		drop_targets(targets);
	}
	ipcq_vector_release(&import);
	return ret;
}
