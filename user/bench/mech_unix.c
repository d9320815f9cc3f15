// SPDX-License-Identifier: GPL-2.0-or-later
/* Unix domain socket pairs of the three types. */
#include "mechanisms.h"
#include "parse.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

/* What the kernel keeps of the send buffer for itself in one message. */
#define MESSAGE_RESERVE	32

static enum bench_status setup(struct bench_link *link, int type)
{
	int pair[2], i;
	size_t held = 0;
	char text[16];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		return bench_fail_errno(link, "socketpair", errno);
	for (i = BENCH_NEAR; i <= BENCH_FAR; i++) {
		link->end[i].in = pair[i];
		link->end[i].out = pair[i];
		held = bench_socket_buffer(link, pair[i], SO_SNDBUF);
		if (!held)
			return bench_fail_errno(link, "SO_SNDBUF", errno);
	}
	if (type != SOCK_STREAM && link->size > held - MESSAGE_RESERVE)
		return bench_skip(link, "message limit %zu: SO_SNDBUF, bounded by /proc/sys/net/core/wmem_max",
				  held - MESSAGE_RESERVE);
	snprintf(link->depth_text, sizeof(link->depth_text), "%s buffer",
		 bench_format_size(held, text, sizeof(text)));
	return BENCH_OK;
}

static enum bench_status setup_stream(struct bench_link *link)
{
	return setup(link, SOCK_STREAM);
}

static enum bench_status setup_dgram(struct bench_link *link)
{
	return setup(link, SOCK_DGRAM);
}

static enum bench_status setup_seqpacket(struct bench_link *link)
{
	return setup(link, SOCK_SEQPACKET);
}

#define UNIX_DEPTH "send buffer, raised to the depth; SO_SNDBUF, net.core.wmem_max"

const struct bench_mechanism bench_unix_stream = {
	.name = "unix-stream",
	.summary = "Unix stream socket pair, read and write",
	.depth = UNIX_DEPTH,
	.copies = 2,
	.setup = setup_stream,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_fd_write,
	.receive = bench_fd_read,
};

const struct bench_mechanism bench_unix_dgram = {
	.name = "unix-dgram",
	.summary = "Unix datagram socket pair, send and recv",
	.depth = UNIX_DEPTH,
	.copies = 2,
	.setup = setup_dgram,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_socket_send,
	.receive = bench_socket_receive,
};

const struct bench_mechanism bench_unix_seqpacket = {
	.name = "unix-seqpacket",
	.summary = "Unix seqpacket socket pair, send and recv",
	.depth = UNIX_DEPTH,
	.copies = 2,
	.setup = setup_seqpacket,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_socket_send,
	.receive = bench_socket_receive,
};
