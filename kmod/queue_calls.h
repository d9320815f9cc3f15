/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of a queue's descriptor that are more than plain.
 */
#ifndef IPCQ_QUEUE_CALLS_H
#define IPCQ_QUEUE_CALLS_H

#include <linux/types.h>

struct ipcq_call;

int ipcq_queue_call_send(struct ipcq_call *call);
int ipcq_queue_call_receive(struct ipcq_call *call);
int ipcq_queue_receive_failed(struct ipcq_call *call, int error, size_t length);

#endif /* IPCQ_QUEUE_CALLS_H */
