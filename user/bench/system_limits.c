// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "system_limits.h"
#include "mechanism.h"

#include <sched.h>
#include <stdio.h>

/* Of all IPC namespaces, each its own. */
#define SYSV_SIZE	"/proc/sys/kernel/msgmax"
#define SYSV_BYTES	"/proc/sys/kernel/msgmnb"
#define MQ_SIZE		"/proc/sys/fs/mqueue/msgsize_max"
#define MQ_MESSAGES	"/proc/sys/fs/mqueue/msg_max"

static void raise_to(const char *path, unsigned long value)
{
	FILE *file;

	if (bench_sysctl(path) >= value)
		return;
	file = fopen(path, "we");
	if (!file)
		return;
	/* What it is afterwards is read again; a refusal needs no other trace. */
	fprintf(file, "%lu\n", value);
	fclose(file);
}

void bench_limits_raise(size_t size, size_t bytes, unsigned int messages,
			char *text, size_t length)
{
	if (unshare(CLONE_NEWIPC)) {
		snprintf(text, length, "those of the system (not privileged to raise them)");
		return;
	}
	raise_to(SYSV_SIZE, size);
	raise_to(SYSV_BYTES, bytes);
	raise_to(MQ_SIZE, size);
	raise_to(MQ_MESSAGES, messages);
	snprintf(text, length,
		 "raised for this run alone, by an IPC namespace of its own: msgmax %lu, msgmnb %lu, mqueue.msgsize_max %lu, mqueue.msg_max %lu",
		 bench_sysctl(SYSV_SIZE), bench_sysctl(SYSV_BYTES),
		 bench_sysctl(MQ_SIZE), bench_sysctl(MQ_MESSAGES));
}
