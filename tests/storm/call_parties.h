/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who calls and who serves in the storm of calls.
 */
#ifndef IPCQ_TESTS_STORM_CALL_PARTIES_H
#define IPCQ_TESTS_STORM_CALL_PARTIES_H

#include "call_ledger.h"

#define CALLERS		6
#define SERVERS		4
#define PARTIES		(CALLERS + SERVERS)

#define CALL_QUEUES	3
extern const struct call_queue {
	const char *name;
	uint32_t messages;
	uint32_t full;
	uint32_t order;
	bool quiet;		/* its servers wait, mostly */
} call_queues[CALL_QUEUES];

/* Stands for no call. */
#define NOBODY		CALLS

/* A request, as it is sent. */
struct request {
	uint32_t number;
	uint32_t patient;	/* its caller waits for ever */
};

/* What a server holds; the number is written last, and reset first. */
struct holding {
	uint32_t number;	/* NOBODY: nothing */
	bool leased;
	bool patient;
	uint64_t token;
};

/* Shared by all. */
extern struct party {
	uint32_t progress;
	uint32_t stopped;
	uint32_t receiving;
	pid_t pid;		/* of a server that has attached; 0: it has not */
	unsigned int queue;
	struct holding own;
	struct holding given;	/* by another one */
} *parties;

void parties_new(void);
/* They return when they are to end; @queues are handles that all share. */
int run_caller(unsigned int party, const int *queues);
int run_server(unsigned int party, const int *queues);

uint32_t party_progress(unsigned int party);
void party_got_on(unsigned int party);
/* A caller does not call any more. */
bool has_stopped(unsigned int party);
/* It has been reaped; what it held is lost. */
void party_ended(unsigned int party, int status);
/* Takes out requests whose callers were killed when somebody had them. */
void drain(int fd);

#endif /* IPCQ_TESTS_STORM_CALL_PARTIES_H */
