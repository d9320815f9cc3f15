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

#include "commands.h"
#include "content.h"
#include "receiver.h"
#include "util.h"

enum {
	OPTION_NUMBER = 'n',
	OPTION_ALL = 'a',
	OPTION_TIMEOUT = 't',
	OPTION_FORMAT = 'f',
	OPTION_FOLLOW = 'F',
	OPTION_NONBLOCK = OPTION_FIRST,
	OPTION_MAX_SIZE,
	OPTION_TRUNCATE,
	OPTION_PEEK,
};

static const struct argp_option options[] = {
	{ "number", OPTION_NUMBER, "N", 0, "Receive N messages", 0 },
	{ "all", OPTION_ALL, NULL, 0, "Receive all messages that are there", 0 },
	{ "follow", OPTION_FOLLOW, NULL, 0, "Receive messages without end", 0 },
	{ "max-size", OPTION_MAX_SIZE, "SIZE", 0,
	  "Fail at a message that is longer, and leave it in the queue", 0 },
	{ "truncate", OPTION_TRUNCATE, NULL, 0,
	  "With --max-size: cut such a message instead; the rest of it is lost", 0 },
	{ "peek", OPTION_PEEK, NULL, 0, "Print messages, and leave them in the queue", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Wait at most this long for each message; with --all, for the first", 0 },
	{ "nonblock", OPTION_NONBLOCK, NULL, 0, "Do not wait for a message", 0 },
	{ "format", OPTION_FORMAT, "FORMAT", 0,
	  "How to print: raw, lines or json", 0 },
	{ "json", OPTION_JSON, NULL, 0, "The same as --format json", 0 },
	{ 0 }
};

static const char doc[] =
	"Receive one message from the queue NAME, or N, or all that are there, or all "
	"that come, and print them.\v"
	"Formats:\n"
	"  raw    the bytes of the messages and nothing else; the default for one\n"
	"         message (on a terminal a newline follows it)\n"
	"  lines  a newline after each message; the default with -n, --all or --follow\n"
	"  json   an object on a line for each message, with\n"
	"           sequence, its number in the queue\n"
	"           dropped, how many the queue has lost since a receiver was told\n"
	"           redeliveries, how often it was received before, under leases\n"
	"           priority, and type (as a signed number)\n"
	"           age, seconds since it was sent\n"
	"           pid, uid, gid, of its sender\n"
	"           descriptors, how many it carried (they are closed)\n"
	"           size, and text, or base64 when the message is not UTF-8\n"
	"           of a dead letter, origin {queue (its id), sequence, reason}\n"
	"           of one that was cut, truncated (true); size is the whole one\n"
	"\n"
	"A message that was received but cannot be printed is lost; that is said, "
	"and the exit status is 1.  It is 4 when there was no message, or fewer "
	"than N.  A request, as of 'ipcq call', is refused and printed.  Where messages "
	"must not be lost, 'ipcq serve --lease' runs a command for each.\n"
	"\n"
	"With --peek nothing is received: messages are printed in the order in which they "
	"would be, the first, or N, or all that are there, or also those that come; and "
	"'dropped' is 0.\n"
	"\n"
	"Example:\n"
	"  ipcq recv jobs\n"
	"  ipcq recv pictures > picture.png\n"
	"  ipcq recv jobs --all --json | jq -r .text\n"
	"  ipcq recv news --follow >> log\n"
	"  ipcq recv jobs --peek --all\n"
	"  ipcq recv jobs --type 3 --timeout 10";

enum format {
	FORMAT_DEFAULT,
	FORMAT_RAW,
	FORMAT_LINES,
	FORMAT_JSON,
};

struct reception {
	struct receiver from;
	uint64_t number;		/* 0: one, or all */
	bool all;
	bool follow;
	bool nonblock;
	int64_t timeout;		/* nanoseconds; negative: none */
	enum format format;
	bool newline;			/* print one after each message */
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
	if (!reception->from.name)
		argp_error(state, "from which queue? give its name");
	if (reception->all + reception->follow + !!reception->number > 1)
		argp_error(state, "give one of -n, --all and --follow");
	if (reception->nonblock && reception->follow)
		argp_error(state, "give --follow or --nonblock, not both");
	if (reception->from.truncate && !reception->from.max_size)
		argp_error(state, "--truncate needs --max-size");
	if (reception->nonblock && reception->timeout >= 0)
		argp_error(state, "give --timeout or --nonblock, not both");
	if (reception->format == FORMAT_LINES ||
	    (!reception->format &&
	     (reception->all || reception->follow || reception->number)))
		reception->newline = true;
	else if (!reception->format)
		reception->newline = isatty(STDOUT_FILENO);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct reception *reception = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &reception->from;
		return 0;
	case OPTION_NUMBER:
		reception->number = parse_number(state, "-n", argument, 1,
						 UINT64_MAX);
		return 0;
	case OPTION_ALL:
		reception->all = true;
		return 0;
	case OPTION_FOLLOW:
		reception->follow = true;
		return 0;
	case OPTION_MAX_SIZE:
		reception->from.max_size = parse_size(state, "--max-size", argument,
						      1, UINT32_MAX);
		return 0;
	case OPTION_TRUNCATE:
		reception->from.truncate = true;
		return 0;
	case OPTION_PEEK:
		reception->from.peek = true;
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
	case ARGP_KEY_ARG:
		if (reception->from.name)
			argp_error(state, "one queue at a time; what is '%s'?",
				   argument);
		reception->from.name = parse_name(state, argument);
		return 0;
	case ARGP_KEY_END:
		check(reception, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Seconds since a message was sent; the kernel's clock ticks coarsely. */
static double age(uint64_t time)
{
	uint64_t now = ipcq_deadline(0);

	return now > time ? (double)(now - time) / 1e9 : 0.0;
}

static const char *reason_name(uint32_t reason)
{
	switch (reason) {
	case IPCQ_EXPIRED:
		return "expired";
	case IPCQ_REDELIVERED:
		return "redelivered";
	default:
		return "unknown";
	}
}

/* Where a dead letter was before; NULL for others. */
static json_t *origin_json(const struct ipcq_message_info *info)
{
	if (info->origin_reason == IPCQ_NOT_MOVED)
		return NULL;
	return json_pack("{s:I, s:I, s:s}",
			 "queue", (json_int_t)info->origin_id,
			 "sequence", (json_int_t)info->origin_sequence,
			 "reason", reason_name(info->origin_reason));
}

/* @length: the message's; @size: how much of it is there */
static json_t *message_json(const char *payload, size_t length, size_t size,
			    const struct ipcq_message_info *info)
{
	json_t *json = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:o*, s:o*}",
		"sequence", (json_int_t)info->sequence,
		"dropped", (json_int_t)info->dropped,
		"redeliveries", (json_int_t)info->redeliveries,
		"priority", (json_int_t)info->priority,
		"type", (json_int_t)info->type,
		"age", age(info->time),
		"pid", (json_int_t)info->pid,
		"uid", (json_int_t)info->uid,
		"gid", (json_int_t)info->gid,
		"descriptors", (json_int_t)info->fd_count,
		"size", (json_int_t)length,
		"origin", origin_json(info),
		"truncated", size < length ? json_true() : NULL);

	if (json && content_add(json, payload, size)) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

/* Who calls and meets a command that does not reply shall not wait for it. */
static void refuse(const struct reception *reception,
		   const struct ipcq_message_info *info)
{
	if (info->token)
		ipcq_queue_refuse(reception->from.queue, info->token, ENOTCONN);
}

/* What is written goes to the descriptor at once, so that an error is known. */
static int write_message(struct reception *reception, size_t length,
			 const struct ipcq_message_info *info)
{
	char *buffer = reception->from.buffer;
	size_t size = length;
	int error;

	if (size > reception->from.size)
		size = reception->from.size;
	if (reception->format == FORMAT_JSON) {
		error = write_json_line(message_json(buffer, length, size, info));
	} else {
		if (reception->newline)
			buffer[size++] = '\n';
		error = write_all(STDOUT_FILENO, buffer, size);
	}
	if (!error)
		return EXIT_OK;
	complain(reception->from.peek ?
		 "message %llu cannot be written: %s" :
		 "message %llu was received, but cannot be written and is lost: %s",
		 (unsigned long long)info->sequence, strerror(-error));
	return EXIT_FAILED;
}

static int report_receive(const struct reception *reception, int error)
{
	char *shown = printable(reception->from.name);
	const char *name = shown ? shown : "?";
	int code = exit_code(error);

	if (reception->from.peek && reception->received &&
	    (error == -EAGAIN || error == -ETIMEDOUT))
		complain("there are no more messages in '%s'", name);
	else if (reception->from.peek && error == -EINVAL)
		complain("a queue that delivers to all cannot be peeked at");
	else if (error == -EAGAIN)
		complain("'%s' is empty", name);
	else if (error == -EMSGSIZE)
		complain("the next message is longer than --max-size, and stays in '%s'",
			 name);
	else if (error == -ETIMEDOUT)
		complain("'%s' is empty, and no message came in time", name);
	else
		code = report(reception->from.name, error);
	if (reception->received)
		complain("%llu message%s %s before",
			 (unsigned long long)reception->received,
			 reception->received == 1 ? " was" : "s were",
			 reception->from.peek ? "printed" : "received");
	free(shown);
	return code;
}

static uint64_t deadline(const struct reception *reception)
{
	return reception->timeout < 0 ? IPCQ_NO_DEADLINE :
					ipcq_deadline(reception->timeout);
}

static int receive_all(struct reception *reception)
{
	uint64_t wanted = reception->number ? reception->number : 1;
	struct ipcq_message_info info = { .sequence = 0 };
	unsigned int flags = reception->nonblock ? IPCQ_DONTWAIT : 0;
	ssize_t length;
	int code;

	if (reception->all && reception->timeout < 0)
		flags = IPCQ_DONTWAIT;
	while (reception->all || reception->follow || reception->received < wanted) {
		length = receiver_receive(&reception->from, NULL, flags,
					  deadline(reception), &info);
		if (length == -EAGAIN && reception->all && reception->received)
			break;
		if (length < 0)
			return report_receive(reception, (int)length);
		refuse(reception, &info);
		code = write_message(reception, (size_t)length, &info);
		if (code)
			return code;
		reception->received++;
		if (reception->all)
			flags = IPCQ_DONTWAIT;
	}
	return EXIT_OK;
}

int cmd_recv(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &receiver_argp, 0, NULL, 0 }, { 0 }
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
	code = receiver_open(&reception.from);
	if (!code)
		code = receive_all(&reception);
	if (!code)
		code = finish_output();
	receiver_close(&reception.from);
	return code;
}
