// SPDX-License-Identifier: GPL-2.0-or-later
#include "mechanisms.h"
#include "parse.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

/* 65535 less the IPv4 and the UDP header. */
#define UDP_MAX		65507
/* Loopback delivers at once: silence as long as this means that it is lost. */
#define LOST_AFTER_US	100000

static int open_socket(struct sockaddr_in *address)
{
	struct timeval timeout = { .tv_usec = LOST_AFTER_US };
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	/* The caller closes it with the link, also when these fail. */
	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) ||
	    getsockname(fd, (struct sockaddr *)address, &length) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		address->sin_port = 0;
	return fd;
}

static enum bench_status setup(struct bench_link *link)
{
	struct sockaddr_in address[2];
	size_t held = 0;
	char text[16];
	int i;

	if (link->size > UDP_MAX)
		return bench_skip(link, "message limit %d: an IPv4 datagram",
				  UDP_MAX);
	for (i = BENCH_NEAR; i <= BENCH_FAR; i++) {
		link->end[i].in = open_socket(&address[i]);
		link->end[i].out = link->end[i].in;
		if (link->end[i].in < 0 || !address[i].sin_port)
			return bench_fail_errno(link, "cannot bind to 127.0.0.1",
						errno);
		held = bench_socket_buffer(link, link->end[i].in, SO_RCVBUF);
		if (!held)
			return bench_fail_errno(link, "SO_RCVBUF", errno);
	}
	for (i = BENCH_NEAR; i <= BENCH_FAR; i++) {
		if (!connect(link->end[i].in, (struct sockaddr *)&address[!i],
			     sizeof(address[!i])))
			continue;
		if (errno == ENETUNREACH)
			return bench_skip(link, "the loopback interface is down: ip link set lo up");
		return bench_fail_errno(link, "cannot connect to 127.0.0.1", errno);
	}
	snprintf(link->depth_text, sizeof(link->depth_text), "%s buffer",
		 bench_format_size(held, text, sizeof(text)));
	return BENCH_OK;
}

const struct bench_mechanism bench_udp = {
	.name = "udp",
	.summary = "UDP over the loopback, send and recv; loses what finds no room",
	.depth = "receive buffer, raised to the depth; SO_RCVBUF, net.core.rmem_max",
	.copies = 2,
	.lossy = true,
	.setup = setup,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_socket_send,
	.receive = bench_socket_receive,
	.flush = bench_socket_flush,
};
