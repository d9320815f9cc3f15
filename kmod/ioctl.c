// SPDX-License-Identifier: GPL-2.0-only
/*
 * The argument dispatcher: see ioctl.h.
 */
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "ioctl.h"
#include "words.h"

/* Reads what every caller has, and its size. */
static int read_start(struct ipcq_call *call, const struct ipcq_operation *op)
{
	union ipcq_arguments *args = &call->args;
	int ret;

	ret = ipcq_copy_in(args->words, call->user, op->min_size);
	if (ret)
		return ret;
	call->size = args->size;
	if (call->size < op->min_size || call->size % sizeof(u64))
		return -EINVAL;
	return 0;
}

/* Reads the rest. */
static int read_rest(struct ipcq_call *call, const struct ipcq_operation *op)
{
	union ipcq_arguments *args = &call->args;
	u32 min = op->min_size;
	int ret;

	if (call->size > PAGE_SIZE)
		return -E2BIG;
	if (call->size > min) {
		/* Zeroes what the caller lacks, refuses what we do not know. */
		ret = copy_struct_from_user((void *)args + min, op->size - min,
					    call->user + min, call->size - min);
		if (ret)
			return ret;
	} else if (op->size > min) {
		memset((void *)args + min, 0, op->size - min);
	}
	return args->flags & ~op->flags ? -EOPNOTSUPP : 0;
}

/* Whether the operation has a shorter way for a call, which many have. */
static bool is_short(const struct ipcq_call *call,
		     const struct ipcq_operation *op)
{
	return op->run_short && call->size == op->min_size &&
	       !(call->args.flags & ~op->short_flags);
}

/**
 * ipcq_dispatch() - run one ioctl
 * @table: the operations of this kind of file, by command number
 * @entries: how many
 * @file: the file
 * @command: the command as the caller gave it
 * @arg: the address of the caller's struct
 *
 * Return: what the operation returns; -ENOTTY for a command not in the table; an
 * error of the common contract (uapi/linux/ipcq.h) for malformed arguments.
 */
long ipcq_dispatch(const struct ipcq_operation *table, unsigned int entries,
		   struct file *file, unsigned int command, unsigned long arg)
{
	unsigned int nr = _IOC_NR(command) & 0x3f;
	struct ipcq_call call __uninitialized;	/* read_start() writes it */
	int ret;

	if (nr >= entries)
		return -ENOTTY;
	nr = array_index_nospec(nr, entries);
	if (table[nr].command != command)
		return -ENOTTY;

	call.file = file;
	call.user = (void __user *)arg;
	ret = read_start(&call, &table[nr]);
	if (ret)
		return ret;
	if (is_short(&call, &table[nr]))
		return table[nr].run_short(&call);
	ret = read_rest(&call, &table[nr]);
	if (ret)
		return ret;
	return table[nr].run(&call);
}

/**
 * ipcq_call_put() - write one output member to the caller's struct
 * @call: the call
 * @offset: where the member is
 * @value: what to write
 * @size: bytes of it
 *
 * Return: 0, also when the caller's struct ends before the member; -EFAULT.
 */
int ipcq_call_put(const struct ipcq_call *call, u32 offset, const void *value,
		  u32 size)
{
	if (call->size < offset + size)
		return 0;
	return copy_to_user(call->user + offset, value, size) ? -EFAULT : 0;
}

/* Writes the members from @from to @to back, as far as the caller has them. */
int ipcq_call_put_range(const struct ipcq_call *call, u32 from, u32 to)
{
	to = min(to, call->size);
	if (to <= from)
		return 0;
	return copy_to_user(call->user + from, (const void *)&call->args + from,
			    to - from) ? -EFAULT : 0;
}

/* Writes the whole struct back, as far as the caller has it. */
int ipcq_call_put_all(struct ipcq_call *call, u32 size)
{
	call->args.size = call->size;
	return copy_to_user(call->user, &call->args, min(call->size, size)) ?
		-EFAULT : 0;
}
