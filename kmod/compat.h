/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels we build for.  The only place that asks which
 * kernel this is.
 */
#ifndef IPCQ_COMPAT_H
#define IPCQ_COMPAT_H

#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/shrinker.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

/*
 * For a variable that is written before it is read: kernels that zero the stack
 * leave it alone.
 */
#ifndef __uninitialized
#if __has_attribute(__uninitialized__)
#define __uninitialized	__attribute__((__uninitialized__))
#else
#define __uninitialized
#endif
#endif

/* 6.3: vm_flags is changed through functions. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

/* 6.17: a file has .mmap or .mmap_prepare, and vfs_mmap() knows which. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
static inline int ipcq_compat_mmap(struct file *file, struct vm_area_struct *vma)
{
	return call_mmap(file, vma);
}
#else
static inline int ipcq_compat_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vfs_mmap(file, vma);
}
#endif

/* 6.8: it can also tell the number to user space, which here is done later. */
static inline int ipcq_compat_receive_fd(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return receive_fd(file, O_CLOEXEC);
#else
	return receive_fd(file, NULL, O_CLOEXEC);
#endif
}

/* 7.0: the flags are of a type of their own. */
static inline struct file *ipcq_compat_shmem_file(const char *name, loff_t size)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return shmem_file_setup(name, size, VM_NORESERVE);
#else
	return shmem_file_setup(name, size, mk_vma_flags(VMA_NORESERVE_BIT));
#endif
}

/* 7.0: the unbound workqueue has another name, and use of the old one is logged. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define system_dfl_wq	system_unbound_wq
#endif

/* 6.6: the attributes of a dump's request moved. */
static inline struct nlattr **
ipcq_compat_dump_attributes(struct netlink_callback *callback)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(callback)->attrs;
#else
	return genl_info_dump(callback)->attrs;
#endif
}

/* 6.7: shrinkers are allocated. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define IPCQ_COMPAT_SHRINKER(_name, _count, _scan)			\
	static struct shrinker _name = {				\
		.count_objects = (_count),				\
		.scan_objects = (_scan),				\
		.seeks = DEFAULT_SEEKS,					\
	};								\
	static inline int _name##_register(const char *label)		\
	{								\
		return register_shrinker(&_name, "%s", label);		\
	}								\
	static inline void _name##_unregister(void)			\
	{								\
		unregister_shrinker(&_name);				\
	}
#else
#define IPCQ_COMPAT_SHRINKER(_name, _count, _scan)			\
	static struct shrinker *_name;					\
	static inline int _name##_register(const char *label)		\
	{								\
		_name = shrinker_alloc(0, "%s", label);			\
		if (!_name)						\
			return -ENOMEM;					\
		_name->count_objects = (_count);			\
		_name->scan_objects = (_scan);				\
		shrinker_register(_name);				\
		return 0;						\
	}								\
	static inline void _name##_unregister(void)			\
	{								\
		shrinker_free(_name);					\
	}
#endif

/* 6.16: the probe of sched_process_exit is told whether the process ends too. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define IPCQ_COMPAT_EXIT_PROBE(_name, _task)				\
	void _name(void *data, struct task_struct *_task)
#else
#define IPCQ_COMPAT_EXIT_PROBE(_name, _task)				\
	void _name(void *data, struct task_struct *_task, bool group_dead)
#endif

#endif /* IPCQ_COMPAT_H */
