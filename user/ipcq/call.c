// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq call - send a request and print the reply
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
#include "sender.h"
#include "util.h"

#define FIRST_BUFFER	65536

enum {
	OPTION_STDIN = 'i',
	OPTION_TIMEOUT = 't',
	OPTION_NEED_SERVER = OPTION_FIRST,
	OPTION_MAX_SIZE,
};

static const struct argp_option options[] = {
	{ "stdin", OPTION_STDIN, NULL, 0,
	  "The request is all of standard input; so it is with '-' for REQUEST, and "
	  "without REQUEST where standard input is not a terminal", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Wait at most this long in all, for room and for the reply", 0 },
	{ "need-server", OPTION_NEED_SERVER, NULL, 0,
	  "Fail at once when nobody receives from the queue", 0 },
	{ "max-size", OPTION_MAX_SIZE, "SIZE", 0,
	  "Fail when the reply is longer", 0 },
	{ "json", OPTION_JSON, NULL, 0, "Print JSON; the fields are named below", 0 },
	{ 0 }
};

static const char doc[] =
	"Send REQUEST, or standard input, to the queue NAME, wait for the reply, and "
	"print it.\v"
	"The reply is printed as it is; on a terminal a newline follows it.  'ipcq "
	"serve' answers requests.  The time to live of a request is how long it may "
	"wait for a server.\n"
	"\n"
	"JSON: an object with seconds (that the call took); size, and text, or base64 "
	"when the reply is not UTF-8; or, when the server refused, refusal, its number\n"
	"\n"
	"Exit status, besides those of 'ipcq --help':\n"
	"  4  no reply in time, or nobody received the request in its time to live,\n"
	"     or with --need-server nobody receives\n"
	"  6  the server refused; its number is told (of 'ipcq serve': the exit\n"
	"     status of the command)\n"
	"  7  the server ended before it replied; whether it has done something is\n"
	"     not known\n"
	"  8  the request was received as a plain message, by who does not reply, or\n"
	"     refused with ENOTCONN, 107, as 'ipcq recv' does\n"
	"\n"
	"Example:\n"
	"  ipcq call upper 'some words'\n"
	"  ipcq call thumbnails --timeout 10 < picture.png > small.png";

struct calling {
	struct sender to;
	const char *request;		/* NULL: standard input */
	bool whole;			/* standard input, as was said */
	bool json;
	int64_t timeout;		/* nanoseconds; negative: none */
	uint64_t max_size;

	char *reply;			/* one byte longer than @size */
	size_t size;
	uint64_t began;
};

static void check(struct calling *calling, struct argp_state *state)
{
	if (!calling->to.name)
		argp_error(state, "of which queue? give its name");
	if (calling->whole && calling->request)
		argp_error(state, "give a request or --stdin, not both");
	if (!calling->whole && !calling->request && isatty(STDIN_FILENO))
		argp_error(state, "request what? give a request or --stdin");
}

static void parse_argument(struct calling *calling, char *argument,
			   struct argp_state *state)
{
	if (!calling->to.name)
		calling->to.name = parse_name(state, argument);
	else if (calling->request || calling->whole)
		argp_error(state, "one request at a time; what is '%s'?", argument);
	else if (!strcmp(argument, "-"))
		calling->whole = true;
	else
		calling->request = argument;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct calling *calling = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &calling->to;
		return 0;
	case OPTION_STDIN:
		calling->whole = true;
		return 0;
	case OPTION_TIMEOUT:
		calling->timeout = parse_duration(state, "--timeout", argument);
		return 0;
	case OPTION_NEED_SERVER:
		calling->to.flags |= IPCQ_NEED_RECEIVER;
		return 0;
	case OPTION_MAX_SIZE:
		calling->max_size = parse_size(state, "--max-size", argument, 0,
					       UINT32_MAX);
		return 0;
	case OPTION_JSON:
		calling->json = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_argument(calling, argument, state);
		return 0;
	case ARGP_KEY_END:
		check(calling, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_reply(struct calling *calling, json_t *json, size_t length)
{
	int error;

	if (calling->json) {
		if (json && content_add(json, calling->reply, length)) {
			json_decref(json);
			json = NULL;
		}
		error = write_json_line(json);
	} else {
		if (isatty(STDOUT_FILENO))
			calling->reply[length++] = '\n';
		error = write_all(STDOUT_FILENO, calling->reply, length);
	}
	if (!error)
		return finish_output();
	complain("the reply cannot be written: %s", strerror(-error));
	return EXIT_FAILED;
}

static double elapsed(const struct calling *calling)
{
	return (double)(ipcq_deadline(0) - calling->began) / 1e9;
}

static int report_refusal(const struct calling *calling, uint32_t refusal)
{
	complain("the server refused, with %lu", (unsigned long)refusal);
	if (calling->json &&
	    write_json_line(json_pack("{s:f, s:I}", "seconds", elapsed(calling),
				      "refusal", (json_int_t)refusal)))
		complain("cannot write the output");
	return EXIT_SERVER_REFUSED;
}

static int report_call(const struct calling *calling, int error,
		       const struct ipcq_call_info *info)
{
	char *shown = printable(calling->to.name);
	const char *name = shown ? shown : "?";
	int code;

	if (error == -EREMOTEIO && info->refusal == ENOTCONN)
		error = -ENOTCONN;
	code = exit_code(error);
	if (error == -EREMOTEIO)
		code = report_refusal(calling, info->refusal);
	else if (error == -ECONNRESET)
		complain("the server ended before it replied");
	else if (error == -ENOTCONN)
		complain("the request was received by who does not reply; is there a server at '%s'?",
			 name);
	else if (error == -ETIMEDOUT)
		complain("no reply from '%s' in time", name);
	else if (error == -ETIME)
		complain("nobody received the request from '%s' in its time to live",
			 name);
	else if (error == -ECANCELED)
		complain("'%s' was full, and has dropped the request", name);
	else if (error == -EINVAL && calling->to.info.delivery == IPCQ_TO_ALL)
		complain("'%s' delivers to all, and so cannot be called", name);
	else if (error == -EMSGSIZE && info->token)
		complain("the reply has %llu bytes, which is more than --max-size",
			 (unsigned long long)info->length);
	else
		code = sender_report(&calling->to, error);
	free(shown);
	return code;
}

static int buffer_grow(struct calling *calling, uint64_t size)
{
	char *larger;

	if (size > calling->max_size)
		return -EMSGSIZE;
	larger = realloc(calling->reply, size + 1);
	if (!larger)
		return -ENOMEM;
	calling->reply = larger;
	calling->size = size;
	return 0;
}

/* A reply that is longer than the buffer is kept until it is fetched. */
static ssize_t call_queue(struct calling *calling, const char *request, size_t length,
			  struct ipcq_call_info *info)
{
	uint64_t deadline = calling->timeout < 0 ? IPCQ_NO_DEADLINE :
			    ipcq_deadline(calling->timeout);
	ssize_t got = ipcq_queue_call(calling->to.queue, request, length,
				      calling->reply, calling->size,
				      &calling->to.options, calling->to.flags,
				      deadline, info);
	int error;

	if (got != -EMSGSIZE || !info->token)
		return got;
	error = buffer_grow(calling, info->length);
	return error ? error :
	       ipcq_queue_result(calling->to.queue, info->token, calling->reply,
				 calling->size, 0, deadline, info);
}

static int run_call(struct calling *calling, const char *request, size_t length)
{
	struct ipcq_call_info info = { 0 };
	json_t *json = NULL;
	ssize_t got;

	calling->began = ipcq_deadline(0);
	got = call_queue(calling, request, length, &info);
	if (got < 0)
		return report_call(calling, (int)got, &info);
	if (calling->json)
		json = json_pack("{s:f, s:I}", "seconds", elapsed(calling),
				 "size", (json_int_t)got);
	return write_reply(calling, json, (size_t)got);
}

static int call_with_input(struct calling *calling)
{
	char *request;
	size_t length;
	int code = sender_read_input(&calling->to, &request, &length);

	if (code)
		return code;
	code = run_call(calling, request, length);
	free(request);
	return code;
}

int cmd_call(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &sender_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_option,
		.args_doc = "NAME [REQUEST]", .doc = doc, .children = children,
	};
	struct calling calling = { .timeout = -1, .max_size = UINT32_MAX };
	size_t first;
	int code;

	parse_arguments(&argp, argc, argv, 0, &calling);
	/* Nothing must be asked for whose answer can be written nowhere. */
	if (fcntl(STDOUT_FILENO, F_GETFL) < 0) {
		complain("standard output is closed");
		return EXIT_FAILED;
	}
	/* A reader that has gone is an error to be told, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	code = sender_open(&calling.to);
	first = calling.max_size < FIRST_BUFFER ? calling.max_size : FIRST_BUFFER;
	if (!code && buffer_grow(&calling, first)) {
		complain("out of memory");
		code = EXIT_FAILED;
	}
	if (!code)
		code = calling.request ?
		       run_call(&calling, calling.request, strlen(calling.request)) :
		       call_with_input(&calling);
	ipcq_queue_close(calling.to.queue);
	free(calling.reply);
	return code;
}
