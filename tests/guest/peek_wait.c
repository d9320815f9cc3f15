// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for a message to look at, and what is refused.
 */
#include "peek.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A thread that looks at the next of what there is, and waits for it. */
struct waiter {
	pthread_t thread;
	pid_t tid;
	int fd;
	struct looker looker;
	uint64_t deadline;
	long result;
};

static void *run_waiter(void *context)
{
	struct waiter *self = context;

	__atomic_store_n(&self->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	self->looker.args.flags &= ~(uint32_t)IPCQ_RECEIVE_F_NONBLOCK;
	self->looker.args.deadline = self->deadline;
	self->result = look(self->fd, &self->looker);
	return NULL;
}

static void waiter_start(struct waiter *waiter, int fd, struct want want,
			 struct looker *from, uint64_t deadline)
{
	*waiter = (struct waiter) {
		.fd = fd,
		.looker = looker_of(want),
		.deadline = deadline,
	};
	if (from) {
		waiter->looker.args.cursor = from->args.cursor;
		waiter->looker.args.priority = from->args.priority;
		waiter->looker.args.type = from->args.type;
	}
	assert_int_equal(pthread_create(&waiter->thread, NULL, run_waiter, waiter), 0);
	eventually(__atomic_load_n(&waiter->tid, __ATOMIC_ACQUIRE));
	wait_asleep(waiter->tid);
}

static long waiter_end(struct waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
	return waiter->result;
}

static void it_waits_for_what_comes_next(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_PRIORITY);
	struct waiter first, typed, next;
	struct looker looker = looker_of(ANY);

	(void)state;
	waiter_start(&first, fd, ANY, NULL, in(20 * SECOND));
	waiter_start(&typed, fd, EQUAL(7), NULL, in(20 * SECOND));
	assert_int_equal(queue_stat(fd).waiting_receivers, 0);
	assert_int_equal(typed_send(fd, 3, 5, 8), 1);
	assert_int_equal(waiter_end(&first), 1);
	assert_int_equal(look(fd, &looker), 1);
	waiter_start(&next, fd, ANY, &looker, in(20 * SECOND));
	/* It comes before what has been seen. */
	assert_int_equal(typed_send(fd, 7, 9, 8), 2);
	assert_int_equal(waiter_end(&typed), 2);
	wait_asleep(next.tid);
	assert_int_equal(typed_send(fd, 3, 5, 8), 3);
	assert_int_equal(waiter_end(&next), 3);
	assert_int_equal(queue_stat(fd).messages, 3);
	close(fd);
}

static void *receive_one(void *context)
{
	char byte;

	return (void *)(intptr_t)queue_receive(*(int *)context, &byte, 1, 0,
					       in(20 * SECOND));
}

/* Who receives gets it, and who looks waits for the next, or for it to come back. */
static void receivers_come_first(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct waiter waiter;
	pthread_t receiver;
	uint64_t token;
	void *result;

	(void)state;
	waiter_start(&waiter, fd, ANY, NULL, in(20 * SECOND));
	assert_int_equal(pthread_create(&receiver, NULL, receive_one, &fd), 0);
	eventually(queue_stat(fd).waiting_receivers == 1);
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	assert_int_equal(pthread_join(receiver, &result), 0);
	assert_int_equal((intptr_t)result, 1);
	assert_int_equal(typed_send(fd, 'b', 0, 1), 2);
	assert_int_equal(waiter_end(&waiter), 2);

	token = hold_first(fd);
	waiter_start(&waiter, fd, ANY, NULL, in(20 * SECOND));
	assert_ok(end_hold(fd, token, IPCQ_LEASE_RETURN));
	assert_int_equal(waiter_end(&waiter), 2);
	assert_int_equal(waiter.looker.args.redeliveries, 1);
	close(fd);
}

static volatile int signals;

static void waits_end(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct looker looker = looker_of(ANY);
	struct waiter waiter;

	(void)state;
	looker.args.flags &= ~(uint32_t)IPCQ_RECEIVE_F_NONBLOCK;
	looker.args.deadline = in(50 * MS);
	assert_error(look(fd, &looker), ETIMEDOUT);
	handle_signals(0, &signals);
	waiter_start(&waiter, fd, ANY, NULL, 0);
	pthread_kill(waiter.thread, SIGUSR1);
	assert_error(waiter_end(&waiter), EINTR);
	/* Restarted, it goes on from the same place. */
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	looker.args.deadline = 0;
	assert_int_equal(look(fd, &looker), 1);
	handle_signals(SA_RESTART, &signals);
	signals = 0;
	waiter_start(&waiter, fd, ANY, &looker, 0);
	pthread_kill(waiter.thread, SIGUSR1);
	eventually(signals == 1);
	wait_asleep(waiter.tid);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	assert_int_equal(waiter_end(&waiter), 2);
	/* What need not wait does not look at the time. */
	looker.args.deadline = 1;
	assert_int_equal(look(fd, &looker), 2);
	assert_error(look(fd, &looker), ETIMEDOUT);
	close(fd);
}

/* ----------------------------------------------------------------- what is refused */

static void each_member_is_checked(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_PRIORITY);
	const struct looker right = looker_of(ANY);
	struct looker looker = right;

	(void)state;
	assert_int_equal(typed_send(fd, 1, IPCQ_PRIORITY_MAX, 8), 1);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	looker.args.flags |= IPCQ_RECEIVE_F_LEASE;
	assert_error(look(fd, &looker), EINVAL);
	looker = right;
	looker.args.lease = 1;
	assert_error(look(fd, &looker), EINVAL);
	looker = right;
	looker.args.cursor = 1;
	looker.args.priority = IPCQ_PRIORITY_MAX + 1;
	assert_error(look(fd, &looker), EINVAL);
	/* Only a cursor has one. */
	looker.args.cursor = 0;
	assert_int_equal(look(fd, &looker), 1);
	looker = right;
	looker.args.match = IPCQ_MATCH_EXCEPT + 1;
	assert_error(look(fd, &looker), EOPNOTSUPP);
	looker = right;
	looker.args.reserved4 = 1;
	assert_error(look(fd, &looker), EINVAL);
	/* Places where nothing has ever been are places. */
	looker = right;
	looker.args.cursor = UINT64_MAX;
	looker.args.priority = IPCQ_PRIORITY_MAX;
	assert_int_equal(look(fd, &looker), 2);
	looker.args.cursor = UINT64_MAX;
	assert_error(look(fd, &looker), EAGAIN);
	close(fd);
}

static void what_belongs_to_it_needs_its_flag(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	looker.args.flags &= ~(uint32_t)IPCQ_RECEIVE_F_PEEK;
	looker.args.cursor = 1;
	assert_error(look(fd, &looker), EINVAL);
	looker.args.cursor = 0;
	looker.args.offset = 1;
	assert_error(look(fd, &looker), EINVAL);
	assert_int_equal(queue_stat(fd).messages, 1);
	close(fd);
}

static void it_needs_a_handle_that_reads(void **state)
{
	int both = queue_open("test/peek", RW | CREATE);
	int writer = queue_open("test/peek", IPCQ_OPEN_F_WRITE);
	int reader = queue_open("test/peek", IPCQ_OPEN_F_READ);
	struct ipcq_queue_open all = queue_args(NULL, RW | CREATE);

	(void)state;
	assert_int_equal(typed_send(both, 1, 0, 8), 1);
	assert_int_equal(look_first(reader), 1);
	assert_error(look_first(writer), EBADF);
	all.delivery = IPCQ_DELIVERY_ALL;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &all));
	assert_error(look_first(all.open.fd), EINVAL);
	close(all.open.fd);
	close(both);
	close(writer);
	close(reader);
}

/* What has expired is not shown, and a short struct cannot ask. */
static void what_is_over_is_over(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.time_to_live = 1,
	};
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	sleep_ms(1);
	assert_error(look_first(fd), EAGAIN);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	looker.args.size = IPCQ_QUEUE_RECEIVE_MIN;
	looker.args.flags = PEEK;
	looker.args.payload = (uintptr_t)looker.bytes;
	looker.args.length = 1;
	/* It has no place, and so shows the first. */
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &looker.args), 1);
	assert_int_equal(looker.bytes[0], 'x');
	assert_int_equal(looker.args.sequence, 0);
	assert_int_equal(queue_stat(fd).messages, 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_for_what_comes_next),
		cmocka_unit_test(receivers_come_first),
		cmocka_unit_test(waits_end),
		cmocka_unit_test(each_member_is_checked),
		cmocka_unit_test(what_belongs_to_it_needs_its_flag),
		cmocka_unit_test(it_needs_a_handle_that_reads),
		cmocka_unit_test(what_is_over_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
