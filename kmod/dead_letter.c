// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dead letters: messages that left their queue without being received, and go to
 * another one, where somebody can see what became of them.
 *
 * A queue knows its dead-letter queue by the number of the object only, and looks it up
 * for each move: neither keeps the other alive, and no lock is held for both.  The
 * messages come as a list, which has left the order and the bounds of their queue under
 * its lock.  Each is then given to the other queue like one that is sent by a call that
 * does not wait.  What finds no room there, or no queue, is dropped and counted.
 *
 * A dead letter is never moved again, so that queues that name each other do not play
 * ball.
 *
 * Moving takes the registry's lock, a mutex: it is for who holds no lock and may sleep.
 * A queue's works do it, and who frees a queue waits for these, perhaps while memory is
 * reclaimed: so nothing here waits for memory.
 */
#include <linux/llist.h>
#include <linux/refcount.h>

#include "backlog.h"
#include "copies.h"
#include "queue.h"
#include "registry.h"

/* The queue of an id, with a reference, or NULL. */
static struct ipcq_queue *find_queue(struct ipcq_registry *registry, u64 id)
{
	struct ipcq_queue *queue = NULL;
	struct ipcq_object *object;

	mutex_lock(&registry->lock);
	object = ipcq_registry_next(registry, id);
	if (object && object->id == id && object->kind == &ipcq_queue_kind) {
		queue = to_ipcq_queue(object);
		ipcq_object_get(object);
	}
	mutex_unlock(&registry->lock);
	return queue;
}

/* -------------------------------------------------- references that are dropped */

/* Queues that nothing leads to any more; each with its last reference. */
static LLIST_HEAD(ended);

static void put_ended(struct work_struct *work)
{
	struct ipcq_queue *queue, *next;

	llist_for_each_entry_safe(queue, next, llist_del_all(&ended), ended)
		ipcq_object_put(&queue->object);
}

static DECLARE_WORK(put_work, put_ended);

/*
 * Drops a reference.  Freeing a queue waits for its works, and one of these may be what
 * calls this: two queues that name each other and end at the same time would wait for
 * each other.  So the last reference is left to a work that nobody waits for.
 *
 * Nobody else adds the queue to the list: who could find it again would do so through
 * the registry, and that has dropped its own reference.
 */
static void put_queue(struct ipcq_queue *queue)
{
	if (refcount_dec_not_one(&queue->object.refs.refcount))
		return;
	if (llist_add(&queue->ended, &ended))
		queue_work(ipcq_queue_works, &put_work);
}

/* --------------------------------------------------------------------- moving */

/* Makes a message of @from's a dead letter. */
static void address(struct ipcq_queue *from, struct ipcq_message *message,
		    u32 reason)
{
	/*
	 * Its time is over, but the other queue may give it another, and counts anew.
	 * Files live no longer than their message's first time.
	 */
	message->special &= ~(IPCQ_SPECIAL_LIMITED | IPCQ_SPECIAL_REDELIVERED);
	ipcq_message_put_files(message);
	message->special |= IPCQ_SPECIAL_ORIGIN;
	message->origin_id = from->object.id;
	message->origin_sequence = message->order.sequence;
	message->origin_reason = reason;
}

/*
 * Moves a message, if it can be; one that is being copied moves after that.  It is
 * counted out before it is in: who receives it finds that the other queue has moved it.
 */
static bool move(struct ipcq_queue *from, struct ipcq_queue *to,
		 struct ipcq_message *message, u32 reason)
{
	u32 memory = ipcq_message_memory(message->class);

	/* Others change it only while it is copied, and that is looked at again there. */
	if (data_race(message->special) & IPCQ_SPECIAL_COPIED &&
	    ipcq_copies_inherit(from, message, IPCQ_PARTING_DEAD + reason))
		return true;
	if (message->special & IPCQ_SPECIAL_ORIGIN)
		return false;
	if (to->priorities && ipcq_backlog_prepare_now(to, message->priority))
		return false;
	address(from, message, reason);

	spin_lock(&from->lock);
	from->magazine.memory -= memory;
	from->dead_lettered++;
	spin_unlock(&from->lock);

	if (ipcq_queue_accept(to, message))
		return true;

	spin_lock(&from->lock);
	from->magazine.memory += memory;
	from->dead_lettered--;
	spin_unlock(&from->lock);
	return false;
}

static void drop(struct ipcq_queue *queue, struct ipcq_message *message)
{
	spin_lock(&queue->lock);
	queue->dropped++;
	spin_unlock(&queue->lock);
	ipcq_queue_keep(queue, message);
}

/**
 * ipcq_dead_letter() - part with messages that nobody has received
 * @queue: their queue; no lock is held
 * @list: the messages, which have left the order and the bounds; it is empty then
 * @reason: IPCQ_ORIGIN_*
 *
 * They go to the queue's dead-letter queue, or are dropped.
 */
void ipcq_dead_letter(struct ipcq_queue *queue, struct ipcq_order *list,
		      u32 reason)
{
	u64 id = READ_ONCE(queue->dead_letter);
	struct ipcq_queue *to = NULL;
	struct ipcq_message *message;

	if (ipcq_order_empty(list))
		return;
	if (id)
		to = find_queue(queue->object.registry, id);
	while (!ipcq_order_empty(list)) {
		message = ipcq_backlog_message(ipcq_order_pop(list));
		if (!to || !move(queue, to, message, reason))
			drop(queue, message);
	}
	if (to)
		put_queue(to);
}

/**
 * ipcq_dead_letter_check() - whether the caller may have messages go to a queue
 * @registry: where the queues are
 * @id: of the dead-letter queue; 0: none, which is fine
 *
 * Return: 0; -ENOENT there is no such object; -EPROTOTYPE it is no queue; -EACCES the
 * caller could not open it for writing.
 */
int ipcq_dead_letter_check(struct ipcq_registry *registry, u64 id)
{
	struct ipcq_object *object;
	int ret;

	if (!id)
		return 0;
	mutex_lock(&registry->lock);
	object = ipcq_registry_next(registry, id);
	if (!object || object->id != id)
		ret = -ENOENT;
	else if (object->kind != &ipcq_queue_kind)
		ret = -EPROTOTYPE;
	else
		ret = ipcq_object_may_open(object, IPCQ_OPEN_F_WRITE);
	mutex_unlock(&registry->lock);
	return ret;
}
