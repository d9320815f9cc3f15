// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holders of messages are killed, disturbed by signals, and end by themselves; they
 * acknowledge, give back now or later, extend, read, hand over, and let leases run out.
 * What must hold of each message is said in lease_ledger.h.
 */
#include "lease_ledger.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)
#define NAME		"storm/leases"
#define SENDERS		2
#define HOLDERS		5
#define PARTIES		(SENDERS + HOLDERS)
#define MOST_HELD	4

/* Shared by all. */
static struct party {
	uint32_t progress;
	pid_t attached;		/* it can be handed over to; 0: nobody can */
} *parties;

static volatile int signals;
static pid_t pids[PARTIES];
static int queue;

static void get_on(unsigned int party)
{
	__atomic_fetch_add(&parties[party].progress, 1, __ATOMIC_RELAXED);
}

static uint32_t progress(unsigned int party)
{
	return __atomic_load_n(&parties[party].progress, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------- senders */

static void run_sender(unsigned int party)
{
	unsigned char payload[LEASE_LONGEST];
	uint32_t number;
	size_t length;
	int ret;

	while (!__atomic_load_n(&leases->stop, __ATOMIC_RELAXED)) {
		number = lease_begin();
		if (number == LEASE_MESSAGES)
			break;
		length = lease_message(number, payload);
		do
			ret = queue_send(queue, payload, length, 0,
					 chance(4) ? 0 : in(chance(3 * MS)));
		while (ret == -EINTR || ret == -ETIMEDOUT);
		assert_ok(ret);
		lease_sent(number);
		get_on(party);
	}
	for (;;)
		pause();
}

/* ------------------------------------------------------------------- holders */

struct held {
	uint32_t number;
	uint64_t token;
	uint32_t redeliveries;
	bool timed;		/* its lease may have ended */
};

struct holder {
	unsigned int party;
	int fd;
	unsigned int count;
	struct held held[MOST_HELD];
};

static void receive(struct holder *holder)
{
	unsigned char payload[LEASE_LONGEST];
	bool timed = !chance(3);
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE,
		.payload = chance(12) ? (uintptr_t)payload : 8,
		.length = sizeof(payload),
		.deadline = in(chance(3 * MS)),
		.lease = timed ? 1 + chance(4 * MS) : 0,
	};
	int ret = call(holder->fd, IPCQ_IOC_QUEUE_RECEIVE, &args);

	parties[holder->party].attached = getpid();
	if (ret >= 0)
		holder->held[holder->count++] = (struct held) {
			.number = lease_received(&args, ret),
			.token = args.token,
			.redeliveries = args.redeliveries,
			.timed = timed,
		};
	else if (ret != -ETIMEDOUT && ret != -EINTR && ret != -EFAULT)
		fail_msg("receiving: error %d", -ret);
}

static void check_deal(const struct held *held, int ret)
{
	if (ret < 0 && (ret != -ENOKEY || !held->timed))
		fail_msg("message %u is held: error %d", held->number, -ret);
}

static int deal(const struct holder *holder, const struct held *held, uint32_t operation,
		uint64_t time)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = operation,
		.token = held->token,
		.time = time,
	};

	return call(holder->fd, IPCQ_IOC_QUEUE_LEASE, &args);
}

static void acknowledge(const struct holder *holder, const struct held *held)
{
	int ret;

	lease_acknowledging(held->number);
	ret = deal(holder, held, IPCQ_LEASE_ACKNOWLEDGE, 0);
	check_deal(held, ret);
	if (!ret)
		lease_acknowledged(held->number, held->redeliveries);
}

static void extend(const struct holder *holder, struct held *held)
{
	bool timed = chance(2);
	int ret = deal(holder, held, IPCQ_LEASE_EXTEND, timed ? 1 + chance(4 * MS) : 0);

	check_deal(held, ret);
	held->timed = held->timed || timed;
}

static void read_part(const struct holder *holder, const struct held *held)
{
	unsigned char payload[LEASE_LONGEST], expected[LEASE_LONGEST];
	size_t length = lease_message(held->number, expected), offset = chance(length + 1);
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_READ,
		.token = held->token,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.offset = offset,
	};
	int ret = call(holder->fd, IPCQ_IOC_QUEUE_LEASE, &args);

	check_deal(held, ret);
	if (ret >= 0 && (ret != (int)(length - offset) ||
			 memcmp(payload, expected + offset, ret)))
		fail_msg("message %u is read as another", held->number);
}

/* Who gets it does not know it: it comes back with the end of the lease. */
static bool hand_over(const struct holder *holder, struct held *held)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_HAND_OVER,
		.token = held->token,
		.pid = parties[SENDERS + chance(HOLDERS)].attached,
	};
	int ret;

	if (!args.pid || args.pid == getpid())
		return false;
	held->timed = true;
	check_deal(held, deal(holder, held, IPCQ_LEASE_EXTEND, 1 + chance(4 * MS)));
	ret = call(holder->fd, IPCQ_IOC_QUEUE_LEASE, &args);
	if (ret != -ESRCH)
		check_deal(held, ret);
	return ret != -ESRCH;
}

/* Ends with what it holds, in a way of its own. */
static void end_somehow(struct holder *holder)
{
	switch (chance(3)) {
	case 0:
		_exit(0);
	case 1:
		/* What comes to the new program must do it no harm. */
		signal(SIGUSR1, SIG_IGN);
		execl("/bin/true", "true", NULL);
		_exit(1);
	default:
		close(holder->fd);
		holder->fd = queue_open(NAME, RW);
		assert_ok(holder->fd);
		holder->count = 0;
	}
}

/* Returns whether it still holds it. */
static bool use(struct holder *holder, struct held *held)
{
	switch (chance(12)) {
	case 0:
		check_deal(held, deal(holder, held, IPCQ_LEASE_RETURN, 0));
		return false;
	case 1:
		check_deal(held, deal(holder, held, IPCQ_LEASE_RETURN, chance(3 * MS)));
		return false;
	case 2:
		extend(holder, held);
		return true;
	case 3:
		read_part(holder, held);
		return true;
	case 4:
		return !hand_over(holder, held);
	default:
		acknowledge(holder, held);
		return false;
	}
}

static void run_holder(unsigned int party)
{
	struct holder holder = {
		.party = party,
		.fd = chance(2) ? queue : queue_open(NAME, RW),
	};
	unsigned int i;

	assert_ok(holder.fd);
	for (;;) {
		if (holder.count < MOST_HELD && chance(2)) {
			receive(&holder);
		} else if (holder.count) {
			i = chance(holder.count);
			if (!use(&holder, &holder.held[i]))
				holder.held[i] = holder.held[--holder.count];
		}
		if (!chance(200))
			end_somehow(&holder);
		get_on(party);
	}
}

/* --------------------------------------------------------------------- round */

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	handle_signals(chance(2) ? SA_RESTART : 0, &signals);
	if (party < SENDERS)
		run_sender(party);
	else
		run_holder(party);
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
	status = reap_in_time(pids[party], "killed holder");
	if (status && status != 128 + SIGKILL)
		fail_msg("party %u ended with %d", party, status);
	parties[party].attached = 0;
	leases->killed++;
}

static bool replace_ended(void)
{
	unsigned int party;

	for (party = 0; party < PARTIES; party++) {
		if (!has_ended(pids[party]))
			continue;
		end_party(party);
		start(party);
	}
	return leases_are_full();
}

static void burst(void)
{
	unsigned int left = 1 + chance(10), party;

	while (left--) {
		usleep(chance(3000));
		/* Whether a killed sender has sent is another storm's question. */
		party = SENDERS + chance(HOLDERS);
		if (!chance(3)) {
			kill(pids[chance(PARTIES)], SIGUSR1);
			continue;
		}
		end_party(party);
		start(party);
	}
}

static void show_queue(void)
{
	struct ipcq_queue_stat stat = queue_stat(queue);

	print_error("%u messages, %u held, %u delayed, %u senders and %u receivers wait\n",
		    stat.messages, stat.held, stat.delayed, stat.waiting_senders,
		    stat.waiting_receivers);
}

static bool all_is_dealt_with(void)
{
	(void)replace_ended();
	return leases_are_sent() && !queue_stat(queue).messages;
}

/* When holders have dealt with everything; or at once. */
static void end_all(void)
{
	unsigned int i;

	if (chance(2)) {
		__atomic_store_n(&leases->stop, 1, __ATOMIC_RELAXED);
		patiently(all_is_dealt_with());
	}
	for (i = 0; i < PARTIES; i++)
		end_party(i);
	/* What the last of them have held comes back by a work. */
	patiently(!queue_stat(queue).held && !queue_stat(queue).delayed);
	leases_drain(queue);
}

static void make_queue(void)
{
	struct ipcq_queue_open args = queue_args(NAME, RW | CREATE);

	args.max_messages = 16;
	args.max_message_size = LEASE_LONGEST;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	queue = args.open.fd;
}

static void round_of_leases(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	leases_new();
	parties = shared_memory(PARTIES * sizeof(*parties));
	make_queue();
	/* One that comes before its party has a handler must do no harm. */
	signal(SIGUSR1, SIG_IGN);
	for (i = 0; i < PARTIES; i++)
		start(i);
	while (in(0) < end && !leases_are_full()) {
		burst();
		all_get_on(PARTIES, progress, replace_ended, show_queue);
	}
	end_all();
	leases_check(queue);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_leases);
}
