/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the messages of the benchmark contain.
 *
 * A message begins with its stamp, 8 bytes in little-endian order, or as many of
 * its low bytes as there is room for.  The stamp is made of the sequence number
 * and the direction, so that a message that comes back to its sender is noticed.
 * Where every byte is written and checked, the rest is a pattern of which each
 * 8-byte word depends on the stamp and its place: a message that is old, mixed
 * with another, shifted or cut does not pass.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* The stamp of message @sequence in a direction, 0 or 1. */
static inline uint64_t bench_payload_stamp(unsigned int direction,
					   uint64_t sequence)
{
	return sequence + direction * 0x5555555555555555ULL;
}

/* Write the stamp and nothing else. */
void bench_payload_put_stamp(void *payload, size_t size, uint64_t stamp);

/*
 * How far the stamp of a message is ahead of the one expected, as far as its
 * bytes tell: 0 for the one expected; modulo 256 in a message of one byte.
 */
uint64_t bench_payload_ahead(const void *payload, size_t size,
			     uint64_t expected);

/* Write stamp and pattern. */
void bench_payload_fill(void *payload, size_t size, uint64_t stamp);

/* The offset of the first byte that is wrong, or @size when none is. */
size_t bench_payload_check(const void *payload, size_t size, uint64_t stamp);

/*
 * Memory for one payload, on a page of its own with the page before it for the
 * mechanism's use, and all of it present.  NULL without memory.
 */
void *bench_payload_memory(size_t size);

#endif /* BENCH_PAYLOAD_H */
