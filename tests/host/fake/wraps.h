/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names under which the linker knows what is wrapped: a call of NAME() goes to
 * __wrap_NAME(), and __real_NAME() is the one that was meant.
 */
#ifndef IPCQ_TESTS_WRAPS_H
#define IPCQ_TESTS_WRAPS_H

#include <stddef.h>
#include <sys/types.h>

struct nl_sock;

int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *buffer, size_t size);
int __real_ioctl(int fd, unsigned long call, ...);
void *__real_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset);
int __real_main(int argc, char **argv);

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
int __wrap_ioctl(int fd, unsigned long call, ...);
void *__wrap_mmap(void *address, size_t length, int protection, int flags,
		  int fd, off_t offset);
void *__wrap_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset);

struct nl_sock *__wrap_nl_socket_alloc(void);
int __wrap_genl_connect(struct nl_sock *socket);
int __wrap_genl_ctrl_resolve(struct nl_sock *socket, const char *name);

/* The test program's main(), where the command's is wrapped. */
int __wrap_main(void);

#endif /* IPCQ_TESTS_WRAPS_H */
