// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How memory is compared
 * ----------------------
 * Exactly: pages of shared memory.  Those of regions count as such, and nothing else
 * in the guest comes and goes there once a round is over.  The counter is kept for
 * each processor and folded when it is asked for (stat_refresh).
 *
 * With a tolerance: what the kernel has taken for itself, from slabs and from its
 * virtual memory, and what is free, since it keeps caches of its own: of tasks,
 * descriptors and page tables, partial slabs of all kinds, and under KASAN a 32nd of
 * memory in quarantine.  A single message that leaks does not show here.  It shows in
 * the accounts, which are exact, or, if it is uncharged all the same, when its cache
 * is destroyed at unloading or in kmemleak's scan.  What shows here is what has
 * neither: whole pages that each round leaves.
 */
#include "common.h"
#include "left.h"

#include <dirent.h>
#include <ipcq.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOLERANCE	(12UL << 10)	/* KiB, besides the quarantine */

/* All whose accounts the storms use. */
static const uid_t users[] = { 0, USER, SUBORDINATE, 3000 };

struct memory {
	unsigned long shared, kernel, free, total;	/* KiB */
};

static struct memory before;

static int count_object(const struct ipcq_object_info *object, void *context)
{
	unsigned int *count = context;

	print_error("left: object %llu, %u handles\n",
		    (unsigned long long)object->id, object->handles);
	(*count)++;
	return 0;
}

/* Which processes have descriptors of us, or of sockets in which there may be some. */
static void show_descriptors(const char *process)
{
	char path[PATH_MAX], link[64], comm[32] = "";
	struct dirent *entry;
	DIR *directory;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", process);
	file = fopen(path, "r");
	if (file) {
		(void)!fgets(comm, sizeof(comm), file);
		fclose(file);
	}
	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%s/fd/%s", process,
			 entry->d_name);
		length = readlink(path, link, sizeof(link) - 1);
		if (length <= 0)
			continue;
		link[length] = '\0';
		if (strstr(link, "ipcq") || strstr(link, "socket:"))
			print_error("left: process %s has %s, %s", process, link,
				    comm);
	}
	if (directory)
		closedir(directory);
}

static void show_holders(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	unsigned int sockets = 0;
	char line[256];
	FILE *file;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9')
			show_descriptors(entry->d_name);
	if (directory)
		closedir(directory);
	file = fopen("/proc/net/unix", "r");
	while (file && fgets(line, sizeof(line), file))
		sockets++;
	if (file)
		fclose(file);
	print_error("left: %u Unix sockets\n", sockets ? sockets - 1 : 0);
}

static int ask(void *context)
{
	struct ipcq_query q;

	(void)context;
	/* Owners that have just ended are let go by a work. */
	patiently(!query().owners);
	q = query();
	assert_int_equal(q.objects, 0);
	assert_int_equal(q.message_bytes, 0);
	assert_int_equal(q.region_bytes, 0);
	assert_int_equal(q.namespace_objects, 0);
	return 0;
}

/*
 * Sockets that hold each other, and handles, are collected when some Unix socket is
 * closed, which need not happen after the last one that counts.
 */
static void collect_sockets(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	close(fd);
}

void nothing_is_in_use(void)
{
	unsigned int objects = 0, i;
	uint64_t until = in(PATIENCE);

	while (module_references() && in(0) < until) {
		collect_sockets();
		sleep_ms(1);
	}
	assert_ok(ipcq_list(IPCQ_ANY, count_object, &objects));
	if (objects || module_references())
		show_holders();
	assert_int_equal(objects, 0);
	assert_int_equal(module_references(), 0);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(reap(spawn_as(users[i], users[i], ask, NULL)), 0);
	/* Of the last one that asked. */
	patiently(!module_references());
}

/* ------------------------------------------------------------------- memory */

static unsigned long field(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	assert_non_null(line);
	return strtoul(line + strlen(key) + 1, NULL, 10);
}

static struct memory memory_now(void)
{
	char text[8192] = "";
	FILE *file;

	write_file("/proc/sys/vm/drop_caches", "3");
	write_file("/proc/sys/vm/stat_refresh", "1");
	file = fopen("/proc/meminfo", "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	return (struct memory) {
		.shared = field(text, "\nShmem"),
		.kernel = field(text, "\nSlab") + field(text, "\nVmallocUsed"),
		.free = field(text, "MemFree"),
		.total = field(text, "MemTotal"),
	};
}

void remember_memory(void)
{
	before = memory_now();
}

static bool is_back(void)
{
	struct memory now = memory_now();
	unsigned long tolerance = TOLERANCE + before.total / 32;

	return now.shared == before.shared &&
	       now.kernel <= before.kernel + tolerance &&
	       now.free + tolerance >= before.free;
}

void compare_memory(void)
{
	struct memory now;
	int tries = 0;

	/* What waits for a grace period or a work takes a moment. */
	while (!is_back() && ++tries < 100)
		sleep_ms(100);
	now = memory_now();
	print_message("KiB after the first round and now: shared %lu %lu, kernel %lu %lu, free %lu %lu\n",
		      before.shared, now.shared, before.kernel, now.kernel,
		      before.free, now.free);
	assert_true(tries < 100);
}
