// SPDX-License-Identifier: GPL-2.0-or-later
#include "mech_ipcq.h"

#include <errno.h>

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
