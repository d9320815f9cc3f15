/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of a region on the model begin and end with. */
#ifndef TESTS_WITH_REGION_H
#define TESTS_WITH_REGION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "ipcq.h"

#define RW	(IPCQ_READ | IPCQ_WRITE)

static struct ipcq *ipcq;
static struct ipcq_region *region;

static const struct ipcq_region_options options = {
	.size = 5000, .mutexes = 2, .eventcounts = 2,
};

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	if (ipcq_connect(&ipcq))
		return -1;
	return ipcq_region_open(ipcq, "r", RW | IPCQ_CREATE, &options, &region) - 1;
}

static int tear_down(void **state)
{
	(void)state;
	ipcq_region_close(region);
	ipcq_disconnect(ipcq);
	return 0;
}

/* How many calls the kernel has got; 0x80 to 0x88 are those of regions. */
static unsigned int calls(void)
{
	unsigned int sum = 0, i;

	for (i = 0x80; i < 0x90; i++)
		sum += fake->calls[i];
	return sum;
}

#endif /* TESTS_WITH_REGION_H */
