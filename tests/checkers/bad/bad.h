/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bad modules share: each does one thing that is wrong, when it is loaded.
 */
#ifndef IPCQ_TESTS_BAD_H
#define IPCQ_TESTS_BAD_H

#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/slab.h>

/* @value, without the compiler's knowing it. */
static inline int hidden(int value)
{
	OPTIMIZER_HIDE_VAR(value);
	return value;
}

/* @init is no __init function, which would be gone when a report is to name it. */
#define BAD_MODULE(init)						\
static void bad_exit(void)						\
{									\
}									\
									\
module_init(init);							\
module_exit(bad_exit);							\
MODULE_DESCRIPTION("Does something wrong, for a checker to see");	\
MODULE_LICENSE("GPL")

#endif /* IPCQ_TESTS_BAD_H */
