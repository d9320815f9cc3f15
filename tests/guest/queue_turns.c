// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose turn it is among those that wait for a message, and who is woken by one.
 */
#include "common.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAITERS	8

/* What a child that waits needs to know, and tells. */
struct waiter {
	int fd;
	int policy, priority;
	int result;
	char byte;
};

/* Shared with the children. */
static struct waiter *waiters;

/* As sched_setattr(2) has it; only some C libraries know it. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int become_real_time(int policy, int priority)
{
	struct sched_param parameter = { .sched_priority = priority };
	struct attributes deadline = {
		.size = sizeof(deadline), .policy = SCHED_DEADLINE,
		.runtime = 50 * MS, .deadline = 1000 * MS, .period = 1000 * MS,
	};

	if (policy == SCHED_DEADLINE)
		return syscall(SYS_sched_setattr, 0, &deadline, 0);
	return sched_setscheduler(0, policy, &parameter);
}

static int receive_one(void *context)
{
	struct waiter *self = context;

	assert_int_equal(become_real_time(self->policy, self->priority), 0);
	self->result = queue_receive(self->fd, &self->byte, 1, 0, 0);
	return 0;
}

static int send_one(void *context)
{
	struct waiter *self = context;

	assert_int_equal(become_real_time(self->policy, self->priority), 0);
	self->result = queue_send(self->fd, &self->byte, 1, 0, 0);
	return 0;
}

static unsigned int waiting(int fd)
{
	return queue_stat(fd).waiting_senders + queue_stat(fd).waiting_receivers;
}

/* Starts a child that waits, and returns when it does. */
static pid_t start(int (*body)(void *context), int fd, unsigned int number,
		   int policy, int priority)
{
	unsigned int before = waiting(fd);
	struct waiter *self = &waiters[number];
	pid_t pid;

	*self = (struct waiter) {
		.fd = fd, .policy = policy, .priority = priority,
		.result = 1000, .byte = 'a' + number,
	};
	pid = spawn(body, self);
	eventually(waiting(fd) == before + 1);
	wait_asleep(pid);
	return pid;
}

static void real_time_receivers_come_first(void **state)
{
	static const struct {
		int policy, priority;
		unsigned int place;
	} cases[] = {
		{ SCHED_OTHER, 0, 5 },
		{ SCHED_FIFO, 10, 3 },
		{ SCHED_OTHER, 0, 6 },
		{ SCHED_RR, 50, 1 },
		{ SCHED_FIFO, 10, 4 },
		{ SCHED_BATCH, 0, 7 },
		{ SCHED_FIFO, 50, 2 },
		{ SCHED_DEADLINE, 0, 0 },
	};
	int fd = queue_new(WAITERS, 8);
	pid_t pids[WAITERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < WAITERS; i++)
		pids[i] = start(receive_one, fd, i, cases[i].policy,
				cases[i].priority);
	for (i = 0; i < WAITERS; i++)
		assert_ok(queue_send(fd, &(char){ '0' + i }, 1, 0, 0));
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(waiters[i].result, 1);
		assert_int_equal(waiters[i].byte, '0' + cases[i].place);
	}
	close(fd);
}

/* The second of two becomes real-time while it waits, and then waits anew. */
static void a_turn_is_decided_when_the_wait_begins(void **state)
{
	struct sched_param parameter = { .sched_priority = 20 };
	bool anew;

	(void)state;
	for (anew = false; ; anew = true) {
		int fd = queue_new(4, 8);
		pid_t first = start(receive_one, fd, 0, SCHED_OTHER, 0);
		pid_t second = start(receive_one, fd, 1, SCHED_OTHER, 0);

		assert_int_equal(sched_setscheduler(second, SCHED_FIFO,
						    &parameter), 0);
		if (anew) {
			kill(second, SIGSTOP);
			eventually(waiting(fd) == 1);
			kill(second, SIGCONT);
			eventually(waiting(fd) == 2);
			wait_asleep(second);
		}
		assert_ok(queue_send(fd, "1", 1, 0, 0));
		assert_ok(queue_send(fd, "2", 1, 0, 0));
		assert_int_equal(reap(first) + reap(second), 0);
		assert_int_equal(waiters[0].byte, anew ? '2' : '1');
		assert_int_equal(waiters[1].byte, anew ? '1' : '2');
		close(fd);
		if (anew)
			break;
	}
}

static void senders_have_no_rank(void **state)
{
	int fd = queue_new(1, 8);
	pid_t ordinary, real_time;
	char byte;

	(void)state;
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	ordinary = start(send_one, fd, 0, SCHED_OTHER, 0);
	real_time = start(send_one, fd, 1, SCHED_FIFO, 20);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, in(5 * SECOND)), 1);
	assert_int_equal(byte, 'a');
	assert_int_equal(queue_receive(fd, &byte, 1, 0, in(5 * SECOND)), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(reap(ordinary) + reap(real_time), 0);
	close(fd);
}

/* ------------------------------------------------------------ who is woken */

/* How often a process has gone to sleep. */
static unsigned long sleeps(pid_t pid)
{
	static const char key[] = "voluntary_ctxt_switches:";
	unsigned long count = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, sizeof(key) - 1))
			sscanf(line + sizeof(key) - 1, "%lu", &count);
	fclose(file);
	assert_true(count > 0);
	return count;
}

static int poll_for_long(void *context)
{
	struct waiter *self = context;
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	return poll(&p, 1, 20000) == 1 ? p.revents : 0;
}

/*
 * All on one processor: while the test sleeps there, whoever has been woken runs, and
 * if there was nothing for it, it goes to sleep once more.
 */
static void let_them_run(void)
{
	sleep_ms(20);
}

static void one_message_wakes_one_receiver(void **state)
{
	int fd = queue_new(WAITERS, 8);
	struct waiter poller = { .fd = fd };
	unsigned long before[WAITERS];
	pid_t pids[WAITERS], polling;
	unsigned int i, sent;

	(void)state;
	for (i = 0; i < WAITERS - 1; i++)
		pids[i] = start(receive_one, fd, i, SCHED_OTHER, 0);
	pids[i] = polling = spawn(poll_for_long, &poller);
	wait_asleep(polling);
	let_them_run();
	for (i = 0; i < WAITERS; i++)
		before[i] = sleeps(pids[i]);

	for (sent = 0; sent < WAITERS - 1; sent++) {
		assert_ok(queue_send(fd, "m", 1, 0, 0));
		assert_int_equal(reap(pids[sent]), 0);
		assert_int_equal(waiters[sent].result, 1);
		let_them_run();
		/* Nor a poller: there was never anything for it. */
		for (i = sent + 1; i < WAITERS; i++)
			assert_int_equal(sleeps(pids[i]), before[i]);
	}
	/* And that is a count that moves. */
	assert_ok(queue_send(fd, "m", 1, 0, 0));
	assert_int_equal(reap(polling), POLLIN);
	close(fd);
}

static int pin(void **state)
{
	static cpu_set_t all;
	cpu_set_t first;

	if (!*state) {
		*state = &all;
		CPU_ZERO(&first);
		CPU_SET(0, &first);
		return sched_getaffinity(0, sizeof(all), &all) ||
		       sched_setaffinity(0, sizeof(first), &first);
	}
	return sched_setaffinity(0, sizeof(all), &all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_time_receivers_come_first),
		cmocka_unit_test(a_turn_is_decided_when_the_wait_begins),
		cmocka_unit_test(senders_have_no_rank),
		cmocka_unit_test_setup_teardown(one_message_wakes_one_receiver,
						pin, pin),
	};

	waiters = shared_memory(WAITERS * sizeof(*waiters));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
