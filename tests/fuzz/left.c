// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * After a program: all that it has is closed and unlinked, and then the module must
 * not keep anything for its user.  So what is leaked is found at once, and with it
 * the program that leaks.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <linux/ipcq.h>

#include "fuzz.h"

#define SECOND	1000000000ULL

void fuzz_fail(const char *format, ...)
{
	uint32_t none = 0;
	va_list arguments;

	if (__atomic_compare_exchange_n(&fuzz->failed, &none, 1, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		va_start(arguments, format);
		vsnprintf(fuzz->failure, sizeof(fuzz->failure), format, arguments);
		va_end(arguments);
	}
	__atomic_store_n(&fuzz->stop, true, __ATOMIC_RELEASE);
}

static void close_all(void)
{
	unsigned int i;
	int next;

	for (i = 0; i < FUZZ_MAPS; i++) {
		if (fuzz_runner->maps[i].address)
			munmap(fuzz_runner->maps[i].address,
			       fuzz_runner->maps[i].length);
		fuzz_runner->maps[i].address = NULL;
	}
	for (i = 0; i < FUZZ_SLOTS; i++)
		fuzz_set_slot(i, -1);
	next = dup(fuzz_runner->null);
	if (next != fuzz_runner->base && !fuzz_runner->fds_unknown)
		fuzz_fail("a descriptor is left that no call has told");
	syscall(SYS_close_range, fuzz_runner->base, ~0U, 0);
}

/* What the current user has; false when all of it is gone. */
static bool has_something(struct ipcq_query *query)
{
	query->size = sizeof(*query);
	query->flags = 0;
	if (ioctl(fuzz_runner->device, IPCQ_IOC_QUERY, query)) {
		fuzz_fail("the query after the program fails: %m");
		return false;
	}
	return query->objects || query->message_bytes || query->region_bytes ||
	       query->owners;
}

/* Some of it goes a little later: owners, and namespaces. */
static void check_user(const char *whose)
{
	struct timespec millisecond = { 0, 1000000 };
	uint64_t until = fuzz_now() + 30 * SECOND;
	struct ipcq_query query;

	if (has_something(&query))
		fuzz_unlink_all(fuzz_runner->uid);
	while (has_something(&query)) {
		if (fuzz_now() > until) {
			fuzz_fail("left of %s user: %llu objects, %llu bytes of messages, %llu of regions, %llu owners",
				  whose, (unsigned long long)query.objects,
				  (unsigned long long)query.message_bytes,
				  (unsigned long long)query.region_bytes,
				  (unsigned long long)query.owners);
			return;
		}
		nanosleep(&millisecond, NULL);
	}
}

void fuzz_clean_up(void)
{
	uid_t uid = fuzz_runner->uid;

	fuzz_end_children();
	close_all();
	if (fuzz_runner->limits_changed)
		fuzz_limits_reset();
	check_user("the");
	if (fuzz_runner->users_changed &&
	    !syscall(SYS_setresuid, -1, uid + 1, -1)) {
		check_user("the other");
		syscall(SYS_setresuid, -1, uid, -1);
	}
	fuzz_runner->users_changed = false;
	fuzz_runner->limits_changed = false;
	fuzz_runner->fds_unknown = false;
	fuzz_runner->filtered = false;
}
