/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done: each operation draws its arguments, right mostly and wrong one at a
 * time, does the same to the model and to the module, and compares what came of it.
 */
#ifndef IPCQ_ORACLE_OPERATIONS_H
#define IPCQ_ORACLE_OPERATIONS_H

#include "world.h"

/* A user without privileges. */
#define STRANGER	1000

/* Made by this process as that user. */
long call_as(uint32_t user, int fd, unsigned int command, void *args);
/* Of a call that returns 0. */
void compare_answer(const struct answer *answer, long result);

/* Attributes: within their ranges, mostly. */
uint32_t draw_messages(void);
uint32_t draw_size(void);
uint64_t draw_bytes(uint32_t size);
uint32_t draw_full(void);
/* Another queue, none, or one that there is not. */
uint64_t draw_dead_letter(const struct queue *not);

/* transfers.c */
/* Of types and priorities that messages have, mostly. */
struct filter draw_filter(void);
void do_send(void);
void do_receive(void);
void do_signal(void);
void do_kill(void);

/* batches.c */
void do_send_many(void);
void do_receive_many(void);

/* leases.c */
void do_lease(void);

/* opens.c */
void do_open(void);
void do_close(void);
void do_unlink(void);

#endif /* IPCQ_ORACLE_OPERATIONS_H */
