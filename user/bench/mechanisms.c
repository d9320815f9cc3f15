// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of mechanisms, and what they have in common. */
#include "mechanism.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const struct bench_mechanism bench_ipcq_queue;
extern const struct bench_mechanism bench_ipcq_region;
extern const struct bench_mechanism bench_pipe;
extern const struct bench_mechanism bench_fifo;
extern const struct bench_mechanism bench_unix_stream;
extern const struct bench_mechanism bench_unix_dgram;
extern const struct bench_mechanism bench_unix_seqpacket;
extern const struct bench_mechanism bench_tcp;
extern const struct bench_mechanism bench_udp;
extern const struct bench_mechanism bench_posix_mq;
extern const struct bench_mechanism bench_sysv_msg;
extern const struct bench_mechanism bench_shm_futex;

const struct bench_mechanism * const bench_mechanisms[] = {
	&bench_ipcq_queue,
	&bench_ipcq_region,
	&bench_pipe,
	&bench_fifo,
	&bench_unix_stream,
	&bench_unix_dgram,
	&bench_unix_seqpacket,
	&bench_tcp,
	&bench_udp,
	&bench_posix_mq,
	&bench_sysv_msg,
	&bench_shm_futex,
	NULL,
};

const struct bench_mechanism *bench_mechanism_find(const char *name)
{
	size_t i;

	for (i = 0; bench_mechanisms[i]; i++)
		if (!strcmp(bench_mechanisms[i]->name, name))
			return bench_mechanisms[i];
	return NULL;
}

enum bench_status bench_skip(struct bench_link *link, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(link->why, sizeof(link->why), format, arguments);
	va_end(arguments);
	return BENCH_SKIP;
}

enum bench_status bench_fail(struct bench_link *link, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(link->why, sizeof(link->why), format, arguments);
	va_end(arguments);
	return BENCH_FAIL;
}

enum bench_status bench_fail_errno(struct bench_link *link, const char *what,
				   int error)
{
	switch (error) {
	case ENOSYS:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
		return bench_skip(link, "%s: not in this kernel", what);
	default:
		return bench_fail(link, "%s: %s", what, strerror(error));
	}
}

unsigned long bench_sysctl(const char *path)
{
	unsigned long value = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}
