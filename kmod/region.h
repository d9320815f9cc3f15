/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regions: shared memory, and a control area with the words of its locks.
 *
 * The data is a shmem file of the region's own; mappings of it refer to that file
 * and to nothing of ours, so they outlive the handle and the module.
 *
 * The control area is kernel memory that user space maps and changes.  Its words
 * (uapi/linux/ipcq.h) are only hints of what is going on: who waits, and for
 * what, is in kernel memory, protected by region->lock.  The kernel changes a word
 * with a compare-and-exchange, as user space does, and tries a bounded number of
 * times: a writer who keeps changing it gets its own callers nowhere, and nobody
 * else.
 */
#ifndef IPCQ_REGION_H
#define IPCQ_REGION_H

#include <linux/ipcq.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#include "object.h"
#include "owner.h"

struct vm_area_struct;

/* Of one mutex, what user space does not see; protected by region->lock. */
struct ipcq_mutex {
	struct list_head waiters;	/* longest first */
	u32 waiting;
	u64 deaths;
	u64 died_time;			/* CLOCK_REALTIME, ns */
	struct pid *died_pid;		/* referenced, or NULL */
	struct pid *died_tid;		/* likewise */
};

/* Of one eventcount; protected by region->lock. */
struct ipcq_eventcount {
	struct list_head waiters;	/* longest first */
};

struct ipcq_region {
	struct ipcq_object object;

	/* Constant. */
	u64 size;			/* of the data, bytes */
	u64 charged;			/* whole pages, control area included */
	struct file *data;		/* shmem, referenced */
	void *control;			/* vmalloc memory, NULL when empty */
	size_t control_size;		/* whole pages */
	u32 mutex_count;
	u32 eventcount_count;

	struct ipcq_owners owners;

	spinlock_t lock;		/* protects what follows */
	struct ipcq_mutex *mutexes;
	struct ipcq_eventcount *eventcounts;
	u64 owner_deaths;
};

extern const struct ipcq_kind ipcq_region_kind;
extern const struct file_operations ipcq_region_fops;	/* region_file.c */

int ipcq_region_validate(struct ipcq_region_open *args);
int ipcq_region_mmap(struct ipcq_region *region, struct vm_area_struct *vma);
void ipcq_region_stat(struct ipcq_region *region, struct ipcq_region_stat *stat);

static inline struct ipcq_region *
to_ipcq_region(const struct ipcq_object *object)
{
	return container_of(object, struct ipcq_region, object);
}

/* The control word of a line: mutexes first, then eventcounts. */
static inline atomic_t *ipcq_region_word(const struct ipcq_region *region,
					 u32 line)
{
	return region->control + (size_t)line * IPCQ_CONTROL_LINE;
}

/* mutex.c */
void ipcq_mutex_init(struct ipcq_mutex *mutex);
void ipcq_mutex_fini(struct ipcq_mutex *mutex);
int ipcq_mutex_lock(struct ipcq_region *region, struct ipcq_owner *owner,
		    u32 index, bool try, u64 deadline);
int ipcq_mutex_unlock(struct ipcq_region *region, struct ipcq_owner *owner,
		      u32 index);
int ipcq_mutex_consistent(struct ipcq_region *region, struct ipcq_owner *owner,
			  u32 index);
int ipcq_mutex_stat(struct ipcq_region *region, struct ipcq_mutex_stat *stat);
void ipcq_mutexes_recover(struct ipcq_region *region, struct ipcq_owner *owner);

/* eventcount.c */
void ipcq_eventcount_init(struct ipcq_eventcount *eventcount);
int ipcq_eventcount_wait(struct ipcq_region *region, u32 index, u32 seen,
			 bool try, u64 deadline);
int ipcq_eventcount_wake(struct ipcq_region *region, u32 index, u32 count);
int ipcq_eventcount_advance(struct ipcq_region *region, u32 index, u32 count);

#endif /* IPCQ_REGION_H */
