// SPDX-License-Identifier: GPL-2.0-only
/*
 * Indexes past the end of an array, and shifts by more than a word has bits.
 *
 * Kernel: debug
 * Expected: UBSAN: array-index-out-of-bounds
 * Expected: UBSAN: shift-out-of-bounds
 */
#include "bad.h"

static int array[4];

static noinline int bad_init(void)
{
	return (array[hidden(5)] + (1 << hidden(40))) & hidden(0);
}

BAD_MODULE(bad_init);
