/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that is in the midst of copying a message for as long as a test needs.
 */
#ifndef IPCQ_TESTS_COPIER_H
#define IPCQ_TESTS_COPIER_H

#include "stall.h"

#include <pthread.h>

struct copier {
	pthread_t thread;
	int fd;
	struct stall stall;
	struct ipcq_queue_receive args;
	long result;
};

static inline void *run_copier(void *context)
{
	struct copier *self = context;

	self->result = call(self->fd, IPCQ_IOC_QUEUE_RECEIVE, &self->args);
	return NULL;
}

/* Begins to receive what is there, and does not come to the end of it. */
static inline void copier_start(struct copier *copier, int fd)
{
	*copier = (struct copier) { .fd = fd, .stall = stall_new() };
	copier->args = (struct ipcq_queue_receive) {
		.size = sizeof(copier->args),
		.payload = (uintptr_t)copier->stall.page,
		.length = 1,
	};
	assert_int_equal(pthread_create(&copier->thread, NULL, run_copier, copier), 0);
	stall_wait(&copier->stall);
}

/* Lets it come to the end: the byte it has got, or the error. */
static inline int copier_end(struct copier *copier)
{
	int ret;

	stall_end(&copier->stall);
	assert_int_equal(pthread_join(copier->thread, NULL), 0);
	ret = copier->result < 0 ? (int)copier->result : copier->stall.page[0];
	stall_free(&copier->stall);
	return ret;
}

#endif /* IPCQ_TESTS_COPIER_H */
