// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "ipcq call", and "ipcq serve" as far as callers see it: what goes there and back, and
 * what a call ends with.
 *
 * A shell runs in the background what has to be there at the same time.
 */
#include "shell.h"

#include <stdlib.h>
#include <unistd.h>

static int create_queue(void **state)
{
	(void)state;
	return run("ipcq create c --message-size 1M");
}

static int remove_queue(void **state)
{
	(void)state;
	return run("ipcq rm c --force");
}

static void the_output_is_the_reply(void **state)
{
	(void)state;
	check_prints("ipcq serve c -n 3 -- tr a-z A-Z & ipcq call c 'some words';"
		     " printf more | ipcq call c -; ipcq call c ''; wait",
		     "SOME WORDSMORE");
	/* What follows the command is the command's, with or without "--". */
	check_prints("ipcq serve c --once printf '%s-%s' -n 7 -- & ipcq call c x; wait",
		     "-n-7---");
}

static void any_bytes_go_there_and_back(void **state)
{
	(void)state;
	check("head -c 1048576 /dev/urandom > /tmp/sent", OK);
	check_prints("ipcq serve c --once cat & ipcq call c < /tmp/sent > /tmp/got; wait",
		     "");
	check("cmp /tmp/sent /tmp/got", OK);
	check_prints("ipcq serve c -n 2 -- printf '\\377' &"
		     " for i in 1 2; do ipcq call c x --json | sed 's/[0-9.e-]*,/,/';"
		     " done; wait",
		     "{\"seconds\":,\"size\":1,\"base64\":\"/w==\"}\n"
		     "{\"seconds\":,\"size\":1,\"base64\":\"/w==\"}\n");
	unlink("/tmp/sent");
	unlink("/tmp/got");
}

static void the_command_is_told_of_the_request(void **state)
{
	(void)state;
	check("ipcq create p --priorities", OK);
	check_prints("ipcq serve p --once -- sh -c 'cat; echo \" $IPCQ_QUEUE"
		     " $IPCQ_SEQUENCE $IPCQ_SIZE $IPCQ_TYPE $IPCQ_PRIORITY"
		     " $IPCQ_REDELIVERIES $IPCQ_UID $IPCQ_GID\"' &"
		     " ipcq call p text --type 7 -p 3; wait",
		     "text p 1 4 7 3 0 0 0\n");
	check_prints("ipcq serve p --once -- sh -c 'echo $IPCQ_PID' > /tmp/out &"
		     " ipcq call p x > /tmp/got & echo $! > /tmp/pid; wait;"
		     " cmp /tmp/pid /tmp/got", "");
	check("ipcq rm p", OK);
}

static void a_failing_command_refuses(void **state)
{
	(void)state;
	check_says("ipcq serve c --once -- sh -c 'echo not this; exit 3' 2>/dev/null &"
		   " ipcq call c x", SERVER_REFUSED, "the server refused, with 3\n");
	assert_null(strstr(output, "not this"));
	check_says("ipcq serve c --once -- sh -c 'kill -9 $$' & ipcq call c x --json |"
		   " cut -d, -f2; wait", OK, "\"refusal\":137}\n");
	check_says("ipcq serve c --once --time-limit 0.1 -- sleep 60 &"
		   " ipcq call c x", SERVER_REFUSED, "with 124");
	/* How the server itself ends, where it was to serve so many. */
	check_says("ipcq call c x 2>/dev/null & ipcq serve c --once -- false", FAILED,
		   "message ");
	assert_non_null(strstr(output, "refused; 'false' ended with 1"));
}

static void a_reply_has_bounds(void **state)
{
	(void)state;
	check("ipcq create small --message-size 8", OK);
	check_says("ipcq serve small --once -- echo 12345678 2>/dev/null &"
		   " ipcq call small x", SERVER_REFUSED, "with 90");
	check_prints("ipcq serve small --once -- printf 12345678 & ipcq call small x;"
		     " wait", "12345678");
	check_says("ipcq call small 123456789", FAILED, "at most 8");
	/* More than is collected at all. */
	check_says("ipcq serve c --once -- head -c 1048577 /dev/zero 2>/dev/null &"
		   " ipcq call c x", SERVER_REFUSED, "with 90");
	check_says("ipcq serve c -n 2 -- printf 12345678 &"
		   " ipcq call c x --max-size 8; ipcq call c x --max-size 7", FAILED,
		   "12345678ipcq call: the reply has 8 bytes");
	check("ipcq rm small", OK);
}

static void what_no_server_replies_to_ends(void **state)
{
	(void)state;
	check_says("ipcq call c x --timeout 0.05", WOULD_BLOCK, "no reply");
	check_says("ipcq call c x --ttl 0.05", WOULD_BLOCK, "time to live");
	check_says("ipcq call c x --need-server", WOULD_BLOCK, "nobody receives");
	/* Nothing of it is left in the queue. */
	check("ipcq recv c --nonblock", WOULD_BLOCK);
	check_says("ipcq recv c --timeout 20 & ipcq call c x", NO_SERVER,
		   "does not reply");
	check_says("ipcq call nobody x", FAILED, "no such object");
	check("ipcq create all --broadcast", OK);
	check_says("ipcq call all x", FAILED, "delivers to all");
	check("ipcq rm all", OK);
	check("ipcq create full --messages 1 --full drop-oldest", OK);
	check_says("ipcq call full x & caller=$!; until ipcq show full | grep -q"
		   " 'messages  *1 of'; do sleep 0.02; done; ipcq send full y;"
		   " wait $caller", FAILED, "dropped the request");
	check("ipcq rm full", OK);
	check_says("ipcq call c x -p 1", FAILED, "no priorities");
	check_says("ipcq call c a b", USAGE, "what is 'b'");
	check("ipcq call c a --stdin", USAGE);
}

static void a_server_that_waits_is_there(void **state)
{
	(void)state;
	check_prints("ipcq serve c --once -- echo here & i=0;"
		     " until ipcq call c x --need-server 2>/dev/null || [ $i -gt 500 ];"
		     " do i=$((i + 1)); sleep 0.02; done; wait", "here\n");
}

static void a_caller_learns_of_the_servers_death(void **state)
{
	(void)state;
	check("ipcq create begun", OK);
	check_says("ipcq serve c -- sh -c 'ipcq send begun x; sleep 1' & server=$!;"
		   " ipcq call c x & caller=$!; ipcq recv begun --timeout 20 > /dev/null;"
		   " kill -9 $server; wait $caller", SERVER_ENDED,
		   "ended before it replied");
	check("ipcq rm begun", OK);
}

#define ON_A_QUEUE(name)						\
	cmocka_unit_test_setup_teardown(name, create_queue, remove_queue)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_QUEUE(the_output_is_the_reply),
		ON_A_QUEUE(any_bytes_go_there_and_back),
		ON_A_QUEUE(the_command_is_told_of_the_request),
		ON_A_QUEUE(a_failing_command_refuses),
		ON_A_QUEUE(a_reply_has_bounds),
		ON_A_QUEUE(what_no_server_replies_to_ends),
		ON_A_QUEUE(a_server_that_waits_is_there),
		ON_A_QUEUE(a_caller_learns_of_the_servers_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
