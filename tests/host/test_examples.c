// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The examples do what they say, on the model of the module.  They are programs of
 * their own in the directory "examples" beside this one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Run the example, which must print just that and exit with 0. */
static void runs(const char *name, const char *expected)
{
	char path[4096], command[5000], output[1000];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t got;
	FILE *pipe;

	assert_true(length > 0);
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	/* What a short example leaves to its end is no leak. */
	snprintf(command, sizeof(command),
		 "ASAN_OPTIONS=detect_leaks=0 '%s/examples/%s' 2>&1", path, name);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	got = fread(output, 1, sizeof(output) - 1, pipe);
	output[got] = '\0';
	assert_string_equal(output, expected);
	assert_int_equal(pclose(pipe), 0);
}

static void hello(void **state)
{
	(void)state;
	runs("hello", "hello, parent\n");
}

static void account(void **state)
{
	(void)state;
	runs("account", "3 transfers are done\n"
	     "a holder died; the accounts read 60 and 30\n"
	     "the accounts are 60 and 40\n");
}

static void raw_ioctl(void **state)
{
	(void)state;
	runs("raw_ioctl", "message 1: the child has counted\n"
	     "20000 of 20000 counts\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello), cmocka_unit_test(account),
		cmocka_unit_test(raw_ioctl),
	};

	return cmocka_run_group_tests_name("examples", tests, NULL, NULL);
}
