// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of calls: see fuzz.h.  A new ioctl is one more entry of the table, with
 * one line for each member of its struct.
 */
#include <string.h>

#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>

#include "fuzz.h"

const char *const fuzz_places[FUZZ_PLACES] = {
	[PLACE_GOOD] = "good",		[PLACE_EDGE] = "edge",
	[PLACE_SHORT] = "short",	[PLACE_READONLY] = "readonly",
	[PLACE_UNMAPPED] = "unmapped",	[PLACE_KERNEL] = "kernel",
	[PLACE_HIGH] = "high",		[PLACE_ODD] = "odd",
	[PLACE_MAP] = "map",		[PLACE_CONTROL] = "control",
	[PLACE_NULL] = "null",
};

/* A member of a struct, and a field that is none. */
#define M(_struct, _member, _kind, _limit)				\
	{ #_member, FUZZ_##_kind, _limit,				\
	  offsetof(struct _struct, _member),				\
	  sizeof(((struct _struct *)0)->_member) }
#define F(_name, _kind, _limit)	{ _name, FUZZ_##_kind, _limit, 0, 0 }

#define IOCTL(_name, _weight, _slots, _command, _struct, ...)		\
	{ .name = _name, .weight = _weight, .run = fuzz_ioctl,		\
	  .command = _command, .size = sizeof(struct _struct),		\
	  .fields = {							\
		F("fd", SLOT, FUZZ_##_slots), F("place", PLACE, 0),	\
		F("size", SIZE, 0), F("tail", NUMBER, 0), __VA_ARGS__ } }

#define OPEN(_name, _weight, _slots, _command, _struct, ...)		\
	{ .name = _name, .weight = _weight, .run = fuzz_ioctl,		\
	  .command = _command, .size = sizeof(struct _struct),		\
	  .fd_offset = offsetof(struct _struct, open.fd),		\
	  .fields = {							\
		F("fd", SLOT, FUZZ_DEVICES), F("place", PLACE, 0),	\
		F("size", SIZE, 0), F("tail", NUMBER, 0),		\
		F("into", SLOT, FUZZ_##_slots),				\
		M(_struct, open.flags, FLAGS, IPCQ_OPEN_F_ALL),		\
		M(_struct, open.name, NAME, 0),				\
		M(_struct, open.name_length, LENGTH, IPCQ_NAME_MAX),	\
		M(_struct, open.mode, FLAGS, 0777),			\
		M(_struct, open.lifetime, SMALL, 2),			\
		M(_struct, open.owner, USER, 0), __VA_ARGS__ } }

#define ACT(_name, _weight, _run, ...)					\
	{ .name = _name, .weight = _weight, .run = _run,		\
	  .fields = { __VA_ARGS__ } }

#define ON(_slots)	F("fd", SLOT, FUZZ_##_slots)

const struct fuzz_type fuzz_types[] = {
	IOCTL("query", 4, DEVICES, IPCQ_IOC_QUERY, ipcq_query,
	      M(ipcq_query, flags, FLAGS, 0)),
	OPEN("queue_open", 24, QUEUES, IPCQ_IOC_QUEUE_OPEN, ipcq_queue_open,
	     M(ipcq_queue_open, max_messages, SMALL, 65536),
	     M(ipcq_queue_open, max_message_size, NUMBER, 1 << 20),
	     M(ipcq_queue_open, max_bytes, NUMBER, 1 << 20),
	     M(ipcq_queue_open, order, SMALL, 1),
	     M(ipcq_queue_open, delivery, SMALL, 1),
	     M(ipcq_queue_open, retain, SMALL, 65536),
	     M(ipcq_queue_open, time_to_live, NUMBER, 1 << 24),
	     M(ipcq_queue_open, dead_letter, SMALL, 64),
	     M(ipcq_queue_open, full, SMALL, 3),
	     M(ipcq_queue_open, redelivery_limit, SMALL, 4)),
	OPEN("region_open", 24, REGIONS, IPCQ_IOC_REGION_OPEN, ipcq_region_open,
	     M(ipcq_region_open, region_size, NUMBER, 1 << 20),
	     M(ipcq_region_open, mutexes, SMALL, 4096),
	     M(ipcq_region_open, eventcounts, SMALL, 4096)),
	IOCTL("unlink", 8, DEVICES, IPCQ_IOC_UNLINK, ipcq_unlink,
	      M(ipcq_unlink, flags, FLAGS, 0),
	      M(ipcq_unlink, name, NAME, 0),
	      M(ipcq_unlink, name_length, LENGTH, IPCQ_NAME_MAX),
	      M(ipcq_unlink, kind, SMALL, 2)),

	IOCTL("queue_send", 40, QUEUES, IPCQ_IOC_QUEUE_SEND, ipcq_queue_send,
	      M(ipcq_queue_send, flags, FLAGS, IPCQ_SEND_F_ALL),
	      M(ipcq_queue_send, payload, PLACE, 0),
	      M(ipcq_queue_send, length, NUMBER, 1 << 16),
	      M(ipcq_queue_send, deadline, TIME, 0),
	      M(ipcq_queue_send, priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_send, fds, PLACE, 0),
	      M(ipcq_queue_send, fd_count, SMALL, IPCQ_FDS_MAX),
	      M(ipcq_queue_send, type, NUMBER, 4),
	      M(ipcq_queue_send, time_to_live, NUMBER, 1 << 24)),
	IOCTL("queue_receive", 40, QUEUES, IPCQ_IOC_QUEUE_RECEIVE,
	      ipcq_queue_receive,
	      M(ipcq_queue_receive, flags, FLAGS, IPCQ_RECEIVE_F_ALL),
	      M(ipcq_queue_receive, payload, PLACE, 0),
	      M(ipcq_queue_receive, length, NUMBER, 1 << 16),
	      M(ipcq_queue_receive, deadline, TIME, 0),
	      M(ipcq_queue_receive, fds, PLACE, 0),
	      M(ipcq_queue_receive, fd_count, SMALL, IPCQ_FDS_MAX),
	      M(ipcq_queue_receive, lease, NUMBER, 1 << 24),
	      M(ipcq_queue_receive, cursor, SMALL, 16),
	      M(ipcq_queue_receive, priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_receive, type, NUMBER, 4),
	      M(ipcq_queue_receive, offset, NUMBER, 1 << 16),
	      M(ipcq_queue_receive, match, SMALL, IPCQ_MATCH_EXCEPT),
	      M(ipcq_queue_receive, least_priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_receive, reserved4, NUMBER, 0),
	      M(ipcq_queue_receive, type_first, NUMBER, 4),
	      M(ipcq_queue_receive, type_last, NUMBER, 4)),
	IOCTL("queue_send_many", 10, QUEUES, IPCQ_IOC_QUEUE_SEND_MANY,
	      ipcq_queue_batch,
	      M(ipcq_queue_batch, flags, FLAGS, IPCQ_BATCH_F_ALL),
	      M(ipcq_queue_batch, entries, PLACE, 0),
	      M(ipcq_queue_batch, count, SMALL, IPCQ_BATCH_MAX),
	      M(ipcq_queue_batch, entry_size, NUMBER, 64),
	      M(ipcq_queue_batch, deadline, TIME, 0)),
	IOCTL("queue_send_all", 15, QUEUES, IPCQ_IOC_QUEUE_SEND_ALL,
	      ipcq_queue_send_all,
	      M(ipcq_queue_send_all, flags, FLAGS, IPCQ_SEND_F_ALL),
	      M(ipcq_queue_send_all, payload, PLACE, 0),
	      M(ipcq_queue_send_all, length, NUMBER, 1 << 16),
	      M(ipcq_queue_send_all, queues, PLACE, 0),
	      M(ipcq_queue_send_all, count, SMALL, IPCQ_SEND_ALL_MAX),
	      M(ipcq_queue_send_all, priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_send_all, reserved, NUMBER, 0),
	      M(ipcq_queue_send_all, sequences, PLACE, 0),
	      M(ipcq_queue_send_all, type, NUMBER, 4),
	      M(ipcq_queue_send_all, time_to_live, NUMBER, 1 << 24)),
	IOCTL("queue_receive_many", 10, QUEUES, IPCQ_IOC_QUEUE_RECEIVE_MANY,
	      ipcq_queue_batch,
	      M(ipcq_queue_batch, flags, FLAGS, IPCQ_BATCH_F_ALL),
	      M(ipcq_queue_batch, entries, PLACE, 0),
	      M(ipcq_queue_batch, count, SMALL, IPCQ_BATCH_MAX),
	      M(ipcq_queue_batch, entry_size, NUMBER, 64),
	      M(ipcq_queue_batch, deadline, TIME, 0)),
	IOCTL("queue_subscribe", 8, QUEUES, IPCQ_IOC_QUEUE_SUBSCRIBE,
	      ipcq_queue_subscribe,
	      M(ipcq_queue_subscribe, flags, FLAGS, IPCQ_SUBSCRIBE_F_ALL)),
	IOCTL("queue_filter", 8, QUEUES, IPCQ_IOC_QUEUE_FILTER,
	      ipcq_queue_filter,
	      M(ipcq_queue_filter, flags, FLAGS, 0),
	      M(ipcq_queue_filter, match, SMALL, IPCQ_MATCH_EXCEPT),
	      M(ipcq_queue_filter, least_priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_filter, type_first, NUMBER, 4),
	      M(ipcq_queue_filter, type_last, NUMBER, 4)),
	IOCTL("queue_drain", 8, QUEUES, IPCQ_IOC_QUEUE_DRAIN, ipcq_queue_drain,
	      M(ipcq_queue_drain, flags, FLAGS, 0),
	      M(ipcq_queue_drain, match, SMALL, IPCQ_MATCH_EXCEPT),
	      M(ipcq_queue_drain, least_priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_drain, type_first, NUMBER, 4),
	      M(ipcq_queue_drain, type_last, NUMBER, 4),
	      M(ipcq_queue_drain, most, SMALL, 64)),
	IOCTL("queue_stat", 6, QUEUES, IPCQ_IOC_QUEUE_STAT, ipcq_queue_stat,
	      M(ipcq_queue_stat, flags, FLAGS, 0)),
	IOCTL("queue_set", 8, QUEUES, IPCQ_IOC_QUEUE_SET, ipcq_queue_set,
	      M(ipcq_queue_set, flags, FLAGS, IPCQ_SET_F_ALL),
	      M(ipcq_queue_set, max_messages, SMALL, 65536),
	      M(ipcq_queue_set, max_message_size, NUMBER, 1 << 20),
	      M(ipcq_queue_set, max_bytes, NUMBER, 1 << 20),
	      M(ipcq_queue_set, time_to_live, NUMBER, 1 << 24),
	      M(ipcq_queue_set, dead_letter, SMALL, 64),
	      M(ipcq_queue_set, full, SMALL, 3),
	      M(ipcq_queue_set, redelivery_limit, SMALL, 4)),
	IOCTL("queue_lease", 30, QUEUES, IPCQ_IOC_QUEUE_LEASE, ipcq_queue_lease,
	      M(ipcq_queue_lease, flags, FLAGS, 0),
	      M(ipcq_queue_lease, token, SMALL, 64),
	      M(ipcq_queue_lease, operation, SMALL, IPCQ_LEASE_ATTACH),
	      M(ipcq_queue_lease, pid, SMALL, 64),
	      M(ipcq_queue_lease, time, NUMBER, 1 << 24),
	      M(ipcq_queue_lease, payload, PLACE, 0),
	      M(ipcq_queue_lease, length, NUMBER, 1 << 16),
	      M(ipcq_queue_lease, offset, NUMBER, 1 << 16)),
	IOCTL("queue_call", 20, QUEUES, IPCQ_IOC_QUEUE_CALL, ipcq_queue_call,
	      M(ipcq_queue_call, flags, FLAGS, IPCQ_CALL_F_ALL),
	      M(ipcq_queue_call, payload, PLACE, 0),
	      M(ipcq_queue_call, length, NUMBER, 1 << 16),
	      M(ipcq_queue_call, deadline, TIME, 0),
	      M(ipcq_queue_call, reply, PLACE, 0),
	      M(ipcq_queue_call, reply_length, NUMBER, 1 << 16),
	      M(ipcq_queue_call, token, SMALL, 16),
	      M(ipcq_queue_call, priority, NUMBER, IPCQ_PRIORITY_MAX),
	      M(ipcq_queue_call, type, NUMBER, 4),
	      M(ipcq_queue_call, time_to_live, NUMBER, 1 << 24)),
	IOCTL("queue_result", 8, QUEUES, IPCQ_IOC_QUEUE_RESULT, ipcq_queue_call,
	      M(ipcq_queue_call, flags, FLAGS, IPCQ_CALL_F_NONBLOCK),
	      M(ipcq_queue_call, deadline, TIME, 0),
	      M(ipcq_queue_call, reply, PLACE, 0),
	      M(ipcq_queue_call, reply_length, NUMBER, 1 << 16),
	      M(ipcq_queue_call, token, SMALL, 16)),
	IOCTL("queue_reply", 30, QUEUES, IPCQ_IOC_QUEUE_REPLY, ipcq_queue_reply,
	      M(ipcq_queue_reply, flags, FLAGS, IPCQ_REPLY_F_ALL),
	      M(ipcq_queue_reply, token, SMALL, 16),
	      M(ipcq_queue_reply, payload, PLACE, 0),
	      M(ipcq_queue_reply, length, NUMBER, 1 << 16),
	      M(ipcq_queue_reply, error, NUMBER, IPCQ_REFUSAL_MAX),
	      M(ipcq_queue_reply, reserved, NUMBER, 0),
	      M(ipcq_queue_reply, buffer, PLACE, 0),
	      M(ipcq_queue_reply, buffer_length, NUMBER, 1 << 16),
	      M(ipcq_queue_reply, deadline, TIME, 0)),

	IOCTL("region_stat", 4, REGIONS, IPCQ_IOC_REGION_STAT, ipcq_region_stat,
	      M(ipcq_region_stat, flags, FLAGS, 0)),
	IOCTL("region_attach", 12, REGIONS, IPCQ_IOC_REGION_ATTACH,
	      ipcq_region_attach,
	      M(ipcq_region_attach, flags, FLAGS, 0),
	      M(ipcq_region_attach, reserved, NUMBER, 0)),
	IOCTL("mutex_lock", 30, REGIONS, IPCQ_IOC_MUTEX_LOCK, ipcq_mutex_lock,
	      M(ipcq_mutex_lock, flags, FLAGS, IPCQ_MUTEX_F_ALL),
	      M(ipcq_mutex_lock, mutex, SMALL, 4096),
	      M(ipcq_mutex_lock, reserved, NUMBER, 0),
	      M(ipcq_mutex_lock, deadline, TIME, 0)),
	IOCTL("mutex_unlock", 20, REGIONS, IPCQ_IOC_MUTEX_UNLOCK,
	      ipcq_mutex_unlock,
	      M(ipcq_mutex_unlock, flags, FLAGS, 0),
	      M(ipcq_mutex_unlock, mutex, SMALL, 4096),
	      M(ipcq_mutex_unlock, reserved, NUMBER, 0)),
	IOCTL("mutex_consistent", 8, REGIONS, IPCQ_IOC_MUTEX_CONSISTENT,
	      ipcq_mutex_unlock,
	      M(ipcq_mutex_unlock, flags, FLAGS, 0),
	      M(ipcq_mutex_unlock, mutex, SMALL, 4096),
	      M(ipcq_mutex_unlock, reserved, NUMBER, 0)),
	IOCTL("mutex_stat", 6, REGIONS, IPCQ_IOC_MUTEX_STAT, ipcq_mutex_stat,
	      M(ipcq_mutex_stat, flags, FLAGS, 0),
	      M(ipcq_mutex_stat, mutex, SMALL, 4096)),
	IOCTL("eventcount_wait", 20, REGIONS, IPCQ_IOC_EVENTCOUNT_WAIT,
	      ipcq_eventcount_wait,
	      M(ipcq_eventcount_wait, flags, FLAGS, IPCQ_EVENTCOUNT_F_ALL),
	      M(ipcq_eventcount_wait, eventcount, SMALL, 4096),
	      M(ipcq_eventcount_wait, seen, SMALL, 4),
	      M(ipcq_eventcount_wait, deadline, TIME, 0)),
	IOCTL("eventcount_wake", 10, REGIONS, IPCQ_IOC_EVENTCOUNT_WAKE,
	      ipcq_eventcount_wake,
	      M(ipcq_eventcount_wake, flags, FLAGS, 0),
	      M(ipcq_eventcount_wake, eventcount, SMALL, 4096),
	      M(ipcq_eventcount_wake, count, SMALL, 0x7fffffff)),
	IOCTL("eventcount_advance", 10, REGIONS, IPCQ_IOC_EVENTCOUNT_ADVANCE,
	      ipcq_eventcount_wake,
	      M(ipcq_eventcount_wake, flags, FLAGS, 0),
	      M(ipcq_eventcount_wake, eventcount, SMALL, 4096),
	      M(ipcq_eventcount_wake, count, SMALL, 0x7fffffff)),

	ACT("sync", 14, NULL),
	ACT("open", 3, fuzz_act_open, F("into", SLOT, FUZZ_DEVICES)),
	ACT("close", 14, fuzz_act_close, ON(QUEUES)),
	ACT("dup", 8, fuzz_act_dup, ON(QUEUES), F("into", SLOT, FUZZ_QUEUES)),
	ACT("read", 12, fuzz_act_read, ON(QUEUES), F("place", PLACE, 0),
	    F("length", NUMBER, 1 << 16)),
	ACT("write", 12, fuzz_act_write, ON(QUEUES), F("place", PLACE, 0),
	    F("length", NUMBER, 1 << 16)),
	ACT("readv", 5, fuzz_act_readv, ON(QUEUES), F("place", PLACE, 0),
	    F("length", NUMBER, 1 << 16), F("second", PLACE, 0),
	    F("second_length", NUMBER, 4096)),
	ACT("writev", 5, fuzz_act_writev, ON(QUEUES), F("place", PLACE, 0),
	    F("length", NUMBER, 1 << 16), F("second", PLACE, 0),
	    F("second_length", NUMBER, 4096)),
	ACT("batch", 24, fuzz_act_batch, ON(QUEUES), F("receive", SMALL, 1),
	    F("flags", FLAGS, IPCQ_BATCH_F_ALL), F("place", PLACE, 0),
	    F("count", SMALL, IPCQ_BATCH_MAX), F("entry_size", NUMBER, 64),
	    F("first", PLACE, 0), F("length", NUMBER, 1 << 16),
	    F("second", PLACE, 0), F("second_length", NUMBER, 4096),
	    F("priority", SMALL, IPCQ_PRIORITY_MAX)),
	ACT("pass", 12, fuzz_act_pass, ON(QUEUES), F("first", SLOT, FUZZ_REGIONS),
	    F("second", SLOT, FUZZ_QUEUES), F("place", PLACE, 0),
	    F("count", SMALL, IPCQ_FDS_MAX), F("time_to_live", NUMBER, 1 << 24)),
	ACT("send_all", 16, fuzz_act_send_all, ON(QUEUES),
	    F("second", SLOT, FUZZ_QUEUES), F("third", SLOT, FUZZ_QUEUES),
	    F("place", PLACE, 0), F("length", NUMBER, 4096),
	    F("count", SMALL, IPCQ_SEND_ALL_MAX),
	    F("time_to_live", NUMBER, 1 << 24)),
	ACT("mmap", 14, fuzz_act_mmap, ON(REGIONS), F("into", MAP, 0),
	    F("control", SMALL, 1), F("pages", SMALL, 64), F("skip", SMALL, 64),
	    F("prot", FLAGS, 7), F("private", SMALL, 1)),
	ACT("munmap", 6, fuzz_act_munmap, F("map", MAP, 0)),
	ACT("mprotect", 4, fuzz_act_mprotect, F("map", MAP, 0),
	    F("prot", FLAGS, 7)),
	ACT("mremap", 3, fuzz_act_mremap, F("map", MAP, 0),
	    F("pages", SMALL, 64)),
	ACT("madvise", 4, fuzz_act_madvise, F("map", MAP, 0),
	    F("advice", SMALL, 25)),
	ACT("poke", 14, fuzz_act_poke, F("map", MAP, 0),
	    F("line", SMALL, 64), F("word", NUMBER, IPCQ_MUTEX_OWNER_MASK)),
	ACT("poll", 10, fuzz_act_poll, ON(QUEUES), F("events", FLAGS, 5),
	    F("timeout", SMALL, 10)),
	ACT("epoll", 5, fuzz_act_epoll, ON(QUEUES),
	    F("into", SLOT, FUZZ_OTHER), F("events", FLAGS, 5),
	    F("timeout", SMALL, 10)),
	ACT("fionread", 3, fuzz_act_fionread, ON(QUEUES), F("place", PLACE, 0)),
	ACT("raw", 3, fuzz_act_raw, ON(QUEUES), F("command", NUMBER, 0xe1ff),
	    F("place", PLACE, 0), F("size", NUMBER, 4096)),
	ACT("status", 4, fuzz_act_status, ON(QUEUES), F("flags", SMALL, 3)),
	ACT("fdinfo", 2, fuzz_act_fdinfo, ON(QUEUES)),
	ACT("file", 3, fuzz_act_file, ON(QUEUES), F("which", SMALL, 5)),
	ACT("fork", 6, fuzz_act_fork, F("end", SMALL, 2),
	    F("kill", TIME, 0)),
	ACT("exit", 4, fuzz_act_exit),
	ACT("signal", 6, fuzz_act_signal, F("lane", SMALL, 2),
	    F("restart", SMALL, 1)),
	ACT("sleep", 4, fuzz_act_sleep, F("time", TIME, 0)),
	ACT("user", 4, fuzz_act_user, F("other", SMALL, 1),
	    F("powers", SMALL, 1)),
	ACT("unshare", 1, fuzz_act_unshare, F("users", SMALL, 1)),
	ACT("shrink", 1, fuzz_act_shrink),
	ACT("netlink", 10, fuzz_act_netlink,
	    F("command", SMALL, IPCQ_CMD_MAX), F("flags", FLAGS, 0x300),
	    F("attribute", SMALL, IPCQ_A_MAX), F("value", NUMBER, 1 << 20),
	    F("bytes", NUMBER, 8), F("name", NAME, 0),
	    F("second", SMALL, IPCQ_A_MAX), F("second_value", NUMBER, 1 << 20),
	    F("replies", SMALL, 8)),
};

const unsigned int fuzz_type_count = sizeof(fuzz_types) / sizeof(fuzz_types[0]);
uint8_t fuzz_type_sync;

int fuzz_type_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < fuzz_type_count; i++)
		if (!strcmp(fuzz_types[i].name, name))
			return i;
	return -1;
}

unsigned int fuzz_type_fields(const struct fuzz_type *type)
{
	unsigned int count = 0;

	while (count < FUZZ_FIELDS && type->fields[count].name)
		count++;
	return count;
}

uint64_t fuzz_default(const struct fuzz_field *field)
{
	if (field->kind == FUZZ_SIZE || field->kind == FUZZ_LENGTH)
		return FUZZ_AUTO;
	return field->kind == FUZZ_SLOT ? field->limit : 0;
}
