// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of /dev/ipcq, opening and closing it, under faults.
 */
#include "operations.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NEW_NAME	"faults/new"

/* Opens what @name says; the result is the descriptor. */
static long open_one(unsigned int command, const char *name, uint32_t lifetime,
		     uint32_t order)
{
	union open_args args = open_args(command, name);
	long ret;

	args.open.lifetime = lifetime;
	if (command == IPCQ_IOC_QUEUE_OPEN)
		args.queue.order = order;
	ret = call(device(), command, &args);
	return ret < 0 ? ret : args.open.fd;
}

/* ------------------------------------------------------------------- creating */

static long create_queue(void)
{
	return open_one(IPCQ_IOC_QUEUE_OPEN, NEW_NAME, 0, IPCQ_ORDER_FIFO);
}

static long create_persistent_queue(void)
{
	return open_one(IPCQ_IOC_QUEUE_OPEN, NEW_NAME, IPCQ_LIFETIME_PERSISTENT,
			IPCQ_ORDER_PRIORITY);
}

static long create_anonymous_queue(void)
{
	return open_one(IPCQ_IOC_QUEUE_OPEN, NULL, 0, IPCQ_ORDER_PRIORITY);
}

/* It keeps its name as long as this handle is open. */
static long create_creators_queue(void)
{
	return open_one(IPCQ_IOC_QUEUE_OPEN, NEW_NAME, IPCQ_LIFETIME_CREATOR,
			IPCQ_ORDER_FIFO);
}

static void queue_works(long fd)
{
	char byte = 0;

	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	assert_int_equal(byte, 'x');
	close(fd);
}

static void persistent_queue_works(long fd)
{
	queue_works(fd);
	assert_ok(object_unlink(NEW_NAME));
}

static long create_region(void)
{
	return open_one(IPCQ_IOC_REGION_OPEN, NEW_NAME, 0, 0);
}

/* Its control area and what belongs to it take more than a page each. */
static long create_large_region(void)
{
	struct ipcq_region_open args =
		region_args(NULL, RW | CREATE, 1 << 20, 1024, 1024);
	long ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

static void region_works(long fd)
{
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_ok(mutex_unlock(fd, 0));
	assert_ok(eventcount_wake(fd, 0, 1));
	close(fd);
}

/* -------------------------------------------------------------------- opening */

static long open_queue(void)
{
	return queue_open(QUEUE_NAME, RW);
}

static void is_the_scenes_queue(long fd)
{
	assert_int_equal(queue_stat(fd).id, queue_stat(scene.queue).id);
	close(fd);
}

static long open_region(void)
{
	return region_open(REGION_NAME, RW);
}

static void is_the_scenes_region(long fd)
{
	assert_int_equal(region_stat(fd).id, region_stat(scene.region).id);
	close(fd);
}

/* Fails with EEXIST if no fault comes first. */
static long open_exclusively(void)
{
	long ret = queue_open(QUEUE_NAME, RW | CREATE | IPCQ_OPEN_F_EXCL);

	return ret == -EEXIST ? 0 : ret;
}

/* --------------------------------------------------------------- other calls */

static void make_new(void)
{
	close(create_persistent_queue());
}

static void remove_new(void)
{
	(void)object_unlink(NEW_NAME);
}

static long unlink_new(void)
{
	return object_unlink(NEW_NAME);
}

static void is_unlinked(long result)
{
	assert_int_equal(result, 0);
	assert_error(object_unlink(NEW_NAME), ENOENT);
}

static long ask(void)
{
	struct ipcq_query args = { .size = sizeof(args) };
	long ret = call(device(), IPCQ_IOC_QUERY, &args);

	return ret < 0 ? ret : (long)args.objects;
}

static void is_three(long objects)
{
	assert_int_equal(objects, 3);
}

static long open_device(void)
{
	return device_open();
}

static void device_works(long fd)
{
	struct ipcq_query args = { .size = sizeof(args) };

	assert_ok(call(fd, IPCQ_IOC_QUERY, &args));
	close(fd);
}

static int victim;

static void open_victim(void)
{
	victim = create_queue();
	assert_ok(victim);
	assert_ok(queue_send(victim, "x", 1, 0, 0));
}

static void open_device_victim(void)
{
	victim = device_open();
	assert_ok(victim);
}

/* A close does not fail. */
static long close_victim(void)
{
	return close(victim);
}

static void queue_is_gone(long result)
{
	assert_int_equal(result, 0);
	eventually(query().namespace_objects == 3);
	assert_error(queue_open(NEW_NAME, RW), ENOENT);
}

static const struct operation operations[] = {
	{ "QUERY", .run = ask, .done = is_three,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 1, 0) },
	{ "QUEUE_OPEN creates", .run = create_queue, .done = queue_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 6, 0) },
	{ "QUEUE_OPEN creates, persistent, by priority",
	  .run = create_persistent_queue, .done = persistent_queue_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 6, 0) },
	{ "QUEUE_OPEN creates, anonymous", .run = create_anonymous_queue,
	  .done = queue_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 5, 0) },
	{ "QUEUE_OPEN creates, its creator's", .run = create_creators_queue,
	  .done = queue_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 6, 0) },
	{ "QUEUE_OPEN opens", .run = open_queue, .done = is_the_scenes_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 4, 0) },
	{ "QUEUE_OPEN refuses", .run = open_exclusively,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 4, 0) },
	{ "REGION_OPEN creates", .run = create_region, .done = region_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 8, 2) },
	{ "REGION_OPEN creates, large", .run = create_large_region,
	  .done = region_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 8, 4) },
	{ "REGION_OPEN opens", .run = open_region, .done = is_the_scenes_region,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 4, 0) },
	{ "UNLINK", .setup = make_new, .run = unlink_new, .done = is_unlinked,
	  .teardown = remove_new,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "open(2)", .run = open_device, .done = device_works,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 1, 0) },
	{ "close(2) of a queue", .setup = open_victim, .run = close_victim,
	  .done = queue_is_gone, .errors = ERRORS(0) },
	{ "close(2) of the device", .setup = open_device_victim,
	  .run = close_victim, .errors = ERRORS(0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
