// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every call with a struct that ends in the middle, at each word of it: in memory that
 * is not there, and in memory that cannot be written.  The injected faults do not reach
 * the copies that are done word by word.
 */
#include "holes.h"
#include "operations.h"
#include "snapshot.h"

#include <stdio.h>

static char payload[] = "some payload", received[64];

/* The descriptor that a call is made on. */
static int attachable;

static int on_device(void)
{
	return device();
}

static int on_queue(void)
{
	return scene.queue;
}

static int on_priorities(void)
{
	return scene.priorities;
}

static int on_region(void)
{
	return scene.region;
}

/* A handle through which this thread is not attached. */
static int on_handle(void)
{
	attachable = region_open(REGION_NAME, RW);
	assert_ok(attachable);
	return attachable;
}

static void close_handle(const void *args)
{
	(void)args;
	close(attachable);
}

static void close_opened(const void *args)
{
	close(((const struct ipcq_open *)args)->fd);
}

static void refill(const void *args)
{
	(void)args;
	refill_queues();
}

static void unlock(const void *args)
{
	(void)args;
	assert_ok(mutex_unlock(scene.region, 1));
}

static void lock(const void *args)
{
	(void)args;
	assert_ok(mutex_lock(scene.region, 0, 0, 0));
}

static void set_back(const void *args)
{
	(void)args;
	scene.words[LINE(2)] = 0;
}

static void set_usual(const void *args)
{
	struct ipcq_queue_set set = {
		.size = sizeof(set),
		.max_messages = 2 * MESSAGES,
	};

	(void)args;
	assert_ok(call(scene.queue, IPCQ_IOC_QUEUE_SET, &set));
}

#define NAME(text)	.name = (uintptr_t)(text), .name_length = sizeof(text) - 1

static struct ipcq_query query_args_ = { .size = sizeof(query_args_) };
static struct ipcq_queue_open create_queue = {
	.open = { .size = sizeof(create_queue), .flags = RW | CREATE,
		  NAME("faults/struct"), .mode = 0600 },
};
static struct ipcq_queue_open open_existing = {
	.open = { .size = sizeof(open_existing), .flags = RW, NAME(QUEUE_NAME) },
};
static struct ipcq_region_open create_region = {
	.open = { .size = sizeof(create_region), .flags = RW | CREATE,
		  NAME("faults/struct"), .mode = 0600 },
	.region_size = 1, .mutexes = 1,
};
static struct ipcq_unlink unlink_none = {
	.size = sizeof(unlink_none), NAME("faults/none"),
};
static struct ipcq_queue_send send_one = {
	.size = sizeof(send_one), .flags = IPCQ_SEND_F_NONBLOCK,
	.payload = (uintptr_t)payload,
	.length = sizeof(payload), .priority = 9,
};
static struct ipcq_queue_receive receive_one = {
	.size = sizeof(receive_one), .flags = IPCQ_RECEIVE_F_NONBLOCK,
	.payload = (uintptr_t)received,
	.length = sizeof(received),
};
static struct ipcq_queue_receive receive_little = {
	.size = sizeof(receive_little), .flags = IPCQ_RECEIVE_F_NONBLOCK,
	.payload = (uintptr_t)received,
	.length = 1,
};
static struct ipcq_send_entry send_entries[2] = {
	{ .payload = (uintptr_t)payload, .length = sizeof(payload), .priority = 9 },
	{ .payload = (uintptr_t)payload, .length = sizeof(payload) },
};
static struct ipcq_queue_batch send_two = {
	.size = sizeof(send_two), .flags = IPCQ_BATCH_F_NONBLOCK,
	.entries = (uintptr_t)send_entries, .count = 2,
	.entry_size = sizeof(*send_entries),
};
static struct { uint64_t payload, length; } receive_entries[2] = {
	{ .payload = (uintptr_t)received, .length = sizeof(received) },
	{ .payload = (uintptr_t)received, .length = sizeof(received) },
};
static struct ipcq_queue_batch receive_two = {
	.size = sizeof(receive_two),
	.flags = IPCQ_BATCH_F_NONBLOCK | IPCQ_BATCH_F_TRUNCATE,
	.entries = (uintptr_t)receive_entries, .count = 2,
	.entry_size = sizeof(*receive_entries),
};
static struct ipcq_queue_stat stat_queue = { .size = sizeof(stat_queue) };
static struct ipcq_queue_set set_queue = {
	.size = sizeof(set_queue), .max_messages = 9,
};
static struct ipcq_region_stat stat_region = { .size = sizeof(stat_region) };
static struct ipcq_region_attach attach = { .size = sizeof(attach) };
static struct ipcq_mutex_lock lock_one = { .size = sizeof(lock_one), .mutex = 1 };
static struct ipcq_mutex_unlock unlock_zero = { .size = sizeof(unlock_zero) };
static struct ipcq_mutex_stat stat_mutex = { .size = sizeof(stat_mutex) };
static struct ipcq_eventcount_wait wait_moved = {
	.size = sizeof(wait_moved), .seen = 1000,
};
static struct ipcq_eventcount_wake wake = { .size = sizeof(wake), .count = 1 };

/*
 * A call that succeeds, or fails with @result where the effect is nothing; @out when it
 * writes to its struct even so.
 */
static const struct shape {
	const char *name;
	unsigned int command;
	int (*on)(void);
	const void *args;
	size_t size;
	bool out;
	int result;
	void (*undo)(const void *args);
	void (*after)(const void *args);	/* also after a failure */
} shapes[] = {
#define SHAPE(command, on, args, ...)					\
	{ #command, IPCQ_IOC_##command, on, &(args), sizeof(args), __VA_ARGS__ }
	SHAPE(QUERY, on_device, query_args_, .out = true),
	SHAPE(QUEUE_OPEN, on_device, create_queue, .out = true,
	      .undo = close_opened),
	SHAPE(QUEUE_OPEN, on_device, open_existing, .out = true,
	      .undo = close_opened),
	SHAPE(REGION_OPEN, on_device, create_region, .out = true,
	      .undo = close_opened),
	SHAPE(UNLINK, on_device, unlink_none, .result = -ENOENT),
	SHAPE(QUEUE_SEND, on_priorities, send_one, .out = true, .undo = refill),
	SHAPE(QUEUE_RECEIVE, on_queue, receive_one, .out = true, .undo = refill),
	SHAPE(QUEUE_RECEIVE, on_priorities, receive_one, .out = true,
	      .undo = refill),
	SHAPE(QUEUE_RECEIVE, on_queue, receive_little, .out = true,
	      .result = -EMSGSIZE),
	SHAPE(QUEUE_SEND_MANY, on_priorities, send_two, .undo = refill),
	SHAPE(QUEUE_RECEIVE_MANY, on_queue, receive_two, .undo = refill),
	SHAPE(QUEUE_RECEIVE_MANY, on_priorities, receive_two, .undo = refill),
	SHAPE(QUEUE_STAT, on_queue, stat_queue, .out = true),
	SHAPE(QUEUE_SET, on_queue, set_queue, .undo = set_usual),
	SHAPE(REGION_STAT, on_region, stat_region, .out = true),
	SHAPE(REGION_ATTACH, on_handle, attach, .out = true,
	      .after = close_handle),
	SHAPE(MUTEX_LOCK, on_region, lock_one, .undo = unlock),
	SHAPE(MUTEX_UNLOCK, on_region, unlock_zero, .undo = lock),
	SHAPE(MUTEX_CONSISTENT, on_region, unlock_zero, .result = -EINVAL),
	SHAPE(MUTEX_STAT, on_region, stat_mutex, .out = true),
	SHAPE(EVENTCOUNT_WAIT, on_region, wait_moved, .out = false),
	SHAPE(EVENTCOUNT_WAKE, on_region, wake, .out = false),
	SHAPE(EVENTCOUNT_ADVANCE, on_region, wake, .undo = set_back),
};

/*
 * Makes the call; it must fail with EFAULT, or, if it @may, do all that it is to do.
 * Whether it failed.
 */
static bool try_shape(const struct shape *shape, void *args, bool may)
{
	int fd = shape->on();
	struct snapshot before;
	long ret;

	snapshot_take(&before);
	ret = call(fd, shape->command, args);
	if (ret != -EFAULT) {
		assert_true(may);
		assert_int_equal(ret < 0 ? ret : 0, shape->result);
		if (shape->undo)
			shape->undo(args);
	} else {
		snapshot_compare(&before, 0);
		check_messages();
	}
	if (shape->after)
		shape->after(args);
	return ret == -EFAULT;
}

static void in_a_hole(void **state)
{
	const struct shape *shape = *state;

	refill_queues();
	for (size_t missing = 8; missing <= shape->size; missing += 8)
		assert_true(try_shape(shape, cut(shape->args, shape->size,
						 missing), false));
	assert_false(try_shape(shape, cut(shape->args, shape->size, 0), true));
}

static void not_writable(void **state)
{
	const struct shape *shape = *state;
	unsigned int failed = 0;

	refill_queues();
	for (size_t fixed = 8; fixed <= shape->size; fixed += 8)
		failed += try_shape(shape, half_fixed(shape->args, shape->size,
						      fixed), true);
	/* The whole struct, at least, has to be writable; or nothing of it. */
	if (shape->out)
		assert_true(failed > 0);
	else
		assert_int_equal(failed, 0);
}

#define SHAPES	(sizeof(shapes) / sizeof(shapes[0]))

int main(void)
{
	struct CMUnitTest tests[2 * SHAPES];
	static char names[2 * SHAPES][64];

	for (size_t i = 0; i < 2 * SHAPES; i++) {
		const struct shape *shape = &shapes[i / 2];

		snprintf(names[i], sizeof(names[i]), "%s %zu, %s", shape->name,
			 i / 2, i % 2 ? "not writable" : "in a hole");
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = i % 2 ? not_writable : in_a_hole,
			.initial_state = (void *)shape,
		};
	}
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
