// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "mechanisms.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum bench_status setup(struct bench_link *link)
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC))
		return bench_fail_errno(link, "pipe", errno);
	link->end[BENCH_FAR].in = there[0];
	link->end[BENCH_NEAR].out = there[1];
	if (pipe2(back, O_CLOEXEC))
		return bench_fail_errno(link, "pipe", errno);
	link->end[BENCH_NEAR].in = back[0];
	link->end[BENCH_FAR].out = back[1];
	return bench_pipe_depth(link);
}

const struct bench_mechanism bench_pipe = {
	.name = "pipe",
	.summary = "anonymous pipes, one each way, read and write",
	.depth = "bytes, grown to the depth; F_SETPIPE_SZ, fs.pipe-max-size",
	.copies = 2,
	.setup = setup,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_fd_write,
	.receive = bench_fd_read,
};
