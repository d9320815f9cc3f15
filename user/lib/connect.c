// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device: connecting, limits, names.
 */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	1000000000ULL

#define DEFAULT_MODE	0600

/* These flags of the library are the kernel's; the others are translated. */
#define KERNEL_FLAGS \
	(IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE | IPCQ_EXCLUSIVE | IPCQ_NONBLOCK)
#define ALL_FLAGS \
	(KERNEL_FLAGS | IPCQ_PERSISTENT | IPCQ_TEMPORARY | IPCQ_CHECK_OWNER)

_Static_assert((int)IPCQ_READ == (int)IPCQ_OPEN_F_READ, "read");
_Static_assert((int)IPCQ_WRITE == (int)IPCQ_OPEN_F_WRITE, "write");
_Static_assert((int)IPCQ_CREATE == (int)IPCQ_OPEN_F_CREATE, "create");
_Static_assert((int)IPCQ_EXCLUSIVE == (int)IPCQ_OPEN_F_EXCL, "exclusive");
_Static_assert((int)IPCQ_NONBLOCK == (int)IPCQ_OPEN_F_NONBLOCK, "nonblock");
_Static_assert((int)IPCQ_UNTIL_REMOVED == IPCQ_LIFETIME_PERSISTENT, "removed");
_Static_assert((int)IPCQ_UNTIL_CREATOR_ENDS == IPCQ_LIFETIME_CREATOR, "creator");
_Static_assert((int)IPCQ_QUEUE == IPCQ_KIND_QUEUE, "queue");
_Static_assert((int)IPCQ_REGION == IPCQ_KIND_REGION, "region");

int ipcq_ioctl(int fd, unsigned long call, void *argument)
{
	int result = ioctl(fd, call, argument);

	return ipcq_unlikely(result < 0) ? -errno : result;
}

/*
 * The length of a name, 1 to IPCQ_NAME_MAX + 1; the kernel refuses the last with
 * the error it has for it, and whatever else is wrong with a name.
 */
static int name_length(const char *name, uint32_t *out)
{
	if (!name || !*name)
		return -EINVAL;
	*out = strnlen(name, IPCQ_NAME_MAX + 1);
	return 0;
}

int ipcq_open_fill(struct ipcq_open *open, size_t size, const char *name,
		   unsigned int flags, uint32_t mode, uid_t owner)
{
	if (flags & ~ALL_FLAGS ||
	    (flags & IPCQ_PERSISTENT && flags & IPCQ_TEMPORARY))
		return -EINVAL;

	open->size = size;
	open->flags = flags & KERNEL_FLAGS;
	open->mode = mode ? mode : DEFAULT_MODE;
	if (flags & IPCQ_PERSISTENT)
		open->lifetime = IPCQ_LIFETIME_PERSISTENT;
	else if (flags & IPCQ_TEMPORARY)
		open->lifetime = IPCQ_LIFETIME_CREATOR;
	if (flags & IPCQ_CHECK_OWNER) {
		open->flags |= IPCQ_OPEN_F_OWNER;
		open->owner = owner;
	}
	if (!name)
		return 0;
	open->name = (uintptr_t)name;
	return name_length(name, &open->name_length);
}

int ipcq_connect(struct ipcq **out)
{
	struct ipcq *ipcq = malloc(sizeof(*ipcq));
	int error;

	if (!ipcq)
		return -ENOMEM;
	ipcq->fd = open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC);
	if (ipcq->fd < 0) {
		error = -errno;
		free(ipcq);
		return error;
	}
	*out = ipcq;
	return 0;
}

void ipcq_disconnect(struct ipcq *ipcq)
{
	if (!ipcq)
		return;
	close(ipcq->fd);
	free(ipcq);
}

int ipcq_limits(struct ipcq *ipcq, struct ipcq_limits *out)
{
	struct ipcq_query query = { .size = sizeof(query) };
	int error = ipcq_ioctl(ipcq->fd, IPCQ_IOC_QUERY, &query);

	if (error < 0)
		return error;
	*out = (struct ipcq_limits) {
		.features = query.features,
		.max_messages = query.max_messages,
		.max_message_size = query.max_message_size,
		.max_region_size = query.max_region_size,
		.max_mutexes = query.max_mutexes,
		.max_eventcounts = query.max_eventcounts,
		.objects = query.objects,
		.objects_limit = query.objects_limit,
		.message_bytes = query.message_bytes,
		.message_bytes_limit = query.message_bytes_limit,
		.region_bytes = query.region_bytes,
		.region_bytes_limit = query.region_bytes_limit,
		.owners = query.owners,
		.owners_limit = query.owners_limit,
		.namespace_objects = query.namespace_objects,
		.namespace_objects_limit = query.namespace_objects_limit,
		.files = query.files,
		.files_limit = query.files_limit,
	};
	return 0;
}

int ipcq_unlink(struct ipcq *ipcq, const char *name, enum ipcq_kind kind)
{
	struct ipcq_unlink unlink = {
		.size = sizeof(unlink),
		.name = (uintptr_t)name,
		.kind = kind,
	};
	int error = name_length(name, &unlink.name_length);

	if (error)
		return error;
	return ipcq_ioctl(ipcq->fd, IPCQ_IOC_UNLINK, &unlink);
}

uint64_t ipcq_deadline(int64_t nanoseconds)
{
	struct timespec now;
	uint64_t deadline;

	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline = (uint64_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	if (nanoseconds > 0)
		deadline += nanoseconds;
	/* The clock starts at 0 with the machine; 0 would mean no deadline. */
	return deadline == IPCQ_NO_DEADLINE ? 1 : deadline;
}
