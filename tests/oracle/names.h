/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of names, handles and the lives of queues, as model.h is of what a queue does.
 */
#ifndef IPCQ_ORACLE_NAMES_H
#define IPCQ_ORACLE_NAMES_H

#include "model.h"

struct handle {
	bool open;		/* there is a descriptor */
	int fd;
	struct queue *queue;
	bool reads;
	bool writes;
	bool nonblock;
	struct identity opener;
	struct filter filter;
	bool creator;		/* the one that created a queue of IPCQ_LIFETIME_CREATOR */
	unsigned int calls;	/* in progress; they keep it */
};

struct names {
	struct queue *queues;	/* all that exist */
	unsigned int count;	/* of those that are user 0's */
};

/*
 * By @opener.  Fills in either the handle (but for the descriptor and the id of a new queue) or the
 * errors of @answer.  @name is that of @args, NULL for none.
 */
void names_open(struct names *names, const struct ipcq_queue_open *args, const char *name,
		const struct limits *limits, const struct identity *opener,
		struct handle *handle, struct answer *answer);
/* The descriptor is closed. */
void names_close(struct names *names, struct handle *handle);
/* A call begins and ends in the handle. */
void names_call_begins(struct handle *handle);
void names_call_ended(struct names *names, struct handle *handle);
/* 0 or an error. */
int names_unlink(struct names *names, const char *name, uint32_t user);
/* 0, or why this user cannot make the queue of this id a dead-letter queue. */
int names_judge_dead_letter(const struct names *names, uint64_t id,
			    const struct identity *user);
/* Whether the user may change the queue. */
bool names_owner(const struct queue *queue, uint32_t user);
void names_free(struct names *names);

#endif /* IPCQ_ORACLE_NAMES_H */
