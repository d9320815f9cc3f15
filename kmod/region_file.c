// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptor of a region: its file operations and ioctls.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "handle.h"
#include "ioctl.h"
#include "region.h"

static struct ipcq_region *region_of(const struct file *file)
{
	const struct ipcq_handle *handle = file->private_data;

	return to_ipcq_region(handle->object);
}

static int region_stat(struct ipcq_call *call)
{
	struct ipcq_region_stat *stat = &call->args.region_stat;

	ipcq_region_stat(region_of(call->file), stat);
	return ipcq_call_put_all(call, sizeof(*stat));
}

/* The calling thread's owner, attached if need be. */
static struct ipcq_owner *attach(struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE))
		return ERR_PTR(-EBADF);
	return ipcq_owner_attach(&region_of(file)->owners, file->private_data);
}

static int region_attach(struct ipcq_call *call)
{
	struct ipcq_region_attach *args = &call->args.region_attach;
	struct ipcq_owner *owner, *before;
	int ret;

	if (args->reserved)
		return -EINVAL;
	before = ipcq_owner_find(&region_of(call->file)->owners,
				 call->file->private_data);
	owner = attach(call->file);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	args->owner = owner->id;
	ret = ipcq_call_put_member(call, region_attach.owner);
	if (ret && !before)
		ipcq_owner_end(owner);
	ipcq_owner_put(owner);
	if (before)
		ipcq_owner_put(before);
	return ret;
}

/* -------------------------------------------------------------------- mutexes */

static int mutex_lock_call(struct ipcq_call *call)
{
	const struct ipcq_mutex_lock *args = &call->args.mutex_lock;
	struct ipcq_region *region = region_of(call->file);
	struct ipcq_owner *owner;
	int ret;

	if (args->reserved || args->mutex >= region->mutex_count)
		return -EINVAL;
	owner = attach(call->file);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	ret = ipcq_mutex_lock(region, owner, args->mutex,
			      args->flags & IPCQ_MUTEX_F_TRY, args->deadline);
	ipcq_owner_put(owner);
	return ret;
}

/* What only a holder may do; who is not attached does not hold. */
static int mutex_holder_call(struct ipcq_call *call,
			     int (*run)(struct ipcq_region *region,
					struct ipcq_owner *owner, u32 index))
{
	const struct ipcq_mutex_unlock *args = &call->args.mutex_unlock;
	struct ipcq_region *region = region_of(call->file);
	struct ipcq_owner *owner;
	int ret;

	if (args->reserved || args->mutex >= region->mutex_count)
		return -EINVAL;
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	owner = ipcq_owner_find(&region_of(call->file)->owners,
				call->file->private_data);
	if (!owner)
		return -EPERM;
	ret = run(region, owner, args->mutex);
	ipcq_owner_put(owner);
	return ret;
}

static int mutex_unlock_call(struct ipcq_call *call)
{
	return mutex_holder_call(call, ipcq_mutex_unlock);
}

static int mutex_consistent_call(struct ipcq_call *call)
{
	return mutex_holder_call(call, ipcq_mutex_consistent);
}

static int mutex_stat_call(struct ipcq_call *call)
{
	struct ipcq_mutex_stat *stat = &call->args.mutex_stat;

	return ipcq_mutex_stat(region_of(call->file), stat) ?:
	       ipcq_call_put_all(call, sizeof(*stat));
}

/* ---------------------------------------------------------------- eventcounts */

static int eventcount_wait_call(struct ipcq_call *call)
{
	const struct ipcq_eventcount_wait *args = &call->args.eventcount_wait;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	return ipcq_eventcount_wait(region_of(call->file), args->eventcount,
				    args->seen,
				    args->flags & IPCQ_EVENTCOUNT_F_TRY,
				    args->deadline);
}

static int eventcount_wake_call(struct ipcq_call *call)
{
	const struct ipcq_eventcount_wake *args = &call->args.eventcount_wake;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	return ipcq_eventcount_wake(region_of(call->file), args->eventcount,
				    args->count);
}

static int eventcount_advance_call(struct ipcq_call *call)
{
	const struct ipcq_eventcount_wake *args = &call->args.eventcount_wake;

	if (!(call->file->f_mode & FMODE_WRITE))
		return -EBADF;
	return ipcq_eventcount_advance(region_of(call->file), args->eventcount,
				       args->count);
}

static const struct ipcq_operation region_operations[] = {
	IPCQ_OPERATION(IPCQ_IOC_REGION_STAT, struct ipcq_region_stat,
		       sizeof(struct ipcq_region_stat), 0, region_stat),
	IPCQ_OPERATION(IPCQ_IOC_REGION_ATTACH, struct ipcq_region_attach,
		       sizeof(struct ipcq_region_attach), 0, region_attach),
	IPCQ_OPERATION(IPCQ_IOC_MUTEX_LOCK, struct ipcq_mutex_lock,
		       sizeof(struct ipcq_mutex_lock), IPCQ_MUTEX_F_ALL,
		       mutex_lock_call),
	IPCQ_OPERATION(IPCQ_IOC_MUTEX_UNLOCK, struct ipcq_mutex_unlock,
		       sizeof(struct ipcq_mutex_unlock), 0, mutex_unlock_call),
	IPCQ_OPERATION(IPCQ_IOC_MUTEX_CONSISTENT, struct ipcq_mutex_unlock,
		       sizeof(struct ipcq_mutex_unlock), 0,
		       mutex_consistent_call),
	IPCQ_OPERATION(IPCQ_IOC_MUTEX_STAT, struct ipcq_mutex_stat,
		       sizeof(struct ipcq_mutex_stat), 0, mutex_stat_call),
	IPCQ_OPERATION(IPCQ_IOC_EVENTCOUNT_WAIT, struct ipcq_eventcount_wait,
		       sizeof(struct ipcq_eventcount_wait),
		       IPCQ_EVENTCOUNT_F_ALL, eventcount_wait_call),
	IPCQ_OPERATION(IPCQ_IOC_EVENTCOUNT_WAKE, struct ipcq_eventcount_wake,
		       sizeof(struct ipcq_eventcount_wake), 0,
		       eventcount_wake_call),
	IPCQ_OPERATION(IPCQ_IOC_EVENTCOUNT_ADVANCE, struct ipcq_eventcount_wake,
		       sizeof(struct ipcq_eventcount_wake), 0,
		       eventcount_advance_call),
};

static long region_ioctl(struct file *file, unsigned int command,
			 unsigned long arg)
{
	return ipcq_dispatch(region_operations, ARRAY_SIZE(region_operations),
			     file, command, arg);
}

/* ------------------------------------------------------------ the other calls */

static int region_mmap(struct file *file, struct vm_area_struct *vma)
{
	return ipcq_region_mmap(region_of(file), vma);
}

/* Called for each descriptor that is closed, whether or not others remain. */
static int region_flush(struct file *file, fl_owner_t files)
{
	ipcq_owners_end_closed(file->private_data, files);
	return 0;
}

static void region_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct ipcq_region_stat stat;

	ipcq_region_stat(region_of(file), &stat);
	seq_puts(m, "ipcq-kind:\tregion\n");
	seq_printf(m, "ipcq-id:\t%llu\n", stat.id);
	seq_printf(m, "size:\t%llu\n", stat.region_size);
	seq_printf(m, "control-size:\t%llu\n", stat.control_size);
	seq_printf(m, "mutexes:\t%u\n", stat.mutexes);
	seq_printf(m, "eventcounts:\t%u\n", stat.eventcounts);
	seq_printf(m, "owners:\t%u\n", stat.owners);
	seq_printf(m, "owner-deaths:\t%llu\n", stat.owner_deaths);
}

static int region_release(struct inode *inode, struct file *file)
{
	ipcq_handle_release(file->private_data);
	return 0;
}

const struct file_operations ipcq_region_fops = {
	.owner = THIS_MODULE,
	.mmap = region_mmap,
	.unlocked_ioctl = region_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = region_flush,
	.show_fdinfo = region_show_fdinfo,
	.release = region_release,
};
