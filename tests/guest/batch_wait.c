// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches that wait: for whom, for how much, and what ends it.
 */
#include "batch.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT	80		/* more than two rounds of the kernel's */

/* A batch of a child's; shared with it. */
struct job {
	int fd;
	uint32_t count;
	uint32_t flags;
	uint64_t deadline;
	int result;
	volatile int handled;
	uint32_t numbers[IPCQ_BATCH_MAX];
	struct ipcq_send_entry out[IPCQ_BATCH_MAX];
	struct ipcq_receive_entry into[IPCQ_BATCH_MAX];
};

static struct job *jobs;

static int send_batch(void *context)
{
	struct job *job = context;

	handle_signals(0, &job->handled);
	job->result = send_many(job->fd, job->out, job->count, job->flags,
				job->deadline);
	return 0;
}

static int receive_batch(void *context)
{
	struct job *job = context;

	handle_signals(0, &job->handled);
	job->result = receive_many(job->fd, job->into, job->count, job->flags,
				   job->deadline);
	return 0;
}

static struct job *job_new(unsigned int number, int fd, uint32_t count,
			   uint32_t flags)
{
	struct job *job = &jobs[number];

	memset(job, 0, sizeof(*job));
	job->fd = fd;
	job->count = count;
	job->flags = flags;
	job->result = 100000;
	return job;
}

static unsigned int waiting(int fd)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	return stat.waiting_senders + stat.waiting_receivers;
}

/* Starts a job that has to wait, and returns when it does. */
static pid_t start(struct job *job, int (*body)(void *))
{
	unsigned int before = waiting(job->fd);
	pid_t pid = spawn(body, job);

	eventually(waiting(job->fd) == before + 1);
	wait_asleep(pid);
	return pid;
}

static pid_t start_receiver(struct job *job)
{
	make_room(job->into, job->numbers, job->count);
	return start(job, receive_batch);
}

static pid_t start_sender(struct job *job, uint32_t from)
{
	number(job->out, job->numbers, job->count, from);
	return start(job, send_batch);
}

static void expect(const struct job *job, uint32_t from, uint32_t count)
{
	assert_int_equal(job->result, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(job->numbers[i], from + i);
}

/* The first message ends the wait; with WHOLE, the last one. */
static void a_receiver_waits_for_the_first_or_for_all(void **state)
{
	static struct ipcq_send_entry out[COUNT];
	static uint32_t numbers[COUNT];
	int fd = queue_new(2 * COUNT, 64);
	pid_t pid;

	(void)state;
	number(out, numbers, COUNT, 100);
	pid = start_receiver(job_new(0, fd, COUNT, 0));
	assert_ok(queue_send(fd, &numbers[0], sizeof(*numbers), 0, 0));
	assert_int_equal(reap(pid), 0);
	expect(&jobs[0], 100, 1);

	/* What comes with the first it takes as well. */
	pid = start_receiver(job_new(0, fd, COUNT, 0));
	assert_int_equal(send_many(fd, out, 20, 0, 0), 20);
	assert_int_equal(reap(pid), 0);
	expect(&jobs[0], 100, 20);

	pid = start_receiver(job_new(0, fd, COUNT, WHOLE));
	assert_int_equal(send_many(fd, out, 50, 0, 0), 50);
	eventually(!queue_stat(fd).messages && waiting(fd) == 1);
	assert_int_equal(send_many(fd, out + 50, 30, 0, 0), 30);
	assert_int_equal(reap(pid), 0);
	expect(&jobs[0], 100, COUNT);
	close(fd);
}

/* A batch goes to those who wait, a message to each in their turn, the rest stays. */
static void a_batch_serves_all_who_wait(void **state)
{
	enum { RECEIVERS = 12 };	/* more than are woken in one go */
	static struct ipcq_send_entry out[COUNT];
	static uint32_t numbers[COUNT];
	int fd = queue_new(2 * COUNT, 64);
	pid_t pids[RECEIVERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < RECEIVERS; i++)
		pids[i] = start_receiver(job_new(i, fd, 1, 0));
	number(out, numbers, COUNT, 0);
	assert_int_equal(send_many(fd, out, COUNT, 0, 0), COUNT);
	for (i = 0; i < RECEIVERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		expect(&jobs[i], i, 1);
	}
	drained(fd, RECEIVERS, COUNT - RECEIVERS);
	close(fd);
}

/* The first waits for room; the rest is sent as far as there is room then, or all. */
static void a_sender_waits_for_the_first_or_for_all(void **state)
{
	int fd = queue_new(4, 64);
	static struct ipcq_receive_entry into[COUNT];
	static uint32_t numbers[COUNT];
	pid_t pid;

	(void)state;
	fill(fd, 0, 4);
	make_room(into, numbers, COUNT);
	pid = start_sender(job_new(0, fd, COUNT, 0), 4);
	assert_int_equal(receive_many(fd, into, 4, 0, 0), 4);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(jobs[0].result, 4);
	assert_int_equal(jobs[0].out[3].sequence, 8);
	drained(fd, 4, 4);

	fill(fd, 0, 4);
	pid = start_sender(job_new(0, fd, COUNT, WHOLE), 4);
	assert_int_equal(receive_many(fd, into, COUNT, WHOLE, in(20 * SECOND)),
			 COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(numbers[i], i);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(jobs[0].result, COUNT);
	drained(fd, COUNT, 4);
	close(fd);
}

/* A batch waits behind who waits already, with all that it has. */
static void a_batch_passes_nobody(void **state)
{
	int fd = queue_new(4, 64);
	pid_t first, second;

	(void)state;
	fill(fd, 0, 4);
	first = start_sender(job_new(0, fd, 1, 0), 4);
	second = start_sender(job_new(1, fd, 3, WHOLE), 5);
	assert_error(send_many(fd, jobs[1].out, 1, NONBLOCK, 0), EAGAIN);
	for (uint32_t i = 0, got; i < 8; i++) {
		assert_int_equal(queue_receive(fd, &got, sizeof(got), 0,
					       in(20 * SECOND)), sizeof(got));
		assert_int_equal(got, i);
	}
	assert_int_equal(reap(first), 0);
	assert_int_equal(reap(second), 0);
	assert_int_equal(jobs[1].result, 3);
	close(fd);
}

/* Signals and deadlines: what was done is told, or the reason when it was nothing. */
static void what_ends_a_wait(void **state)
{
	int fd = queue_new(COUNT, 64);
	struct job *job;
	pid_t pid;

	(void)state;
	pid = start_receiver(job_new(0, fd, COUNT, WHOLE));
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_error(jobs[0].result, EINTR);

	fill(fd, 0, 3);
	pid = start_receiver(job_new(0, fd, COUNT, WHOLE));
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	expect(&jobs[0], 0, 3);
	assert_int_equal(jobs[0].handled, 1);

	fill(fd, 0, 3);
	job = job_new(0, fd, COUNT, WHOLE);
	job->deadline = in(50 * MS);
	make_room(job->into, job->numbers, job->count);
	assert_int_equal(reap(spawn(receive_batch, job)), 0);
	expect(&jobs[0], 0, 3);

	fill(fd, 0, COUNT - 2);
	job = job_new(0, fd, COUNT, WHOLE);
	job->deadline = in(50 * MS);
	number(job->out, job->numbers, job->count, COUNT - 2);
	assert_int_equal(reap(spawn(send_batch, job)), 0);
	assert_int_equal(jobs[0].result, 2);
	drained(fd, 0, COUNT);

	fill(fd, 0, COUNT);
	pid = start_sender(job_new(0, fd, COUNT, WHOLE), 0);
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_error(jobs[0].result, EINTR);
	assert_int_equal(waiting(fd), 0);
	drained(fd, 0, COUNT);
	close(fd);
}

/* Who is killed while it waits takes nothing with it that it has not received. */
static void a_kill_loses_nothing(void **state)
{
	int fd = queue_new(COUNT, 64);
	pid_t pid;

	(void)state;
	fill(fd, 0, 5);
	pid = start_receiver(job_new(0, fd, COUNT, WHOLE));
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_int_equal(waiting(fd), 0);
	fill(fd, 5, COUNT);
	pid = start_sender(job_new(0, fd, 50, WHOLE), 0);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_int_equal(waiting(fd), 0);
	drained(fd, 5, COUNT);
	close(fd);
}

/* Batches against batches: each number arrives once, and each sender's in order. */
static void many_at_once(void **state)
{
	enum { SENDERS = 3, EACH = 900 };
	static struct ipcq_receive_entry into[64];
	static uint32_t numbers[64], next[SENDERS];
	uint32_t left = SENDERS * EACH;
	int fd = queue_new(50, 64);
	pid_t pids[SENDERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < SENDERS; i++) {
		struct job *job = job_new(i, fd, EACH, WHOLE);

		number(job->out, job->numbers, EACH, i << 16);
		pids[i] = spawn(send_batch, job);
	}
	while (left) {
		int got;

		make_room(into, numbers, 64);
		got = receive_many(fd, into, 64, 0, in(60 * SECOND));
		assert_ok(got);
		for (i = 0; i < (unsigned int)got; i++) {
			uint32_t sender = numbers[i] >> 16;

			assert_true(sender < SENDERS);
			assert_int_equal(numbers[i] & 0xffff, next[sender]++);
		}
		left -= got;
	}
	for (i = 0; i < SENDERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(jobs[i].result, EACH);
	}
	drained(fd, 0, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_receiver_waits_for_the_first_or_for_all),
		cmocka_unit_test(a_batch_serves_all_who_wait),
		cmocka_unit_test(a_sender_waits_for_the_first_or_for_all),
		cmocka_unit_test(a_batch_passes_nobody),
		cmocka_unit_test(what_ends_a_wait),
		cmocka_unit_test(a_kill_loses_nothing),
		cmocka_unit_test(many_at_once),
	};

	jobs = shared_memory(12 * sizeof(*jobs));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
