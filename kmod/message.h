/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages and the memory they live in.
 *
 * A message is a detachable thing: it has one holder at a time (the sender that
 * fills it, the queue's order, the receiver that copies it out, or a magazine)
 * and passes from one to the next as a pointer.  Only a message for all subscribers is
 * shared (broadcast.h), and then it counts who holds it; and one that others copy besides
 * its holder counts these (copies.h).
 *
 * A short payload lies in the message itself, a longer one in a buffer of a size
 * class, a power of two.  A queue keeps the messages that its receivers have
 * emptied, buffers and all, in its magazine, so that a queue in its steady state
 * takes no memory from the kernel.  What is kept goes back when the queue has been
 * idle for a while, when the system runs short of memory, when a send would exceed
 * the user's bound or finds no memory in its cgroup, and when the queue ends.
 *
 * A message's memory is charged to its sender's account from when it is allocated
 * until it is freed: to the sender that filled it last, until somebody else's
 * message takes its place.
 *
 * Most messages are plain: a payload and a priority.  What else a message can carry
 * is its dress, and @special says what it wears.  Members that belong to a
 * dress are undefined while its bit is not set.  A message undresses before it is
 * kept, so that who takes it to send something plain need not care.
 */
#ifndef IPCQ_MESSAGE_H
#define IPCQ_MESSAGE_H

#include <linux/list.h>
#include <linux/log2.h>
#include <linux/rbtree.h>
#include <linux/timerqueue.h>
#include <linux/types.h>

#include "account.h"
#include "limits.h"
#include "order.h"
#include "sender.h"

struct iov_iter;
struct ipcq_caller;
struct ipcq_files;
struct ipcq_owner;

#define IPCQ_INLINE_SIZE	192
#define IPCQ_CLASS_SHIFT	7	/* class n > 0 has 1 << (n + 7) bytes */
#define IPCQ_CLASSES		(ilog2(IPCQ_MAX_MESSAGE_SIZE) - IPCQ_CLASS_SHIFT + 1)

/* What a message wears. */
#define IPCQ_SPECIAL_TYPE	(1U << 0)	/* @type is not 0 */
#define IPCQ_SPECIAL_LIMITED	(1U << 1)	/* @time_to_live is not 0 */
#define IPCQ_SPECIAL_ORIGIN	(1U << 2)	/* a dead letter: @origin_* */
#define IPCQ_SPECIAL_FILES	(1U << 3)	/* carries files: passfd.h */
#define IPCQ_SPECIAL_COPIED	(1U << 4)	/* by others than its holder: copies.h */
#define IPCQ_SPECIAL_MARKED	(1U << 5)	/* by handles that come back: scan.h */
#define IPCQ_SPECIAL_LOGGED	(1U << 7)	/* for all subscribers: broadcast.h */
#define IPCQ_SPECIAL_HELD	(1U << 8)	/* by an owner: hold.h */
#define IPCQ_SPECIAL_DELAYED	(1U << 9)	/* on its way back */
#define IPCQ_SPECIAL_REDELIVERED (1U << 10)	/* @redeliveries is not 0 */
#define IPCQ_SPECIAL_LEASED	(1U << 11)	/* HELD, to go back when that ends */
#define IPCQ_SPECIAL_REQUEST	(1U << 12)	/* somebody waits for a reply: request.h */
#define IPCQ_SPECIAL_RESULT	(1U << 13)	/* what came of a request, to be fetched */
#define IPCQ_SPECIAL_COUNTED	(1U << 16)	/* for a user's share: share.h */
#define IPCQ_SPECIAL_FOREIGN	(1U << 17)	/* nobody's share: likewise */

/* Others have to do with it, also when it is received. */
#define IPCQ_SPECIAL_WATCHED	(IPCQ_SPECIAL_COPIED | IPCQ_SPECIAL_REQUEST)

struct ipcq_message {
	struct ipcq_order_entry order;
	struct ipcq_sender *sender;	/* referenced; its account is charged */
	void *payload;			/* inline_payload or a buffer */
	u32 length;			/* of the payload, bytes */
	u32 class;			/* constant: 0 is inline */
	u32 priority;
	u32 special;			/* IPCQ_SPECIAL_* */
	u64 time;			/* CLOCK_MONOTONIC nanoseconds: when sent */

	u64 type;			/* TYPE */
	u64 time_to_live;		/* LIMITED: nanoseconds */
	u64 expires;			/* LIMITED: when that ends */
	/* In the queue's timers, or not: LIMITED, HELD, DELAYED. */
	struct timerqueue_node timer;

	/* Of holds, see hold.h. */
	u32 redeliveries;		/* REDELIVERED */
	u32 copies;			/* COPIED, LOGGED: in progress */
	union {
		u32 parting;		/* COPIED: enum ipcq_parting; copies.h */
		u32 readers;		/* LOGGED: subscribers that receive it next */
	};
	bool loose;			/* COPIED: out, and still counted */
	u64 token;			/* HELD, REQUEST, RESULT */
	struct ipcq_owner *owner;	/* HELD: from here on; it is there */
	union {
		struct rb_node by_token;
		struct rb_node in_log;	/* LOGGED */
	};
	union {
		struct list_head of_owner;	/* HELD */
		struct list_head marks;	/* MARKED: struct ipcq_mark */
	};

	/* Of calls, see request.h. */
	struct ipcq_caller *caller;	/* REQUEST: who waits, or NULL */
	struct ipcq_owner *client;	/* REQUEST, RESULT: whose it is, or NULL */
	struct list_head of_client;	/* while there is one */
	int result;			/* RESULT: 0 or an error */
	u32 refusal;			/* with -EREMOTEIO: the server's number */
	bool in_order;			/* REQUEST: nobody has taken it */

	union {
		u64 origin_id;		/* ORIGIN: of the queue it was in first */
		struct ipcq_files *files;	/* FILES; a dead letter has none */
	};
	u64 origin_sequence;		/* ORIGIN: its number there */
	u32 origin_reason;		/* ORIGIN: IPCQ_ORIGIN_* */

	char inline_payload[IPCQ_INLINE_SIZE] __aligned(8);
};

/* Emptied messages, by class; the queue's lock protects it. */
struct ipcq_magazine {
	struct ipcq_message *kept[IPCQ_CLASSES];
	u64 kept_bytes;			/* memory of what is kept */
	const struct ipcq_account *root;/* of the last kept; compared only */
	bool mixed;			/* some may be charged to another root */
	u64 memory;			/* of all that the queue has taken */
};

/*
 * Where a payload comes from or goes to: an address of the caller's, or a vector
 * when @iter is set.
 */
struct ipcq_buffer {
	void __user *address;
	size_t length;
	struct iov_iter *iter;
};

int ipcq_message_init(void);
void ipcq_message_exit(void);

u32 ipcq_message_class(u32 length);
u32 ipcq_message_memory(u32 class);

struct ipcq_message *ipcq_message_new(struct ipcq_sender *sender, u32 class);
void ipcq_message_free(struct ipcq_message *message);
void ipcq_message_put_files(struct ipcq_message *message);
void ipcq_message_undress(struct ipcq_message *message);
int ipcq_message_transfer(struct ipcq_message *message,
			  struct ipcq_sender *sender);

int ipcq_message_fill(struct ipcq_message *message,
		      const struct ipcq_buffer *from);
void ipcq_message_copy(struct ipcq_message *message,
		       const struct ipcq_message *from);
int ipcq_message_copy_out(const struct ipcq_message *message,
			  const struct ipcq_buffer *to);
int ipcq_message_copy_part(const struct ipcq_message *message, u64 offset,
			   const struct ipcq_buffer *to);

struct ipcq_message *ipcq_magazine_take(struct ipcq_magazine *magazine,
					u32 class);
void ipcq_magazine_keep(struct ipcq_magazine *magazine,
			struct ipcq_message *message);
bool ipcq_magazine_concerns(const struct ipcq_magazine *magazine,
			    const struct ipcq_account *account);
struct ipcq_message *ipcq_magazine_trim(struct ipcq_magazine *magazine,
					unsigned int count);
unsigned long ipcq_magazine_free(struct ipcq_message *list,
				 const struct ipcq_account *account);

/* A message's type; 0 when it has none. */
static inline u64 ipcq_message_type(const struct ipcq_message *message)
{
	return message->special & IPCQ_SPECIAL_TYPE ? message->type : 0;
}

#endif /* IPCQ_MESSAGE_H */
