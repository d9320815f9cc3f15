// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy of a full queue where somebody waits, or is in the middle of receiving, and
 * where it changes.
 */
#include "common.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* More than are woken in one go. */
#define SENDERS	20

struct party {
	int fd;
	char byte;
	long result;
	uint64_t sequence;
};

/* Shared with the children. */
static struct party *parties;

static int queue_of(uint32_t full, uint32_t messages)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 64;
	args.full = full;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static int set_full(int fd, uint32_t full)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = IPCQ_SET_F_FULL,
		.full = full,
	};

	return call(fd, IPCQ_IOC_QUEUE_SET, &args);
}

static int run_sender(void *context)
{
	struct party *self = context;
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)&self->byte,
		.length = 1,
		.sequence = 777,
	};

	self->result = call(self->fd, IPCQ_IOC_QUEUE_SEND, &args);
	self->sequence = args.sequence;
	return 0;
}

static int run_receiver(void *context)
{
	struct party *self = context;

	self->result = queue_receive(self->fd, &self->byte, 1, 0, 0);
	return 0;
}

static pid_t start(int (*run)(void *), struct party *party, int fd, char byte)
{
	struct ipcq_queue_stat stat = queue_stat(fd);
	uint32_t before = stat.waiting_senders + stat.waiting_receivers;
	pid_t pid;

	*party = (struct party) { .fd = fd, .byte = byte, .result = 777 };
	pid = spawn(run, party);
	eventually((stat = queue_stat(fd),
		    stat.waiting_senders + stat.waiting_receivers == before + 1));
	wait_asleep(pid);
	return pid;
}

/* Senders that wait at a queue of two messages; then the policy changes. */
static int change_while_they_wait(uint32_t full)
{
	int fd = queue_of(IPCQ_FULL_BLOCK, 2), i;
	pid_t pids[SENDERS];

	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_ok(queue_send(fd, "y", 1, 0, 0));
	for (i = 0; i < SENDERS; i++)
		pids[i] = start(run_sender, &parties[i], fd, 'a' + i);
	assert_ok(set_full(fd, full));
	for (i = 0; i < SENDERS; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(queue_stat(fd).waiting_senders, 0);
	assert_int_equal(queue_stat(fd).messages, 2);
	return fd;
}

static void assert_next(int fd, char byte)
{
	char got;

	assert_int_equal(queue_receive(fd, &got, 1, IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	assert_int_equal(got, byte);
}

static void who_waits_is_rejected(void **state)
{
	int fd = change_while_they_wait(IPCQ_FULL_REJECT), i;

	(void)state;
	for (i = 0; i < SENDERS; i++)
		assert_int_equal(parties[i].result, -ENOBUFS);
	assert_int_equal(queue_stat(fd).dropped, 0);
	assert_next(fd, 'x');
	assert_next(fd, 'y');
	close(fd);
}

static void what_waits_is_dropped(void **state)
{
	int fd = change_while_they_wait(IPCQ_FULL_DROP_NEWEST), i;

	(void)state;
	for (i = 0; i < SENDERS; i++) {
		assert_int_equal(parties[i].result, 0);
		assert_int_equal(parties[i].sequence, 0);
	}
	assert_int_equal(queue_stat(fd).dropped, SENDERS);
	assert_next(fd, 'x');
	assert_next(fd, 'y');
	close(fd);
}

static void what_waits_takes_the_room(void **state)
{
	int fd = change_while_they_wait(IPCQ_FULL_DROP_OLDEST), i;

	(void)state;
	for (i = 0; i < SENDERS; i++) {
		assert_int_equal(parties[i].result, 0);
		assert_int_equal(parties[i].sequence, i + 3);
	}
	assert_int_equal(queue_stat(fd).dropped, SENDERS);
	assert_next(fd, 'a' + SENDERS - 2);
	assert_next(fd, 'a' + SENDERS - 1);
	close(fd);
}

static void pollers_hear_of_the_change(void **state)
{
	int fd = queue_of(IPCQ_FULL_BLOCK, 1);
	struct pollfd poller = { .fd = fd, .events = POLLOUT };

	(void)state;
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_ok(set_full(fd, IPCQ_FULL_DROP_NEWEST));
	assert_int_equal(poll(&poller, 1, 5000), 1);
	assert_ok(set_full(fd, IPCQ_FULL_REJECT));
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_ok(set_full(fd, IPCQ_FULL_DROP_OLDEST));
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_ok(set_full(fd, IPCQ_FULL_BLOCK));
	assert_int_equal(poll(&poller, 1, 0), 0);
	close(fd);
}

static void pin(int policy)
{
	struct sched_param parameter = {
		.sched_priority = policy == SCHED_FIFO ? 50 : 0,
	};
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	assert_int_equal(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(sched_setscheduler(0, policy, &parameter), 0);
}

static int run_pinned_receiver(void *context)
{
	pin(SCHED_OTHER);
	return run_receiver(context);
}

/*
 * The receiver has been given the message, but not the processor: a real-time thread has
 * that.  For a moment: the system does not let it be starved for long.
 */
static int send_behind_a_reserved_one(void *context)
{
	int fd = *(int *)context;

	pin(SCHED_FIFO);
	assert_ok(queue_send(fd, "a", 1, 0, 0));
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_error(queue_send(fd, "b", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(queue_stat(fd).dropped, 0);
	/* This one waits, and then the other can run. */
	assert_ok(queue_send(fd, "c", 1, 0, in(5 * SECOND)));
	assert_int_equal(queue_stat(fd).dropped, 0);
	return 0;
}

static void what_is_being_received_is_not_dropped(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, 1);
	pid_t receiver = start(run_pinned_receiver, &parties[0], fd, 0);

	(void)state;
	assert_int_equal(reap(spawn(send_behind_a_reserved_one, &fd)), 0);
	assert_int_equal(reap(receiver), 0);
	assert_int_equal(parties[0].result, 1);
	assert_int_equal(parties[0].byte, 'a');
	assert_next(fd, 'c');
	close(fd);
}

static void each_value_is_checked(void **state)
{
	struct ipcq_queue_open open = queue_args("full/fields", RW | CREATE);
	struct ipcq_queue_set args = { .size = sizeof(args) };
	int fd;

	(void)state;
	open.full = IPCQ_FULL_DROP_NEWEST + 1;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &open, EOPNOTSUPP);
	open.full = UINT32_MAX;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &open, EOPNOTSUPP);
	open.full = IPCQ_FULL_REJECT;
	open.reserved2 = 1;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &open, EINVAL);
	open.reserved2 = 0;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	fd = open.open.fd;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	close(open.open.fd);
	open.full = 0;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	close(open.open.fd);
	open.full = IPCQ_FULL_DROP_OLDEST;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &open), EBADR);

	assert_error(set_full(fd, IPCQ_FULL_DROP_NEWEST + 1), EOPNOTSUPP);
	args.full = IPCQ_FULL_DROP_OLDEST;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &args), EINVAL);
	args.flags = IPCQ_SET_F_FULL;
	args.redelivery_limit = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &args), EINVAL);
	assert_int_equal(queue_stat(fd).full, IPCQ_FULL_REJECT);
	args.flags = 0;
	args.full = 0;
	args.redelivery_limit = 0;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &args));
	assert_int_equal(queue_stat(fd).full, IPCQ_FULL_REJECT);
	assert_ok(set_full(fd, IPCQ_FULL_BLOCK));
	assert_int_equal(queue_stat(fd).full, IPCQ_FULL_BLOCK);
	close(fd);
}

/* ------------------------------------------------------------------------ races */

static int keep_sending(void *context)
{
	struct party *self = context;
	long ret;

	for (;;) {
		ret = queue_send(self->fd, "message", 1 + self->result % 7, 0,
				 in(20 * MS));
		assert_true(ret == 0 || ret == -ETIMEDOUT || ret == -ENOBUFS);
		self->result++;
	}
	return 0;
}

/* Every third copy fails, so that messages are put back all the time. */
static int keep_receiving(void *context)
{
	struct party *self = context;
	char buffer[64];

	for (;; self->result++)
		queue_receive(self->fd, self->result % 3 ? buffer : (char *)4096, 64,
			      self->result % 2 ? IPCQ_RECEIVE_F_NONBLOCK : 0,
			      in(10 * MS));
	return 0;
}

static void each_message_has_one_end(void **state)
{
	static const uint32_t policies[] = {
		IPCQ_FULL_DROP_OLDEST, IPCQ_FULL_BLOCK, IPCQ_FULL_DROP_OLDEST,
		IPCQ_FULL_REJECT, IPCQ_FULL_DROP_OLDEST,
	};
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, 2), i;
	struct ipcq_queue_stat stat;
	pid_t pids[6];
	char byte[8];

	(void)state;
	for (i = 0; i < 6; i++) {
		parties[i] = (struct party) { .fd = fd };
		pids[i] = spawn(i < 3 ? keep_sending : keep_receiving, &parties[i]);
	}
	for (i = 0; i < 50; i++) {
		sleep_ms(10);
		assert_ok(set_full(fd, policies[i % 5]));
		assert_true(queue_stat(fd).messages <= 2);
	}
	for (i = 0; i < 6; i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(reap(pids[i]), 128 + SIGKILL);
	}
	while (queue_receive(fd, byte, 8, IPCQ_RECEIVE_F_NONBLOCK, 0) >= 0)
		;
	stat = queue_stat(fd);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(stat.waiting_senders, 0);
	assert_int_equal(stat.sent, stat.received + stat.dropped);
	assert_true(stat.dropped > 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	parties = shared_memory(SENDERS * sizeof(*parties));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_rejected),
		cmocka_unit_test(what_waits_is_dropped),
		cmocka_unit_test(what_waits_takes_the_room),
		cmocka_unit_test(pollers_hear_of_the_change),
		cmocka_unit_test(what_is_being_received_is_not_dropped),
		cmocka_unit_test(each_value_is_checked),
		cmocka_unit_test(each_message_has_one_end),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
