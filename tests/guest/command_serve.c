// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "ipcq serve": plain messages, several commands at once, and how it ends.
 *
 * A shell runs in the background what has to be there at the same time.
 */
#include "shell.h"

static int create_queues(void **state)
{
	(void)state;
	return run("ipcq create c && ipcq create begun && ipcq create go");
}

static int remove_queues(void **state)
{
	(void)state;
	return run("ipcq rm c begun go");
}

/* A command that says that it has begun, and waits until it may go on. */
#define GATED	"sh -c 'ipcq send begun x; ipcq recv go --timeout 20'"
#define BEGUN	"ipcq recv begun --timeout 20 > /dev/null"

static void plain_messages_are_served(void **state)
{
	(void)state;
	check("ipcq send c one two three", OK);
	check_prints("ipcq serve c -n 3 --timeout 0 -- sh -c 'cat; echo'",
		     "one\ntwo\nthree\n");
	check("ipcq send c one two", OK);
	check_says("ipcq serve c --timeout 0 -- grep two", WOULD_BLOCK,
		   "lost; 'grep' ended with 1");
	assert_non_null(strstr(output, "two\n"));
	assert_non_null(strstr(output, "'c' is empty"));
	check("ipcq send c one; ipcq serve c --once -- false", FAILED);
	check("ipcq create all --broadcast --retain 2; ipcq send all 1 2", OK);
	check_prints("ipcq serve all --kept -n 2 -- cat", "12");
	check_says("ipcq serve all --lease 1 -- cat", FAILED, "delivers to all");
	check("ipcq rm all", OK);
}

static void only_chosen_messages_are_served(void **state)
{
	(void)state;
	check("ipcq send c --type 1 one; ipcq send c --type 2 two", OK);
	check_prints("ipcq serve c --type 2 --once -- cat", "two");
	check_prints("ipcq recv c", "one");
}

static void what_cannot_be_run_takes_no_message(void **state)
{
	(void)state;
	check("ipcq send c one; printf '#!/nowhere' > /tmp/odd; chmod 755 /tmp/odd", OK);
	check_says("ipcq serve c -- nonesuch", FAILED, "cannot run 'nonesuch'");
	check_says("ipcq serve c -- /tmp", FAILED, "cannot run '/tmp'");
	check_prints("ipcq recv c --nonblock", "one");
	/* What only running it tells, ends the server after one. */
	check("ipcq send c one two", OK);
	check_says("ipcq serve c -- /tmp/odd", FAILED, "cannot be run");
	check_prints("ipcq recv c --nonblock", "two");
	check("rm /tmp/odd", OK);
	check_says("ulimit -n 64; ipcq serve c --jobs 64 -- cat", FAILED,
		   "cannot wait for 64 commands");
	check_says("ipcq serve c", USAGE, "which command");
	check("ipcq serve c --retry-after 1 -- cat", USAGE);
}

static void several_commands_run_at_once(void **state)
{
	(void)state;
	check("ipcq send c 1 2 3 4", OK);
	/* Three have begun when none has been let go on, and a fourth has not. */
	check_prints("ipcq serve c -n 4 --jobs 3 -- " GATED " & " BEGUN " && " BEGUN
		     " && " BEGUN " && ! ipcq recv begun --timeout 0.2 2>/dev/null &&"
		     " ipcq send go a a a a; wait", "aaaa");
	check("ipcq recv begun", OK);
}

static void a_signal_lets_what_runs_end(void **state)
{
	(void)state;
	check("ipcq send c x", OK);
	check_prints("ipcq serve c -- " GATED " 2>/dev/null & server=$!; " BEGUN ";"
		     " ipcq send c later; kill $server; ipcq send go done;"
		     " wait $server", "done");
	check_prints("ipcq recv c --nonblock", "later");
	/* One that waits for messages ends at once. */
	check_prints("ipcq serve c -- cat & server=$!; ipcq call c x; kill $server;"
		     " wait $server", "x");
}

static void a_second_signal_ends_the_command(void **state)
{
	(void)state;
	check_says("ipcq serve c -- " GATED " > /tmp/server 2>&1 & server=$!;"
		   " ipcq call c x & caller=$!; " BEGUN "; kill $server;"
		   " until grep again /tmp/server; do sleep 0.02; done; kill $server;"
		   " wait $caller", SERVER_REFUSED, "with 143");
	check("rm /tmp/server", OK);
}

#define ON_QUEUES(name)							\
	cmocka_unit_test_setup_teardown(name, create_queues, remove_queues)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_QUEUES(plain_messages_are_served),
		ON_QUEUES(only_chosen_messages_are_served),
		ON_QUEUES(what_cannot_be_run_takes_no_message),
		ON_QUEUES(several_commands_run_at_once),
		ON_QUEUES(a_signal_lets_what_runs_end),
		ON_QUEUES(a_second_signal_ends_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
