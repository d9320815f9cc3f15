/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of a queue as options of a command: of those that create queues
 * and of those that change them.
 */
#ifndef IPCQ_COMMAND_ATTRIBUTES_H
#define IPCQ_COMMAND_ATTRIBUTES_H

#include <argp.h>
#include <ipcq.h>

struct attributes {
	struct ipcq_queue_options options;
	const char *given;		/* the last option that was, or NULL */
	const char *dead_letter;	/* name of the queue, or NULL */
};

/* A child parser; its input is a struct attributes. */
extern const struct argp attributes_argp;

/* Find the id of a queue that was named; EXIT_OK, or says why there is none. */
int attributes_resolve(struct ipcq *ipcq, struct attributes *attributes);

/*
 * Say which attribute the kernel has refused, where its limits tell; false when
 * they do not.
 */
bool attributes_explain(struct ipcq *ipcq, const struct attributes *attributes);

#endif /* IPCQ_COMMAND_ATTRIBUTES_H */
