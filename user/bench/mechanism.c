// SPDX-License-Identifier: GPL-2.0-or-later
/* What all mechanisms share. */
#include "mechanism.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
