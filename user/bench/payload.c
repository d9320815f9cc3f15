// SPDX-License-Identifier: GPL-2.0-or-later
#include "payload.h"

#include <endian.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STAMP_SIZE	sizeof(uint64_t)
/* Odd, with bits all over, so that no two words of a message are alike. */
#define STEP		0x9e3779b97f4a7c15ULL

static uint64_t pattern_start(uint64_t stamp)
{
	stamp = (stamp + 1) * 0xd1342543de82ef95ULL;
	return stamp ^ (stamp >> 29);
}

static size_t stamp_room(size_t size)
{
	return size < STAMP_SIZE ? size : STAMP_SIZE;
}

void bench_payload_put_stamp(void *payload, size_t size, uint64_t stamp)
{
	uint64_t bytes = htole64(stamp);

	memcpy(payload, &bytes, stamp_room(size));
}

uint64_t bench_payload_ahead(const void *payload, size_t size,
			     uint64_t expected)
{
	size_t room = stamp_room(size);
	uint64_t bytes = 0, ahead;

	memcpy(&bytes, payload, room);
	ahead = le64toh(bytes) - expected;
	if (room < STAMP_SIZE)
		ahead &= (1ULL << (8 * room)) - 1;
	return ahead;
}

void bench_payload_fill(void *payload, size_t size, uint64_t stamp)
{
	unsigned char *byte = payload;
	uint64_t word = pattern_start(stamp), bytes;
	size_t at;

	bench_payload_put_stamp(payload, size, stamp);
	for (at = STAMP_SIZE; at + sizeof(word) <= size; at += sizeof(word)) {
		word += STEP;
		bytes = htole64(word);
		memcpy(byte + at, &bytes, sizeof(bytes));
	}
	if (at < size) {
		bytes = htole64(word + STEP);
		memcpy(byte + at, &bytes, size - at);
	}
}

static size_t first_difference(const unsigned char *byte, uint64_t expected,
			       size_t at, size_t length)
{
	const unsigned char *want = (const unsigned char *)&expected;
	size_t i;

	for (i = 0; i < length; i++)
		if (byte[at + i] != want[i])
			break;
	return at + i;
}

size_t bench_payload_check(const void *payload, size_t size, uint64_t stamp)
{
	const unsigned char *byte = payload;
	uint64_t word = pattern_start(stamp), bytes = htole64(stamp);
	size_t at = stamp_room(size);

	if (memcmp(byte, &bytes, at))
		return first_difference(byte, bytes, 0, at);
	for (; at + sizeof(word) <= size; at += sizeof(word)) {
		word += STEP;
		bytes = htole64(word);
		if (memcmp(byte + at, &bytes, sizeof(bytes)))
			return first_difference(byte, bytes, at, sizeof(bytes));
	}
	if (at < size)
		return first_difference(byte, htole64(word + STEP), at,
					size - at);
	return size;
}

void *bench_payload_memory(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *memory;

	memory = mmap(NULL, page + size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	memset(memory, 0xff, page + size);
	return memory + page;
}
