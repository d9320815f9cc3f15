// SPDX-License-Identifier: GPL-2.0-or-later
/* Breaks the layers, to show that the check sees it; never compiled. */
#include "ipcq.h"
