// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of a queue, both kinds, and its bounds: the input is a list of
 * operations, done on them and on a plain array.
 */
#include "bounds.h"
#include "priority.h"
#include "target.h"

#define ENTRIES	48

struct entry {
	struct ipcq_order_entry order;	/* in the order by priority */
	struct ipcq_order_entry fifo;
	uint32_t priority;
	uint32_t length;
	enum { IDLE, INSIDE, TAKEN } where;
};

static struct ipcq_priority_order by_priority;
static struct ipcq_order fifo;
static struct ipcq_bounds bounds;
static struct entry entries[ENTRIES];
static uint64_t sequence;

/* Priorities of few leaves, so that one program needs few of them. */
static const uint16_t priorities[] = {
	0, 1, 31, 32, 1023, 1024, 1055, 16384, 32735, 32736, 32766, 32767,
};

static void see_to_leaf(uint32_t priority)
{
	struct ipcq_priority_leaf **leaf = ipcq_priority_leaf(&by_priority, priority);

	if (!*leaf)
		*leaf = calloc(1, sizeof(**leaf));
	require(*leaf);
}

/* What must come first: of the highest priority if asked, and of those the oldest. */
static struct entry *expected(int with_priority)
{
	struct entry *best = NULL, *e;

	for (e = entries; e < entries + ENTRIES; e++) {
		if (e->where != INSIDE)
			continue;
		if (!best || (with_priority && e->priority > best->priority) ||
		    ((!with_priority || e->priority == best->priority) &&
		     e->order.sequence < best->order.sequence))
			best = e;
	}
	return best;
}

static void check(void)
{
	struct entry *first = expected(1), *oldest = expected(0);
	uint32_t messages = 0;
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < ENTRIES; i++) {
		messages += entries[i].where != IDLE;
		bytes += entries[i].where != IDLE ? entries[i].length : 0;
	}
	require(bounds.messages == messages && bounds.bytes == bytes);
	require(ipcq_priority_empty(&by_priority) == !first);
	require(ipcq_order_empty(&fifo) == !oldest);
	if (!first)
		return;
	require(ipcq_priority_first(&by_priority) == &first->order);
	require(ipcq_priority_highest(&by_priority) == first->priority);
	require(fifo.head == &oldest->fifo);
}

static void push(struct entry *e, uint8_t byte)
{
	uint32_t length = byte % 40;
	int room = bounds.messages < bounds.max_messages &&
		   bounds.bytes + length <= bounds.max_bytes &&
		   length <= bounds.max_message_size;

	require(ipcq_bounds_fit(&bounds, length) == room);
	if (e->where != IDLE || !room)
		return;
	e->length = length;
	e->priority = priorities[byte % (sizeof(priorities) / 2)];
	e->order.sequence = e->fifo.sequence = ++sequence;
	see_to_leaf(e->priority);
	ipcq_priority_push(&by_priority, e->priority, &e->order);
	ipcq_order_push(&fifo, &e->fifo);
	ipcq_bounds_add(&bounds, length);
	e->where = INSIDE;
}

/* Takes from one of the two, and the same entry, wherever it is, from the other. */
static void take(void)
{
	struct entry *e = (struct entry *)ipcq_priority_pop(&by_priority);
	struct ipcq_order_entry *before[ENTRIES];
	unsigned int count = 0;

	while (fifo.head != &e->fifo)
		before[count++] = ipcq_order_pop(&fifo);
	ipcq_order_pop(&fifo);
	while (count--)
		ipcq_order_restore(&fifo, before[count]);
	e->where = TAKEN;
}

static void give_back(struct entry *e)
{
	ipcq_priority_restore(&by_priority, e->priority, &e->order);
	ipcq_order_restore(&fifo, &e->fifo);
	e->where = INSIDE;
}

static void operate(uint8_t what, uint8_t byte)
{
	struct entry *e = &entries[byte % ENTRIES];

	switch (what % 5) {
	case 0:
	case 1:
		push(e, what);
		break;
	case 2:
		if (!ipcq_priority_empty(&by_priority))
			take();
		break;
	case 3:
		if (e->where == TAKEN)
			give_back(e);
		break;
	default:
		if (e->where != TAKEN)
			break;
		ipcq_bounds_remove(&bounds, e->length);
		e->where = IDLE;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;
	size_t at;

	if (size < 3)
		return 0;
	memset(&by_priority, 0, sizeof(by_priority));
	memset(entries, 0, sizeof(entries));
	ipcq_order_init(&fifo);
	sequence = 0;
	bounds = (struct ipcq_bounds) {
		.max_messages = 1 + data[0] % ENTRIES,
		.max_message_size = 1 + data[1] % 40,
		.max_bytes = 40 + data[2] * 4,
	};
	for (at = 3; at + 1 < size; at += 2) {
		operate(data[at], data[at + 1]);
		check();
	}
	for (i = 0; i < IPCQ_PRIORITY_LEAVES; i++)
		free(by_priority.leaves[i]);
	return 0;
}
