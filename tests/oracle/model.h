/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of a queue: a list of messages, two lines of calls that wait, and the rules.
 *
 * It is written from what the reference says (uapi/linux/ipcq.h, Documentation/abi.rst),
 * not from how the module does it.  It knows no locks and no processes: a call is
 * something that is added to a line and has an answer as soon as the rules give it one.
 * A call that is not to wait, and has no answer when the rules have been applied, is
 * taken out of the line again.
 *
 * Where the reference says that a call fails, and not with which of several errors, the
 * answer is the set of those.
 */
#ifndef IPCQ_ORACLE_MODEL_H
#define IPCQ_ORACLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ipcq.h>

/* How long a call waits. */
enum patience {
	FOR_EVER,
	NEVER,			/* told so by a flag or by its descriptor */
	DEADLINE_PASSED,
	DEADLINE_SOON,		/* nobody else does anything until then */
};

/* Through which system call it is made. */
enum form {
	IOCTL,
	IOCTL_VECTOR,		/* with the payload in pieces */
	READ_WRITE,
	READV_WRITEV,
	FORMS
};

/* What is wrong with the struct of a call. */
enum spoilt {
	NOTHING_SPOILT,
	SIZE_SPOILT,
	TAIL_SPOILT,		/* a member that no kernel knows is not 0 */
	FLAG_SPOILT,
	STRUCT_READ_ONLY,	/* what is told cannot be stored */
};

#define MOST_ERRORS	8

/* Which messages a receive takes; all 0: any. */
struct filter {
	uint32_t match;
	uint32_t least_priority;
	uint64_t type_first;
	uint64_t type_last;
};

/* Who sends a message. */
struct identity {
	int32_t pid;
	uint32_t uid;
	uint32_t gid;
	uint64_t start;		/* of the process */
};

/* Where a dead letter comes from; all 0: it is none. */
struct origin {
	uint64_t id;
	uint64_t sequence;
	uint32_t reason;
};

/*
 * Times are those of the test's own clock: it says when one has come.  A message that
 * is to live for AT_ONCE is gone as soon as it is there.
 */
enum life { UNLIMITED, LONG, SOON, AT_ONCE };

/* What comes of a call. */
struct answer {
	bool given;		/* else it waits */
	int errors[MOST_ERRORS];/* it fails with one of these, or */
	unsigned int error_count;
	long value;		/* it returns this */
	uint64_t sequence;	/* told by sends and receives */
	uint32_t priority;	/* told by receives */
	uint64_t tag;		/* which payload was received */
	uint64_t type;
	struct identity sender;
	uint64_t sent_after;	/* when the call that sent it began */
	struct origin origin;
	uint64_t told_length;	/* of a message that is too long for the buffer */
	uint32_t redeliveries;
	struct message *held;	/* it is held: its token is for the module to choose */
	uint64_t dropped;	/* told by receives: lost since one was told before */
};

/* A call of a queue's descriptor that sends or receives. */
struct call {
	struct call *next;	/* in the line of those who wait */
	struct queue *queue;
	bool sends;
	bool permitted;		/* the handle grants the access */
	enum form form;
	uint32_t size;		/* of the struct, for an ioctl; what it has no room for is 0 */
	enum spoilt spoilt;
	enum patience patience;
	uint64_t length;	/* of the payload, or of the buffer */
	uint64_t accessible;	/* so many bytes of it */
	uint32_t priority;	/* of a send */
	uint64_t tag;		/* of a send: names its payload */
	uint64_t type;
	enum life life;
	struct identity caller;
	struct identity opener;	/* of its handle */
	uint64_t begun;
	bool truncates;		/* of a receive */
	bool leases;		/* the message is to be held */
	bool filters;		/* by its own filter, not by the handle's */
	struct filter own;
	struct filter of_handle;/* when the call began */
	struct answer expected;
};

struct message {
	struct message *next;
	uint64_t sequence;
	uint32_t priority;
	uint32_t length;
	uint64_t tag;
	uint64_t type;
	enum life life;
	uint64_t ends_after;	/* of one that is to live until SOON: noted by the test */
	uint64_t ends_before;
	struct identity sender;
	uint64_t sent_after;
	struct origin origin;
	uint32_t redeliveries;
	/* Of one that is held: by what, and by whom. */
	uint64_t token;
	const void *holder;	/* the process, and */
	const void *holder_handle;
};

struct queue {
	struct queue *next;
	/* Its attributes. */
	uint64_t id;
	uint32_t max_messages;
	uint32_t max_message_size;
	uint64_t max_bytes;
	bool bytes_given;	/* else max_bytes is the product of the other two */
	uint32_t order;
	enum life life;		/* of messages that come without one */
	uint32_t full;		/* what happens to a message that has no room */
	uint32_t redelivery_limit;	/* times a message comes back; 0: any number */
	uint64_t dead_letter;	/* id of the queue that takes them, if there is one */
	struct queue **all;	/* where to look for it */
	/* What it holds. */
	struct message *messages;	/* that to be received next comes first */
	struct message *held;	/* under leases; in no order */
	uint32_t count;		/* of both */
	uint64_t bytes;
	uint64_t sent;
	uint64_t received;
	uint64_t expired;
	uint64_t dead_lettered;
	uint64_t dropped;
	uint64_t dropped_told;	/* of these, receivers have been told of so many */
	/* Who waits, the longest first. */
	struct call *senders;
	struct call *receivers;
	/* What names it and keeps it (names.c). */
	const char *name;	/* NULL: it has none, or has lost it */
	uint32_t lifetime;
	uint32_t owner;
	uint32_t group;
	uint32_t mode;
	unsigned int handles;
};

/* What an administrator could change, and the tests do not. */
struct limits {
	uint32_t max_messages;
	uint32_t max_message_size;
};

bool may_fail(const struct answer *answer, int error);
void add_error(struct answer *answer, int error);

/* A call begins. */
void model_call(struct call *call);
/* The call stops waiting, for this reason; it need not have waited. */
void model_withdraw(struct call *call, int error);
/* The call stops waiting and begins again. */
void model_restart(struct call *call);

/* Ends of what holds a message: it is done with, or goes back to its place. */
void model_acknowledge(struct queue *queue, struct message *message);
void model_return(struct queue *queue, struct message *message);

/* NULL: none has this id. */
struct queue *model_find(struct queue *all, uint64_t id);

/* The time of those that were to live until SOON has come. */
void model_expire(struct queue *queue);

/* What a time to live is in nanoseconds, and back. */
uint64_t life_nanoseconds(enum life life);
enum life life_of(uint64_t nanoseconds);

/* Whether the struct of the call has this member. */
#define SEND_HAS(call, member)	HAS_((call), struct ipcq_queue_send, member)
#define RECEIVE_HAS(call, member) HAS_((call), struct ipcq_queue_receive, member)
#define HAS_(call, type, member)					\
	((call)->form <= IOCTL_VECTOR &&				\
	 (call)->size >= offsetof(type, member) + sizeof(((type *)0)->member))

/* Changes nothing when there is an error, in @answer already or added to it. */
void model_set(struct queue *queue, const struct ipcq_queue_set *args,
	       const struct limits *limits, struct answer *answer);
/* What is wrong with attributes, of a new queue or demanded of one. */
void model_attributes(const struct ipcq_queue_open *args, const struct limits *limits,
		      struct answer *answer);
struct queue *model_new(const struct ipcq_queue_open *args, const struct limits *limits);
bool model_has_attributes(const struct queue *queue, const struct ipcq_queue_open *args);
void model_free(struct queue *queue);

/* All of it but the memory, of which nothing is promised. */
void model_stat(const struct queue *queue, struct ipcq_queue_stat *stat);
/* For a handle with this filter; and with all access, POLLIN and what goes with it. */
uint32_t model_next_length(const struct queue *queue, const struct filter *filter);
short model_poll(const struct queue *queue, const struct filter *filter);

/* filters.c */

/* What is wrong with a filter. */
void filter_judge(const struct filter *filter, struct answer *answer);

#endif /* IPCQ_ORACLE_MODEL_H */
