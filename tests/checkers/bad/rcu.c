// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows a pointer that RCU protects outside of a read-side critical section.
 *
 * Kernel: debug
 * Expected: WARNING: suspicious RCU usage
 */
#include <linux/rcupdate.h>

#include "bad.h"

static int value;
static int __rcu *pointer = (int __rcu __force *)&value;

static noinline int bad_init(void)
{
	return READ_ONCE(*rcu_dereference(pointer)) & 0;
}

BAD_MODULE(bad_init);
