// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq - message queues and shared memory regions from the command line
 *
 * Here: the table of subcommands, and finding the one that is meant.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "main.h"
#include "util.h"

#ifndef IPCQ_VERSION
#define IPCQ_VERSION "0.1.0"
#endif

const char *argp_program_version = "ipcq " IPCQ_VERSION;

const char *running_command;

static const struct ipcq_command commands[] = {
	{ "info", "Tell what the module can do, its limits and their use", cmd_info },
	{ "ls", "List queues and regions", cmd_ls },
	{ "show", "Show everything about one of them", cmd_show },
	{ "create", "Create a queue or a region that stays", cmd_create },
	{ "rm", "Remove names", cmd_rm },
	{ "set", "Change a queue, or set limits", cmd_set },
	{ "send", "Send messages to a queue", cmd_send },
	{ "recv", "Receive messages from a queue", cmd_recv },
	{ "call", "Send a request to a queue and wait for the reply", cmd_call },
	{ "serve", "Run a command for each message, and reply to calls", cmd_serve },
	{ "drain", "Remove messages from a queue", cmd_drain },
	{ "bench", "Compare ipcq with the native mechanisms", cmd_bench },
};

#define COMMANDS	(sizeof(commands) / sizeof(*commands))

static const char doc[] =
	"Message queues and shared memory regions of the ipcq kernel module.\v"
	"'ipcq help COMMAND' and 'ipcq COMMAND --help' tell about one of them.\n"
	"\n"
	"Example:\n"
	"  ipcq create jobs\n"
	"  ipcq send jobs 'first job'\n"
	"  ipcq recv jobs\n"
	"\n"
	"Exit status: 0 success, 1 the operation failed, 2 wrong command line,\n"
	"3 module not loaded or device not accessible, 4 it would block or timed\n"
	"out, 5 refused by permissions or limits, 6 to 8 see 'ipcq help call'.";

/* Puts the list of commands between the options and the rest. */
static char *help_filter(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size, i;
	FILE *stream;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	stream = open_memstream(&list, &size);
	if (!stream)
		return (char *)text;
	fputs("Commands:\n", stream);
	for (i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fprintf(stream, "\n%s", text);
	/* argp frees what is not the text it gave. */
	return fclose(stream) ? (char *)text : list;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	int *first = state->input;

	(void)argument;
	switch (key) {
	case ARGP_KEY_ARG:
		/* From here on everything is the subcommand's. */
		*first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp main_argp = {
	.parser = parse_option,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = doc,
	.help_filter = help_filter,
};

static int run(int argc, char **argv)
{
	int code, flushed;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[0], commands[i].name))
			break;
	if (i == COMMANDS) {
		complain("there is no command '%s'; 'ipcq --help' lists them",
			 argv[0]);
		return EXIT_USAGE;
	}
	running_command = commands[i].name;
	code = commands[i].run(argc, argv);
	flushed = flush_output();
	return code ? code : flushed;
}

/* "ipcq help" and "ipcq help COMMAND" are other ways to write --help. */
static int help(int argc, char **argv)
{
	char option[] = "--help";
	char *arguments[] = { argv[1], option, NULL };

	if (argc > 1)
		return run(2, arguments);
	argp_help(&main_argp, stdout, ARGP_HELP_STD_HELP, (char *)"ipcq");
	return flush_output();
}

int main(int argc, char **argv)
{
	int first = argc;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &first);
	argc -= first;
	argv += first;
	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	return run(argc, argv);
}
