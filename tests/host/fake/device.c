// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's device: descriptors, names, and the calls of /dev/ipcq.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "wraps.h"

#define CONTROL_SIZE	4096UL
#define SLOT_SIZE	(FAKE_DATA_SIZE + CONTROL_SIZE)

struct fake *fake;

/* The memory of all objects: a slot each, the data and then the control area. */
static int storage_fd;
static char *storage;

static void die(const char *what)
{
	perror(what);
	abort();
}

static __attribute__((constructor)) void set_up(void)
{
	const int shared = MAP_SHARED | MAP_ANONYMOUS;
	pthread_mutexattr_t attributes;

	fake = __real_mmap64(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, shared,
			     -1, 0);
	storage_fd = memfd_create("storage", MFD_CLOEXEC);
	if (fake == MAP_FAILED || storage_fd < 0 ||
	    ftruncate(storage_fd, FAKE_OBJECTS * SLOT_SIZE))
		die("the model's memory");
	storage = __real_mmap64(NULL, FAKE_OBJECTS * SLOT_SIZE,
				PROT_READ | PROT_WRITE, MAP_SHARED, storage_fd, 0);
	if (storage == MAP_FAILED)
		die("the model's storage");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&fake->lock, &attributes);
	fake_reset();
}

static void limits_reset(void)
{
	fake->limits[IPCQ_A_LIMIT_MAX_MESSAGES] = FAKE_MAX_MESSAGES;
	fake->limits[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE] = FAKE_MAX_MESSAGE_SIZE;
	fake->limits[IPCQ_A_LIMIT_MAX_REGION_SIZE] = FAKE_DATA_SIZE;
	fake->limits[IPCQ_A_LIMIT_MAX_MUTEXES] = FAKE_LINES / 2;
	fake->limits[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = FAKE_LINES / 2;
	fake->limits[IPCQ_A_LIMIT_USER_OBJECTS] = 2;
	fake->limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = 4096;
	fake->limits[IPCQ_A_LIMIT_USER_REGION_BYTES] = 6;
	fake->limits[IPCQ_A_LIMIT_USER_OWNERS] = 8;
	fake->limits[IPCQ_A_LIMIT_NAMESPACE_OBJECTS] = IPCQ_UNLIMITED;
	fake->limits[IPCQ_A_LIMIT_USER_FILES] = 12;
}

void fake_reset(void)
{
	size_t skip = sizeof(fake->lock);

	memset((char *)fake + skip, 0, sizeof(*fake) - skip);
	limits_reset();
	/* A hole reads as zeroes. */
	if (fallocate(storage_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      FAKE_OBJECTS * SLOT_SIZE))
		die("fallocate");
}

static size_t slot(const struct fake_object *object)
{
	return (size_t)(object - fake->objects) * SLOT_SIZE;
}

char *fake_data(const struct fake_object *object)
{
	return storage + slot(object);
}

uint32_t *fake_word(const struct fake_object *object, uint32_t line)
{
	return (uint32_t *)(fake_data(object) + FAKE_DATA_SIZE +
			    line * IPCQ_CONTROL_LINE);
}

int fake_wait(uint64_t deadline)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (deadline && (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec >= deadline)
		return -ETIMEDOUT;
	pthread_mutex_unlock(&fake->lock);
	nanosleep(&pause, NULL);
	pthread_mutex_lock(&fake->lock);
	return 0;
}

/* ----------------------------------------------------------------- handles */

static struct fake_handle *handle_of(int fd)
{
	struct stat status;
	int i;

	if (fstat(fd, &status))
		return NULL;
	for (i = 0; i < FAKE_HANDLES; i++)
		if (fake->handles[i].used &&
		    fake->handles[i].inode == status.st_ino)
			return &fake->handles[i];
	return NULL;
}

/* A new descriptor with the access mode that the kernel would give it. */
static int handle_new(struct fake_object *object, uint32_t flags)
{
	int mode = !(flags & IPCQ_OPEN_F_WRITE) ? O_RDONLY :
		   flags & IPCQ_OPEN_F_READ ? O_RDWR : O_WRONLY;
	struct fake_handle *handle = fake->handles;
	struct stat status;
	char path[64];
	int file, fd;

	while (handle->used)
		handle++;
	file = memfd_create("ipcq", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (flags & IPCQ_OPEN_F_NONBLOCK)
		mode |= O_NONBLOCK;
	fd = __real_open64(path, mode | O_CLOEXEC);
	if (file < 0 || fd < 0 || fstat(fd, &status))
		die("a descriptor");
	__real_close(file);
	*handle = (struct fake_handle) {
		.used = true,
		.inode = status.st_ino,
		.pid = getpid(),
		.references = 1,
		.access = flags & (IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE),
		.nonblock = flags & IPCQ_OPEN_F_NONBLOCK,
		.object = object,
	};
	if (object)
		object->handles++;
	return fd;
}

static void object_check(struct fake_object *object)
{
	if (!object->handles && (object->unlinked ||
				 object->lifetime == IPCQ_LIFETIME_LAST_CLOSE))
		object->used = false;
}

static void handle_close(struct fake_handle *handle)
{
	struct fake_object *object = handle->object;
	int i;

	if (handle->pid != getpid() || --handle->references)
		return;
	handle->used = false;
	for (i = 0; i < FAKE_OWNERS; i++)
		if (fake->owners[i].handle == handle)
			fake->owners[i].ended = true;
	if (!object)
		return;
	object->handles--;
	if (handle->creator && object->lifetime == IPCQ_LIFETIME_CREATOR)
		object->unlinked = true;
	object_check(object);
}

int fake_dup(int fd)
{
	handle_of(fd)->references++;
	return dup(fd);
}

/* ------------------------------------------------------------------- names */

struct fake_object *fake_find(const char *name)
{
	int i;

	for (i = 0; i < FAKE_OBJECTS; i++)
		if (fake->objects[i].used && !fake->objects[i].unlinked &&
		    !strcmp(fake->objects[i].name, name))
			return &fake->objects[i];
	return NULL;
}

static struct fake_object *object_new(const struct ipcq_open *open,
				      const char *name, uint32_t kind)
{
	struct fake_object *object = fake->objects;

	while (object->used)
		object++;
	memset(fake_data(object), 0, SLOT_SIZE);
	*object = (struct fake_object) {
		.used = true,
		.lifetime = open->lifetime,
		.id = ++fake->last_id,
		.kind = kind,
		.mode = open->mode,
		.uid = getuid() + fake->uid_offset,
		.gid = getgid(),
	};
	strcpy(object->name, name);
	return object;
}

static int name_get(uint64_t address, uint32_t length, char *name)
{
	if (length > IPCQ_NAME_MAX)
		return -ENAMETOOLONG;
	if (length)
		memcpy(name, (const void *)(uintptr_t)address, length);
	name[length] = '\0';
	return 0;
}

static bool may_open(const struct fake_object *object, uint32_t flags)
{
	uint32_t mode = object->uid == getuid() ? object->mode >> 6 :
						  object->mode;

	return !(flags & IPCQ_OPEN_F_READ && !(mode & 4)) &&
	       !(flags & IPCQ_OPEN_F_WRITE && !(mode & 2));
}

static int open_object(struct ipcq_open *open, uint32_t kind, size_t size)
{
	struct fake_object *object = NULL;
	char name[IPCQ_NAME_MAX + 1] = "";
	bool created;
	int error;

	if (open->size != size ||
	    (open->owner && !(open->flags & IPCQ_OPEN_F_OWNER)) ||
	    !(open->flags & (IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE)) ||
	    !open->name != !open->name_length)
		return -EINVAL;
	error = name_get(open->name, open->name_length, name);
	if (error)
		return error;
	if (open->name)
		object = fake_find(name);
	if (!object && !(open->flags & IPCQ_OPEN_F_CREATE))
		return open->name ? -ENOENT : -EINVAL;
	if (object && open->flags & IPCQ_OPEN_F_EXCL)
		return -EEXIST;
	if (object && object->kind != kind)
		return -EPROTOTYPE;
	if (open->flags & IPCQ_OPEN_F_OWNER &&
	    open->owner != (object ? object->uid : getuid() + fake->uid_offset))
		return -EKEYREJECTED;
	if (object && !may_open(object, open->flags))
		return -EACCES;
	created = !object;
	if (created)
		object = object_new(open, name, kind);
	error = kind == IPCQ_KIND_QUEUE ?
		fake_queue_open(object, created, open) :
		fake_region_open(object, created, open);
	if (error) {
		object_check(object);
		return error;
	}
	open->fd = handle_new(object, open->flags);
	open->id = object->id;
	handle_of(open->fd)->creator = created;
	open->created = created;
	return 0;
}

static int unlink_object(const struct ipcq_unlink *argument)
{
	struct fake_object *object;
	char name[IPCQ_NAME_MAX + 1];
	int error;

	if (argument->size != sizeof(*argument) || argument->flags)
		return -EINVAL;
	error = name_get(argument->name, argument->name_length, name);
	if (error)
		return error;
	object = fake_find(name);
	if (!object)
		return -ENOENT;
	if (argument->kind && argument->kind != object->kind)
		return -EPROTOTYPE;
	if (object->uid != getuid())
		return -EPERM;
	object->unlinked = true;
	object_check(object);
	return 0;
}

static int query(struct ipcq_query *out)
{
	const uint64_t *limits = fake->limits;

	if (out->size != sizeof(*out) || out->flags)
		return -EINVAL;
	*out = (struct ipcq_query) {
		.size = sizeof(*out),
		.features = IPCQ_FEATURE_QUEUE | IPCQ_FEATURE_REGION |
			    IPCQ_FEATURE_MUTEX | IPCQ_FEATURE_EVENTCOUNT,
		.max_messages = limits[IPCQ_A_LIMIT_MAX_MESSAGES],
		.max_message_size = limits[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE],
		.max_region_size = limits[IPCQ_A_LIMIT_MAX_REGION_SIZE],
		.max_mutexes = limits[IPCQ_A_LIMIT_MAX_MUTEXES],
		.max_eventcounts = limits[IPCQ_A_LIMIT_MAX_EVENTCOUNTS],
		.objects = 1,
		.objects_limit = limits[IPCQ_A_LIMIT_USER_OBJECTS],
		.message_bytes = 3,
		.message_bytes_limit = limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES],
		.region_bytes = 5,
		.region_bytes_limit = limits[IPCQ_A_LIMIT_USER_REGION_BYTES],
		.owners = 7,
		.owners_limit = limits[IPCQ_A_LIMIT_USER_OWNERS],
		.namespace_objects = 9,
		.namespace_objects_limit =
			limits[IPCQ_A_LIMIT_NAMESPACE_OBJECTS],
		.files = 11,
		.files_limit = limits[IPCQ_A_LIMIT_USER_FILES],
	};
	return 0;
}

static int device_call(unsigned long call, void *argument)
{
	switch (call) {
	case IPCQ_IOC_QUERY:
		return query(argument);
	case IPCQ_IOC_QUEUE_OPEN:
		return open_object(argument, IPCQ_KIND_QUEUE,
				   sizeof(struct ipcq_queue_open));
	case IPCQ_IOC_REGION_OPEN:
		return open_object(argument, IPCQ_KIND_REGION,
				   sizeof(struct ipcq_region_open));
	case IPCQ_IOC_UNLINK:
		return unlink_object(argument);
	default:
		return -ENOTTY;
	}
}

/* ------------------------------------------------------ in place of the libc */

static int open_device(void)
{
	int fd;

	if (fake->absent) {
		errno = fake->absent;
		return -1;
	}
	pthread_mutex_lock(&fake->lock);
	fd = handle_new(NULL, IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE);
	pthread_mutex_unlock(&fake->lock);
	return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	if (!strcmp(path, IPCQ_DEVICE))
		return open_device();
	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return __real_open64(path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return __wrap_open64(path, flags, mode);
}

int __wrap_close(int fd)
{
	struct fake_handle *handle;

	pthread_mutex_lock(&fake->lock);
	handle = handle_of(fd);
	if (handle)
		handle_close(handle);
	pthread_mutex_unlock(&fake->lock);
	return __real_close(fd);
}

static int handle_call(struct fake_handle *handle, unsigned long call,
		       void *argument)
{
	if (_IOC_TYPE(call) == IPCQ_IOC_MAGIC) {
		fake->calls[_IOC_NR(call)]++;
		fake->last_size = *(uint32_t *)argument;
		if (fake->fail_error && fake->fail_call == call) {
			int error = -fake->fail_error;

			fake->fail_error = 0;
			return error;
		}
	}
	if (!handle->object)
		return device_call(call, argument);
	if (handle->object->kind == IPCQ_KIND_QUEUE)
		return fake_queue_call(handle, call, argument);
	return fake_region_call(handle, call, argument);
}

int __wrap_ioctl(int fd, unsigned long call, ...)
{
	struct fake_handle *handle;
	va_list arguments;
	void *argument;
	int result;

	va_start(arguments, call);
	argument = va_arg(arguments, void *);
	va_end(arguments);

	pthread_mutex_lock(&fake->lock);
	handle = handle_of(fd);
	result = handle ? handle_call(handle, call, argument) : 0;
	pthread_mutex_unlock(&fake->lock);
	if (!handle)
		return __real_ioctl(fd, call, argument);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

/* Receives from a queue; other objects cannot be read. */
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	struct ipcq_queue_receive receive = {
		.size = IPCQ_QUEUE_RECEIVE_MIN,
		.payload = (uintptr_t)buffer,
		.length = size,
	};
	struct fake_handle *handle;
	int result = -EINVAL;

	pthread_mutex_lock(&fake->lock);
	handle = handle_of(fd);
	if (handle && handle->object && handle->object->kind == IPCQ_KIND_QUEUE)
		result = handle_call(handle, IPCQ_IOC_QUEUE_RECEIVE, &receive);
	pthread_mutex_unlock(&fake->lock);
	if (!handle)
		return __real_read(fd, buffer, size);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

void *__wrap_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset)
{
	struct fake_handle *handle = fd < 0 ? NULL : handle_of(fd);
	void *mapping;

	if (!handle)
		return __real_mmap64(address, length, protection, flags, fd,
				     offset);
	if (protection & PROT_WRITE && !(handle->access & IPCQ_OPEN_F_WRITE)) {
		errno = EACCES;
		return MAP_FAILED;
	}
	if (fake->fail_mmap) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (offset == (off_t)IPCQ_REGION_CONTROL_OFFSET) {
		offset = FAKE_DATA_SIZE;
		/* For a tool that tells words apart by their addresses. */
		if (fake->one_mapping)
			return fake_word(handle->object, 0);
	}
	mapping = __real_mmap64(address, length, protection, flags, storage_fd,
				(off_t)slot(handle->object) + offset);
	/* As the kernel has it: the control area is not inherited. */
	if (mapping != MAP_FAILED && offset == FAKE_DATA_SIZE &&
	    madvise(mapping, length, MADV_DONTFORK))
		die("madvise");
	return mapping;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags,
		  int fd, off_t offset)
{
	return __wrap_mmap64(address, length, protection, flags, fd, offset);
}
