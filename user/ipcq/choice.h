/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which messages of a queue a command is for, as options.
 */
#ifndef IPCQ_COMMAND_CHOICE_H
#define IPCQ_COMMAND_CHOICE_H

#include <argp.h>
#include <ipcq.h>

struct choice {
	struct ipcq_filter filter;
	const char *given;		/* an option that was, or NULL: all messages */
};

/* A child parser; its input is a struct choice. */
extern const struct argp choice_argp;

#endif /* IPCQ_COMMAND_CHOICE_H */
