// SPDX-License-Identifier: GPL-2.0-or-later
#include "mechanisms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open both ends: the reader must not wait for the writer in one process. */
static int open_both(const char *path, int *in, int *out)
{
	int flags;

	*in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*in < 0)
		return -1;
	*out = open(path, O_WRONLY | O_CLOEXEC);
	if (*out < 0)
		return -1;
	flags = fcntl(*in, F_GETFL);
	if (flags < 0)
		return -1;
	return fcntl(*in, F_SETFL, flags & ~O_NONBLOCK);
}

/* The name is gone again before anything else can happen. */
static int make_fifo(int *in, int *out)
{
	const char *folder = getenv("TMPDIR");
	char path[256], name[sizeof(path) + 8];
	int ret = -1, error;

	if (snprintf(path, sizeof(path), "%s/ipcq-bench-XXXXXX",
		     folder && *folder ? folder : "/tmp") >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!mkdtemp(path))
		return -1;
	snprintf(name, sizeof(name), "%s/fifo", path);
	if (!mkfifo(name, 0600))
		ret = open_both(name, in, out);
	error = errno;
	unlink(name);
	rmdir(path);
	errno = error;
	return ret;
}

static enum bench_status setup(struct bench_link *link)
{
	struct bench_end *near = &link->end[BENCH_NEAR];
	struct bench_end *far = &link->end[BENCH_FAR];

	if (make_fifo(&far->in, &near->out) || make_fifo(&near->in, &far->out))
		return bench_fail_errno(link, "cannot make a FIFO in $TMPDIR or /tmp",
					errno);
	return bench_pipe_depth(link);
}

const struct bench_mechanism bench_fifo = {
	.name = "fifo",
	.summary = "named pipes (mkfifo), one each way, read and write",
	.depth = "bytes, grown to the depth; F_SETPIPE_SZ, fs.pipe-max-size",
	.copies = 2,
	.setup = setup,
	.attach = bench_fd_attach,
	.teardown = bench_fd_teardown,
	.send = bench_fd_write,
	.receive = bench_fd_read,
};
