// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls and replies.
 */
#include "internal.h"

_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_CALL_F_NONBLOCK, "call");
_Static_assert((int)IPCQ_NEED_RECEIVER == (int)IPCQ_CALL_F_NEED_RECEIVER, "receiver");

static ssize_t finish(struct ipcq_queue *queue, unsigned int command,
		      struct ipcq_queue_call *arg, struct ipcq_call_info *info)
{
	const uint64_t size = arg->reply_length;
	int length = ipcq_ioctl(queue->fd, command, arg);

	if (info)
		*info = (struct ipcq_call_info) {
			.token = arg->token,
			.refusal = arg->error,
			/* A request that is too long leaves it as it was. */
			.length = length == -EMSGSIZE && arg->reply_length != size ?
				  arg->reply_length : 0,
		};
	return length;
}

ssize_t ipcq_queue_call(struct ipcq_queue *queue, const void *request, size_t length,
			void *reply, size_t size,
			const struct ipcq_send_options *options, unsigned int flags,
			uint64_t deadline, struct ipcq_call_info *info)
{
	struct ipcq_queue_call arg = {
		/* The kernel copies what is announced: the less, the faster. */
		.size = IPCQ_QUEUE_CALL_MIN,
		.flags = flags,
		.payload = (uintptr_t)request,
		.length = length,
		.deadline = deadline,
		.reply = (uintptr_t)reply,
		.reply_length = size,
	};

	if (ipcq_unlikely(flags & ~(IPCQ_DONTWAIT | IPCQ_NEED_RECEIVER)))
		return -EINVAL;
	if (options && options->fd_count)
		return -EINVAL;
	if (options) {
		arg.size = sizeof(arg);
		arg.priority = options->priority;
		arg.type = options->type;
		arg.time_to_live = options->time_to_live;
	}
	return finish(queue, IPCQ_IOC_QUEUE_CALL, &arg, info);
}

ssize_t ipcq_queue_result(struct ipcq_queue *queue, uint64_t token, void *reply,
			  size_t size, unsigned int flags, uint64_t deadline,
			  struct ipcq_call_info *info)
{
	struct ipcq_queue_call arg = {
		.size = IPCQ_QUEUE_CALL_MIN,
		.flags = flags,
		.deadline = deadline,
		.reply = (uintptr_t)reply,
		.reply_length = size,
		.token = token,
	};

	if (flags & ~IPCQ_DONTWAIT)
		return -EINVAL;
	return finish(queue, IPCQ_IOC_QUEUE_RESULT, &arg, info);
}

int ipcq_queue_reply(struct ipcq_queue *queue, uint64_t token, const void *reply,
		     size_t length)
{
	struct ipcq_queue_reply arg = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.token = token,
		.payload = (uintptr_t)reply,
		.length = length,
	};

	return token ? ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_REPLY, &arg) : -ENOKEY;
}

int ipcq_queue_refuse(struct ipcq_queue *queue, uint64_t token, uint32_t refusal)
{
	struct ipcq_queue_reply arg = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.token = token,
		.error = refusal,
	};

	if (!refusal)
		return -EINVAL;
	return token ? ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_REPLY, &arg) : -ENOKEY;
}

ssize_t ipcq_queue_reply_receive(struct ipcq_queue *queue, uint64_t *token,
				 const void *reply, size_t length, void *buffer,
				 size_t size, unsigned int flags, uint64_t deadline)
{
	struct ipcq_queue_reply arg = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.flags = IPCQ_REPLY_F_RECEIVE |
			 (flags & IPCQ_DONTWAIT ? IPCQ_REPLY_F_NONBLOCK : 0),
		.token = *token,
		.payload = (uintptr_t)reply,
		.length = length,
		.buffer = (uintptr_t)buffer,
		.buffer_length = size,
		.deadline = deadline,
	};
	int ret;

	if (ipcq_unlikely(flags & ~IPCQ_DONTWAIT))
		return -EINVAL;
	ret = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_REPLY, &arg);
	*token = arg.token;
	return ret;
}
