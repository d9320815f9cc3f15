// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Several messages in one call.
 *
 * Where an address has 64 bits, a struct iovec is what the shortest entry of a batch
 * is: then the caller's array goes to the kernel as it is.
 */
#include "internal.h"

#include <stdlib.h>

_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_BATCH_F_NONBLOCK, "nonblock");
_Static_assert((int)IPCQ_WHOLE == (int)IPCQ_BATCH_F_WHOLE, "whole");
_Static_assert((int)IPCQ_TRUNCATE == (int)IPCQ_BATCH_F_TRUNCATE, "truncate");

#define SAME_ARRAY (sizeof(struct iovec) == IPCQ_SEND_ENTRY_MIN &&	\
		    offsetof(struct iovec, iov_base) ==			\
		    offsetof(struct ipcq_send_entry, payload) &&	\
		    offsetof(struct iovec, iov_len) ==			\
		    offsetof(struct ipcq_send_entry, length))

_Static_assert(IPCQ_SEND_ENTRY_MIN == IPCQ_RECEIVE_ENTRY_MIN, "shortest entries");

static int run(struct ipcq_queue *queue, unsigned long command, const void *entries,
	       size_t entry_size, size_t count, unsigned int flags,
	       uint64_t deadline)
{
	struct ipcq_queue_batch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.entries = (uintptr_t)entries,
		.count = (uint32_t)count,
		.entry_size = (uint32_t)entry_size,
		.deadline = deadline,
	};

	return ipcq_ioctl(queue->fd, command, &arg);
}

static int send_entries(struct ipcq_queue *queue, const struct iovec *messages,
			const struct ipcq_send_options *options, size_t count,
			unsigned int flags, uint64_t deadline,
			uint64_t *sequences)
{
	struct ipcq_send_entry *entries = calloc(count, sizeof(*entries));
	int done, i;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < (int)count; i++) {
		entries[i].payload = (uintptr_t)messages[i].iov_base;
		entries[i].length = messages[i].iov_len;
		if (!options)
			continue;
		if (options[i].fd_count) {
			free(entries);
			return -EINVAL;
		}
		entries[i].priority = options[i].priority;
		entries[i].type = options[i].type;
		entries[i].time_to_live = options[i].time_to_live;
	}
	done = run(queue, IPCQ_IOC_QUEUE_SEND_MANY, entries, sizeof(*entries),
		   count, flags, deadline);
	for (i = 0; sequences && i < done; i++)
		sequences[i] = entries[i].sequence;
	free(entries);
	return done;
}

int ipcq_queue_send_many(struct ipcq_queue *queue, const struct iovec *messages,
			 const struct ipcq_send_options *options, size_t count,
			 unsigned int flags, uint64_t deadline,
			 uint64_t *sequences)
{
	if (!count || count > IPCQ_BATCH_MAX ||
	    flags & ~(IPCQ_DONTWAIT | IPCQ_WHOLE))
		return -EINVAL;
	if (SAME_ARRAY && !options && !sequences)
		return run(queue, IPCQ_IOC_QUEUE_SEND_MANY, messages,
			   sizeof(*messages), count, flags, deadline);
	return send_entries(queue, messages, options, count, flags, deadline,
			    sequences);
}

static void fill_info(struct ipcq_message_info *info,
		      const struct ipcq_receive_entry *entry)
{
	*info = (struct ipcq_message_info) {
		.sequence = entry->sequence,
		.priority = entry->priority,
		.type = entry->type,
		.time = entry->time,
		.pid = entry->pid,
		.start_time = entry->start_time,
		.uid = entry->uid,
		.gid = entry->gid,
	};
}

static int receive_entries(struct ipcq_queue *queue, struct iovec *messages,
			   struct ipcq_message_info *infos, size_t count,
			   unsigned int flags, uint64_t deadline)
{
	struct ipcq_receive_entry *entries = calloc(count, sizeof(*entries));
	int done, i;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < (int)count; i++) {
		entries[i].payload = (uintptr_t)messages[i].iov_base;
		entries[i].length = messages[i].iov_len;
	}
	done = run(queue, IPCQ_IOC_QUEUE_RECEIVE_MANY, entries, sizeof(*entries),
		   count, flags, deadline);
	for (i = 0; i < done; i++) {
		messages[i].iov_len = entries[i].length;
		if (infos)
			fill_info(&infos[i], &entries[i]);
	}
	free(entries);
	return done;
}

int ipcq_queue_receive_many(struct ipcq_queue *queue, struct iovec *messages,
			    struct ipcq_message_info *infos, size_t count,
			    unsigned int flags, uint64_t deadline)
{
	if (!count || count > IPCQ_BATCH_MAX ||
	    flags & ~(IPCQ_DONTWAIT | IPCQ_WHOLE | IPCQ_TRUNCATE))
		return -EINVAL;
	if (SAME_ARRAY && !infos)
		return run(queue, IPCQ_IOC_QUEUE_RECEIVE_MANY, messages,
			   sizeof(*messages), count, flags, deadline);
	return receive_entries(queue, messages, infos, count, flags, deadline);
}
