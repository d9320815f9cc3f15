// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of mechanisms. */
#include "mechanisms.h"

#include <string.h>

const struct bench_mechanism * const bench_mechanisms[] = {
	&bench_ipcq_queue,
	&bench_ipcq_batch,
	&bench_ipcq_call,
	&bench_ipcq_region,
	&bench_pipe,
	&bench_fifo,
	&bench_unix_stream,
	&bench_unix_dgram,
	&bench_unix_seqpacket,
	&bench_tcp,
	&bench_udp,
	&bench_posix_mq,
	&bench_sysv_msg,
	&bench_shm_futex,
	&bench_eventfd,
	&bench_posix_shm,
	&bench_sysv_shm,
	&bench_mapped_file,
	&bench_file,
	&bench_vmsplice,
	&bench_process_vm,
	&bench_threads,
	NULL,
};

const struct bench_mechanism *bench_mechanism_find(const char *name)
{
	size_t i;

	for (i = 0; bench_mechanisms[i]; i++)
		if (!strcmp(bench_mechanisms[i]->name, name))
			return bench_mechanisms[i];
	return NULL;
}
