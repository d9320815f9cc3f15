/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short copies from and to user space, word by word.
 *
 * A checked copy of variable length first finds out whether the kernel's side lies
 * within one object, at the price of several copies of this size.  Where that is known,
 * as it is of the arguments of a call and of a small message, these are cheaper.
 */
#ifndef IPCQ_WORDS_H
#define IPCQ_WORDS_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* Whether words may lie anywhere; else use copy_from_user() and copy_to_user(). */
#define IPCQ_COPIES_WORDS IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS)

/*
 * Copies @length bytes, four words at a time, then words, then bytes.  The address
 * of nothing may be anything.  Return 0 or -EFAULT.
 */
static inline int ipcq_words_in(void *to, const void __user *from, u32 length)
{
	const u64 __user *source = from;
	u64 *target = to;

	if (!length)
		return 0;
	if (!user_read_access_begin(from, length))
		return -EFAULT;
	for (; length >= 4 * sizeof(u64); length -= 4 * sizeof(u64)) {
		unsafe_get_user(target[0], &source[0], err_fault);
		unsafe_get_user(target[1], &source[1], err_fault);
		unsafe_get_user(target[2], &source[2], err_fault);
		unsafe_get_user(target[3], &source[3], err_fault);
		target += 4;
		source += 4;
	}
	for (; length >= sizeof(u64); length -= sizeof(u64))
		unsafe_get_user(*target++, source++, err_fault);
	while (length--)
		unsafe_get_user(((u8 *)target)[length],
				(const u8 __user *)source + length, err_fault);
	user_read_access_end();
	return 0;

err_fault:
	user_read_access_end();
	return -EFAULT;
}

static inline int ipcq_words_out(void __user *to, const void *from, u32 length)
{
	const u64 *source = from;
	u64 __user *target = to;

	if (!length)
		return 0;
	if (!user_write_access_begin(to, length))
		return -EFAULT;
	for (; length >= 4 * sizeof(u64); length -= 4 * sizeof(u64)) {
		unsafe_put_user(source[0], &target[0], err_fault);
		unsafe_put_user(source[1], &target[1], err_fault);
		unsafe_put_user(source[2], &target[2], err_fault);
		unsafe_put_user(source[3], &target[3], err_fault);
		source += 4;
		target += 4;
	}
	for (; length >= sizeof(u64); length -= sizeof(u64))
		unsafe_put_user(*source++, target++, err_fault);
	while (length--)
		unsafe_put_user(((const u8 *)source)[length],
				(u8 __user *)target + length, err_fault);
	user_write_access_end();
	return 0;

err_fault:
	user_write_access_end();
	return -EFAULT;
}

/* The same where words may not lie anywhere, by the kernel's own copies. */
static inline int ipcq_copy_in(void *to, const void __user *from, u32 length)
{
	if (!IPCQ_COPIES_WORDS)
		return copy_from_user(to, from, length) ? -EFAULT : 0;
	return ipcq_words_in(to, from, length);
}

static inline int ipcq_copy_out(void __user *to, const void *from, u32 length)
{
	if (!IPCQ_COPIES_WORDS)
		return copy_to_user(to, from, length) ? -EFAULT : 0;
	return ipcq_words_out(to, from, length);
}

#endif /* IPCQ_WORDS_H */
