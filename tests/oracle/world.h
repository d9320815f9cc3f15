/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module and its model side by side: handles that exist in both, calls that are made
 * to both, and the comparison of everything that can be seen.
 *
 * A sequence of operations is determined by two numbers, the seed and its own; each of
 * its operations has random numbers of its own, so that any of them can be left out and
 * the others still be what they were, as far as what they find lets them.
 */
#ifndef IPCQ_ORACLE_WORLD_H
#define IPCQ_ORACLE_WORLD_H

#include "actors.h"
#include "model.h"
#include "names.h"

#define HANDLES		6
#define MOST_OPERATIONS	80

/* A call that waits, or that has just been made. */
struct pending {
	bool busy;
	bool waited;
	struct call call;
	struct handle *handle;
	unsigned char args[256];/* its struct, as it was handed over */
};

struct world {
	uint64_t random;
	bool hasty;		/* what should happen and does not is not waited for */
	bool failed;
	char reason[512];
	struct limits limits;
	uint64_t objects;	/* that others have */
	/* When the first of the messages that live until SOON goes, and the last; 0: none. */
	uint64_t soon_first;
	uint64_t soon_last;
	bool expired;		/* in this operation: it may be noticed a little later */
	bool late;		/* too much time has passed to know what has expired */
	struct names names;
	struct handle handles[HANDLES];
	struct pending pending[ACTORS];
	size_t said_length;
	char said[65536];	/* what has been done, in words */
};

extern struct world world;

/* How long what should happen may take, when it is not known yet that it does not. */
#define LONG_TIME	(10 * SECOND)

/* Something is done to both; returns nothing, but may disagree(). */
struct operation {
	const char *name;
	unsigned int weight;
	void (*run)(void);
};
extern const struct operation operations[];

/* A number from 0 to @bound - 1. */
uint64_t draw(uint64_t bound);
/* True in so many of a hundred cases. */
bool percent(unsigned int chance);

/* The module did not do what the model says; the first reason counts. */
__attribute__((format(printf, 1, 2)))
void disagree(const char *format, ...);
/* What is being done, for who reads it. */
__attribute__((format(printf, 1, 2)))
void say(const char *format, ...);
/* "EAGAIN", "EAGAIN or EBADF", "0" */
const char *answer_text(const struct answer *answer);
const char *error_text(long result);

void world_begin(bool hasty);
void world_end(void);
void run_operation(uint64_t seed, uint64_t sequence, unsigned int number);

/* After what was done: calls that wait end, or go on waiting, as the model says. */
void settle(void);
/* Whatever can be asked of the module is what the model says. */
void check_all(void);

/* time.c */

/* CLOCK_MONOTONIC_COARSE */
uint64_t coarse_time(void);
/* Waits a little, at most for as long as a disagreement is to take to be one. */
bool patient(void);
void be_patient_again(void);
/* Waits until all messages that live until SOON have expired. */
void let_expire(void);
/* The first of these will expire before anything else can be done. */
bool is_near(void);
/* Messages may have expired of which the model thinks that they have not. */
bool is_late(void);
/* How many have in all queues. */
uint64_t count_expired(void);
/* Those that have come into queues since @begun live until some time from then on. */
void note_lives(uint64_t begun);

/* leases.c */

/* An owner ends: this process, as far as it uses this handle (or NULL: any). */
void owner_ends(const struct pending *process, const struct handle *handle);
/* Whether it is said what comes of that: not which of several messages goes back first. */
bool owner_can_end(const struct pending *process, const struct handle *handle);

/* One of the open handles; NULL: there is none. */
struct handle *draw_handle(void);
/* A descriptor of the queue; negative when there is none. */
int descriptor_of(const struct queue *queue);

/* calls.c */
void fill_payload(unsigned char *buffer, uint64_t tag, uint64_t length);
bool is_payload(const unsigned char *buffer, uint64_t tag, uint64_t length);
void make_call(unsigned int number, struct handle *handle);
void compare_call(unsigned int number);
/* Says what sends and receives have come to; fails if @enough and it is not everything. */
void check_tally(bool enough);
void describe_filter(const struct filter *filter);
void describe_call(const struct call *call, const struct handle *handle);

#endif /* IPCQ_ORACLE_WORLD_H */
