// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Payloads and names that end in the middle, and memory that comes and goes while it is
 * copied.
 */
#include "holes.h"
#include "operations.h"
#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#define LONGEST		10000
#define NONBLOCK	IPCQ_SEND_F_NONBLOCK

static char pattern[LONGEST + 2], received[LONGEST];

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* In the message itself, at the end of that, in a buffer, in one of several pages. */
static const size_t lengths[] = { 1, 8, 13, 192, 193, 4000, LONGEST };

/* How much of it is missing: all, half, a word and less, a byte. */
static const size_t missing_parts[] = { SIZE_MAX, LONGEST / 2, 96, 8, 7, 1 };

static size_t missing_of(size_t length, size_t part)
{
	return missing_parts[part] < length ? missing_parts[part] : length;
}

static long result_of(ssize_t ret)
{
	return ret < 0 ? -errno : ret;
}

static void own_queue(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 3 + i / 255;
	scene.own = queue_new(8, LONGEST);
}

static void drop_queue(void)
{
	close(scene.own);
	scene.own = 0;
}

/* ------------------------------------------------------------------------ send */

static void refuses_to_send(size_t length, size_t missing)
{
	char *payload = cut(pattern, length, missing);
	struct iovec vector[] = {
		{ pattern, 1 },
		{ payload, length },
	};
	struct snapshot before;

	snapshot_take(&before);
	assert_error(queue_send(scene.own, payload, length, NONBLOCK, 0), EFAULT);
	assert_error(result_of(write(scene.own, payload, length)), EFAULT);
	if (length < LONGEST)
		assert_error(result_of(writev(scene.own, vector, 2)), EFAULT);
	snapshot_compare(&before, 0);
	assert_int_equal(queue_stat(scene.own).sent, 0);
}

static void a_payload_that_ends_is_not_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		own_queue();
		for (size_t j = 0; j < COUNT(missing_parts); j++)
			refuses_to_send(lengths[i], missing_of(lengths[i], j));
		drop_queue();
	}
}

/* --------------------------------------------------------------------- receive */

/* The buffer may be longer than the message: what counts is where the message ends. */
static void refuses_to_receive(size_t length, size_t missing)
{
	char *buffer = cut(received, length, missing);
	struct iovec vector[] = {
		{ received, 0 },
		{ buffer, HOLE_SIZE },
	};
	struct snapshot before;

	snapshot_take(&before);
	assert_error(queue_receive(scene.own, buffer, HOLE_SIZE, NONBLOCK, 0),
		     EFAULT);
	assert_error(result_of(read(scene.own, buffer, length)), EFAULT);
	assert_error(result_of(readv(scene.own, vector, 2)), EFAULT);
	snapshot_compare(&before, 0);
	assert_int_equal(queue_stat(scene.own).received, 0);
}

static void receive_number(size_t length, unsigned int i)
{
	assert_int_equal(queue_receive(scene.own, received, sizeof(received),
				       NONBLOCK, 0), length);
	assert_memory_equal(received, pattern + i, length);
}

/* Three times it is put back: were it behind the other, it would be so in the end. */
static void stays_in_its_place(size_t length, size_t missing)
{
	own_queue();
	assert_ok(queue_send(scene.own, pattern, length, 0, 0));
	assert_ok(queue_send(scene.own, pattern + 1, length, 0, 0));
	refuses_to_receive(length, missing);
	receive_number(length, 0);
	receive_number(length, 1);
	drop_queue();
}

static void a_message_stays_when_the_buffer_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++)
		for (size_t j = 0; j < COUNT(missing_parts); j++)
			stays_in_its_place(lengths[i], missing_of(lengths[i], j));
}

static long behind;

static void *receive_behind(void *unused)
{
	(void)unused;
	eventually(queue_stat(scene.own).waiting_receivers == 1);
	behind = queue_receive(scene.own, received, sizeof(received), 0,
			       in(10 * SECOND));
	return NULL;
}

static void *send_to_both(void *unused)
{
	(void)unused;
	eventually(queue_stat(scene.own).waiting_receivers == 2);
	assert_ok(queue_send(scene.own, pattern, 100, 0, 0));
	return NULL;
}

/* Given a message while it waits, it cannot take it: the next in line has it. */
static void a_waiting_receiver_passes_it_on(void **state)
{
	pthread_t threads[2];

	(void)state;
	own_queue();
	pthread_create(&threads[0], NULL, receive_behind, NULL);
	pthread_create(&threads[1], NULL, send_to_both, NULL);
	assert_error(queue_receive(scene.own, cut(received, 100, 50), 100, 0,
				   in(10 * SECOND)), EFAULT);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_int_equal(behind, 100);
	assert_memory_equal(received, pattern, 100);
	assert_int_equal(queue_stat(scene.own).messages, 0);
	drop_queue();
}

/* ------------------------------------------------------------------------ names */

static void a_name_that_ends_is_refused(void **state)
{
	static const char name[] = "faults/a-name-that-ends";
	size_t length = sizeof(name) - 1;

	(void)state;
	for (size_t missing = 1; missing <= length; missing++) {
		void *address = cut(name, length, missing);
		struct ipcq_unlink unlink = {
			.size = sizeof(unlink),
			.name = (uintptr_t)address,
			.name_length = length,
		};

		FOR_EACH_OPEN(command) {
			union open_args args = open_args(command, name);

			args.open.name = (uintptr_t)address;
			assert_refused(command, &args, EFAULT);
		}
		assert_refused(IPCQ_IOC_UNLINK, &unlink, EFAULT);
	}
}

/* --------------------------------------------------- memory that comes and goes */

#define ROUNDS		3000

static atomic_bool stop;

/* What lies behind the hole's edge is there, not there, not writable, and so on. */
static void *change_memory(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop)) {
		hole(PROT_NONE);
		hole(PROT_READ);
		hole(PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* The number is told by the part of the payload that does not come and go. */
static void sends_and_receives(char *buffer, size_t length, unsigned int *sent,
			       unsigned int *got, unsigned int *refused)
{
	long ret;

	memcpy(buffer, sent, sizeof(*sent));
	ret = queue_send(scene.own, buffer, length, NONBLOCK, 0);
	assert_true(!ret || ret == -EFAULT);
	*sent += !ret;
	*refused += ret == -EFAULT;

	ret = queue_receive(scene.own, buffer, length, NONBLOCK, 0);
	assert_true(ret == (long)length || ret == -EFAULT || ret == -EAGAIN);
	*refused += ret == -EFAULT;
	if (ret < 0)
		return;
	assert_memory_equal(buffer, got, sizeof(*got));
	++*got;
}

static unsigned int exchange_in_changing_memory(size_t length)
{
	char *buffer = hole(PROT_NONE) - length / 2;
	unsigned int sent = 0, got = 0, refused = 0;
	pthread_t thread;

	own_queue();
	atomic_store(&stop, false);
	pthread_create(&thread, NULL, change_memory, NULL);
	for (int i = 0; i < ROUNDS && sent - got < 8; i++)
		sends_and_receives(buffer, length, &sent, &got, &refused);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	for (; got < sent; got++) {
		assert_int_equal(queue_receive(scene.own, received, length,
					       NONBLOCK, 0), length);
		assert_memory_equal(received, &got, sizeof(got));
	}
	assert_int_equal(queue_stat(scene.own).messages, 0);
	assert_int_equal(queue_stat(scene.own).sent, sent);
	drop_queue();
	return refused;
}

static void nothing_is_lost_in_memory_that_comes_and_goes(void **state)
{
	unsigned int refused = 0;

	(void)state;
	for (size_t i = 2; i < COUNT(lengths); i++)
		refused += exchange_in_changing_memory(lengths[i]);
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_that_ends_is_not_sent),
		cmocka_unit_test(a_message_stays_when_the_buffer_ends),
		cmocka_unit_test(a_waiting_receiver_passes_it_on),
		cmocka_unit_test(a_name_that_ends_is_refused),
		cmocka_unit_test(nothing_is_lost_in_memory_that_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
