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

/*
 * Not an init section, which would be gone when a report is to name its functions.
 */
#define BAD_MODULE(init)						\
static noinline int bad_load(void)						\
{									\
	return init();							\
}									\
									\
static void bad_unload(void)						\
{									\
}									\
									\
module_init(bad_load);							\
module_exit(bad_unload);						\
MODULE_DESCRIPTION("Does something wrong, for a checker to see");	\
MODULE_LICENSE("GPL")

#endif /* IPCQ_TESTS_BAD_H */
