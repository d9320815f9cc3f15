/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of a queue's descriptor that are more than plain.
 */
#ifndef IPCQ_QUEUE_CALLS_H
#define IPCQ_QUEUE_CALLS_H

#include <linux/fs.h>

#include "handle.h"
#include "ioctl.h"
#include "queue.h"

struct ipcq_hold;

static inline struct ipcq_handle *ipcq_call_handle(const struct ipcq_call *call)
{
	return call->file->private_data;
}

static inline struct ipcq_queue *ipcq_call_queue(const struct ipcq_call *call)
{
	return to_ipcq_queue(ipcq_call_handle(call)->object);
}

/* Whether a call that has this flag for it may not wait. */
static inline bool ipcq_call_nonblock(const struct ipcq_call *call, u32 flag)
{
	return call->args.flags & flag || call->file->f_flags & O_NONBLOCK;
}

int ipcq_queue_call_send(struct ipcq_call *call);
int ipcq_queue_call_receive(struct ipcq_call *call);
int ipcq_queue_call_send_many(struct ipcq_call *call);		/* batch.c */
int ipcq_queue_call_receive_many(struct ipcq_call *call);
int ipcq_queue_call_send_all(struct ipcq_call *call);		/* send_all.c */
int ipcq_queue_call_subscribe(struct ipcq_call *call);
int ipcq_queue_call_filter(struct ipcq_call *call);
void ipcq_receive_tell(struct ipcq_queue_receive *args,
		       const struct ipcq_message *message);
void ipcq_receive_tell_sender(struct ipcq_queue_receive *args,
			      const struct ipcq_sender *sender);
int ipcq_queue_receive_failed(struct ipcq_call *call, int error, size_t length);

/* peek.c */
int ipcq_queue_call_peek(struct ipcq_call *call, const struct ipcq_filter *filter,
			 const struct ipcq_buffer *to);

/* drain.c */
int ipcq_queue_call_drain(struct ipcq_call *call);

/* lease.c */
int ipcq_queue_call_lease(struct ipcq_call *call);
int ipcq_lease_begin(struct ipcq_call *call, struct ipcq_hold *hold);
void ipcq_lease_end(struct ipcq_hold *hold);

/* call.c */
int ipcq_queue_call_call(struct ipcq_call *call);
int ipcq_queue_call_result(struct ipcq_call *call);
int ipcq_queue_call_reply(struct ipcq_call *call);
int ipcq_call_serve(struct ipcq_call *call, const struct ipcq_message *message,
		    struct ipcq_hold *hold);

#endif /* IPCQ_QUEUE_CALLS_H */
