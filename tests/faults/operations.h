/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations under faults.
 *
 * Each operation is run again and again: first with the first point failing, then
 * with the second, and so on until it passes all without a fault; then with
 * allocations failing for good from some point on.  Each time it either fails with a
 * documented error, and nothing has changed, or it succeeds, and has done all of its
 * work.
 *
 * It runs before a scene, which is there for all operations of a program: a queue and
 * a priority queue with messages in them, a region with a held mutex.  What counts as
 * a change is compared in snapshots of the scene, of the user's account, of the list
 * of all objects and of the descriptors of the process.
 */
#ifndef IPCQ_TESTS_FAULTS_OPERATIONS_H
#define IPCQ_TESTS_FAULTS_OPERATIONS_H

#include "inject.h"
#include "../guest/common.h"

#define QUEUE_NAME	"faults/queue"
#define REGION_NAME	"faults/region"
#define REGION_SIZE	8192
/* Longest message of the queues. */
#define MESSAGE_SIZE	4096

/* The messages in the scene's queue and, best first, in its priority queue. */
#define MESSAGES	3
extern const char *const messages[MESSAGES];

struct scene {
	int queue;		/* named; has the messages, and room for three more */
	int priorities;		/* the same with priorities 9, 5, 1; anonymous */
	int region;		/* named, 2 mutexes and 2 eventcounts; 0 is locked */
	uint32_t *words;	/* its control area */
	int own;		/* a queue that an operation has made for one run, or 0 */
};
extern struct scene scene;

/* What an empty list of a priority may take. */
#define LIST_BYTES	4096

struct operation {
	const char *name;
	/* Before a snapshot is taken, and after it was compared; may be NULL. */
	void (*setup)(void);
	void (*teardown)(void);
	/* The call, and nothing else: 0 or more, or a negative errno. */
	long (*run)(void);
	/* After success: checks what it has done, and takes it back.  May be NULL. */
	void (*done)(long result);
	/* After failure: before the comparison, takes back what others did for it. */
	void (*recover)(long result);
	/* After failure and comparison: checks what else has to be.  May be NULL. */
	void (*failed)(long result);
	/* The documented errors, ended by 0. */
	const int *errors;
	/* How many points of each kind must have failed, at least. */
	unsigned int least[FAULTS];
	/* Bytes that a failure may leave charged besides what the scene's queues keep. */
	uint64_t keeps;
	/* A failure takes away what the setup has made; the teardown looks instead. */
	bool consumes;
	/* Only the n-th: lasting faults would keep it from ending. */
	bool single;
};

#define ERRORS(...)		((const int[]){ __VA_ARGS__, 0 })
#define LEAST(copy, slab, pages)	{ copy, slab, pages }

/* The body and the end of a cmocka test whose initial state is a struct operation. */
void run_operation(void **state);
int end_operation(void **state);

/* Raise the scene, and strike it: nothing may be left then. */
int scene_begin(void **state);
int scene_end(void **state);

/* Fails unless the scene's messages are in their queues, in their order. */
void check_messages(void);

/* Puts them there, whatever is in the queues. */
void refill_queues(void);

/* Runs all operations of an array; for main() to return. */
#define RUN_OPERATIONS(operations) ({					\
	struct CMUnitTest tests_[sizeof(operations) / sizeof((operations)[0])]; \
	for (size_t i_ = 0; i_ < sizeof(tests_) / sizeof(tests_[0]); i_++) \
		tests_[i_] = (struct CMUnitTest){			\
			.name = (operations)[i_].name,			\
			.test_func = run_operation,			\
			.teardown_func = end_operation,			\
			.initial_state = (void *)&(operations)[i_],	\
		};							\
	cmocka_run_group_tests(tests_, scene_begin, scene_end);		\
})

#endif /* IPCQ_TESTS_FAULTS_OPERATIONS_H */
