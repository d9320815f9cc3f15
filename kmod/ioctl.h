/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way a call's arguments come in and its results go out.
 *
 * Each file type has a table of operations, indexed by command number.  The
 * dispatcher finds the operation, reads the struct that starts with its own size,
 * and runs the operation on a copy.  Operations validate the members; what every
 * struct has in common is checked here.
 */
#ifndef IPCQ_IOCTL_H
#define IPCQ_IOCTL_H

#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/ipcq.h>

union ipcq_arguments {
	u64 words[1];
	struct {
		u32 size;
		u32 flags;
	};
	struct ipcq_query query;
	struct ipcq_open open;
	struct ipcq_queue_open queue_open;
	struct ipcq_region_open region_open;
	struct ipcq_unlink unlink;
	struct ipcq_queue_send queue_send;
	struct ipcq_queue_receive queue_receive;
	struct ipcq_queue_batch queue_batch;
	struct ipcq_queue_send_all queue_send_all;
	struct ipcq_queue_drain queue_drain;
	struct ipcq_queue_stat queue_stat;
	struct ipcq_queue_set queue_set;
	struct ipcq_queue_subscribe queue_subscribe;
	struct ipcq_queue_lease queue_lease;
	struct ipcq_queue_filter queue_filter;
	struct ipcq_queue_call queue_call;
	struct ipcq_queue_reply queue_reply;
	struct ipcq_region_stat region_stat;
	struct ipcq_region_attach region_attach;
	struct ipcq_mutex_lock mutex_lock;
	struct ipcq_mutex_unlock mutex_unlock;
	struct ipcq_mutex_stat mutex_stat;
	struct ipcq_eventcount_wait eventcount_wait;
	struct ipcq_eventcount_wake eventcount_wake;
};

/* A call in progress. */
struct ipcq_call {
	struct file *file;
	void __user *user;		/* the caller's struct */
	u32 size;			/* its size; args.size, unchangeable */
	union ipcq_arguments args;
};

struct ipcq_operation {
	unsigned int command;
	u16 min_size;			/* the shortest struct ever defined */
	u16 size;			/* the struct as it is now */
	u32 flags;			/* the mask of known flags */
	int (*run)(struct ipcq_call *call);
	/*
	 * For a struct of @min_size with none but @short_flags; what comes after it
	 * is not even zeroed.  Or NULL.
	 */
	int (*run_short)(struct ipcq_call *call);
	u32 short_flags;
};

#define IPCQ_OPERATION(_command, _struct, _min_size, _flags, _run, ...)	\
	[_IOC_NR(_command) & 0x3f] = {					\
		.command = (_command),					\
		.min_size = (_min_size) +				\
			BUILD_BUG_ON_ZERO((_min_size) % 8) +		\
			BUILD_BUG_ON_ZERO((_min_size) < 8),		\
		.size = sizeof(_struct) +				\
			BUILD_BUG_ON_ZERO(sizeof(_struct) % 8) +	\
			BUILD_BUG_ON_ZERO(sizeof(_struct) >		\
					  sizeof(union ipcq_arguments)),\
		.flags = (_flags),					\
		.run = (_run),						\
		__VA_ARGS__						\
	}

long ipcq_dispatch(const struct ipcq_operation *table, unsigned int entries,
		   struct file *file, unsigned int command, unsigned long arg);

int ipcq_call_put(const struct ipcq_call *call, u32 offset, const void *value,
		  u32 size);
int ipcq_call_put_range(const struct ipcq_call *call, u32 from, u32 to);
int ipcq_call_put_all(struct ipcq_call *call, u32 size);

/* Writes all from one member on, as far as the caller's struct goes. */
#define ipcq_call_put_from(_call, _member, _struct)			\
	ipcq_call_put_range((_call), offsetof(union ipcq_arguments, _member), \
			    sizeof(_struct))

/* Writes one output member, when the caller's struct has it. */
#define ipcq_call_put_member(_call, _member)				\
	ipcq_call_put((_call), offsetof(union ipcq_arguments, _member),	\
		      &(_call)->args._member,				\
		      sizeof((_call)->args._member))

/* Whether the caller's struct has a member. */
#define ipcq_call_has(_call, _member)					\
	((_call)->size >= offsetofend(union ipcq_arguments, _member))

#endif /* IPCQ_IOCTL_H */
