// SPDX-License-Identifier: GPL-2.0-or-later
/* Breaks the layers, to show that the check sees it; never compiled. */
#include <linux/version.h>

#include "../user/lib/internal.h"

int version = LINUX_VERSION_CODE;
