/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that ends in the middle of what is in it.
 */
#ifndef IPCQ_TESTS_FAULTS_HOLES_H
#define IPCQ_TESTS_FAULTS_HOLES_H

#include "../guest/common.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Enough before and after for what the tests put there. */
#define HOLE_SIZE	65536

/* The place from which on memory is not there; @protection is PROT_NONE or PROT_READ. */
static inline char *hole(int protection)
{
	static char *map;

	if (!map) {
		map = mmap(NULL, 2 * HOLE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(map != MAP_FAILED);
	}
	assert_int_equal(mprotect(map + HOLE_SIZE, HOLE_SIZE, protection), 0);
	return map + HOLE_SIZE;
}

/* A copy of @size bytes, the last @missing of which are not there. */
static inline void *cut(const void *data, size_t size, size_t missing)
{
	char *end = hole(PROT_NONE);

	return memcpy(end - (size - missing), data, size - missing);
}

/* A copy of @size bytes, the last @fixed of which cannot be written. */
static inline void *half_fixed(const void *data, size_t size, size_t fixed)
{
	char *end = hole(PROT_READ | PROT_WRITE);

	memcpy(end - (size - fixed), data, size);
	return hole(PROT_READ) - (size - fixed);
}

#endif /* IPCQ_TESTS_FAULTS_HOLES_H */
