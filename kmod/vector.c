// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payloads in pieces: see vector.h.
 */
#include <linux/ipcq.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

#include "account.h"
#include "vector.h"

/* One piece, as the kernel has it.  Returns 0, -EFAULT or -EINVAL. */
static int read_piece(struct iovec *to, const struct ipcq_vector __user *from,
		      size_t *total)
{
	struct ipcq_vector piece;

	if (copy_from_user(&piece, from, sizeof(piece)))
		return -EFAULT;
	if (piece.length > MAX_RW_COUNT - *total)
		return -EINVAL;
	to->iov_base = u64_to_user_ptr(piece.address);
	to->iov_len = piece.length;
	*total += piece.length;
	return 0;
}

static int import_pieces(struct ipcq_vector_import *import,
			 struct ipcq_buffer *buffer, unsigned int direction,
			 u64 payload, u32 count)
{
	const struct ipcq_vector __user *from = u64_to_user_ptr(payload);
	struct iovec *pieces = import->fast;
	size_t total = 0;
	u32 i;
	int ret;

	if (count > IPCQ_VECTOR_FAST) {
		import->allocated = kvmalloc_array(count, sizeof(*pieces),
						   IPCQ_GFP);
		if (!import->allocated)
			return -ENOMEM;
		pieces = import->allocated;
	}
	for (i = 0; i < count; i++) {
		ret = read_piece(&pieces[i], &from[i], &total);
		if (ret) {
			ipcq_vector_release(import);
			return ret;
		}
	}
	iov_iter_init(&import->iter, direction, pieces, count, total);
	buffer->iter = &import->iter;
	buffer->length = total;
	return 0;
}

/**
 * ipcq_vector_import() - take the payload of a call, in one piece or in several
 * @import: what @buffer will refer to; ipcq_vector_release() ends it
 * @buffer: zeroed; receives the payload
 * @direction: WRITE: it is sent; READ: it is received
 * @payload: its address, or that of an array of struct ipcq_vector
 * @length: its length, or that of the array
 * @vector: which of the two
 *
 * Return: 0, -EINVAL (too many pieces, or together too long for any call),
 * -EFAULT (of the array), -ENOMEM.
 */
int ipcq_vector_import(struct ipcq_vector_import *import,
		       struct ipcq_buffer *buffer, unsigned int direction,
		       u64 payload, u64 length, bool vector)
{
	import->allocated = NULL;
	if (vector) {
		if (length > IPCQ_VECTOR_MAX)
			return -EINVAL;
		return import_pieces(import, buffer, direction, payload, length);
	}
	buffer->address = u64_to_user_ptr(payload);
	buffer->length = min_t(u64, length, SIZE_MAX);
	return 0;
}

void ipcq_vector_release(struct ipcq_vector_import *import)
{
	kvfree(import->allocated);
}
