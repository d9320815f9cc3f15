// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The library on the real device.  Its corners are tested on a model of the
 * module; here is what only the module can show.
 */
#include "common.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "ipcq.h"

#define QUEUE_NAME	"test/library/queue"

static struct ipcq *ipcq;

static struct ipcq_region *new_region(uint64_t size, uint32_t mutexes,
				      uint32_t eventcounts)
{
	const struct ipcq_region_options options = {
		.size = size, .mutexes = mutexes, .eventcounts = eventcounts,
	};
	struct ipcq_region *region;

	assert_int_equal(ipcq_region_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE |
					  IPCQ_CREATE, &options, &region), 1);
	return region;
}

/* -------------------------------------------------------------------- queue */

static int echo(void *context)
{
	struct ipcq_queue **queues = context;
	char buffer[64];
	ssize_t length;

	do {
		length = ipcq_queue_receive(queues[0], buffer, sizeof(buffer));
		if (length < 0 || ipcq_queue_send(queues[1], buffer, length))
			return 1;
	} while (length);
	return 0;
}

static void messages_go_there_and_back(void **state)
{
	const struct ipcq_queue_options options = {
		.max_messages = 4, .max_message_size = 64,
	};
	struct ipcq_message_info info;
	struct ipcq_queue *queues[2];
	uint64_t sequence;
	char text[64];
	pid_t pid;
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		assert_int_equal(ipcq_queue_open(ipcq, NULL, IPCQ_READ |
						 IPCQ_WRITE | IPCQ_CREATE,
						 &options, &queues[i]), 1);
	pid = spawn(echo, queues);
	for (i = 1; i <= 100; i++) {
		memset(text, i, sizeof(text));
		assert_int_equal(ipcq_queue_send_until(queues[0], text, i % 64 + 1,
						       0, ipcq_deadline(SECOND * 5),
						       &sequence), 0);
		assert_int_equal(sequence, i);
		memset(text, 0, sizeof(text));
		assert_int_equal(ipcq_queue_receive_until(queues[1], text,
							  sizeof(text), 0,
							  IPCQ_NO_DEADLINE,
							  &info), i % 64 + 1);
		assert_int_equal(info.sequence, i);
		assert_int_equal(text[i % 64], i);
	}
	assert_int_equal(ipcq_queue_send(queues[0], NULL, 0), 0);
	assert_int_equal(ipcq_queue_receive(queues[1], NULL, 0), 0);
	assert_int_equal(reap(pid), 0);
	ipcq_queue_close(queues[0]);
	ipcq_queue_close(queues[1]);
}

static void errors_are_those_of_the_header(void **state)
{
	const struct ipcq_queue_options options = {
		.max_messages = 1, .max_message_size = 8,
	};
	struct ipcq_region *region = NULL;
	struct ipcq_queue *queue, *reader;
	char text[16] = "0123456789abcde";

	(void)state;
	assert_error(ipcq_queue_open(ipcq, QUEUE_NAME, IPCQ_READ, NULL, &queue),
		     ENOENT);
	assert_int_equal(ipcq_queue_open(ipcq, QUEUE_NAME, IPCQ_WRITE | IPCQ_CREATE,
					 &options, &queue), 1);
	assert_int_equal(ipcq_queue_open(ipcq, QUEUE_NAME, IPCQ_READ, &options,
					 &reader), 0);
	assert_error(ipcq_region_open(ipcq, QUEUE_NAME, IPCQ_READ, NULL, &region),
		     EPROTOTYPE);
	assert_error(ipcq_queue_send(reader, "x", 1), EBADF);
	assert_error(ipcq_queue_receive(queue, text, 1), EBADF);
	assert_error(ipcq_queue_next_size(queue), EBADF);
	assert_error(ipcq_queue_send(queue, text, 9), EMSGSIZE);
	assert_error(ipcq_queue_receive_until(reader, text, 8, IPCQ_DONTWAIT, 0,
					      NULL), EAGAIN);
	assert_int_equal(ipcq_queue_send(queue, text, 8), 0);
	assert_error(ipcq_queue_send_until(queue, text, 1, IPCQ_DONTWAIT, 0, NULL),
		     EAGAIN);
	assert_error(ipcq_queue_send_until(queue, text, 1, 0, ipcq_deadline(MS),
					   NULL), ETIMEDOUT);
	assert_error(ipcq_queue_receive(reader, text, 7), EMSGSIZE);
	assert_int_equal(ipcq_queue_next_size(reader), 8);
	assert_error(ipcq_queue_from_fd(device(), &queue), ENOTTY);
	assert_error(ipcq_region_from_fd(ipcq_queue_fd(reader), &region), ENOTTY);
	assert_error(ipcq_unlink(ipcq, QUEUE_NAME, IPCQ_REGION), EPROTOTYPE);
	assert_int_equal(ipcq_unlink(ipcq, QUEUE_NAME, IPCQ_QUEUE), 0);
	assert_error(ipcq_unlink(ipcq, QUEUE_NAME, IPCQ_ANY), ENOENT);
	ipcq_queue_close(reader);
	ipcq_queue_close(queue);
}

/* ------------------------------------------------------------------- region */

#define ROUNDS	3000

static int count_up(void *context)
{
	struct ipcq_region *region = context;
	volatile unsigned long *count = ipcq_region_data(region);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (ipcq_mutex_lock(region, 0))
			return 1;
		++*count;
		if (ipcq_mutex_unlock(region, 0))
			return 2;
	}
	return 0;
}

static void *count_in_thread(void *context)
{
	return (void *)(intptr_t)count_up(context);
}

static void a_child_locks_at_once_as_itself(void **state)
{
	struct ipcq_region *region = new_region(64, 1, 0);
	struct ipcq_region_info info;
	pthread_t thread;
	pid_t pids[2];
	void *failed;

	(void)state;
	/* So that the handle has all it can have when it is inherited. */
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	pids[0] = spawn(count_up, region);
	pids[1] = spawn(count_up, region);
	assert_int_equal(pthread_create(&thread, NULL, count_in_thread, region), 0);
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	assert_int_equal(count_up(region), 0);
	pthread_join(thread, &failed);
	assert_null(failed);
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(reap(pids[1]), 0);
	assert_int_equal(*(unsigned long *)ipcq_region_data(region), 4 * ROUNDS);
	assert_int_equal(ipcq_region_info(region, NULL, &info), 0);
	assert_int_equal(info.owner_deaths, 0);
	ipcq_region_close(region);
}

/* The child of a holder holds nothing, and cannot unlock what its parent holds. */
static int unlock_as_child(void *context)
{
	struct ipcq_region *region = context;

	if (ipcq_mutex_unlock(region, 0) != -EPERM)
		return 1;
	return ipcq_mutex_lock_until(region, 0, IPCQ_DONTWAIT, 0) == -EAGAIN ? 0 : 2;
}

static int hold_and_die(void *context)
{
	return ipcq_mutex_lock(context, 0) ? 1 : 0;
}

static void a_death_is_reported_and_repaired(void **state)
{
	struct ipcq_region *region = new_region(64, 2, 0);
	struct ipcq_mutex_info info;
	pid_t pid;

	(void)state;
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	assert_error(ipcq_mutex_lock(region, 0), EDEADLK);
	assert_int_equal(reap(spawn(unlock_as_child, region)), 0);
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	pid = spawn(hold_and_die, region);
	assert_int_equal(reap(pid), 0);
	assert_error(ipcq_mutex_lock(region, 0), EOWNERDEAD);
	assert_int_equal(ipcq_mutex_info(region, 0, &info), 0);
	assert_true(info.locked && info.inconsistent);
	assert_int_equal(info.holder_pid, getpid());
	assert_int_equal(info.deaths, 1);
	assert_int_equal(ipcq_mutex_consistent(region, 0), 0);
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	assert_int_equal(ipcq_mutex_info(region, 0, &info), 0);
	assert_true(info.locked && !info.inconsistent);
	assert_error(ipcq_mutex_lock(region, 2), EINVAL);
	ipcq_region_close(region);
}

static int wait_and_answer(void *context)
{
	struct ipcq_region *region = context;
	volatile uint32_t *ball = ipcq_region_data(region);
	uint32_t seen;

	while (*ball < 200) {
		seen = ipcq_eventcount_read(region, 0);
		if (*ball % 2 == 0) {
			if (ipcq_eventcount_wait(region, 0, seen, 0,
						 ipcq_deadline(20 * SECOND)))
				return 1;
			continue;
		}
		++*ball;
		if (ipcq_eventcount_advance(region, 0, 1) < 0)
			return 2;
	}
	return 0;
}

static void eventcounts_wake_across_processes(void **state)
{
	struct ipcq_region *region = new_region(4, 0, 1);
	volatile uint32_t *ball = ipcq_region_data(region);
	uint32_t seen;
	pid_t pid = spawn(wait_and_answer, region);

	(void)state;
	while (*ball < 200) {
		seen = ipcq_eventcount_read(region, 0);
		if (*ball % 2) {
			assert_int_equal(ipcq_eventcount_wait(region, 0, seen, 0,
					 ipcq_deadline(20 * SECOND)), 0);
			continue;
		}
		++*ball;
		assert_true(ipcq_eventcount_advance(region, 0, 1) >= 0);
	}
	assert_int_equal(reap(pid), 0);
	seen = ipcq_eventcount_read(region, 0);
	assert_error(ipcq_eventcount_wait(region, 0, seen, IPCQ_DONTWAIT, 0),
		     EAGAIN);
	assert_error(ipcq_eventcount_wait(region, 0, seen, 0, ipcq_deadline(MS)),
		     ETIMEDOUT);
	ipcq_region_close(region);
}

static ssize_t receive_by(struct ipcq_queue *queue, const struct ipcq_filter *filter,
			  char *byte)
{
	const struct ipcq_receive_options options = { .filter = filter };
	const struct iovec piece = { .iov_base = byte, .iov_len = 1 };

	return ipcq_queue_receivev(queue, &piece, 1, &options, IPCQ_DONTWAIT,
				   IPCQ_NO_DEADLINE, NULL);
}

static void filters_choose(void **state)
{
	const struct ipcq_filter range = {
		.match = IPCQ_TYPE_RANGE, .type_first = 2, .type_last = 3,
	};
	const struct ipcq_filter equal = {
		.match = IPCQ_TYPE_EQUAL, .type_first = 1,
	};
	const struct ipcq_filter wrong = { .type_last = 1 };
	struct ipcq_queue *queue;
	char byte;
	int i;

	(void)state;
	assert_ok(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				  NULL, &queue));
	for (i = 0; i < 4; i++) {
		const struct ipcq_send_options sent = { .type = i };
		const struct iovec piece = { "abcd" + i, 1 };

		assert_ok(ipcq_queue_sendv(queue, &piece, 1, &sent, 0, 0, NULL));
	}
	assert_int_equal(receive_by(queue, &range, &byte), 1);
	assert_int_equal(byte, 'c');
	assert_error(receive_by(queue, &wrong, &byte), EINVAL);
	assert_error(ipcq_queue_set_filter(queue, &wrong), EINVAL);
	assert_ok(ipcq_queue_set_filter(queue, &equal));
	assert_int_equal(ipcq_queue_receive(queue, &byte, 1), 1);
	assert_int_equal(byte, 'b');
	assert_error(receive_by(queue, NULL, &byte), EAGAIN);
	assert_int_equal(ipcq_queue_next_size(queue), 0);
	assert_ok(ipcq_queue_set_filter(queue, NULL));
	assert_int_equal(receive_by(queue, NULL, &byte), 1);
	assert_int_equal(byte, 'a');
	ipcq_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_go_there_and_back),
		cmocka_unit_test(errors_are_those_of_the_header),
		cmocka_unit_test(a_child_locks_at_once_as_itself),
		cmocka_unit_test(a_death_is_reported_and_repaired),
		cmocka_unit_test(filters_choose),
		cmocka_unit_test(eventcounts_wake_across_processes),
	};

	if (ipcq_connect(&ipcq))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
