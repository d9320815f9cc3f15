// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "mechanisms.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on_loopback(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (!bind(fd, (struct sockaddr *)address, sizeof(*address)) &&
	    !getsockname(fd, (struct sockaddr *)address, &length) &&
	    !listen(fd, 1))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Nobody else's connection: the peer must be the socket that we connected. */
static int same_address(int fd, const struct sockaddr_in *peer)
{
	struct sockaddr_in own;
	socklen_t length = sizeof(own);

	return !getsockname(fd, (struct sockaddr *)&own, &length) &&
	       own.sin_port == peer->sin_port &&
	       own.sin_addr.s_addr == peer->sin_addr.s_addr;
}

static int connect_pair(int listener, const struct sockaddr_in *address,
			int pair[2])
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);

	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair[0] < 0)
		return -1;
	if (connect(pair[0], (const struct sockaddr *)address, sizeof(*address)))
		return -1;
	pair[1] = accept4(listener, (struct sockaddr *)&peer, &length,
			  SOCK_CLOEXEC);
	if (pair[1] < 0)
		return -1;
	if (!same_address(pair[0], &peer)) {
		errno = ECONNABORTED;
		return -1;
	}
	return 0;
}

static enum bench_status setup(struct bench_link *link)
{
	struct sockaddr_in address;
	int listener, pair[2] = { -1, -1 }, ret, error, i, on = 1;

	listener = listen_on_loopback(&address);
	if (listener < 0)
		return bench_fail_errno(link, "cannot listen on 127.0.0.1", errno);
	ret = connect_pair(listener, &address, pair);
	error = errno;
	close(listener);
	for (i = BENCH_NEAR; i <= BENCH_FAR; i++) {
		link->end[i].in = pair[i];
		link->end[i].out = pair[i];
	}
	if (ret && (error == ENETUNREACH || error == EADDRNOTAVAIL))
		return bench_skip(link, "the loopback interface is down: ip link set lo up");
	if (ret)
		return bench_fail_errno(link, "cannot connect to 127.0.0.1", error);
	for (i = BENCH_NEAR; i <= BENCH_FAR; i++)
		if (setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
			return bench_fail_errno(link, "TCP_NODELAY", errno);
	snprintf(link->depth_text, sizeof(link->depth_text), "autotuned");
	return BENCH_OK;
}

const struct bench_mechanism bench_tcp = {
	.name = "tcp",
	.summary = "TCP over the loopback with TCP_NODELAY, read and write",
	.depth = "buffers as the kernel tunes them; net.ipv4.tcp_wmem, tcp_rmem",
	.copies = 2,
	.setup = setup,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_fd_write,
	.receive = bench_fd_read,
};
