// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles of the library that are passed on, read-only, or used by threads, on the
 * real device.
 */
#include "common.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipcq.h"

#define REGION_NAME	"test/library_pass"

static struct ipcq *ipcq;

static const struct ipcq_region_options options = {
	.size = 100, .mutexes = 1, .eventcounts = 1,
};

/* Has nothing but a socket; gets a queue and a region through it. */
static int use_what_comes(void *context)
{
	struct ipcq_region *region;
	struct ipcq_queue *queue;
	int socket = *(int *)context;

	if (ipcq_queue_from_fd(receive_fd(socket), &queue) ||
	    ipcq_region_from_fd(receive_fd(socket), &region))
		return 1;
	if (ipcq_region_size(region) != 100 || ipcq_mutex_lock(region, 0))
		return 2;
	strcpy(ipcq_region_data(region), "written by the child");
	if (ipcq_eventcount_advance(region, 0, 1) < 0 ||
	    ipcq_mutex_unlock(region, 0) || ipcq_queue_send(queue, "done", 4))
		return 3;
	ipcq_region_close(region);
	ipcq_queue_close(queue);
	return 0;
}

static void descriptors_pass_over_a_socket(void **state)
{
	struct ipcq_region *region;
	struct ipcq_queue *queue;
	int pair[2];
	char text[8];
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	/* Before there is anything to inherit. */
	pid = spawn(use_what_comes, &pair[1]);
	assert_int_equal(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE |
					 IPCQ_CREATE, NULL, &queue), 1);
	assert_int_equal(ipcq_region_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE |
					  IPCQ_CREATE, &options, &region), 1);
	assert_int_equal(send_fd(pair[0], ipcq_queue_fd(queue)), 0);
	assert_int_equal(send_fd(pair[0], ipcq_region_fd(region)), 0);
	assert_int_equal(ipcq_queue_receive_until(queue, text, sizeof(text), 0,
						  ipcq_deadline(10 * SECOND),
						  NULL), 4);
	assert_string_equal(ipcq_region_data(region), "written by the child");
	assert_int_equal(ipcq_eventcount_read(region, 0), IPCQ_EVENTCOUNT_ONE);
	assert_int_equal(reap(pid), 0);
	ipcq_region_close(region);
	ipcq_queue_close(queue);
	close(pair[0]);
	close(pair[1]);
}

static int advance_later(void *context)
{
	struct ipcq_region *region = context;

	/* Until somebody slept and was woken. */
	while (ipcq_eventcount_advance(region, 0, 1) == 0)
		sleep_ms(1);
	strcpy(ipcq_region_data(region), "over");
	return ipcq_eventcount_advance(region, 0, 1) < 0 ? 1 : 0;
}

static void a_reader_reads_and_waits(void **state)
{
	struct ipcq_region *writer, *reader;
	uint32_t seen;
	pid_t pid;

	(void)state;
	assert_int_equal(ipcq_region_open(ipcq, REGION_NAME, IPCQ_READ |
					  IPCQ_WRITE | IPCQ_CREATE, &options,
					  &writer), 1);
	assert_int_equal(ipcq_region_open(ipcq, REGION_NAME, IPCQ_READ, NULL,
					  &reader), 0);
	strcpy(ipcq_region_data(writer), "text");
	assert_string_equal(ipcq_region_data(reader), "text");
	assert_error(ipcq_mutex_lock(reader, 0), EBADF);
	assert_error(ipcq_mutex_unlock(reader, 0), EBADF);
	assert_error(ipcq_eventcount_advance(reader, 0, 1), EBADF);

	pid = spawn(advance_later, writer);
	for (;;) {
		seen = ipcq_eventcount_read(reader, 0);
		if (!strcmp(ipcq_region_data(reader), "over"))
			break;
		assert_int_equal(ipcq_eventcount_wait(reader, 0, seen, 0,
						      ipcq_deadline(10 * SECOND)),
				 0);
	}
	assert_int_equal(reap(pid), 0);
	ipcq_region_close(reader);
	ipcq_region_close(writer);
}

/* A handle that is closed while it holds passes the mutex on. */
static void closing_passes_on_what_is_held(void **state)
{
	struct ipcq_region *first, *second;

	(void)state;
	assert_int_equal(ipcq_region_open(ipcq, REGION_NAME, IPCQ_READ |
					  IPCQ_WRITE | IPCQ_CREATE, &options,
					  &first), 1);
	assert_int_equal(ipcq_region_open(ipcq, REGION_NAME, IPCQ_READ | IPCQ_WRITE,
					  NULL, &second), 0);
	assert_int_equal(ipcq_mutex_lock(first, 0), 0);
	assert_error(ipcq_mutex_lock_until(second, 0, IPCQ_DONTWAIT, 0), EAGAIN);
	ipcq_region_close(first);
	assert_error(ipcq_mutex_lock(second, 0), EOWNERDEAD);
	assert_int_equal(ipcq_mutex_consistent(second, 0), 0);
	/* A new handle, perhaps at the old one's address, is another owner. */
	assert_int_equal(ipcq_region_open(ipcq, REGION_NAME, IPCQ_READ | IPCQ_WRITE,
					  NULL, &first), 0);
	assert_error(ipcq_mutex_unlock(first, 0), EPERM);
	assert_error(ipcq_mutex_lock_until(first, 0, 0, ipcq_deadline(MS)),
		     ETIMEDOUT);
	assert_int_equal(ipcq_mutex_unlock(second, 0), 0);
	assert_int_equal(ipcq_mutex_lock(first, 0), 0);
	ipcq_region_close(first);
	ipcq_region_close(second);
}

static void *lock_and_end(void *context)
{
	return (void *)(intptr_t)ipcq_mutex_lock(context, 0);
}

static void a_thread_that_ends_passes_on_what_it_held(void **state)
{
	struct ipcq_region *region;
	struct ipcq_mutex_info info;
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(ipcq_region_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE |
					  IPCQ_CREATE, &options, &region), 1);
	assert_int_equal(pthread_create(&thread, NULL, lock_and_end, region), 0);
	pthread_join(thread, &result);
	assert_null(result);
	assert_error(ipcq_mutex_lock_until(region, 0, 0, ipcq_deadline(10 * SECOND)),
		     EOWNERDEAD);
	assert_int_equal(ipcq_mutex_info(region, 0, &info), 0);
	assert_int_equal(info.died_pid, getpid());
	assert_int_not_equal(info.died_tid, getpid());
	assert_int_equal(ipcq_mutex_consistent(region, 0), 0);
	ipcq_region_close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_pass_over_a_socket),
		cmocka_unit_test(a_reader_reads_and_waits),
		cmocka_unit_test(closing_passes_on_what_is_held),
		cmocka_unit_test(a_thread_that_ends_passes_on_what_it_held),
	};

	if (ipcq_connect(&ipcq))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
