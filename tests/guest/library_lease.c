// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases through the library.
 */
#include "common.h"

#include <string.h>
#include <unistd.h>

#include "ipcq.h"

static struct ipcq *ipcq;
static struct ipcq_queue *queue;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
					 NULL, &queue), 1);
	assert_int_equal(ipcq_queue_send(queue, "message", 7), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ipcq_queue_close(queue);
	return 0;
}

static struct ipcq_queue_info info_of_queue(void)
{
	struct ipcq_queue_info info;

	assert_int_equal(ipcq_queue_info(queue, NULL, &info), 0);
	return info;
}

static uint64_t lease(uint64_t time, uint32_t redeliveries)
{
	struct ipcq_message_info info;
	char buffer[16];

	assert_int_equal(ipcq_queue_lease(queue, buffer, sizeof(buffer), time,
					  IPCQ_DONTWAIT, IPCQ_NO_DEADLINE, &info), 7);
	assert_memory_equal(buffer, "message", 7);
	assert_int_equal(info.redeliveries, redeliveries);
	assert_int_not_equal(info.token, 0);
	return info.token;
}

static void acknowledged_and_given_back(void **state)
{
	struct ipcq_message_info info;
	uint64_t token = lease(0, 0);
	char byte;

	(void)state;
	assert_int_equal(info_of_queue().held, 1);
	assert_int_equal(ipcq_queue_give_back(queue, token, 0), 0);
	token = lease(0, 1);
	assert_int_equal(ipcq_queue_give_back(queue, token, 3600 * SECOND), 0);
	assert_int_equal(info_of_queue().delayed, 1);
	assert_int_equal(info_of_queue().held, 0);
	assert_int_equal(ipcq_queue_give_back(queue, token, 0), -ENOKEY);
	assert_int_equal(ipcq_queue_lease(queue, &byte, 1, 0, IPCQ_DONTWAIT, IPCQ_NO_DEADLINE,
					  &info), -EAGAIN);
	assert_int_equal(ipcq_queue_lease(queue, &byte, 1, 0, 0, 1, &info), -ETIMEDOUT);
	assert_int_equal(ipcq_queue_lease(queue, &byte, 1, 0, 1U << 31, 1, &info), -EINVAL);

	assert_int_equal(ipcq_queue_send(queue, "message", 7), 0);
	token = lease(0, 0);
	assert_int_equal(ipcq_queue_acknowledge(queue, token), 0);
	assert_int_equal(ipcq_queue_acknowledge(queue, token), -ENOKEY);
	assert_int_equal(info_of_queue().messages, 1);
}

static void extended_and_read(void **state)
{
	uint64_t token = lease(100 * MS, 0);
	struct ipcq_message_info info;
	char buffer[16];

	(void)state;
	assert_int_equal(ipcq_queue_extend(queue, token, 3600 * SECOND), 0);
	sleep_ms(200);
	assert_int_equal(ipcq_queue_read_held(queue, token, 2, buffer, 3), 3);
	assert_memory_equal(buffer, "ssa", 3);
	assert_int_equal(ipcq_queue_read_held(queue, token, 7, buffer, 3), 0);
	assert_int_equal(ipcq_queue_extend(queue, token, 1), 0);
	eventually(!info_of_queue().held);
	assert_int_equal(ipcq_queue_extend(queue, token, 1), -ENOKEY);
	assert_int_equal(ipcq_queue_read_held(queue, token, 0, buffer, 1), -ENOKEY);
	assert_int_equal(ipcq_queue_lease(queue, buffer, 2, 0, IPCQ_TRUNCATE, IPCQ_NO_DEADLINE,
					  &info), 7);
	assert_int_equal(info.redeliveries, 1);
}

static void handed_over(void **state)
{
	uint64_t token = lease(0, 0);

	(void)state;
	assert_int_equal(ipcq_queue_attach(queue), 0);
	assert_int_equal(ipcq_queue_hand_over(queue, token, 1), -ESRCH);
	assert_int_equal(ipcq_queue_hand_over(queue, token, getpid()), 0);
	assert_int_equal(ipcq_queue_acknowledge(queue, token), 0);
	assert_int_equal(ipcq_queue_hand_over(queue, token, getpid()), -ENOKEY);
}

static int connect_once(void **state)
{
	(void)state;
	return ipcq_connect(&ipcq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define LEASE(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		LEASE(acknowledged_and_given_back),
		LEASE(extended_and_read),
		LEASE(handed_over),
	};

	return cmocka_run_group_tests_name("library_lease", tests, connect_once, NULL);
}
