// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever can be asked of the module is what the model says.
 */
#include "../guest/common.h"
#include "world.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHECK(member)							\
	do {								\
		if (stat.member != expected.member)			\
			disagree(#member " is %llu and should be %llu",	\
				 (unsigned long long)stat.member,	\
				 (unsigned long long)expected.member);	\
	} while (0)

/* What the killed have held goes back by a work, some time after their end. */
static bool settled(const struct ipcq_queue_stat *stat, const struct ipcq_queue_stat *expected)
{
	return stat->waiting_senders == expected->waiting_senders &&
	       stat->waiting_receivers == expected->waiting_receivers &&
	       stat->held == expected->held &&
	       (!world.expired || (stat->expired == expected->expired &&
				   stat->messages == expected->messages &&
				   stat->sent == expected->sent &&
				   stat->received == expected->received &&
				   stat->dead_lettered == expected->dead_lettered &&
				   stat->dropped == expected->dropped));
}

/* Waits until as many wait and are held as should; everything else is so by then. */
static struct ipcq_queue_stat settled_stat(int fd, const struct ipcq_queue_stat *expected)
{
	struct ipcq_queue_stat stat;

	be_patient_again();
	do {
		stat = queue_stat(fd);
	} while (!settled(&stat, expected) && patient());
	return stat;
}

static void check_stat(const struct queue *queue, int fd)
{
	struct ipcq_queue_stat stat, expected;

	model_stat(queue, &expected);
	stat = settled_stat(fd, &expected);
	CHECK(id);
	CHECK(max_bytes);
	CHECK(max_messages);
	CHECK(max_message_size);
	CHECK(messages);
	CHECK(waiting_senders);
	CHECK(waiting_receivers);
	CHECK(order);
	CHECK(bytes);
	CHECK(sent);
	CHECK(received);
	CHECK(expired);
	CHECK(time_to_live);
	CHECK(dead_letter);
	CHECK(dead_lettered);
	CHECK(dropped);
	CHECK(held);
	CHECK(delayed);
	CHECK(full);
	CHECK(redelivery_limit);
	if (stat.memory < stat.bytes)
		disagree("less memory than bytes");
	expected.memory = stat.memory;
	/* Whether it has users is not said; who they are is tested elsewhere. */
	expected.users = stat.users;
	expected.share = stat.share;
	if (memcmp(&stat, &expected, sizeof(stat)))
		disagree("a member of the stat is not what it should be");
}

static short expected_poll(const struct handle *handle)
{
	short expected = model_poll(handle->queue, &handle->filter);

	if (!handle->reads)
		expected &= ~(POLLIN | POLLRDNORM);
	if (!handle->writes)
		expected &= ~(POLLOUT | POLLWRNORM);
	return expected;
}

/* That there is room may be told later than it is there, what is not never. */
static bool compare_polls(const struct pollfd *pollers)
{
	unsigned int i;
	bool same = true;

	for (i = 0; i < HANDLES; i++) {
		short expected = world.handles[i].open ? expected_poll(&world.handles[i]) : 0;

		if (pollers[i].revents == expected)
			continue;
		if (pollers[i].revents & ~expected || !patient()) {
			disagree("poll of %u says %#x and should %#x", i,
				 pollers[i].revents, expected);
			return true;
		}
		same = false;
	}
	return same;
}

static void check_polls(void)
{
	struct pollfd pollers[HANDLES];
	unsigned int i;

	for (i = 0; i < HANDLES; i++) {
		pollers[i].fd = world.handles[i].open ? world.handles[i].fd : -1;
		pollers[i].events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
	}
	be_patient_again();
	do {
		assert_true(poll(pollers, HANDLES, 0) >= 0);
	} while (!compare_polls(pollers));
}

static void check_next_length(const struct handle *handle)
{
	uint32_t next = model_next_length(handle->queue, &handle->filter);
	int length = -1, expected = handle->reads ? 0 : -EBADF;
	long result = call(handle->fd, FIONREAD, &length);

	if (result != expected)
		disagree("FIONREAD of %ld: %s", (long)(handle - world.handles),
			 error_text(result));
	else if (!result && length != (int)next)
		disagree("FIONREAD says %d and should %u", length, next);
}

/* An owner that was killed keeps its object until a work has seen to its end. */
static void check_objects(void)
{
	uint64_t objects;

	be_patient_again();
	do {
		objects = query().objects - world.objects;
	} while (objects > world.names.count && patient());
	if (objects != world.names.count)
		disagree("there are %llu objects and should be %u",
			 (unsigned long long)objects, world.names.count);
}

void check_all(void)
{
	struct handle *handle = draw_handle();
	const struct queue *queue;
	int fd;

	for (queue = world.names.queues; queue && !world.failed; queue = queue->next) {
		fd = descriptor_of(queue);
		if (fd >= 0)
			check_stat(queue, fd);
	}
	if (!world.failed)
		check_polls();
	if (!world.failed && handle)
		check_next_length(handle);
	if (!world.failed)
		check_objects();
}
