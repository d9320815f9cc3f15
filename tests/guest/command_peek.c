// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "ipcq recv --peek" and "ipcq drain".
 */
#include "shell.h"

static int create_queues(void **state)
{
	(void)state;
	return run("ipcq create p --priorities && ipcq create all --broadcast");
}

static int remove_queues(void **state)
{
	(void)state;
	return run("ipcq rm p all");
}

static void peek_prints_and_leaves(void **state)
{
	(void)state;
	check("ipcq send p --type 1 one && ipcq send p --type 2 -p 5 two && "
	      "ipcq send p --type 3 three", OK);
	check_prints("ipcq recv p --peek", "two");
	check_prints("ipcq recv p --peek --all", "two\none\nthree\n");
	check_prints("ipcq recv p --peek -n 2", "two\none\n");
	check_prints("ipcq recv p --peek --all --type-except 2", "one\nthree\n");
	check_says("ipcq recv p --peek -n 4 --nonblock", WOULD_BLOCK,
		   "there are no more messages in 'p'");
	assert_non_null(strstr(output, "3 messages were printed before"));
	check_says("ipcq recv p --peek --json", OK, "\"sequence\":2,\"dropped\":0");
	check_prints("ipcq recv p --all", "two\none\nthree\n");
	check_says("ipcq recv p --peek --nonblock", WOULD_BLOCK, "'p' is empty");
	check_says("ipcq recv all --peek", FAILED, "cannot be peeked at");
}

/* Also one that is longer than any buffer so far, and not the first. */
static void peek_prints_long_messages(void **state)
{
	(void)state;
	check("ipcq send p x && head -c 500000 /dev/zero | ipcq send p && ipcq send p y",
	      OK);
	check_prints("ipcq recv p --peek --all | wc -c", "500005\n");
	check_prints("ipcq recv p --peek --all --max-size 5 --truncate | wc -c", "10\n");
	check_prints("ipcq drain p", "3 messages, 500002 bytes\n");
}

static void peek_waits_for_the_next(void **state)
{
	(void)state;
	check_prints("ipcq recv p --peek --follow > /tmp/peeked & peeker=$!; "
		     "ipcq send p a; ipcq send p b; i=0; "
		     "until [ $(wc -l < /tmp/peeked) = 2 ] || [ $i = 200 ]; do "
		     "i=$((i + 1)); sleep 0.1; done; kill $peeker; cat /tmp/peeked",
		     "a\nb\n");
	check_prints("ipcq drain p -n 1 && ipcq recv p && ipcq drain p",
		     "1 message, 1 byte\nb0 messages, 0 bytes\n");
}

static void drain_removes_what_is_chosen(void **state)
{
	(void)state;
	check("ipcq send p --type 7 ab && ipcq send p --type 8 cde", OK);
	check_prints("ipcq drain p --type 8 --json", "{\"messages\":1,\"bytes\":3}\n");
	check_prints("ipcq drain p --least-priority 1", "0 messages, 0 bytes\n");
	check_prints("ipcq drain p --type-at-most 7", "1 message, 2 bytes\n");
	check_says("ipcq call p x & caller=$!; "
		   "until ipcq drain p | grep -q ^1; do sleep 0.1; done; wait $caller",
		   FAILED, "ipcq call");
	check_says("ipcq drain all", FAILED, "cannot be drained");
	check_says("ipcq drain", USAGE, "which queue");
	check_says("ipcq drain p q", USAGE, "one queue at a time");
	check_says("ipcq drain none", FAILED, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peek_prints_and_leaves),
		cmocka_unit_test(peek_prints_long_messages),
		cmocka_unit_test(peek_waits_for_the_next),
		cmocka_unit_test(drain_removes_what_is_chosen),
	};

	return cmocka_run_group_tests(tests, create_queues, remove_queues);
}
