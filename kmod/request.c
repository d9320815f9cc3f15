// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: see request.h.
 */
#include <linux/err.h>
#include <linux/sched/signal.h>

#include "backlog.h"
#include "handle.h"
#include "hold.h"
#include "limits.h"
#include "owner.h"
#include "queue_steps.h"
#include "request.h"

/* ----------------------------------------- steps, with the queue's lock held */

/* What a client has of a call goes to another message, or to nobody. */
static void client_leave(struct ipcq_message *message)
{
	list_del(&message->of_client);
	message->client->calls_kept--;
	message->client = NULL;
}

/* Returns 0, -EBADF or -EDQUOT. */
static int client_enter(struct ipcq_message *message, struct ipcq_owner *client)
{
	if (!ipcq_owner_live(client))
		return -EBADF;
	if (client->calls_kept == IPCQ_CALLS_KEPT)
		return -EDQUOT;
	message->client = client;
	client->calls_kept++;
	list_add_tail(&message->of_client, &client->calls);
	return 0;
}

/**
 * ipcq_request_finish() - end a call; the queue's lock is held
 * @queue: the queue
 * @message: the request, which is none after that
 * @reply: with @error 0: the reply, which is the caller's then
 * @error: why there is none
 * @wake: not full
 *
 * Return: whether @message is still needed, to tell the client of the error.
 */
bool ipcq_request_finish(struct ipcq_queue *queue, struct ipcq_message *message,
			 struct ipcq_message *reply, int error,
			 struct ipcq_wake *wake)
{
	struct ipcq_caller *caller = message->caller;

	message->special &= ~IPCQ_SPECIAL_REQUEST;
	if (caller) {
		caller->reply = reply;
		caller->error = error;
		caller->refusal = message->refusal;
		ipcq_waiter_complete(&caller->waiter, wake);
		return false;
	}
	if (!message->client)
		return false;
	if (error) {
		message->special |= IPCQ_SPECIAL_RESULT;
		message->result = error;
		return true;
	}
	reply->special |= IPCQ_SPECIAL_RESULT;
	reply->result = 0;
	reply->token = message->token;
	reply->client = message->client;
	list_replace(&message->of_client, &reply->of_client);
	message->client = NULL;
	return false;
}

/* The caller of a request that nobody has taken does not want it any more. */
static void withdraw(struct ipcq_queue *queue, struct ipcq_message *message,
		     struct ipcq_outcome *outcome)
{
	ipcq_backlog_remove(queue, message);
	ipcq_step_count_out(queue, message);
	message->special &= ~IPCQ_SPECIAL_REQUEST;
	outcome->room = true;
	ipcq_order_push(&outcome->done, &message->order);
}

/* What @client has of a call, or NULL. */
static struct ipcq_message *find_call(struct ipcq_owner *client, u64 token)
{
	struct ipcq_message *message;

	list_for_each_entry(message, &client->calls, of_client)
		if (message->token == token)
			return message;
	return NULL;
}

/* Drops what a client has of a call. */
static void forget(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_outcome *outcome)
{
	client_leave(message);
	if (message->special & IPCQ_SPECIAL_RESULT) {
		message->special &= ~IPCQ_SPECIAL_RESULT;
		ipcq_order_push(&outcome->done, &message->order);
	} else if (message->in_order) {
		withdraw(queue, message, outcome);
	}
}

/* ------------------------------------------------------------- the caller's side */

void ipcq_caller_init(struct ipcq_caller *caller)
{
	ipcq_waiter_init(&caller->waiter);
	INIT_LIST_HEAD(&caller->waiter.node);
	caller->reply = NULL;
}

/*
 * The caller has stopped waiting, because of @why.  @client is to have what comes of the
 * call, or an error says that nobody can.  Returns 0 when the call has ended after all;
 * -ERESTARTNOHAND when it is detached; else why it has ended.
 */
static int leave(struct ipcq_queue *queue, struct ipcq_caller *caller, int why,
		 struct ipcq_owner *client, u64 *token)
{
	struct ipcq_outcome outcome __uninitialized;
	struct ipcq_message *message;

	ipcq_outcome_begin(queue, &outcome);
	if (caller->waiter.done) {
		why = 0;
		goto out;
	}
	message = caller->message;
	message->caller = NULL;
	if (message->in_order) {
		withdraw(queue, message, &outcome);
	} else if (why == -ERESTARTSYS && client) {
		why = IS_ERR(client) ? PTR_ERR(client) :
				       client_enter(message, client);
		if (!why) {
			*token = message->token;
			why = -ERESTARTNOHAND;
		}
	}
out:
	ipcq_outcome_end(queue, &outcome);
	return why;
}

/**
 * ipcq_request_wait() - wait for a reply
 * @queue: the queue
 * @handle: that the call was made through
 * @caller: the waiter, of a request that has been sent
 * @deadline: when to stop
 * @token: receives the call's token with -ERESTARTNOHAND
 *
 * Return: 0, the call has ended, and @caller says how.  Else it has ended by what is
 * returned: -ETIMEDOUT, or -ERESTARTSYS, nobody had taken the request; but with
 * -ERESTARTNOHAND it goes on, and its owner can come back to it.  -EDQUOT, -ENOMEM,
 * -EBADF: this was to be so, and could not.
 */
int ipcq_request_wait(struct ipcq_queue *queue, struct ipcq_handle *handle,
		      struct ipcq_caller *caller, u64 deadline, u64 *token)
{
	struct ipcq_owner *client = NULL;
	int ret;

	ret = ipcq_waiter_sleep(&caller->waiter, deadline);
	if (!ret)
		return 0;
	if (ret == -ERESTARTSYS && !fatal_signal_pending(current))
		client = ipcq_owner_attach(&queue->owners, handle);
	ret = leave(queue, caller, ret, client, token);
	if (!IS_ERR_OR_NULL(client))
		ipcq_owner_put(client);
	return ret;
}

/**
 * ipcq_request_resume() - come back to a call that is detached
 * @queue: the queue
 * @client: who made it
 * @token: its token
 * @nonblock: do not wait
 * @caller: a new waiter
 *
 * Return: 0, to be waited for, which may be over at once; -ENOKEY; -EAGAIN it has not
 * ended, and remains detached.
 */
int ipcq_request_resume(struct ipcq_queue *queue, struct ipcq_owner *client,
			u64 token, bool nonblock, struct ipcq_caller *caller)
{
	struct ipcq_message *message;
	int ret = 0;

	spin_lock(&queue->lock);
	message = find_call(client, token);
	if (!message) {
		ret = -ENOKEY;
	} else if (message->special & IPCQ_SPECIAL_RESULT) {
		client_leave(message);
		message->special &= ~IPCQ_SPECIAL_RESULT;
		caller->reply = message;
		caller->error = message->result;
		caller->refusal = message->refusal;
		caller->waiter.done = true;
	} else if (nonblock) {
		ret = -EAGAIN;
	} else {
		client_leave(message);
		message->caller = caller;
		caller->message = message;
	}
	spin_unlock(&queue->lock);
	return ret;
}

/*
 * A caller could not take its reply: its client keeps it, to be fetched again.  Returns
 * whether that is so; if not, the reply is still the caller's.
 */
bool ipcq_request_put_result(struct ipcq_queue *queue, struct ipcq_owner *client,
			     struct ipcq_message *reply, u64 token)
{
	int ret;

	spin_lock(&queue->lock);
	ret = client_enter(reply, client);
	if (!ret) {
		reply->special |= IPCQ_SPECIAL_RESULT;
		reply->result = 0;
		reply->token = token;
	}
	spin_unlock(&queue->lock);
	return !ret;
}

/* Nobody could be told the token of a call: it is abandoned. */
void ipcq_request_forget(struct ipcq_queue *queue, struct ipcq_handle *handle,
			 u64 token)
{
	struct ipcq_owner *client = ipcq_owner_find(&queue->owners, handle);
	struct ipcq_outcome outcome __uninitialized;
	struct ipcq_message *message;

	if (!client)
		return;
	ipcq_outcome_begin(queue, &outcome);
	message = find_call(client, token);
	if (message)
		forget(queue, message, &outcome);
	ipcq_outcome_end(queue, &outcome);
	ipcq_owner_put(client);
}

/* A client has ended, and with it what it has of calls.  The lock is held. */
void ipcq_requests_end(struct ipcq_queue *queue, struct ipcq_owner *client,
		       struct ipcq_outcome *outcome)
{
	struct ipcq_message *message, *next;

	list_for_each_entry_safe(message, next, &client->calls, of_client)
		forget(queue, message, outcome);
}

/* ------------------------------------------------------------- the server's side */

/**
 * ipcq_request_reply() - reply to a request
 * @queue: the queue; the lock is not held
 * @server: who holds the request
 * @token: the request's
 * @reply: a filled message, which is the caller's on success; NULL: it is refused
 * @refusal: the number to tell in that case
 *
 * Return: 0; -ENOKEY; -EINVAL it is no request; -ECANCELED nobody wants a reply any
 * more, and the request is gone.
 */
int ipcq_request_reply(struct ipcq_queue *queue, struct ipcq_owner *server,
		       u64 token, struct ipcq_message *reply, u32 refusal)
{
	struct ipcq_outcome outcome __uninitialized;
	struct ipcq_message *message;
	int ret = 0;

	ipcq_outcome_begin(queue, &outcome);
	message = ipcq_hold_find(queue, server, token);
	if (!message) {
		ret = -ENOKEY;
	} else if (!(message->special & IPCQ_SPECIAL_REQUEST)) {
		ret = -EINVAL;
	} else {
		if (!message->caller && !message->client)
			ret = -ECANCELED;
		message->refusal = refusal;
		if (reply)
			ipcq_request_finish(queue, message, reply, 0,
					    &outcome.wake);
		ipcq_hold_end(queue, message, !reply, &outcome);
	}
	ipcq_outcome_end(queue, &outcome);
	return ret;
}

/* A request leaves the queue without a reply.  Returns as ipcq_request_finish(). */
bool ipcq_request_end(struct ipcq_queue *queue, struct ipcq_message *message,
		      int error)
{
	struct ipcq_wake wake __uninitialized;
	bool needed;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	needed = ipcq_request_finish(queue, message, NULL, error, &wake);
	ipcq_queue_unlock(queue, &wake, 0);
	return needed;
}
