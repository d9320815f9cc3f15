/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the model use of each other; nobody else does.
 */
#ifndef IPCQ_ORACLE_RULES_H
#define IPCQ_ORACLE_RULES_H

#include "model.h"

/* model.c: the order, and who is served */
void fail(struct call *call, int error);
bool is_ioctl(const struct call *call);
struct call **line_of(struct call *call);
void join(struct call **line, struct call *call);
void leave(struct call **line, struct call *call);
bool fits(const struct queue *queue, uint64_t length);
/* The message takes its place. */
void put_in_order(struct queue *queue, struct message *message);
void unlist(struct message **place, const struct message *message);
void count_out(struct queue *queue, const struct message *message);
/* What a receive would get now; NULL: nothing. */
struct message *message_for(const struct call *call);
/* A message dies: it moves once, to a queue that takes it at once, or is dropped. */
void die(struct queue *queue, struct message *message, uint32_t reason);
void expire(struct queue *queue, struct message *message);
/* Serves who can be served: receivers in their order, and senders in theirs. */
void serve(struct queue *queue);

/* filters.c */

/* The message that is next by this filter: the others might as well not be there. */
struct message *filter_next(const struct queue *queue, const struct filter *filter);
/* The one that counts for a call: its own or the handle's. */
struct filter filter_of(const struct call *call);
/* What is wrong with what a call says of its own. */
void filter_judge_call(struct call *call);

#endif /* IPCQ_ORACLE_RULES_H */
