// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dead letters while their queues come and go.
 */
#include "common.h"

#include <ipcq.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS		60

static int send_mortal(int fd, uint64_t time_to_live)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)"mortal",
		.length = 6,
		.time_to_live = time_to_live,
	};

	return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

static void set_to(int fd, int to)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = IPCQ_SET_F_DEAD_LETTER,
		.dead_letter = queue_stat(to).id,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &args));
}

/* Two queues that name each other end while both move messages to the other. */
static void both_end_while_they_exchange(void **state)
{
	uint64_t before = query().message_bytes;
	int fds[2], round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		fds[0] = queue_new(64, 64);
		fds[1] = queue_new(64, 64);
		set_to(fds[0], fds[1]);
		set_to(fds[1], fds[0]);
		for (i = 0; i < 40; i++)
			assert_ok(send_mortal(fds[i % 2], (1 + i % 8) * MS));
		sleep_ms(round % 12);
		close(fds[round % 2]);
		if (round % 3)
			sleep_ms(1);
		close(fds[!(round % 2)]);
	}
	/* One that moves a message may be the last to leave a queue. */
	eventually(query().message_bytes == before);
}

static int count(const struct ipcq_object_info *object, void *context)
{
	(void)object;
	(void)context;
	return 0;
}

static int keep_sending(void *context)
{
	const int *fd = context;

	for (;;)
		send_mortal(*fd, MS);
	return 0;
}

static int keep_receiving(void *context)
{
	const int *fd = context;
	char buffer[64];

	for (;;)
		queue_receive(*fd, buffer, sizeof(buffer), IPCQ_RECEIVE_F_NONBLOCK, 0);
	return 0;
}

/* Listing holds the lock that moving takes; all of it goes on at the same time. */
static void listing_gets_along_with_moving(void **state)
{
	int fd = queue_new(64, 64), to = queue_new(64, 64), round;
	struct ipcq_queue_stat stat;
	pid_t pids[3];

	(void)state;
	set_to(fd, to);
	pids[0] = spawn(keep_sending, &fd);
	pids[1] = spawn(keep_receiving, &fd);
	pids[2] = spawn(keep_receiving, &to);
	for (round = 0; round < 2 * ROUNDS; round++)
		assert_ok(ipcq_list(IPCQ_QUEUE, count, NULL));
	eventually(queue_stat(to).received > 0);
	for (round = 0; round < 3; round++) {
		kill(pids[round], SIGKILL);
		assert_int_equal(reap(pids[round]), 128 + SIGKILL);
	}
	/* Each message had one end. */
	eventually((stat = queue_stat(fd), !stat.messages &&
		    stat.sent == stat.received + stat.dead_lettered + stat.dropped));
	assert_int_equal(stat.dead_lettered, queue_stat(to).sent);
	assert_int_equal(stat.expired, stat.dead_lettered + stat.dropped);
	assert_int_equal(stat.bytes, 0);
	close(fd);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_end_while_they_exchange),
		cmocka_unit_test(listing_gets_along_with_moving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
