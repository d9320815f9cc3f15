// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue from which a command receives: see receiver.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "commands.h"
#include "receiver.h"
#include "util.h"

#define FIRST_BUFFER	65536

enum {
	OPTION_CREATE = 'c',
	/* Beyond the keys of the commands that have these as well. */
	OPTION_TEMPORARY = OPTION_FIRST + 0x300,
	OPTION_KEPT,
	OPTION_OWNER,
};

static const struct argp_option options[] = {
	{ "create", OPTION_CREATE, NULL, 0,
	  "Create the queue when there is none; it stays until 'ipcq rm'", 0 },
	{ "temporary", OPTION_TEMPORARY, NULL, 0,
	  "Create the queue when there is none; it ends with this command", 0 },
	{ "kept", OPTION_KEPT, NULL, 0,
	  "Of a queue for all: begin with the oldest message it has, not with the next",
	  0 },
	{ "owner", OPTION_OWNER, "USER", 0,
	  "Fail when the queue is another user's", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct receiver *receiver = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &receiver->choice;
		return 0;
	case OPTION_CREATE:
		receiver->open_flags |= IPCQ_CREATE | IPCQ_PERSISTENT;
		return 0;
	case OPTION_TEMPORARY:
		receiver->open_flags |= IPCQ_CREATE | IPCQ_TEMPORARY;
		return 0;
	case OPTION_KEPT:
		receiver->kept = true;
		return 0;
	case OPTION_OWNER:
		receiver->open_flags |= IPCQ_CHECK_OWNER;
		receiver->open.owner = parse_user(state, "--owner", argument);
		return 0;
	case ARGP_KEY_END:
		if (receiver->open_flags & IPCQ_PERSISTENT &&
		    receiver->open_flags & IPCQ_TEMPORARY)
			argp_error(state, "give --create or --temporary, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &choice_argp, 0, "Which messages:", 1 }, { 0 }
};

const struct argp receiver_argp = {
	.options = options, .parser = parse_option, .children = children,
};

static int subscribe(const struct receiver *receiver)
{
	int error = ipcq_queue_subscribe(receiver->queue, IPCQ_KEPT, NULL);

	if (error != -EINVAL)
		return error ? report(receiver->name, error) : EXIT_OK;
	complain("--kept is for a queue that was created with --broadcast");
	return EXIT_FAILED;
}

/* The handle receives nothing else from now on. */
static int choose(const struct receiver *receiver)
{
	int error = ipcq_queue_set_filter(receiver->queue,
					  &receiver->choice.filter);

	if (error != -EINVAL)
		return error ? report(receiver->name, error) : EXIT_OK;
	complain("%s is not for a queue that delivers to all",
		 receiver->choice.given);
	return EXIT_FAILED;
}

/* Grow it to @size, or as far as it is to be. */
static int buffer_grow(struct receiver *receiver, size_t size)
{
	char *larger;

	if (receiver->max_size && size > receiver->max_size)
		size = receiver->max_size;
	larger = realloc(receiver->buffer, size + 1);
	if (!larger)
		return -ENOMEM;
	receiver->buffer = larger;
	receiver->size = size;
	return 0;
}

int receiver_open(struct receiver *receiver)
{
	struct ipcq *ipcq;
	int code = connect_device(&ipcq), error;

	if (code)
		return code;
	error = ipcq_queue_open(ipcq, receiver->name,
				IPCQ_READ | receiver->open_flags,
				&receiver->open, &receiver->queue);
	ipcq_disconnect(ipcq);
	if (error < 0)
		return report(receiver->name, error);
	if (receiver->choice.given)
		code = choose(receiver);
	if (!code && receiver->kept)
		code = subscribe(receiver);
	if (!code && buffer_grow(receiver, FIRST_BUFFER)) {
		complain("out of memory");
		code = EXIT_FAILED;
	}
	return code;
}

void receiver_close(struct receiver *receiver)
{
	ipcq_queue_close(receiver->queue);
	free(receiver->buffer);
}

static bool is_largest(const struct receiver *receiver)
{
	return receiver->max_size && receiver->size == receiver->max_size;
}

static ssize_t receive_once(struct receiver *receiver, const uint64_t *lease,
			    unsigned int flags, uint64_t deadline,
			    struct ipcq_message_info *info)
{
	const struct iovec buffer = {
		.iov_base = receiver->buffer, .iov_len = receiver->size,
	};

	if (lease)
		return ipcq_queue_lease(receiver->queue, receiver->buffer,
					receiver->size, *lease, flags, deadline,
					info);
	/* Nothing is cut that a larger buffer could hold. */
	if (receiver->truncate && is_largest(receiver))
		flags |= IPCQ_TRUNCATE;
	if (receiver->peek)
		return ipcq_queue_peek(receiver->queue, &buffer, 1, NULL, flags,
				       deadline, info);
	return ipcq_queue_receivev(receiver->queue, &buffer, 1, NULL, flags,
				   deadline, info);
}

/* The length of the message that did not fit, or of another if that is gone; 0: none. */
static ssize_t next_length(const struct receiver *receiver,
			   const struct ipcq_message_info *before)
{
	struct ipcq_message_info info = *before;
	ssize_t length;

	if (!receiver->peek)
		return ipcq_queue_next_size(receiver->queue);
	length = ipcq_queue_peek(receiver->queue, NULL, 0, NULL,
				 IPCQ_DONTWAIT | IPCQ_TRUNCATE, IPCQ_NO_DEADLINE,
				 &info);
	return length == -EAGAIN ? 0 : length;
}

/* A message that did not fit may be gone before its length is asked: try again. */
ssize_t receiver_receive(struct receiver *receiver, const uint64_t *lease,
			 unsigned int flags, uint64_t deadline,
			 struct ipcq_message_info *info)
{
	ssize_t length, next;

	for (;;) {
		length = receive_once(receiver, lease, flags, deadline, info);
		if (length != -EMSGSIZE || is_largest(receiver))
			return length;
		next = next_length(receiver, info);
		if (next < 0)
			return next;
		if ((size_t)next > receiver->size &&
		    buffer_grow(receiver, (size_t)next))
			return -ENOMEM;
	}
}
