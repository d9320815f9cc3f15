/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libipcq share.
 *
 * A handle owns a descriptor.  A region's handle also owns its mapping of the
 * data, and, from the first operation on a mutex or eventcount in this process,
 * one of the control area.
 *
 * Fast paths and the attachment cache
 * -----------------------------------
 * An operation on a mutex needs the calling thread's owner id in the region, and
 * the address of the control area in this process.  Both are kept together in a
 * small direct-mapped cache of the thread, so that one comparison says that both
 * are right: the key of a handle is a number that no other handle of the process
 * ever had, so an entry of a closed handle never matches, even when a new handle
 * lies at the same address.  An entry that was overwritten by another region's
 * costs one call into the kernel, which answers with the same owner id.
 *
 * A forked child is another owner, and the control area is not mapped in it
 * though the handle remembers an address.  Only the thread that called fork(2)
 * exists in the child, so a handler run there by pthread_atfork(3) has only that
 * thread's cache to clear; it also counts the fork, by which ipcq_region_attach()
 * and ipcq_region_close() see that the remembered address is the parent's.
 */
#ifndef IPCQ_INTERNAL_H
#define IPCQ_INTERNAL_H

/* The control area lies beyond what a 32-bit offset can name. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ipcq.h>

#include "ipcq.h"

#define ipcq_unlikely(condition)	__builtin_expect(!!(condition), 0)

struct ipcq {
	int fd;
};

struct ipcq_queue {
	int fd;
};

struct ipcq_region {
	int fd;
	uint32_t mutexes;
	uint32_t eventcounts;
	bool writable;
	bool nonblock;			/* every operation fails, not waits */
	uint64_t key;			/* unique in the process, never 0 */
	void *data;
	size_t size;
	size_t control_size;
	char *control;			/* protected by the map lock */
	unsigned long control_forks;	/* likewise: the forks at its mapping */
};

/* The calling thread's view of one region. */
struct ipcq_attachment {
	uint64_t key;			/* the handle's; 0: the entry is empty */
	char *control;
	uint32_t owner;			/* 0: the thread has not attached */
} __attribute__((aligned(32)));		/* so that an index is a shift */

#define IPCQ_ATTACHMENTS	8

/*
 * The model "initial-exec" makes an access two instructions instead of a call;
 * the price is 256 bytes of the static TLS reserve when the library is loaded by
 * dlopen(3).
 */
extern __thread struct ipcq_attachment ipcq_attachments[IPCQ_ATTACHMENTS]
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/**
 * ipcq_region_attach() - fill the calling thread's cache entry for a region
 * @region: the handle
 * @owner: whether an owner id is needed, or only the control area
 *
 * Return: 0, and ipcq_attachment_of() finds the entry; -EBADF an owner id is
 * needed and the handle cannot write; -ENOMEM.
 */
int ipcq_region_attach(struct ipcq_region *region, bool owner);

static inline struct ipcq_attachment *
ipcq_attachment_of(const struct ipcq_region *region)
{
	return &ipcq_attachments[region->key % IPCQ_ATTACHMENTS];
}

/* One line of the control area; its first word is the object's state. */
static inline uint32_t *ipcq_control_word(const struct ipcq_attachment *attachment,
					  uint32_t line)
{
	return (uint32_t *)(attachment->control +
			    (size_t)line * IPCQ_CONTROL_LINE);
}

/* ioctl(2) with a negative errno value for an error. */
int ipcq_ioctl(int fd, unsigned long call, void *argument);

/* Fill what opening a queue and opening a region share; it is zeroed. */
int ipcq_open_fill(struct ipcq_open *open, size_t size, const char *name,
		   unsigned int flags, uint32_t mode, uid_t owner);

/* What the kernel told of a message. */
void ipcq_message_info_fill(struct ipcq_message_info *info,
			    const struct ipcq_queue_receive *arg);

#endif /* IPCQ_INTERNAL_H */
