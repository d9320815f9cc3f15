// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Senders and receivers of three queues are killed, disturbed by signals, and given
 * more room and less, in bursts.  After each burst everybody who lives must get on: with many parties a
 * wake-up that is lost would else be made up for by the next.
 */
#include "ledger.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)

enum { ALONE, SHARED, PRIORITY, QUEUES };

static const struct {
	unsigned int senders, receivers;
	uint32_t messages, order;
} kinds[QUEUES] = {
	[ALONE] = { 2, 1, 1, IPCQ_ORDER_FIFO },
	[SHARED] = { 3, 3, 8, IPCQ_ORDER_FIFO },
	[PRIORITY] = { 2, 2, 16, IPCQ_ORDER_PRIORITY },
};

struct party {
	unsigned int number, queue;
	bool sends;
	pid_t pid;
};

static struct party parties[LEDGER_PARTIES];
static unsigned int count;
static int queues[QUEUES];
/* Shared with all that come after it. */
static uint16_t (*order_alone)[LEDGER_PRIORITIES];
static uint16_t order[LEDGER_LIVES][LEDGER_PRIORITIES];
static volatile int signals;

static void wait_ready(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	poll(&poll_fd, 1, PATIENCE / MS);
}

/* Waits in the call, or for a moment only, or in poll(2). */
static int in_some_way(int (*step)(void *who, int fd, uint32_t flags,
				   uint64_t deadline),
		       void *who, int fd, short events)
{
	int ret;

	switch (chance(4)) {
	case 0:
		return step(who, fd, 0, in(chance(3 * MS)));
	case 1:
		/* The flag is the same of both. */
		ret = step(who, fd, IPCQ_SEND_F_NONBLOCK, 0);
		if (ret == -EAGAIN)
			wait_ready(fd, events);
		return ret;
	default:
		return step(who, fd, 0, 0);
	}
}

static int send_step(void *who, int fd, uint32_t flags, uint64_t deadline)
{
	return ledger_send(who, fd, flags, deadline);
}

static int receive_step(void *who, int fd, uint32_t flags, uint64_t deadline)
{
	return ledger_receive(who, fd, flags, deadline);
}

static bool is_expected(int ret)
{
	return ret >= 0 || ret == -EAGAIN || ret == -ETIMEDOUT || ret == -EINTR;
}

static int run_sender(const struct party *party)
{
	struct ledger_sender sender = {
		.party = party->number,
		.priorities = kinds[party->queue].order == IPCQ_ORDER_PRIORITY,
	};
	int ret;

	while (!__atomic_load_n(&ledger->stop, __ATOMIC_RELAXED)) {
		ret = in_some_way(send_step, &sender, queues[party->queue],
				  POLLOUT);
		if (!is_expected(ret))
			fail_msg("sending: error %d", -ret);
	}
	return 0;
}

static int run_receiver(const struct party *party)
{
	struct ledger_receiver receiver = {
		.party = party->number,
		.careless = true,
		.priorities = kinds[party->queue].order == IPCQ_ORDER_PRIORITY,
		.alone = party->queue == ALONE,
		.order = party->queue == ALONE ? order_alone : order,
	};
	int ret;

	do {
		ret = in_some_way(receive_step, &receiver, queues[party->queue],
				  POLLIN);
		if (!is_expected(ret) && ret != -EFAULT && ret != LEDGER_END)
			fail_msg("receiving: error %d", -ret);
	} while (ret != LEDGER_END);
	return 0;
}

static int run_party(void *context)
{
	const struct party *party = context;

	handle_signals(chance(2) ? SA_RESTART : 0, &signals);
	return party->sends ? run_sender(party) : run_receiver(party);
}

static void add(unsigned int queue, bool sends)
{
	struct party *party = &parties[count];

	party->number = count++;
	party->queue = queue;
	party->sends = sends;
	party->pid = storm_spawn(run_party, party);
}

static void begin(void)
{
	unsigned int queue, i;

	ledger_new(LEDGER_LONGEST);
	order_alone = shared_memory(sizeof(order));
	/* One that comes before its party has a handler must do no harm. */
	signal(SIGUSR1, SIG_IGN);
	count = 0;
	for (queue = 0; queue < QUEUES; queue++) {
		struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

		args.max_messages = kinds[queue].messages;
		args.max_message_size = LEDGER_LONGEST;
		args.order = kinds[queue].order;
		assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
		queues[queue] = args.open.fd;
		for (i = 0; i < kinds[queue].senders; i++)
			add(queue, true);
		for (i = 0; i < kinds[queue].receivers; i++)
			add(queue, false);
	}
}

/* More room, or less than is taken. */
static void change_room(void)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.max_messages = 1 + chance(24),
	};

	assert_ok(call(queues[chance(QUEUES)], IPCQ_IOC_QUEUE_SET, &args));
}

static void burst(void)
{
	unsigned int left = 1 + chance(12);

	while (left--) {
		struct party *victim = &parties[chance(count)];

		usleep(chance(3000));
		if (!chance(6))
			change_room();
		if (!chance(3)) {
			kill(victim->pid, SIGUSR1);
			continue;
		}
		kill_party(victim->pid);
		ledger_killed(victim->number);
		victim->pid = storm_spawn(run_party, victim);
	}
}

static void show_queues(void)
{
	unsigned int queue;

	for (queue = 0; queue < QUEUES; queue++) {
		struct ipcq_queue_stat stat = queue_stat(queues[queue]);

		print_error("queue %u: %u messages, %u senders and %u receivers wait, %llu sent\n",
			    queue, stat.messages, stat.waiting_senders,
			    stat.waiting_receivers,
			    (unsigned long long)stat.sent);
	}
}

/* Lets all end by themselves, which takes each last wake-up. */
static void end_gently(void)
{
	unsigned int i;

	__atomic_store_n(&ledger->stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < count; i++)
		if (parties[i].sends)
			assert_int_equal(reap_in_time(parties[i].pid, "sender"), 0);
	for (i = 0; i < count; i++)
		if (!parties[i].sends)
			assert_ok(ledger_send_end(queues[parties[i].queue],
						  in(PATIENCE)));
	for (i = 0; i < count; i++)
		if (!parties[i].sends)
			assert_int_equal(reap_in_time(parties[i].pid,
						      "receiver"), 0);
	for (i = 0; i < QUEUES; i++)
		assert_int_equal(queue_stat(queues[i]).messages, 0);
}

static void end_at_once(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kill(parties[i].pid, SIGKILL);
	for (i = 0; i < count; i++) {
		kill_party(parties[i].pid);
		ledger_killed(parties[i].number);
	}
	for (i = 0; i < QUEUES; i++)
		ledger_drain(queues[i]);
}

static void round_of_traffic(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	begin();
	while (in(0) < end && !ledger_is_full()) {
		burst();
		all_get_on(count, ledger_progress, ledger_is_full, show_queues);
	}
	if (chance(2))
		end_gently();
	else
		end_at_once();
	ledger_check();
	for (i = 0; i < QUEUES; i++) {
		struct ipcq_queue_stat stat = queue_stat(queues[i]);

		assert_int_equal(stat.waiting_senders, 0);
		assert_int_equal(stat.waiting_receivers, 0);
		assert_int_equal(stat.sent, stat.received);
	}
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_traffic);
}
