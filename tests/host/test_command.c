// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command on a model of the module: its command line, and what it does with
 * objects.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands.h"
#include "fake/fake.h"
#include "fake/run.h"
#include "fake/wraps.h"

/* ------------------------------------------------------------- command line */

static void help_is_complete(void **state)
{
	static const char *const names[] = {
		"info", "ls", "show", "create", "rm", "set", "send", "recv",
		"call", "serve", "bench",
	};
	char line[50];
	size_t i;

	(void)state;
	assert_int_equal(run("--version"), EXIT_OK);
	assert_prints("ipcq 0.");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(run("--help"), EXIT_OK);
		assert_prints(names[i]);
		snprintf(line, sizeof(line), "help|%s", names[i]);
		assert_int_equal(run(line), EXIT_OK);
		assert_prints("Example");
		snprintf(line, sizeof(line), "Usage: ipcq %s", names[i]);
		assert_prints(line);
	}
	assert_int_equal(run("help"), EXIT_OK);
	assert_prints("Commands:");
	assert_int_equal(run("help|nonsense"), EXIT_USAGE);
}

static void wrong_command_lines(void **state)
{
	static const char *const lines[] = {
		"nonsense", "--nonsense", "ls|more", "ls|--kind|fish", "show",
		"show|a|b", "show|#0", "info|more", "create", "create|a|b",
		"create|a|--messages|0", "create|a|--messages|-1",
		"create|a|--messages|x", "create|a|--messages|99999999999",
		"create|a|--message-size|1X", "create|a|--message-size|1KK",
		"create|a|--bytes|99999999999T", "create|a|--mode|888",
		"create|a|--mode|0", "create|a|--mode|7777", "create|a|--size|1",
		"create|a|--region", "create|a|--region|--size|0",
		"create|a|--region|--size|1|--messages|1", "create|", "rm",
		"rm|a|--all", "rm|a\nb", "set", "set|a", "set|--limit|objects",
		"set|--limit|fish=1", "set|--limit|=1", "set|--limit|objects=",
		"set|--limit|objects=-1", "set|--limit|objects=1X",
		"set|--limit|objects=9999999T",
		"set|--limit|objects=1|--limit|objects=2", "send", "send|a|b|--lines",
		"send|a|b|--stdin", "send|a|--lines|--stdin",
		"send|a|b|--timeout|x", "send|a|b|--timeout|-1",
		"send|a|b|--timeout|1e30", "send|a|b|--timeout|nan",
		"send|a|b|--timeout|1|--nonblock", "recv", "recv|a|b",
		"recv|a|-n|0", "recv|a|-n|1|--all", "recv|a|--format|xml",
		"recv|a|--timeout|1|--nonblock", "recv|a|--create|--temporary",
		"recv|a|--follow|--all", "recv|a|--follow|-n|1", "recv|a|--truncate",
		"recv|a|--follow|--nonblock", "recv|a|--max-size|0",
		"call", "call|a|b|c", "call|a|b|--stdin", "call|a|-|b",
		"call|a|b|--timeout|x", "call|a|b|--max-size|x", "serve", "serve|a",
		"serve|a|--", "serve|a|--jobs|0|cat", "serve|a|--jobs|1025|cat",
		"serve|a|-n|0|cat", "serve|a|--lease|0|cat",
		"serve|a|--time-limit|0|cat", "serve|a|--retry-after|1|cat",
		"serve|a|--timeout|-1|cat", "serve|a|--nonsense|cat",
	};
	size_t i;

	(void)state;
	/* It is found before the device is looked for. */
	fake->absent = ENOENT;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (run(lines[i]) != EXIT_USAGE)
			fail_msg("'%s' was taken: %s", lines[i], errors);
		assert_true(strlen(errors) > 10);
		assert_int_equal(output_length, 0);
	}
}

static void without_the_module(void **state)
{
	static const char *const lines[] = {
		"info", "ls", "show|a", "create|a", "rm|a", "rm|--all",
		"send|a|b", "recv|a", "set|--limit|objects=1",
		"call|a|b", "serve|a|true|--nonsense",
	};
	size_t i;
	json_t *json;

	(void)state;
	fake->absent = ENOENT;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_MODULE);
		assert_says("is the module loaded? try: modprobe ipcq");
	}
	assert_int_equal(run("info|--json"), EXIT_MODULE);
	json = parsed();
	assert_true(json_is_false(json_object_get(json, "loaded")));
	json_decref(json);
	fake->absent = EACCES;
	assert_int_equal(run("send|a|b"), EXIT_MODULE);
	assert_says("permission denied");
}

/* ------------------------------------------------------------------ objects */

static void info(void **state)
{
	json_t *json;

	(void)state;
	assert_int_equal(run("info"), EXIT_OK);
	assert_prints("1 of 2");
	assert_prints("queue region mutex eventcount");
	assert_int_equal(run("info|--json"), EXIT_OK);
	json = parsed();
	assert_true(json_is_true(json_object_get(json, "loaded")));
	assert_int_equal(json_array_size(json_object_get(json, "features")), 4);
	assert_int_equal(number(json_object_get(json, "limits"), "message_bytes"),
			 4096);
	assert_int_equal(number(json_object_get(json, "use"), "message_bytes"), 3);
	json_decref(json);
}

static void setting_limits(void **state)
{
	json_t *json, *limits;

	(void)state;
	assert_int_equal(run("info"), EXIT_OK);
	assert_prints("9 of unlimited");
	assert_int_equal(run("set|--limit|objects=3|--limit|message_bytes=1M"),
			 EXIT_OK);
	assert_int_equal(run("set|--limit|region_bytes=unlimited|--limit|namespace_objects=12"),
			 EXIT_OK);
	assert_int_equal(run("info"), EXIT_OK);
	assert_prints("1 of 3\n");
	assert_prints("5 B of unlimited");
	assert_prints("9 of 12\n");
	assert_int_equal(run("info|--json"), EXIT_OK);
	json = parsed();
	limits = json_object_get(json, "limits");
	assert_int_equal(number(limits, "message_bytes"), 1 << 20);
	assert_true(json_is_null(json_object_get(limits, "region_bytes")));
	assert_int_equal(number(limits, "namespace_objects"), 12);
	assert_int_equal(number(json_object_get(json, "use"), "namespace_objects"),
			 9);
	json_decref(json);
	assert_int_equal(run("set|--limit|objects=4|--limit|max_messages=0"),
			 EXIT_FAILED);
	assert_says("out of its range");
	assert_int_equal(fake->limits[IPCQ_A_LIMIT_USER_OBJECTS], 3);
	fake->unprivileged = true;
	assert_int_equal(run("set|--limit|objects=4"), EXIT_REFUSED);
	assert_says("CAP_SYS_RESOURCE");
	assert_int_equal(fake->limits[IPCQ_A_LIMIT_USER_OBJECTS], 3);
}

static void changing_a_queue(void **state)
{
	struct fake_object *object;

	(void)state;
	assert_int_equal(run("create|q|--messages|4|--message-size|1K"), EXIT_OK);
	object = fake_find("q");
	assert_int_equal(run("set|q|--messages|8"), EXIT_OK);
	assert_int_equal(object->queue.max_messages, 8);
	assert_int_equal(object->queue.max_bytes, 8192);
	assert_int_equal(run("set|q|--message-size|2K|--bytes|4K"), EXIT_OK);
	assert_int_equal(object->queue.max_message_size, 2048);
	assert_int_equal(object->queue.max_bytes, 4096);
	assert_int_equal(run("set|q|--messages|1000000"), EXIT_FAILED);
	assert_says("--messages can be at most 64");
	assert_int_equal(run("set|q|--message-size|5K"), EXIT_FAILED);
	assert_says("longest message");
	assert_int_equal(run("set|q"), EXIT_USAGE);
	assert_says("what to change");
	assert_int_equal(run("set|--messages|3"), EXIT_USAGE);
	assert_says("of which queue");
	assert_int_equal(run("set|q|--messages|3|--limit|objects=4"), EXIT_USAGE);
	assert_int_equal(run("set"), EXIT_USAGE);
	assert_int_equal(run("set|none|--messages|3"), EXIT_FAILED);
	assert_says("no such object");
	/* Its owner may have left himself only one access. */
	object->mode = 0200;
	assert_int_equal(run("set|q|--messages|9"), EXIT_OK);
	object->uid++;
	object->mode = 0666;
	assert_int_equal(run("set|q|--messages|3"), EXIT_REFUSED);
	assert_says("owner");
	assert_int_equal(object->queue.max_messages, 9);
}

static void demanding_an_owner(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "create|q|--owner|%d", (int)getuid());
	assert_int_equal(run(line), EXIT_OK);
	snprintf(line, sizeof(line), "send|q|m|--owner|%d", (int)getuid());
	assert_int_equal(run(line), EXIT_OK);
	snprintf(line, sizeof(line), "send|q|m|--owner|%d", (int)getuid() + 1);
	assert_int_equal(run(line), EXIT_REFUSED);
	assert_says("another user's");
	snprintf(line, sizeof(line), "recv|q|--owner|%d", (int)getuid() + 1);
	assert_int_equal(run(line), EXIT_REFUSED);
	snprintf(line, sizeof(line), "create|r|--region|--size|1|--owner|%d",
		 (int)getuid() + 1);
	assert_int_equal(run(line), EXIT_REFUSED);
	assert_null(fake_find("r"));
	assert_int_equal(run("recv|q|--owner|no such user"), EXIT_USAGE);
	assert_says("no user");
	assert_int_equal(run("recv|q"), EXIT_OK);
	assert_prints("m");
}

static void a_temporary_queue_ends_with_its_receiver(void **state)
{
	(void)state;
	assert_int_equal(run("recv|t|--temporary|--create"), EXIT_USAGE);
	assert_int_equal(run("recv|t|--temporary|--nonblock"), EXIT_WAIT);
	assert_null(fake_find("t"));
	assert_int_equal(run("recv|t|--create|--nonblock"), EXIT_WAIT);
	assert_non_null(fake_find("t"));
}

static void creating(void **state)
{
	struct fake_object *object;

	(void)state;
	assert_int_equal(run("create|q|--messages|7|--message-size|2K|--bytes|8KiB|--mode|0640"),
			 EXIT_OK);
	object = fake_find("q");
	assert_non_null(object);
	assert_int_equal(object->queue.max_messages, 7);
	assert_int_equal(object->queue.max_message_size, 2048);
	assert_int_equal(object->queue.max_bytes, 8192);
	assert_int_equal(object->mode, 0640);
	assert_int_equal(object->lifetime, IPCQ_LIFETIME_PERSISTENT);
	assert_int_equal(object->handles, 0);

	assert_int_equal(run("create|q|--messages|7"), EXIT_OK);
	assert_int_equal(run("create|q|--messages|8"), EXIT_FAILED);
	assert_says("other attributes");
	assert_int_equal(run("create|q|--exclusive"), EXIT_FAILED);
	assert_says("exists");
	assert_int_equal(run("create|q|--region|--size|1"), EXIT_FAILED);
	assert_says("other kind");
	assert_int_equal(run("create|big|--messages|1000000"), EXIT_FAILED);
	assert_says("--messages can be at most 64");

	assert_int_equal(run("create|r|--region|--size|1M|--mutexes|2|--eventcounts|3"),
			 EXIT_OK);
	object = fake_find("r");
	assert_non_null(object);
	assert_int_equal(object->region.size, 1 << 20);
	assert_int_equal(object->region.mutexes, 2);
	assert_int_equal(object->region.eventcounts, 3);
	assert_int_equal(object->mode, 0600);
}

static void full_queues(void **state)
{
	(void)state;
	assert_int_equal(run("create|q|--messages|1|--full|drop-newest"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.full, IPCQ_FULL_DROP_NEWEST);
	assert_int_equal(run("create|q|--full|block"), EXIT_OK);
	assert_int_equal(run("create|q|--full|drop-oldest"), EXIT_FAILED);
	assert_int_equal(run("set|q|--full|reject"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.full, IPCQ_FULL_REJECT);
	assert_int_equal(run("set|q|--ttl|1"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.full, IPCQ_FULL_REJECT);
	assert_int_equal(run("show|q"), EXIT_OK);
	assert_prints("reject");
	assert_int_equal(run("send|q|a|b"), EXIT_WAIT);
	assert_says("rejects");
	assert_int_equal(run("set|q|--full|block"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.full, IPCQ_FULL_BLOCK);
	assert_int_equal(run("set|q|--full|drop"), EXIT_USAGE);
}

static void redelivery_limits(void **state)
{
	const json_t *queue;
	json_t *json;

	(void)state;
	assert_int_equal(run("create|q|--redelivery-limit|3"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.redelivery_limit, 3);
	assert_int_equal(run("show|q"), EXIT_OK);
	assert_prints("redelivery limit     3");
	assert_int_equal(run("show|q|--json"), EXIT_OK);
	json = parsed();
	queue = json_object_get(json, "queue");
	assert_int_equal(number(queue, "redelivery_limit"), 3);
	json_decref(json);

	/* Other changes leave it. */
	assert_int_equal(run("set|q|--messages|3"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.redelivery_limit, 3);
	assert_int_equal(run("set|q|--redelivery-limit|1"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.redelivery_limit, 1);
	assert_int_equal(run("set|q|--redelivery-limit|none"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.redelivery_limit, 0);
	assert_int_equal(run("show|q|--json"), EXIT_OK);
	json = parsed();
	queue = json_object_get(json, "queue");
	assert_true(json_is_null(json_object_get(queue, "redelivery_limit")));
	json_decref(json);

	assert_int_equal(run("set|q|--redelivery-limit|0"), EXIT_USAGE);
	assert_int_equal(run("set|q|--redelivery-limit|x"), EXIT_USAGE);
	assert_int_equal(run("create|s|--region|--size|1|--redelivery-limit|1"),
			 EXIT_USAGE);
}

static void dead_letter_queues(void **state)
{
	const json_t *queue;
	json_t *json;
	uint64_t id;

	(void)state;
	assert_int_equal(run("create|dead"), EXIT_OK);
	id = fake_find("dead")->id;
	assert_int_equal(run("create|q|--dead-letter|dead"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.dead_letter, id);
	assert_int_equal(run("show|q"), EXIT_OK);
	assert_prints("dead (#");
	assert_int_equal(run("show|q|--json"), EXIT_OK);
	json = parsed();
	queue = json_object_get(json, "queue");
	assert_int_equal(number(queue, "dead_letter"), id);
	assert_string_equal(json_string_value(json_object_get(queue,
							      "dead_letter_name")),
			    "dead");
	json_decref(json);

	assert_int_equal(run("set|q|--no-dead-letter"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.dead_letter, 0);
	assert_int_equal(run("set|q|--dead-letter|#1"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.dead_letter, 1);
	/* Other changes leave it. */
	assert_int_equal(run("set|q|--messages|3"), EXIT_OK);
	assert_int_equal(fake_find("q")->queue.dead_letter, 1);

	assert_int_equal(run("set|q|--dead-letter|none"), EXIT_FAILED);
	assert_says("'none'");
	assert_int_equal(run("create|r|--region|--size|1"), EXIT_OK);
	assert_int_equal(run("set|q|--dead-letter|r"), EXIT_FAILED);
	assert_says("'r'");
	assert_int_equal(run("create|other|--dead-letter|r"), EXIT_FAILED);
	assert_null(fake_find("other"));
	assert_int_equal(run("set|q|--dead-letter|q"), EXIT_FAILED);
	assert_says("its own");
	assert_int_equal(run("set|q|--dead-letter|#1|--no-dead-letter"), EXIT_USAGE);
	assert_int_equal(run("set|q|--dead-letter|#1x"), EXIT_USAGE);
	assert_int_equal(run("create|s|--region|--size|1|--dead-letter|q"),
			 EXIT_USAGE);
}

static void removing(void **state)
{
	(void)state;
	assert_int_equal(run("create|a"), EXIT_OK);
	assert_int_equal(run("create|b"), EXIT_OK);
	assert_int_equal(run("create|r|--region|--size|1"), EXIT_OK);
	/* The others are removed all the same. */
	assert_int_equal(run("rm|none|a"), EXIT_FAILED);
	assert_says("'none'");
	assert_null(fake_find("a"));
	assert_int_equal(run("rm|--force|none"), EXIT_OK);
	assert_int_equal(run("rm|--kind|queue|r"), EXIT_FAILED);
	assert_int_equal(run("rm|--all|--kind|region"), EXIT_OK);
	assert_null(fake_find("r"));
	assert_non_null(fake_find("b"));
	assert_int_equal(run("rm|--all"), EXIT_OK);
	assert_null(fake_find("b"));
	fake->uid_offset = 1;
	assert_int_equal(run("create|theirs"), EXIT_OK);
	assert_int_equal(run("rm|theirs"), EXIT_REFUSED);
	assert_says("owner");
	assert_int_equal(run("rm|--all"), EXIT_OK);
	assert_non_null(fake_find("theirs"));
}

static void listing(void **state)
{
	const json_t *entry;
	json_t *json;

	(void)state;
	assert_int_equal(run("ls|--json"), EXIT_OK);
	json = parsed();
	assert_int_equal(json_array_size(json), 0);
	json_decref(json);

	assert_int_equal(run("create|q|--messages|3"), EXIT_OK);
	assert_int_equal(run("send|q|hello"), EXIT_OK);
	assert_int_equal(run("create|r|--region|--size|2K|--mutexes|1"), EXIT_OK);
	assert_int_equal(run("ls"), EXIT_OK);
	assert_prints("1 of 3 messages, 5 B");
	assert_prints("2 KiB, 1 mutex, 0 eventcounts");
	assert_int_equal(run("ls|--kind|region|--json"), EXIT_OK);
	json = parsed();
	assert_int_equal(json_array_size(json), 1);
	entry = json_array_get(json, 0);
	assert_string_equal(json_string_value(json_object_get(entry, "name")), "r");
	assert_string_equal(json_string_value(json_object_get(entry, "mode")), "0600");
	assert_int_equal(number(json_object_get(entry, "region"), "size"), 2048);
	json_decref(json);
	output_path = "/dev/full";
	assert_int_equal(run("ls"), EXIT_FAILED);
	assert_says("cannot write");
}

static void names_are_shown_safely(void **state)
{
	json_t *json;

	(void)state;
	/* A byte that is no UTF-8, and a control character of Latin-1. */
	assert_int_equal(run("create|b\xff\xc2\x9b[31m"), EXIT_OK);
	assert_int_equal(run("ls"), EXIT_OK);
	assert_prints("b\\xff\\xc2\\x9b[31m");
	assert_int_equal(run("ls|--json"), EXIT_OK);
	json = parsed();
	assert_string_equal(json_string_value(json_object_get(json_array_get(json, 0),
							      "name_hex")),
			    "62ffc29b5b33316d");
	json_decref(json);
	assert_int_equal(run("recv|x\xff"), EXIT_FAILED);
	assert_says("x\\xff");
}

static void showing(void **state)
{
	char line[50];
	json_t *json;

	(void)state;
	assert_int_equal(run("create|q"), EXIT_OK);
	assert_int_equal(run("show|q"), EXIT_OK);
	assert_prints("queue q");
	assert_prints("mode 0600");
	snprintf(line, sizeof(line), "show|--json|#%d", (int)fake_find("q")->id);
	assert_int_equal(run(line), EXIT_OK);
	json = parsed();
	assert_string_equal(json_string_value(json_object_get(json, "kind")), "queue");
	assert_int_equal(number(json_object_get(json, "queue"), "max_messages"), 64);
	json_decref(json);
	assert_int_equal(run("show|none"), EXIT_FAILED);
	assert_says("no such object");
}

static void showing_mutexes(void **state)
{
	struct fake_object *object;
	json_t *json, *mutex;

	(void)state;
	assert_int_equal(run("create|r|--region|--size|1|--mutexes|3"), EXIT_OK);
	object = fake_find("r");
	*fake_word(object, 1) = IPCQ_MUTEX_INCONSISTENT | 1;
	fake->owners[0].pid = 12;
	fake->owners[0].tid = 34;
	object->region.mutex[1].deaths = 1;
	object->region.mutex[1].died_pid = 56;
	assert_int_equal(run("show|r"), EXIT_OK);
	assert_prints("mutex 1: held by process 12, thread 34, INCONSISTENT");
	assert_null(strstr(output, "mutex 0"));
	assert_int_equal(run("show|r|--json"), EXIT_OK);
	json = parsed();
	mutex = json_array_get(json_object_get(json_object_get(json, "region"),
					       "mutex_states"), 0);
	assert_int_equal(number(mutex, "mutex"), 1);
	assert_int_equal(number(mutex, "holder_pid"), 12);
	assert_int_equal(number(mutex, "died_pid"), 56);
	json_decref(json);
	/* One that may not be read is shown without them. */
	object->mode = 0;
	assert_int_equal(run("show|r"), EXIT_OK);
	assert_prints("cannot be read");
}

#define TEST(function)	cmocka_unit_test_setup(function, run_set_up)

int __wrap_main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(help_is_complete), TEST(wrong_command_lines),
		TEST(without_the_module), TEST(info), TEST(creating),
		TEST(setting_limits), TEST(changing_a_queue), TEST(demanding_an_owner),
		TEST(a_temporary_queue_ends_with_its_receiver),
		TEST(full_queues), TEST(dead_letter_queues), TEST(redelivery_limits), TEST(removing), TEST(listing), TEST(names_are_shown_safely),
		TEST(showing), TEST(showing_mutexes),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
