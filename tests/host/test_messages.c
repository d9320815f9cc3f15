// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipcq send and ipcq recv on a model of the module: that bytes go through as they
 * are, and that what fails is told.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "commands.h"
#include "fake/fake.h"
#include "fake/run.h"
#include "fake/wraps.h"

static void arguments_are_messages(void **state)
{
	(void)state;
	assert_int_equal(run("send|none|x"), EXIT_FAILED);
	assert_says("no such object");
	assert_int_equal(run("send|--create|q|one||two"), EXIT_OK);
	assert_int_equal(run("recv|q"), EXIT_OK);
	assert_string_equal(output, "one");
	assert_int_equal(run("recv|q|-n|2"), EXIT_OK);
	assert_string_equal(output, "\ntwo\n");
	assert_int_equal(run("recv|q|--nonblock"), EXIT_WAIT);
	assert_says("empty");
	assert_int_equal(run("recv|q|--timeout|0.01"), EXIT_WAIT);
	assert_int_equal(run("recv|q|--all"), EXIT_WAIT);
	assert_int_equal(run("send|q|a|b"), EXIT_OK);
	assert_int_equal(run("recv|q|-n|3|--timeout|0"), EXIT_WAIT);
	assert_string_equal(output, "a\nb\n");
	assert_says("2 messages were received before");
	assert_int_equal(run("send|q|--|-x"), EXIT_OK);
	assert_int_equal(run("recv|q|--all|--format|raw"), EXIT_OK);
	assert_string_equal(output, "-x");
	/* Several go in one call, as far as there is room, and it is said how far. */
	assert_int_equal(run("create|two|--messages|2"), EXIT_OK);
	assert_int_equal(run("send|two|a|b|c|--nonblock"), EXIT_WAIT);
	assert_says("2 messages were sent before");
	assert_int_equal(fake_find("two")->queue.count, 2);
}

static void bytes_go_through(void **state)
{
	static char payload[1 << 20];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (char)(i * 7 + i / 251);
	assert_int_equal(run("create|q"), EXIT_OK);
	assert_int_equal(run_input(payload, sizeof(payload), "send|q"), EXIT_OK);
	assert_int_equal(run("recv|q"), EXIT_OK);
	assert_int_equal(output_length, sizeof(payload));
	assert_memory_equal(output, payload, sizeof(payload));
	assert_int_equal(run_input("", 0, "send|q|--stdin"), EXIT_OK);
	assert_int_equal(run("recv|q"), EXIT_OK);
	assert_int_equal(output_length, 0);
	assert_int_equal(run("create|small|--message-size|10"), EXIT_OK);
	assert_int_equal(run_input(payload, 11, "send|small"), EXIT_FAILED);
	assert_says("at most 10 bytes");
	assert_int_equal(fake_find("small")->queue.count, 0);
}

static void lines_are_messages(void **state)
{
	(void)state;
	assert_int_equal(run("create|q|--messages|3"), EXIT_OK);
	assert_int_equal(run_input("a\0b\n\nlast", 9, "send|q|--lines"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.count, 3);
	assert_int_equal(run("recv|q|--all"), EXIT_OK);
	assert_int_equal(output_length, 10);
	assert_memory_equal(output, "a\0b\n\nlast\n", 10);
	assert_int_equal(run_input("1\n2\n3\n4\n", 8, "send|q|--lines|--nonblock"),
			 EXIT_WAIT);
	assert_says("full");
	assert_says("3 messages were sent before");
	assert_int_equal(run("send|q|x|--timeout|0.01"), EXIT_WAIT);
	assert_says("no room in time");
}

static void json_messages(void **state)
{
	json_t *json;

	(void)state;
	assert_int_equal(run("create|q"), EXIT_OK);
	assert_int_equal(run_input("h\xc3\xa9\0\"", 5, "send|q"), EXIT_OK);
	assert_int_equal(run("recv|q|--json"), EXIT_OK);
	json = parsed();
	assert_int_equal(number(json, "size"), 5);
	assert_int_equal(number(json, "sequence"), 1);
	assert_int_equal(json_string_length(json_object_get(json, "text")), 5);
	assert_memory_equal(json_string_value(json_object_get(json, "text")),
			    "h\xc3\xa9\0\"", 5);
	json_decref(json);
	assert_int_equal(run_input("\xff\xfe\x00\x01", 4, "send|q"), EXIT_OK);
	assert_int_equal(run("recv|q|--format|json"), EXIT_OK);
	json = parsed();
	assert_string_equal(json_string_value(json_object_get(json, "base64")),
			    "//4AAQ==");
	json_decref(json);
}

static void output_that_fails_is_told(void **state)
{
	(void)state;
	assert_int_equal(run("create|q"), EXIT_OK);
	assert_int_equal(run("send|q|a|b"), EXIT_OK);
	output_path = "/dev/full";
	assert_int_equal(run("recv|q"), EXIT_FAILED);
	assert_says("message 1 was received, but cannot be written");
	/* With no standard output at all, nothing is taken. */
	output_path = "";
	assert_int_equal(run("recv|q"), EXIT_FAILED);
	assert_int_equal(fake_find("q")->queue.count, 1);
}

static void refusals(void **state)
{
	(void)state;
	assert_int_equal(run("create|q"), EXIT_OK);
	fake_find("q")->mode = 0;
	assert_int_equal(run("send|q|x"), EXIT_REFUSED);
	assert_says("permissions");
	assert_int_equal(run("recv|q"), EXIT_REFUSED);
	fake_find("q")->mode = 0600;
	fake->fail_call = IPCQ_IOC_QUEUE_SEND_MANY;
	fake->fail_error = EDQUOT;
	assert_int_equal(run("send|q|x"), EXIT_REFUSED);
	assert_says("'ipcq info'");
}

#define TEST(function)	cmocka_unit_test_setup(function, run_set_up)

int __wrap_main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arguments_are_messages), TEST(bytes_go_through),
		TEST(lines_are_messages), TEST(json_messages),
		TEST(output_that_fails_is_told), TEST(refusals),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
