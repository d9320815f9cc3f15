/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcq - message queues and shared memory regions of the ipcq kernel module
 *
 * Conventions
 * -----------
 * Handles are opaque.  Functions that can fail return a negative errno value;
 * what they return on success is said with each.  Nothing is ever printed, and
 * errno is not part of the interface.  A function that fails has changed nothing
 * and leaves its output arguments alone, unless said otherwise.
 *
 * A handle may be used by several threads at once; closing it while another
 * thread uses it is the caller's error.  Handles are inherited by fork(2) and
 * usable in the child; see ipcq_region_open() for regions.
 *
 * Deadlines are absolute nanoseconds of CLOCK_MONOTONIC; ipcq_deadline() makes
 * one.  IPCQ_NO_DEADLINE waits for ever.
 *
 * Any function that opens may also fail with -ENOMEM, -EMFILE or -ENFILE; any
 * that reaches the kernel with -EFAULT for an inaccessible address.  These are
 * not repeated below.  ipcq_strerror() says what an error means here.
 */
#ifndef IPCQ_H
#define IPCQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipcq;
struct ipcq_queue;
struct ipcq_region;

#define IPCQ_NO_DEADLINE	((uint64_t)0)

/* Flags of ipcq_queue_open() and ipcq_region_open(). */
enum {
	IPCQ_READ	= 1 << 0,	/* receive; map for reading */
	IPCQ_WRITE	= 1 << 1,	/* send; map for writing, lock, wake */
	IPCQ_CREATE	= 1 << 2,	/* create when there is none of this name */
	IPCQ_EXCLUSIVE	= 1 << 3,	/* with CREATE: fail when there is one */
	IPCQ_NONBLOCK	= 1 << 4,	/* operations fail with -EAGAIN, not wait */
	IPCQ_PERSISTENT	= 1 << 5,	/* with CREATE: outlive the last close */
	IPCQ_TEMPORARY	= 1 << 6,	/* with CREATE: lose its name with this handle */
	IPCQ_CHECK_OWNER = 1 << 7,	/* fail unless it is the options' owner's */
};

/* Flags of single operations. */
enum {
	IPCQ_DONTWAIT	= 1 << 0,	/* fail with -EAGAIN, do not wait */
	IPCQ_WHOLE	= 1 << 1,	/* of a batch: wait for all of it */
	IPCQ_NEED_RECEIVER = 1 << 1,	/* of a call: fail when nobody receives */
	IPCQ_TRUNCATE	= 1 << 2,	/* cut a message that is too long for the buffer */
};

/* A time to live that has no end. */
#define IPCQ_FOREVER	UINT64_MAX

/* A queue whose dead letters are dropped. */
#define IPCQ_NO_DEAD_LETTER	UINT64_MAX

/* A redelivery limit that is none. */
#define IPCQ_ANY_NUMBER		UINT32_MAX

/* Kinds of object. */
enum ipcq_kind {
	IPCQ_ANY	= 0,
	IPCQ_QUEUE	= 1,
	IPCQ_REGION	= 2,
};

/* ----------------------------------------------------------------- general */

/**
 * ipcq_connect() - open the device
 * @out: receives the connection
 *
 * The connection is bound to the network namespace of the calling process, in
 * which object names are looked up.
 *
 * Return: 0; -ENOENT or -ENXIO when the module is not loaded; -EACCES when the
 * device's permissions refuse the caller.
 */
int ipcq_connect(struct ipcq **out);

/**
 * ipcq_disconnect() - close the device
 * @ipcq: the connection, or NULL
 *
 * Queues and regions opened through it stay open.
 */
void ipcq_disconnect(struct ipcq *ipcq);

/* What the module can do, its limits and the caller's use; sizes in bytes. */
struct ipcq_limits {
	uint64_t features;		/* the kernel's IPCQ_FEATURE_* mask */
	uint32_t max_messages;		/* most messages a queue may be made for */
	uint32_t max_message_size;	/* longest message a queue may be made for */
	uint64_t max_region_size;
	uint32_t max_mutexes;		/* in one region */
	uint32_t max_eventcounts;	/* in one region */
	uint64_t objects;		/* of the caller's user, now */
	uint64_t objects_limit;
	uint64_t message_bytes;		/* memory charged to the user, now */
	uint64_t message_bytes_limit;
	uint64_t region_bytes;		/* size of the user's regions, now */
	uint64_t region_bytes_limit;
	uint64_t owners;		/* threads attached to regions, now */
	uint64_t owners_limit;
	uint64_t namespace_objects;	/* in the connection's namespace, now */
	uint64_t namespace_objects_limit;
	uint64_t files;			/* open files in the user's messages, now */
	uint64_t files_limit;
};

/* A limit of a user or of a namespace that stands for having none. */
#define IPCQ_NO_LIMIT	((uint64_t)INT64_MAX)

/**
 * ipcq_limits() - ask what the module can do, its limits and the caller's use
 * @ipcq: the connection
 * @out: receives the answer
 *
 * Return: 0.
 */
int ipcq_limits(struct ipcq *ipcq, struct ipcq_limits *out);

/**
 * ipcq_unlink() - remove a name
 * @ipcq: the connection
 * @name: the object's name
 * @kind: the kind it must be of, or IPCQ_ANY
 *
 * The object ends when its last handle is closed.
 *
 * Return: 0; -ENOENT no such name; -EPROTOTYPE it is of another kind; -EPERM the
 * caller does not own it; -ENAMETOOLONG; -EINVAL an empty name or one with a
 * control character; -ESTALE the connection's namespace has ended.
 */
int ipcq_unlink(struct ipcq *ipcq, const char *name, enum ipcq_kind kind);

/**
 * ipcq_deadline() - a point in time from now on
 * @nanoseconds: how far from now; negative counts as 0
 *
 * Return: the deadline, never IPCQ_NO_DEADLINE.
 */
uint64_t ipcq_deadline(int64_t nanoseconds);

/**
 * ipcq_strerror() - what an error means in this library
 * @error: a negative errno value returned by it
 *
 * Return: a constant string, in lower case without a full stop; for a value the
 * library does not return, "unknown error".
 */
const char *ipcq_strerror(int error);

/* ------------------------------------------------------------------- queue */

/* In which order a queue gives its messages. */
enum ipcq_order {
	IPCQ_FIFO	= 0,		/* as they were sent */
	IPCQ_PRIORITY	= 1,		/* the highest priority first, then as sent */
};

/* What happens to a message that finds a queue full. */
enum ipcq_full {
	IPCQ_BLOCK	= 1,		/* its sender waits, or fails with -EAGAIN */
	IPCQ_REJECT	= 2,		/* its sender fails with -ENOBUFS */
	/*
	 * Those of the lowest priority are dropped, the oldest first, until it fits; it
	 * is dropped itself if only those of higher priorities could go.
	 */
	IPCQ_DROP_OLDEST = 3,
	IPCQ_DROP_NEWEST = 4,		/* it is dropped itself */
};

/* The highest priority; the lowest is 0. */
#define IPCQ_HIGHEST_PRIORITY	32767

/* To whom a queue gives a message. */
enum ipcq_delivery {
	IPCQ_TO_ONE	= 0,		/* to one receiver */
	IPCQ_TO_ALL	= 1,		/* to every handle that has subscribed */
};

/* What a queue is created with; 0 stands for the default. */
struct ipcq_queue_options {
	uint32_t max_messages;		/* default 64 */
	uint32_t max_message_size;	/* bytes, default 1 MiB */
	uint64_t max_bytes;		/* default max_messages * max_message_size */
	uint32_t mode;			/* permission bits, default 0600 */
	enum ipcq_order order;		/* default IPCQ_FIFO */
	uid_t owner;			/* with IPCQ_CHECK_OWNER: whose it must be */
	/* Of messages sent without one, nanoseconds; default IPCQ_FOREVER. */
	uint64_t time_to_live;
	/*
	 * The id of the queue that messages go to whose time to live ends here, or which
	 * come back too often; default IPCQ_NO_DEAD_LETTER.
	 */
	uint64_t dead_letter;
	/*
	 * How many times a message comes back after a lease; default IPCQ_ANY_NUMBER.
	 */
	uint32_t redelivery_limit;
	enum ipcq_full full;		/* default IPCQ_BLOCK */
	enum ipcq_delivery delivery;	/* default IPCQ_TO_ONE; TO_ALL is for FIFO */
	/* With IPCQ_TO_ALL: messages that stay for who subscribes later; default 0. */
	uint32_t retain;
};

/**
 * ipcq_queue_open() - open, or create and open, a queue
 * @ipcq: the connection
 * @name: 1 to 255 bytes, or NULL for an anonymous queue (needs IPCQ_CREATE)
 * @flags: IPCQ_READ and or IPCQ_WRITE, and the other open flags as needed
 * @options: attributes, or NULL for the defaults; when the queue exists, those
 *	that are not 0 (but for the mode) must be its own
 * @out: receives the handle
 *
 * With IPCQ_TEMPORARY the queue is unlinked when the handle is closed, however the
 * process ends; who has it open then can go on using it.
 *
 * With IPCQ_CHECK_OWNER nobody else can pose as the owner by being first to take
 * the name: a queue of another user's is refused, and none is created for one.
 *
 * A dead-letter queue is not kept by the queue that names it: while there is none of
 * its id, or it has no room, dead letters are dropped.  The caller must be allowed to
 * open it for writing.
 *
 * Return: 1 when this call created the queue, 0 when it existed; -ENOENT no such
 * name, or no object of the dead-letter queue's id; -EEXIST it exists and
 * IPCQ_EXCLUSIVE was given; -EPROTOTYPE the name, or that id, is a
 * region's; -EKEYREJECTED it is, or would be, another user's than the owner demanded;
 * -EBADR it has other attributes; -EACCES its mode, or the dead-letter queue's, refuses
 * the access; -EDQUOT the user has too many objects; -ENOSPC the namespace has;
 * -ENAMETOOLONG; -EINVAL a bad name, flag or option; -ESTALE the connection's namespace
 * has ended.
 */
int ipcq_queue_open(struct ipcq *ipcq, const char *name, unsigned int flags,
		    const struct ipcq_queue_options *options,
		    struct ipcq_queue **out);

/**
 * ipcq_queue_from_fd() - take over a descriptor, as passed over a Unix socket
 * @fd: a queue's descriptor; owned by the handle on success
 * @out: receives the handle
 *
 * Return: 0; -ENOTTY when the descriptor is not a queue's; -EBADF.
 */
int ipcq_queue_from_fd(int fd, struct ipcq_queue **out);

/**
 * ipcq_queue_close() - close a queue
 * @queue: the handle, or NULL
 */
void ipcq_queue_close(struct ipcq_queue *queue);

/**
 * ipcq_queue_fd() - the queue's descriptor, to poll, to pass on or to inherit
 * @queue: the handle
 *
 * Return: the descriptor, still owned by the handle.
 */
int ipcq_queue_fd(const struct ipcq_queue *queue);

/**
 * ipcq_queue_set() - change a queue's attributes while it is in use
 * @queue: the handle, of whatever access; the caller must own the queue
 * @options: the new attributes; those that are 0 stay as they are; mode, order, owner,
 *	delivery and retain cannot be changed and must be 0
 *
 * A max_bytes that was never given stays max_messages times max_message_size.
 * Waiting senders that fit now are let in.  What is in the queue stays, also when it
 * is more than the queue may hold now; a sender that waits with a message that is too
 * long now fails with -EMSGSIZE when its turn comes.
 *
 * Return: 0; -EPERM the caller neither owns the queue nor holds CAP_IPC_OWNER;
 * -EINVAL an attribute out of its range, max_bytes below the longest message, or the
 * queue as its own dead-letter queue; -ENOENT no object has the id of the dead-letter
 * queue; -EPROTOTYPE it is a region's; -EACCES its mode refuses writing.
 */
int ipcq_queue_set(struct ipcq_queue *queue,
		   const struct ipcq_queue_options *options);

/**
 * ipcq_queue_send() - send a message, waiting for room
 * @queue: the handle
 * @payload: the message; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 *
 * Return: 0; the errors of ipcq_queue_send_until() but for -ETIMEDOUT.
 */
int ipcq_queue_send(struct ipcq_queue *queue, const void *payload,
		    size_t length);

/**
 * ipcq_queue_send_until() - send a message, waiting for room until a deadline
 * @queue: the handle
 * @payload: the message; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @sequence: receives the message's number in the queue, 0 when the message was dropped
 *	because the queue is full; or NULL
 *
 * Return: 0; -EMSGSIZE longer than the queue allows; -EAGAIN it would wait;
 * -ETIMEDOUT; -ENOBUFS the queue is full and rejects; -EINTR a signal handler ran;
 * -EDQUOT the user's message memory is used up; -ENOMEM; -EBADF the handle cannot write;
 * -EINVAL an unknown flag.
 */
int ipcq_queue_send_until(struct ipcq_queue *queue, const void *payload,
			  size_t length, unsigned int flags, uint64_t deadline,
			  uint64_t *sequence);

/**
 * ipcq_queue_send_priority() - send a message with a priority
 * @queue: the handle, of a queue that was created with IPCQ_PRIORITY
 * @payload: the message; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 * @priority: 0 to IPCQ_HIGHEST_PRIORITY
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @sequence: receives the message's number in the queue, 0 when the message was dropped
 *	because the queue is full; or NULL
 *
 * Return: 0; -EINVAL the priority is too high, or above 0 in a queue without
 * priorities; the errors of ipcq_queue_send_until().
 */
int ipcq_queue_send_priority(struct ipcq_queue *queue, const void *payload,
			     size_t length, uint32_t priority,
			     unsigned int flags, uint64_t deadline,
			     uint64_t *sequence);

/* Most descriptors that a message carries. */
#define IPCQ_MOST_FDS	64

/* What a message is sent with; 0 stands for nothing special. */
struct ipcq_send_options {
	uint32_t priority;		/* 0 to IPCQ_HIGHEST_PRIORITY */
	uint64_t type;			/* any number, for the receivers */
	uint64_t time_to_live;		/* nanoseconds in the queue; 0: the queue's */
	const int *fds;			/* descriptors that are passed with it */
	size_t fd_count;		/* 0 to IPCQ_MOST_FDS */
};

/**
 * ipcq_queue_sendv() - send a message in pieces, with all that it can carry
 * @queue: the handle
 * @vector: the pieces of the payload, one after the other
 * @count: how many, 0 to 1024
 * @options: what the message is sent with, or NULL
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @sequence: receives the message's number in the queue, 0 when the message was dropped
 *	because the queue is full; or NULL
 *
 * A message whose time to live ends before it is received leaves the queue; nobody
 * is told but ipcq_queue_info().
 *
 * Passed descriptors remain the sender's, who may close them: the receiver gets new ones
 * of the same open files.  A message with descriptors stays in the queue for ten minutes
 * at most.  Messages of ipcq_queue_send_many() and ipcq_queue_call() carry none.
 *
 * Return: 0; -EINVAL too many pieces, or descriptors, or with these more than ten minutes
 * to live; -EBADF a descriptor is not open; -ELOOP it is of a queue, a Unix socket or an
 * io_uring instance, which can carry descriptors themselves; -ETOOMANYREFS too many open
 * files are in messages of the user's; the errors of ipcq_queue_send_priority().
 */
int ipcq_queue_sendv(struct ipcq_queue *queue, const struct iovec *vector,
		     size_t count, const struct ipcq_send_options *options,
		     unsigned int flags, uint64_t deadline, uint64_t *sequence);

/* Why a message is in another queue than it was sent to. */
enum ipcq_origin {
	IPCQ_NOT_MOVED	= 0,		/* it is not */
	IPCQ_EXPIRED	= 1,		/* its time to live ended there */
	IPCQ_REDELIVERED = 2,		/* it came back too often */
};

/* What comes with a message besides its payload. */
struct ipcq_message_info {
	uint64_t sequence;		/* its number in the queue, from 1 */
	uint32_t priority;		/* that it was sent with */
	uint64_t type;			/* likewise */
	uint64_t dropped;		/* messages lost since a receiver was told */
	uint64_t time;			/* when: CLOCK_MONOTONIC_COARSE nanoseconds */
	/*
	 * The process that sent it, as this one's namespaces see it (pid 0, and the
	 * overflow user and group, when they do not).  Of a message that was written
	 * by write(2), the process that opened the queue.
	 */
	pid_t pid;
	uint64_t start_time;		/* of that process, CLOCK_BOOTTIME nanoseconds */
	uid_t uid;			/* its effective user */
	gid_t gid;			/* its effective group */
	/* Of a dead letter: the queue it was sent to, its number there, and why. */
	uint64_t origin_id;
	uint64_t origin_sequence;
	enum ipcq_origin origin_reason;
	uint32_t redeliveries;		/* how often it was received before, and not kept */
	uint64_t token;			/* of ipcq_queue_lease(); else 0 */
	uint32_t fd_count;		/* descriptors that it carries, or carried */
};

/**
 * ipcq_queue_receive() - receive the next message, waiting for one
 * @queue: the handle
 * @buffer: where to put it; may be NULL when @size is 0
 * @size: bytes of the buffer
 *
 * Return: the message's length, 0 or more; the errors of
 * ipcq_queue_receive_until() but for -ETIMEDOUT.
 */
ssize_t ipcq_queue_receive(struct ipcq_queue *queue, void *buffer, size_t size);

/**
 * ipcq_queue_receive_until() - receive the next message until a deadline
 * @queue: the handle
 * @buffer: where to put it; may be NULL when @size is 0
 * @size: bytes of the buffer
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @info: receives what comes with the message, or NULL
 *
 * Return: the message's length; -EMSGSIZE the message is longer than the buffer
 * and stays in the queue; -EAGAIN no message; -ETIMEDOUT; -EINTR a signal handler
 * ran; -EBADF the handle cannot read; -EINVAL an unknown flag.
 */
ssize_t ipcq_queue_receive_until(struct ipcq_queue *queue, void *buffer,
				 size_t size, unsigned int flags,
				 uint64_t deadline,
				 struct ipcq_message_info *info);

/* Which messages are received, by their types. */
enum ipcq_match {
	IPCQ_TYPE_ANY		= 0,	/* all */
	IPCQ_TYPE_EQUAL		= 1,	/* type_first */
	/* 0 to type_first, and the lowest type first, whatever the queue's order. */
	IPCQ_TYPE_AT_MOST	= 2,
	IPCQ_TYPE_RANGE		= 3,	/* type_first to type_last */
	IPCQ_TYPE_EXCEPT	= 4,	/* all but type_first */
};

/* Which messages are received; zeroed, all are. */
struct ipcq_filter {
	enum ipcq_match match;
	uint32_t least_priority;	/* 0 to IPCQ_HIGHEST_PRIORITY */
	uint64_t type_first;		/* 0 where the match does not name it */
	uint64_t type_last;		/* likewise */
};

/**
 * ipcq_queue_set_filter() - choose which messages a handle receives
 * @queue: the handle
 * @filter: takes the place of the one it had; NULL: none
 *
 * The others stay in the queue for other receivers.  It holds for all receives through
 * the handle that bring no filter of their own, for ipcq_queue_next_size(), and for
 * poll(2) of its descriptor; for whoever shares it, too.  A receive that waits goes
 * on with the filter that it began with.
 *
 * Return: 0; -EBADF the handle cannot read; -EINVAL a member out of its range;
 * -EOPNOTSUPP an unknown match.
 */
int ipcq_queue_set_filter(struct ipcq_queue *queue,
			  const struct ipcq_filter *filter);

/* How a message is received; 0 stands for nothing special. */
struct ipcq_receive_options {
	const struct ipcq_filter *filter;	/* NULL: the handle's */
	int *fds;			/* receives passed descriptors, close-on-exec */
	size_t fd_room;			/* how many it takes, 0 to IPCQ_MOST_FDS */
	uint64_t offset;		/* of ipcq_queue_peek(): the first byte wanted */
};

/**
 * ipcq_queue_receivev() - receive a message into pieces of memory, with all options
 * @queue: the handle
 * @vector: where to put the payload, one after the other
 * @count: how many, 0 to 1024
 * @options: how it is received, or NULL
 * @flags: 0 or a mask of IPCQ_DONTWAIT and IPCQ_TRUNCATE
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @info: receives what comes with the message, or NULL
 *
 * With IPCQ_TRUNCATE a message that is longer than the pieces together is cut to
 * them, and the rest of it is lost: the length returned, which is the whole one, tells.
 *
 * With a filter the message is the first that the filter takes; -EMSGSIZE, -EAGAIN and
 * -ETIMEDOUT are said of those alone that it takes.
 *
 * With room for descriptors, those that the message carries become the process's: as many
 * as the fd_count of @info says, or fewer with IPCQ_TRUNCATE where there is not room for
 * all.  Without, and with all other functions that receive, the message comes without
 * them, and they are closed.
 *
 * Return: the message's length; -EMSGSIZE also when it carries more descriptors than there
 * is room for; -EMFILE the process cannot have so many; what a security module says; in
 * all these cases the message stays; -EINVAL too many pieces, or a filter out of its range;
 * -EOPNOTSUPP an unknown match; the errors of ipcq_queue_receive_until().
 */
ssize_t ipcq_queue_receivev(struct ipcq_queue *queue, const struct iovec *vector,
			    size_t count,
			    const struct ipcq_receive_options *options,
			    unsigned int flags, uint64_t deadline,
			    struct ipcq_message_info *info);

/**
 * ipcq_queue_peek() - look at a message, and leave it in the queue as it is
 * @queue: the handle
 * @vector: where to put the payload, one piece after the other
 * @count: how many, 0 to 1024
 * @options: which messages, and from which byte on; or NULL
 * @flags: 0 or a mask of IPCQ_DONTWAIT and IPCQ_TRUNCATE
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @info: the message that was looked at last, as this has told it; with a sequence of 0,
 *	none.  Receives what comes with this message.  NULL: as one with 0
 *
 * The message is the next one after that in @info, in the order of receiving with the
 * same filter; so with @info zeroed, and then left as it is, a loop goes through
 * all messages that are there.  One that is there all the time is shown once; one that
 * comes or goes meanwhile may be or not; none is shown twice.  At the end it waits for
 * a message after the last, or fails with -EAGAIN.
 *
 * As much has to fit as there is of the message from the offset on; with
 * IPCQ_TRUNCATE what fits will do.  To read one message in parts, pass copies of
 * the same @info, and see from the sequence whether it is still there.
 *
 * Who looks has no part in the message: somebody else may receive it at the same time,
 * and it counts as not received.  The dropped, the token and the redeliveries are those
 * of a look: 0, 0, and as they are.
 *
 * Return: the message's whole length; -EMSGSIZE more would have to fit; -EINVAL the queue
 * delivers to all; the errors of ipcq_queue_receivev().
 */
ssize_t ipcq_queue_peek(struct ipcq_queue *queue, const struct iovec *vector,
			size_t count, const struct ipcq_receive_options *options,
			unsigned int flags, uint64_t deadline,
			struct ipcq_message_info *info);

/**
 * ipcq_queue_drain() - remove messages from a queue
 * @queue: the handle
 * @filter: which, or NULL: all; the handle's own has no say in it
 * @most: how many at most, the first that there are; 0: no matter how many
 * @messages: receives how many there were, or NULL
 * @bytes: receives how long they were together, or NULL
 *
 * Messages that are sent meanwhile stay, as do those that others receive or hold at that
 * moment.  They count as received, not as dropped.  Whoever waits for a reply to one of
 * them is told -ECANCELED.
 *
 * Return: 0, also when there was none; -EBADF the handle cannot read; -EINVAL a filter
 * out of its range, or the queue delivers to all; -EOPNOTSUPP an unknown match.
 */
int ipcq_queue_drain(struct ipcq_queue *queue, const struct ipcq_filter *filter,
		     uint64_t most, uint64_t *messages, uint64_t *bytes);

/**
 * ipcq_queue_lease() - receive the next message, and leave it in the queue
 * @queue: the handle
 * @buffer: where to put it; may be NULL when @size is 0
 * @size: bytes of the buffer
 * @lease: nanoseconds that the calling process may hold it; 0: no bound
 * @flags: 0 or a mask of IPCQ_DONTWAIT and IPCQ_TRUNCATE
 * @deadline: when to stop waiting for a message, or IPCQ_NO_DEADLINE
 * @info: receives what comes with the message; its token names it from now on
 *
 * Nobody else receives the message, but it still takes its room in the queue.  When it
 * has been dealt with, ipcq_queue_acknowledge() removes it.  Otherwise it goes back to its
 * place, before all that were sent after it, when the lease ends; when the process ends,
 * calls execve(2), or closes its last descriptor of the queue; or when
 * ipcq_queue_give_back() says so.  So each message is received at least once, and
 * dealt with once unless somebody is too late: then its token is not known any more.
 *
 * The token belongs to all threads of the process, and to no other process; a forked
 * child does not have it.
 *
 * Return: the message's length; -EDQUOT too many processes of the user hold messages; the
 * errors of ipcq_queue_receivev().
 */
ssize_t ipcq_queue_lease(struct ipcq_queue *queue, void *buffer, size_t size,
			 uint64_t lease, unsigned int flags, uint64_t deadline,
			 struct ipcq_message_info *info);

/**
 * ipcq_queue_acknowledge() - remove a message that has been dealt with
 * @queue: the handle that it was received through
 * @token: the message's
 *
 * Return: 0; -ENOKEY the process does not hold such a message, or no longer.
 */
int ipcq_queue_acknowledge(struct ipcq_queue *queue, uint64_t token);

/**
 * ipcq_queue_give_back() - put a message that is held back into the queue
 * @queue: the handle that it was received through
 * @token: the message's
 * @delay: nanoseconds before anybody can receive it; 0: at once
 *
 * Return: 0; -ENOKEY as of ipcq_queue_acknowledge().
 */
int ipcq_queue_give_back(struct ipcq_queue *queue, uint64_t token, uint64_t delay);

/**
 * ipcq_queue_extend() - let a lease end at another time
 * @queue: the handle that the message was received through
 * @token: the message's
 * @time: nanoseconds from now; 0: no bound
 *
 * Return: 0; -ENOKEY as of ipcq_queue_acknowledge().
 */
int ipcq_queue_extend(struct ipcq_queue *queue, uint64_t token, uint64_t time);

/**
 * ipcq_queue_read_held() - copy a part of a message that is held
 * @queue: the handle that it was received through
 * @token: the message's
 * @offset: the first byte to copy
 * @buffer: where to put it
 * @size: bytes of the buffer
 *
 * Return: how many bytes, 0 behind the end; -ENOKEY as of ipcq_queue_acknowledge().
 */
ssize_t ipcq_queue_read_held(struct ipcq_queue *queue, uint64_t token,
			     uint64_t offset, void *buffer, size_t size);

/**
 * ipcq_queue_hand_over() - let another process hold a message
 * @queue: the handle that it was received through
 * @token: the message's, which stays the same
 * @pid: the process; it has the queue open for receiving, and has called
 *	ipcq_queue_attach() or ipcq_queue_lease()
 *
 * What is left of the lease goes with it.
 *
 * Return: 0; -ENOKEY as of ipcq_queue_acknowledge(); -ESRCH no such process.
 */
int ipcq_queue_hand_over(struct ipcq_queue *queue, uint64_t token, pid_t pid);

/**
 * ipcq_queue_attach() - let messages be handed over to the calling process
 * @queue: the handle, open for receiving
 *
 * Return: 0; -EDQUOT too many processes of the user hold messages; -ENOMEM; -EBADF.
 */
int ipcq_queue_attach(struct ipcq_queue *queue);

/* What a call tells besides its reply. */
struct ipcq_call_info {
	uint64_t token;			/* of a call that goes on, or whose reply waits */
	uint32_t refusal;		/* with -EREMOTEIO: the server's number */
	uint64_t length;		/* of a reply that is too long; else 0 */
};

/**
 * ipcq_queue_call() - send a request and wait for the reply
 * @queue: the handle, open for sending
 * @request: the request; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 * @reply: where to put the reply; may be NULL when @size is 0
 * @size: bytes of that buffer
 * @options: what the request is sent with, or NULL; its time to live is how long it may
 *	wait to be received
 * @flags: 0 or a mask of IPCQ_DONTWAIT (for room) and IPCQ_NEED_RECEIVER
 * @deadline: when to stop waiting, for room and for the reply; or IPCQ_NO_DEADLINE
 * @info: receives more, also on failure; or NULL
 *
 * A signal handler that runs before anybody has received the request takes it back.  One
 * that runs later interrupts the call only: with -EINTR, and a token in @info, the call
 * goes on, and ipcq_queue_result() fetches its reply.
 *
 * Return: the reply's length; -ECONNRESET the process that had the request ended, or
 * closed the queue; -EREMOTEIO it refused; -ENOTCONN the request was received in a way
 * that allows no reply; -ETIME it expired; -ECANCELED it was dropped; -ECONNREFUSED, with
 * IPCQ_NEED_RECEIVER, nobody receives; -EMSGSIZE the request is too long, or with a token
 * in @info the reply, which is kept; -ETIMEDOUT; -EINTR; -EDQUOT also too many calls that
 * were interrupted; the errors of ipcq_queue_send_until().
 */
ssize_t ipcq_queue_call(struct ipcq_queue *queue, const void *request, size_t length,
			void *reply, size_t size,
			const struct ipcq_send_options *options, unsigned int flags,
			uint64_t deadline, struct ipcq_call_info *info);

/**
 * ipcq_queue_result() - fetch the reply to a call that was interrupted
 * @queue: the handle that the call was made through, in the same process
 * @token: the call's
 * @reply: where to put the reply; may be NULL when @size is 0
 * @size: bytes of that buffer
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, which ends the call; or IPCQ_NO_DEADLINE
 * @info: receives more, also on failure; or NULL
 *
 * Return: as ipcq_queue_call(); -ENOKEY no such call; -EAGAIN there is no reply yet.
 */
ssize_t ipcq_queue_result(struct ipcq_queue *queue, uint64_t token, void *reply,
			  size_t size, unsigned int flags, uint64_t deadline,
			  struct ipcq_call_info *info);

/**
 * ipcq_queue_reply() - reply to a request
 * @queue: the handle that it was received through
 * @token: the request's
 * @reply: the reply; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 *
 * A request is received by ipcq_queue_reply_receive(), or by any receive that tells a
 * struct ipcq_message_info, whose token is not 0 then.
 *
 * Return: 0; -ECANCELED the caller has given up; -ENOKEY the process does not hold such a
 * request, or no longer; -EINVAL it is no request; -EMSGSIZE; -EDQUOT; -ENOMEM.
 */
int ipcq_queue_reply(struct ipcq_queue *queue, uint64_t token, const void *reply,
		     size_t length);

/**
 * ipcq_queue_refuse() - tell the caller of a request that there is no reply
 * @queue: the handle that it was received through
 * @token: the request's
 * @refusal: a number from 1 to 4095 that means something to the caller, as an errno
 *
 * Return: 0; -EINVAL @refusal is out of its range; as ipcq_queue_reply().
 */
int ipcq_queue_refuse(struct ipcq_queue *queue, uint64_t token, uint32_t refusal);

/**
 * ipcq_queue_reply_receive() - reply to a request, and receive the next message
 * @queue: the handle
 * @token: the request's, 0: none; receives that of the next, 0: it is no request
 * @reply: the reply; may be NULL when @length is 0
 * @length: bytes, 0 to the queue's longest message
 * @buffer: where to put the next message; may be NULL when @size is 0
 * @size: bytes of that buffer
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting for a message, or IPCQ_NO_DEADLINE
 *
 * On failure a token that is 0 tells that the reply has been given.
 *
 * Return: the next message's length; the errors of ipcq_queue_reply() and of
 * ipcq_queue_receive_until().
 */
ssize_t ipcq_queue_reply_receive(struct ipcq_queue *queue, uint64_t *token,
				 const void *reply, size_t length, void *buffer,
				 size_t size, unsigned int flags, uint64_t deadline);

/**
 * ipcq_queue_send_all() - send one message to several queues, or to none
 * @queues: handles of different queues
 * @count: how many, 2 to 64
 * @payload: the message; may be NULL when @length is 0
 * @length: bytes, 0 to the shortest longest message of the queues
 * @options: what it is sent with, or NULL; no descriptors
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @sequences: receives the message's number in each queue, 0 where it was dropped because
 *	the queue is full; or NULL
 * @refused: receives, when one of the queues made the call fail, which of @queues; or NULL
 *
 * All queues take the message at one instant, or none does.  Where one that makes senders
 * wait has no room, the call waits, unless the first handle is non-blocking; it has no
 * place among those who wait to send to that queue alone, and tries again when there is
 * room for any message.  A queue that drops messages when it is full never makes the
 * call fail or wait.
 *
 * Return: 0; -EINVAL too few or too many queues, or one twice; -ENOBUFS a full queue
 * rejects; the errors of ipcq_queue_sendv().
 */
int ipcq_queue_send_all(struct ipcq_queue *const *queues, size_t count,
			const void *payload, size_t length,
			const struct ipcq_send_options *options,
			unsigned int flags, uint64_t deadline,
			uint64_t *sequences, size_t *refused);

/**
 * ipcq_queue_send_many() - send several messages in one call
 * @queue: the handle
 * @messages: the payload of each, not pieces of one
 * @options: what each is sent with, as many; or NULL
 * @count: how many, 1 to 1024
 * @flags: 0 or a mask of IPCQ_DONTWAIT and IPCQ_WHOLE
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 * @sequences: receives the number of each that was sent, or NULL
 *
 * This costs a fraction of as many single calls, the least without @options and
 * @sequences.  The messages are sent in their order as long as the queue has room; to
 * have room for the first the call waits, and with IPCQ_WHOLE for each.  It ends at the
 * first that cannot be sent, for whatever reason: to send the rest tells the reason.
 *
 * Return: how many were sent, at least 1; or why the first was not: the errors of
 * ipcq_queue_sendv(); -EINVAL also none or too many.
 */
int ipcq_queue_send_many(struct ipcq_queue *queue, const struct iovec *messages,
			 const struct ipcq_send_options *options, size_t count,
			 unsigned int flags, uint64_t deadline,
			 uint64_t *sequences);

/**
 * ipcq_queue_receive_many() - receive several messages in one call
 * @queue: the handle
 * @messages: where to put each; of those received, @iov_len becomes the length
 * @infos: receives what comes with each, or NULL
 * @count: how many at most, 1 to 1024
 * @flags: 0 or a mask of IPCQ_DONTWAIT, IPCQ_WHOLE and IPCQ_TRUNCATE
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 *
 * This costs a fraction of as many single calls, the least without @infos.  The call
 * waits for the first message, and takes with it what else is there; with IPCQ_WHOLE
 * it waits for each.  It ends before a message that is too long for its buffer, which
 * stays in the queue.  Who is killed in the call takes at most 32 messages with it.
 *
 * Return: how many were received, at least 1; or why there was none: the errors of
 * ipcq_queue_receive_until(); -EINVAL also none or too many.
 */
int ipcq_queue_receive_many(struct ipcq_queue *queue, struct iovec *messages,
			    struct ipcq_message_info *infos, size_t count,
			    unsigned int flags, uint64_t deadline);

/* Flags of ipcq_queue_subscribe(). */
enum {
	IPCQ_KEPT	= 1 << 0,	/* from the oldest message that is there on */
};

/**
 * ipcq_queue_subscribe() - receive every message of a queue from here on
 * @queue: the handle, of a queue that was created with IPCQ_TO_ALL
 * @flags: 0, from the next message that is sent on; or IPCQ_KEPT
 * @sequence: receives the number of the last message that is not received, or NULL
 *
 * The handle receives each message once, in the order in which they were sent, until
 * it is closed; who shares it shares that.  A handle that has not subscribed does so by
 * its first receive, or when it is polled for reading.  A message takes room in the
 * queue until all who have subscribed have received it: who does not receive makes
 * senders wait.
 *
 * Return: 0; -EALREADY it has subscribed already; -EBADF the handle cannot read;
 * -EINVAL an unknown flag, or the queue gives each message to one receiver.
 */
int ipcq_queue_subscribe(struct ipcq_queue *queue, unsigned int flags,
			 uint64_t *sequence);

/**
 * ipcq_queue_next_size() - bytes of the message that is next to be received
 * @queue: the handle, whose filter counts
 *
 * Return: its length; 0 also when there is no message; -EBADF.
 */
ssize_t ipcq_queue_next_size(struct ipcq_queue *queue);

/* A queue's attributes and counters; sizes in bytes. */
struct ipcq_queue_info {
	enum ipcq_order order;
	uint32_t max_messages;
	uint32_t max_message_size;
	uint64_t max_bytes;
	uint32_t messages;		/* in the queue, to be received */
	uint32_t waiting_senders;
	uint32_t waiting_receivers;
	uint64_t bytes;			/* of payload in the queue */
	uint64_t memory;		/* kept for messages, in use or not */
	uint64_t sent;			/* since it was created */
	uint64_t received;		/* since it was created */
	uint64_t expired;		/* messages whose time to live ended in it */
	uint64_t time_to_live;		/* of messages sent without, ns; 0: for ever */
	uint64_t dead_letter;		/* id of the queue for dead letters; 0: none */
	uint64_t dead_lettered;		/* messages that went there */
	uint64_t dropped;		/* messages neither received nor moved */
	uint32_t held;			/* of those in the queue: received under leases */
	uint32_t delayed;		/* likewise: given back, for later */
	enum ipcq_full full;
	uint32_t redelivery_limit;	/* times a message comes back; 0: any number */
	enum ipcq_delivery delivery;
	uint32_t subscribers;		/* handles that have subscribed */
	uint32_t retain;		/* most messages that stay for later ones */
	uint32_t retained;		/* those that do; not among @messages */
	uint32_t users;			/* who may send to it, or whose messages are in it */
	uint32_t share;			/* messages each may have when it is nearly full */
};

/**
 * ipcq_queue_info() - a queue's attributes and counters
 * @queue: the handle
 * @id: receives the object's id, or NULL
 * @out: receives the answer
 *
 * Return: 0.
 */
int ipcq_queue_info(struct ipcq_queue *queue, uint64_t *id,
		    struct ipcq_queue_info *out);

/* ------------------------------------------------------------------ region */

/* What a region is created with. */
struct ipcq_region_options {
	uint64_t size;			/* bytes; needed to create */
	uint32_t mutexes;
	uint32_t eventcounts;
	uint32_t mode;			/* permission bits, default 0600 */
	uid_t owner;			/* with IPCQ_CHECK_OWNER: whose it must be */
};

/**
 * ipcq_region_open() - open, or create and open, and map a region
 * @ipcq: the connection
 * @name: 1 to 255 bytes, or NULL for an anonymous region (needs IPCQ_CREATE)
 * @flags: IPCQ_READ, or IPCQ_READ and IPCQ_WRITE, and other open flags as needed
 * @options: attributes; may be NULL to open an existing region; when the region
 *	exists, those that are not 0 (but for the mode) must be its own
 * @out: receives the handle
 *
 * The data is mapped shared, writable with IPCQ_WRITE.  A child made by fork(2)
 * keeps the handle and the data; it becomes an owner of its own at its first
 * operation and holds none of its parent's mutexes.
 *
 * Return: 1 when this call created the region, 0 when it existed; the errors of
 * ipcq_queue_open(), with -EPROTOTYPE for a name that is a queue's and -EDQUOT
 * for the sizes of the user's regions, too.
 */
int ipcq_region_open(struct ipcq *ipcq, const char *name, unsigned int flags,
		     const struct ipcq_region_options *options,
		     struct ipcq_region **out);

/**
 * ipcq_region_from_fd() - take over a descriptor and map the region
 * @fd: a region's descriptor; owned by the handle on success
 * @out: receives the handle
 *
 * Return: 0; -ENOTTY when the descriptor is not a region's; -EBADF.
 */
int ipcq_region_from_fd(int fd, struct ipcq_region **out);

/**
 * ipcq_region_close() - unmap and close a region
 * @region: the handle, or NULL
 *
 * Mutexes the process still holds through it pass on as if it had died.
 */
void ipcq_region_close(struct ipcq_region *region);

/**
 * ipcq_region_fd() - the region's descriptor, to pass on or to inherit
 * @region: the handle
 *
 * Return: the descriptor, still owned by the handle.
 */
int ipcq_region_fd(const struct ipcq_region *region);

/**
 * ipcq_region_data() - the shared memory
 * @region: the handle
 *
 * Return: its address, valid until the handle is closed; writing through it when
 * the handle was opened without IPCQ_WRITE raises SIGSEGV.
 */
void *ipcq_region_data(const struct ipcq_region *region);

/**
 * ipcq_region_size() - bytes of the shared memory
 * @region: the handle
 *
 * Return: its size, as given at creation.
 */
size_t ipcq_region_size(const struct ipcq_region *region);

/* A region's attributes and counters; sizes in bytes. */
struct ipcq_region_info {
	uint64_t size;
	uint64_t control_size;		/* of the control area */
	uint32_t mutexes;
	uint32_t eventcounts;
	uint32_t owners;		/* attached threads */
	uint64_t owner_deaths;		/* mutexes recovered from a dead holder */
};

/**
 * ipcq_region_info() - a region's attributes and counters
 * @region: the handle
 * @id: receives the object's id, or NULL
 * @out: receives the answer
 *
 * Return: 0.
 */
int ipcq_region_info(struct ipcq_region *region, uint64_t *id,
		     struct ipcq_region_info *out);

/**
 * ipcq_mutex_lock() - lock a mutex of a region
 * @region: the handle, opened with IPCQ_WRITE
 * @mutex: its number, from 0
 *
 * Without a system call when the mutex is free.
 *
 * Return: 0; -EOWNERDEAD, the mutex is held, and a former holder ended while
 * holding it: repair the data and call ipcq_mutex_consistent(); the errors of
 * ipcq_mutex_lock_until() but for -EAGAIN and -ETIMEDOUT.
 */
int ipcq_mutex_lock(struct ipcq_region *region, uint32_t mutex);

/**
 * ipcq_mutex_lock_until() - lock a mutex, waiting until a deadline
 * @region: the handle, opened with IPCQ_WRITE
 * @mutex: its number, from 0
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 *
 * Return: 0; -EOWNERDEAD as for ipcq_mutex_lock(); -EDEADLK the thread holds it
 * already; -EAGAIN it is held and IPCQ_DONTWAIT was given; -ETIMEDOUT; -EINTR a
 * signal handler ran; -EBADF the handle cannot write; -EINVAL no such mutex;
 * -EDQUOT too many threads of the user are attached; -ENOMEM.
 */
int ipcq_mutex_lock_until(struct ipcq_region *region, uint32_t mutex,
			  unsigned int flags, uint64_t deadline);

/**
 * ipcq_mutex_unlock() - unlock a mutex
 * @region: the handle
 * @mutex: its number
 *
 * Without a system call when no thread waits and the mutex is consistent.
 *
 * Return: 0; -EPERM the calling thread does not hold it; -EBADF; -EINVAL.
 */
int ipcq_mutex_unlock(struct ipcq_region *region, uint32_t mutex);

/**
 * ipcq_mutex_consistent() - declare the data of a mutex repaired
 * @region: the handle
 * @mutex: its number, held by the calling thread after -EOWNERDEAD
 *
 * Return: 0; -EPERM the calling thread does not hold it; -EINVAL it is
 * consistent, or there is no such mutex; -EBADF.
 */
int ipcq_mutex_consistent(struct ipcq_region *region, uint32_t mutex);

/* Who holds a mutex, and who died holding it. */
struct ipcq_mutex_info {
	bool locked;
	bool inconsistent;
	pid_t holder_pid;		/* 0: free, or not visible here */
	pid_t holder_tid;
	uint32_t waiters;		/* threads waiting in the kernel */
	pid_t died_pid;			/* the holder that died last, 0 for none */
	pid_t died_tid;
	uint64_t died_time;		/* nanoseconds of CLOCK_REALTIME */
	uint64_t deaths;
};

/**
 * ipcq_mutex_info() - who holds a mutex, and who died holding it
 * @region: the handle
 * @mutex: its number
 * @out: receives the answer
 *
 * Return: 0; -EINVAL no such mutex.
 */
int ipcq_mutex_info(struct ipcq_region *region, uint32_t mutex,
		    struct ipcq_mutex_info *out);

/**
 * ipcq_eventcount_read() - the count now, to be waited on
 * @region: the handle
 * @eventcount: its number, from 0
 *
 * Read it first, then test the condition, then wait with what was read.
 *
 * Return: the value; 0 when there is no such eventcount.
 */
uint32_t ipcq_eventcount_read(struct ipcq_region *region, uint32_t eventcount);

/**
 * ipcq_eventcount_wait() - wait until the count is no longer what was read
 * @region: the handle
 * @eventcount: its number
 * @seen: what ipcq_eventcount_read() returned
 * @flags: 0 or IPCQ_DONTWAIT
 * @deadline: when to stop waiting, or IPCQ_NO_DEADLINE
 *
 * Test the condition again afterwards: a wake-up is a hint.
 *
 * Return: 0; -EAGAIN the count is as seen and IPCQ_DONTWAIT was given;
 * -ETIMEDOUT; -EINTR a signal handler ran; -EINVAL no such eventcount; -EBADF.
 */
int ipcq_eventcount_wait(struct ipcq_region *region, uint32_t eventcount,
			 uint32_t seen, unsigned int flags, uint64_t deadline);

/**
 * ipcq_eventcount_advance() - count up and wake those who wait
 * @region: the handle, opened with IPCQ_WRITE
 * @eventcount: its number
 * @wake: how many waiting threads to wake at most
 *
 * Make the condition true first.  Without a system call when nobody waits.
 *
 * Return: 0 or more, how many were woken; -EBADF; -EINVAL.
 */
int ipcq_eventcount_advance(struct ipcq_region *region, uint32_t eventcount,
			    uint32_t wake);

/* -------------------------------------------------------------- management */

/* How long an object lives. */
enum ipcq_lifetime {
	IPCQ_UNTIL_LAST_CLOSE	= 0,
	IPCQ_UNTIL_REMOVED	= 1,	/* IPCQ_PERSISTENT */
	IPCQ_UNTIL_CREATOR_ENDS	= 2,	/* IPCQ_TEMPORARY */
};

/* An object as the management interface tells it. */
struct ipcq_object_info {
	uint64_t id;
	enum ipcq_kind kind;
	const char *name;		/* NULL when anonymous */
	uid_t uid;
	gid_t gid;
	uint32_t mode;			/* permission bits */
	enum ipcq_lifetime lifetime;
	bool unlinked;			/* had a name and lost it */
	uint32_t handles;		/* open handles */
	struct ipcq_queue_info queue;	/* when kind is IPCQ_QUEUE */
	struct ipcq_region_info region;	/* when kind is IPCQ_REGION */
};

/**
 * ipcq_list() - list the objects of the network namespace
 * @kind: list only these, or IPCQ_ANY
 * @each: called for each object, in the order of ids; what it is given is valid
 *	during the call; a value other than 0 ends the listing
 * @context: handed to @each
 *
 * An object that is created or removed while the listing runs may or may not be
 * in it; every other is listed exactly once.
 *
 * Return: 0; what @each returned; -ENODEV when the module is not loaded; -ENOMEM;
 * -EOPNOTSUPP an unknown kind; -EPROTO the kernel's answer makes no sense.
 */
int ipcq_list(enum ipcq_kind kind,
	      int (*each)(const struct ipcq_object_info *object, void *context),
	      void *context);

/**
 * ipcq_show() - show one object
 * @name: its name, or NULL to find it by id
 * @id: its id when @name is NULL
 * @each: called once with the object; its value is returned
 * @context: handed to @each
 *
 * Return: what @each returned; -ENODEV when the module is not loaded; -ENOENT no
 * such object; -ENAMETOOLONG; -EINVAL; -ENOMEM; -EPROTO the kernel's answer makes no
 * sense.
 */
int ipcq_show(const char *name, uint64_t id,
	      int (*each)(const struct ipcq_object_info *object, void *context),
	      void *context);

/* The limits that an administrator can set; sizes are in bytes. */
enum ipcq_limit {
	IPCQ_LIMIT_MAX_MESSAGES		= 1,	/* 1 to 65536 */
	IPCQ_LIMIT_MAX_MESSAGE_SIZE	= 2,	/* 1 to 1 MiB */
	IPCQ_LIMIT_MAX_REGION_SIZE	= 3,	/* 1 to 4 TiB */
	IPCQ_LIMIT_MAX_MUTEXES		= 4,	/* 0 to 4096 */
	IPCQ_LIMIT_MAX_EVENTCOUNTS	= 5,	/* 0 to 4096 */
	IPCQ_LIMIT_OBJECTS		= 6,	/* of each user; these up to */
	IPCQ_LIMIT_MESSAGE_BYTES	= 7,	/* IPCQ_NO_LIMIT */
	IPCQ_LIMIT_REGION_BYTES		= 8,
	IPCQ_LIMIT_OWNERS		= 9,
	IPCQ_LIMIT_NAMESPACE_OBJECTS	= 10,	/* of the network namespace */
	IPCQ_LIMIT_FILES		= 11,	/* in messages, of each user */
};

struct ipcq_limit_setting {
	enum ipcq_limit limit;
	uint64_t value;
};

/**
 * ipcq_limits_set() - set limits, all of them or none
 * @settings: which, and to what; of one that is there twice the last counts
 * @count: how many, 1 or more
 *
 * They hold at once for what is newly created, sent and attached; what exists
 * stays as it is, also where it is more than the new limit.  The limits of objects
 * and users hold for the whole system and take CAP_SYS_RESOURCE in the initial
 * user namespace; the one of the calling process's network namespace takes it in
 * the user namespace that the network namespace belongs to.
 *
 * Return: 0; -EPERM the capability is missing; -EINVAL a limit that does not exist
 * or a value out of its range, or @count is 0; -ENODEV when the module is not
 * loaded; -EOPNOTSUPP the module's limits cannot be set; -ENOMEM; -EPROTO the
 * kernel's answer makes no sense.
 */
int ipcq_limits_set(const struct ipcq_limit_setting *settings, size_t count);

#ifdef __cplusplus
}
#endif

#endif /* IPCQ_H */
