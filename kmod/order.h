/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of a queue: first in, first out, and back in place.
 *
 * A doubly linked list of entries in ascending order of their sequence numbers.
 * Entries are added at the tail and taken at the head, or from wherever they are.
 * One that was taken and not used goes back to where its number belongs.  That is near
 * the head, where only entries that were taken before it can be in front of it; or, when it
 * was chosen from behind others, perhaps near the tail.
 *
 * Pure: no locks, no memory of its own.  It compiles in user space too.
 */
#ifndef IPCQ_ORDER_H
#define IPCQ_ORDER_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#endif

struct ipcq_order_entry {
	struct ipcq_order_entry *next;	/* NULL: the last */
	struct ipcq_order_entry *prev;	/* undefined in the first */
	__u64 sequence;
};

struct ipcq_order {
	struct ipcq_order_entry *head;
	struct ipcq_order_entry *tail;	/* undefined while the list is empty */
};

static inline void ipcq_order_init(struct ipcq_order *order)
{
	order->head = NULL;
}

static inline bool ipcq_order_empty(const struct ipcq_order *order)
{
	return !order->head;
}

/* Adds an entry with a sequence number above all that are there. */
static inline void ipcq_order_push(struct ipcq_order *order,
				   struct ipcq_order_entry *entry)
{
	entry->next = NULL;
	if (order->head) {
		order->tail->next = entry;
		entry->prev = order->tail;
	} else {
		order->head = entry;
	}
	order->tail = entry;
}

/* Takes the entry with the least sequence number; the list is not empty. */
static inline struct ipcq_order_entry *ipcq_order_pop(struct ipcq_order *order)
{
	struct ipcq_order_entry *entry = order->head;

	order->head = entry->next;
	return entry;
}

/* Takes an entry that is there, wherever it is. */
static inline void ipcq_order_remove(struct ipcq_order *order,
				     struct ipcq_order_entry *entry)
{
	if (order->head == entry) {
		order->head = entry->next;
		return;
	}
	entry->prev->next = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	else
		order->tail = entry->prev;
}

/* Puts an entry that was taken back in its place. */
static inline void ipcq_order_restore(struct ipcq_order *order,
				      struct ipcq_order_entry *entry)
{
	struct ipcq_order_entry *low = order->head, *high = order->tail;

	if (!low || high->sequence < entry->sequence) {
		ipcq_order_push(order, entry);
		return;
	}
	if (entry->sequence < low->sequence) {
		entry->next = low;
		low->prev = entry;
		order->head = entry;
		return;
	}
	/* It belongs between the two, and neither step leads past its place. */
	do {
		low = low->next;
		high = high->prev;
	} while (low->sequence < entry->sequence && entry->sequence < high->sequence);
	if (low->sequence < entry->sequence)
		low = high->next;
	entry->prev = low->prev;
	entry->next = low;
	low->prev->next = entry;
	low->prev = entry;
}

#endif /* IPCQ_ORDER_H */
