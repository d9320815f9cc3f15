/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of queues on the model begin and end with. */
#ifndef TESTS_WITH_QUEUES_H
#define TESTS_WITH_QUEUES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "ipcq.h"

#define RW	(IPCQ_READ | IPCQ_WRITE)

static struct ipcq *ipcq;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	return ipcq_connect(&ipcq);
}

static int tear_down(void **state)
{
	(void)state;
	ipcq_disconnect(ipcq);
	return 0;
}

static struct ipcq_queue *new_queue(const char *name, uint32_t messages)
{
	const struct ipcq_queue_options options = {
		.max_messages = messages, .max_message_size = 1000,
	};
	unsigned int flags = RW | IPCQ_CREATE | (name ? IPCQ_PERSISTENT : 0);
	struct ipcq_queue *queue;

	assert_int_equal(ipcq_queue_open(ipcq, name, flags, &options, &queue), 1);
	return queue;
}

#endif /* TESTS_WITH_QUEUES_H */
