// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq send - send messages to a queue
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "util.h"

#define BATCH	64		/* messages sent in one call */

enum {
	OPTION_LINES = 'l',
	OPTION_STDIN = 'i',
	OPTION_TIMEOUT = 't',
	OPTION_CREATE = 'c',
	OPTION_PRIORITY = 'p',
	OPTION_NONBLOCK = OPTION_FIRST,
	OPTION_OWNER,
	OPTION_TYPE,
	OPTION_TIME_TO_LIVE,
};

static const struct argp_option options[] = {
	{ "lines", OPTION_LINES, NULL, 0,
	  "Send each line of standard input, without its newline", 0 },
	{ "stdin", OPTION_STDIN, NULL, 0,
	  "Send all of standard input as one message; so it is without MESSAGE "
	  "where standard input is not a terminal", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Wait at most this long for room for each message", 0 },
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

static const char doc[] =
	"Send each MESSAGE, or standard input, to the queue NAME.\v"
	"Any bytes can be sent, and an empty message too.  When sending fails, it "
	"is said how many were sent before; what was sent is in the queue.  A "
	"MESSAGE that begins with '-' goes after '--'.\n"
	"\n"
	"Example:\n"
	"  ipcq send jobs 'first job' 'second job'\n"
	"  ipcq send jobs < picture.png\n"
	"  ls | ipcq send jobs --lines --timeout 1.5";

struct sending {
	const char *name;
	char **messages;		/* from the command line */
	int count;
	bool lines;
	bool whole;			/* standard input as one message */
	bool create;
	bool check_owner;
	struct ipcq_queue_options open;
	struct ipcq_send_options options;
	unsigned int flags;
	int64_t timeout;		/* nanoseconds; negative: none */

	struct ipcq_queue *queue;
	uint32_t max_message_size;
	unsigned long sent;
};

static void check(struct sending *sending, struct argp_state *state)
{
	if (!sending->name)
		argp_error(state, "to which queue? give its name");
	if (sending->lines + sending->whole + !!sending->count > 1)
		argp_error(state, "give messages, --lines or --stdin, not several of them");
	if (sending->flags && sending->timeout >= 0)
		argp_error(state, "give --timeout or --nonblock, not both");
	if (sending->lines || sending->whole || sending->count)
		return;
	if (isatty(STDIN_FILENO))
		argp_error(state, "send what? give a message, --lines or --stdin");
	sending->whole = true;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct sending *sending = state->input;

	switch (key) {
	case OPTION_LINES:
		sending->lines = true;
		return 0;
	case OPTION_STDIN:
		sending->whole = true;
		return 0;
	case OPTION_TIMEOUT:
		sending->timeout = parse_duration(state, "--timeout", argument);
		return 0;
	case OPTION_NONBLOCK:
		sending->flags = IPCQ_DONTWAIT;
		return 0;
	case OPTION_PRIORITY:
		sending->options.priority = parse_number(state, "--priority",
							 argument, 0,
							 IPCQ_HIGHEST_PRIORITY);
		return 0;
	case OPTION_TYPE:
		sending->options.type = parse_number(state, "--type", argument,
						     0, UINT64_MAX);
		return 0;
	case OPTION_TIME_TO_LIVE:
		sending->options.time_to_live =
			(uint64_t)parse_duration(state, "--ttl", argument);
		if (!sending->options.time_to_live)
			argp_error(state, "--ttl: a message cannot live for no time");
		return 0;
	case OPTION_CREATE:
		sending->create = true;
		return 0;
	case OPTION_OWNER:
		sending->check_owner = true;
		sending->open.owner = parse_user(state, "--owner", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (!sending->name)
			sending->name = parse_name(state, argument);
		else
			sending->messages[sending->count++] = argument;
		return 0;
	case ARGP_KEY_END:
		check(sending, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int report_send(const struct sending *sending, int error)
{
	char *shown = printable(sending->name);
	const char *name = shown ? shown : "?";
	int code = exit_code(error);

	if (error == -EMSGSIZE)
		complain("'%s' takes messages of at most %lu bytes, this one is longer",
			 name, (unsigned long)sending->max_message_size);
	else if (error == -EAGAIN)
		complain("'%s' is full", name);
	else if (error == -ENOBUFS)
		complain("'%s' is full, and rejects what has no room", name);
	else if (error == -ETIMEDOUT)
		complain("'%s' is full, and there was no room in time", name);
	else if (error == -EINVAL && sending->options.priority)
		complain("'%s' has no priorities; create it with --priorities",
			 name);
	else
		code = report(sending->name, error);
	if (sending->count > 1 || sending->lines)
		complain("%lu message%s sent before", sending->sent,
			 sending->sent == 1 ? " was" : "s were");
	free(shown);
	return code;
}

static uint64_t deadline(const struct sending *sending)
{
	return sending->timeout < 0 ? IPCQ_NO_DEADLINE :
				      ipcq_deadline(sending->timeout);
}

static int send_one(struct sending *sending, const void *payload, size_t length)
{
	const struct iovec piece = {
		.iov_base = (void *)payload, .iov_len = length,
	};
	int error = ipcq_queue_sendv(sending->queue, &piece, 1, &sending->options,
				     sending->flags, deadline(sending), NULL);

	if (error)
		return report_send(sending, error);
	sending->sent++;
	return EXIT_OK;
}

/* As many in a call as there is room for; each call waits for its first alone. */
static int send_arguments(struct sending *sending)
{
	struct ipcq_send_options options_of[BATCH];
	struct iovec messages[BATCH];
	int i, count, done;

	for (i = 0; i < BATCH; i++)
		options_of[i] = sending->options;
	while ((count = sending->count - (int)sending->sent) > 0) {
		char **from = sending->messages + sending->sent;

		if (count > BATCH)
			count = BATCH;
		for (i = 0; i < count; i++) {
			messages[i].iov_base = from[i];
			messages[i].iov_len = strlen(from[i]);
		}
		done = ipcq_queue_send_many(sending->queue, messages, options_of,
					    (size_t)count, sending->flags,
					    deadline(sending), NULL);
		if (done < 0)
			return report_send(sending, done);
		sending->sent += (unsigned long)done;
	}
	return EXIT_OK;
}

static int report_input(void)
{
	complain("cannot read standard input: %s", strerror(errno));
	return EXIT_FAILED;
}

static int send_lines(struct sending *sending)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int code = EXIT_OK;

	while (!code && (length = getline(&line, &size, stdin)) >= 0) {
		if (length && line[length - 1] == '\n')
			length--;
		code = send_one(sending, line, (size_t)length);
	}
	if (!code && !feof(stdin))
		code = report_input();
	free(line);
	return code;
}

/*
 * Read standard input to its end, but not more than one byte over the longest
 * message: the queue refuses that anyway.
 */
static int read_input(const struct sending *sending, char **out, size_t *length)
{
	size_t most = (size_t)sending->max_message_size + 1, size = 0;
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
			return report_input();
		}
		if (!got)
			break;
	}
	*out = buffer;
	return EXIT_OK;
}

static int send_input(struct sending *sending)
{
	char *buffer;
	size_t length;
	int code = read_input(sending, &buffer, &length);

	if (code)
		return code;
	/* The queue refuses what is too long. */
	code = send_one(sending, buffer, length);
	free(buffer);
	return code;
}

static int open_queue(struct sending *sending)
{
	unsigned int flags = IPCQ_WRITE;
	struct ipcq_queue_info info;
	struct ipcq *ipcq;
	int code = connect_device(&ipcq), error;

	if (code)
		return code;
	if (sending->create)
		flags |= IPCQ_CREATE | IPCQ_PERSISTENT;
	if (sending->check_owner)
		flags |= IPCQ_CHECK_OWNER;
	error = ipcq_queue_open(ipcq, sending->name, flags, &sending->open,
				&sending->queue);
	ipcq_disconnect(ipcq);
	if (error < 0)
		return report(sending->name, error);
	error = ipcq_queue_info(sending->queue, NULL, &info);
	if (error < 0)
		return report(sending->name, error);
	sending->max_message_size = info.max_message_size;
	return EXIT_OK;
}

int cmd_send(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME [MESSAGE...]", .doc = doc,
	};
	struct sending sending = { .timeout = -1 };
	int code;

	/* As many as there can be, so that the parser need not grow it. */
	sending.messages = calloc((size_t)argc, sizeof(*sending.messages));
	if (!sending.messages) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	parse_arguments(&argp, argc, argv, 0, &sending);
	code = open_queue(&sending);
	if (!code && sending.lines)
		code = send_lines(&sending);
	else if (!code && sending.whole)
		code = send_input(&sending);
	else if (!code)
		code = send_arguments(&sending);
	ipcq_queue_close(sending.queue);
	free(sending.messages);
	return code;
}
