// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: receiving a message without taking it, and dealing with it afterwards.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/pid.h>
#include <linux/uaccess.h>

#include "handle.h"
#include "hold.h"
#include "ioctl.h"
#include "owner.h"
#include "queue_calls.h"

/* Whether the members that an operation does not use are 0. */
static bool is_clean(const struct ipcq_queue_lease *args)
{
	const u32 operation = args->operation;

	if (args->token && operation == IPCQ_LEASE_ATTACH)
		return false;
	if (args->pid && operation != IPCQ_LEASE_HAND_OVER)
		return false;
	if (args->time && operation != IPCQ_LEASE_RETURN &&
	    operation != IPCQ_LEASE_EXTEND)
		return false;
	return operation == IPCQ_LEASE_READ ||
	       !(args->payload || args->length || args->offset);
}

static int attach(struct ipcq_queue *queue, struct ipcq_handle *handle)
{
	struct ipcq_owner *owner = ipcq_owner_attach(&queue->owners, handle);

	if (IS_ERR(owner))
		return PTR_ERR(owner);
	ipcq_owner_mark_receiver(owner);
	ipcq_owner_put(owner);
	return 0;
}

static int hand_over(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     const struct ipcq_queue_lease *args)
{
	struct pid *pid = find_get_pid(args->pid);
	struct ipcq_owner *to = ipcq_owners_find(&queue->owners, pid);
	int ret;

	put_pid(pid);
	if (!to)
		return -ESRCH;
	ret = ipcq_hold_hand_over(queue, owner, args->token, to);
	ipcq_owner_put(to);
	return ret;
}

static int run(struct ipcq_queue *queue, struct ipcq_owner *owner,
	       const struct ipcq_queue_lease *args)
{
	const struct ipcq_buffer to = {
		.address = u64_to_user_ptr(args->payload),
		.length = min_t(u64, args->length, INT_MAX),
	};

	switch (args->operation) {
	case IPCQ_LEASE_ACKNOWLEDGE:
		return ipcq_hold_acknowledge(queue, owner, args->token);
	case IPCQ_LEASE_RETURN:
		return ipcq_hold_return(queue, owner, args->token, args->time);
	case IPCQ_LEASE_EXTEND:
		return ipcq_hold_extend(queue, owner, args->token, args->time);
	case IPCQ_LEASE_READ:
		return ipcq_hold_read(queue, owner, args->token, args->offset,
				      &to);
	default:
		return hand_over(queue, owner, args);
	}
}

int ipcq_queue_call_lease(struct ipcq_call *call)
{
	const struct ipcq_queue_lease *args = &call->args.queue_lease;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_owner *owner;
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	if (args->operation > IPCQ_LEASE_ATTACH)
		return -EOPNOTSUPP;
	if (!is_clean(args) || queue->broadcast)
		return -EINVAL;
	if (args->operation == IPCQ_LEASE_ATTACH)
		return attach(queue, ipcq_call_handle(call));

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	owner = ipcq_owner_find(&queue->owners, ipcq_call_handle(call));
	if (!owner)
		return -ENOKEY;
	ret = run(queue, owner, args);
	ipcq_owner_put(owner);
	return ret;
}

/**
 * ipcq_lease_begin() - prepare a receive under a lease
 * @call: the receive
 * @hold: filled in; of a receive without a lease its owner is NULL
 *
 * Return: 0; -EINVAL, -EDQUOT, -ENOMEM, -EBADF.
 */
int ipcq_lease_begin(struct ipcq_call *call, struct ipcq_hold *hold)
{
	const struct ipcq_queue_receive *args = &call->args.queue_receive;

	hold->owner = NULL;
	if (!(args->flags & IPCQ_RECEIVE_F_LEASE))
		return args->lease ? -EINVAL : 0;
	/* Who could not be told the token could not use it. */
	if (!ipcq_call_has(call, queue_receive.token) || ipcq_call_queue(call)->broadcast)
		return -EINVAL;
	hold->owner = ipcq_owner_attach(&ipcq_call_queue(call)->owners, ipcq_call_handle(call));
	if (IS_ERR(hold->owner))
		return PTR_ERR(hold->owner);
	ipcq_owner_mark_receiver(hold->owner);
	hold->token = ipcq_hold_token(ipcq_call_queue(call));
	hold->lease = args->lease;
	hold->leased = true;
	return 0;
}

/* The receive is over. */
void ipcq_lease_end(struct ipcq_hold *hold)
{
	if (hold->owner)
		ipcq_owner_put(hold->owner);
}
