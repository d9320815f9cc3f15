// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Senders and receivers that die, or whose memory fails, part way.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BIG		(1 << 20)

struct party {
	int fd;
	unsigned char byte;
	size_t size;			/* of the buffer or payload */
	bool bad;			/* its buffer's last page is missing */
	int result;
	unsigned char received;
};

/* Shared with the children. */
static struct party *parties;

static int run_sender(void *context)
{
	struct party *self = context;

	self->result = queue_send(self->fd, &self->byte, 1, 0, 0);
	return 0;
}

static int run_receiver(void *context)
{
	struct party *self = context;
	long page = sysconf(_SC_PAGESIZE);
	char *buffer = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (self->bad)
		mprotect(buffer + self->size - page, page, PROT_NONE);
	self->result = queue_receive(self->fd, buffer, self->size, 0, 0);
	self->received = buffer[0];
	return 0;
}

static unsigned int waiting(int fd)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	return stat.waiting_senders + stat.waiting_receivers;
}

/* Starts a party, which is going to wait. */
static pid_t start(unsigned int slot, int (*run)(void *), struct party party)
{
	unsigned int before = waiting(party.fd);
	pid_t pid;

	parties[slot] = party;
	parties[slot].result = 1000;
	pid = spawn(run, &parties[slot]);
	eventually(waiting(party.fd) == before + 1);
	wait_asleep(pid);
	return pid;
}

static void kill_now(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
}

static void a_killed_sender_has_sent_nothing(void **state)
{
	int fd = queue_new(1, 8);
	char byte;
	pid_t first, second;

	(void)state;
	assert_ok(queue_send(fd, "0", 1, 0, 0));
	first = start(0, run_sender, (struct party) { .fd = fd, .byte = '1' });
	second = start(1, run_sender, (struct party) { .fd = fd, .byte = '2' });
	kill_now(first);
	assert_int_equal(waiting(fd), 1);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, '0');
	assert_int_equal(reap(second), 0);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, '2');
	assert_int_equal(queue_stat(fd).sent, 2);
	close(fd);
}

static void a_killed_receiver_takes_no_turn(void **state)
{
	int fd = queue_new(4, 8);
	pid_t first, second;

	(void)state;
	first = start(0, run_receiver, (struct party) { .fd = fd, .size = 4096 });
	second = start(1, run_receiver, (struct party) { .fd = fd, .size = 4096 });
	kill_now(first);
	assert_int_equal(waiting(fd), 1);
	assert_ok(queue_send(fd, "m", 1, 0, 0));
	assert_int_equal(reap(second), 0);
	assert_int_equal(parties[1].result, 1);
	assert_int_equal(parties[1].received, 'm');
	close(fd);
}

/* The message is handed to the receiver before it can see that it is dead. */
static void a_message_for_a_dying_receiver_is_not_lost(void **state)
{
	int fd = queue_new(4, 8), round;
	pid_t pid;
	char byte;

	(void)state;
	for (round = 0; round < 20; round++) {
		pid = start(0, run_receiver,
			    (struct party) { .fd = fd, .size = 4096 });
		kill(pid, SIGSTOP);
		kill(pid, SIGKILL);
		assert_ok(queue_send(fd, "m", 1, 0, 0));
		assert_int_equal(reap(pid), 128 + SIGKILL);
		assert_int_equal(queue_receive(fd, &byte, 1,
					       IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	}
	close(fd);
}

static void a_message_that_cannot_be_copied_stays_first(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = queue_new(4, 3 * page);
	char *message = calloc(3, page), *buffer;

	(void)state;
	buffer = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(munmap(buffer + 2 * page, page), 0);
	message[0] = 'a';
	assert_ok(queue_send(fd, message, 3 * page, 0, 0));
	assert_ok(queue_send(fd, "b", 1, 0, 0));
	assert_error(queue_receive(fd, buffer, 3 * page, 0, 0), EFAULT);
	assert_int_equal(read(fd, buffer, 3 * page), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(queue_stat(fd).messages, 2);
	assert_int_equal(queue_receive(fd, message, 3 * page, 0, 0), 3 * page);
	assert_int_equal(message[0], 'a');
	/* A message that lies within what is mapped can be received there. */
	assert_int_equal(queue_receive(fd, buffer, 3 * page, 0, 0), 1);
	assert_int_equal(buffer[0], 'b');
	munmap(buffer, 2 * page);
	free(message);
	close(fd);
}

static void what_one_cannot_copy_goes_to_the_next(void **state)
{
	int fd = queue_new(4, BIG);
	char *message = calloc(1, BIG);
	pid_t first, second;

	(void)state;
	first = start(0, run_receiver,
		      (struct party) { .fd = fd, .size = BIG, .bad = true });
	second = start(1, run_receiver, (struct party) { .fd = fd, .size = BIG });
	message[0] = 'm';
	assert_ok(queue_send(fd, message, BIG, 0, 0));
	assert_int_equal(reap(first), 0);
	assert_error(parties[0].result, EFAULT);
	assert_int_equal(reap(second), 0);
	assert_int_equal(parties[1].result, BIG);
	assert_int_equal(parties[1].received, 'm');
	free(message);
	close(fd);
}

/* While the first message is being copied, in vain, others are sent. */
static void a_message_goes_back_before_later_ones(void **state)
{
	int fd = queue_new(4, BIG), round;
	char *message = calloc(1, BIG);
	pid_t pid;

	(void)state;
	for (round = 0; round < 10; round++) {
		pid = start(0, run_receiver, (struct party) {
			.fd = fd, .size = BIG, .bad = true,
		});
		message[0] = '1';
		assert_ok(queue_send(fd, message, BIG, 0, 0));
		assert_ok(queue_send(fd, "2", 1, 0, 0));
		assert_ok(queue_send(fd, "3", 1, 0, 0));
		assert_int_equal(reap(pid), 0);
		assert_error(parties[0].result, EFAULT);
		assert_int_equal(queue_receive(fd, message, BIG, 0, 0), BIG);
		assert_int_equal(message[0], '1');
		assert_int_equal(queue_receive(fd, message, 1, 0, 0), 1);
		assert_int_equal(message[0], '2');
		assert_int_equal(queue_receive(fd, message, 1, 0, 0), 1);
		assert_int_equal(message[0], '3');
	}
	free(message);
	close(fd);
}

/* The copy fails after two pages. */
static void a_payload_that_cannot_be_read_is_not_sent(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = queue_new(4, 3 * page);
	char *payload = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_int_equal(munmap(payload + 2 * page, page), 0);
	assert_error(queue_send(fd, payload, 3 * page, 0, 0), EFAULT);
	assert_int_equal(queue_stat(fd).sent, 0);
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_ok(queue_send(fd, payload, 2 * page, 0, 0));
	munmap(payload, 2 * page);
	close(fd);
}

/* A process with threads that wait in both directions. */
static void *wait_in_thread(void *context)
{
	struct party *self = context;

	if (self->byte)
		run_sender(self);
	else
		run_receiver(self);
	return NULL;
}

static int wait_in_threads(void *context)
{
	pthread_t thread;
	int i;

	(void)context;
	for (i = 0; i < 8; i++)
		if (pthread_create(&thread, NULL, wait_in_thread, &parties[i]))
			return 1;
	for (;;)
		pause();
}

static void all_threads_of_a_killed_process_leave(void **state)
{
	int full = queue_new(1, 8), empty = queue_new(1, 8), i;
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(queue_send(full, "x", 1, 0, 0));
	for (i = 0; i < 8; i++)
		parties[i] = (struct party) {
			.fd = i % 2 ? full : empty, .byte = i % 2, .size = 4096,
		};
	pid = spawn(wait_in_threads, NULL);
	eventually(waiting(full) == 4 && waiting(empty) == 4);
	kill_now(pid);
	eventually(waiting(full) == 0 && waiting(empty) == 0);
	assert_int_equal(queue_receive(full, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(queue_stat(full).messages, 0);
	assert_int_equal(queue_stat(full).sent, 1);
	assert_int_equal(queue_stat(empty).messages, 0);
	close(full);
	close(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_sender_has_sent_nothing),
		cmocka_unit_test(a_killed_receiver_takes_no_turn),
		cmocka_unit_test(a_message_for_a_dying_receiver_is_not_lost),
		cmocka_unit_test(a_message_that_cannot_be_copied_stays_first),
		cmocka_unit_test(what_one_cannot_copy_goes_to_the_next),
		cmocka_unit_test(a_message_goes_back_before_later_ones),
		cmocka_unit_test(a_payload_that_cannot_be_read_is_not_sent),
		cmocka_unit_test(all_threads_of_a_killed_process_leave),
	};

	parties = shared_memory(8 * sizeof(*parties));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
