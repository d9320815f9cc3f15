/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcq_netlink - the generic netlink family that manages ipcq
 *
 * The family's name is IPCQ_GENL_NAME, its version IPCQ_GENL_VERSION.  A socket
 * sees the objects of the network namespace it was opened in.  Anyone may ask;
 * users and groups are told as the socket's user namespace sees them.
 *
 * IPCQ_CMD_OBJECT_GET
 *
 *   with NLM_F_DUMP: lists the objects, anonymous and unlinked ones too, one
 *   message each, in the order of their ids.  The request may carry
 *
 *	IPCQ_A_KIND		list only objects of this kind
 *
 *   and neither of the two below.
 *
 *   without NLM_F_DUMP: shows one object.  The request carries one of
 *
 *	IPCQ_A_ID		the object with this id
 *	IPCQ_A_NAME		the object with this name
 *
 *   Each reply is a message IPCQ_CMD_OBJECT_GET with
 *
 *	IPCQ_A_ID		u64
 *	IPCQ_A_KIND		u32, IPCQ_KIND_*
 *	IPCQ_A_NAME		string; absent when the object is anonymous
 *	IPCQ_A_UID		u32, the owner
 *	IPCQ_A_GID		u32, the group
 *	IPCQ_A_MODE		u32, permission bits
 *	IPCQ_A_LIFETIME		u32, IPCQ_LIFETIME_*
 *	IPCQ_A_HANDLES		u32, open handles
 *	IPCQ_A_UNLINKED		flag; the object had a name and lost it
 *	IPCQ_A_QUEUE		nested IPCQ_A_QUEUE_*, for a queue
 *	IPCQ_A_REGION		nested IPCQ_A_REGION_*, for a region
 *
 *   Errors: ENOENT (no such object), EINVAL (neither or both of id and name, or
 *   an attribute that does not fit its type), EOPNOTSUPP (an unknown kind),
 *   ENAMETOOLONG.
 *
 * IPCQ_CMD_LIMITS_GET
 *
 *   tells the limits that are in force now.  The request carries no attribute; the
 *   reply is a message IPCQ_CMD_LIMITS_GET with every IPCQ_A_LIMIT_*.
 *
 * IPCQ_CMD_LIMITS_SET
 *
 *   sets those limits that the request carries, one or more of IPCQ_A_LIMIT_*: all
 *   of them, or none when the call fails.  They hold from then on for what is
 *   newly created, sent and attached.  What exists keeps its attributes, and
 *   nobody loses what he has: a limit below what is used refuses more until
 *   enough has been given back.
 *
 *   The limits of an object and of a user hold for all namespaces, and to set them
 *   takes CAP_SYS_RESOURCE in the initial user namespace.  The limit of the
 *   network namespace is that of the socket's, and takes CAP_SYS_RESOURCE in the
 *   user namespace that the network namespace belongs to: what its objects take
 *   is charged to users whose limits are not its own to set.  The process that
 *   opened the socket needs the capability, and the one that sends, too.
 *
 *   Each limit is a u64 and has a smallest and a largest value:
 *
 *	IPCQ_A_LIMIT_MAX_MESSAGES	messages a queue may be made for: 1 to
 *					65536
 *	IPCQ_A_LIMIT_MAX_MESSAGE_SIZE	longest message a queue may be made for,
 *					bytes: 1 to 1048576, which is what the
 *					kernel is built for
 *	IPCQ_A_LIMIT_MAX_REGION_SIZE	bytes of a region: 1 to 2^42
 *	IPCQ_A_LIMIT_MAX_MUTEXES	mutexes of a region: 0 to 4096
 *	IPCQ_A_LIMIT_MAX_EVENTCOUNTS	eventcounts of a region: 0 to 4096
 *	IPCQ_A_LIMIT_USER_OBJECTS	existing objects that a user has created
 *	IPCQ_A_LIMIT_USER_MESSAGE_BYTES	message memory of a user, bytes
 *	IPCQ_A_LIMIT_USER_REGION_BYTES	sizes of a user's regions together, bytes
 *	IPCQ_A_LIMIT_USER_OWNERS	attached threads of a user
 *	IPCQ_A_LIMIT_NAMESPACE_OBJECTS	existing objects in the network namespace
 *	IPCQ_A_LIMIT_USER_FILES		open files of a user in messages
 *
 *   The last six are 0 to IPCQ_UNLIMITED.  The first five are that large from the
 *   start, and that of the namespace is IPCQ_UNLIMITED in every new one.
 *
 *   Errors: EPERM (the capability is missing for one of them), EINVAL (no limit is
 *   given, or one is out of its range; the extended answer tells which).
 *
 * Unknown attributes in a request are refused with EINVAL.
 */
#ifndef _UAPI_LINUX_IPCQ_NETLINK_H
#define _UAPI_LINUX_IPCQ_NETLINK_H

#include <linux/types.h>

#define IPCQ_GENL_NAME		"ipcq"
#define IPCQ_GENL_VERSION	1

enum {
	IPCQ_CMD_UNSPEC,
	IPCQ_CMD_OBJECT_GET,
	IPCQ_CMD_LIMITS_GET,
	IPCQ_CMD_LIMITS_SET,
	__IPCQ_CMD_MAX
};
#define IPCQ_CMD_MAX		(__IPCQ_CMD_MAX - 1)

/* The attributes of IPCQ_CMD_OBJECT_*. */
enum {
	IPCQ_A_UNSPEC,
	IPCQ_A_PAD,
	IPCQ_A_ID,
	IPCQ_A_KIND,
	IPCQ_A_NAME,
	IPCQ_A_UID,
	IPCQ_A_GID,
	IPCQ_A_MODE,
	IPCQ_A_LIFETIME,
	IPCQ_A_HANDLES,
	IPCQ_A_UNLINKED,
	IPCQ_A_QUEUE,
	IPCQ_A_REGION,
	__IPCQ_A_MAX
};
#define IPCQ_A_MAX		(__IPCQ_A_MAX - 1)

/* Inside IPCQ_A_QUEUE; the values are those of struct ipcq_queue_stat. */
enum {
	IPCQ_A_QUEUE_UNSPEC,
	IPCQ_A_QUEUE_PAD,
	IPCQ_A_QUEUE_MAX_MESSAGES,		/* u32 */
	IPCQ_A_QUEUE_MAX_MESSAGE_SIZE,		/* u32 */
	IPCQ_A_QUEUE_MAX_BYTES,			/* u64 */
	IPCQ_A_QUEUE_MESSAGES,			/* u32 */
	IPCQ_A_QUEUE_BYTES,			/* u64 */
	IPCQ_A_QUEUE_MEMORY,			/* u64 */
	IPCQ_A_QUEUE_SENT,			/* u64 */
	IPCQ_A_QUEUE_RECEIVED,			/* u64 */
	IPCQ_A_QUEUE_WAITING_SENDERS,		/* u32 */
	IPCQ_A_QUEUE_WAITING_RECEIVERS,		/* u32 */
	IPCQ_A_QUEUE_ORDER,			/* u32, IPCQ_ORDER_* */
	IPCQ_A_QUEUE_EXPIRED,			/* u64 */
	IPCQ_A_QUEUE_TIME_TO_LIVE,		/* u64 */
	IPCQ_A_QUEUE_DEAD_LETTER,		/* u64 */
	IPCQ_A_QUEUE_DEAD_LETTERED,		/* u64 */
	IPCQ_A_QUEUE_DROPPED,			/* u64 */
	IPCQ_A_QUEUE_HELD,			/* u32 */
	IPCQ_A_QUEUE_DELAYED,			/* u32 */
	IPCQ_A_QUEUE_FULL,			/* u32, IPCQ_FULL_* */
	IPCQ_A_QUEUE_DELIVERY,			/* u32, IPCQ_DELIVERY_* */
	IPCQ_A_QUEUE_SUBSCRIBERS,		/* u32 */
	IPCQ_A_QUEUE_RETAIN,			/* u32 */
	IPCQ_A_QUEUE_RETAINED,			/* u32 */
	IPCQ_A_QUEUE_REDELIVERY_LIMIT,		/* u32 */
	IPCQ_A_QUEUE_USERS,			/* u32 */
	IPCQ_A_QUEUE_SHARE,			/* u32 */
	__IPCQ_A_QUEUE_MAX
};
#define IPCQ_A_QUEUE_MAX	(__IPCQ_A_QUEUE_MAX - 1)

/* Inside IPCQ_A_REGION; the values are those of struct ipcq_region_stat. */
enum {
	IPCQ_A_REGION_UNSPEC,
	IPCQ_A_REGION_PAD,
	IPCQ_A_REGION_SIZE,			/* u64 */
	IPCQ_A_REGION_CONTROL_SIZE,		/* u64 */
	IPCQ_A_REGION_MUTEXES,			/* u32 */
	IPCQ_A_REGION_EVENTCOUNTS,		/* u32 */
	IPCQ_A_REGION_OWNERS,			/* u32 */
	IPCQ_A_REGION_OWNER_DEATHS,		/* u64 */
	__IPCQ_A_REGION_MAX
};
#define IPCQ_A_REGION_MAX	(__IPCQ_A_REGION_MAX - 1)

/* The attributes of IPCQ_CMD_LIMITS_*; all are u64. */
enum {
	IPCQ_A_LIMIT_UNSPEC,
	IPCQ_A_LIMIT_PAD,
	IPCQ_A_LIMIT_MAX_MESSAGES,
	IPCQ_A_LIMIT_MAX_MESSAGE_SIZE,
	IPCQ_A_LIMIT_MAX_REGION_SIZE,
	IPCQ_A_LIMIT_MAX_MUTEXES,
	IPCQ_A_LIMIT_MAX_EVENTCOUNTS,
	IPCQ_A_LIMIT_USER_OBJECTS,
	IPCQ_A_LIMIT_USER_MESSAGE_BYTES,
	IPCQ_A_LIMIT_USER_REGION_BYTES,
	IPCQ_A_LIMIT_USER_OWNERS,
	IPCQ_A_LIMIT_NAMESPACE_OBJECTS,
	IPCQ_A_LIMIT_USER_FILES,
	__IPCQ_A_LIMIT_MAX
};
#define IPCQ_A_LIMIT_MAX	(__IPCQ_A_LIMIT_MAX - 1)

#endif /* _UAPI_LINUX_IPCQ_NETLINK_H */
