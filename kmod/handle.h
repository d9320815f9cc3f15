/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: an open queue or region, behind one struct file.
 *
 * A handle belongs to its file and lives as long; dup(2), fork(2) and passing the
 * descriptor share it.  What an opener was granted, and who pays for what is done
 * through the handle, is settled when it is opened.
 */
#ifndef IPCQ_HANDLE_H
#define IPCQ_HANDLE_H

#include <linux/fs.h>
#include <linux/list.h>

#include "broadcast.h"
#include "filter.h"
#include "object.h"
#include "scan.h"
#include "sender.h"

struct ipcq_call;
struct ipcq_name;
struct ipcq_registry;

struct ipcq_handle {
	struct ipcq_object *object;	/* constant, referenced; NULL until opened */
	struct ipcq_account *account;	/* constant, referenced: the opener's */
	struct ipcq_senders senders;	/* who sends through it */
	struct ipcq_subscriber subscriber;	/* of a queue; broadcast.h */
	struct ipcq_filter filter;	/* of a queue's, under the queue's lock */
	struct ipcq_mark mark;		/* likewise: where it looks next; scan.h */
	struct file *file;		/* constant; compared only */
	bool creator;			/* constant: it created the object */
	struct list_head owners;	/* owners_lock: attached through it */
};

int ipcq_handle_open(struct ipcq_registry *registry, struct ipcq_call *call,
		     const struct ipcq_kind *kind, const void *attributes);
void ipcq_handle_release(struct ipcq_handle *handle);

int ipcq_name_copy(struct ipcq_name *name, u64 user, u32 length);

#endif /* IPCQ_HANDLE_H */
