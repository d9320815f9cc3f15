// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals and deadlines that meet a call that waits at a queue.
 */
#include "common.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum operation { RECEIVE, SEND, READ, WRITE, OPERATIONS };

struct interrupted {
	int fd;
	enum operation operation;
	int signal_flags;
	uint64_t deadline;
	int result;
	volatile int handled;
};

/* Shared with the child. */
static struct interrupted *child;

static int run_operation(void *context)
{
	struct interrupted *self = context;
	char byte = 'c';

	handle_signals(self->signal_flags, &self->handled);
	switch (self->operation) {
	case RECEIVE:
		self->result = queue_receive(self->fd, &byte, 1, 0, self->deadline);
		break;
	case SEND:
		self->result = queue_send(self->fd, &byte, 1, 0, self->deadline);
		break;
	case READ:
		self->result = read(self->fd, &byte, 1) < 0 ? -errno : 1;
		break;
	default:
		self->result = write(self->fd, &byte, 1) < 0 ? -errno : 0;
	}
	return 0;
}

static bool sends(enum operation operation)
{
	return operation == SEND || operation == WRITE;
}

static unsigned int waiting(int fd)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	return stat.waiting_senders + stat.waiting_receivers;
}

static pid_t start(enum operation operation, int signal_flags, uint64_t deadline)
{
	int fd = queue_new(1, 8);
	pid_t pid;

	if (sends(operation))
		assert_ok(queue_send(fd, "x", 1, 0, 0));
	*child = (struct interrupted) {
		.fd = fd, .operation = operation, .signal_flags = signal_flags,
		.deadline = deadline, .result = 1000,
	};
	pid = spawn(run_operation, child);
	eventually(waiting(fd) == 1);
	wait_asleep(pid);
	return pid;
}

/* Makes it possible for the child's call to succeed, and sees that it did. */
static void finish(pid_t pid)
{
	char byte;

	if (sends(child->operation)) {
		assert_int_equal(queue_receive(child->fd, &byte, 1, 0, 0), 1);
		assert_int_equal(reap(pid), 0);
		assert_int_equal(child->result, 0);
		assert_int_equal(queue_receive(child->fd, &byte, 1, 0,
					       in(5 * SECOND)), 1);
		assert_int_equal(byte, 'c');
	} else {
		assert_ok(queue_send(child->fd, "x", 1, 0, 0));
		assert_int_equal(reap(pid), 0);
		assert_int_equal(child->result, 1);
	}
	assert_int_equal(queue_stat(child->fd).messages, 0);
	close(child->fd);
}

static void a_handler_interrupts(void **state)
{
	enum operation operation;
	pid_t pid;

	(void)state;
	for (operation = 0; operation < OPERATIONS; operation++) {
		pid = start(operation, 0, 0);
		kill(pid, SIGUSR1);
		assert_int_equal(reap(pid), 0);
		assert_error(child->result, EINTR);
		assert_int_equal(child->handled, 1);
		assert_int_equal(waiting(child->fd), 0);
		assert_int_equal(queue_stat(child->fd).sent,
				 sends(operation) ? 1 : 0);
		close(child->fd);
	}
}

static void a_restarting_handler_does_not(void **state)
{
	enum operation operation;
	pid_t pid;

	(void)state;
	for (operation = 0; operation < OPERATIONS; operation++) {
		pid = start(operation, SA_RESTART, 0);
		kill(pid, SIGUSR1);
		eventually(child->handled == 1);
		eventually(waiting(child->fd) == 1);
		wait_asleep(pid);
		finish(pid);
		assert_int_equal(child->handled, 1);
	}
}

static void stopping_does_not(void **state)
{
	enum operation operation;
	pid_t pid;

	(void)state;
	for (operation = 0; operation < OPERATIONS; operation++) {
		pid = start(operation, 0, 0);
		kill(pid, SIGSTOP);
		assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
		/* Stopped, it stands in nobody's way. */
		assert_int_equal(waiting(child->fd), 0);
		kill(pid, SIGCONT);
		eventually(waiting(child->fd) == 1);
		finish(pid);
	}
}

/* A stopped receiver is not waiting, so the next one gets the message. */
static void a_stopped_receiver_takes_no_message(void **state)
{
	pid_t pid = start(RECEIVE, 0, 0);
	char byte;

	(void)state;
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	assert_ok(queue_send(child->fd, "1", 1, 0, 0));
	assert_int_equal(queue_receive(child->fd, &byte, 1,
				       IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	kill(pid, SIGCONT);
	finish(pid);
}

static void a_deadline_ends_a_wait_in_time(void **state)
{
	static const enum operation operations[] = { RECEIVE, SEND };
	uint64_t start_time;
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		start_time = in(0);
		pid = start(operations[i], 0, in(200 * MS));
		assert_int_equal(reap(pid), 0);
		assert_error(child->result, ETIMEDOUT);
		assert_true(in(0) - start_time >= 200 * MS);
		assert_true(in(0) - start_time < 10 * SECOND);
		assert_int_equal(waiting(child->fd), 0);
		close(child->fd);
	}
}

/* The deadline is absolute: what restarts the call does not prolong it. */
static void a_restarted_call_keeps_its_deadline(void **state)
{
	uint64_t deadline = in(300 * MS);
	pid_t pid = start(RECEIVE, SA_RESTART, deadline);
	int i;

	(void)state;
	for (i = 1; i <= 3; i++) {
		kill(pid, SIGUSR1);
		eventually(child->handled == i);
	}
	assert_int_equal(reap(pid), 0);
	assert_error(child->result, ETIMEDOUT);
	assert_true(in(0) >= deadline);
	assert_true(in(0) < deadline + 10 * SECOND);
	close(child->fd);
}

static void no_deadline_is_too_far(void **state)
{
	(void)state;
	finish(start(RECEIVE, 0, UINT64_MAX));
	finish(start(SEND, 0, INT64_MAX));
	finish(start(RECEIVE, 0, (uint64_t)INT64_MAX + 1));
}

static void who_may_not_wait_does_not_while_others_do(void **state)
{
	char byte;
	pid_t pid;

	(void)state;
	pid = start(RECEIVE, 0, 0);
	assert_error(queue_receive(child->fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
		     EAGAIN);
	assert_error(queue_receive(child->fd, &byte, 1, 0, 1), ETIMEDOUT);
	assert_int_equal(waiting(child->fd), 1);
	finish(pid);

	pid = start(WRITE, 0, 0);
	assert_error(queue_send(child->fd, "y", 1, IPCQ_SEND_F_NONBLOCK, 0),
		     EAGAIN);
	assert_error(queue_send(child->fd, "y", 1, 0, 1), ETIMEDOUT);
	assert_int_equal(waiting(child->fd), 1);
	finish(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_interrupts),
		cmocka_unit_test(a_restarting_handler_does_not),
		cmocka_unit_test(stopping_does_not),
		cmocka_unit_test(a_stopped_receiver_takes_no_message),
		cmocka_unit_test(a_deadline_ends_a_wait_in_time),
		cmocka_unit_test(a_restarted_call_keeps_its_deadline),
		cmocka_unit_test(no_deadline_is_too_far),
		cmocka_unit_test(who_may_not_wait_does_not_while_others_do),
	};

	child = shared_memory(sizeof(*child));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
