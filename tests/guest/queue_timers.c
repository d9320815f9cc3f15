// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a queue has to do at a time, where that comes together with something else.
 */
#include "lease.h"

#include <string.h>
#include <unistd.h>

static char big[600 << 10];

static int queue_with(uint32_t messages, uint32_t message_size, uint64_t bytes,
		      uint64_t dead_letter)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = message_size;
	args.max_bytes = bytes;
	args.dead_letter = dead_letter;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static void send_until(int fd, uint64_t when)
{
	uint64_t now = in(0);
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)big,
		.length = 1,
		.time_to_live = when > now ? when - now : 1,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
}

/*
 * A queue ends while its messages expire, each of which makes room, for which somebody
 * has asked; but never enough of it.  It leaves nothing behind that is yet to be done.
 */
static void a_queue_ends_while_it_is_busy(void **state)
{
	int to = queue_with(8192, 1, 0, 0), round, i, fd;
	uint64_t when, before;

	(void)state;
	for (round = 0; round < 4; round++) {
		fd = queue_with(8192, sizeof(big), 1 << 20, queue_stat(to).id);
		assert_ok(queue_send(fd, big, sizeof(big), 0, 0));
		before = queue_stat(to).sent;
		when = in(2 * SECOND);
		for (i = 0; i < 2000; i++)
			send_until(fd, when);
		eventually(queue_stat(to).sent > before);
		assert_error(queue_send(fd, big, sizeof(big), IPCQ_SEND_F_NONBLOCK, 0),
			     EAGAIN);
		close(fd);
		assert_int_equal(query().objects, 1);
		/* What there still is to do would be done now. */
		sleep_ms(20);
	}
	close(to);
	eventually(query().objects == 0);
	eventually(query().message_bytes == 0);
}

/* It need not be back in the order to expire. */
static void what_is_on_its_way_back_expires(void **state)
{
	int fd = queue_with(4, 1, 0, 0);
	struct leased leased;

	(void)state;
	send_until(fd, in(100 * MS));
	leased = lease(fd, 0);
	assert_ok(give_back(fd, leased.token, 3600 * SECOND));
	eventually(queue_stat(fd).messages == 0);
	assert_int_equal(queue_stat(fd).expired, 1);
	assert_int_equal(queue_stat(fd).delayed, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_ends_while_it_is_busy),
		cmocka_unit_test(what_is_on_its_way_back_expires),
	};

	return cmocka_run_group_tests_name("queue_timers", tests, NULL, NULL);
}
