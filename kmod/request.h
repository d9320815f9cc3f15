/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: messages whose senders wait for a reply.
 *
 * A call sends a request and waits.  The request is a message like others, that has a
 * token from the beginning and leads to its caller.  Who receives it in a way that can
 * reply holds it (hold.h), and replies by the token.  A call ends, once, under the
 * queue's lock, by the first of
 *
 *	a reply, or a refusal			ipcq_request_reply()
 *	the end of the server, its owner	hold.c
 *	the request leaves the queue otherwise: received by who cannot reply, expired,
 *	  dropped, drained			ipcq_request_finish()
 *	the caller's deadline or death, or a signal before anybody has taken it
 *						ipcq_request_wait()
 *
 * States of a call.  WAITING: @caller of the request is the waiter on the caller's stack.
 * DETACHED, after a signal: @client is the caller's owner, which has the request in its
 * list @calls; the thread may come back and wait again.  ENDED: the bit REQUEST is off.
 * The waiter has been completed; or, if the call was detached, its client's list has
 * the reply, or the request in place of one, with the bit RESULT, until it is fetched or
 * the client ends.  ABANDONED: neither @caller nor @client: nobody wants the reply any
 * more, and who replies is told.
 *
 * While the request is in the order (@in_order) nobody has taken it, and the caller can
 * withdraw it.
 *
 * All of it is protected by queue->lock; the waiter, once completed, is its thread's.
 * A client is live while it has anything in its list: that is emptied when the owner
 * has ended, and nothing is added then.
 *
 * Model: tests/model/call.pml.
 */
#ifndef IPCQ_REQUEST_H
#define IPCQ_REQUEST_H

#include "queue.h"
#include "wait.h"

struct ipcq_handle;
struct ipcq_outcome;
struct ipcq_owner;

/* A call that waits, on its thread's stack. */
struct ipcq_caller {
	struct ipcq_waiter waiter;
	struct ipcq_message *message;	/* the request, while it is WAITING */
	u64 token;			/* constant: its token */
	/* Once it has ended: */
	struct ipcq_message *reply;	/* the thread's to keep; NULL: none */
	int error;			/* 0: @reply is one */
	u32 refusal;			/* with -EREMOTEIO */
};

void ipcq_caller_init(struct ipcq_caller *caller);
int ipcq_request_wait(struct ipcq_queue *queue, struct ipcq_handle *handle,
		      struct ipcq_caller *caller, u64 deadline, u64 *token);
int ipcq_request_resume(struct ipcq_queue *queue, struct ipcq_owner *client,
			u64 token, bool nonblock, struct ipcq_caller *caller);
bool ipcq_request_put_result(struct ipcq_queue *queue, struct ipcq_owner *client,
			     struct ipcq_message *reply, u64 token);
void ipcq_request_forget(struct ipcq_queue *queue, struct ipcq_handle *handle,
			 u64 token);
int ipcq_request_reply(struct ipcq_queue *queue, struct ipcq_owner *server,
		       u64 token, struct ipcq_message *reply, u32 refusal);

bool ipcq_request_finish(struct ipcq_queue *queue, struct ipcq_message *message,
			 struct ipcq_message *reply, int error,
			 struct ipcq_wake *wake);
bool ipcq_request_end(struct ipcq_queue *queue, struct ipcq_message *message,
		      int error);
void ipcq_requests_end(struct ipcq_queue *queue, struct ipcq_owner *client,
		       struct ipcq_outcome *outcome);

#endif /* IPCQ_REQUEST_H */
