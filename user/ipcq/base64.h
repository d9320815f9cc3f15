/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 (RFC 4648), for bytes that JSON cannot hold. */
#ifndef IPCQ_BASE64_H
#define IPCQ_BASE64_H

#include <stddef.h>

/* A string to be freed, or NULL when memory is short. */
char *base64_encode(const void *data, size_t length);

#endif /* IPCQ_BASE64_H */
