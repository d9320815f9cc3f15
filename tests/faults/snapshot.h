/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a failed call must not have changed.
 */
#ifndef IPCQ_TESTS_FAULTS_SNAPSHOT_H
#define IPCQ_TESTS_FAULTS_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

struct snapshot {
	/* In words, for messages of failures: accounts, objects, stats, words. */
	char text[8192];
	/* Message memory charged to the user, and told by the scene's queues. */
	uint64_t charged, memory;
};

/* Takes one of everything that is there. */
void snapshot_take(struct snapshot *snapshot);

/*
 * Fails unless all is as it was, in the end: what runs behind a call, as the release
 * of a file, gets its time.  Memory that queues keep for reuse may have grown, by
 * what is charged for it and not more; by @extra bytes else.
 */
void snapshot_compare(const struct snapshot *before, uint64_t extra);

#endif /* IPCQ_TESTS_FAULTS_SNAPSHOT_H */
