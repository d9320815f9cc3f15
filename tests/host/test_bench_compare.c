// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The comparison of counted instructions, by the command itself, whose path is in
 * IPCQ_COMMAND: that it fails when it must, and only then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Instructions of one file; 0 leaves a cell out. */
struct figures {
	const char *kernel;
	double pipe;
	double queue;
	double queue_touched;
	double native;
	const char *scheduling;
};

static const struct figures usual = { "6.1 x86_64", 1000, 800, 900, 500, "batch" };

struct files {
	char folder[64];
	char baseline[96];
	char result[96];
	char output[96];
};

/* What a cell differs from itself by excuses nothing. */
static void add_cell(json_t *cells, const char *mechanism, double value,
		     double touched)
{
	if (value > 0)
		json_array_append_new(cells, json_pack("{s:s, s:s, s:i, s:f, s:f, s:f}",
			"mechanism", mechanism, "mode", "stream", "size", 64,
			"instructions", value, "instructions_touched", touched,
			"spread", 0.5));
}

static void write_figures(const char *path, const struct figures *figures)
{
	json_t *cells = json_array(), *file;

	add_cell(cells, "ipcq-queue", figures->queue, figures->queue_touched);
	add_cell(cells, "pipe", figures->pipe, figures->pipe);
	add_cell(cells, "posix-mq", figures->native, figures->native);
	file = json_pack("{s:s, s:i, s:{s:s}, s:{s:s}, s:o}", "format", "ipcq-cost",
			 "version", 2, "environment", "kernel", figures->kernel,
			 "settings", "scheduling", figures->scheduling,
			 "cells", cells);
	assert_non_null(file);
	assert_int_equal(json_dump_file(file, path, 0), 0);
	json_decref(file);
}

/* Runs the comparison with what it prints in files->output; its exit status. */
static int run(const struct files *files, const char *baseline, const char *result)
{
	const char *command = getenv("IPCQ_COMMAND");
	pid_t pid = fork();
	int status, fd;

	assert_non_null(command);
	if (pid == 0) {
		fd = open(files->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		execl(command, command, "bench", "--compare", baseline, result,
		      (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int compare(const struct files *files, const struct figures *before,
		   const struct figures *now)
{
	write_figures(files->baseline, before);
	write_figures(files->result, now);
	return run(files, files->baseline, files->result);
}

static void assert_said(const struct files *files, const char *text)
{
	char output[4096];
	FILE *file = fopen(files->output, "re");
	size_t length;

	assert_non_null(file);
	length = fread(output, 1, sizeof(output) - 1, file);
	fclose(file);
	output[length] = '\0';
	if (!strstr(output, text))
		fail_msg("'%s' is not in: %s", text, output);
}

static void test_same_passes(void **state)
{
	assert_int_equal(compare(*state, &usual, &usual), 0);
	assert_said(*state, "2 figures compared: 0 worse");
}

static void test_worse_fails(void **state)
{
	struct figures now = usual;

	now.queue *= 1.031;
	assert_int_equal(compare(*state, &usual, &now), 1);
	assert_said(*state, "WORSE");
	assert_said(*state, "1 worse by more than 3 %");
}

static void test_worse_touched_fails(void **state)
{
	struct figures now = usual;

	now.queue_touched *= 1.031;
	assert_int_equal(compare(*state, &usual, &now), 1);
}

static void test_little_worse_passes(void **state)
{
	struct figures now = usual;

	now.queue *= 1.029;
	assert_int_equal(compare(*state, &usual, &now), 0);
}

static void test_other_scheduling_is_refused(void **state)
{
	struct figures now = usual;

	now.scheduling = "normal";
	assert_int_equal(compare(*state, &usual, &now), 1);
	assert_said(*state, "scheduled differently");
}

/* Where all takes longer, the pipe too, nothing of ours has become slower. */
static void test_ratios_count(void **state)
{
	struct figures now = { usual.kernel, 2000, 1600, 1800, 500, "batch" };

	assert_int_equal(compare(*state, &usual, &now), 0);
	now.pipe = 1900;
	assert_int_equal(compare(*state, &usual, &now), 1);
}

static void test_natives_may_change(void **state)
{
	struct figures now = usual;

	now.native *= 2;
	assert_int_equal(compare(*state, &usual, &now), 0);
}

static void test_missing_fails(void **state)
{
	struct figures now = usual;

	now.queue = 0;
	assert_int_equal(compare(*state, &usual, &now), 1);
	assert_said(*state, "MISSING");
	now = usual;
	now.pipe = 0;
	assert_int_equal(compare(*state, &usual, &now), 1);
}

static void test_other_kernel_is_reported(void **state)
{
	struct figures now = usual;

	now.kernel = "6.12 x86_64";
	now.queue *= 2;
	assert_int_equal(compare(*state, &usual, &now), 0);
	assert_said(*state, "another kernel");
	assert_said(*state, "WORSE");
}

static void test_baseline_must_say_something(void **state)
{
	struct figures before = usual;

	before.queue = 0;
	assert_int_equal(compare(*state, &before, &usual), 1);
}

static void test_other_files_fail(void **state)
{
	const struct files *files = *state;
	json_t *file = json_pack("{s:s, s:i, s:[]}", "format", "ipcq-bench",
				 "version", 1, "cells");

	assert_int_equal(compare(files, &usual, &usual), 0);
	assert_int_equal(run(files, "/nonexistent", files->result), 1);
	assert_int_equal(run(files, files->baseline, "/dev/null"), 1);
	assert_int_equal(json_dump_file(file, files->result, 0), 0);
	json_decref(file);
	assert_int_equal(run(files, files->baseline, files->result), 1);
	assert_said(files, "not a file of ipcq bench --cost");
}

static int make_folder(void **state)
{
	static struct files files;

	strcpy(files.folder, "/tmp/ipcq-compare-XXXXXX");
	if (!mkdtemp(files.folder))
		return -1;
	snprintf(files.baseline, sizeof(files.baseline), "%s/baseline", files.folder);
	snprintf(files.result, sizeof(files.result), "%s/result", files.folder);
	snprintf(files.output, sizeof(files.output), "%s/output", files.folder);
	*state = &files;
	return 0;
}

static int remove_folder(void **state)
{
	const struct files *files = *state;

	unlink(files->baseline);
	unlink(files->result);
	unlink(files->output);
	return rmdir(files->folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_passes),
		cmocka_unit_test(test_worse_fails),
		cmocka_unit_test(test_worse_touched_fails),
		cmocka_unit_test(test_little_worse_passes),
		cmocka_unit_test(test_other_scheduling_is_refused),
		cmocka_unit_test(test_ratios_count),
		cmocka_unit_test(test_natives_may_change),
		cmocka_unit_test(test_missing_fails),
		cmocka_unit_test(test_other_kernel_is_reported),
		cmocka_unit_test(test_baseline_must_say_something),
		cmocka_unit_test(test_other_files_fail),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
