// SPDX-License-Identifier: GPL-2.0-or-later
/* What the mechanisms that work on descriptors share. */
#define _GNU_SOURCE
#include "mechanism.h"
#include "parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel charges a small message with its buffer heads, too. */
#define SOCKET_OVERHEAD	1024

static void close_end(struct bench_end *end)
{
	if (end->in >= 0)
		close(end->in);
	if (end->out >= 0 && end->out != end->in)
		close(end->out);
	end->in = -1;
	end->out = -1;
}

enum bench_status bench_fd_attach(struct bench_link *link)
{
	close_end(&link->end[link->side == BENCH_NEAR ? BENCH_FAR : BENCH_NEAR]);
	return BENCH_OK;
}

void bench_fd_teardown(struct bench_link *link)
{
	close_end(&link->end[BENCH_NEAR]);
	close_end(&link->end[BENCH_FAR]);
}

enum bench_status bench_fd_write(struct bench_link *link, void *payload)
{
	const char *from = payload;
	size_t left = link->size;
	ssize_t done;

	while (left > 0) {
		done = write(link->end[link->side].out, from, left);
		if (done < 0) {
			if (errno == EINTR)
				continue;
			return bench_fail_errno(link, "write", errno);
		}
		from += done;
		left -= (size_t)done;
	}
	return BENCH_OK;
}

enum bench_status bench_fd_read(struct bench_link *link, const void **payload)
{
	char *to = link->receive_buffer;
	size_t left = link->size;
	ssize_t done;

	while (left > 0) {
		done = read(link->end[link->side].in, to, left);
		if (done < 0) {
			if (errno == EINTR)
				continue;
			return bench_fail_errno(link, "read", errno);
		}
		if (done == 0)
			return bench_fail(link, "read: the other side is gone");
		to += done;
		left -= (size_t)done;
	}
	*payload = link->receive_buffer;
	return BENCH_OK;
}

enum bench_status bench_socket_send(struct bench_link *link, void *payload)
{
	ssize_t done;

	do {
		done = send(link->end[link->side].out, payload, link->size,
			    MSG_NOSIGNAL);
	} while (done < 0 && errno == EINTR);
	/* A receiver's full buffer is a loss, which the receiver counts. */
	if (done < 0 && errno == ENOBUFS && link->mechanism->lossy)
		return BENCH_OK;
	if (done < 0)
		return bench_fail_errno(link, "send", errno);
	if ((size_t)done != link->size)
		return bench_fail(link, "send: %zd bytes of %zu", done,
				  link->size);
	return BENCH_OK;
}

enum bench_status bench_socket_receive(struct bench_link *link,
				       const void **payload)
{
	ssize_t done;

	do {
		done = recv(link->end[link->side].in, link->receive_buffer,
			    link->size, MSG_TRUNC);
	} while (done < 0 && errno == EINTR);
	if (done < 0 && link->mechanism->lossy &&
	    (errno == EAGAIN || errno == EWOULDBLOCK))
		return BENCH_TIMEOUT;
	if (done < 0)
		return bench_fail_errno(link, "recv", errno);
	if (done == 0)
		return bench_fail(link, "recv: the other side is gone");
	if ((size_t)done != link->size)
		return bench_fail(link, "recv: a message of %zd bytes, not %zu",
				  done, link->size);
	*payload = link->receive_buffer;
	return BENCH_OK;
}

void bench_socket_flush(struct bench_link *link)
{
	while (recv(link->end[link->side].in, link->receive_buffer, link->size,
		    MSG_DONTWAIT) >= 0)
		;
}

size_t bench_socket_buffer(struct bench_link *link, int fd, int option)
{
	int force = option == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE;
	size_t want = link->depth * (link->size + SOCKET_OVERHEAD);
	int have = 0, half;
	socklen_t length = sizeof(have);

	if (getsockopt(fd, SOL_SOCKET, option, &have, &length))
		return 0;
	if ((size_t)have >= want)
		return (size_t)have;
	/* The kernel doubles what it is given, and tells the double. */
	half = (int)(want / 2);
	if (setsockopt(fd, SOL_SOCKET, force, &half, sizeof(half)))
		setsockopt(fd, SOL_SOCKET, option, &half, sizeof(half));
	length = sizeof(have);
	if (getsockopt(fd, SOL_SOCKET, option, &have, &length))
		return 0;
	return (size_t)have;
}

/* Grow towards @want, by halves less where the user's limits are in the way. */
static int grow_pipe(int fd, size_t want, size_t have)
{
	int got;

	for (; want > have; want /= 2) {
		got = fcntl(fd, F_SETPIPE_SZ, (int)want);
		if (got >= 0 || (errno != EPERM && errno != ENOMEM))
			return got;
	}
	return (int)have;
}

enum bench_status bench_pipe_depth(struct bench_link *link)
{
	size_t want = link->depth * link->size;
	int i, held = 0;
	char text[16];

	for (i = BENCH_NEAR; i <= BENCH_FAR; i++) {
		held = fcntl(link->end[i].out, F_GETPIPE_SZ);
		if (held >= 0)
			held = grow_pipe(link->end[i].out, want, (size_t)held);
		if (held < 0)
			return bench_fail_errno(link, "F_SETPIPE_SZ", errno);
	}
	snprintf(link->depth_text, sizeof(link->depth_text), "%s byte",
		 bench_format_size((uint64_t)held, text, sizeof(text)));
	return BENCH_OK;
}
