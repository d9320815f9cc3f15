// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "ipcq serve" under leases: a message leaves the queue when it has been dealt with.
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

static void who_fails_under_a_lease_gets_it_again(void **state)
{
	(void)state;
	check("ipcq send c first second", OK);
	/* Long before the lease ends. */
	check_says("ipcq serve c --lease 60 --retry-after 1 -n 3 --timeout 20 --"
		   " sh -c 'cat; echo \" $IPCQ_REDELIVERIES\";"
		   " test $IPCQ_SEQUENCE$IPCQ_REDELIVERIES != 10'", FAILED,
		   "message 1: given back; 'sh' ended with 1");
	assert_non_null(strstr(output, "second 0\nfirst 1\n"));
	check("ipcq recv c --nonblock", WOULD_BLOCK);
}

static void a_lease_goes_back_when_the_server_dies(void **state)
{
	(void)state;
	check("ipcq send c x", OK);
	check_prints("ipcq serve c --lease 60 -- " GATED " 2>/dev/null & server=$!; "
		     BEGUN "; kill -9 $server; ipcq serve c --once --lease 60 --timeout 20 --"
		     " sh -c 'echo $IPCQ_REDELIVERIES'; ipcq send go x; wait", "1\n");
	/* A call goes on with another server. */
	check_prints("ipcq call c x & caller=$!; ipcq serve c --lease 60 -- " GATED
		     " 2>/dev/null & server=$!; " BEGUN "; kill -9 $server;"
		     " ipcq serve c --once --lease 60 --timeout 20 -- echo other;"
		     " ipcq send go x; wait $caller", "other\n");
}

static void a_lease_lasts_while_its_command_runs(void **state)
{
	(void)state;
	check("ipcq send c x", OK);
	check_prints("ipcq serve c --lease 3 --once -- " GATED " & " BEGUN ";"
		     " ipcq recv c --timeout 6 2>/dev/null; ipcq send go kept; wait",
		     "kept");
	/* One that has stopped does not keep it. */
	check_says("ipcq send c x; ipcq serve c --lease 0.5 --once -- " GATED
		   " & server=$!; " BEGUN "; kill -STOP $server;"
		   " ipcq recv c --timeout 20; kill -CONT $server; ipcq send go x;"
		   " wait $server", FAILED, "xipcq serve: message 2: ");
	assert_non_null(strstr(output, "held too long"));
}

#define ON_QUEUES(name)							\
	cmocka_unit_test_setup_teardown(name, create_queues, remove_queues)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_QUEUES(who_fails_under_a_lease_gets_it_again),
		ON_QUEUES(a_lease_goes_back_when_the_server_dies),
		ON_QUEUES(a_lease_lasts_while_its_command_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
