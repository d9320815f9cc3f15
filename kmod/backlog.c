// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backlog of a queue: its memory, and who hears of changes.  See backlog.h.
 */
#include <linux/ipcq.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "account.h"
#include "backlog.h"
#include "scan.h"

/* Returns 0 or -ENOMEM. */
int ipcq_backlog_init(struct ipcq_queue *queue, u32 order)
{
	ipcq_order_init(&queue->order);
	if (order == IPCQ_ORDER_FIFO)
		return 0;
	queue->priorities = kvzalloc(sizeof(*queue->priorities), IPCQ_GFP);
	return queue->priorities ? 0 : -ENOMEM;
}

/* The backlog is empty; also of a queue that was not completed. */
void ipcq_backlog_fini(struct ipcq_queue *queue)
{
	u64 leaves;
	u32 i;

	if (!queue->priorities)
		return;
	for (i = 0; i < IPCQ_PRIORITY_LEAVES; i++)
		kfree(queue->priorities->leaves[i]);
	kvfree(queue->priorities);
	leaves = atomic_read(&queue->leaves);
	if (leaves)
		ipcq_account_uncharge(queue->object.account,
				      IPCQ_RESOURCE_MESSAGE_BYTES,
				      leaves * sizeof(struct ipcq_priority_leaf));
}

/* A leaf that is there stays, and whoever loses the race to add one uses the other's. */
static int prepare(struct ipcq_queue *queue, u32 priority, gfp_t gfp)
{
	struct ipcq_account *account = queue->object.account;
	struct ipcq_priority_leaf **at, *leaf;
	int ret;

	if (priority > IPCQ_PRIORITY_MAX || !queue->priorities)
		return -EINVAL;
	at = ipcq_priority_leaf(queue->priorities, priority);
	/* Pairs with the exchange below: the lists are seen empty. */
	if (smp_load_acquire(at))
		return 0;

	ret = ipcq_account_charge(account, IPCQ_RESOURCE_MESSAGE_BYTES,
				  sizeof(*leaf));
	if (ret)
		return ret;
	leaf = kzalloc(sizeof(*leaf), gfp);
	if (leaf && !cmpxchg(at, NULL, leaf)) {
		atomic_inc(&queue->leaves);
		return 0;
	}
	ipcq_account_uncharge(account, IPCQ_RESOURCE_MESSAGE_BYTES,
			      sizeof(*leaf));
	kfree(leaf);
	/* A failed exchange orders nothing: look again, as above. */
	return smp_load_acquire(at) ? 0 : -ENOMEM;
}

/**
 * ipcq_backlog_prepare() - see to it that there is a list for a priority
 * @queue: the queue; its lock, which protects the list itself, is not held
 * @priority: the priority
 *
 * Return: 0; -EINVAL there is no such priority; -ENOMEM, -EDQUOT.
 */
int ipcq_backlog_prepare(struct ipcq_queue *queue, u32 priority)
{
	return prepare(queue, priority, IPCQ_GFP);
}

/*
 * The same for a caller that memory being reclaimed may wait for, as freeing a queue
 * does for its works.
 */
int ipcq_backlog_prepare_now(struct ipcq_queue *queue, u32 priority)
{
	return prepare(queue, priority, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
}

/* A message has come into the order, and it or the queue is not plain. */
void ipcq_backlog_entered(struct ipcq_queue *queue, struct ipcq_message *message)
{
	if (message->special & IPCQ_SPECIAL_LIMITED)
		ipcq_expire_entered(queue, message);
	if (message->special & IPCQ_SPECIAL_COUNTED)
		ipcq_share_entered(queue, message);
	message->in_order = true;
	if (queue->care & IPCQ_CARE_SCANS)
		ipcq_scans_entered(queue, message);
}

/* A message has left the order, and it or the queue is not plain. */
void ipcq_backlog_left(struct ipcq_queue *queue, struct ipcq_message *message)
{
	if (message->special & IPCQ_SPECIAL_LIMITED)
		ipcq_expire_left(queue, message);
	if (message->special & IPCQ_SPECIAL_COUNTED)
		ipcq_share_left(queue, message);
	if (message->special & IPCQ_SPECIAL_MARKED)
		ipcq_marks_left(message);
	message->in_order = false;
	if (queue->care & IPCQ_CARE_SCANS)
		ipcq_scans_left(queue, message);
}
