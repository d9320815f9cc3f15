// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Coverage, by KCOV: a list of the instrumented points that a thread passed during
 * a call.  Only the module is instrumented.
 *
 * A program is worth keeping when it gave a new signal, which is a step from one
 * point to another in one type of call, or an error of one type of call.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kcov.h>

#include "fuzz.h"

#define TRACE_WORDS	32768UL
/* The kernel tells the return address; the relocation is at the call's operand. */
#define CALL_BYTES	4

static uint64_t section_address(const char *section)
{
	char path[96], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/ipcq/sections/%s", section);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strtoull(text, NULL, 16);
}

bool fuzz_cover_find_code(void)
{
	fuzz->code = section_address(".text");
	return fuzz->code;
}

bool fuzz_cover_open(struct fuzz_cover *cover)
{
	void *trace;

	cover->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (cover->fd < 0 || ioctl(cover->fd, KCOV_INIT_TRACE, TRACE_WORDS))
		return false;
	trace = mmap(NULL, TRACE_WORDS * sizeof(uint64_t),
		     PROT_READ | PROT_WRITE, MAP_SHARED, cover->fd, 0);
	cover->trace = trace;
	return trace != MAP_FAILED;
}

void fuzz_cover_enable(struct fuzz_cover *cover)
{
	ioctl(cover->fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

void fuzz_cover_begin(struct fuzz_cover *cover)
{
	__atomic_store_n(&cover->trace[0], 0, __ATOMIC_RELAXED);
}

static uint32_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15ULL;
	return value >> 40;
}

/* Notes a signal; 1 when it is new. */
static unsigned int note(uint64_t signal)
{
	uint8_t *seen = &fuzz->signals[mix(signal) % FUZZ_SIGNALS];

	if (*seen)
		return 0;
	*seen = 1;
	return 1;
}

unsigned int fuzz_cover_end(struct fuzz_cover *cover, unsigned int type,
			    long result)
{
	uint64_t i, count = __atomic_load_n(&cover->trace[0], __ATOMIC_RELAXED);
	uint64_t last = 0, error = result < 0 ? -result : 0;
	unsigned int fresh = note(type | error << 8 | 1ULL << 60);

	for (i = 1; i <= count && i < TRACE_WORDS; i++) {
		uint64_t point = cover->trace[i] - fuzz->code;

		if (point >= FUZZ_SPAN)
			continue;
		fuzz->points[point] = 1;
		fresh += note(point | last << 20 | (uint64_t)type << 40);
		last = point;
	}
	return fresh;
}

unsigned int fuzz_cover_count(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < FUZZ_SPAN; i++)
		count += fuzz->points[i];
	return count;
}

void fuzz_cover_print(void)
{
	unsigned int i, column = 0;

	for (i = 0; i < FUZZ_SPAN; i++)
		if (fuzz->points[i])
			printf("%s%016x", column++ % 16 ? " " : "\n@points ",
			       i - CALL_BYTES);
	printf("\n");
}
