/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passed descriptors: open files that a message carries from its sender's process to
 * its receiver's.
 *
 * The files of a message are a list that is constant once it is made.  It belongs to the
 * call that sends until the message is in the queue, and then to the message: whoever
 * undresses that, or makes it a dead letter, puts the list, with no lock held.  Until then
 * it is charged to the account of the message's sender, file by file.
 *
 * A receiver installs the files while the message is reserved for it, so while the list
 * is there; each number it gets is a reference of its own, and the message keeps the
 * list, so that it can go back with its files, or to the next subscriber.
 *
 * Cycles.  A queue that is kept open only by what lies in it could never be closed.  Files
 * that can carry files themselves are not taken: queues, AF_UNIX sockets and io_uring
 * instances.  For what we do not know of a message with files always has a time to
 * live, of at most IPCQ_FDS_TIME_MAX, also where the queue gives it none; and while it is
 * held, it is by a process, and ends with that.
 */
#ifndef IPCQ_PASSFD_H
#define IPCQ_PASSFD_H

#include <linux/ipcq.h>
#include <linux/types.h>

struct file;
struct ipcq_account;

struct ipcq_files {
	u32 count;			/* 1 to IPCQ_FDS_MAX */
	struct file *files[];		/* referenced */
};

/* The numbers that a receiver has got. */
struct ipcq_fds {
	u32 count;
	s32 numbers[IPCQ_FDS_MAX];
};

struct ipcq_files *ipcq_files_take(struct ipcq_account *account, u64 numbers,
				   u32 count);
void ipcq_files_put(struct ipcq_files *files, struct ipcq_account *account);
int ipcq_files_install(const struct ipcq_files *files, u32 room, u64 to,
		       struct ipcq_fds *fds);
void ipcq_fds_close(const struct ipcq_fds *fds);

#endif /* IPCQ_PASSFD_H */
