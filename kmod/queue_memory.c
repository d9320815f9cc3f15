// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of queues: what they keep to be fast, and when they give it back.
 *
 * What is kept makes a busy queue fast and an idle one a burden.  It goes back
 *
 *	when nothing has been received for a while	a work of the queue's own
 *	when the system is short of memory		a shrinker
 *	when a sender would exceed its user's bound	that sender, from all queues
 *	  or gets no memory				  of the same user
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "account.h"
#include "backlog.h"
#include "compat.h"
#include "copies.h"
#include "queue.h"
#include "request.h"

/* All queues. */
static DEFINE_SPINLOCK(queues_lock);
static LIST_HEAD(queues);

/*
 * For the queues' delayed works.  Its own, because the last reference to a queue
 * may be dropped while memory is reclaimed, and freeing the queue waits for them.
 */
struct workqueue_struct *ipcq_queue_works;

/* Whether a queue keeps what may be charged to the user of @account (NULL: any). */
static bool keeps_for(struct ipcq_queue *queue, const struct ipcq_account *account)
{
	bool concerns;

	/* Most keep nothing, and need not be disturbed to see that. */
	if (!data_race(queue->magazine.kept_bytes))
		return false;
	spin_lock(&queue->lock);
	concerns = ipcq_magazine_concerns(&queue->magazine, account);
	spin_unlock(&queue->lock);
	return concerns;
}

/*
 * The queue after @queue in the list of all that keeps such memory, with a
 * reference; drops @queue's.  The others are left without one: who closes a queue
 * for the last time is to find that it is gone then.
 */
static struct ipcq_queue *next_queue(struct ipcq_queue *queue,
				     const struct ipcq_account *account)
{
	struct list_head *at = queue ? &queue->all : &queues;
	struct ipcq_queue *next = NULL;

	/* A queue leaves the list with its last reference, and we hold one. */
	spin_lock(&queues_lock);
	while ((at = at->next) != &queues) {
		next = list_entry(at, struct ipcq_queue, all);
		if (keeps_for(next, account) &&
		    kref_get_unless_zero(&next->object.refs))
			break;
		next = NULL;
	}
	spin_unlock(&queues_lock);

	if (queue)
		ipcq_object_put(&queue->object);
	return next;
}

/*
 * Gives back what a queue keeps, until @enough bytes are free that were charged to
 * the user of @account (NULL: to anybody).  The lock is never held for long:
 * others use the queue.
 */
static unsigned long trim(struct ipcq_queue *queue,
			  const struct ipcq_account *account,
			  unsigned long enough)
{
	struct ipcq_message *list;
	unsigned long freed = 0;

	do {
		spin_lock(&queue->lock);
		list = ipcq_magazine_trim(&queue->magazine, IPCQ_TRIM_BATCH);
		spin_unlock(&queue->lock);
		freed += ipcq_magazine_free(list, account);
		cond_resched();
	} while (list && freed < enough);
	return freed;
}

/* The same of all queues that may keep such memory.  Returns bytes. */
static unsigned long trim_all(const struct ipcq_account *account,
			      unsigned long enough)
{
	struct ipcq_queue *queue = NULL;
	unsigned long freed = 0;

	while ((queue = next_queue(queue, account))) {
		freed += trim(queue, account, enough - freed);
		if (freed >= enough) {
			ipcq_object_put(&queue->object);
			break;
		}
		cond_resched();
	}
	return freed;
}

static unsigned long count_kept(struct shrinker *shrinker,
				struct shrink_control *control)
{
	struct ipcq_queue *queue;
	unsigned long kept = 0;

	spin_lock(&queues_lock);
	list_for_each_entry(queue, &queues, all)
		/* An estimate, read without the queue's lock. */
		kept += data_race(queue->magazine.kept_bytes) >> PAGE_SHIFT;
	spin_unlock(&queues_lock);
	return kept;
}

static unsigned long scan_kept(struct shrinker *shrinker,
			       struct shrink_control *control)
{
	unsigned long freed = trim_all(NULL, control->nr_to_scan << PAGE_SHIFT);

	return (freed >> PAGE_SHIFT) ?: SHRINK_STOP;
}

IPCQ_COMPAT_SHRINKER(queue_shrinker, count_kept, scan_kept)

/**
 * ipcq_queue_new_message() - allocate a message for a queue
 * @queue: the queue; its lock is not held
 * @sender: whose it is to be
 * @class: the size class
 *
 * Who is short of memory does without what is only kept to be fast.
 *
 * Return: the message; ERR_PTR(-EDQUOT) or ERR_PTR(-ENOMEM).
 */
struct ipcq_message *ipcq_queue_new_message(struct ipcq_queue *queue,
					    struct ipcq_sender *sender,
					    u32 class)
{
	struct ipcq_message *message;

	message = ipcq_message_new(sender, class);
	if (IS_ERR(message) &&
	    trim_all(sender->account, 2 * ipcq_message_memory(class)))
		message = ipcq_message_new(sender, class);
	if (IS_ERR(message))
		return message;

	spin_lock(&queue->lock);
	queue->magazine.memory += ipcq_message_memory(class);
	spin_unlock(&queue->lock);
	return message;
}

/*
 * Keeps a message that is of no more use: its payload is gone.  Who waits for a reply to
 * it is told.
 */
void ipcq_queue_keep(struct ipcq_queue *queue, struct ipcq_message *message)
{
	/* Others change it only while it is copied, and that is looked at again. */
	u32 special = data_race(message->special);

	if (unlikely(special)) {
		if (special & IPCQ_SPECIAL_REQUEST &&
		    ipcq_request_end(queue, message, -ECANCELED))
			return;
		if (special & IPCQ_SPECIAL_COPIED &&
		    ipcq_copies_inherit(queue, message, IPCQ_PARTING_KEEP))
			return;
		ipcq_message_undress(message);
		/* It counts for nobody, if it did when it was retained. */
		message->special = 0;
	}
	spin_lock(&queue->lock);
	ipcq_magazine_keep(&queue->magazine, message);
	ipcq_queue_kept(queue);
	spin_unlock(&queue->lock);
}

/* Keeps the messages of a list, in its order. */
void ipcq_queue_keep_all(struct ipcq_queue *queue, struct ipcq_order *list)
{
	while (!ipcq_order_empty(list))
		ipcq_queue_keep(queue, ipcq_backlog_message(ipcq_order_pop(list)));
}

/*
 * Has a work look, later, whether the queue is still in use.  The lock is held.
 */
void ipcq_queue_arm_idle(struct ipcq_queue *queue)
{
	queue->idle_armed = true;
	queue->idle_received = queue->received;
	queue_delayed_work(ipcq_queue_works, &queue->idle_work,
			   msecs_to_jiffies(IPCQ_IDLE_DELAY_MS));
}

static void idle_work(struct work_struct *work)
{
	struct ipcq_queue *queue = container_of(to_delayed_work(work),
						struct ipcq_queue, idle_work);
	bool idle;

	spin_lock(&queue->lock);
	queue->idle_armed = false;
	idle = queue->received == queue->idle_received;
	if (!idle && queue->magazine.kept_bytes > IPCQ_IDLE_KEEP)
		ipcq_queue_arm_idle(queue);
	spin_unlock(&queue->lock);
	if (idle)
		trim(queue, NULL, ULONG_MAX);
}

/* A new queue begins to keep messages. */
void ipcq_queue_memory_init(struct ipcq_queue *queue)
{
	INIT_DELAYED_WORK(&queue->idle_work, idle_work);
	spin_lock(&queues_lock);
	list_add_tail(&queue->all, &queues);
	spin_unlock(&queues_lock);
}

/* With the last reference gone, and every message in the magazine. */
void ipcq_queue_memory_fini(struct ipcq_queue *queue)
{
	spin_lock(&queues_lock);
	list_del(&queue->all);
	spin_unlock(&queues_lock);
	cancel_delayed_work_sync(&queue->idle_work);

	trim(queue, NULL, ULONG_MAX);
	WARN_ON_ONCE(queue->magazine.memory);
}

int ipcq_queue_init(void)
{
	int ret;

	ipcq_queue_works = alloc_workqueue("ipcq", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!ipcq_queue_works)
		return -ENOMEM;
	ret = queue_shrinker_register("ipcq-queue");
	if (ret)
		destroy_workqueue(ipcq_queue_works);
	return ret;
}

void ipcq_queue_exit(void)
{
	queue_shrinker_unregister();
	destroy_workqueue(ipcq_queue_works);
}
