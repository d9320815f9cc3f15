// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unloading: refused by whatever is in use, clean when nothing is.
 */
#include "common.h"

#include <fcntl.h>
#include <ipcq.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE		"/ipcq/ipcq.ko"
#define RELOADS		50
#define LISTED		200	/* more objects than one answer holds */

/* How many references the module has, which is what unloading looks at. */
static unsigned int references(void)
{
	FILE *file = fopen("/sys/module/ipcq/refcnt", "r");
	unsigned int count = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &count), 1);
	fclose(file);
	return count;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ipcq", O_NONBLOCK) ? -errno : 0;
}

static void load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_finit_module, fd, "", 0), 0);
	close(fd);
}

/* Something is in use, and may go on being used. */
static void assert_kept(void)
{
	assert_true(references() > 0);
	assert_error(unload(), EWOULDBLOCK);
}

/* device() would stay open: opens @name through one that is closed again. */
static int open_object(unsigned int command, const char *name, uint32_t lifetime)
{
	union open_args args = open_args(command, name);
	int fd = device_open();

	assert_ok(fd);
	args.open.lifetime = lifetime;
	assert_ok(call(fd, command, &args));
	close(fd);
	return args.open.fd;
}

static void nothing_keeps_it_to_begin_with(void **state)
{
	(void)state;
	assert_int_equal(references(), 0);
}

static void an_open_device_keeps_it(void **state)
{
	int fd = device_open();

	(void)state;
	assert_ok(fd);
	assert_kept();
	close(fd);
	assert_int_equal(references(), 0);
}

static void a_handle_keeps_it(void **state)
{
	char byte = 0;

	(void)state;
	FOR_EACH_OPEN(command) {
		int fd = open_object(command, NULL, 0);

		assert_kept();
		if (command == IPCQ_IOC_QUEUE_OPEN) {
			assert_ok(queue_send(fd, "x", 1, 0, 0));
			assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
		}
		close(fd);
		assert_int_equal(references(), 0);
	}
}

static void a_persistent_object_keeps_it(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		struct ipcq_unlink args = {
			.size = sizeof(args),
			.name = (uintptr_t)"unload",
			.name_length = strlen("unload"),
		};
		int fd;

		close(open_object(command, "unload", IPCQ_LIFETIME_PERSISTENT));
		assert_kept();
		fd = device_open();
		assert_ok(call(fd, IPCQ_IOC_UNLINK, &args));
		close(fd);
		assert_int_equal(references(), 0);
	}
}

static void a_mapped_control_area_keeps_it(void **state)
{
	int fd = open_object(IPCQ_IOC_REGION_OPEN, NULL, 0);
	volatile uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					MAP_SHARED, fd,
					IPCQ_REGION_CONTROL_OFFSET);

	(void)state;
	assert_true(words != MAP_FAILED);
	close(fd);
	assert_kept();
	/* Not touched before: it is faulted in only now. */
	words[0] = 1;
	assert_int_equal(words[0], 1);
	assert_int_equal(munmap((void *)words, 4096), 0);
	assert_int_equal(references(), 0);
}

static void mapped_data_keeps_only_itself(void **state)
{
	int fd = open_object(IPCQ_IOC_REGION_OPEN, NULL, 0);
	char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	(void)state;
	assert_true(data != MAP_FAILED);
	strcpy(data, "still here");
	close(fd);
	assert_int_equal(references(), 0);
	assert_string_equal(data, "still here");

	/* Also when the module is gone, and back. */
	assert_ok(unload());
	assert_string_equal(data, "still here");
	data[4095] = 1;
	load();
	assert_string_equal(data, "still here");
	assert_int_equal(munmap(data, 4096), 0);
}

/* ------------------------------------------------------------- running lists */

static int listed[LISTED];

static void fill_list(void)
{
	int i;

	for (i = 0; i < LISTED; i++)
		listed[i] = open_object(IPCQ_IOC_QUEUE_OPEN, NULL, 0);
}

static void empty_list(void)
{
	int i;

	for (i = 0; i < LISTED; i++)
		close(listed[i]);
}

/* Of the first answer of many: nothing is left then but the listing itself. */
static int look_while_listed(const struct ipcq_object_info *object,
			     void *context)
{
	unsigned int *count = context;

	(void)object;
	if (!(*count)++) {
		empty_list();
		assert_kept();
	}
	return 0;
}

static int give_up(const struct ipcq_object_info *object, void *context)
{
	(void)object;
	(void)context;
	return 1;
}

static void a_running_list_keeps_it(void **state)
{
	unsigned int count = 0;

	(void)state;
	fill_list();
	assert_ok(ipcq_list(IPCQ_ANY, look_while_listed, &count));
	assert_true(count > 0 && count < LISTED);
	assert_int_equal(references(), 0);
}

static void a_list_that_is_given_up_does_not(void **state)
{
	(void)state;
	fill_list();
	assert_int_equal(ipcq_list(IPCQ_ANY, give_up, NULL), 1);
	empty_list();
	/* The socket's end is not waited for by close(2). */
	eventually(!references());
}

/* ------------------------------------------------------------------- again */

/* Uses a bit of everything, so that there is something to leave behind. */
static void use(void)
{
	int queue = open_object(IPCQ_IOC_QUEUE_OPEN, "reload", 0);
	int region = open_object(IPCQ_IOC_REGION_OPEN, NULL, 0);
	char payload[5000] = { 0 };

	assert_ok(queue_send(queue, payload, sizeof(payload), 0, 0));
	assert_int_equal(queue_receive(queue, payload, sizeof(payload), 0, 0),
			 sizeof(payload));
	assert_ok(queue_send(queue, payload, 1, 0, 0));
	/* Held by an owner that ends only with the handle. */
	assert_ok(mutex_lock(region, 0, 0, 0));
	close(queue);
	close(region);
}

static void it_comes_and_goes_many_times(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < RELOADS; i++) {
		use();
		eventually(!references());
		assert_ok(unload());
		assert_error(device_open(), ENOENT);
		load();
	}
	use();
}

/* Most of the time that unloading takes is spent on grace periods. */
static void hurry(const char *how)
{
	int fd = open("/sys/kernel/rcu_expedited", O_WRONLY);

	/* Not there in every kernel. */
	if (fd < 0)
		return;
	assert_int_equal(write(fd, how, 1), 1);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	hurry("1");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hurry("0");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_keeps_it_to_begin_with),
		cmocka_unit_test(an_open_device_keeps_it),
		cmocka_unit_test(a_handle_keeps_it),
		cmocka_unit_test(a_persistent_object_keeps_it),
		cmocka_unit_test(a_mapped_control_area_keeps_it),
		cmocka_unit_test(mapped_data_keeps_only_itself),
		cmocka_unit_test(a_running_list_keeps_it),
		cmocka_unit_test(a_list_that_is_given_up_does_not),
		cmocka_unit_test(it_comes_and_goes_many_times),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
