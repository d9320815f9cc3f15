// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that have to wait, under faults: what fails before it waits has never been
 * there, and what fails when it is its turn gives back what it was given.
 */
#include "operations.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Beyond what lies in the message itself, so that it is copied as a whole. */
#define LENGTH		1000

static char payload[LENGTH + 16], received[LENGTH];

/* A thread that does its part when the operation waits, and what it has done. */
static pthread_t helper;
static atomic_bool stop;
static bool acted;
/* How often a receiver has failed that had been given a message. */
static unsigned int had_waited;

static bool anybody_waits(void)
{
	struct ipcq_queue_stat stat = queue_stat(scene.own);

	return stat.waiting_senders || stat.waiting_receivers ||
	       mutex_stat(scene.region, 1).waiters;
}

static void *help(void *act)
{
	while (!atomic_load(&stop)) {
		if (anybody_waits()) {
			((void (*)(void))act)();
			acted = true;
			break;
		}
		sleep_ms(1);
	}
	return NULL;
}

static void start(void *(*run)(void *argument), void (*act)(void))
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = i * 5;
	memset(received, 0, sizeof(received));
	acted = false;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&helper, NULL, run, (void *)act), 0);
}

/* Whether it has done its part; it does no more. */
static bool helped(void)
{
	atomic_store(&stop, true);
	pthread_join(helper, NULL);
	return acted;
}

static void drop_own(void)
{
	close(scene.own);
	scene.own = 0;
}

static void receive_number(unsigned int i)
{
	assert_int_equal(queue_receive(scene.own, received, LENGTH,
				       IPCQ_RECEIVE_F_NONBLOCK, 0), LENGTH);
	assert_memory_equal(received, payload + i, LENGTH);
}

static void send_number(unsigned int i)
{
	assert_ok(queue_send(scene.own, payload + i, LENGTH,
			     IPCQ_SEND_F_NONBLOCK, 0));
}

/* ------------------------------------------------------------------------ send */

static void make_room(void)
{
	receive_number(0);
}

/* A queue of one message, which is in it, numbered 0. */
static void own_full(void)
{
	scene.own = queue_new(1, LENGTH);
	start(help, make_room);
	send_number(0);
}

static long send_waiting(void)
{
	return queue_send(scene.own, payload + 1, LENGTH, 0, 0);
}

static long write_waiting(void)
{
	return write(scene.own, payload + 1, LENGTH) < 0 ? -errno : 0;
}

static void was_sent(long result)
{
	assert_int_equal(result, 0);
	assert_true(helped());
	receive_number(1);
	assert_int_equal(queue_stat(scene.own).sent, 2);
}

/* It failed before it had to wait: nobody has made room. */
static void never_waited(long result)
{
	(void)result;
	assert_false(helped());
	assert_int_equal(queue_stat(scene.own).sent, 1);
}

static void is_still_full(long result)
{
	(void)result;
	receive_number(0);
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

/* --------------------------------------------------------------------- receive */

/* The first goes to who waits, the second lies behind it. */
static void send_both(void)
{
	send_number(1);
	send_number(2);
}

static void own_empty(void)
{
	scene.own = queue_new(4, LENGTH);
	start(help, send_both);
}

static long receive_waiting(void)
{
	return queue_receive(scene.own, received, LENGTH, 0, 0);
}

static long read_waiting(void)
{
	ssize_t ret = read(scene.own, received, LENGTH);

	return ret < 0 ? -errno : ret;
}

static void was_received(long result)
{
	assert_int_equal(result, LENGTH);
	assert_memory_equal(received, payload + 1, LENGTH);
	assert_true(helped());
	receive_number(2);
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

/* What was given to it is back in its place, before what came later. */
static void gives_back(long result)
{
	(void)result;
	if (!helped())
		return;
	had_waited++;
	assert_int_equal(queue_stat(scene.own).received, 0);
	receive_number(1);
	receive_number(2);
}

/* ----------------------------------------------------------------------- mutex */

static int handle;

/* Holds the mutex until somebody waits for it; another thread is another owner. */
static void *hold(void *unused)
{
	(void)unused;
	assert_ok(mutex_lock(scene.region, 1, 0, 0));
	while (!atomic_load(&stop) && !mutex_stat(scene.region, 1).waiters)
		sleep_ms(1);
	assert_ok(mutex_unlock(scene.region, 1));
	while (!atomic_load(&stop))
		sleep_ms(1);
	return NULL;
}

/* Through a handle of its own this thread is not attached yet. */
static void open_held(void)
{
	handle = region_open(REGION_NAME, RW);
	assert_ok(handle);
	start(hold, NULL);
	eventually(scene.words[LINE(1)]);
}

static long lock_waiting(void)
{
	return mutex_lock(handle, 1, 0, 0);
}

static void was_locked(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(scene.words[LINE(1)] & IPCQ_MUTEX_OWNER_MASK,
			 region_attach(handle));
	assert_ok(mutex_unlock(handle, 1));
}

static void close_held(void)
{
	(void)helped();
	close(handle);
	eventually(region_stat(scene.region).owners == 1);
}

static const struct operation operations[] = {
	{ "SEND that waits", .setup = own_full, .run = send_waiting,
	  .done = was_sent, .recover = never_waited, .failed = is_still_full,
	  .teardown = drop_own,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(3, 2, 0) },
	{ "write(2) that waits", .setup = own_full, .run = write_waiting,
	  .done = was_sent, .recover = never_waited, .failed = is_still_full,
	  .teardown = drop_own,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 2, 0) },
	{ "RECEIVE that waits", .setup = own_empty, .run = receive_waiting,
	  .done = was_received, .recover = gives_back, .teardown = drop_own,
	  .errors = ERRORS(EFAULT), .least = LEAST(3, 0, 0) },
	{ "read(2) that waits", .setup = own_empty, .run = read_waiting,
	  .done = was_received, .recover = gives_back, .teardown = drop_own,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "MUTEX_LOCK that waits", .setup = open_held, .run = lock_waiting,
	  .done = was_locked, .teardown = close_held,
	  .errors = ERRORS(ENOMEM), .least = LEAST(0, 1, 0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations) || !had_waited;
}
