// SPDX-License-Identifier: GPL-2.0-or-later
#include "parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_MAX	65535

/* strtol() takes signs and spaces, which are in no CPU's number. */
static int parse_cpu(const char *text, char **end, int *out)
{
	long value;

	if (!isdigit((unsigned char)*text))
		return -1;
	value = strtol(text, end, 10);
	if (value > CPU_MAX)
		return -1;
	*out = (int)value;
	return 0;
}

int bench_parse_pinning(const char *text, enum bench_pinning *pinning,
			int cpu[2])
{
	static const char * const names[] = {
		[BENCH_PIN_SAME] = "same",
		[BENCH_PIN_OTHER] = "other",
		[BENCH_PIN_NONE] = "none",
	};
	int found[2];
	size_t i;
	char *end;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i] && !strcmp(text, names[i])) {
			*pinning = i;
			return 0;
		}
	}
	if (parse_cpu(text, &end, &found[0]) || *end != ',')
		return -1;
	if (parse_cpu(end + 1, &end, &found[1]) || *end)
		return -1;
	*pinning = BENCH_PIN_LIST;
	cpu[0] = found[0];
	cpu[1] = found[1];
	return 0;
}

const char *bench_mode_name(enum bench_mode mode)
{
	return mode == BENCH_ROUND_TRIP ? "round-trip" : "stream";
}

int bench_parse_modes(const char *text, unsigned int *modes)
{
	unsigned int mode;

	if (!strcmp(text, "both")) {
		*modes = (1U << BENCH_MODES) - 1;
		return 0;
	}
	for (mode = 0; mode < BENCH_MODES; mode++) {
		if (!strcmp(text, bench_mode_name(mode))) {
			*modes = 1U << mode;
			return 0;
		}
	}
	return -1;
}

static const char * const schedulings[] = {
	[BENCH_SCHEDULE_NORMAL] = "normal",
	[BENCH_SCHEDULE_BATCH] = "batch",
};

int bench_parse_scheduling(const char *text, enum bench_scheduling *scheduling)
{
	unsigned int i;

	for (i = BENCH_SCHEDULE_NORMAL; i <= BENCH_SCHEDULE_BATCH; i++) {
		if (!strcmp(text, schedulings[i])) {
			*scheduling = i;
			return 0;
		}
	}
	return -1;
}

const char *bench_scheduling_name(enum bench_scheduling scheduling)
{
	return schedulings[scheduling];
}

int bench_parse_list(const char *text,
		     int (*item)(const char *part, void *context),
		     void *context)
{
	char part[64];
	size_t length;
	int ret;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		if (length == 0 || length >= sizeof(part))
			return -1;
		memcpy(part, text, length);
		part[length] = '\0';
		ret = item(part, context);
		if (ret)
			return ret;
		if (!text[length])
			return 0;
	}
}

char *bench_format_size(uint64_t size, char *buffer, size_t length)
{
	if (size && size % (1 << 20) == 0)
		snprintf(buffer, length, "%lluM",
			 (unsigned long long)size >> 20);
	else if (size && size % (1 << 10) == 0)
		snprintf(buffer, length, "%lluK",
			 (unsigned long long)size >> 10);
	else
		snprintf(buffer, length, "%llu", (unsigned long long)size);
	return buffer;
}
