// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call and reply: one system call on each side.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/uaccess.h>

#include "handle.h"
#include "hold.h"
#include "ioctl.h"
#include "owner.h"
#include "queue_calls.h"
#include "request.h"

/* ------------------------------------------------------------- the caller's side */

static int put_token(struct ipcq_call *call, u64 token)
{
	call->args.queue_call.token = token;
	return ipcq_call_put_member(call, queue_call.token);
}

/*
 * A reply that could not be copied, because of @error, can be fetched again, if that can
 * be told.  Returns the error.
 */
static int keep_reply(struct ipcq_call *call, const struct ipcq_caller *caller,
		      int error)
{
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_owner *client;
	bool kept = false;

	call->args.queue_call.reply_length = caller->reply->length;
	client = ipcq_owner_attach(&queue->owners, ipcq_call_handle(call));
	if (!IS_ERR(client)) {
		kept = ipcq_request_put_result(queue, client, caller->reply,
					       caller->token);
		ipcq_owner_put(client);
	}
	if (!kept)
		ipcq_queue_keep(queue, caller->reply);
	if (put_token(call, kept ? caller->token : 0) ||
	    ipcq_call_put_member(call, queue_call.reply_length)) {
		if (kept)
			ipcq_request_forget(queue, ipcq_call_handle(call), caller->token);
		return -EFAULT;
	}
	return error;
}

/* The call has ended, as @caller says. */
static int tell_end(struct ipcq_call *call, struct ipcq_caller *caller)
{
	struct ipcq_queue_call *args = &call->args.queue_call;
	const struct ipcq_buffer to = {
		.address = u64_to_user_ptr(args->reply),
		.length = min_t(u64, args->reply_length, SIZE_MAX),
	};
	int ret = caller->error;
	u32 length;

	if (!ret) {
		length = caller->reply->length;
		ret = length > to.length ? -EMSGSIZE :
		      ipcq_message_copy_out(caller->reply, &to);
		if (ret)
			return keep_reply(call, caller, ret);
		ret = length;
	}
	if (caller->reply)
		ipcq_queue_keep(ipcq_call_queue(call), caller->reply);
	if (ret == -EREMOTEIO) {
		args->error = caller->refusal;
		if (ipcq_call_put_member(call, queue_call.error))
			return -EFAULT;
	}
	/* A token that was given is of no more use. */
	if (args->token && put_token(call, 0))
		return -EFAULT;
	return ret;
}

static int wait_for_end(struct ipcq_call *call, struct ipcq_caller *caller)
{
	const struct ipcq_queue_call *args = &call->args.queue_call;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	bool resumed = args->token;
	u64 token = 0;
	int ret;

	ret = ipcq_request_wait(queue, ipcq_call_handle(call), caller, args->deadline,
				&token);
	if (!ret)
		return tell_end(call, caller);
	if ((token || resumed) && put_token(call, token)) {
		if (token)
			ipcq_request_forget(queue, ipcq_call_handle(call), token);
		return -EFAULT;
	}
	return ret;
}

/* Comes back to a call that was interrupted. */
static int resume(struct ipcq_call *call, bool nonblock)
{
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_caller caller;
	struct ipcq_owner *client;
	int ret;

	client = ipcq_owner_find(&queue->owners, ipcq_call_handle(call));
	if (!client)
		return -ENOKEY;
	ipcq_caller_init(&caller);
	caller.token = call->args.queue_call.token;
	ret = ipcq_request_resume(queue, client, caller.token, nonblock, &caller);
	ipcq_owner_put(client);
	return ret ?: wait_for_end(call, &caller);
}

/* Whether anybody receives; a look that may be too late as soon as it is done. */
static bool has_receiver(struct ipcq_queue *queue)
{
	return READ_ONCE(queue->waiting_receivers) ||
	       atomic_read(&queue->owners.receivers);
}

int ipcq_queue_call_call(struct ipcq_call *call)
{
	const struct ipcq_queue_call *args = &call->args.queue_call;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_caller caller;
	struct ipcq_envelope envelope = {
		.priority = args->priority,
		.caller = &caller,
	};
	struct ipcq_send send = {
		.from.address = u64_to_user_ptr(args->payload),
		.from.length = args->length,
		.senders = &ipcq_call_handle(call)->senders,
		.envelope = &envelope,
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_CALL_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};
	int ret;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (queue->broadcast)
		return -EINVAL;
	if (args->token)
		return resume(call, false);
	if (args->length > SIZE_MAX)
		return -EMSGSIZE;
	if (args->flags & IPCQ_CALL_F_NEED_RECEIVER && !has_receiver(queue))
		return -ECONNREFUSED;
	if (ipcq_call_has(call, queue_call.type))
		envelope.type = args->type;
	if (ipcq_call_has(call, queue_call.time_to_live))
		envelope.time_to_live = args->time_to_live;
	ipcq_caller_init(&caller);
	ret = ipcq_queue_send(queue, &send);
	return ret ?: wait_for_end(call, &caller);
}

int ipcq_queue_call_result(struct ipcq_call *call)
{
	int ret;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!call->args.queue_call.token)
		return -EINVAL;
	ret = resume(call, ipcq_call_nonblock(call, IPCQ_CALL_F_NONBLOCK));
	/* The request has been taken back, and here there is none to send again. */
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

/* ------------------------------------------------------------- the server's side */

/**
 * ipcq_call_serve() - prepare to hold a request that has been reserved
 * @call: the receive
 * @message: the request
 * @hold: how it is held: under a lease, if the receive is under one
 *
 * Return: 0; -EDQUOT, -ENOMEM, -EBADF.
 */
int ipcq_call_serve(struct ipcq_call *call, const struct ipcq_message *message,
		    struct ipcq_hold *hold)
{
	struct ipcq_owner *owner;

	if (!hold->owner) {
		owner = ipcq_owner_attach(&ipcq_call_queue(call)->owners,
					  ipcq_call_handle(call));
		if (IS_ERR(owner))
			return PTR_ERR(owner);
		hold->owner = owner;
		hold->lease = 0;
		hold->leased = false;
	}
	ipcq_owner_mark_receiver(hold->owner);
	hold->token = message->token;
	return 0;
}

static int reply_to(struct ipcq_call *call, struct ipcq_owner *server)
{
	struct ipcq_queue_reply *args = &call->args.queue_reply;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	const struct ipcq_send send = {
		.from.address = u64_to_user_ptr(args->payload),
		.from.length = args->length,
		.senders = &ipcq_call_handle(call)->senders,
	};
	struct ipcq_message *reply = NULL;
	int ret;

	if (!args->error) {
		if (args->length > READ_ONCE(queue->bounds.max_message_size))
			return -EMSGSIZE;
		reply = ipcq_queue_fill(queue, &send);
		if (IS_ERR(reply))
			return PTR_ERR(reply);
	}
	ret = ipcq_request_reply(queue, server, args->token, reply, args->error);
	if (ret && reply)
		ipcq_queue_keep(queue, reply);
	return ret;
}

/* Tells of the message, and copies it. */
static int copy_next(struct ipcq_call *call, const struct ipcq_message *message,
		     const struct ipcq_hold *hold, const struct ipcq_buffer *to)
{
	struct ipcq_queue_reply *args = &call->args.queue_reply;
	struct ipcq_identity who;

	args->token = hold->owner ? hold->token : 0;
	if (args->token && ipcq_call_put_member(call, queue_reply.token))
		return -EFAULT;
	if (ipcq_call_has(call, queue_reply.sequence)) {
		args->sequence = message->order.sequence;
		args->priority = message->priority;
		args->redeliveries = ipcq_message_redeliveries(message);
		args->type = ipcq_message_type(message);
		args->time = message->time;
		who = ipcq_sender_identity(message->sender);
		args->pid = who.pid;
		args->uid = who.uid;
		args->gid = who.gid;
		args->start_time = who.start_time;
		args->reserved1 = 0;
		if (ipcq_call_put_from(call, queue_reply.sequence,
				       struct ipcq_queue_reply))
			return -EFAULT;
	}
	return ipcq_message_copy_out(message, to);
}

static int receive_next(struct ipcq_call *call, struct ipcq_hold *hold)
{
	struct ipcq_queue_reply *args = &call->args.queue_reply;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_receive receive = {
		.room = min_t(u64, args->buffer_length, SIZE_MAX),
		.filter = &ipcq_call_handle(call)->filter,
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_REPLY_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};
	const struct ipcq_buffer to = {
		.address = u64_to_user_ptr(args->buffer),
		.length = receive.room,
	};
	struct ipcq_message *message;
	size_t length;
	int ret = 0;

	message = ipcq_queue_reserve(queue, &receive);
	if (IS_ERR(message)) {
		ret = PTR_ERR(message);
		args->buffer_length = receive.room;
		if (ret == -EMSGSIZE &&
		    ipcq_call_put_member(call, queue_reply.buffer_length))
			ret = -EFAULT;
		return ret;
	}
	length = message->length;
	if (message->special & IPCQ_SPECIAL_REQUEST) {
		ret = ipcq_call_serve(call, message, hold);
		if (!ret)
			ret = copy_next(call, message, hold, &to);
		ret = ret ? ipcq_queue_end(queue, NULL, message, ret) :
			    ipcq_hold_begin(queue, message, hold, 0);
	} else {
		const struct ipcq_hold none = {};

		ret = ipcq_queue_end(queue, NULL, message,
				     copy_next(call, message, &none, &to));
	}
	if (ret && args->token) {
		args->token = 0;
		(void)ipcq_call_put_member(call, queue_reply.token);
	}
	return ret ?: length;
}

/* Whether what the arguments say of the reply makes sense. */
static bool is_valid(const struct ipcq_call *call)
{
	const struct ipcq_queue_reply *args = &call->args.queue_reply;

	if (args->reserved)
		return false;
	/* So it is also when a call that has replied is restarted. */
	if (!args->token)
		return args->flags & IPCQ_REPLY_F_RECEIVE;
	return args->error <= IPCQ_REFUSAL_MAX && !(args->error && args->length);
}

int ipcq_queue_call_reply(struct ipcq_call *call)
{
	struct ipcq_queue_reply *args = &call->args.queue_reply;
	struct ipcq_hold hold = { .leased = false };
	int ret = 0;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	if (!is_valid(call) || ipcq_call_queue(call)->broadcast)
		return -EINVAL;
	hold.owner = ipcq_owner_find(&ipcq_call_queue(call)->owners, ipcq_call_handle(call));
	if (args->token) {
		ret = -ENOKEY;
		if (hold.owner)
			/* Once replied it is replied: can that be told? */
			ret = ipcq_call_put_member(call, queue_reply.token) ?:
			      reply_to(call, hold.owner);
		if (!ret) {
			args->token = 0;
			(void)ipcq_call_put_member(call, queue_reply.token);
		}
	}
	if (!ret && args->flags & IPCQ_REPLY_F_RECEIVE)
		ret = receive_next(call, &hold);
	if (hold.owner)
		ipcq_owner_put(hold.owner);
	return ret;
}
