/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of the system that stand in the way of large messages. */
#ifndef BENCH_SYSTEM_LIMITS_H
#define BENCH_SYSTEM_LIMITS_H

#include <stddef.h>

/*
 * Where the process may, move to an IPC namespace of its own, whose limits on
 * System V and POSIX messages are then raised: to messages of @size bytes, and
 * to @messages of them or @bytes in a queue.  The namespace goes with the
 * process, however that ends, so nothing has to be restored and nothing can be
 * left behind.  @text receives what was done.
 */
void bench_limits_raise(size_t size, size_t bytes, unsigned int messages,
			char *text, size_t length);

#endif /* BENCH_SYSTEM_LIMITS_H */
