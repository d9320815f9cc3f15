/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page that stops whoever touches it first, in the kernel too, until it is told to let
 * go: so that a copy is in progress for as long as a test needs.
 */
#ifndef IPCQ_TESTS_STALL_H
#define IPCQ_TESTS_STALL_H

#include "common.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct stall {
	int fd;
	char *page;
	size_t size;
};

static inline struct stall stall_new(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct stall stall = { .size = (size_t)sysconf(_SC_PAGESIZE) };
	struct uffdio_register range;

	stall.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	assert_return_code(stall.fd, errno);
	assert_int_equal(ioctl(stall.fd, UFFDIO_API, &api), 0);
	stall.page = mmap(NULL, stall.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range = (struct uffdio_register) {
		.range = { .start = (uintptr_t)stall.page, .len = stall.size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	assert_int_equal(ioctl(stall.fd, UFFDIO_REGISTER, &range), 0);
	return stall;
}

/* Waits until somebody is stopped there. */
static inline void stall_wait(const struct stall *stall)
{
	struct pollfd poller = { .fd = stall->fd, .events = POLLIN };
	struct uffd_msg message;

	assert_int_equal(poll(&poller, 1, 20000), 1);
	assert_int_equal(read(stall->fd, &message, sizeof(message)),
			 sizeof(message));
	assert_int_equal(message.event, UFFD_EVENT_PAGEFAULT);
}

/* Lets go: the page is there, and zero. */
static inline void stall_end(const struct stall *stall)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)stall->page, .len = stall->size },
	};

	assert_int_equal(ioctl(stall->fd, UFFDIO_ZEROPAGE, &zero), 0);
}

static inline void stall_free(const struct stall *stall)
{
	munmap(stall->page, stall->size);
	close(stall->fd);
}

#endif /* IPCQ_TESTS_STALL_H */
