// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running the command on the model: see run.h.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake.h"
#include "run.h"
#include "wraps.h"

#define MOST_WORDS	16

char output[OUTPUT_SIZE], errors[OUTPUT_SIZE];
size_t output_length;
const char *output_path;

int run_set_up(void **state)
{
	(void)state;
	fake_reset();
	output_path = NULL;
	return 0;
}

static void child(char **words, int count, FILE *in, FILE *out, FILE *err)
{
	int fd = output_path ? open(output_path, O_WRONLY) : fileno(out);

	if (dup2(fileno(in), 0) < 0 || dup2(fileno(err), 2) < 0)
		_exit(99);
	if (output_path && !*output_path)
		close(1);
	else if (dup2(fd, 1) < 0)
		_exit(99);
	exit(__real_main(count, words));
}

static size_t slurp(FILE *file, char *buffer)
{
	size_t length;

	rewind(file);
	length = fread(buffer, 1, OUTPUT_SIZE - 1, file);
	buffer[length] = '\0';
	fclose(file);
	return length;
}

/* Run with that standard input; returns the exit code. */
static int run_with(const void *input, size_t length, char **words, int count)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	int status;
	pid_t pid;

	fwrite(input, 1, length, in);
	rewind(in);
	fflush(NULL);
	pid = fork();
	if (!pid)
		child(words, count, in, out, err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fclose(in);
	output_length = slurp(out, output);
	slurp(err, errors);
	if (!WIFEXITED(status))
		fail_msg("killed by signal %d: %s", WTERMSIG(status), errors);
	return WEXITSTATUS(status);
}

int run_input(const void *input, size_t length, const char *line)
{
	char copy[1000], *words[MOST_WORDS] = { (char *)"ipcq" }, *next = copy;
	int count = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	while (next)
		words[count++] = strsep(&next, "|");
	words[count] = NULL;
	return run_with(input, length, words, count);
}

int run(const char *line)
{
	return run_input("", 0, line);
}

void assert_says(const char *part)
{
	if (!strstr(errors, part))
		fail_msg("'%s' is not in: %s", part, errors);
}

void assert_prints(const char *part)
{
	if (!strstr(output, part))
		fail_msg("'%s' is not in: %s", part, output);
}

json_t *parsed(void)
{
	json_error_t error;
	json_t *json = json_loads(output, JSON_ALLOW_NUL, &error);

	if (!json)
		fail_msg("not JSON: %s: %s", error.text, output);
	return json;
}

json_int_t number(const json_t *json, const char *field)
{
	json_t *value = json_object_get(json, field);

	if (!json_is_integer(value))
		fail_msg("%s is not a number", field);
	return json_integer_value(value);
}
