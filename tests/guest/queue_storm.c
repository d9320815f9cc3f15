// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Senders and receivers of a queue are killed at random, for a while.
 *
 * Each message names the life of the sender it is from, and its number in that
 * life.  A sender notes in shared memory what it has sent, after the call has
 * returned; a receiver what it has received.  In the end each message that was
 * noted as sent was received once, but for one at most for each receiver that was
 * killed, and none was received twice.
 *
 * An argument is the seed to repeat; without one it is taken from the clock.
 */
#include "common.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SENDERS		3
#define RECEIVERS	2
#define PARTIES		(SENDERS + RECEIVERS)
#define LIVES		8192
#define MESSAGES	256		/* of one life */
#define LONGEST		65536
#define DURATION	(2 * SECOND)
#define KILLED		20		/* receivers, at least */

struct record {
	uint32_t sent[LIVES];
	uint8_t received[LIVES][MESSAGES];
	uint32_t broken;		/* messages with another content than sent */
};

struct message {
	uint32_t life;
	uint32_t number;
};

static struct record *record;
static unsigned int seed;
static char buffer[LONGEST];
static int queue;

/* A length that follows from what the message says, so that it can be verified. */
static size_t length_of(struct message message)
{
	uint32_t mix = (message.life * 31 + message.number) * 2654435761U;

	/* Most are short; one in eight is long, to be killed in the copy. */
	return sizeof(message) + (mix % 8 ? mix / 8 % 64 :
				  mix / 8 % (LONGEST - sizeof(message)));
}

static int run_sender(void *context)
{
	struct message message = { .life = *(uint32_t *)context };

	for (; message.number < MESSAGES; message.number++) {
		size_t length = length_of(message);

		memset(buffer, message.number, length);
		memcpy(buffer, &message, sizeof(message));
		if (queue_send(queue, buffer, length, 0, 0))
			return 1;
		__atomic_store_n(&record->sent[message.life], message.number + 1,
				 __ATOMIC_RELEASE);
	}
	for (;;)
		pause();
}

static void note_received(const char *data, size_t length)
{
	struct message message;
	size_t i;

	memcpy(&message, data, sizeof(message));
	if (length < sizeof(message) || message.life >= LIVES ||
	    message.number >= MESSAGES || length != length_of(message)) {
		__atomic_fetch_add(&record->broken, 1, __ATOMIC_RELAXED);
		return;
	}
	for (i = sizeof(message); i < length; i++)
		if ((unsigned char)data[i] != message.number)
			break;
	if (i < length)
		__atomic_fetch_add(&record->broken, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&record->received[message.life][message.number], 1,
			   __ATOMIC_RELAXED);
}

static int run_receiver(void *context)
{
	int length;

	(void)context;
	for (;;) {
		length = queue_receive(queue, buffer, sizeof(buffer), 0, 0);
		if (length < 0)
			return 1;
		note_received(buffer, length);
	}
}

/* Kills for a while.  Returns how many receivers were killed. */
static unsigned int rage(void)
{
	uint64_t end = in(DURATION);
	uint32_t life = 0, victim, killed = 0;
	pid_t pids[PARTIES];

	for (victim = 0; victim < PARTIES; victim++)
		pids[victim] = victim < SENDERS ?
			       spawn(run_sender, &(uint32_t){ life++ }) :
			       spawn(run_receiver, NULL);
	while ((in(0) < end || killed < KILLED) && life < LIVES) {
		usleep(rand_r(&seed) % 2000);
		victim = rand_r(&seed) % PARTIES;
		kill(pids[victim], SIGKILL);
		assert_int_equal(reap(pids[victim]), 128 + SIGKILL);
		if (victim < SENDERS) {
			pids[victim] = spawn(run_sender, &(uint32_t){ life++ });
		} else {
			killed++;
			pids[victim] = spawn(run_receiver, NULL);
		}
	}
	for (victim = 0; victim < PARTIES; victim++) {
		kill(pids[victim], SIGKILL);
		assert_int_equal(reap(pids[victim]), 128 + SIGKILL);
	}
	return killed + RECEIVERS;
}

static void drain(void)
{
	int length;

	while ((length = queue_receive(queue, buffer, sizeof(buffer),
				       IPCQ_RECEIVE_F_NONBLOCK, 0)) >= 0)
		note_received(buffer, length);
	assert_error(length, EAGAIN);
}

static void nothing_is_lost_or_doubled(void **state)
{
	unsigned int killed, life, number, lost = 0, sent = 0;

	(void)state;
	record = shared_memory(sizeof(*record));
	queue = queue_new(16, LONGEST);
	killed = rage();
	drain();

	for (life = 0; life < LIVES; life++) {
		sent += record->sent[life];
		for (number = 0; number < MESSAGES; number++) {
			assert_true(record->received[life][number] <= 1);
			if (number < record->sent[life])
				lost += !record->received[life][number];
			/* What was being sent when it died may have been sent. */
			else if (number > record->sent[life])
				assert_false(record->received[life][number]);
		}
	}
	print_message("%u sent, %u receivers killed, %u lost with them\n", sent,
		      killed, lost);
	assert_int_equal(record->broken, 0);
	assert_true(sent > 100);
	assert_true(lost <= killed);
}

static void the_queue_works_afterwards(void **state)
{
	struct ipcq_queue_stat stat = queue_stat(queue);
	char byte;
	int i;

	(void)state;
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(stat.waiting_senders, 0);
	assert_int_equal(stat.waiting_receivers, 0);
	assert_int_equal(stat.sent, stat.received);
	for (i = 0; i < 16; i++)
		assert_ok(queue_send(queue, &(char){ i }, 1,
				     IPCQ_SEND_F_NONBLOCK, 0));
	assert_error(queue_send(queue, "x", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	for (i = 0; i < 16; i++) {
		assert_int_equal(queue_receive(queue, &byte, 1, 0, in(SECOND)), 1);
		assert_int_equal(byte, i);
	}
	close(queue);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_doubled),
		cmocka_unit_test(the_queue_works_afterwards),
	};

	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : in(0) / MS;
	print_message("seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
