/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All mechanisms, each in a file of its own or with its close relatives. */
#ifndef BENCH_MECHANISMS_H
#define BENCH_MECHANISMS_H

#include "mechanism.h"

extern const struct bench_mechanism bench_ipcq_queue;
extern const struct bench_mechanism bench_ipcq_batch;
extern const struct bench_mechanism bench_ipcq_call;
extern const struct bench_mechanism bench_ipcq_region;
extern const struct bench_mechanism bench_pipe;
extern const struct bench_mechanism bench_fifo;
extern const struct bench_mechanism bench_unix_stream;
extern const struct bench_mechanism bench_unix_dgram;
extern const struct bench_mechanism bench_unix_seqpacket;
extern const struct bench_mechanism bench_tcp;
extern const struct bench_mechanism bench_udp;
extern const struct bench_mechanism bench_posix_mq;
extern const struct bench_mechanism bench_sysv_msg;
extern const struct bench_mechanism bench_shm_futex;
extern const struct bench_mechanism bench_eventfd;
extern const struct bench_mechanism bench_posix_shm;
extern const struct bench_mechanism bench_sysv_shm;
extern const struct bench_mechanism bench_mapped_file;
extern const struct bench_mechanism bench_file;
extern const struct bench_mechanism bench_vmsplice;
extern const struct bench_mechanism bench_process_vm;
extern const struct bench_mechanism bench_threads;

#endif /* BENCH_MECHANISMS_H */
