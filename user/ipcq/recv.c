// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq recv - receive messages from a queue
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "choice.h"
#include "commands.h"
#include "util.h"

#define FIRST_BUFFER	65536

enum {
	OPTION_NUMBER = 'n',
	OPTION_ALL = 'a',
	OPTION_TIMEOUT = 't',
	OPTION_FORMAT = 'f',
	OPTION_CREATE = 'c',
	OPTION_NONBLOCK = OPTION_FIRST,
	OPTION_TEMPORARY,
	OPTION_KEPT,
	OPTION_OWNER,
};

static const struct argp_option options[] = {
	{ "number", OPTION_NUMBER, "N", 0, "Receive N messages", 0 },
	{ "all", OPTION_ALL, NULL, 0, "Receive all messages that are there", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Wait at most this long for each message; with --all, for the first", 0 },
	{ "nonblock", OPTION_NONBLOCK, NULL, 0, "Do not wait for a message", 0 },
	{ "format", OPTION_FORMAT, "FORMAT", 0,
	  "How to print: raw, lines or json", 0 },
	{ "json", OPTION_JSON, NULL, 0, "The same as --format json", 0 },
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

static const char doc[] =
	"Receive one message from the queue NAME, or N, or all that are there, and "
	"print them.\v"
	"Formats:\n"
	"  raw    the bytes of the messages and nothing else; the default for one\n"
	"         message (on a terminal a newline follows it)\n"
	"  lines  a newline after each message; the default with -n or --all\n"
	"  json   an object on a line for each message, with\n"
	"           sequence, its number in the queue\n"
	"           dropped, how many the queue has lost since a receiver was told\n"
	"           priority, and type (as a signed number)\n"
	"           age, seconds since it was sent\n"
	"           pid, uid, gid, of its sender\n"
	"           size, and text, or base64 when the message is not UTF-8\n"
	"           of a dead letter, origin {queue (its id), sequence, reason}\n"
	"\n"
	"A message that was received but cannot be printed is lost; that is said, "
	"and the exit status is 1.  It is 4 when there was no message, or fewer "
	"than N.\n"
	"\n"
	"Example:\n"
	"  ipcq recv jobs\n"
	"  ipcq recv pictures > picture.png\n"
	"  ipcq recv jobs --all --json | jq -r .text\n"
	"  ipcq recv jobs --type 3 --timeout 10";

enum format {
	FORMAT_DEFAULT,
	FORMAT_RAW,
	FORMAT_LINES,
	FORMAT_JSON,
};

struct reception {
	const char *name;
	uint64_t number;		/* 0: one, or all */
	bool all;
	bool kept;
	unsigned int open_flags;
	struct ipcq_queue_options open;
	struct choice choice;
	bool nonblock;
	int64_t timeout;		/* nanoseconds; negative: none */
	enum format format;
	bool newline;			/* print one after each message */

	struct ipcq_queue *queue;
	char *buffer;			/* one byte longer than @size */
	size_t size;
	uint64_t received;
};

static enum format parse_format(struct argp_state *state, const char *text)
{
	if (!strcmp(text, "raw"))
		return FORMAT_RAW;
	if (!strcmp(text, "lines"))
		return FORMAT_LINES;
	if (!strcmp(text, "json"))
		return FORMAT_JSON;
	argp_error(state, "--format: '%s' is none of raw, lines, json", text);
	return FORMAT_RAW;
}

static void check(struct reception *reception, struct argp_state *state)
{
	if (!reception->name)
		argp_error(state, "from which queue? give its name");
	if (reception->open_flags & IPCQ_PERSISTENT &&
	    reception->open_flags & IPCQ_TEMPORARY)
		argp_error(state, "give --create or --temporary, not both");
	if (reception->all && reception->number)
		argp_error(state, "give -n or --all, not both");
	if (reception->nonblock && reception->timeout >= 0)
		argp_error(state, "give --timeout or --nonblock, not both");
	if (reception->format == FORMAT_LINES ||
	    (!reception->format && (reception->all || reception->number)))
		reception->newline = true;
	else if (!reception->format)
		reception->newline = isatty(STDOUT_FILENO);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct reception *reception = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &reception->choice;
		return 0;
	case OPTION_NUMBER:
		reception->number = parse_number(state, "-n", argument, 1,
						 UINT64_MAX);
		return 0;
	case OPTION_ALL:
		reception->all = true;
		return 0;
	case OPTION_TIMEOUT:
		reception->timeout = parse_duration(state, "--timeout", argument);
		return 0;
	case OPTION_NONBLOCK:
		reception->nonblock = true;
		return 0;
	case OPTION_FORMAT:
		reception->format = parse_format(state, argument);
		return 0;
	case OPTION_JSON:
		reception->format = FORMAT_JSON;
		return 0;
	case OPTION_CREATE:
		reception->open_flags |= IPCQ_CREATE | IPCQ_PERSISTENT;
		return 0;
	case OPTION_TEMPORARY:
		reception->open_flags |= IPCQ_CREATE | IPCQ_TEMPORARY;
		return 0;
	case OPTION_KEPT:
		reception->kept = true;
		return 0;
	case OPTION_OWNER:
		reception->open_flags |= IPCQ_CHECK_OWNER;
		reception->open.owner = parse_user(state, "--owner", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (reception->name)
			argp_error(state, "one queue at a time; what is '%s'?",
				   argument);
		reception->name = parse_name(state, argument);
		return 0;
	case ARGP_KEY_END:
		check(reception, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int buffer_grow(struct reception *reception, size_t size)
{
	char *larger = realloc(reception->buffer, size + 1);

	if (!larger)
		return -ENOMEM;
	reception->buffer = larger;
	reception->size = size;
	return 0;
}

/*
 * Receive into a buffer that grows to what comes.  A message that did not fit may
 * be gone to another receiver before its length is asked: then just try again.
 */
static ssize_t receive(struct reception *reception, unsigned int flags,
		       struct ipcq_message_info *info)
{
	uint64_t deadline = reception->timeout < 0 ? IPCQ_NO_DEADLINE :
			    ipcq_deadline(reception->timeout);
	ssize_t length, next;

	for (;;) {
		length = ipcq_queue_receive_until(reception->queue,
						  reception->buffer,
						  reception->size, flags,
						  deadline, info);
		if (length != -EMSGSIZE)
			return length;
		next = ipcq_queue_next_size(reception->queue);
		if (next < 0)
			return next;
		if ((size_t)next > reception->size &&
		    buffer_grow(reception, (size_t)next))
			return -ENOMEM;
	}
}

/* Seconds since a message was sent; the kernel's clock ticks coarsely. */
static double age(uint64_t time)
{
	uint64_t now = ipcq_deadline(0);

	return now > time ? (double)(now - time) / 1e9 : 0.0;
}

/* Where a dead letter was before; NULL for others. */
static json_t *origin_json(const struct ipcq_message_info *info)
{
	if (info->origin_reason == IPCQ_NOT_MOVED)
		return NULL;
	return json_pack("{s:I, s:I, s:s}",
			 "queue", (json_int_t)info->origin_id,
			 "sequence", (json_int_t)info->origin_sequence,
			 "reason", info->origin_reason == IPCQ_EXPIRED ?
				   "expired" : "unknown");
}

static json_t *message_json(const char *payload, size_t length,
			    const struct ipcq_message_info *info)
{
	bool text = is_utf8(payload, length);
	char *encoded = NULL;
	json_t *content, *json;

	if (text) {
		content = json_stringn(payload, length);
	} else {
		encoded = base64_encode(payload, length);
		content = encoded ? json_string(encoded) : NULL;
		free(encoded);
	}
	json = json_pack("{s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:o*, s:o}",
			 "sequence", (json_int_t)info->sequence,
			 "dropped", (json_int_t)info->dropped,
			 "priority", (json_int_t)info->priority,
			 "type", (json_int_t)info->type,
			 "age", age(info->time),
			 "pid", (json_int_t)info->pid,
			 "uid", (json_int_t)info->uid,
			 "gid", (json_int_t)info->gid,
			 "size", (json_int_t)length,
			 "origin", origin_json(info),
			 text ? "text" : "base64", content);
	return json;
}

static int write_json(const char *payload, size_t length,
		      const struct ipcq_message_info *info)
{
	json_t *json = message_json(payload, length, info);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	int error = text ? 0 : -ENOMEM;

	if (!error)
		error = write_all(STDOUT_FILENO, text, strlen(text));
	if (!error)
		error = write_all(STDOUT_FILENO, "\n", 1);
	free(text);
	json_decref(json);
	return error;
}

/* What is written goes to the descriptor at once, so that an error is known. */
static int write_message(struct reception *reception, size_t length,
			 const struct ipcq_message_info *info)
{
	int error;

	if (reception->format == FORMAT_JSON) {
		error = write_json(reception->buffer, length, info);
	} else {
		if (reception->newline)
			reception->buffer[length++] = '\n';
		error = write_all(STDOUT_FILENO, reception->buffer, length);
	}
	if (!error)
		return EXIT_OK;
	complain("message %llu was received, but cannot be written and is lost: %s",
		 (unsigned long long)info->sequence, strerror(-error));
	return EXIT_FAILED;
}

static int report_receive(const struct reception *reception, int error)
{
	char *shown = printable(reception->name);
	const char *name = shown ? shown : "?";
	int code = exit_code(error);

	if (error == -EAGAIN)
		complain("'%s' is empty", name);
	else if (error == -ETIMEDOUT)
		complain("'%s' is empty, and no message came in time", name);
	else
		code = report(reception->name, error);
	if (reception->received)
		complain("%llu message%s received before",
			 (unsigned long long)reception->received,
			 reception->received == 1 ? " was" : "s were");
	free(shown);
	return code;
}

static int receive_all(struct reception *reception)
{
	uint64_t wanted = reception->number ? reception->number : 1;
	struct ipcq_message_info info;
	unsigned int flags = reception->nonblock ? IPCQ_DONTWAIT : 0;
	ssize_t length;
	int code;

	if (reception->all && reception->timeout < 0)
		flags = IPCQ_DONTWAIT;
	while (reception->all || reception->received < wanted) {
		length = receive(reception, flags, &info);
		if (length == -EAGAIN && reception->all && reception->received)
			break;
		if (length < 0)
			return report_receive(reception, (int)length);
		code = write_message(reception, (size_t)length, &info);
		if (code)
			return code;
		reception->received++;
		if (reception->all)
			flags = IPCQ_DONTWAIT;
	}
	return EXIT_OK;
}

/* Some files tell only when they are closed that a write has failed. */
static int finish_output(void)
{
	int fd = dup(STDOUT_FILENO);

	if (fd >= 0 && !close(fd))
		return EXIT_OK;
	complain("cannot write the output: %s", strerror(errno));
	return EXIT_FAILED;
}

static int subscribe(const struct reception *reception)
{
	int error = ipcq_queue_subscribe(reception->queue, IPCQ_KEPT, NULL);

	if (error != -EINVAL)
		return error ? report(reception->name, error) : EXIT_OK;
	complain("--kept is for a queue that was created with --broadcast");
	return EXIT_FAILED;
}

/* The handle receives nothing else from now on. */
static int choose(struct reception *reception)
{
	int error = ipcq_queue_set_filter(reception->queue,
					  &reception->choice.filter);

	if (error != -EINVAL)
		return error ? report(reception->name, error) : EXIT_OK;
	complain("%s is not for a queue that delivers to all",
		 reception->choice.given);
	return EXIT_FAILED;
}

static int open_queue(struct reception *reception)
{
	struct ipcq *ipcq;
	int code = connect_device(&ipcq), error;

	if (code)
		return code;
	error = ipcq_queue_open(ipcq, reception->name,
				IPCQ_READ | reception->open_flags,
				&reception->open, &reception->queue);
	ipcq_disconnect(ipcq);
	if (error < 0)
		return report(reception->name, error);
	if (reception->choice.given)
		code = choose(reception);
	if (!code && reception->kept)
		code = subscribe(reception);
	return code;
}

int cmd_recv(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &choice_argp, 0, "Which messages:", 1 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME", .doc = doc, .children = children,
	};
	struct reception reception = { .timeout = -1 };
	int code;

	parse_arguments(&argp, argc, argv, 0, &reception);
	/* A message must not be taken that can be written nowhere. */
	if (fcntl(STDOUT_FILENO, F_GETFL) < 0) {
		complain("standard output is closed");
		return EXIT_FAILED;
	}
	/* A reader that has gone is an error to be told, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	code = open_queue(&reception);
	if (!code && buffer_grow(&reception, FIRST_BUFFER)) {
		complain("out of memory");
		code = EXIT_FAILED;
	}
	if (!code)
		code = receive_all(&reception);
	if (!code)
		code = finish_output();
	ipcq_queue_close(reception.queue);
	free(reception.buffer);
	return code;
}
