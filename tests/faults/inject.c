// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See inject.h, and the kernel's Documentation/fault-injection.
 *
 * /proc/thread-self/fail-nth counts the points of all kinds down, whatever else is
 * set.  For lasting faults each kind has a probability of 100 % for threads that are
 * marked by make-it-fail, which are counted from when "space" is used up.  "times"
 * counts down in both cases, and so tells which kind it was.
 */
#include "inject.h"
#include "../guest/common.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEBUGFS		"/sys/kernel/debug/"
/* More than will ever fail or pass between arming and disarming. */
#define PLENTY		1000000000

static const char *const names[FAULTS] = {
	[FAULT_COPY] = "fail_usercopy",
	[FAULT_SLAB] = "failslab",
	[FAULT_PAGES] = "fail_page_alloc",
};

static __thread int fail_nth = -1, make_it_fail = -1;
static long space_given[FAULTS];

static int open_setting(const char *kind, const char *setting, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, setting);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		print_error("%s: %s\n", path, strerror(errno));
	return fd;
}

static bool set(const char *kind, const char *setting, const char *value)
{
	int fd = open_setting(kind, setting, O_WRONLY);
	bool done = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static void set_number(const char *kind, const char *setting, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	assert_true(set(kind, setting, text));
}

static long get_number(const char *kind, const char *setting)
{
	int fd = open_setting(kind, setting, O_RDONLY);
	char text[24] = { 0 };

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atol(text);
}

static bool prepare_kind(const char *kind)
{
	return set(kind, "task-filter", "Y") && set(kind, "verbose", "0") &&
	       set(kind, "interval", "1") && set(kind, "probability", "0");
}

bool faults_prepare(void)
{
	bool ready = true;

	for (int kind = 0; kind < FAULTS; kind++)
		ready = ready && prepare_kind(names[kind]);
	/* Also what may wait for memory, and what goes into high memory. */
	return ready && set("failslab", "ignore-gfp-wait", "N") &&
	       set("fail_page_alloc", "ignore-gfp-wait", "N") &&
	       set("fail_page_alloc", "ignore-gfp-highmem", "N");
}

/* No cache is marked for the filter, and no allocation is of that order. */
void faults_choose(enum fault last)
{
	assert_true(set("failslab", "cache-filter", last < FAULT_SLAB ? "Y" : "N"));
	assert_true(set("fail_page_alloc", "min-order",
			last < FAULT_PAGES ? "99" : "0"));
}

static int open_own(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/thread-self/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void faults_open_thread(void)
{
	if (fail_nth < 0)
		fail_nth = open_own("fail-nth");
	if (make_it_fail < 0)
		make_it_fail = open_own("make-it-fail");
}

void faults_close_thread(void)
{
	close(fail_nth);
	close(make_it_fail);
	fail_nth = make_it_fail = -1;
}

static void reset_times(void)
{
	for (int kind = 0; kind < FAULTS; kind++)
		set_number(names[kind], "times", PLENTY);
}

void faults_arm_nth(unsigned int n)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%u", n);

	reset_times();
	/* Nothing may come between this and the call. */
	if (pwrite(fail_nth, text, length, 0) != length)
		fail_msg("cannot write fail-nth");
}

/*
 * Reading and writing the number are copies, and so points themselves: a read that
 * fails has used up the last one of the count, and says so that it was not used up
 * before.
 */
unsigned int faults_left_nth(void)
{
	char text[24] = { 0 };
	ssize_t size = pread(fail_nth, text, sizeof(text) - 1, 0);

	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	return size > 0 ? atol(text) : 1;
}

bool faults_disarm_nth(void)
{
	return !faults_left_nth();
}

static void arm_kind(enum fault kind, long passing)
{
	space_given[kind] = passing;
	set_number(names[kind], "space", passing < 0 ? 0 : passing);
	assert_true(set(names[kind], "probability", passing < 0 ? "0" : "100"));
}

void faults_arm_lasting(long slab_bytes, long pages)
{
	reset_times();
	arm_kind(FAULT_SLAB, slab_bytes);
	arm_kind(FAULT_PAGES, pages);
	if (pwrite(make_it_fail, "1", 1, 0) != 1)
		fail_msg("cannot write make-it-fail");
}

void faults_disarm_lasting(void)
{
	if (pwrite(make_it_fail, "0", 1, 0) != 1)
		fail_msg("cannot write make-it-fail");
	for (int kind = 0; kind < FAULTS; kind++)
		assert_true(set(names[kind], "probability", "0"));
}

struct faults faults_fired(void)
{
	struct faults fired;

	for (int kind = 0; kind < FAULTS; kind++)
		fired.count[kind] = PLENTY - get_number(names[kind], "times");
	return fired;
}

void faults_passed(long *slab_bytes, long *pages)
{
	*slab_bytes = space_given[FAULT_SLAB] -
		      get_number(names[FAULT_SLAB], "space");
	*pages = space_given[FAULT_PAGES] -
		 get_number(names[FAULT_PAGES], "space");
}
