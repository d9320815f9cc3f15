// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listing and showing objects through the library, as any program would.
 */
#include "common.h"

#include <ipcq.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STABLE		300

/* A copy of what was told of an object; object.name was valid only then. */
struct told {
	unsigned int times;
	struct ipcq_object_info object;
	char name[IPCQ_NAME_MAX + 1];
};

static int copy(const struct ipcq_object_info *object, void *context)
{
	struct told *told = context;

	told->times++;
	told->object = *object;
	if (object->name)
		snprintf(told->name, sizeof(told->name), "%s", object->name);
	return 0;
}

static struct told show(const char *name, uint64_t id)
{
	struct told told = { 0 };

	assert_ok(ipcq_show(name, id, copy, &told));
	assert_int_equal(told.times, 1);
	return told;
}

static void check_queue(const struct told *told, uint64_t id, uint64_t memory)
{
	const struct ipcq_object_info *object = &told->object;
	const struct ipcq_queue_info *queue = &object->queue;

	assert_string_equal(told->name, "nl/queue");
	assert_int_equal(object->id, id);
	assert_int_equal(object->kind, IPCQ_QUEUE);
	assert_int_equal(object->uid, 0);
	assert_int_equal(object->gid, 0);
	assert_int_equal(object->mode, 0640);
	assert_int_equal(object->lifetime, IPCQ_UNTIL_REMOVED);
	assert_false(object->unlinked);
	assert_int_equal(object->handles, 1);
	assert_int_equal(queue->max_messages, 5);
	assert_int_equal(queue->max_message_size, 100);
	assert_int_equal(queue->max_bytes, 300);
	assert_int_equal(queue->redelivery_limit, 7);
	assert_int_equal(queue->messages, 1);
	assert_int_equal(queue->bytes, 2);
	assert_int_equal(queue->memory, memory);
	assert_int_equal(queue->sent, 2);
	assert_int_equal(queue->received, 1);
	assert_int_equal(queue->waiting_senders, 0);
	assert_int_equal(queue->waiting_receivers, 0);
}

static void a_queue_is_shown_in_full(void **state)
{
	struct ipcq_queue_open args = queue_args("nl/queue", RW | CREATE);
	struct ipcq_queue_stat stat;
	struct told by_name, by_id;
	char payload[3];
	int fd;

	(void)state;
	args.open.mode = 0640;
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	args.max_messages = 5;
	args.max_message_size = 100;
	args.max_bytes = 300;
	args.redelivery_limit = 7;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	fd = args.open.fd;
	assert_ok(queue_send(fd, "abc", 3, 0, 0));
	assert_ok(queue_send(fd, "de", 2, 0, 0));
	assert_int_equal(queue_receive(fd, payload, 3, 0, 0), 3);
	stat = queue_stat(fd);

	by_name = show("nl/queue", 0);
	by_id = show(NULL, args.open.id);
	check_queue(&by_name, args.open.id, stat.memory);
	check_queue(&by_id, args.open.id, stat.memory);

	/* Unlinked it is found by its id alone, and says what it was called. */
	assert_ok(object_unlink("nl/queue"));
	assert_error(ipcq_show("nl/queue", 0, copy, &by_name), ENOENT);
	by_id = show(NULL, args.open.id);
	assert_true(by_id.object.unlinked);
	assert_string_equal(by_id.name, "nl/queue");
	close(fd);
	assert_error(ipcq_show(NULL, args.open.id, copy, &by_id), ENOENT);
}

static void a_region_is_shown_in_full(void **state)
{
	int fd = region_new(5000, 3, 4), copy_fd = dup(fd);
	struct told told = show(NULL, region_stat(fd).id);

	(void)state;
	assert_null(told.object.name);
	assert_false(told.object.unlinked);
	assert_int_equal(told.object.lifetime, IPCQ_UNTIL_LAST_CLOSE);
	assert_int_equal(told.object.kind, IPCQ_REGION);
	/* Handles, not descriptors. */
	assert_int_equal(told.object.handles, 1);
	assert_int_equal(told.object.region.size, 5000);
	assert_int_equal(told.object.region.control_size, 4096);
	assert_int_equal(told.object.region.mutexes, 3);
	assert_int_equal(told.object.region.eventcounts, 4);
	assert_int_equal(told.object.region.owners, 0);
	assert_ok(mutex_lock(fd, 0, 0, 0));
	told = show(NULL, told.object.id);
	assert_int_equal(told.object.region.owners, 1);
	close(fd);
	close(copy_fd);
}

static void nobody_waits_unseen(void **state)
{
	static int fd;
	struct told told;
	pid_t pid;

	(void)state;
	fd = queue_new(1, 1);
	pid = fork();
	if (!pid)
		_exit(queue_receive(fd, NULL, 0, 0, 0));
	eventually(show(NULL, queue_stat(fd).id).object.queue.waiting_receivers);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	told = show(NULL, queue_stat(fd).id);
	assert_int_equal(told.object.queue.waiting_receivers, 0);
	close(fd);
}

/* --------------------------------------------------------------------- lists */

struct list {
	uint64_t last;			/* id */
	unsigned int total;
	unsigned int seen[STABLE];
	enum ipcq_kind kind;
};

static int note(const struct ipcq_object_info *object, void *context)
{
	struct list *list = context;
	unsigned int index;

	/* In order, hence none twice. */
	assert_true(object->id > list->last);
	list->last = object->id;
	list->total++;
	if (list->kind != IPCQ_ANY)
		assert_int_equal(object->kind, list->kind);
	if (object->name && sscanf(object->name, "stable-%u", &index) == 1)
		list->seen[index]++;
	return 0;
}

static int come_and_go(void *context)
{
	char name[32];
	int fd, i;

	(void)context;
	for (i = 0; ; i++) {
		snprintf(name, sizeof(name), "fleeting-%d", i % 10);
		fd = i % 2 ? queue_open(i % 3 ? name : NULL, RW | CREATE) :
			     region_open(i % 3 ? name : NULL, RW | CREATE);
		if (fd < 0)
			return 1;
		close(fd);
	}
}

static void make_stable(int fds[STABLE])
{
	char name[32];
	int i;

	for (i = 0; i < STABLE; i++) {
		snprintf(name, sizeof(name), "stable-%d", i);
		fds[i] = i % 2 ? region_open(name, RW | CREATE) :
				 queue_open(name, RW | CREATE);
		assert_ok(fds[i]);
	}
}

static void each_object_is_listed_once_whatever_comes_and_goes(void **state)
{
	int fds[STABLE], round, i;
	pid_t pid;

	(void)state;
	(void)device();
	pid = spawn(come_and_go, NULL);
	make_stable(fds);
	for (round = 0; round < 15; round++) {
		struct list list = { .kind = round % 3 };

		assert_ok(ipcq_list(list.kind, note, &list));
		for (i = 0; i < STABLE; i++)
			assert_int_equal(list.seen[i],
					 list.kind == IPCQ_ANY ||
					 list.kind == (i % 2 ? IPCQ_REGION :
							       IPCQ_QUEUE));
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	for (i = 0; i < STABLE; i++)
		close(fds[i]);
}

static unsigned int count_objects(void)
{
	struct list list = { .kind = IPCQ_ANY };

	assert_ok(ipcq_list(IPCQ_ANY, note, &list));
	return list.total;
}

static void anonymous_unlinked_and_unopened_ones_are_listed(void **state)
{
	union open_args args = open_args(IPCQ_IOC_QUEUE_OPEN, "nl/unopened");
	unsigned int before = count_objects();
	int anonymous = queue_new(0, 0);
	int unlinked = region_open("nl/unlinked", RW | CREATE);

	(void)state;
	assert_ok(object_unlink("nl/unlinked"));
	args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	close(args.open.fd);
	assert_int_equal(show("nl/unopened", 0).object.handles, 0);
	assert_int_equal(count_objects(), before + 3);
	close(anonymous);
	close(unlinked);
	assert_ok(object_unlink("nl/unopened"));
	assert_int_equal(count_objects(), before);
}

static int stop_at_second(const struct ipcq_object_info *object, void *context)
{
	unsigned int *count = context;

	(void)object;
	return ++*count == 2 ? 77 : 0;
}

static void a_listing_ends_when_told(void **state)
{
	int a = queue_new(0, 0), b = queue_new(0, 0), c = queue_new(0, 0);
	unsigned int count = 0;

	(void)state;
	assert_int_equal(ipcq_list(IPCQ_ANY, stop_at_second, &count), 77);
	assert_int_equal(count, 2);
	close(a);
	close(b);
	close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_is_shown_in_full),
		cmocka_unit_test(a_region_is_shown_in_full),
		cmocka_unit_test(nobody_waits_unseen),
		cmocka_unit_test(each_object_is_listed_once_whatever_comes_and_goes),
		cmocka_unit_test(anonymous_unlinked_and_unopened_ones_are_listed),
		cmocka_unit_test(a_listing_ends_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
