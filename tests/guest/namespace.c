// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network namespaces: names live in one, and end with it.
 */
#include "common.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* The namespace the tests start in. */
static int home = -1;

static void go_home(void)
{
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
}

/*
 * Goes to a new namespace and returns the device there; with go_home() the
 * namespace ends, as nothing else is in it.
 */
static int go_to_new_namespace(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = device_open();
	assert_ok(fd);
	return fd;
}

static int open_in(int device_fd, unsigned int command, const char *name,
		   uint32_t flags, uint32_t lifetime)
{
	union open_args args = open_args(command, name);
	int ret;

	args.open.flags = flags;
	args.open.lifetime = lifetime;
	ret = call(device_fd, command, &args);
	return ret < 0 ? ret : args.open.fd;
}

static int queue_in(int device_fd, const char *name, uint32_t flags)
{
	return open_in(device_fd, IPCQ_IOC_QUEUE_OPEN, name, flags,
		       IPCQ_LIFETIME_LAST_CLOSE);
}

static int unlink_in(int device_fd, const char *name, size_t length)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)name,
		.name_length = length,
	};

	return call(device_fd, IPCQ_IOC_UNLINK, &args);
}

static bool is_stale(int device_fd)
{
	return queue_in(device_fd, "stale", RW) == -ESTALE;
}

/* How many references the module has, which is what unloading looks at. */
static unsigned int module_references(void)
{
	FILE *file = fopen("/sys/module/ipcq/refcnt", "r");
	unsigned int count = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &count), 1);
	fclose(file);
	return count;
}

static void a_name_means_an_object_in_each_namespace(void **state)
{
	int here = queue_open("same", RW | CREATE), there, away;
	char byte = 0;

	(void)state;
	assert_ok(here);
	away = go_to_new_namespace();
	assert_error(queue_in(away, "same", RW), ENOENT);
	assert_error(unlink_in(away, "same", 4), ENOENT);
	there = queue_in(away, "same", RW | CREATE | IPCQ_OPEN_F_EXCL);
	assert_ok(there);
	assert_true(queue_stat(here).id != queue_stat(there).id);
	assert_ok(queue_send(there, "t", 1, 0, 0));
	assert_error(queue_receive(here, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
		     EAGAIN);
	assert_ok(unlink_in(away, "same", 4));
	assert_ok(object_unlink("same"));
	go_home();
	close(here);
	close(there);
	close(away);
}

static void the_device_keeps_the_namespace_it_was_opened_in(void **state)
{
	int before = device_open(), here = queue_open("kept", RW | CREATE);
	int fd, away;

	(void)state;
	assert_ok(before);
	away = go_to_new_namespace();
	fd = queue_in(before, "kept", RW);
	assert_ok(fd);
	assert_int_equal(queue_stat(fd).id, queue_stat(here).id);
	close(fd);
	assert_error(queue_in(away, "kept", RW), ENOENT);

	/* And the other way round, as long as there is such a namespace. */
	close(here);
	here = queue_in(away, "kept", RW | CREATE);
	assert_ok(here);
	assert_error(queue_in(before, "kept", RW), ENOENT);
	close(here);
	go_home();
	close(before);
	close(away);
}

static void a_namespace_takes_its_names_with_it(void **state)
{
	unsigned int references = module_references();
	uint64_t objects = query().objects, region_bytes = query().region_bytes;
	int away = go_to_new_namespace(), fd, i;
	char name[16];

	(void)state;
	for (i = 0; i < 20; i++) {
		unsigned int command = i % 2 ? IPCQ_IOC_QUEUE_OPEN :
					       IPCQ_IOC_REGION_OPEN;

		snprintf(name, sizeof(name), "gone-%d", i);
		fd = open_in(away, command, name, RW | CREATE,
			     IPCQ_LIFETIME_PERSISTENT);
		assert_ok(fd);
		if (i % 2)
			assert_ok(queue_send(fd, name, sizeof(name), 0, 0));
		close(fd);
	}
	assert_int_equal(query().objects, objects + 20);
	close(away);
	assert_int_equal(module_references(), references + 20);
	go_home();
	eventually(query().objects == objects);
	eventually(module_references() == references);
	assert_int_equal(query().region_bytes, region_bytes);
	assert_int_equal(query().message_bytes, 0);
}

static void the_device_of_an_ended_namespace_is_stale(void **state)
{
	int away = go_to_new_namespace();
	struct ipcq_query args = { .size = sizeof(args) };

	(void)state;
	assert_error(queue_in(away, "stale", RW), ENOENT);
	go_home();
	eventually(is_stale(away));
	FOR_EACH_OPEN(command) {
		union open_args named = open_args(command, "stale");
		union open_args anonymous = open_args(command, NULL);
		uint64_t objects = query().objects;

		assert_error(call(away, command, &named), ESTALE);
		assert_error(call(away, command, &anonymous), ESTALE);
		assert_int_equal(query().objects, objects);
	}
	assert_error(unlink_in(away, "stale", 5), ESTALE);
	/* What needs no names goes on. */
	assert_ok(call(away, IPCQ_IOC_QUERY, &args));
	assert_true(args.max_messages > 0);
	close(away);
}

static void handles_outlive_their_namespace(void **state)
{
	unsigned int references = module_references();
	uint64_t objects = query().objects;
	int away = go_to_new_namespace();
	int queue = open_in(away, IPCQ_IOC_QUEUE_OPEN, "q", RW | CREATE,
			    IPCQ_LIFETIME_PERSISTENT);
	int region = open_in(away, IPCQ_IOC_REGION_OPEN, "r", RW | CREATE,
			     IPCQ_LIFETIME_LAST_CLOSE);
	int anonymous = open_in(away, IPCQ_IOC_QUEUE_OPEN, NULL, RW | CREATE, 0);
	char byte = 0;

	(void)state;
	assert_ok(queue);
	assert_ok(region);
	assert_ok(anonymous);
	assert_ok(queue_send(queue, "q", 1, 0, 0));
	go_home();
	eventually(is_stale(away));
	close(away);

	assert_int_equal(queue_receive(queue, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'q');
	assert_ok(queue_send(queue, "r", 1, 0, 0));
	assert_ok(queue_send(anonymous, "r", 1, 0, 0));
	assert_ok(mutex_lock(region, 0, 0, 0));
	assert_ok(mutex_unlock(region, 0));
	assert_int_equal(query().objects, objects + 3);
	close(queue);
	close(region);
	close(anonymous);
	assert_int_equal(query().objects, objects);
	assert_int_equal(module_references(), references);
}

struct waiting {
	int queue;
};

static int receive_one(void *context)
{
	const struct waiting *waiting = context;
	char byte = 0;

	assert_int_equal(queue_receive(waiting->queue, &byte, 1, 0, 0), 1);
	return byte;
}

static void a_wait_outlives_the_namespace(void **state)
{
	int away = go_to_new_namespace();
	struct waiting waiting = { queue_in(away, "w", RW | CREATE) };
	pid_t pid;

	(void)state;
	assert_ok(waiting.queue);
	go_home();
	pid = spawn(receive_one, &waiting);
	eventually(queue_stat(waiting.queue).waiting_receivers == 1);
	eventually(is_stale(away));
	assert_int_equal(queue_stat(waiting.queue).waiting_receivers, 1);
	assert_ok(queue_send(waiting.queue, "w", 1, 0, 0));
	assert_int_equal(reap(pid), 'w');
	close(waiting.queue);
	close(away);
}

static int set_up(void **state)
{
	(void)state;
	/* Before anything goes elsewhere. */
	(void)device();
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return home < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_means_an_object_in_each_namespace),
		cmocka_unit_test(the_device_keeps_the_namespace_it_was_opened_in),
		cmocka_unit_test(a_namespace_takes_its_names_with_it),
		cmocka_unit_test(the_device_of_an_ended_namespace_is_stale),
		cmocka_unit_test(handles_outlive_their_namespace),
		cmocka_unit_test(a_wait_outlives_the_namespace),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
