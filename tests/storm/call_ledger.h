/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of calls, in memory that all parties of a round share.
 *
 * Each call has a number, which is its request, and determines its reply and what it is
 * refused with.  Who makes it notes how it has ended.  Who serves notes what it has
 * received before it does anything with it, what it is about to do, and what it was told
 * of that.  Whoever kills a server, or a server before it ends itself, notes what that
 * held.  So in the end, of each call whose caller has lived:
 *
 *   a reply		somebody was about to reply, and it is this call's
 *   EREMOTEIO		somebody was about to refuse, and it is this call's number
 *   ECONNRESET		a server that held it has ended; or one has that was killed while
 *			it received, one call for each
 *   ENOTCONN		somebody has read it; or as before
 *   ECANCELED, ETIME	the queue drops; the request was to live for a time only
 *
 * and the other way round: a server that was told that its reply was given has given it
 * to a caller that got it, and one that was told that nobody wanted it to one that did
 * not.  Nobody receives a request twice, but one that was given back.
 */
#ifndef IPCQ_TESTS_STORM_CALL_LEDGER_H
#define IPCQ_TESTS_STORM_CALL_LEDGER_H

#include "common.h"

#define CALLS		65536
#define LONGEST_REPLY	512

/* What callers and servers have done with a call, each once. */
enum call_mark {
	CALL_MORTAL,		/* its request has a time to live */
	CALL_DROPPABLE,		/* it is in a queue that drops */
	CALL_REPLYING,		/* somebody is about to reply, */
	CALL_REPLIED,		/* and was told that this is done */
	CALL_REFUSING,		/* likewise with a refusal */
	CALL_REFUSED,
	CALL_UNWANTED,		/* a server was told that nobody waits for it */
	CALL_READ,		/* received by who cannot reply */
	CALL_LOST,		/* its server has ended */
	CALL_MARKS,
};

/* How a call has ended, besides errors. */
#define CALL_GOES_ON	0
#define CALL_GOT_REPLY	1
#define CALL_GOT_OTHER	2	/* a reply that is not its own */

struct call_entry {
	int32_t end;
	uint8_t mark[CALL_MARKS];
	uint8_t served;		/* so often it was received */
	uint8_t returned;	/* so often it may have come back */
};

struct call_ledger {
	uint32_t calls;		/* numbers given out */
	uint32_t stop;		/* callers are to end */
	uint32_t unsure;	/* servers that were killed while they received */
	struct call_entry entry[CALLS];
};

extern struct call_ledger *calls;

void calls_new(void);
bool calls_are_full(void);
/* The number of a new call; CALLS: there are no more. */
uint32_t call_begin(void);
void call_end(uint32_t number, int end);
void call_mark(uint32_t number, enum call_mark mark);
/* A server has received it. */
void call_served(uint32_t number);
/* It may be received once more. */
void call_returns(uint32_t number);

/* The reply to a call; returns its length. */
size_t call_reply(uint32_t number, unsigned char *reply);
bool is_call_reply(uint32_t number, const unsigned char *reply, long length);
uint32_t call_refusal(uint32_t number);

/* With all parties gone. */
void calls_check(void);

#endif /* IPCQ_TESTS_STORM_CALL_LEDGER_H */
