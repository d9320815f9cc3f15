// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subscribers come, go and are killed while others send to all of them; two share one
 * subscription.  One queue makes its senders wait for the slowest, in another the slow
 * lose messages, and some have a time to live.
 *
 * A message has a number of its sender's, and gets one of the queue's.  Whoever hears of
 * both notes them in memory that all share, or finds what another has noted.  So all have
 * received the same; and each of them all of it, but for what it was told that it has
 * missed.  Those who share receive each message once, or it was one of theirs who was
 * killed when it did.
 */
#include "common.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)
#define QUEUES		2
#define SENDERS		4
#define LISTENERS	6
#define SHARERS		2
#define PARTIES		(SENDERS + LISTENERS + SHARERS)
#define MESSAGES	131072

static const struct {
	const char *name;
	uint32_t messages, full, retain;
} kinds[QUEUES] = {
	{ "storm/all", 8, IPCQ_FULL_BLOCK, 0 },
	{ "storm/slow", 8, IPCQ_FULL_DROP_OLDEST, 4 },
};

struct message {
	uint32_t number;
	uint32_t check;
};

static struct ledger {
	uint32_t numbers;		/* given out */
	uint32_t wrong;
	uint32_t missed;		/* of those who were told */
	uint32_t lost;			/* sharers that were killed while they received */
	uint32_t progress[PARTIES];
	uint8_t receiving[PARTIES];
	/* Of each queue's numbers the message; 0: nobody has heard of it. */
	uint32_t message[QUEUES][MESSAGES];
	uint8_t shared[MESSAGES];	/* how often the sharers have got it */
} *ledger;

static volatile int signals;
static pid_t pids[PARTIES];
static int queues[QUEUES];
static int share;			/* the handle of the sharers */
static uint64_t share_from;

static void count(uint32_t *what, uint32_t by)
{
	__atomic_fetch_add(what, by, __ATOMIC_RELAXED);
}

static uint32_t progress(unsigned int party)
{
	return __atomic_load_n(&ledger->progress[party], __ATOMIC_RELAXED);
}

static bool is_full(void)
{
	return __atomic_load_n(&ledger->numbers, __ATOMIC_RELAXED) >= MESSAGES - PARTIES;
}

static void wrong(const char *what, uint64_t sequence)
{
	count(&ledger->wrong, 1);
	print_error("message %llu %s\n", (unsigned long long)sequence, what);
}

/* This is what the queue's number stands for: is it for all? */
static void note(unsigned int queue, uint64_t sequence, uint32_t number)
{
	uint32_t none = 0;

	if (sequence >= MESSAGES)
		wrong("is one of too many", sequence);
	else if (!__atomic_compare_exchange_n(&ledger->message[queue][sequence], &none, number,
					      false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
		 none != number)
		wrong("is not the same to all", sequence);
}

/* ------------------------------------------------------------------- senders */

static void run_sender(unsigned int party)
{
	unsigned int queue = party % QUEUES;
	struct message message;
	int ret;

	while (!is_full()) {
		struct ipcq_queue_send args = {
			.size = sizeof(args),
			.payload = (uintptr_t)&message,
			.length = sizeof(message),
			.deadline = chance(4) ? 0 : in(chance(3 * MS)),
			.time_to_live = queue && !chance(4) ? 1 + chance(3 * MS) : 0,
		};

		message.number = 1 + __atomic_fetch_add(&ledger->numbers, 1, __ATOMIC_RELAXED);
		message.check = ~message.number;
		ret = call(queues[queue], IPCQ_IOC_QUEUE_SEND, &args);
		if (!ret)
			note(queue, args.sequence, message.number);
		else if (ret != -EINTR && ret != -ETIMEDOUT)
			fail_msg("sending: error %d", -ret);
		if (!ret)
			count(&ledger->progress[party], 1);
	}
}

/* ----------------------------------------------------------------- listeners */

/* Returns the queue's number of the next message; 0: there is none. */
static uint64_t hear(int fd, unsigned int queue, uint64_t *dropped)
{
	struct message message = { 0 };
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = chance(16) ? (uintptr_t)&message : 8,
		.length = chance(16) ? sizeof(message) : 1,
		.deadline = chance(3) ? 0 : in(chance(3 * MS)),
	};
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int ret;

	if (!chance(4))
		poll(&poller, 1, 10);
	ret = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
	if (ret < 0) {
		if (ret != -EINTR && ret != -ETIMEDOUT && ret != -EFAULT && ret != -EMSGSIZE)
			fail_msg("receiving: error %d", -ret);
		return 0;
	}
	if (message.check != ~message.number)
		wrong("is broken", args.sequence);
	note(queue, args.sequence, message.number);
	*dropped = args.dropped;
	return args.sequence;
}

static int subscribe(unsigned int queue, uint32_t flags, uint64_t *sequence)
{
	struct ipcq_queue_subscribe args = { .size = sizeof(args), .flags = flags };
	int fd = queue_open(kinds[queue].name, IPCQ_OPEN_F_READ);

	assert_ok(fd);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SUBSCRIBE, &args));
	*sequence = args.sequence;
	return fd;
}

/* Listens for a while, and then begins anew. */
static void listen(unsigned int party, unsigned int queue)
{
	uint64_t last, sequence, dropped = 0;
	int fd = subscribe(queue, chance(2) * IPCQ_SUBSCRIBE_F_KEPT, &last);
	unsigned int rounds = chance(400);

	while (rounds--) {
		sequence = hear(fd, queue, &dropped);
		if (!sequence)
			continue;
		if (sequence != last + 1 + dropped)
			wrong("is not the next", sequence);
		if (dropped && kinds[queue].full == IPCQ_FULL_BLOCK)
			wrong("comes after one that was dropped", sequence);
		last = sequence;
		count(&ledger->missed, dropped);
		count(&ledger->progress[party], 1);
	}
	close(fd);
}

static void run_sharer(unsigned int party)
{
	uint64_t sequence, dropped = 0;

	for (;;) {
		__atomic_store_n(&ledger->receiving[party], 1, __ATOMIC_SEQ_CST);
		sequence = hear(share, 0, &dropped);
		if (sequence)
			__atomic_fetch_add(&ledger->shared[sequence], 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&ledger->receiving[party], 0, __ATOMIC_SEQ_CST);
		if (dropped)
			wrong("comes after one that was dropped", sequence);
		if (sequence)
			count(&ledger->progress[party], 1);
	}
}

/* --------------------------------------------------------------------- round */

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	handle_signals(chance(2) ? SA_RESTART : 0, &signals);
	if (party < SENDERS)
		run_sender(party);
	else if (party < SENDERS + LISTENERS)
		for (;;)
			listen(party, party % QUEUES);
	else
		run_sharer(party);
	return 0;
}

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

static void end_party(unsigned int party)
{
	int status;

	kill(pids[party], SIGKILL);
	status = reap_in_time(pids[party], "killed party");
	if (status && status != 128 + SIGKILL)
		fail_msg("party %u ended with %d", party, status);
	if (party >= SENDERS + LISTENERS && ledger->receiving[party])
		ledger->lost++;
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

	for (i = 0; i < QUEUES; i++) {
		struct ipcq_queue_stat stat = queue_stat(queues[i]);

		print_error("%s: %u messages, %u subscribers, %u senders and %u receivers wait\n",
			    kinds[i].name, stat.messages, stat.subscribers,
			    stat.waiting_senders, stat.waiting_receivers);
	}
}

static void begin(void)
{
	unsigned int i;

	ledger = shared_memory(sizeof(*ledger));
	/* One that comes before its party has a handler must do no harm. */
	signal(SIGUSR1, SIG_IGN);
	for (i = 0; i < QUEUES; i++) {
		struct ipcq_queue_open args = queue_args(kinds[i].name, RW | CREATE);

		args.max_messages = kinds[i].messages;
		args.full = kinds[i].full;
		args.retain = kinds[i].retain;
		args.delivery = IPCQ_DELIVERY_ALL;
		assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
		queues[i] = args.open.fd;
	}
	share = subscribe(0, 0, &share_from);
	for (i = 0; i < PARTIES; i++)
		start(i);
}

/* What nobody has received yet is for this process, which shares the handle. */
static void check_sharers(void)
{
	uint64_t sequence, dropped, sent = queue_stat(queues[0]).sent;
	unsigned int missing = 0;

	while (queue_stat(queues[0]).messages) {
		sequence = hear(share, 0, &dropped);
		ledger->shared[sequence] += sequence > 0;
	}
	for (sequence = share_from + 1; sequence <= sent; sequence++) {
		if (ledger->shared[sequence] > 1)
			wrong("came twice to those who share", sequence);
		missing += !ledger->shared[sequence];
	}
	print_message("  %llu and %llu sent, %u times missed, %u sharers killed receiving, with %u\n",
		      (unsigned long long)sent, (unsigned long long)queue_stat(queues[1]).sent,
		      ledger->missed, ledger->lost, missing);
	assert_true(missing <= ledger->lost);
	assert_true(sent > 0);
}

static void round_of_broadcast(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	begin();
	while (in(0) < end && !is_full()) {
		burst();
		all_get_on(PARTIES, progress, is_full, show_queues);
	}
	for (i = 0; i < PARTIES; i++)
		end_party(i);
	assert_int_equal(queue_stat(queues[0]).subscribers, 1);
	assert_int_equal(queue_stat(queues[1]).subscribers, 0);
	assert_int_equal(queue_stat(queues[1]).messages, 0);
	check_sharers();
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(queue_stat(queues[i]).waiting_senders, 0);
		assert_int_equal(queue_stat(queues[i]).waiting_receivers, 0);
		assert_true(queue_stat(queues[i]).retained <= kinds[i].retain);
	}
	assert_int_equal(ledger->wrong, 0);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_broadcast);
}
