// SPDX-License-Identifier: GPL-2.0-or-later
#include "mech_ipcq.h"

#include <errno.h>
#include <stdio.h>

enum bench_status bench_ipcq_error(struct bench_link *link, const char *what,
				   int error)
{
	return bench_fail(link, "%s: %s", what, ipcq_strerror(error));
}

enum bench_status bench_ipcq_connect(struct bench_link *link, struct ipcq **ipcq,
				     struct ipcq_limits *limits)
{
	int ret = ipcq_connect(ipcq);

	switch (ret) {
	case 0:
		break;
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return bench_skip(link, "kernel module not loaded: modprobe ipcq");
	case -EACCES:
		return bench_skip(link, "no access to /dev/ipcq");
	default:
		return bench_ipcq_error(link, "cannot open /dev/ipcq", ret);
	}
	ret = ipcq_limits(*ipcq, limits);
	if (!ret)
		return BENCH_OK;
	ipcq_disconnect(*ipcq);
	return bench_ipcq_error(link, "cannot query /dev/ipcq", ret);
}

static enum bench_status create(struct bench_link *link, struct ipcq *ipcq,
				unsigned int depth, struct ipcq_queue **queues,
				unsigned int count)
{
	const struct ipcq_queue_options options = {
		.max_messages = depth,
		.max_message_size = (uint32_t)link->size,
	};
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = ipcq_queue_open(ipcq, NULL,
				      IPCQ_CREATE | IPCQ_READ | IPCQ_WRITE,
				      &options, &queues[i]);
		if (ret < 0)
			return bench_ipcq_error(link, "cannot create a queue", ret);
	}
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", depth);
	return BENCH_OK;
}

enum bench_status bench_ipcq_queues(struct bench_link *link,
				    struct ipcq_queue **queues, unsigned int count,
				    unsigned int *depth)
{
	struct ipcq_limits limits;
	struct ipcq *ipcq;
	enum bench_status status = bench_ipcq_connect(link, &ipcq, &limits);

	if (status)
		return status;
	*depth = link->depth < limits.max_messages ? link->depth :
						     limits.max_messages;
	if (link->size > limits.max_message_size)
		status = bench_skip(link, "message limit %u: see ipcq info",
				    limits.max_message_size);
	else
		status = create(link, ipcq, *depth, queues, count);
	ipcq_disconnect(ipcq);
	return status;
}
