/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mechanisms of the module have in common. */
#ifndef BENCH_MECH_IPCQ_H
#define BENCH_MECH_IPCQ_H

#include "mechanism.h"

#include "ipcq.h"

/* A library error with what was being done; a SKIP when there is no module. */
enum bench_status bench_ipcq_error(struct bench_link *link, const char *what,
				   int error);

/*
 * Create @count anonymous queues for the link's messages, of its depth as far as the
 * module allows, which @depth receives and the link's text tells.
 */
enum bench_status bench_ipcq_queues(struct bench_link *link,
				    struct ipcq_queue **queues, unsigned int count,
				    unsigned int *depth);

/* Connect and ask for the limits; the caller disconnects. */
enum bench_status bench_ipcq_connect(struct bench_link *link, struct ipcq **ipcq,
				     struct ipcq_limits *limits);

#endif /* BENCH_MECH_IPCQ_H */
