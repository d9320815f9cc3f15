/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hole between two members: the ABI gate must refuse this. */
#ifndef _UAPI_LINUX_PADDED_H
#define _UAPI_LINUX_PADDED_H

#include <linux/types.h>

struct padded {
	__u32 size;
	__aligned_u64 value;
};

#endif /* _UAPI_LINUX_PADDED_H */
