/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A member as long as the machine's word: the ABI gate must refuse this. */
#ifndef _UAPI_LINUX_WORD_H
#define _UAPI_LINUX_WORD_H

#include <linux/types.h>

struct word {
	unsigned long first;
	unsigned long second;
};

#endif /* _UAPI_LINUX_WORD_H */
