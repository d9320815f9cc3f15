// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pipes whose sender lends its pages instead of copying them.  A page must not be
 * written again before it has been read, and nothing tells when that is; so there
 * are more buffers than a pipe has room for pages.
 */
#define _GNU_SOURCE
#include "mechanisms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct state {
	unsigned char *memory;	/* private to the sender after fork() */
	size_t bytes;
	size_t distance;	/* from one buffer to the next, whole pages */
	uint64_t buffers;
	uint64_t sent;
};

static enum bench_status make_pipes(struct bench_link *link)
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

static enum bench_status make_buffers(struct bench_link *link)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages;
	struct state *state = link->state;
	void *memory;
	int held;

	held = fcntl(link->end[BENCH_NEAR].out, F_GETPIPE_SZ);
	if (held < 0)
		return bench_fail_errno(link, "F_GETPIPE_SZ", errno);
	pages = (link->size + page - 1) / page;
	state->distance = pages * page;
	/* As many as fit, one that is read in part, and the next. */
	state->buffers = (size_t)held / page / pages + 2;
	state->bytes = state->buffers * state->distance;
	memory = mmap(NULL, state->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return bench_fail_errno(link, "mmap", errno);
	state->memory = memory;
	return BENCH_OK;
}

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	enum bench_status status;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	status = make_pipes(link);
	return status ? status : make_buffers(link);
}

static enum bench_status attach(struct bench_link *link)
{
	const struct state *state = link->state;

	memset(state->memory, 0xff, state->bytes);
	return bench_fd_attach(link);
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	bench_fd_teardown(link);
	if (!state)
		return;
	if (state->memory)
		munmap(state->memory, state->bytes);
	free(state);
	link->state = NULL;
}

static enum bench_status reserve(struct bench_link *link, void **payload)
{
	const struct state *state = link->state;

	*payload = state->memory + state->sent % state->buffers * state->distance;
	return BENCH_OK;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	struct state *state = link->state;
	struct iovec part = { .iov_base = payload, .iov_len = link->size };
	ssize_t length;

	while (part.iov_len) {
		length = vmsplice(link->end[link->side].out, &part, 1, 0);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return bench_fail_errno(link, "vmsplice", errno);
		part.iov_base = (char *)part.iov_base + length;
		part.iov_len -= (size_t)length;
	}
	state->sent++;
	return BENCH_OK;
}

const struct bench_mechanism bench_vmsplice = {
	.name = "vmsplice",
	.summary = "anonymous pipes, one each way, vmsplice of the sender's pages and read",
	.depth = "pages, one a small message; F_SETPIPE_SZ, fs.pipe-max-size",
	.copies = 1,
	.keeps_payload = true,
	.setup = setup,
	.attach = attach,
	.teardown = teardown,
	.reserve = reserve,
	.send = send_message,
	.receive = bench_fd_read,
};
