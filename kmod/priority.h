/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of a queue with priorities: highest first, and within each as in
 * order.h.
 *
 * There is a list for each priority, and a bitmap of three levels of 32 says which
 * are not empty, so that adding, taking and putting back cost the same whatever
 * the number of messages and priorities.  The lists are in leaves of 32, which are
 * made for the first message of one of their priorities and stay.
 *
 * Who adds an entry sees to the leaf before, where memory can be had.
 *
 * Pure: no locks, no memory of its own.  It compiles in user space too.
 */
#ifndef IPCQ_PRIORITY_H
#define IPCQ_PRIORITY_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#else
#include <strings.h>

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}
#endif

#include "order.h"

#define IPCQ_PRIORITIES		32768U	/* three levels of 32 */
#define IPCQ_PRIORITY_LEAVES	(IPCQ_PRIORITIES / 32)

/* The lists of 32 priorities. */
struct ipcq_priority_leaf {
	__u32 used;			/* bit n: list n is not empty */
	struct ipcq_order lists[32];
};

struct ipcq_priority_order {
	__u32 used;			/* bit n: some bit in middle[n] */
	__u32 middle[32];		/* bit n: some bit in a leaf's @used */
	struct ipcq_priority_leaf *leaves[IPCQ_PRIORITY_LEAVES];
};

/* A new leaf is zeroed memory, and so is a new order: nothing else is to be done. */

static inline struct ipcq_priority_leaf **
ipcq_priority_leaf(struct ipcq_priority_order *order, __u32 priority)
{
	return &order->leaves[priority / 32];
}

static inline bool ipcq_priority_empty(const struct ipcq_priority_order *order)
{
	return !order->used;
}

/* The highest priority that has an entry; the order is not empty. */
static inline __u32 ipcq_priority_highest(const struct ipcq_priority_order *order)
{
	__u32 high = fls(order->used) - 1;
	__u32 leaf = high * 32 + fls(order->middle[high]) - 1;

	return leaf * 32 + fls(order->leaves[leaf]->used) - 1;
}

static inline void ipcq_priority_mark(struct ipcq_priority_order *order,
				      __u32 priority)
{
	order->leaves[priority / 32]->used |= 1U << (priority % 32);
	order->middle[priority / 1024] |= 1U << (priority / 32 % 32);
	order->used |= 1U << (priority / 1024);
}

static inline void ipcq_priority_clear(struct ipcq_priority_order *order,
				       __u32 priority)
{
	struct ipcq_priority_leaf *leaf = order->leaves[priority / 32];

	leaf->used &= ~(1U << (priority % 32));
	if (leaf->used)
		return;
	order->middle[priority / 1024] &= ~(1U << (priority / 32 % 32));
	if (!order->middle[priority / 1024])
		order->used &= ~(1U << (priority / 1024));
}

/* The list of a priority whose leaf is there. */
static inline struct ipcq_order *
ipcq_priority_list(struct ipcq_priority_order *order, __u32 priority)
{
	return &order->leaves[priority / 32]->lists[priority % 32];
}

/* Adds an entry with a sequence number above all that are there. */
static inline void ipcq_priority_push(struct ipcq_priority_order *order,
				      __u32 priority,
				      struct ipcq_order_entry *entry)
{
	ipcq_order_push(ipcq_priority_list(order, priority), entry);
	ipcq_priority_mark(order, priority);
}

/* The bits of @used below @bit, which may be 32. */
static inline __u32 ipcq_priority_lower(__u32 used, __u32 bit)
{
	return bit < 32 ? used & ((1U << bit) - 1) : used;
}

/*
 * The first entry of the highest priority below @priority, which may be one above
 * the highest there can be; NULL when there is none.
 */
static inline struct ipcq_order_entry *
ipcq_priority_below(struct ipcq_priority_order *order, __u32 priority)
{
	__u32 leaf = priority / 32, high = leaf / 32, used = 0;

	if (priority % 32 && order->leaves[leaf])
		used = ipcq_priority_lower(order->leaves[leaf]->used,
					   priority % 32);
	if (!used) {
		used = leaf % 32 ? ipcq_priority_lower(order->middle[high],
						       leaf % 32) : 0;
		if (!used) {
			used = ipcq_priority_lower(order->used, high);
			if (!used)
				return NULL;
			high = fls(used) - 1;
			used = order->middle[high];
		}
		leaf = high * 32 + fls(used) - 1;
		used = order->leaves[leaf]->used;
	}
	return order->leaves[leaf]->lists[fls(used) - 1].head;
}

/* The bits of @used from @bit on, which may be 32. */
static inline __u32 ipcq_priority_higher(__u32 used, __u32 bit)
{
	return bit < 32 ? used & ~0U << bit : 0;
}

/*
 * The first entry of the lowest priority from @priority on, which may be one above the
 * highest there can be; NULL when there is none.
 */
static inline struct ipcq_order_entry *
ipcq_priority_above(struct ipcq_priority_order *order, __u32 priority)
{
	__u32 leaf = priority / 32, high = leaf / 32, used = 0;

	if (leaf >= IPCQ_PRIORITY_LEAVES)
		return NULL;
	if (order->leaves[leaf])
		used = ipcq_priority_higher(order->leaves[leaf]->used,
					    priority % 32);
	if (!used) {
		used = ipcq_priority_higher(order->middle[high], leaf % 32 + 1);
		if (!used) {
			used = ipcq_priority_higher(order->used, high + 1);
			if (!used)
				return NULL;
			high = ffs(used) - 1;
			used = order->middle[high];
		}
		leaf = high * 32 + ffs(used) - 1;
		used = order->leaves[leaf]->used;
	}
	return order->leaves[leaf]->lists[ffs(used) - 1].head;
}

/* The entry that is next; the order is not empty. */
static inline struct ipcq_order_entry *
ipcq_priority_first(struct ipcq_priority_order *order)
{
	return ipcq_priority_list(order, ipcq_priority_highest(order))->head;
}

/* Takes the entry that is next; the order is not empty. */
static inline struct ipcq_order_entry *
ipcq_priority_pop(struct ipcq_priority_order *order)
{
	__u32 priority = ipcq_priority_highest(order);
	struct ipcq_order *list = ipcq_priority_list(order, priority);
	struct ipcq_order_entry *entry = ipcq_order_pop(list);

	if (ipcq_order_empty(list))
		ipcq_priority_clear(order, priority);
	return entry;
}

/* Takes an entry that is there, wherever it is. */
static inline void ipcq_priority_remove(struct ipcq_priority_order *order,
					__u32 priority,
					struct ipcq_order_entry *entry)
{
	struct ipcq_order *list = ipcq_priority_list(order, priority);

	ipcq_order_remove(list, entry);
	if (ipcq_order_empty(list))
		ipcq_priority_clear(order, priority);
}

/* Puts an entry that was taken back in its place. */
static inline void ipcq_priority_restore(struct ipcq_priority_order *order,
					 __u32 priority,
					 struct ipcq_order_entry *entry)
{
	ipcq_order_restore(ipcq_priority_list(order, priority), entry);
	ipcq_priority_mark(order, priority);
}

#endif /* IPCQ_PRIORITY_H */
