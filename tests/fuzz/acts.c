// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of a program that are not ioctls of the module: what else can be done
 * with a descriptor or a mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/ipcq.h>

#include "fuzz.h"

#define PAGE	4096UL

static long result(long value)
{
	return value < 0 ? -errno : value;
}

/* -------------------------------------------------------------- descriptors */

long fuzz_act_open(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	int fd = open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC);

	(void)lane;
	if (fd < 0)
		return -errno;
	fuzz_set_slot(call->value[0], fd);
	return 0;
}

long fuzz_act_close(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	(void)lane;
	fuzz_set_slot(call->value[0], -1);
	return 0;
}

long fuzz_act_dup(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	int fd = dup(fuzz_fd(call->value[0]));

	(void)lane;
	if (fd < 0)
		return -errno;
	fuzz_set_slot(call->value[1], fd);
	return 0;
}

/* ----------------------------------------------------------- read and write */

static void *payload(struct fuzz_lane *lane, uint64_t place, size_t length)
{
	return fuzz_place(&lane->payload, place, length);
}

long fuzz_act_read(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;

	return result(read(fuzz_fd(v[0]), payload(lane, v[1], v[2]), v[2]));
}

long fuzz_act_write(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;

	return result(write(fuzz_fd(v[0]), payload(lane, v[1], v[2]), v[2]));
}

static void make_vector(struct fuzz_lane *lane, const uint64_t *v,
			struct iovec *vector)
{
	vector[0].iov_base = payload(lane, v[1], v[2]);
	vector[0].iov_len = v[2];
	vector[1].iov_base = payload(lane, v[3], v[4]);
	vector[1].iov_len = v[4];
}

long fuzz_act_readv(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	struct iovec vector[2];

	make_vector(lane, call->value, vector);
	return result(readv(fuzz_fd(call->value[0]), vector, 2));
}

long fuzz_act_writev(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	struct iovec vector[2];

	make_vector(lane, call->value, vector);
	return result(writev(fuzz_fd(call->value[0]), vector, 2));
}

/*
 * A batch of entries whose payloads lie in two places by turns.  What a receive has to
 * know of an entry lies where a send has it.
 */
long fuzz_act_batch(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	static const unsigned int commands[] = {
		IPCQ_IOC_QUEUE_SEND_MANY, IPCQ_IOC_QUEUE_RECEIVE_MANY,
	};
	const uint64_t *v = call->value;
	size_t size = v[5] < 256 ? v[5] : sizeof(struct ipcq_send_entry);
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = v[2],
		.count = v[4],
		.entry_size = size,
	};
	char entries[4096] = { 0 };
	struct iovec vector[2];
	uint32_t priority = v[10];
	size_t at, i;
	void *place;

	make_vector(lane, &v[5], vector);
	for (i = 0, at = 0; size >= IPCQ_SEND_ENTRY_MIN &&
	     at + size <= sizeof(entries) && i < v[4]; i++, at += size) {
		struct ipcq_send_entry entry = {
			.payload = (uintptr_t)vector[i % 2].iov_base,
			.length = vector[i % 2].iov_len,
			.priority = i % 5 ? priority : 0,
			.type = i,
			.time_to_live = i % 7 ? 0 : 1000000,
		};

		memcpy(entries + at, &entry,
		       size < sizeof(entry) ? size : sizeof(entry));
	}
	place = fuzz_place(&lane->arguments, v[3], at);
	fuzz_fill(&lane->arguments, v[3], place, entries, at);
	args.entries = (uintptr_t)place;
	return result(ioctl(fuzz_fd(v[0]), commands[v[1] % 2], &args));
}

/* Descriptors of two slots by turns are passed. */
long fuzz_act_pass(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;
	int fds[IPCQ_FDS_MAX];
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.fd_count = v[4],
		.time_to_live = v[5],
	};
	void *place = fuzz_place(&lane->arguments, v[3], sizeof(fds));
	size_t i;

	for (i = 0; i < IPCQ_FDS_MAX; i++)
		fds[i] = fuzz_fd(v[1 + i % 2]);
	fuzz_fill(&lane->arguments, v[3], place, fds, sizeof(fds));
	args.fds = (uintptr_t)place;
	return result(ioctl(fuzz_fd(v[0]), IPCQ_IOC_QUEUE_SEND, &args));
}

/* To two others; with a larger count these come again, which is refused. */
long fuzz_act_send_all(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;
	int fds[IPCQ_SEND_ALL_MAX];
	uint64_t sequences[IPCQ_SEND_ALL_MAX];
	struct ipcq_queue_send_all args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload(lane, v[3], v[4]),
		.length = v[4],
		.queues = (uintptr_t)fds,
		.count = v[5],
		.sequences = (uintptr_t)sequences,
		.time_to_live = v[6],
	};
	size_t i;

	for (i = 0; i < IPCQ_SEND_ALL_MAX; i++)
		fds[i] = fuzz_fd(v[1 + i % 2]);
	return result(ioctl(fuzz_fd(v[0]), IPCQ_IOC_QUEUE_SEND_ALL, &args));
}

/* ----------------------------------------------------------------- mappings */

/* Takes mapping @number out of the program: nobody else can unmap it then. */
static void *take_map(uint64_t number, size_t *length)
{
	number %= FUZZ_MAPS;
	*length = fuzz_runner->maps[number].length;
	return __atomic_exchange_n(&fuzz_runner->maps[number].address, NULL,
				   __ATOMIC_ACQ_REL);
}

static void put_map(uint64_t number, void *address, size_t length)
{
	number %= FUZZ_MAPS;
	fuzz_runner->maps[number].length = length;
	address = __atomic_exchange_n(&fuzz_runner->maps[number].address, address,
				      __ATOMIC_ACQ_REL);
	if (address)
		munmap(address, length);
}

long fuzz_act_mmap(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;
	off_t offset = (v[2] ? IPCQ_REGION_CONTROL_OFFSET : 0) + v[4] * PAGE;
	size_t length = v[3] * PAGE;
	void *address;

	(void)lane;
	/* Data is expected in mapping 0 and control words in 1: see fuzz_place(). */
	address = mmap(NULL, length ?: PAGE, v[5] & 7,
		       v[6] ? MAP_PRIVATE : MAP_SHARED, fuzz_fd(v[0]), offset);
	if (address == MAP_FAILED)
		return -errno;
	put_map(v[1], address, length ?: PAGE);
	return 0;
}

long fuzz_act_munmap(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	size_t length;
	void *address = take_map(call->value[0], &length);

	(void)lane;
	return address ? result(munmap(address, length)) : -ENOENT;
}

long fuzz_act_mprotect(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	size_t length;
	void *address = take_map(call->value[0], &length);
	int ret;

	(void)lane;
	if (!address)
		return -ENOENT;
	ret = result(mprotect(address, length, call->value[1] & 7));
	put_map(call->value[0], address, length);
	return ret;
}

long fuzz_act_mremap(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	size_t length, new = (call->value[1] % 128) * PAGE;
	void *address = take_map(call->value[0], &length), *moved;

	(void)lane;
	if (!address)
		return -ENOENT;
	moved = mremap(address, length, new ?: PAGE, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED) {
		put_map(call->value[0], address, length);
		return -errno;
	}
	put_map(call->value[0], moved, new ?: PAGE);
	return 0;
}

long fuzz_act_madvise(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	size_t length;
	void *address = take_map(call->value[0], &length);
	int ret;

	(void)lane;
	if (!address)
		return -ENOENT;
	ret = result(madvise(address, length, call->value[1]));
	put_map(call->value[0], address, length);
	return ret;
}

/* Writes a word into a line of a control area, by a copy that can fail. */
long fuzz_act_poke(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	char *address = fuzz_runner->maps[call->value[0] % FUZZ_MAPS].address;
	uint32_t word = call->value[2];
	struct iovec source = { &word, sizeof(word) }, target = {
		address + call->value[1] % 64 * IPCQ_CONTROL_LINE, sizeof(word)
	};

	(void)lane;
	if (!address)
		return -ENOENT;
	return result(process_vm_writev(getpid(), &source, 1, &target, 1, 0));
}

/* ---------------------------------------------------------------- readiness */

long fuzz_act_poll(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	struct pollfd poller = {
		.fd = fuzz_fd(call->value[0]),
		.events = call->value[1],
	};

	(void)lane;
	return result(poll(&poller, 1, call->value[2] % 20));
}

long fuzz_act_epoll(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	struct epoll_event event = { .events = call->value[2] | EPOLLET };
	int epoll = fuzz_fd(call->value[1]), ret;

	(void)lane;
	if (epoll < 0) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		if (epoll < 0)
			return -errno;
		fuzz_set_slot(call->value[1], epoll);
	}
	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fuzz_fd(call->value[0]), &event);
	if (ret && errno != EEXIST)
		return -errno;
	return result(epoll_wait(epoll, &event, 1, call->value[3] % 20));
}

long fuzz_act_fionread(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	return result(ioctl(fuzz_fd(call->value[0]), FIONREAD,
			    payload(lane, call->value[1], sizeof(int))));
}

/* ----------------------------------------------------------- other requests */

/* Any command with any bytes; the commands of terminals are not for us. */
long fuzz_act_raw(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;
	uint32_t head[2] = { v[3], 0 };
	unsigned int command = v[1];
	void *at = fuzz_place(&lane->arguments, v[2], sizeof(head));

	fuzz_fill(&lane->arguments, v[2], at, head, sizeof(head));
	/* It would make a descriptor that nobody knows of. */
	if (command == IPCQ_IOC_QUEUE_OPEN || command == IPCQ_IOC_REGION_OPEN)
		return -EINVAL;
	return result(ioctl(fuzz_fd(v[0]), command, at));
}

/* With O_ASYNC the signal is one that a process does not notice. */
long fuzz_act_status(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	int fd = fuzz_fd(call->value[0]), flags = 0;

	(void)lane;
	if (call->value[1] & 1)
		flags |= O_NONBLOCK;
	if (call->value[1] & 2) {
		if (fcntl(fd, F_SETSIG, SIGURG) || fcntl(fd, F_SETOWN, getpid()))
			return -errno;
		flags |= O_ASYNC;
	}
	return result(fcntl(fd, F_SETFL, flags));
}

long fuzz_act_fdinfo(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	char path[64], text[2048];
	ssize_t got;
	int fd;

	(void)lane;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 fuzz_fd(call->value[0]));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = result(read(fd, text, sizeof(text)));
	close(fd);
	return got;
}

/* What files in general can be asked. */
long fuzz_act_file(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	int fd = fuzz_fd(call->value[0]);
	struct stat stat;
	char byte = 0;

	(void)lane;
	switch (call->value[1] % 6) {
	case 0:
		return result(lseek(fd, 1, SEEK_SET));
	case 1:
		return result(pread(fd, &byte, 1, 4096));
	case 2:
		return result(pwrite(fd, &byte, 1, 4096));
	case 3:
		return result(ftruncate(fd, 1));
	case 4:
		return result(fsync(fd));
	default:
		return result(fstat(fd, &stat));
	}
}
