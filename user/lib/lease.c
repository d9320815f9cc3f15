// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Leases: messages that are received and not yet taken.
 */
#include "internal.h"

ssize_t ipcq_queue_lease(struct ipcq_queue *queue, void *buffer, size_t size,
			 uint64_t lease, unsigned int flags, uint64_t deadline,
			 struct ipcq_message_info *info)
{
	struct ipcq_queue_receive arg = {
		.size = sizeof(arg),
		.flags = flags | IPCQ_RECEIVE_F_LEASE,
		.payload = (uintptr_t)buffer,
		.length = size,
		.deadline = deadline,
		.lease = lease,
	};
	int length;

	if (flags & ~(IPCQ_DONTWAIT | IPCQ_TRUNCATE))
		return -EINVAL;
	length = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_RECEIVE, &arg);
	if (length >= 0)
		ipcq_message_info_fill(info, &arg);
	return length;
}

static int lease(struct ipcq_queue *queue, uint32_t operation, uint64_t token,
		 uint64_t time)
{
	struct ipcq_queue_lease arg = {
		.size = IPCQ_QUEUE_LEASE_MIN,
		.operation = operation,
		.token = token,
		.time = time,
	};

	return ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_LEASE, &arg);
}

int ipcq_queue_acknowledge(struct ipcq_queue *queue, uint64_t token)
{
	return lease(queue, IPCQ_LEASE_ACKNOWLEDGE, token, 0);
}

int ipcq_queue_give_back(struct ipcq_queue *queue, uint64_t token, uint64_t delay)
{
	return lease(queue, IPCQ_LEASE_RETURN, token, delay);
}

int ipcq_queue_extend(struct ipcq_queue *queue, uint64_t token, uint64_t time)
{
	return lease(queue, IPCQ_LEASE_EXTEND, token, time);
}

int ipcq_queue_attach(struct ipcq_queue *queue)
{
	return lease(queue, IPCQ_LEASE_ATTACH, 0, 0);
}

int ipcq_queue_hand_over(struct ipcq_queue *queue, uint64_t token, pid_t pid)
{
	struct ipcq_queue_lease arg = {
		.size = IPCQ_QUEUE_LEASE_MIN,
		.operation = IPCQ_LEASE_HAND_OVER,
		.token = token,
		.pid = pid,
	};

	return ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_LEASE, &arg);
}

ssize_t ipcq_queue_read_held(struct ipcq_queue *queue, uint64_t token,
			     uint64_t offset, void *buffer, size_t size)
{
	struct ipcq_queue_lease arg = {
		.size = sizeof(arg),
		.operation = IPCQ_LEASE_READ,
		.token = token,
		.payload = (uintptr_t)buffer,
		.length = size,
		.offset = offset,
	};

	return ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_LEASE, &arg);
}
