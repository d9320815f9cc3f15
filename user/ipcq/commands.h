/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of ipcq, one file each, and their exit codes.
 *
 * Adding one: a function here, a line in the table of main.c.
 */
#ifndef IPCQ_COMMANDS_H
#define IPCQ_COMMANDS_H

struct ipcq_command {
	const char *name;
	const char *summary;
	/* argv[0] is the subcommand's name; returns an exit code. */
	int (*run)(int argc, char **argv);
};

enum {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,	/* the operation failed */
	EXIT_USAGE	= 2,	/* the command line is wrong */
	EXIT_MODULE	= 3,	/* module not loaded, or device not accessible */
	EXIT_WAIT	= 4,	/* it would block, or it timed out */
	EXIT_REFUSED	= 5,	/* permission or quota */
	/* Of a call: */
	EXIT_SERVER_REFUSED = 6,
	EXIT_SERVER_ENDED = 7,
	EXIT_NO_SERVER	= 8,	/* received by who cannot reply */
};

int cmd_bench(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_drain(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_show(int argc, char **argv);

#endif /* IPCQ_COMMANDS_H */
