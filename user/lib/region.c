// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Regions: opening, mapping, and what fork(2) means for them.
 */
#include "internal.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

__thread struct ipcq_attachment ipcq_attachments[IPCQ_ATTACHMENTS];

/* Else the control area's offset would be cut to that of the data. */
_Static_assert(sizeof(off_t) == 8, "_FILE_OFFSET_BITS must be 64");

/*
 * Protects the control mappings of all regions.  It is taken once a region and
 * process, and around fork(2), so that a child never inherits it locked by a
 * thread that it does not have.
 */
static pthread_mutex_t map_lock = PTHREAD_MUTEX_INITIALIZER;

/* How many forks lie between the process that loaded the library and this one. */
static unsigned long forks;

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int fork_error;

static void fork_prepare(void)
{
	pthread_mutex_lock(&map_lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&map_lock);
}

static void fork_child(void)
{
	forks++;
	memset(ipcq_attachments, 0, sizeof(ipcq_attachments));
	pthread_mutex_unlock(&map_lock);
}

static void fork_register(void)
{
	fork_error = -pthread_atfork(fork_prepare, fork_parent, fork_child);
}

static struct ipcq_region *region_new(void)
{
	static uint64_t last_key;
	struct ipcq_region *region;

	pthread_once(&fork_once, fork_register);
	if (fork_error)
		return NULL;
	region = calloc(1, sizeof(*region));
	if (region)
		region->key = __atomic_add_fetch(&last_key, 1, __ATOMIC_RELAXED);
	return region;
}

/* Learn what the descriptor is and map the data; the descriptor stays open. */
static int region_set_up(struct ipcq_region *region, int fd)
{
	struct ipcq_region_stat stat = { .size = sizeof(stat) };
	int error = ipcq_ioctl(fd, IPCQ_IOC_REGION_STAT, &stat);
	int file_flags, protection;

	/* Some files answer a call they do not know with EINVAL. */
	if (error == -EINVAL)
		return -ENOTTY;
	if (error < 0)
		return error;
	file_flags = fcntl(fd, F_GETFL);
	if (file_flags < 0)
		return -errno;
	if (stat.region_size > SIZE_MAX || stat.control_size > SIZE_MAX)
		return -ENOMEM;

	region->fd = fd;
	region->mutexes = stat.mutexes;
	region->eventcounts = stat.eventcounts;
	region->writable = (file_flags & O_ACCMODE) == O_RDWR;
	region->nonblock = file_flags & O_NONBLOCK;
	region->size = stat.region_size;
	region->control_size = stat.control_size;
	protection = PROT_READ | (region->writable ? PROT_WRITE : 0);
	region->data = mmap(NULL, region->size, protection, MAP_SHARED, fd, 0);
	return region->data == MAP_FAILED ? -errno : 0;
}

int ipcq_region_open(struct ipcq *ipcq, const char *name, unsigned int flags,
		     const struct ipcq_region_options *options,
		     struct ipcq_region **out)
{
	static const struct ipcq_region_options none;
	struct ipcq_region_open arg = { 0 };
	struct ipcq_region *region;
	int error;

	if (!options)
		options = &none;
	error = ipcq_open_fill(&arg.open, sizeof(arg), name, flags,
			       options->mode, options->owner);
	if (error)
		return error;
	arg.region_size = options->size;
	arg.mutexes = options->mutexes;
	arg.eventcounts = options->eventcounts;

	region = region_new();
	if (!region)
		return -ENOMEM;
	error = ipcq_ioctl(ipcq->fd, IPCQ_IOC_REGION_OPEN, &arg);
	if (error < 0)
		goto err_free;
	error = region_set_up(region, arg.open.fd);
	if (error)
		goto err_close;
	*out = region;
	return arg.open.created;

err_close:
	/* A region that its creator could not use must not stay behind. */
	if (arg.open.created && (flags & IPCQ_PERSISTENT))
		ipcq_unlink(ipcq, name, IPCQ_REGION);
	close(arg.open.fd);
err_free:
	free(region);
	return error;
}

int ipcq_region_from_fd(int fd, struct ipcq_region **out)
{
	struct ipcq_region *region = region_new();
	int error;

	if (!region)
		return -ENOMEM;
	error = region_set_up(region, fd);
	if (error) {
		free(region);
		return error;
	}
	*out = region;
	return 0;
}

void ipcq_region_close(struct ipcq_region *region)
{
	if (!region)
		return;
	/* In a forked child other memory may lie where the parent mapped it. */
	if (region->control && region->control_forks == forks)
		munmap(region->control, region->control_size);
	munmap(region->data, region->size);
	close(region->fd);
	free(region);
}

/* Map the control area into this process, if it is not. */
static int control_map(struct ipcq_region *region, char **out)
{
	int protection = PROT_READ | (region->writable ? PROT_WRITE : 0);
	int error = 0;
	void *control;

	pthread_mutex_lock(&map_lock);
	if (!region->control || region->control_forks != forks) {
		control = mmap(NULL, region->control_size, protection,
			       MAP_SHARED, region->fd,
			       (off_t)IPCQ_REGION_CONTROL_OFFSET);
		if (control == MAP_FAILED) {
			error = -errno;
		} else {
			region->control = control;
			region->control_forks = forks;
		}
	}
	if (!error)
		*out = region->control;
	pthread_mutex_unlock(&map_lock);
	return error;
}

int ipcq_region_attach(struct ipcq_region *region, bool owner)
{
	struct ipcq_region_attach attach = { .size = sizeof(attach) };
	char *control;
	int error;

	if (owner) {
		if (!region->writable)
			return -EBADF;
		error = ipcq_ioctl(region->fd, IPCQ_IOC_REGION_ATTACH, &attach);
		if (error < 0)
			return error;
	}
	error = control_map(region, &control);
	if (error)
		return error;
	*ipcq_attachment_of(region) = (struct ipcq_attachment) {
		.key = region->key,
		.control = control,
		.owner = attach.owner,
	};
	return 0;
}

int ipcq_region_fd(const struct ipcq_region *region)
{
	return region->fd;
}

void *ipcq_region_data(const struct ipcq_region *region)
{
	return region->data;
}

size_t ipcq_region_size(const struct ipcq_region *region)
{
	return region->size;
}

int ipcq_region_info(struct ipcq_region *region, uint64_t *id,
		     struct ipcq_region_info *out)
{
	struct ipcq_region_stat stat = { .size = sizeof(stat) };
	int error = ipcq_ioctl(region->fd, IPCQ_IOC_REGION_STAT, &stat);

	if (error < 0)
		return error;
	if (id)
		*id = stat.id;
	*out = (struct ipcq_region_info) {
		.size = stat.region_size,
		.control_size = stat.control_size,
		.mutexes = stat.mutexes,
		.eventcounts = stat.eventcounts,
		.owners = stat.owners,
		.owner_deaths = stat.owner_deaths,
	};
	return 0;
}
