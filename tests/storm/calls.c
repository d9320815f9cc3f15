// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Callers and servers are killed, disturbed by signals, and end by themselves while they
 * hold requests; servers reply, refuse, give back, hand over and forget.  Every call of
 * those who live must end, in a way that call_ledger.h explains.
 */
#include "call_parties.h"

#include <signal.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)

static pid_t pids[PARTIES];
static int queues[CALL_QUEUES];

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	return party < CALLERS ? run_caller(party, queues) : run_server(party, queues);
}

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

static void begin(void)
{
	unsigned int i;

	calls_new();
	parties_new();
	/* One that comes before its party has a handler must do no harm. */
	signal(SIGUSR1, SIG_IGN);
	for (i = 0; i < CALL_QUEUES; i++) {
		struct ipcq_queue_open args = queue_args(call_queues[i].name, RW | CREATE);

		args.max_messages = call_queues[i].messages;
		args.full = call_queues[i].full;
		args.order = call_queues[i].order;
		assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
		queues[i] = args.open.fd;
	}
	for (i = 0; i < PARTIES; i++)
		start(i);
}

/* Kills a party that may just have come to its end by itself. */
static void end_party(unsigned int party)
{
	int status;

	kill(pids[party], SIGKILL);
	status = reap_in_time(pids[party], "killed party");
	if (status && status != 128 + SIGKILL)
		fail_msg("party %u ended with %d", party, status);
	party_ended(party, status);
}

static bool replace_ended(void)
{
	unsigned int party;

	for (party = 0; party < PARTIES; party++) {
		if (!has_ended(pids[party]))
			continue;
		assert_int_equal(reap(pids[party]), 0);
		party_ended(party, 0);
		start(party);
	}
	return calls_are_full();
}

static void burst(void)
{
	unsigned int left = 1 + chance(12), party;

	while (left--) {
		usleep(chance(3000));
		party = chance(PARTIES);
		if (!chance(3)) {
			kill(pids[party], SIGUSR1);
			continue;
		}
		end_party(party);
		start(party);
	}
}

static void show_queues(void)
{
	unsigned int i;

	for (i = 0; i < CALL_QUEUES; i++) {
		struct ipcq_queue_stat stat = queue_stat(queues[i]);

		print_error("%s: %u messages, %u held, %u senders and %u receivers wait\n",
			    call_queues[i].name, stat.messages, stat.held,
			    stat.waiting_senders, stat.waiting_receivers);
	}
}

static bool callers_have_ended(void)
{
	unsigned int i;

	(void)replace_ended();
	for (i = 0; i < CALLERS; i++)
		if (!has_stopped(i))
			return false;
	return true;
}

/* Those who call end when their calls have; or all do at once. */
static void end_all(void)
{
	unsigned int i;

	if (chance(2)) {
		__atomic_store_n(&calls->stop, 1, __ATOMIC_RELAXED);
		patiently(callers_have_ended());
	}
	for (i = 0; i < PARTIES; i++)
		end_party(i);
}

static void check_queue(int fd)
{
	struct ipcq_queue_stat stat;

	/* What the last of the killed have held goes by a work. */
	patiently(!queue_stat(fd).held && !queue_stat(fd).delayed);
	stat = queue_stat(fd);
	assert_int_equal(stat.waiting_senders, 0);
	assert_int_equal(stat.waiting_receivers, 0);
	drain(fd);
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).bytes, 0);
}

static void round_of_calls(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	begin();
	while (in(0) < end && !calls_are_full()) {
		burst();
		all_get_on(PARTIES, party_progress, replace_ended, show_queues);
	}
	end_all();
	for (i = 0; i < CALL_QUEUES; i++)
		check_queue(queues[i]);
	calls_check();
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_calls);
}
