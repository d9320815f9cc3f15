/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payloads in pieces: see struct ipcq_vector in the interface.
 */
#ifndef IPCQ_VECTOR_H
#define IPCQ_VECTOR_H

#include <linux/types.h>
#include <linux/uio.h>

#include "message.h"

#define IPCQ_VECTOR_FAST	8	/* pieces that need no memory */

/* What a buffer refers to, while the call lasts. */
struct ipcq_vector_import {
	struct iov_iter iter;
	struct iovec *allocated;	/* NULL when they fit in @fast */
	struct iovec fast[IPCQ_VECTOR_FAST];
};

int ipcq_vector_import(struct ipcq_vector_import *import,
		       struct ipcq_buffer *buffer, unsigned int direction,
		       u64 payload, u64 length, bool vector);
void ipcq_vector_release(struct ipcq_vector_import *import);

#endif /* IPCQ_VECTOR_H */
