/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of messages, in memory that all parties of a round share.
 *
 * A sender sends messages in lives; a message says which life it is of, and its
 * number in there.  Before a send the sender notes that it has begun, and after the
 * send has succeeded that it was acknowledged.  Whatever instruction it is killed at,
 * the two differ by at most one: that message may or may not have been sent, all
 * before it were, and none behind it.
 *
 * A receiver notes that it is about to receive; then what it has received, in one
 * atomic step; then that it does not receive.  One that is killed elsewhere has taken
 * nothing with it.  One that is killed between the first note and the last may have
 * taken one message, and its buffer tells which: buffers are shared, too, and are
 * marked as empty before each call.  A message that is there in full may have been
 * the receiver's when it died; or have been put back, and then another has noted it.
 *
 * So in the end each message that was acknowledged has been noted by one receiver, or
 * else is found in the buffer of one that was killed, at most one in each; none has
 * been noted twice, and none that was not begun.
 */
#ifndef IPCQ_TESTS_STORM_LEDGER_H
#define IPCQ_TESTS_STORM_LEDGER_H

#include "common.h"

#define LEDGER_LIVES	8192
#define LEDGER_MESSAGES	256		/* of one life */
#define LEDGER_PARTIES	MOST_PARTIES
#define LEDGER_LONGEST	65536		/* bytes of a message */
#define LEDGER_DIED	0x80
/* In queues that are ordered by priority, messages have one of this many. */
#define LEDGER_PRIORITIES 4

/* What a receive returns for a message that asks the receiver to end. */
#define LEDGER_END	(-1000)

struct ledger_party {
	uint32_t receiving;
	uint32_t careless;		/* into its bad buffer */
	uint32_t progress;		/* sends and receives that succeeded */
};

struct ledger {
	uint32_t lives;			/* given out */
	uint32_t stop;			/* senders are to end */
	uint32_t longest;		/* bytes of a message, at most LEDGER_LONGEST */
	struct {
		uint32_t begun, acknowledged;
	} life[LEDGER_LIVES];
	/* How often, and LEDGER_DIED: found in the buffer of a dead receiver. */
	uint8_t received[LEDGER_LIVES][LEDGER_MESSAGES];
	uint32_t broken;		/* messages that nobody has sent like this */
	uint32_t disorder;		/* received after one that was sent later */
	uint32_t put_back;		/* by receivers whose buffer was bad */
	uint32_t taken;			/* receivers that were killed while receiving */
	struct ledger_party party[LEDGER_PARTIES];
};

/* The ledger of this round; ledger_new() sets it, children inherit it. */
extern struct ledger *ledger;

void ledger_new(uint32_t longest);

/* A sender; zeroed to begin with, but for what is set here. */
struct ledger_sender {
	unsigned int party;
	bool priorities;
	bool alive;			/* has a life */
	uint32_t life, number;
};

/* All lives are given out: the round is to end. */
bool ledger_is_full(void);
/* What a party has sent and received. */
uint32_t ledger_progress(unsigned int party);

/*
 * Sends the next message, waiting until @deadline (0: for ever) unless @flags say
 * otherwise.  Returns 0 or a negative errno; then the same message is next.
 */
int ledger_send(struct ledger_sender *sender, int fd, uint32_t flags,
		uint64_t deadline);

/* Receives into a good buffer, or sometimes into a bad one. */
struct ledger_receiver {
	unsigned int party;
	bool careless;			/* uses bad buffers, too */
	bool priorities;		/* as its queue's senders */
	/*
	 * It is the only one its queue has had, or @order was that of those before
	 * it: then nothing may come out of order.  Otherwise what another one has
	 * put back may.
	 */
	bool alone;
	/* For each life the least number that may come next, of each priority. */
	uint16_t (*order)[LEDGER_PRIORITIES];
};

/* Returns the message's length, LEDGER_END, or a negative errno. */
int ledger_receive(struct ledger_receiver *receiver, int fd, uint32_t flags,
		   uint64_t deadline);

/* Sends the message that asks a receiver to end. */
int ledger_send_end(int fd, uint64_t deadline);

/* A party was killed and has been reaped: another may have its place. */
void ledger_killed(unsigned int number);

/* Receives what is left, without waiting. */
void ledger_drain(int fd);
/* With all parties gone and all queues drained: was each message received once? */
void ledger_check(void);

#endif /* IPCQ_TESTS_STORM_LEDGER_H */
