// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue to which a command sends: see sender.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "sender.h"
#include "util.h"

enum {
	OPTION_CREATE = 'c',
	OPTION_PRIORITY = 'p',
	/* Beyond the keys of the commands that have these as well. */
	OPTION_NONBLOCK = OPTION_FIRST + 0x400,
	OPTION_OWNER,
	OPTION_TYPE,
	OPTION_TIME_TO_LIVE,
};

static const struct argp_option options[] = {
	{ "nonblock", OPTION_NONBLOCK, NULL, 0, "Do not wait for room", 0 },
	{ "priority", OPTION_PRIORITY, "N", 0,
	  "Priority, 0 (the default) to 32767, in a queue created with "
	  "--priorities; higher ones are received first", 0 },
	{ "type", OPTION_TYPE, "N", 0,
	  "Type, any number (0), for receivers to tell messages apart", 0 },
	{ "ttl", OPTION_TIME_TO_LIVE, "SECONDS", 0,
	  "Time to live: it leaves the queue when it is not received by then", 0 },
	{ "create", OPTION_CREATE, NULL, 0,
	  "Create the queue when there is none; it stays until 'ipcq rm'", 0 },
	{ "owner", OPTION_OWNER, "USER", 0,
	  "Fail when the queue is another user's", 0 },
	{ 0 }
};

static uint64_t parse_time_to_live(struct argp_state *state, const char *argument)
{
	int64_t time = parse_duration(state, "--ttl", argument);

	if (!time)
		argp_error(state, "--ttl: a message cannot live for no time");
	return (uint64_t)time;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct sender *sender = state->input;

	switch (key) {
	case OPTION_NONBLOCK:
		sender->flags |= IPCQ_DONTWAIT;
		return 0;
	case OPTION_PRIORITY:
		sender->options.priority = parse_number(state, "--priority",
							argument, 0,
							IPCQ_HIGHEST_PRIORITY);
		return 0;
	case OPTION_TYPE:
		sender->options.type = parse_number(state, "--type", argument, 0,
						    UINT64_MAX);
		return 0;
	case OPTION_TIME_TO_LIVE:
		sender->options.time_to_live = parse_time_to_live(state, argument);
		return 0;
	case OPTION_CREATE:
		sender->open_flags |= IPCQ_CREATE | IPCQ_PERSISTENT;
		return 0;
	case OPTION_OWNER:
		sender->open_flags |= IPCQ_CHECK_OWNER;
		sender->open.owner = parse_user(state, "--owner", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp sender_argp = {
	.options = options, .parser = parse_option,
};

int sender_open(struct sender *sender)
{
	struct ipcq *ipcq;
	int code = connect_device(&ipcq), error;

	if (code)
		return code;
	error = ipcq_queue_open(ipcq, sender->name,
				IPCQ_WRITE | sender->open_flags, &sender->open,
				&sender->queue);
	ipcq_disconnect(ipcq);
	if (error >= 0)
		error = ipcq_queue_info(sender->queue, NULL, &sender->info);
	return error < 0 ? report(sender->name, error) : EXIT_OK;
}

int sender_report(const struct sender *sender, int error)
{
	char *shown = printable(sender->name);
	const char *name = shown ? shown : "?";
	int code = exit_code(error);

	if (error == -EMSGSIZE)
		complain("'%s' takes messages of at most %lu bytes, this one is longer",
			 name, (unsigned long)sender->info.max_message_size);
	else if (error == -EAGAIN)
		complain("'%s' is full", name);
	else if (error == -ENOBUFS)
		complain("'%s' is full, and rejects what has no room", name);
	else if (error == -ETIMEDOUT)
		complain("'%s' is full, and there was no room in time", name);
	else if (error == -EINVAL && sender->options.priority &&
		 sender->info.order != IPCQ_PRIORITY)
		complain("'%s' has no priorities; create it with --priorities",
			 name);
	else
		code = report(sender->name, error);
	free(shown);
	return code;
}

int sender_read_input(const struct sender *sender, char **out, size_t *length)
{
	size_t most = (size_t)sender->info.max_message_size + 1, size = 0;
	char *buffer = NULL, *larger;
	ssize_t got;

	for (*length = 0; *length < most; *length += (size_t)got) {
		if (*length == size) {
			size = size ? 2 * size : 65536;
			larger = realloc(buffer, size);
			if (!larger) {
				free(buffer);
				complain("out of memory");
				return EXIT_FAILED;
			}
			buffer = larger;
		}
		got = read(STDIN_FILENO, buffer + *length, size - *length);
		if (got < 0) {
			free(buffer);
			complain("cannot read standard input: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (!got)
			break;
	}
	*out = buffer;
	return EXIT_OK;
}
