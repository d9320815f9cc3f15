// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq send - send messages to a queue
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "sender.h"
#include "util.h"

#define BATCH	64		/* messages sent in one call */
#define MOST_QUEUES	64	/* that one message goes to */

enum {
	OPTION_LINES = 'l',
	OPTION_STDIN = 'i',
	OPTION_TIMEOUT = 't',
	OPTION_FD = OPTION_FIRST,
	OPTION_ALSO,
};

static const struct argp_option options[] = {
	{ "lines", OPTION_LINES, NULL, 0,
	  "Send each line of standard input, without its newline", 0 },
	{ "stdin", OPTION_STDIN, NULL, 0,
	  "Send all of standard input as one message; so it is without MESSAGE "
	  "where standard input is not a terminal", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Wait at most this long for room for each message", 0 },
	{ "fd", OPTION_FD, "N", 0,
	  "Pass this open descriptor with each message; may be given more than once",
	  0 },
	{ "also", OPTION_ALSO, "QUEUE", 0,
	  "Send to this queue at the same instant, or to none; may be given more "
	  "than once", 0 },
	{ "json", OPTION_JSON, NULL, 0,
	  "Print JSON: an object on a line for each message, with sequence, its "
	  "number in the queue, or null when the queue has dropped it", 0 },
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
	"  ls | ipcq send jobs --lines --timeout 1.5\n"
	"  ipcq send jobs 'read this' --fd 3 3< picture.png";

struct sending {
	struct sender to;
	char **messages;		/* from the command line */
	int count;
	bool lines;
	bool whole;			/* standard input as one message */
	bool json;
	int64_t timeout;		/* nanoseconds; negative: none */
	int fds[IPCQ_MOST_FDS];
	const char *also[MOST_QUEUES];	/* from the second queue on */
	struct ipcq_queue *queues[MOST_QUEUES];	/* all of them */
	size_t others;
	unsigned long sent;
};

static void check(struct sending *sending, struct argp_state *state)
{
	if (!sending->to.name)
		argp_error(state, "to which queue? give its name");
	if (sending->lines + sending->whole + !!sending->count > 1)
		argp_error(state, "give messages, --lines or --stdin, not several of them");
	if (sending->others && sending->to.options.fd_count)
		argp_error(state, "give --fd or --also, not both");
	if (sending->to.flags && sending->timeout >= 0)
		argp_error(state, "give --timeout or --nonblock, not both");
	if (sending->lines || sending->whole || sending->count)
		return;
	if (isatty(STDIN_FILENO))
		argp_error(state, "send what? give a message, --lines or --stdin");
	sending->whole = true;
}

static void add_fd(struct sending *sending, struct argp_state *state,
		   const char *argument)
{
	struct ipcq_send_options *options = &sending->to.options;

	if (options->fd_count == IPCQ_MOST_FDS)
		argp_error(state, "--fd: a message carries %d at most",
			   IPCQ_MOST_FDS);
	options->fds = sending->fds;
	sending->fds[options->fd_count++] =
		(int)parse_number(state, "--fd", argument, 0, INT_MAX);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct sending *sending = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &sending->to;
		return 0;
	case OPTION_LINES:
		sending->lines = true;
		return 0;
	case OPTION_STDIN:
		sending->whole = true;
		return 0;
	case OPTION_JSON:
		sending->json = true;
		return 0;
	case OPTION_TIMEOUT:
		sending->timeout = parse_duration(state, "--timeout", argument);
		return 0;
	case OPTION_FD:
		add_fd(sending, state, argument);
		return 0;
	case OPTION_ALSO:
		if (sending->others == MOST_QUEUES - 1)
			argp_error(state, "--also: to %d queues at most",
				   MOST_QUEUES);
		sending->also[++sending->others] = parse_name(state, argument);
		return 0;
	case ARGP_KEY_ARG:
		if (!sending->to.name)
			sending->to.name = parse_name(state, argument);
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
	int code = sender_report(&sending->to, error);

	if (sending->count > 1 || sending->lines)
		complain("%lu message%s sent before", sending->sent,
			 sending->sent == 1 ? " was" : "s were");
	return code;
}

/* What has been sent has been, also when that cannot be told. */
static int print_sequence(const struct sending *sending, uint64_t sequence)
{
	if (!sending->json)
		return EXIT_OK;
	return print_json(sequence ?
			  json_pack("{s:I}", "sequence", (json_int_t)sequence) :
			  json_pack("{s:n}", "sequence"), JSON_COMPACT);
}

static uint64_t deadline(const struct sending *sending)
{
	return sending->timeout < 0 ? IPCQ_NO_DEADLINE :
				      ipcq_deadline(sending->timeout);
}

/* The number printed is that of the first queue. */
static int send_to_all(struct sending *sending, const void *payload, size_t length)
{
	uint64_t sequences[MOST_QUEUES];
	struct sender other = sending->to;
	size_t refused = 0;
	int error = ipcq_queue_send_all(sending->queues, sending->others + 1, payload,
					length, &sending->to.options,
					sending->to.flags, deadline(sending),
					sequences, &refused);

	if (error) {
		if (refused && refused <= sending->others)
			other.name = sending->also[refused];
		(void)ipcq_queue_info(sending->queues[refused], NULL, &other.info);
		sending->to.name = other.name;
		sending->to.info = other.info;
		return report_send(sending, error);
	}
	sending->sent++;
	return print_sequence(sending, sequences[0]);
}

/* The queues beside the first; an exit code. */
static int open_others(struct sending *sending)
{
	struct sender other = sending->to;
	int code = EXIT_OK;
	size_t i;

	sending->queues[0] = sending->to.queue;
	for (i = 1; i <= sending->others && !code; i++) {
		other.name = sending->also[i];
		other.queue = NULL;
		code = sender_open(&other);
		sending->queues[i] = other.queue;
	}
	return code;
}

static void close_all(struct sending *sending)
{
	size_t i;

	for (i = 1; i <= sending->others; i++)
		ipcq_queue_close(sending->queues[i]);
	ipcq_queue_close(sending->to.queue);
}

static int send_one(struct sending *sending, const void *payload, size_t length)
{
	const struct iovec piece = {
		.iov_base = (void *)payload, .iov_len = length,
	};
	uint64_t sequence;
	int error;

	if (sending->others)
		return send_to_all(sending, payload, length);
	error = ipcq_queue_sendv(sending->to.queue, &piece, 1,
				 &sending->to.options, sending->to.flags,
				 deadline(sending), &sequence);
	if (error)
		return report_send(sending, error);
	sending->sent++;
	return print_sequence(sending, sequence);
}

/* With descriptors, or to several queues, which several in a call cannot have. */
static int send_one_by_one(struct sending *sending)
{
	int i, code = EXIT_OK;

	for (i = 0; i < sending->count && !code; i++)
		code = send_one(sending, sending->messages[i],
				strlen(sending->messages[i]));
	return code;
}

/* As many in a call as there is room for; each call waits for its first alone. */
static int send_arguments(struct sending *sending)
{
	struct ipcq_send_options options_of[BATCH];
	struct iovec messages[BATCH];
	uint64_t sequences[BATCH];
	int i, count, done, code = EXIT_OK;

	for (i = 0; i < BATCH; i++)
		options_of[i] = sending->to.options;
	while (!code && (count = sending->count - (int)sending->sent) > 0) {
		char **from = sending->messages + sending->sent;

		if (count > BATCH)
			count = BATCH;
		for (i = 0; i < count; i++) {
			messages[i].iov_base = from[i];
			messages[i].iov_len = strlen(from[i]);
		}
		done = ipcq_queue_send_many(sending->to.queue, messages,
					    options_of, (size_t)count,
					    sending->to.flags, deadline(sending),
					    sequences);
		if (done < 0)
			return report_send(sending, done);
		sending->sent += (unsigned long)done;
		for (i = 0; i < done && !code; i++)
			code = print_sequence(sending, sequences[i]);
	}
	return code;
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
	if (!code && !feof(stdin)) {
		complain("cannot read standard input: %s", strerror(errno));
		code = EXIT_FAILED;
	}
	free(line);
	return code;
}

static int send_input(struct sending *sending)
{
	char *buffer;
	size_t length;
	int code = sender_read_input(&sending->to, &buffer, &length);

	if (code)
		return code;
	/* The queue refuses what is too long. */
	code = send_one(sending, buffer, length);
	free(buffer);
	return code;
}

int cmd_send(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &sender_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME [MESSAGE...]", .doc = doc,
		.children = children,
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
	code = sender_open(&sending.to);
	if (!code)
		code = open_others(&sending);
	if (!code && sending.lines)
		code = send_lines(&sending);
	else if (!code && sending.whole)
		code = send_input(&sending);
	else if (!code)
		code = sending.to.options.fd_count || sending.others ?
			send_one_by_one(&sending) : send_arguments(&sending);
	close_all(&sending);
	free(sending.messages);
	return code;
}
