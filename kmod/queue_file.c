// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptor of a queue: its file operations and ioctls.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <asm/ioctls.h>

#include "broadcast.h"
#include "handle.h"
#include "ioctl.h"
#include "owner.h"
#include "queue.h"
#include "queue_calls.h"

static struct ipcq_queue *queue_of(const struct file *file)
{
	const struct ipcq_handle *handle = file->private_data;

	return to_ipcq_queue(handle->object);
}

static struct ipcq_subscriber *subscriber_of(const struct file *file)
{
	struct ipcq_handle *handle = file->private_data;

	return &handle->subscriber;
}

static const struct ipcq_filter *filter_of(const struct file *file)
{
	const struct ipcq_handle *handle = file->private_data;

	return &handle->filter;
}

static struct ipcq_senders *senders_of(const struct file *file)
{
	struct ipcq_handle *handle = file->private_data;

	return &handle->senders;
}

/* ----------------------------------------------------------- read and write */

static ssize_t queue_read_buffer(struct file *file, bool nonblock,
				 const struct ipcq_buffer *to)
{
	struct ipcq_receive receive = {
		.room = to->length,
		.filter = filter_of(file),
		.subscriber = subscriber_of(file),
		.patience.nonblock = nonblock,
	};
	struct ipcq_queue *queue = queue_of(file);
	struct ipcq_message *message;
	size_t length;

	message = ipcq_queue_reserve(queue, &receive);
	if (IS_ERR(message))
		return PTR_ERR(message);

	length = message->length;
	return ipcq_queue_end(queue, subscriber_of(file), message,
			      ipcq_message_copy_out(message, to)) ?: length;
}

/*
 * A privileged program can be made to write to a descriptor that it inherited: the
 * message is not in its name, but in that of who opened the queue.
 */
static ssize_t queue_write_buffer(struct file *file, bool nonblock,
				  const struct ipcq_buffer *from)
{
	struct ipcq_send send = {
		.from = *from,
		.senders = senders_of(file),
		.as_opener = true,
		.patience.nonblock = nonblock,
	};

	return ipcq_queue_send(queue_of(file), &send) ?: from->length;
}

/*
 * read(2) and write(2) come here: it is faster than through a vector.  readv(2),
 * writev(2) and io_uring take the other two.
 */
static ssize_t queue_read(struct file *file, char __user *address,
			  size_t length, loff_t *position)
{
	const struct ipcq_buffer to = { .address = address, .length = length };

	return queue_read_buffer(file, file->f_flags & O_NONBLOCK, &to);
}

static ssize_t queue_write(struct file *file, const char __user *address,
			   size_t length, loff_t *position)
{
	const struct ipcq_buffer from = {
		.address = (char __user *)address,
		.length = length,
	};

	return queue_write_buffer(file, file->f_flags & O_NONBLOCK, &from);
}

static bool iocb_nonblock(const struct kiocb *iocb)
{
	return iocb->ki_filp->f_flags & O_NONBLOCK ||
	       iocb->ki_flags & IOCB_NOWAIT;
}

static ssize_t queue_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	const struct ipcq_buffer to = {
		.iter = iter,
		.length = iov_iter_count(iter),
	};

	return queue_read_buffer(iocb->ki_filp, iocb_nonblock(iocb), &to);
}

static ssize_t queue_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	const struct ipcq_buffer from = {
		.iter = iter,
		.length = iov_iter_count(iter),
	};

	return queue_write_buffer(iocb->ki_filp, iocb_nonblock(iocb), &from);
}

/* ------------------------------------------------------------------- ioctls */

/* The short form of a send: plain, and its number is not told. */
static int queue_send_plain(struct ipcq_call *call)
{
	const struct ipcq_queue_send *args = &call->args.queue_send;
	struct file *file = call->file;
	struct ipcq_send send = {
		.from.address = u64_to_user_ptr(args->payload),
		.from.length = args->length,
		.senders = senders_of(file),
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_SEND_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (args->length > SIZE_MAX)
		return -EMSGSIZE;
	return ipcq_queue_send(queue_of(file), &send);
}

/* The short form of a receive: of the message only the payload is told. */
static int queue_receive_plain(struct ipcq_call *call)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;
	struct file *file = call->file;
	struct ipcq_queue *queue = queue_of(file);
	const struct ipcq_buffer to = {
		.address = u64_to_user_ptr(args->payload),
		.length = min_t(u64, args->length, SIZE_MAX),
	};
	struct ipcq_receive receive = {
		.room = to.length,
		.filter = filter_of(file),
		.subscriber = subscriber_of(file),
		.patience.nonblock = ipcq_call_nonblock(call,
							IPCQ_RECEIVE_F_NONBLOCK),
		.patience.deadline = args->deadline,
	};
	struct ipcq_message *message;
	size_t length;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;

	message = ipcq_queue_reserve(queue, &receive);
	if (IS_ERR(message))
		return ipcq_queue_receive_failed(call, PTR_ERR(message),
						 receive.room);
	length = message->length;
	return ipcq_queue_end(queue, subscriber_of(file), message,
			      ipcq_message_copy_out(message, &to)) ?: length;
}

static int queue_stat(struct ipcq_call *call)
{
	struct ipcq_queue_stat *stat = &call->args.queue_stat;
	struct ipcq_queue *queue = queue_of(call->file);

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	ipcq_queue_stat(queue, stat);
	return ipcq_call_put_all(call, sizeof(*stat));
}

static int queue_set(struct ipcq_call *call)
{
	return ipcq_queue_set(queue_of(call->file), &call->args.queue_set);
}

static const struct ipcq_operation queue_operations[] = {
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_SEND, struct ipcq_queue_send,
		       IPCQ_QUEUE_SEND_MIN, IPCQ_SEND_F_ALL, ipcq_queue_call_send,
		       .run_short = queue_send_plain,
		       .short_flags = IPCQ_SEND_F_NONBLOCK),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_RECEIVE, struct ipcq_queue_receive,
		       IPCQ_QUEUE_RECEIVE_MIN, IPCQ_RECEIVE_F_ALL,
		       ipcq_queue_call_receive,
		       .run_short = queue_receive_plain,
		       .short_flags = IPCQ_RECEIVE_F_NONBLOCK),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_STAT, struct ipcq_queue_stat,
		       IPCQ_QUEUE_STAT_MIN, 0, queue_stat),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_SET, struct ipcq_queue_set,
		       IPCQ_QUEUE_SET_MIN, IPCQ_SET_F_ALL, queue_set),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_LEASE, struct ipcq_queue_lease,
		       IPCQ_QUEUE_LEASE_MIN, 0, ipcq_queue_call_lease),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_SEND_MANY, struct ipcq_queue_batch,
		       sizeof(struct ipcq_queue_batch),
		       IPCQ_BATCH_F_ALL & ~IPCQ_BATCH_F_TRUNCATE,
		       ipcq_queue_call_send_many),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_RECEIVE_MANY, struct ipcq_queue_batch,
		       sizeof(struct ipcq_queue_batch), IPCQ_BATCH_F_ALL,
		       ipcq_queue_call_receive_many),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_SEND_ALL, struct ipcq_queue_send_all,
		       sizeof(struct ipcq_queue_send_all), IPCQ_SEND_F_VECTOR,
		       ipcq_queue_call_send_all),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_SUBSCRIBE, struct ipcq_queue_subscribe,
		       sizeof(struct ipcq_queue_subscribe),
		       IPCQ_SUBSCRIBE_F_ALL, ipcq_queue_call_subscribe),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_FILTER, struct ipcq_queue_filter,
		       sizeof(struct ipcq_queue_filter), 0,
		       ipcq_queue_call_filter),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_DRAIN, struct ipcq_queue_drain,
		       sizeof(struct ipcq_queue_drain), 0, ipcq_queue_call_drain),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_CALL, struct ipcq_queue_call,
		       IPCQ_QUEUE_CALL_MIN, IPCQ_CALL_F_ALL,
		       ipcq_queue_call_call,
		       .run_short = ipcq_queue_call_call,
		       .short_flags = IPCQ_CALL_F_ALL),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_REPLY, struct ipcq_queue_reply,
		       IPCQ_QUEUE_REPLY_MIN, IPCQ_REPLY_F_ALL,
		       ipcq_queue_call_reply,
		       .run_short = ipcq_queue_call_reply,
		       .short_flags = IPCQ_REPLY_F_ALL),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_RESULT, struct ipcq_queue_call,
		       IPCQ_QUEUE_CALL_MIN, IPCQ_CALL_F_NONBLOCK,
		       ipcq_queue_call_result,
		       .run_short = ipcq_queue_call_result,
		       .short_flags = IPCQ_CALL_F_NONBLOCK),
};

/* FIONREAD: bytes of the next message, 0 also when there is none. */
static long queue_next_bytes(struct file *file, int __user *out)
{
	struct ipcq_queue *queue = queue_of(file);
	u32 length;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (queue->broadcast)
		length = ipcq_broadcast_next_length(queue, subscriber_of(file));
	else
		length = ipcq_queue_next_length(queue, filter_of(file));
	return put_user((int)length, out);
}

static long queue_ioctl(struct file *file, unsigned int command,
			unsigned long arg)
{
	if (command == FIONREAD)
		return queue_next_bytes(file, (int __user *)arg);
	return ipcq_dispatch(queue_operations, ARRAY_SIZE(queue_operations),
			     file, command, arg);
}

/* ---------------------------------------------------------- the other calls */

/* Whether the handle can receive from a queue that broadcasts. */
static __poll_t poll_broadcast(struct file *file, poll_table *table)
{
	bool asks = poll_requested_events(table) & (EPOLLIN | EPOLLRDNORM);

	return ipcq_broadcast_readable(queue_of(file), subscriber_of(file), asks);
}

static __poll_t queue_poll(struct file *file, poll_table *table)
{
	__poll_t events = ipcq_queue_poll(queue_of(file), filter_of(file),
					  senders_of(file)->share, file,
					  table);

	if (!(file->f_mode & FMODE_READ) || queue_of(file)->broadcast)
		events &= ~(EPOLLIN | EPOLLRDNORM);
	if (file->f_mode & FMODE_READ && queue_of(file)->broadcast)
		events |= poll_broadcast(file, table);
	if (!(file->f_mode & FMODE_WRITE))
		events &= ~(EPOLLOUT | EPOLLWRNORM);
	return events;
}

static int queue_fasync(int fd, struct file *file, int on)
{
	return ipcq_queue_fasync(queue_of(file), fd, file, on);
}

static void queue_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct ipcq_queue *queue = queue_of(file);
	struct ipcq_queue_stat stat;
	struct ipcq_filter filter;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	ipcq_queue_stat(queue, &stat);
	spin_lock(&queue->lock);
	filter = *filter_of(file);
	spin_unlock(&queue->lock);
	seq_puts(m, "ipcq-kind:\tqueue\n");
	seq_printf(m, "ipcq-id:\t%llu\n", stat.id);
	seq_printf(m, "order:\t%s\n",
		   stat.order == IPCQ_ORDER_PRIORITY ? "priority" : "fifo");
	seq_printf(m, "messages:\t%u/%u\n", stat.messages, stat.max_messages);
	seq_printf(m, "bytes:\t%llu/%llu\n", stat.bytes, stat.max_bytes);
	seq_printf(m, "max-message-size:\t%u\n", stat.max_message_size);
	seq_printf(m, "memory:\t%llu\n", stat.memory);
	seq_printf(m, "sent:\t%llu\n", stat.sent);
	seq_printf(m, "received:\t%llu\n", stat.received);
	seq_printf(m, "expired:\t%llu\n", stat.expired);
	seq_printf(m, "time-to-live-ns:\t%llu\n", stat.time_to_live);
	seq_printf(m, "dead-letter:\t%llu\n", stat.dead_letter);
	seq_printf(m, "dead-lettered:\t%llu\n", stat.dead_lettered);
	seq_printf(m, "dropped:\t%llu\n", stat.dropped);
	seq_printf(m, "full:\t%u\n", stat.full);
	seq_printf(m, "redelivery-limit:\t%u\n", stat.redelivery_limit);
	seq_printf(m, "waiting-senders:\t%u\n", stat.waiting_senders);
	seq_printf(m, "waiting-receivers:\t%u\n", stat.waiting_receivers);
	seq_printf(m, "users:\t%u\n", stat.users);
	seq_printf(m, "share:\t%u\n", stat.share);
	seq_printf(m, "held:\t%u\n", stat.held);
	seq_printf(m, "delayed:\t%u\n", stat.delayed);
	seq_printf(m, "delivery:\t%s\n",
		   stat.delivery == IPCQ_DELIVERY_ALL ? "all" : "one");
	seq_printf(m, "subscribers:\t%u\n", stat.subscribers);
	seq_printf(m, "retained:\t%u/%u\n", stat.retained, stat.retain);
	ipcq_broadcast_show(queue, subscriber_of(file), m);
	ipcq_filter_show(&filter, m);
}

/* A process has closed a descriptor: what it held through it may be to be returned. */
static int queue_flush(struct file *file, fl_owner_t files)
{
	ipcq_owners_end_closed(file->private_data, files);
	return 0;
}

static int queue_release(struct inode *inode, struct file *file)
{
	struct ipcq_handle *handle = file->private_data;

	if (handle->object) {
		ipcq_broadcast_leave(queue_of(file), &handle->subscriber);
		ipcq_mark_drop(queue_of(file), &handle->mark);
	}
	ipcq_handle_release(handle);
	return 0;
}

const struct file_operations ipcq_queue_fops = {
	.owner = THIS_MODULE,
	.read = queue_read,
	.write = queue_write,
	.read_iter = queue_read_iter,
	.write_iter = queue_write_iter,
	.poll = queue_poll,
	.fasync = queue_fasync,
	.unlocked_ioctl = queue_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = queue_show_fdinfo,
	.flush = queue_flush,
	.release = queue_release,
};
