/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of messages in JSON, and JSON in lines. */
#ifndef IPCQ_COMMAND_CONTENT_H
#define IPCQ_COMMAND_CONTENT_H

#include <jansson.h>
#include <stddef.h>

/* Add them as "text", or as "base64" when they are not UTF-8; 0, or -1. */
int content_add(json_t *json, const char *bytes, size_t length);

/*
 * Write an object and a newline to standard output at once, so that an error is known:
 * 0 or a negative errno value.  Drops the reference; NULL is out of memory.
 */
int write_json_line(json_t *json);

/* Some files tell only when they are closed that a write has failed: an exit code. */
int finish_output(void);

#endif /* IPCQ_COMMAND_CONTENT_H */
