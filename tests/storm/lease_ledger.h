/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of messages that are received under leases, in memory that all share.
 *
 * Each message has a number.  Who receives it is told how often it has come back, and so
 * no two receives of a message are told the same; and none is told more than the one
 * whose holder was told that it is acknowledged.  So in the end each message that was
 * sent has been acknowledged, and once: by a holder that was told, or by one that was
 * killed before it was.
 */
#ifndef IPCQ_TESTS_STORM_LEASE_LEDGER_H
#define IPCQ_TESTS_STORM_LEASE_LEDGER_H

#include "common.h"

#define LEASE_MESSAGES	65536
#define LEASE_LONGEST	512

struct lease_entry {
	uint8_t sending;	/* somebody is about to send it, */
	uint8_t sent;		/* and was told that it is */
	uint8_t acknowledging;	/* likewise; so often */
	uint8_t acknowledged;
	uint8_t last;		/* how often it had come back, when it was */
	uint64_t received;	/* bit n: when it had come back n times */
};

struct lease_ledger {
	uint32_t count;		/* numbers given out */
	uint32_t stop;		/* senders are to end */
	uint32_t wrong;
	uint32_t killed;	/* parties */
	struct lease_entry entry[LEASE_MESSAGES];
};

extern struct lease_ledger *leases;

void leases_new(void);
bool leases_are_full(void);

/* A new message; its number, LEASE_MESSAGES: there are no more. */
uint32_t lease_begin(void);
size_t lease_message(uint32_t number, unsigned char *payload);
void lease_sent(uint32_t number);
/* None is in doubt. */
bool leases_are_sent(void);

/* What was received; its number. */
uint32_t lease_received(const struct ipcq_queue_receive *args, long length);
void lease_acknowledging(uint32_t number);
void lease_acknowledged(uint32_t number, uint32_t redeliveries);

/* Receives what is left, and acknowledges it. */
void leases_drain(int fd);
/* With all parties gone and the queue drained. */
void leases_check(int fd);

#endif /* IPCQ_TESTS_STORM_LEASE_LEDGER_H */
