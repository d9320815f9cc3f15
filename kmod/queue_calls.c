// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending and receiving with everything that a message can carry and a caller can
 * ask for.  The plain forms, which most calls have, are in queue_file.c.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/uaccess.h>

#include "broadcast.h"
#include "handle.h"
#include "hold.h"
#include "ioctl.h"
#include "passfd.h"
#include "queue.h"
#include "queue_calls.h"
#include "vector.h"

static struct ipcq_subscriber *subscriber_of(const struct ipcq_call *call)
{
	return &ipcq_call_handle(call)->subscriber;
}

/* -------------------------------------------------------------------- send */

static int send_from(struct ipcq_call *call, struct ipcq_send *send)
{
	struct ipcq_queue_send *args = &call->args.queue_send;
	bool tell = ipcq_call_has(call, queue_send.sequence);
	int ret;

	/* Once sent it is sent: find out before whether the number can be told. */
	if (tell && ipcq_call_put_member(call, queue_send.sequence))
		return -EFAULT;
	ret = ipcq_queue_send(ipcq_call_queue(call), send);
	args->sequence = send->sequence;
	if (!ret && tell)
		(void)ipcq_call_put_member(call, queue_send.sequence);
	return ret;
}

/* The same with files, which are ours again when it fails. */
static noinline int send_with_files(struct ipcq_call *call, struct ipcq_send *send,
				    struct ipcq_envelope *envelope)
{
	const struct ipcq_queue_send *args = &call->args.queue_send;
	struct ipcq_account *account = send->senders->account;
	struct ipcq_files *files;
	int ret;

	if (args->fd_count > IPCQ_FDS_MAX ||
	    args->time_to_live > IPCQ_FDS_TIME_MAX)
		return -EINVAL;
	files = ipcq_files_take(account, args->fds, args->fd_count);
	if (IS_ERR(files))
		return PTR_ERR(files);
	envelope->files = files;
	ret = send_from(call, send);
	if (ret)
		ipcq_files_put(files, account);
	return ret;
}

int ipcq_queue_call_send(struct ipcq_call *call)
{
	const struct ipcq_queue_send *args = &call->args.queue_send;
	struct ipcq_envelope envelope = {
		.priority = args->priority,
		.type = args->type,
		.time_to_live = args->time_to_live,
	};
	struct ipcq_send send = {
		.senders = &ipcq_call_handle(call)->senders,
		.envelope = &envelope,
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_SEND_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};
	struct ipcq_vector_import import;
	int ret;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	ret = ipcq_vector_import(&import, &send.from, WRITE, args->payload,
				 args->length, args->flags & IPCQ_SEND_F_VECTOR);
	if (ret)
		return ret;
	ret = args->fd_count ? send_with_files(call, &send, &envelope) :
			       send_from(call, &send);
	ipcq_vector_release(&import);
	return ret;
}

/* ----------------------------------------------------------------- receive */

/* Who sent it, in the terms of the caller's namespaces. */
void ipcq_receive_tell_sender(struct ipcq_queue_receive *args,
			      const struct ipcq_sender *sender)
{
	const struct ipcq_identity who = ipcq_sender_identity(sender);

	args->pid = who.pid;
	args->uid = who.uid;
	args->gid = who.gid;
	args->start_time = who.start_time;
}

/* Where it was before, when it is a dead letter. */
static void tell_origin(struct ipcq_queue_receive *args,
			const struct ipcq_message *message)
{
	bool dead = message->special & IPCQ_SPECIAL_ORIGIN;

	args->origin_id = dead ? message->origin_id : 0;
	args->origin_sequence = dead ? message->origin_sequence : 0;
	args->origin_reason = dead ? message->origin_reason : IPCQ_ORIGIN_NONE;
}

/* What a message tells of itself.  It is the caller's, or the lock is held. */
void ipcq_receive_tell(struct ipcq_queue_receive *args,
		       const struct ipcq_message *message)
{
	args->sequence = message->order.sequence;
	args->priority = message->priority;
	args->type = ipcq_message_type(message);
	args->time = message->time;
	args->redeliveries = ipcq_message_redeliveries(message);
	args->fd_count = message->special & IPCQ_SPECIAL_FILES ?
			 message->files->count : 0;
	tell_origin(args, message);
}

/* Copies out a reserved message, and what comes with it. */
static int copy_message(struct ipcq_call *call,
			const struct ipcq_message *message,
			const struct ipcq_hold *hold,
			const struct ipcq_buffer *to)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;

	ipcq_receive_tell(args, message);
	ipcq_receive_tell_sender(args, message->sender);
	args->token = hold->owner ? hold->token : 0;
	if (message->special & IPCQ_SPECIAL_LOGGED &&
	    ipcq_call_has(call, queue_receive.dropped))
		args->dropped = ipcq_broadcast_tell(subscriber_of(call), message);
	if (ipcq_call_put_from(call, queue_receive.sequence,
			       struct ipcq_queue_receive))
		return -EFAULT;
	return ipcq_message_copy_out(message, to);
}

/* Ends the reservation, by holding the message or by taking it. */
static int end_receive(struct ipcq_call *call, struct ipcq_message *message,
		       const struct ipcq_hold *hold, int error)
{
	struct ipcq_queue *queue = ipcq_call_queue(call);

	return hold->owner ? ipcq_hold_begin(queue, message, hold, error) :
			     ipcq_queue_end(queue, subscriber_of(call), message,
					    error);
}

/* The same of a message that was copied, whose files the receiver wants. */
static noinline int end_with_files(struct ipcq_call *call,
				   struct ipcq_message *message,
				   const struct ipcq_hold *hold, u32 room)
{
	struct ipcq_fds fds __uninitialized;
	int ret;

	ret = ipcq_files_install(message->files, room,
				 call->args.queue_receive.fds, &fds);
	if (ret)
		return end_receive(call, message, hold, ret);
	ret = end_receive(call, message, hold, 0);
	if (ret)
		ipcq_fds_close(&fds);
	return ret;
}

/*
 * Whether the files of a message fit: who has room for some is to have them all, and who
 * has none does not want them.  If not, says how many there are.
 */
static int check_files(struct ipcq_call *call, const struct ipcq_message *message)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;

	if (!args->fd_count || args->fd_count >= message->files->count ||
	    args->flags & IPCQ_RECEIVE_F_TRUNCATE)
		return 0;
	args->length = message->length;
	args->fd_count = message->files->count;
	if (ipcq_call_put_member(call, queue_receive.length) ||
	    ipcq_call_put_member(call, queue_receive.fd_count))
		return -EFAULT;
	return -EMSGSIZE;
}

static int receive_to(struct ipcq_call *call, const struct ipcq_filter *filter,
		      struct ipcq_hold *hold,
		      const struct ipcq_buffer *to)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_receive receive = {
		.room = args->flags & IPCQ_RECEIVE_F_TRUNCATE ? SIZE_MAX :
								to->length,
		.filter = filter,
		.subscriber = subscriber_of(call),
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_RECEIVE_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};
	const u32 fd_room = args->fd_count;
	struct ipcq_message *message;
	bool files;
	size_t length;
	int ret;

	message = ipcq_queue_reserve(queue, &receive);
	if (IS_ERR(message))
		return ipcq_queue_receive_failed(call, PTR_ERR(message),
						 receive.room);
	length = message->length;
	files = fd_room && message->special & IPCQ_SPECIAL_FILES;
	args->dropped = !queue->broadcast &&
			ipcq_call_has(call, queue_receive.dropped) ?
			ipcq_full_tell(queue) : 0;
	ret = files ? check_files(call, message) : 0;
	if (!ret && unlikely(message->special & IPCQ_SPECIAL_REQUEST) &&
	    ipcq_call_has(call, queue_receive.token))
		ret = ipcq_call_serve(call, message, hold);
	if (!ret)
		ret = copy_message(call, message, hold, to);
	ret = files && !ret ? end_with_files(call, message, hold, fd_room) :
			      end_receive(call, message, hold, ret);
	if (!ret)
		return length;
	if (!queue->broadcast)
		ipcq_full_tell_again(queue, args->dropped);
	return ret;
}

/* The filter that a receive brings.  Without the flag it must bring none. */
static int read_filter(const struct ipcq_queue_receive *args,
		       struct ipcq_filter *filter)
{
	if (!(args->flags & IPCQ_RECEIVE_F_FILTER))
		return args->match | args->least_priority | args->type_first |
		       args->type_last ? -EINVAL : 0;
	return ipcq_filter_init(filter, args->match, args->least_priority,
				args->type_first, args->type_last);
}

static bool reserved_are_zero(const struct ipcq_queue_receive *args)
{
	return !args->reserved4;
}

int ipcq_queue_call_receive(struct ipcq_call *call)
{
	const struct ipcq_queue_receive *args = &call->args.queue_receive;
	bool own = args->flags & IPCQ_RECEIVE_F_FILTER;
	bool peeks = args->flags & IPCQ_RECEIVE_F_PEEK;
	const struct ipcq_filter *filter = &ipcq_call_handle(call)->filter;
	struct ipcq_vector_import import;
	struct ipcq_buffer to = {};
	struct ipcq_filter brought;
	struct ipcq_hold hold;
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	if (!reserved_are_zero(args) || args->fd_count > IPCQ_FDS_MAX ||
	    (!peeks && (args->cursor || args->offset)))
		return -EINVAL;
	ret = read_filter(args, &brought);
	if (ret)
		return ret;
	if (own) {
		if (brought.chooses && ipcq_call_queue(call)->broadcast)
			return -EINVAL;
		filter = &brought;
	}
	ret = ipcq_vector_import(&import, &to, READ, args->payload, args->length,
				 args->flags & IPCQ_RECEIVE_F_VECTOR);
	if (ret)
		return ret;
	if (peeks) {
		ret = ipcq_queue_call_peek(call, filter, &to);
	} else {
		ret = ipcq_lease_begin(call, &hold);
		if (!ret) {
			ret = receive_to(call, filter, &hold, &to);
			ipcq_lease_end(&hold);
		}
	}
	ipcq_vector_release(&import);
	return ret;
}

/* Sets or clears the filter of the handle. */
int ipcq_queue_call_filter(struct ipcq_call *call)
{
	const struct ipcq_queue_filter *args = &call->args.queue_filter;
	struct ipcq_handle *handle = ipcq_call_handle(call);
	struct ipcq_queue *queue = to_ipcq_queue(handle->object);
	struct ipcq_filter filter;
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	ret = ipcq_filter_init(&filter, args->match, args->least_priority,
			       args->type_first, args->type_last);
	if (ret)
		return ret;
	if (queue->broadcast && filter.chooses)
		return -EINVAL;
	ipcq_queue_set_filter(queue, &handle->filter, &filter);
	return 0;
}

int ipcq_queue_call_subscribe(struct ipcq_call *call)
{
	struct ipcq_queue_subscribe *args = &call->args.queue_subscribe;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	if (!queue->broadcast)
		return -EINVAL;
	/* Find out before whether the number can be told. */
	if (ipcq_call_put_member(call, queue_subscribe.sequence))
		return -EFAULT;
	ret = ipcq_broadcast_join(queue, subscriber_of(call),
				  args->flags & IPCQ_SUBSCRIBE_F_KEPT,
				  &args->sequence);
	if (!ret)
		(void)ipcq_call_put_member(call, queue_subscribe.sequence);
	return ret;
}

/**
 * ipcq_queue_receive_failed() - end a receive that has got no message
 * @call: the call
 * @error: why
 * @length: with -EMSGSIZE: of the message that is too long
 *
 * Return: what the call returns: @error, or -EFAULT when it cannot be told.
 */
int ipcq_queue_receive_failed(struct ipcq_call *call, int error, size_t length)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;

	if (error != -EMSGSIZE)
		return error;
	args->length = length;
	return ipcq_call_put_member(call, queue_receive.length) ?: error;
}
