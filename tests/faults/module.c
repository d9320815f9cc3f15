// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and unloading the module under faults: it is there as a whole or not at all.
 */
#include "inject.h"
#include "../guest/generic.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

#define MODULE		"/ipcq/ipcq.ko"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
/* Far more points than either has. */
#define MOST_POINTS	20000

static bool listed(void)
{
	FILE *file = fopen("/proc/modules", "r");
	char line[256];
	bool found = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		found = found || !strncmp(line, "ipcq ", 5);
	fclose(file);
	return found;
}

/* The error with which the controller of all families answers, or 0. */
static int family_error(void)
{
	struct request request = request_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	int fd = socket_new(), error;

	put(&request, CTRL_ATTR_FAMILY_NAME, IPCQ_GENL_NAME,
	    sizeof(IPCQ_GENL_NAME));
	error = ask(fd, &request).error;
	close(fd);
	return error;
}

static void check_absent(void)
{
	assert_false(listed());
	assert_int_equal(access(IPCQ_DEVICE, F_OK), -1);
	assert_int_equal(access("/sys/module/ipcq", F_OK), -1);
	assert_int_equal(access("/sys/class/misc/ipcq", F_OK), -1);
	assert_error(family_error(), ENOENT);
}

static void check_works(void)
{
	struct ipcq_queue_open args = queue_args("faults/module", RW | CREATE);
	int device = device_open();
	char byte = 0;

	assert_true(listed());
	assert_ok(device);
	assert_int_equal(family_error(), 0);
	assert_ok(call(device, IPCQ_IOC_QUEUE_OPEN, &args));
	assert_ok(queue_send(args.open.fd, "x", 1, 0, 0));
	assert_int_equal(queue_receive(args.open.fd, &byte, 1,
				       IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	close(args.open.fd);
	close(device);
}

static int module;

static long load(void)
{
	return syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
}

static long unload(void)
{
	return syscall(SYS_delete_module, "ipcq", O_NONBLOCK) ? -errno : 0;
}

static unsigned int sum(struct faults all)
{
	return all.count[FAULT_COPY] + all.count[FAULT_SLAB] +
	       all.count[FAULT_PAGES];
}

static void add(struct faults *all)
{
	struct faults more = faults_fired();

	for (int kind = 0; kind < FAULTS; kind++)
		all->count[kind] += more.count[kind];
}

/* Loads with the @n-th point failing, and unloads; whether it came to that. */
static bool load_once(unsigned int n, struct faults *all)
{
	bool fired;
	long ret;

	faults_arm_nth(n);
	ret = load();
	fired = faults_disarm_nth();
	if (fired)
		add(all);
	if (ret) {
		assert_true(fired);
		if (ret != -ENOMEM && ret != -EFAULT)
			fail_msg("loading fails: %s", strerror(-ret));
		check_absent();
		return true;
	}
	check_works();
	assert_ok(unload());
	check_absent();
	return fired;
}

/*
 * How many points loading has.  In the first half, most of which is the kernel's own
 * preparation for any module, not each of them is tried.
 */
static unsigned int count_points(void)
{
	unsigned int left;

	faults_arm_nth(MOST_POINTS);
	assert_ok(load());
	left = faults_left_nth();
	assert_ok(unload());
	return MOST_POINTS - left;
}

static void loading(void **state)
{
	struct faults all = { 0 };
	unsigned int half, n = 1;

	(void)state;
	faults_choose(FAULT_SLAB);
	half = count_points() / 2;
	while (load_once(n, &all))
		n += n < half ? 16 : 1;
	print_message("loading: failed %u copy, %u slab\n",
		      all.count[FAULT_COPY], all.count[FAULT_SLAB]);
	assert_true(all.count[FAULT_SLAB] > 50);
}

/* Unloads with the @n-th point failing; whether it came to that. */
static bool unload_once(unsigned int n, struct faults *all)
{
	bool fired;
	long ret;

	assert_ok(load());
	faults_arm_nth(n);
	ret = unload();
	fired = faults_disarm_nth();
	if (fired)
		add(all);
	if (ret) {
		assert_error(ret, EFAULT);
		assert_true(fired);
		check_works();
		assert_ok(unload());
	}
	check_absent();
	return fired;
}

static void unloading(void **state)
{
	struct faults all = { 0 };
	unsigned int n = 1;

	(void)state;
	faults_choose(FAULT_PAGES);
	while (unload_once(n, &all))
		assert_true(++n < MOST_POINTS);
	print_message("unloading: failed %u copy, %u slab, %u pages\n",
		      all.count[FAULT_COPY], all.count[FAULT_SLAB],
		      all.count[FAULT_PAGES]);
	assert_true(sum(all) > 5);
}

/*
 * Before version 6.2 the kernel forgets the name of a cache that it cannot show in
 * sysfs.  All else that is not found again is the module's.
 */
static bool excused(const char *record)
{
	return strstr(record, "sysfs_slab_add");
}

/* A record begins with a line that is not indented. */
static unsigned int count_leaks(FILE *records)
{
	char line[256], record[4096] = "";
	unsigned int leaks = 0;

	for (;;) {
		bool more = fgets(line, sizeof(line), records);

		if (more && line[0] == ' ') {
			strncat(record, line, sizeof(record) - strlen(record) - 1);
			continue;
		}
		if (*record && !excused(record)) {
			print_error("%s", record);
			leaks++;
		}
		if (!more)
			return leaks;
		strcpy(record, line);
	}
}

static void write_kmemleak(const char *text)
{
	int fd = open(KMEMLEAK, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The scanner wants two scans of what is older than five seconds. */
static void nothing_is_leaked(void **state)
{
	unsigned int leaks;
	FILE *records;

	(void)state;
	if (access(KMEMLEAK, F_OK))
		skip();
	sleep_ms(6000);
	write_kmemleak("scan");
	sleep_ms(1000);
	write_kmemleak("scan");
	records = fopen(KMEMLEAK, "r");
	assert_non_null(records);
	leaks = count_leaks(records);
	fclose(records);
	assert_int_equal(leaks, 0);
	/* What is excused is not to be found once more. */
	write_kmemleak("clear");
}

static int begin(void **state)
{
	(void)state;
	assert_true(faults_prepare());
	faults_open_thread();
	module = open(MODULE, O_RDONLY | O_CLOEXEC);
	assert_true(module >= 0);
	return unload();
}

/* The next program finds it loaded. */
static int end(void **state)
{
	(void)state;
	return load();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loading),
		cmocka_unit_test(unloading),
		cmocka_unit_test(nothing_is_leaked),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
