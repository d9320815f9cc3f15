/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running command lines by a shell, for the tests of the command.
 */
#ifndef IPCQ_TESTS_SHELL_H
#define IPCQ_TESTS_SHELL_H

#include "common.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The exit codes that the command documents. */
enum {
	OK, FAILED, USAGE, NO_DEVICE, WOULD_BLOCK, REFUSED,
	SERVER_REFUSED, SERVER_ENDED, NO_SERVER,
};

/* What the last command printed, errors included. */
static char output[65536];

static int run(const char *line)
{
	char command[1024];
	size_t length;
	int status;
	FILE *pipe;

	snprintf(command, sizeof(command), "{ %s ; } 2>&1", line);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = 0;
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs a command line, which must end and print as said. */
static void check_(const char *line, int code, const char *text, bool all,
		   const char *file, int number)
{
	int result = run(line);
	bool printed = all ? !strcmp(output, text) : !!strstr(output, text);

	if (result == code && printed)
		return;
	print_error("'%s' ended with %d and printed:\n%s\n", line, result, output);
	_fail(file, number);
}

#define check(line, code)	check_(line, code, "", false, __FILE__, __LINE__)
#define check_says(line, code, text)					\
	check_(line, code, text, false, __FILE__, __LINE__)
#define check_prints(line, text)					\
	check_(line, OK, text, true, __FILE__, __LINE__)

#endif /* IPCQ_TESTS_SHELL_H */
