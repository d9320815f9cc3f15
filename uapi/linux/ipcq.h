/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcq - message queues and shared memory regions with kernel synchronization
 *
 * The interface of /dev/ipcq and of the descriptors it gives.
 *
 * There are three kinds of file descriptor:
 *
 *   the device    open("/dev/ipcq"): answers IPCQ_IOC_QUERY, opens and unlinks
 *                 objects.  It is bound to the network namespace of the process
 *                 that opened it; names live in that namespace.
 *   a queue       from IPCQ_IOC_QUEUE_OPEN: read(2), write(2), poll(2), O_ASYNC,
 *                 FIONREAD and the IPCQ_IOC_QUEUE_* calls.
 *   a region      from IPCQ_IOC_REGION_OPEN: mmap(2) and the IPCQ_IOC_REGION_*,
 *                 IPCQ_IOC_MUTEX_* and IPCQ_IOC_EVENTCOUNT_* calls.
 *
 * The form of a call
 * ------------------
 * Every call takes a pointer to a struct whose first member is its size in
 * bytes, a multiple of 8, as the caller was compiled.  A kernel that knows a
 * longer struct takes the missing members as zero; a kernel that knows a shorter
 * one accepts the call when the members it does not know are zero, up to a size of
 * 4096 bytes in all.  Members
 * marked "out" are written on success only, unless said otherwise, and only as
 * far as @size covers them.  Layouts are the same for 32- and 64-bit callers.
 * What a kernel can do is read from the feature bits of IPCQ_IOC_QUERY; there
 * are no versions to compare.
 *
 * Deadlines are absolute nanoseconds of CLOCK_MONOTONIC; 0 means none.  A
 * deadline that has passed makes a call that would wait fail with ETIMEDOUT;
 * a call that need not wait succeeds whatever its deadline.
 *
 * Errors
 * ------
 * Each error means one thing, in every call.  A call that fails has changed
 * nothing.
 *
 *   ENOTTY        this descriptor does not know the call
 *   EFAULT        an argument or payload address is not accessible
 *   E2BIG         a member that this kernel does not know is not zero
 *   EOPNOTSUPP    a flag or an enumerated value that this kernel does not know
 *   EINVAL        a member is outside its documented range, a reserved member is
 *                 not zero, or @size is too small or not a multiple of 8
 *   ENAMETOOLONG  a name is longer than IPCQ_NAME_MAX bytes
 *   ENOENT        no object has this name, and IPCQ_OPEN_F_CREATE was not given; or
 *                 none has this id
 *   EEXIST        the name is taken, and IPCQ_OPEN_F_EXCL was given
 *   EPROTOTYPE    the name, or the id, belongs to an object of the other kind
 *   EBADR         the object exists with other attributes than demanded
 *   EKEYREJECTED  the object belongs to another user than demanded
 *   EACCES        the object's mode does not grant the access asked for
 *   EBADF         the handle was not opened for reading, or writing, as needed; or
 *                 it was closed meanwhile; or a descriptor to be passed is not open
 *   EPERM         only the object's owner or a holder of CAP_IPC_OWNER may do
 *                 this; or the caller does not hold the mutex
 *   EDQUOT        a limit of the caller's user would be exceeded
 *   ENOSPC        the network namespace has as many objects as it may have
 *   ETOOMANYREFS  the caller's user has too many open files in messages
 *   ELOOP         a descriptor to be passed is of a file that can carry others itself
 *   EMFILE        the caller's limit of file descriptors is reached
 *   ENFILE        the system's limit of files is reached
 *   ENOMEM        the kernel, or the caller's memory cgroup, is out of memory
 *   ESTALE        the network namespace of this /dev/ipcq descriptor has ended
 *   EAGAIN        the call would wait, and was told not to
 *   ENOBUFS       the queue is full, and rejects what has no room
 *   ETIMEDOUT     the deadline has passed
 *   EINTR         a signal handler ran (calls that have no effect yet restart
 *                 by themselves where the handler was set with SA_RESTART)
 *   EMSGSIZE      a message is longer than the queue allows, or than the buffer; or it
 *                 carries more descriptors than there is room for
 *   EALREADY      the handle has subscribed already
 *   EDEADLK       the calling thread already holds this mutex
 *   ENOKEY        a token that is not, or is no longer, the calling process's
 *   ECONNREFUSED  nobody receives from the queue, and the call did not want to wait
 *   ECONNRESET    the process that was to reply has ended, or closed the queue
 *   EREMOTEIO     the request was refused: a number tells why
 *   ENOTCONN      the request was received by a call that cannot reply
 *   ETIME         the request's time to live ended before anybody received it
 *   ECANCELED     of a call: the request was dropped, or drained; of a reply: nobody
 *                 waits for it
 *   ESRCH         no process with this id has attached to the queue
 *   EOWNERDEAD    not a failure: the mutex is now held, but a former holder
 *                 ended while holding it
 */
#ifndef _UAPI_LINUX_IPCQ_H
#define _UAPI_LINUX_IPCQ_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IPCQ_DEVICE		"/dev/ipcq"
#define IPCQ_IOC_MAGIC		0xE1

/* Bytes of a name, without a terminating zero.  Control characters are refused. */
#define IPCQ_NAME_MAX		255

/* The kinds of object. */
#define IPCQ_KIND_QUEUE		1
#define IPCQ_KIND_REGION	2

/*
 * How long an object lives.
 *
 * IPCQ_LIFETIME_LAST_CLOSE	until its last handle is closed
 * IPCQ_LIFETIME_PERSISTENT	until it is unlinked and its last handle is closed,
 *				or its namespace ends
 * IPCQ_LIFETIME_CREATOR	it is unlinked when the handle that created it is
 *				closed, however its process ends; who has it open
 *				then can go on using it
 */
#define IPCQ_LIFETIME_LAST_CLOSE	0
#define IPCQ_LIFETIME_PERSISTENT	1
#define IPCQ_LIFETIME_CREATOR		2

/* ------------------------------------------------------------------ device */

/* A limit of a user or of a namespace that stands for having none. */
#define IPCQ_UNLIMITED		0x7fffffffffffffffULL

/* Bits of struct ipcq_query.features: what this kernel can do. */
#define IPCQ_FEATURE_QUEUE	(1ULL << 0)
#define IPCQ_FEATURE_REGION	(1ULL << 1)
#define IPCQ_FEATURE_MUTEX	(1ULL << 2)
#define IPCQ_FEATURE_EVENTCOUNT	(1ULL << 3)
#define IPCQ_FEATURE_PRIORITY	(1ULL << 4)
#define IPCQ_FEATURE_QUEUE_SET	(1ULL << 5)
#define IPCQ_FEATURE_CREATOR	(1ULL << 6)	/* IPCQ_LIFETIME_CREATOR */
#define IPCQ_FEATURE_OWNER	(1ULL << 7)	/* IPCQ_OPEN_F_OWNER */
#define IPCQ_FEATURE_SENDER	(1ULL << 8)	/* who sent a message, and when */
#define IPCQ_FEATURE_TYPE	(1ULL << 9)	/* types of messages */
#define IPCQ_FEATURE_VECTOR	(1ULL << 10)	/* IPCQ_SEND_F_VECTOR and the like */
#define IPCQ_FEATURE_TRUNCATE	(1ULL << 11)	/* IPCQ_RECEIVE_F_TRUNCATE */
#define IPCQ_FEATURE_TIME_TO_LIVE (1ULL << 12)
#define IPCQ_FEATURE_ASYNC	(1ULL << 13)	/* O_ASYNC on a queue's descriptor */
#define IPCQ_FEATURE_DEAD_LETTER (1ULL << 14)
#define IPCQ_FEATURE_LEASE	(1ULL << 15)	/* leases, and owners of a queue */
#define IPCQ_FEATURE_BATCH	(1ULL << 16)	/* several messages in one call */
#define IPCQ_FEATURE_FULL	(1ULL << 17)	/* IPCQ_FULL_* */
#define IPCQ_FEATURE_BROADCAST	(1ULL << 18)	/* IPCQ_DELIVERY_ALL */
#define IPCQ_FEATURE_FILTER	(1ULL << 19)	/* IPCQ_RECEIVE_F_FILTER, and of handles */
#define IPCQ_FEATURE_CALL	(1ULL << 20)	/* calls and replies */
#define IPCQ_FEATURE_REDELIVERY_LIMIT (1ULL << 21)
#define IPCQ_FEATURE_FDS	(1ULL << 22)	/* passed descriptors */
#define IPCQ_FEATURE_SHARES	(1ULL << 23)	/* of users, in queues */
#define IPCQ_FEATURE_SEND_ALL	(1ULL << 24)	/* one message to several queues */
#define IPCQ_FEATURE_PEEK	(1ULL << 25)	/* IPCQ_RECEIVE_F_PEEK */
#define IPCQ_FEATURE_DRAIN	(1ULL << 26)

/**
 * struct ipcq_query - what the module can do, its limits, and the caller's use
 * @size: sizeof(struct ipcq_query), or IPCQ_QUERY_MIN when the members after
 *	@owners_limit are not used
 * @flags: must be 0
 * @features: out: a mask of IPCQ_FEATURE_*
 * @max_messages: out: largest allowed ipcq_queue_open.max_messages
 * @max_message_size: out: largest allowed ipcq_queue_open.max_message_size, bytes
 * @max_region_size: out: largest allowed ipcq_region_open.region_size, bytes
 * @max_mutexes: out: largest allowed ipcq_region_open.mutexes
 * @max_eventcounts: out: largest allowed ipcq_region_open.eventcounts
 * @objects: out: objects that the caller's user has created and that still exist
 * @objects_limit: out: the bound of @objects
 * @message_bytes: out: message memory charged to the caller's user, bytes
 * @message_bytes_limit: out: the bound of @message_bytes
 * @region_bytes: out: sizes of the existing regions the caller's user created,
 *	with their control areas, in whole pages
 * @region_bytes_limit: out: the bound of @region_bytes
 * @owners: out: threads attached to regions, and processes attached to queues, through
 *	the caller's user's handles
 * @owners_limit: out: the bound of @owners
 * @namespace_objects: out: existing objects in the descriptor's network namespace
 * @namespace_objects_limit: out: the bound of @namespace_objects
 * @files: out: open files in messages that were sent through the caller's user's
 *	handles
 * @files_limit: out: the bound of @files
 *
 * The limits are those in force now; the administrator can set them at any time
 * (IPCQ_CMD_LIMITS_SET in ipcq_netlink.h), also below what is used.  What the
 * largest of an object's attributes are counts when it is created.  A bound of
 * IPCQ_UNLIMITED is none.
 *
 * Errors: ENOMEM.
 */
struct ipcq_query {
	__u32 size;
	__u32 flags;
	__aligned_u64 features;
	__u32 max_messages;
	__u32 max_message_size;
	__aligned_u64 max_region_size;
	__u32 max_mutexes;
	__u32 max_eventcounts;
	__aligned_u64 objects;
	__aligned_u64 objects_limit;
	__aligned_u64 message_bytes;
	__aligned_u64 message_bytes_limit;
	__aligned_u64 region_bytes;
	__aligned_u64 region_bytes_limit;
	__aligned_u64 owners;
	__aligned_u64 owners_limit;
	__aligned_u64 namespace_objects;
	__aligned_u64 namespace_objects_limit;
	__aligned_u64 files;
	__aligned_u64 files_limit;
};
#define IPCQ_QUERY_MIN		104

/*
 * Flags of an open.
 *
 * IPCQ_OPEN_F_READ	receive from the queue; map the region for reading
 * IPCQ_OPEN_F_WRITE	send to the queue; map the region for writing and use its
 *			synchronization (a region needs IPCQ_OPEN_F_READ with it)
 * IPCQ_OPEN_F_CREATE	create the object when there is none of this name
 * IPCQ_OPEN_F_EXCL	with CREATE: fail with EEXIST when there is one
 * IPCQ_OPEN_F_NONBLOCK	set O_NONBLOCK on the new descriptor
 * IPCQ_OPEN_F_OWNER	fail with EKEYREJECTED when the object belongs to another
 *			user than @owner, or, with CREATE, would: nobody else can
 *			pose as that user by being first to take the name
 *
 * At least one of READ and WRITE is needed.
 */
#define IPCQ_OPEN_F_READ	(1U << 0)
#define IPCQ_OPEN_F_WRITE	(1U << 1)
#define IPCQ_OPEN_F_CREATE	(1U << 2)
#define IPCQ_OPEN_F_EXCL	(1U << 3)
#define IPCQ_OPEN_F_NONBLOCK	(1U << 4)
#define IPCQ_OPEN_F_OWNER	(1U << 5)
#define IPCQ_OPEN_F_ALL		((1U << 6) - 1)

/**
 * struct ipcq_open - what opening a queue and opening a region share
 * @size: size of the struct that contains this one
 * @flags: a mask of IPCQ_OPEN_F_*
 * @name: address of the name; 0 for an anonymous object
 * @name_length: bytes of the name, 1 to IPCQ_NAME_MAX; 0 for an anonymous object
 * @mode: permission bits (0 to 0777) of an object that is created: read stands
 *	for receiving or mapping read-only, write for sending or mapping writable;
 *	the umask is not applied
 * @lifetime: IPCQ_LIFETIME_* of an object that is created; ignored when the
 *	object exists; an anonymous object lives until its last close
 * @fd: out: the new descriptor, close-on-exec
 * @id: out: the object's id, unique while the module is loaded, never 0
 * @created: out: 1 when this call created the object, 0 when it existed
 * @owner: with IPCQ_OPEN_F_OWNER: the user, as the caller's user namespace sees
 *	it, that the object must belong to; else must be 0
 *
 * An object belongs to the effective user and group of the process that created it.
 *
 * An anonymous object needs IPCQ_OPEN_F_CREATE and IPCQ_LIFETIME_LAST_CLOSE; its
 * descriptor is the only way to it.
 *
 * Errors: EINVAL for flags that do not go together, a name with a control
 * character, an unknown mode bit, a user that the caller's user namespace does not
 * know; EOPNOTSUPP, ENAMETOOLONG, ENOENT, EEXIST, EPROTOTYPE, EKEYREJECTED, EACCES,
 * EBADR, EDQUOT, ENOSPC, EMFILE, ENFILE, ENOMEM, ESTALE.
 */
struct ipcq_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_length;
	__u32 mode;
	__u32 lifetime;
	__s32 fd;
	__aligned_u64 id;
	__u32 created;
	__u32 owner;
};

/*
 * In which order a queue gives its messages.
 *
 * IPCQ_ORDER_FIFO	as they were sent
 * IPCQ_ORDER_PRIORITY	the highest priority first, and within a priority as they
 *			were sent
 */
#define IPCQ_ORDER_FIFO		0
#define IPCQ_ORDER_PRIORITY	1

/*
 * What happens to a message that finds a queue full.
 *
 * IPCQ_FULL_BLOCK	its sender waits for room, or fails with EAGAIN
 * IPCQ_FULL_REJECT	its sender fails with ENOBUFS, and never waits
 * IPCQ_FULL_DROP_OLDEST	messages in the queue are dropped until it fits: those of the
 *			lowest priority first, and of one priority the oldest.  If all
 *			that could go are of a higher priority than its own, it is
 *			dropped itself.  Messages that are being received, or peeked
 *			at, cannot be dropped; where these alone take the room that
 *			is needed, it is as with BLOCK
 * IPCQ_FULL_DROP_NEWEST	it is dropped itself
 *
 * Where several users send, a queue is full for one of them also when it is nearly full and
 * that one has an equal share of it: others get in then.  With DROP_OLDEST such a sender's
 * own messages are dropped, and otherwise first those of users who have more than a share.
 *
 * A send whose message is dropped at once succeeds, and its number is 0.  What is
 * dropped is counted (struct ipcq_queue_stat, and @dropped of struct
 * ipcq_queue_receive) and is no dead letter.
 */
#define IPCQ_FULL_BLOCK		0
#define IPCQ_FULL_REJECT	1
#define IPCQ_FULL_DROP_OLDEST	2
#define IPCQ_FULL_DROP_NEWEST	3

/* The highest priority; the lowest is 0. */
#define IPCQ_PRIORITY_MAX	32767

/*
 * To whom a queue gives a message.
 *
 * IPCQ_DELIVERY_ONE	to one receiver
 * IPCQ_DELIVERY_ALL	to all who have subscribed when it is sent, to each of them as
 *			they were sent (IPCQ_IOC_QUEUE_SUBSCRIBE)
 */
#define IPCQ_DELIVERY_ONE	0
#define IPCQ_DELIVERY_ALL	1

/**
 * struct ipcq_queue_open - open, or create and open, a queue
 * @open: the name, access and lifetime
 * @max_messages: most messages the queue holds, 1 to ipcq_query.max_messages;
 *	0: 64
 * @max_message_size: longest message in bytes, 1 to
 *	ipcq_query.max_message_size; 0: 1 MiB, or @max_bytes if that is given and less
 * @max_bytes: most payload bytes the queue holds, at least @max_message_size;
 *	0: @max_messages times @max_message_size
 * @order: IPCQ_ORDER_* of a queue that is created
 * @delivery: IPCQ_DELIVERY_* of a queue that is created; ALL does not go together with
 *	IPCQ_ORDER_PRIORITY, nor with a @dead_letter or a @redelivery_limit
 * @time_to_live: of messages that are sent without one, nanoseconds; 0: for ever
 * @dead_letter: id of the queue that a queue which is created sends its dead letters
 *	to; 0: none
 * @full: IPCQ_FULL_*
 * @redelivery_limit: how many times a message that was held comes back into the queue; 0:
 *	any number
 * @reserved2: must be 0
 * @retain: with IPCQ_DELIVERY_ALL: how many messages, the newest, stay in the queue
 *	after all have received them, for those who subscribe later; 0 to 65536; else
 *	must be 0
 *
 * When the queue exists, each of the attributes that is not 0 must be equal to the
 * queue's own, or the call fails with EBADR.
 *
 * A message becomes a dead letter when its time to live ends in the queue, or when it
 * would come back more often than @redelivery_limit says, because it was given back, with
 * a delay or not, or its lease or its holder ended.  (A request does not: its caller fails
 * with ETIME, or with ECANCELED where it came back too often.)  A dead letter moves to the
 * dead-letter queue, if that exists then and has room at once for a message of
 * this length; else it is dropped, and counted in ipcq_queue_stat.dropped.  There it is
 * a message like others, with a number of that queue's, but with the priority and type
 * that it was sent with, its sender and its time; its memory is still charged to the
 * sender's user.  If that queue has a time to live, it begins anew, and so does the count
 * of how often it was received.  Who receives it is
 * told where it was, and why it is no longer there (IPCQ_ORIGIN_*).  A message moves
 * once: a dead letter that dies again is dropped.
 *
 * The dead-letter queue is of the same network namespace, and the caller must be allowed
 * to open it for writing when it becomes one; that is not looked at again.  It is not
 * kept: when it ends, the id stays, and stands for no queue any more.
 *
 * Errors: ENOENT (no object has the id @dead_letter), EPROTOTYPE (it is a region),
 * EACCES (it cannot be opened for writing), each of them only when the queue is
 * created; and those of struct ipcq_open.
 */
struct ipcq_queue_open {
	struct ipcq_open open;
	__u32 max_messages;
	__u32 max_message_size;
	__aligned_u64 max_bytes;
	__u32 order;
	__u32 delivery;
	__aligned_u64 time_to_live;
	__aligned_u64 dead_letter;
	__u32 full;
	__u32 redelivery_limit;
	__u32 reserved2;
	__u32 retain;
};
#define IPCQ_QUEUE_OPEN_MIN	72

/**
 * struct ipcq_region_open - open, or create and open, a region
 * @open: the name, access and lifetime
 * @region_size: bytes of shared memory, 1 to ipcq_query.max_region_size; memory
 *	is taken page by page as it is first touched
 * @mutexes: how many mutexes it has, 0 to ipcq_query.max_mutexes
 * @eventcounts: how many eventcounts, 0 to ipcq_query.max_eventcounts
 *
 * To create a region, @region_size must be given.  When the region exists, each
 * of the three that is not 0 must be equal to the region's own, or the call
 * fails with EBADR.
 */
struct ipcq_region_open {
	struct ipcq_open open;
	__aligned_u64 region_size;
	__u32 mutexes;
	__u32 eventcounts;
};

/**
 * struct ipcq_unlink - remove a name
 * @size: sizeof(struct ipcq_unlink)
 * @flags: must be 0
 * @name: address of the name
 * @name_length: bytes of the name, 1 to IPCQ_NAME_MAX
 * @kind: IPCQ_KIND_* the object must be of, or 0 for any
 *
 * The object itself ends when its last handle is closed.  A new object may take
 * the name at once.
 *
 * Errors: ENOENT, EPROTOTYPE, EPERM, ENAMETOOLONG, ESTALE; EOPNOTSUPP for an
 * unknown @kind.
 */
struct ipcq_unlink {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_length;
	__u32 kind;
};

/* ------------------------------------------------------------------- queue */

/* Most pieces of one payload. */
#define IPCQ_VECTOR_MAX		1024

/**
 * struct ipcq_vector - a piece of a payload
 * @address: where it is; may be 0 when @length is 0
 * @length: bytes of it
 */
struct ipcq_vector {
	__aligned_u64 address;
	__aligned_u64 length;
};

/* Most descriptors of one message. */
#define IPCQ_FDS_MAX		64

/* Longest time that a message with descriptors stays in a queue: ten minutes. */
#define IPCQ_FDS_TIME_MAX	600000000000ULL

/*
 * Flags of a send.
 *
 * IPCQ_SEND_F_NONBLOCK	do not wait: fail with EAGAIN; O_NONBLOCK on the descriptor
 *			means the same
 * IPCQ_SEND_F_VECTOR	the payload is in pieces: @payload is the address of an array
 *			of struct ipcq_vector, and @length says how many, 0 to
 *			IPCQ_VECTOR_MAX
 */
#define IPCQ_SEND_F_NONBLOCK	(1U << 0)
#define IPCQ_SEND_F_VECTOR	(1U << 1)
#define IPCQ_SEND_F_ALL		((1U << 2) - 1)

/**
 * struct ipcq_queue_send - send one message
 * @size: sizeof(struct ipcq_queue_send); or IPCQ_QUEUE_SEND_MIN when the members
 *	after @deadline are not used, and nothing but NONBLOCK is in @flags: that is
 *	faster
 * @flags: a mask of IPCQ_SEND_F_*
 * @payload: address of the payload; may be 0 when @length is 0
 * @length: bytes of the payload, 0 to the queue's max_message_size
 * @deadline: when to stop waiting for room
 * @priority: 0 to IPCQ_PRIORITY_MAX; above 0 only in a queue ordered by priority
 * @fd_count: how many descriptors are passed with the message, 0 to IPCQ_FDS_MAX
 * @sequence: out: the message's number in this queue, counted from 1; 0 when it was
 *	dropped because the queue is full
 * @type: any number, for the receivers to tell messages apart
 * @time_to_live: nanoseconds that the message stays in the queue, unless it is
 *	received before, counted from when it is there; 0: the queue's, which may be for
 *	ever.  With descriptors at most IPCQ_FDS_TIME_MAX, which then is what for ever
 *	stands for
 * @fds: address of an array of @fd_count descriptors, each an __s32; not used when
 *	that is 0
 *
 * On success the message is in the queue, whatever happens to the sender; on
 * failure nothing was sent.  Waiting senders are served in the order of their
 * calls, but in a queue that is nearly full those first whose users have less than an
 * equal share of it; one that a signal or a stop has restarted is at the end of the line.
 * (When the memory of @sequence is unmapped while the call runs, the message is
 * sent and its number not told.)
 *
 * The receiver is told the caller's process, and its effective user and group. A
 * message sent by write(2) carries those that the descriptor's opener had when it
 * opened the queue.
 *
 * A message whose time has passed is never received by a call that began later, and
 * no longer takes room; that room is noticed within some milliseconds.
 *
 * What is passed are the open files behind the descriptors, as over a Unix socket: the
 * sender may close its own, or end.  They remain open with the message, until it has
 * been received, or leaves the queue in another way, and count in ipcq_query.files until
 * then.  Descriptors of queues, of AF_UNIX sockets and of io_uring instances cannot be
 * passed: these may carry descriptors themselves, and what keeps itself open could never
 * be closed.  A message that becomes a dead letter loses what it carries.
 *
 * Returns 0.  Errors: EBADF, EINVAL (a priority out of range, or above 0 in a queue
 * that has none; too many pieces, or descriptors; with these, too long a time to live),
 * EMSGSIZE, EAGAIN, ENOBUFS, ETIMEDOUT, EINTR, EDQUOT, ENOMEM, EFAULT; with descriptors
 * also ELOOP and ETOOMANYREFS.
 */
struct ipcq_queue_send {
	__u32 size;
	__u32 flags;
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 deadline;
	__u32 priority;
	__u32 fd_count;
	__aligned_u64 sequence;
	__aligned_u64 type;
	__aligned_u64 time_to_live;
	__aligned_u64 fds;
};
#define IPCQ_QUEUE_SEND_MIN	32

/*
 * Which messages a receive takes, by their types.
 *
 * IPCQ_MATCH_ANY	all
 * IPCQ_MATCH_EQUAL	those of type @type_first
 * IPCQ_MATCH_AT_MOST	those of types 0 to @type_first, and the lowest type first,
 *			whatever the queue's order; within a type that order holds
 * IPCQ_MATCH_RANGE	those of types @type_first to @type_last
 * IPCQ_MATCH_EXCEPT	those of all types but @type_first
 *
 * A message that was sent without a type has type 0.  Members that a match does not
 * name must be 0.
 */
#define IPCQ_MATCH_ANY		0
#define IPCQ_MATCH_EQUAL	1
#define IPCQ_MATCH_AT_MOST	2
#define IPCQ_MATCH_RANGE	3
#define IPCQ_MATCH_EXCEPT	4

/*
 * Flags of a receive.
 *
 * IPCQ_RECEIVE_F_NONBLOCK	do not wait: fail with EAGAIN; O_NONBLOCK on the
 *				descriptor means the same
 * IPCQ_RECEIVE_F_VECTOR	the buffer is in pieces: @payload is the address of
 *				an array of struct ipcq_vector, and @length says how
 *				many, 0 to IPCQ_VECTOR_MAX
 * IPCQ_RECEIVE_F_TRUNCATE	a message longer than the buffer is cut to it, and
 *				the rest is lost; the call returns the whole length.
 *				Likewise the descriptors that there is no room for,
 *				of which @fd_count tells how many there were
 * IPCQ_RECEIVE_F_PEEK		the message stays in the queue as it is, and is only copied,
 *				from @offset on; it is the next after the one that
 *				@cursor names
 * IPCQ_RECEIVE_F_LEASE		the message does not leave the queue, but is held by
 *				the calling process under a lease, until that ends:
 *				see struct ipcq_queue_lease
 * IPCQ_RECEIVE_F_FILTER	of the messages in the queue only those count that
 *				@match and @least_priority take; without this flag
 *				those that the handle's filter takes
 *				(IPCQ_IOC_QUEUE_FILTER)
 */
#define IPCQ_RECEIVE_F_NONBLOCK	(1U << 0)
#define IPCQ_RECEIVE_F_VECTOR	(1U << 1)
#define IPCQ_RECEIVE_F_TRUNCATE	(1U << 2)
#define IPCQ_RECEIVE_F_PEEK	(1U << 3)
#define IPCQ_RECEIVE_F_LEASE	(1U << 4)
#define IPCQ_RECEIVE_F_FILTER	(1U << 5)
#define IPCQ_RECEIVE_F_ALL	(IPCQ_RECEIVE_F_NONBLOCK |	\
				 IPCQ_RECEIVE_F_VECTOR |	\
				 IPCQ_RECEIVE_F_TRUNCATE |	\
				 IPCQ_RECEIVE_F_PEEK |		\
				 IPCQ_RECEIVE_F_LEASE |		\
				 IPCQ_RECEIVE_F_FILTER)

/*
 * Why a message is in another queue than it was sent to.
 *
 * IPCQ_ORIGIN_NONE	it is not
 * IPCQ_ORIGIN_EXPIRED	its time to live ended there
 * IPCQ_ORIGIN_REDELIVERED	it came back more often than the queue allows
 */
#define IPCQ_ORIGIN_NONE	0
#define IPCQ_ORIGIN_EXPIRED	1
#define IPCQ_ORIGIN_REDELIVERED	2

/**
 * struct ipcq_queue_receive - receive the message that is next
 * @size: sizeof(struct ipcq_queue_receive); or IPCQ_QUEUE_RECEIVE_MIN when the
 *	members after @deadline are not used, and nothing but NONBLOCK is in @flags:
 *	that is faster
 * @flags: a mask of IPCQ_RECEIVE_F_*
 * @payload: address of the buffer; may be 0 when @length is 0
 * @length: bytes of the buffer; out, with EMSGSIZE only: the message's length
 * @deadline: when to stop waiting for a message
 * @sequence: out: the message's number in its queue
 * @priority: out: the priority it was sent with; in, with a @cursor: that of the message
 *	which that names
 * @fd_count: how many descriptors there is room for, 0 to IPCQ_FDS_MAX.  Out: how many
 *	the message carries; also with EMSGSIZE, when that is said of them and @length is
 *	that of the message
 * @type: out: the type it was sent with; in, with a @cursor: likewise
 * @dropped: out: how many messages the queue has lost since a receiver was told: because
 *	it was full, or their time to live ended and they did not become dead letters
 *	(of a queue that delivers to all: that this subscriber has missed since it was told)
 * @time: out: when it was sent, nanoseconds of CLOCK_MONOTONIC_COARSE, which is behind
 *	CLOCK_MONOTONIC by a tick of the kernel at most
 * @pid: out: the process that sent it, as the caller's pid namespace sees it; 0 when
 *	it does not
 * @uid: out: that process's effective user, as the caller's user namespace sees it;
 *	the overflow user (65534) when it does not
 * @gid: out: its effective group, likewise
 * @redeliveries: out: how often it has been received before, under leases that ended
 *	without it being acknowledged
 * @start_time: out: when that process began, nanoseconds of CLOCK_BOOTTIME; with
 *	@pid it names one process for ever, where a pid is used again
 * @token: out: what the message is held by, never 0; 0 when it is not held.  A request
 *	(struct ipcq_queue_call) is held, without a lease until it is replied to
 * @lease: with IPCQ_RECEIVE_F_LEASE: nanoseconds from when the message is received to
 *	the end of the lease; 0: as long as the process is an owner.  Else must be 0
 * @cursor: with IPCQ_RECEIVE_F_PEEK: @sequence of the message that was looked at last,
 *	with its @priority and @type as they were told then; 0: from the first.  Out: that
 *	of this message.  Else must be 0
 * @offset: with IPCQ_RECEIVE_F_PEEK: the first byte of the payload to copy; else must be 0
 * @fds: address of an array of @fd_count numbers, each an __s32; not used when that is
 *	0.  Out: the new descriptors, close-on-exec
 * @origin_id: out: of a dead letter, the id of the queue that it was sent to; of others
 *	0
 * @origin_sequence: out: of a dead letter, its number there; of others 0
 * @origin_reason: out: IPCQ_ORIGIN_*
 * @match: with FILTER: IPCQ_MATCH_*; else must be 0
 * @least_priority: with FILTER: the lowest priority that is received, 0 to
 *	IPCQ_PRIORITY_MAX; else must be 0
 * @reserved4: must be 0
 * @type_first: with FILTER: as @match says; else must be 0
 * @type_last: with FILTER: as @match says, not below @type_first; else must be 0
 *
 * The message leaves the queue when all of it has been copied.  A message that
 * is longer than the buffer stays, and the call fails with EMSGSIZE; one whose
 * copy fails is put back in its place.  Waiting receivers are served in the order
 * of their calls, but real-time threads (SCHED_DEADLINE, then SCHED_FIFO and
 * SCHED_RR by priority) before others, as they were when they began to wait; one
 * that a signal or a stop has restarted begins to wait anew.
 *
 * From a queue that delivers to all the message is the handle's next, and cannot be
 * had under a lease: see struct ipcq_queue_subscribe.
 *
 * With a filter, the call's or the handle's, the message is the first in the queue's
 * order that the filter takes, and the others might as well not be there: none of
 * them makes the call fail with EMSGSIZE or keeps it from waiting.  A message that
 * comes is given to the first of the waiting receivers that takes it.
 *
 * A receiver that has room for descriptors (@fd_count is not 0) gets those that the
 * message carries, or fails with EMSGSIZE when it has room for some only, and with EMFILE
 * or what a security module says when it cannot have them; the message stays then.  A
 * receiver that has room for none receives the message without them, and they are closed.
 * So do read(2), the short form and the other calls that receive.  Under a lease, and
 * from a queue that delivers to all, each receiver of the message gets descriptors of its
 * own.
 *
 * Who peeks (IPCQ_RECEIVE_F_PEEK) gets a copy of the message that a receive with the
 * same filter would get, and then, calling again with the struct as it was written, one
 * after the other those that would follow.  A message that is in the queue all the time
 * is shown once; one that comes or goes meanwhile, or is being received, may be or not,
 * but none is shown twice, also when the one that @cursor names has gone.  At the end the
 * call waits for a message after that one, or fails with EAGAIN.
 *
 * A peek counts nowhere: the message is not received, @redeliveries not changed, and
 * @dropped not told but 0; a request is not held, and @token is 0.  Of the payload as much
 * has to fit as there is from @offset on, which is nothing behind the end.  To read one
 * message in parts, call with the same @cursor, @priority and @type, and see from
 * @sequence whether it is still there.  A message that leaves the queue while it is
 * copied keeps its room there until the copy ends, and is not dropped for others.
 *
 * Returns the message's length.  Errors: EBADF, EINVAL (too many pieces or descriptors, a
 * filter out of its range, or a filter, a lease or a peek where the queue delivers to all;
 * a peek under a lease, a @cursor with a priority out of its range), EOPNOTSUPP for an
 * unknown @match, EMSGSIZE, EAGAIN, ETIMEDOUT, EINTR, EMFILE, ENOMEM,
 * EFAULT; with IPCQ_RECEIVE_F_LEASE also EDQUOT (as with
 * IPCQ_LEASE_ATTACH).
 */
struct ipcq_queue_receive {
	__u32 size;
	__u32 flags;
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 deadline;
	__aligned_u64 sequence;
	__u32 priority;
	__u32 fd_count;
	__aligned_u64 type;
	__aligned_u64 dropped;
	__aligned_u64 time;
	__s32 pid;
	__u32 uid;
	__u32 gid;
	__u32 redeliveries;
	__aligned_u64 start_time;
	__aligned_u64 token;
	__aligned_u64 lease;
	__aligned_u64 cursor;
	__aligned_u64 offset;
	__aligned_u64 fds;
	__aligned_u64 origin_id;
	__aligned_u64 origin_sequence;
	__u32 origin_reason;
	__u32 match;
	__u32 least_priority;
	__u32 reserved4;
	__aligned_u64 type_first;
	__aligned_u64 type_last;
};
#define IPCQ_QUEUE_RECEIVE_MIN	32

/* Most messages of one call. */
#define IPCQ_BATCH_MAX		1024

/*
 * Flags of a batch.
 *
 * IPCQ_BATCH_F_NONBLOCK	do not wait: fail with EAGAIN; O_NONBLOCK on the descriptor
 *			means the same
 * IPCQ_BATCH_F_WHOLE	wait for each message, not for the first alone
 * IPCQ_BATCH_F_TRUNCATE	of a receive only: as IPCQ_RECEIVE_F_TRUNCATE
 */
#define IPCQ_BATCH_F_NONBLOCK	(1U << 0)
#define IPCQ_BATCH_F_WHOLE	(1U << 1)
#define IPCQ_BATCH_F_TRUNCATE	(1U << 2)
#define IPCQ_BATCH_F_ALL	((1U << 3) - 1)

/**
 * struct ipcq_queue_batch - send, or receive, several messages
 * @size: sizeof(struct ipcq_queue_batch)
 * @flags: a mask of IPCQ_BATCH_F_*
 * @entries: address of an array, of struct ipcq_send_entry for
 *	IPCQ_IOC_QUEUE_SEND_MANY, of struct ipcq_receive_entry for
 *	IPCQ_IOC_QUEUE_RECEIVE_MANY
 * @count: how many, 1 to IPCQ_BATCH_MAX
 * @entry_size: bytes of one, a multiple of 8, as the caller was compiled; or as far
 *	as the members are used, but at least IPCQ_SEND_ENTRY_MIN or
 *	IPCQ_RECEIVE_ENTRY_MIN: that is faster.  As with @size, members that the kernel
 *	does not know must be zero
 * @deadline: when to stop waiting
 *
 * Each entry is a message of its own, sent or received as by IPCQ_IOC_QUEUE_SEND or
 * IPCQ_IOC_QUEUE_RECEIVE, in their order, for a part of the price.  The call goes
 * on while there is room for the next, or a message.  It waits for the first; for
 * the others only with IPCQ_BATCH_F_WHOLE.  It ends at the first that it cannot have,
 * by whatever error, or for a signal: those before are done, those from there on are
 * not.
 *
 * Between the messages of a batch there may be those of other senders, or received by
 * other receivers.  Some of a batch that is being received are out of the queue's
 * order for the time of the copy, as one is; who is killed then takes at most 32
 * with it.
 *
 * Returns how many were done, at least 1.  Errors, of the first: those of the single
 * call; EINVAL (no entries or too many, an entry too short); E2BIG, also of the first
 * entry.  With EMSGSIZE, the @length of a first entry to receive into is that of the
 * message.
 */
struct ipcq_queue_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 entries;
	__u32 count;
	__u32 entry_size;
	__aligned_u64 deadline;
};

/**
 * struct ipcq_send_entry - a message of a batch to be sent
 * @payload: address of the payload; may be 0 when @length is 0
 * @length: bytes of the payload
 * @sequence: out, when the message was sent: its number in the queue, or 0 when it was
 *	dropped because that is full; otherwise it may have been overwritten
 * @priority: as in struct ipcq_queue_send
 * @reserved: must be 0
 * @type: as in struct ipcq_queue_send
 * @time_to_live: likewise
 */
struct ipcq_send_entry {
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 sequence;
	__u32 priority;
	__u32 reserved;
	__aligned_u64 type;
	__aligned_u64 time_to_live;
};
#define IPCQ_SEND_ENTRY_MIN	16

/**
 * struct ipcq_receive_entry - room for a message of a batch
 * @payload: address of the buffer; may be 0 when @length is 0
 * @length: bytes of the buffer; out: the message's length
 * @sequence: out: as in struct ipcq_queue_receive
 * @priority: out: likewise
 * @pid: out: likewise
 * @type: out: likewise
 * @time: out: likewise
 * @start_time: out: likewise
 * @uid: out: likewise
 * @gid: out: likewise
 *
 * An entry without a message is as it was, but its buffer may have been written.
 */
struct ipcq_receive_entry {
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 sequence;
	__u32 priority;
	__s32 pid;
	__aligned_u64 type;
	__aligned_u64 time;
	__aligned_u64 start_time;
	__u32 uid;
	__u32 gid;
};
#define IPCQ_RECEIVE_ENTRY_MIN	16

/* Most queues that one message is sent to. */
#define IPCQ_SEND_ALL_MAX	64

/**
 * struct ipcq_queue_send_all - send one message to several queues, or to none
 * @size: sizeof(struct ipcq_queue_send_all)
 * @flags: 0 or IPCQ_SEND_F_VECTOR
 * @payload: as in struct ipcq_queue_send
 * @length: likewise, and within each queue's max_message_size
 * @queues: address of an array of descriptors, each an __s32, of the other queues that
 *	the message is sent to: number 1, 2 and so on; the queue of the descriptor that
 *	the call is made on is number 0
 * @count: how many others, 1 to IPCQ_SEND_ALL_MAX - 1
 * @refused: out, when the call fails because of one of the queues: its number; else
 *	unchanged
 * @priority: as in struct ipcq_queue_send
 * @reserved: must be 0
 * @sequences: address of an array of @count + 1 numbers, each a __u64; or 0.  Out: the
 *	message's number in each queue, 0 where it was dropped because the queue is full
 * @type: as in struct ipcq_queue_send
 * @time_to_live: likewise
 *
 * At one instant all of the queues take the message, each as one of its own; or the call
 * fails, and none does.  A receiver that has got the message from one of them finds it in
 * each of the others, unless somebody was faster there.
 *
 * The call does not wait.  A queue without room, or with senders that wait, makes it fail:
 * with EAGAIN if it lets senders wait, and then poll(2) tells when it has room; with
 * ENOBUFS if it rejects.  A queue that drops never refuses: it drops its oldest messages as
 * for any other, but where that would have to wait, and with IPCQ_FULL_DROP_NEWEST, it drops
 * this one.
 *
 * The handles are writable, and of different queues.  Each pays for its copy.
 *
 * Returns 0.  Errors: EBADF (a handle cannot write, or a descriptor is not open), EINVAL
 * (too few or too many queues, a descriptor of something else, a queue that is there
 * twice; and as of a send), EMSGSIZE, EAGAIN, ENOBUFS, EDQUOT, ENOMEM, EFAULT.
 */
struct ipcq_queue_send_all {
	__u32 size;
	__u32 flags;
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 queues;
	__u32 count;
	__u32 refused;
	__u32 priority;
	__u32 reserved;
	__aligned_u64 sequences;
	__aligned_u64 type;
	__aligned_u64 time_to_live;
};

/*
 * Flags of subscribing.
 *
 * IPCQ_SUBSCRIBE_F_KEPT	from the oldest message that is in the queue on, whether
 *				it is retained or somebody has yet to receive it; without
 *				this flag, from the next that is sent
 */
#define IPCQ_SUBSCRIBE_F_KEPT	(1U << 0)
#define IPCQ_SUBSCRIBE_F_ALL	((1U << 1) - 1)

/**
 * struct ipcq_queue_subscribe - receive every message of a queue from here on
 * @size: sizeof(struct ipcq_queue_subscribe)
 * @flags: a mask of IPCQ_SUBSCRIBE_F_*
 * @sequence: out: number of the last message that is not to be received
 *
 * For a queue with IPCQ_DELIVERY_ALL.  A handle is one subscriber, whoever shares it
 * (by dup(2), fork(2) or a passed descriptor), until it is closed for the last time: each
 * message is received through it once, in the order in which they were sent.  One of
 * those who share it receives at a time; others wait until its copy is done, or fail with
 * EAGAIN.  A message that is longer than the buffer, or whose copy fails, remains the
 * handle's next.
 *
 * A readable handle that has not subscribed does so, from the next message that is sent
 * on, when it first receives or is polled for reading: read(2) and poll(2) will do for
 * who need not have what came before.  O_ASYNC does not subscribe, and signals every
 * handle.
 *
 * A message takes room in the queue until every subscriber has received it.  So who does
 * not receive makes senders wait, or fail, or loses the oldest messages that it has not
 * received, or all lose the newest, as IPCQ_FULL_* says.  A message to nobody leaves
 * at once.  Then it stays as long as @retain says, or until the room is needed, or its
 * time has passed.
 *
 * Numbers (ipcq_queue_receive.sequence) have no gaps but for messages that a subscriber
 * has missed: those that were dropped, or whose time passed, before it received them.
 *
 * Errors: EBADF (the handle is not readable), EINVAL (the queue delivers to one),
 * EALREADY.
 */
struct ipcq_queue_subscribe {
	__u32 size;
	__u32 flags;
	__aligned_u64 sequence;
};

/**
 * struct ipcq_queue_filter - choose which messages a handle receives
 * @size: sizeof(struct ipcq_queue_filter)
 * @flags: must be 0
 * @match: IPCQ_MATCH_*
 * @least_priority: the lowest priority that is received, 0 to IPCQ_PRIORITY_MAX
 * @type_first: as @match says
 * @type_last: as @match says, not below @type_first
 *
 * Takes the place of the filter that the handle had; IPCQ_MATCH_ANY with a
 * @least_priority of 0 is none, as a new handle has.  It holds for read(2), for receives
 * without IPCQ_RECEIVE_F_FILTER, for batches, for FIONREAD and for the readiness to
 * read, of all who share the handle: by dup(2), fork(2) or a passed descriptor.  A
 * receive that already waits goes on with the filter that it began with; who polls is
 * told when a message is there for the new one.
 *
 * Errors: EBADF (the handle is not readable), EINVAL (a member out of its range, or
 * the queue delivers to all: it has no filters), EOPNOTSUPP for an unknown @match.
 */
struct ipcq_queue_filter {
	__u32 size;
	__u32 flags;
	__u32 match;
	__u32 least_priority;
	__aligned_u64 type_first;
	__aligned_u64 type_last;
};

/**
 * struct ipcq_queue_drain - remove messages from a queue
 * @size: sizeof(struct ipcq_queue_drain)
 * @flags: must be 0
 * @match: IPCQ_MATCH_*; ANY, with a @least_priority of 0, for all messages
 * @least_priority: the lowest priority that is removed, 0 to IPCQ_PRIORITY_MAX
 * @type_first: as @match says
 * @type_last: as @match says, not below @type_first
 * @most: how many messages at most, the first in the queue's order, also with
 *	IPCQ_MATCH_AT_MOST; 0: no matter how many
 * @messages: out: how many were removed
 * @bytes: out: bytes of their payloads
 *
 * Removes the messages that are in the queue and that the filter takes; the handle's own
 * filter has no say in it.  Messages that are sent while the call runs stay, and so do
 * those that others are receiving or hold, and those that were given back with a delay.
 * Senders that wait for room are let in after the last has been removed.
 *
 * They count as received: they are neither dropped nor dead letters.  Whoever waits for a
 * reply to a request among them is told ECANCELED.  A call that is killed may have removed
 * some and not others.
 *
 * Returns 0, also when there was none.  Errors: EBADF (the handle is not readable),
 * EINVAL (a member out of its range, or the queue delivers to all), EOPNOTSUPP for an
 * unknown @match.
 */
struct ipcq_queue_drain {
	__u32 size;
	__u32 flags;
	__u32 match;
	__u32 least_priority;
	__aligned_u64 type_first;
	__aligned_u64 type_last;
	__aligned_u64 most;
	__aligned_u64 messages;
	__aligned_u64 bytes;
};

/**
 * struct ipcq_queue_stat - a queue's attributes and counters
 * @size: sizeof(struct ipcq_queue_stat)
 * @flags: must be 0
 * @id: out: the object's id
 * @max_bytes: out: most payload bytes it holds
 * @max_messages: out: most messages it holds
 * @max_message_size: out: longest message, bytes
 * @messages: out: messages in it, those being received included; of a queue that
 *	delivers to all, those that its slowest subscriber has yet to receive
 * @waiting_senders: out: calls waiting for room
 * @waiting_receivers: out: calls waiting for a message
 * @order: out: IPCQ_ORDER_*
 * @bytes: out: payload bytes in it
 * @memory: out: bytes of memory it keeps for messages, in use or not
 * @sent: out: messages sent since it was created
 * @received: out: messages received since it was created, counted with each subscriber
 * @expired: out: messages whose time to live ended in the queue
 * @time_to_live: out: of messages sent without one, nanoseconds; 0: for ever
 * @dead_letter: out: id of the queue that dead letters go to, which may have ended; 0:
 *	none
 * @dead_lettered: out: messages that went there
 * @dropped: out: messages that were neither received nor moved to another queue, because
 *	their time to live ended, they came back too often or the queue was full; also
 *	those that were dropped when they were sent, which have no number and do not count
 *	in @sent
 * @held: out: messages in it that are held, under leases
 * @delayed: out: messages in it that were given back and whose delay has not ended
 * @full: out: IPCQ_FULL_*
 * @redelivery_limit: out: how many times a message comes back; 0: any number
 * @delivery: out: IPCQ_DELIVERY_*
 * @subscribers: out: handles that have subscribed
 * @retain: out: most messages that stay for those who subscribe later
 * @retained: out: messages that do, not counted in @messages and @bytes
 * @users: out: users who have it open for writing, or whose messages are in it
 * @share: out: messages that each of them may have in it when it is nearly full
 *
 * Any handle may ask.  Errors: the common ones only.
 */
struct ipcq_queue_stat {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 max_bytes;
	__u32 max_messages;
	__u32 max_message_size;
	__u32 messages;
	__u32 waiting_senders;
	__u32 waiting_receivers;
	__u32 order;
	__aligned_u64 bytes;
	__aligned_u64 memory;
	__aligned_u64 sent;
	__aligned_u64 received;
	__aligned_u64 expired;
	__aligned_u64 time_to_live;
	__aligned_u64 dead_letter;
	__aligned_u64 dead_lettered;
	__aligned_u64 dropped;
	__u32 held;
	__u32 delayed;
	__u32 full;
	__u32 redelivery_limit;
	__u32 delivery;
	__u32 subscribers;
	__u32 retain;
	__u32 retained;
	__u32 users;
	__u32 share;
};
#define IPCQ_QUEUE_STAT_MIN	80

/* Flags of struct ipcq_queue_set: which members count also when they are 0. */
#define IPCQ_SET_F_TIME_TO_LIVE	(1U << 0)
#define IPCQ_SET_F_DEAD_LETTER	(1U << 1)
#define IPCQ_SET_F_FULL		(1U << 2)
#define IPCQ_SET_F_REDELIVERY_LIMIT (1U << 3)
#define IPCQ_SET_F_ALL		((1U << 4) - 1)

/**
 * struct ipcq_queue_set - change a queue's attributes while it is in use
 * @size: sizeof(struct ipcq_queue_set)
 * @flags: a mask of IPCQ_SET_F_*
 * @max_messages: most messages the queue holds, as in struct ipcq_queue_open
 * @max_message_size: longest message in bytes, likewise
 * @max_bytes: most payload bytes the queue holds, likewise
 * @time_to_live: of messages sent from now on without one, nanoseconds; with
 *	IPCQ_SET_F_TIME_TO_LIVE 0 stands for ever, and without it must be 0
 * @dead_letter: id of the queue that dead letters go to from now on, as in struct
 *	ipcq_queue_open and not the queue itself; with IPCQ_SET_F_DEAD_LETTER 0 stands
 *	for none, and without it must be 0
 * @full: IPCQ_FULL_* from now on, also for senders that wait; without IPCQ_SET_F_FULL
 *	must be 0
 * @redelivery_limit: of messages that are given back from now on, or whose lease ends,
 *	as in struct ipcq_queue_open; with IPCQ_SET_F_REDELIVERY_LIMIT 0 stands for none,
 *	and without it must be 0
 *
 * Of the first three, one that is 0 leaves the attribute as it is; but a @max_bytes
 * that has never been given stays the product of the other two.  All that is given
 * changes, or nothing.
 *
 * Any handle will do, if the caller is the queue's owner or holds CAP_IPC_OWNER.
 * Waiting senders whose messages fit now are let in.  What is in the queue stays: a
 * queue that holds more than it may takes nothing until it holds less.  A sender that
 * waits with a message which has become too long fails with EMSGSIZE when its turn
 * comes.
 *
 * Errors: EPERM; EINVAL (an attribute out of its range, @max_bytes, given now or
 * before, below the longest message, the queue as its own dead-letter queue, or one, or
 * a @redelivery_limit, for a queue that delivers to all); ENOENT, EPROTOTYPE and EACCES
 * as in struct ipcq_queue_open.
 */
struct ipcq_queue_set {
	__u32 size;
	__u32 flags;
	__u32 max_messages;
	__u32 max_message_size;
	__aligned_u64 max_bytes;
	__aligned_u64 time_to_live;
	__aligned_u64 dead_letter;
	__u32 full;
	__u32 redelivery_limit;
};
#define IPCQ_QUEUE_SET_MIN	24

/*
 * What is done with a message that is held.
 *
 * IPCQ_LEASE_ACKNOWLEDGE	it has been dealt with, and leaves the queue
 * IPCQ_LEASE_RETURN		it goes back to its place, now or after @time
 * IPCQ_LEASE_EXTEND		its lease ends @time from now; 0: with its owner
 * IPCQ_LEASE_READ		its payload is copied, from @offset on
 * IPCQ_LEASE_HAND_OVER		it is held by the process @pid from now on, which must
 *				be attached to the queue; the token and what is left
 *				of the lease stay as they are
 * IPCQ_LEASE_ATTACH		not about a message: makes the calling process an owner,
 *				as a receive does by itself, so that messages can be
 *				handed over to it
 */
#define IPCQ_LEASE_ACKNOWLEDGE	0
#define IPCQ_LEASE_RETURN	1
#define IPCQ_LEASE_EXTEND	2
#define IPCQ_LEASE_READ		3
#define IPCQ_LEASE_HAND_OVER	4
#define IPCQ_LEASE_ATTACH	5

/**
 * struct ipcq_queue_lease - deal with a message that is held
 * @size: sizeof(struct ipcq_queue_lease); or IPCQ_QUEUE_LEASE_MIN when the members
 *	after @time are not used
 * @flags: must be 0
 * @token: ipcq_queue_receive.token; with IPCQ_LEASE_ATTACH must be 0
 * @operation: IPCQ_LEASE_*
 * @pid: with IPCQ_LEASE_HAND_OVER: to whom, as the caller's pid namespace sees it; else
 *	must be 0
 * @time: nanoseconds, with IPCQ_LEASE_RETURN and IPCQ_LEASE_EXTEND; else must be 0
 * @payload: with IPCQ_LEASE_READ: address of the buffer; else must be 0
 * @length: with IPCQ_LEASE_READ: bytes of the buffer; else must be 0
 * @offset: with IPCQ_LEASE_READ: the first byte of the payload to copy; else must be 0
 *
 * A message that was received with IPCQ_RECEIVE_F_LEASE is held: it is in the queue as
 * far as the bounds are concerned, but nobody receives it.  It belongs to an owner,
 * which is a process together with the handle it received it through: all threads of
 * the process may use the token through that handle, and nobody else, a forked child
 * included.  An owner ends when its process ends or calls execve(2), or closes its last
 * descriptor of the handle, even if another process has one.
 *
 * When the lease or the owner ends, or the message is given back, it goes to its place in
 * the order, which is before all that were sent after it, and counts one more in
 * ipcq_queue_receive.redeliveries.  One that has come back too often then leaves the queue
 * (ipcq_queue_open.redelivery_limit); one whose time to live has ended meanwhile expires.
 * The end of a lease is noticed within some milliseconds.
 *
 * A request that is held is ended by IPCQ_IOC_QUEUE_REPLY, and cannot be acknowledged; it
 * can be given back, read and handed over.  Without a lease its time cannot be extended,
 * and its call fails with ECONNRESET when its owner ends; with one it goes back.
 *
 * Returns 0; with IPCQ_LEASE_READ how many bytes were copied, 0 behind the end.  Errors:
 * EINVAL (of a queue that delivers to all; not for a request, see above), EBADF (the
 * handle cannot read; or it was closed meanwhile), ENOKEY, EOPNOTSUPP (an unknown
 * operation), ESRCH (HAND_OVER), EDQUOT and ENOMEM (ATTACH: too many owners
 * of the user's), EFAULT (READ).
 */
struct ipcq_queue_lease {
	__u32 size;
	__u32 flags;
	__aligned_u64 token;
	__u32 operation;
	__s32 pid;
	__aligned_u64 time;
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 offset;
};
#define IPCQ_QUEUE_LEASE_MIN	32

/*
 * Flags of a call, and of IPCQ_IOC_QUEUE_RESULT, which knows the first only.
 *
 * IPCQ_CALL_F_NONBLOCK		do not wait for room for the request; or, to fetch a
 *				result, for the end of the call; O_NONBLOCK on the
 *				descriptor means the same
 * IPCQ_CALL_F_NEED_RECEIVER	fail with ECONNREFUSED when no thread waits to receive,
 *				and no process that still has the queue open has
 *				received a request or a message under a lease, or
 *				attached to the queue by IPCQ_LEASE_ATTACH
 */
#define IPCQ_CALL_F_NONBLOCK		(1U << 0)
#define IPCQ_CALL_F_NEED_RECEIVER	(1U << 1)
#define IPCQ_CALL_F_ALL			((1U << 2) - 1)

/* The highest number that a refusal can tell. */
#define IPCQ_REFUSAL_MAX	4095

/**
 * struct ipcq_queue_call - send a request, and wait for the reply
 * @size: sizeof(struct ipcq_queue_call), or IPCQ_QUEUE_CALL_MIN when the members after
 *	@error are not used: that is faster
 * @flags: a mask of IPCQ_CALL_F_*
 * @payload: address of the request; may be 0 when @length is 0
 * @length: bytes of it, 0 to the queue's max_message_size
 * @deadline: when to stop waiting, for room and for the reply
 * @reply: address of the buffer for the reply; may be 0 when @reply_length is 0
 * @reply_length: bytes of the buffer; out, with EMSGSIZE only: the reply's length
 * @token: 0 for a new call; else that of a call that was interrupted: the request is not
 *	sent again.  Out, with EINTR and EMSGSIZE, and with EFAULT for the reply: the
 *	call's token, when it goes on or its reply is kept; and 0 when such a call ends
 * @priority: of the request, as in struct ipcq_queue_send
 * @error: out, with EREMOTEIO only: the number that the server refused with
 * @type: of the request, likewise
 * @time_to_live: of the request, likewise, until somebody receives it
 *
 * The request is a message, and whoever receives it by a struct ipcq_queue_receive with
 * a @token, or by IPCQ_IOC_QUEUE_REPLY, holds it until it replies.
 *
 * A signal that comes before anybody has received the request takes it back, and the
 * call is restarted or fails with EINTR as any other.  Later it lets the call go on:
 * unless a handler runs the call waits again by itself; else it fails with EINTR, with
 * its token in @token, and is finished by calling again with that, or by
 * IPCQ_IOC_QUEUE_RESULT, by any thread of the process and through the same handle.  A
 * process has at most 64 such calls through a handle, and they end with the owner (see
 * struct ipcq_queue_lease).
 *
 * A deadline that passes, and the caller's death, end the call, whoever has the request
 * then; who replies to it is told ECANCELED.
 *
 * Returns the reply's length.  Errors: those of a send; EMSGSIZE also for a reply that is
 * longer than the buffer (it is kept when @token is not 0 then); ECONNREFUSED,
 * ECONNRESET, EREMOTEIO, ENOTCONN, ETIME, ECANCELED; ENOKEY (no such call); EINVAL also
 * of a queue that delivers to all.
 */
struct ipcq_queue_call {
	__u32 size;
	__u32 flags;
	__aligned_u64 payload;
	__aligned_u64 length;
	__aligned_u64 deadline;
	__aligned_u64 reply;
	__aligned_u64 reply_length;
	__aligned_u64 token;
	__u32 priority;
	__u32 error;
	__aligned_u64 type;
	__aligned_u64 time_to_live;
};
#define IPCQ_QUEUE_CALL_MIN	64

/*
 * Flags of a reply.
 *
 * IPCQ_REPLY_F_RECEIVE		then receive the next message
 * IPCQ_REPLY_F_NONBLOCK	do not wait for that; O_NONBLOCK on the descriptor means
 *				the same
 */
#define IPCQ_REPLY_F_RECEIVE	(1U << 0)
#define IPCQ_REPLY_F_NONBLOCK	(1U << 1)
#define IPCQ_REPLY_F_ALL	((1U << 2) - 1)

/**
 * struct ipcq_queue_reply - reply to a request, and receive the next
 * @size: sizeof(struct ipcq_queue_reply), or IPCQ_QUEUE_REPLY_MIN when the members after
 *	@deadline are not used: that is faster
 * @flags: a mask of IPCQ_REPLY_F_*
 * @token: of the request to reply to; 0: none, only receive.  Out: 0 once replied; and of
 *	the message that was received, 0 when it is no request
 * @payload: address of the reply; may be 0 when @length is 0
 * @length: bytes of it, 0 to the queue's max_message_size
 * @error: 0; or a number up to IPCQ_REFUSAL_MAX to refuse the request with, and @length
 *	must be 0.  Without a @token these three are not looked at
 * @reserved: must be 0
 * @buffer: with IPCQ_REPLY_F_RECEIVE: address of the buffer for the next message; may
 *	be 0 when @buffer_length is 0
 * @buffer_length: bytes of it; out, with EMSGSIZE and a @token of 0: the length of the
 *	message that did not fit
 * @deadline: when to stop waiting for the next message
 * @sequence: out, as all that follow: as in struct ipcq_queue_receive
 *
 * When the call fails and @token is 0, the reply has been given, and what failed is the
 * receive; a call that is restarted does not reply again.
 *
 * Returns the length of the message that was received, or 0.  Errors: EBADF (the handle
 * cannot read), ENOKEY, EINVAL (@error out of its range; the token is that of a message
 * that is no request), EMSGSIZE (a reply longer than the queue allows), ECANCELED (nobody
 * wants the reply any more; the request is gone, and nothing was received), EDQUOT,
 * ENOMEM, EFAULT; and those of a receive.
 */
struct ipcq_queue_reply {
	__u32 size;
	__u32 flags;
	__aligned_u64 token;
	__aligned_u64 payload;
	__aligned_u64 length;
	__u32 error;
	__u32 reserved;
	__aligned_u64 buffer;
	__aligned_u64 buffer_length;
	__aligned_u64 deadline;
	__aligned_u64 sequence;
	__u32 priority;
	__u32 redeliveries;
	__aligned_u64 type;
	__aligned_u64 time;
	__s32 pid;
	__u32 uid;
	__u32 gid;
	__u32 reserved1;
	__aligned_u64 start_time;
};
#define IPCQ_QUEUE_REPLY_MIN	64

/* ------------------------------------------------------------------ region */

/*
 * A region's descriptor has two areas to mmap:
 *
 *   offset 0				the data, region_size bytes
 *   offset IPCQ_REGION_CONTROL_OFFSET	the control area: the words of its mutexes
 *					and eventcounts; MAP_SHARED only, and not
 *					inherited by a forked child; 32-bit programs
 *					need _FILE_OFFSET_BITS=64 to name it
 *
 * The control area is an array of 64-byte lines: one for each mutex, then one
 * for each eventcount.  The first 32-bit word of a line is the object's state;
 * the rest is reserved.
 *
 * A mutex word holds
 *
 *   bits 0-29	the owner id (IPCQ_IOC_REGION_ATTACH) of the holder, 0 when free
 *   bit 30	a former holder ended while holding it, and nobody has declared
 *		it consistent since
 *   bit 31	threads wait in the kernel
 *
 * A thread locks it by changing the word from 0 to its owner id, with acquire
 * order, and unlocks it by changing it from its owner id to 0, with release
 * order, each in one atomic compare-and-exchange.  When the exchange fails, it
 * calls IPCQ_IOC_MUTEX_LOCK or IPCQ_IOC_MUTEX_UNLOCK.
 *
 * An eventcount word holds
 *
 *   bit 0	threads wait in the kernel
 *   bits 1-31	the count, which wraps
 *
 * A thread that made a condition true adds IPCQ_EVENTCOUNT_ONE to the word, with
 * release order, and calls IPCQ_IOC_EVENTCOUNT_WAKE when bit 0 was set before.
 * A thread that needs a condition reads the word, with acquire order, tests the
 * condition, and when that is false calls IPCQ_IOC_EVENTCOUNT_WAIT with what it
 * has read.
 *
 * The kernel believes nothing in this area: who writes nonsense there harms only
 * the users of the same region.  An owner id in a mutex that belongs to nobody
 * is treated as that of a holder that has ended.
 */
#define IPCQ_REGION_CONTROL_OFFSET	(1ULL << 43)
#define IPCQ_CONTROL_LINE		64

#define IPCQ_MUTEX_OWNER_MASK		0x3fffffffU
#define IPCQ_MUTEX_INCONSISTENT		0x40000000U
#define IPCQ_MUTEX_WAITERS		0x80000000U

#define IPCQ_EVENTCOUNT_WAITERS		0x1U
#define IPCQ_EVENTCOUNT_ONE		0x2U

/**
 * struct ipcq_region_stat - a region's attributes and counters
 * @size: sizeof(struct ipcq_region_stat)
 * @flags: must be 0
 * @id: out: the object's id
 * @region_size: out: bytes of its data, as given at creation
 * @control_size: out: bytes of its control area, whole pages; 0 when it has
 *	neither mutexes nor eventcounts
 * @mutexes: out: how many mutexes it has
 * @eventcounts: out: how many eventcounts it has
 * @owners: out: attached threads
 * @reserved: out: 0
 * @owner_deaths: out: mutexes that were recovered from a holder that ended
 *
 * Any handle may ask.  Errors: the common ones only.
 */
struct ipcq_region_stat {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 region_size;
	__aligned_u64 control_size;
	__u32 mutexes;
	__u32 eventcounts;
	__u32 owners;
	__u32 reserved;
	__aligned_u64 owner_deaths;
};

/**
 * struct ipcq_region_attach - get the calling thread's owner id
 * @size: sizeof(struct ipcq_region_attach)
 * @flags: must be 0
 * @owner: out: the thread's owner id in this region, 1 to IPCQ_MUTEX_OWNER_MASK
 * @reserved: must be 0
 *
 * An owner is a thread with the handle it attached through.  Attaching again
 * gives the same id.  The owner ends, and the mutexes it holds pass on, when the
 * thread ends or calls execve(2), or when its process closes its last descriptor
 * of the handle, even if another process has one.  A forked child has no owner
 * until it attaches.
 *
 * Errors: EBADF (the handle is not writable, or the process closes it meanwhile),
 * EDQUOT (too many threads of the user are attached), ENOMEM.
 */
struct ipcq_region_attach {
	__u32 size;
	__u32 flags;
	__u32 owner;
	__u32 reserved;
};

/* Do not wait: fail with EAGAIN. */
#define IPCQ_MUTEX_F_TRY	(1U << 0)
#define IPCQ_MUTEX_F_ALL	((1U << 1) - 1)

/**
 * struct ipcq_mutex_lock - lock a mutex
 * @size: sizeof(struct ipcq_mutex_lock)
 * @flags: a mask of IPCQ_MUTEX_F_*
 * @mutex: its number, 0 to mutexes - 1
 * @reserved: must be 0
 * @deadline: when to stop waiting
 *
 * Attaches the thread when it is not.  The mutex passes to waiting threads in
 * the order of their calls, though a thread that finds it free takes it.
 *
 * Returns 0, or fails with EOWNERDEAD, which means that the caller holds the
 * mutex and that the data it protects may be half changed: repair the data, call
 * IPCQ_IOC_MUTEX_CONSISTENT, and go on.  Without that call each later holder is
 * told the same.
 *
 * Errors: EBADF (also when another thread closes the process's last descriptor of
 * the handle meanwhile), EINVAL (no such mutex), EDEADLK, EAGAIN, ETIMEDOUT, EINTR,
 * and those of IPCQ_IOC_REGION_ATTACH.
 */
struct ipcq_mutex_lock {
	__u32 size;
	__u32 flags;
	__u32 mutex;
	__u32 reserved;
	__aligned_u64 deadline;
};

/**
 * struct ipcq_mutex_unlock - unlock a mutex, or declare it consistent
 * @size: sizeof(struct ipcq_mutex_unlock)
 * @flags: must be 0
 * @mutex: its number
 * @reserved: must be 0
 *
 * IPCQ_IOC_MUTEX_UNLOCK passes the mutex to the thread that has waited longest,
 * or leaves it free.  IPCQ_IOC_MUTEX_CONSISTENT keeps it held and ends the
 * reports of EOWNERDEAD.
 *
 * Errors: EBADF, EINVAL (no such mutex; or, for CONSISTENT, it is consistent),
 * EPERM (the calling thread does not hold it through this handle), EINTR (only
 * while somebody else keeps changing the word).
 */
struct ipcq_mutex_unlock {
	__u32 size;
	__u32 flags;
	__u32 mutex;
	__u32 reserved;
};

/**
 * struct ipcq_mutex_stat - who holds a mutex, and who died holding it
 * @size: sizeof(struct ipcq_mutex_stat)
 * @flags: must be 0
 * @mutex: its number
 * @word: out: its word in the control area
 * @holder_pid: out: process id of the holder in the caller's pid namespace; 0
 *	when it is free, or the holder is not visible there
 * @holder_tid: out: thread id of the holder, likewise
 * @waiters: out: threads that wait in the kernel
 * @died_pid: out: process id of the holder that died last, 0 for none
 * @died_tid: out: thread id of that holder
 * @reserved: out: 0
 * @died_time: out: when it died, nanoseconds of CLOCK_REALTIME, 0 for never
 * @deaths: out: how many holders have died
 *
 * Any handle may ask.  Errors: EINVAL (no such mutex).
 */
struct ipcq_mutex_stat {
	__u32 size;
	__u32 flags;
	__u32 mutex;
	__u32 word;
	__u32 holder_pid;
	__u32 holder_tid;
	__u32 waiters;
	__u32 died_pid;
	__u32 died_tid;
	__u32 reserved;
	__aligned_u64 died_time;
	__aligned_u64 deaths;
};

/* Do not wait: fail with EAGAIN. */
#define IPCQ_EVENTCOUNT_F_TRY	(1U << 0)
#define IPCQ_EVENTCOUNT_F_ALL	((1U << 1) - 1)

/**
 * struct ipcq_eventcount_wait - wait until an eventcount moves
 * @size: sizeof(struct ipcq_eventcount_wait)
 * @flags: a mask of IPCQ_EVENTCOUNT_F_*
 * @eventcount: its number, 0 to eventcounts - 1
 * @seen: the word as the caller has read it; bit 0 does not matter
 * @deadline: when to stop waiting
 *
 * Returns 0 at once when the count is not that of @seen, else after a wake-up.
 * The caller tests its condition again: a wake-up is a hint.
 *
 * Errors: EBADF (the handle is not readable), EINVAL (no such eventcount),
 * EAGAIN, ETIMEDOUT, EINTR.
 */
struct ipcq_eventcount_wait {
	__u32 size;
	__u32 flags;
	__u32 eventcount;
	__u32 seen;
	__aligned_u64 deadline;
};

/**
 * struct ipcq_eventcount_wake - wake threads that wait for an eventcount
 * @size: sizeof(struct ipcq_eventcount_wake)
 * @flags: must be 0
 * @eventcount: its number
 * @count: how many threads to wake at most, in the order they came
 *
 * IPCQ_IOC_EVENTCOUNT_ADVANCE adds one to the count first, for callers that have
 * not mapped the control area; IPCQ_IOC_EVENTCOUNT_WAKE only wakes.
 *
 * Returns how many were woken.  Errors: EBADF (the handle is not writable),
 * EINVAL (no such eventcount, or @count above 2^31 - 1).
 */
struct ipcq_eventcount_wake {
	__u32 size;
	__u32 flags;
	__u32 eventcount;
	__u32 count;
};

/*
 * The calls.  The size of the struct is inside the struct, not in the number.
 */
#define IPCQ_IOC_QUERY			_IO(IPCQ_IOC_MAGIC, 0x00)
#define IPCQ_IOC_QUEUE_OPEN		_IO(IPCQ_IOC_MAGIC, 0x01)
#define IPCQ_IOC_REGION_OPEN		_IO(IPCQ_IOC_MAGIC, 0x02)
#define IPCQ_IOC_UNLINK			_IO(IPCQ_IOC_MAGIC, 0x03)

#define IPCQ_IOC_QUEUE_SEND		_IO(IPCQ_IOC_MAGIC, 0x40)
#define IPCQ_IOC_QUEUE_RECEIVE		_IO(IPCQ_IOC_MAGIC, 0x41)
#define IPCQ_IOC_QUEUE_STAT		_IO(IPCQ_IOC_MAGIC, 0x42)
#define IPCQ_IOC_QUEUE_SET		_IO(IPCQ_IOC_MAGIC, 0x43)
#define IPCQ_IOC_QUEUE_SEND_MANY	_IO(IPCQ_IOC_MAGIC, 0x44)
#define IPCQ_IOC_QUEUE_RECEIVE_MANY	_IO(IPCQ_IOC_MAGIC, 0x45)
#define IPCQ_IOC_QUEUE_DRAIN		_IO(IPCQ_IOC_MAGIC, 0x46)
#define IPCQ_IOC_QUEUE_LEASE		_IO(IPCQ_IOC_MAGIC, 0x47)
#define IPCQ_IOC_QUEUE_FILTER		_IO(IPCQ_IOC_MAGIC, 0x4b)
#define IPCQ_IOC_QUEUE_SUBSCRIBE	_IO(IPCQ_IOC_MAGIC, 0x4c)
#define IPCQ_IOC_QUEUE_SEND_ALL		_IO(IPCQ_IOC_MAGIC, 0x4d)
#define IPCQ_IOC_QUEUE_CALL		_IO(IPCQ_IOC_MAGIC, 0x48)
#define IPCQ_IOC_QUEUE_REPLY		_IO(IPCQ_IOC_MAGIC, 0x49)
#define IPCQ_IOC_QUEUE_RESULT		_IO(IPCQ_IOC_MAGIC, 0x4a)

#define IPCQ_IOC_REGION_STAT		_IO(IPCQ_IOC_MAGIC, 0x80)
#define IPCQ_IOC_REGION_ATTACH		_IO(IPCQ_IOC_MAGIC, 0x81)
#define IPCQ_IOC_MUTEX_LOCK		_IO(IPCQ_IOC_MAGIC, 0x82)
#define IPCQ_IOC_MUTEX_UNLOCK		_IO(IPCQ_IOC_MAGIC, 0x83)
#define IPCQ_IOC_MUTEX_CONSISTENT	_IO(IPCQ_IOC_MAGIC, 0x84)
#define IPCQ_IOC_MUTEX_STAT		_IO(IPCQ_IOC_MAGIC, 0x85)
#define IPCQ_IOC_EVENTCOUNT_WAIT	_IO(IPCQ_IOC_MAGIC, 0x86)
#define IPCQ_IOC_EVENTCOUNT_WAKE	_IO(IPCQ_IOC_MAGIC, 0x87)
#define IPCQ_IOC_EVENTCOUNT_ADVANCE	_IO(IPCQ_IOC_MAGIC, 0x88)

#endif /* _UAPI_LINUX_IPCQ_H */
