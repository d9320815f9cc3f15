// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a call of the module: its struct, where it lies, what it points to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/ipcq.h>

#include "fuzz.h"

uint64_t fuzz_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* -------------------------------------------------------------- descriptors */

int fuzz_fd(uint64_t slot)
{
	if (slot < FUZZ_SLOTS)
		return __atomic_load_n(&fuzz_runner->slots[slot],
				       __ATOMIC_RELAXED);
	return slot == FUZZ_NULL_SLOT ? fuzz_runner->null : -1;
}

void fuzz_set_slot(uint64_t slot, int fd)
{
	if (slot < FUZZ_SLOTS)
		fd = __atomic_exchange_n(&fuzz_runner->slots[slot], fd,
					 __ATOMIC_RELAXED);
	if (fd >= 0)
		close(fd);
}

/* ------------------------------------------------------------------- places */

/* A mapping of the program; where there is none, an address that has none. */
static char *mapping(unsigned int number)
{
	char *address = __atomic_load_n(&fuzz_runner->maps[number].address,
					__ATOMIC_RELAXED);

	return address ?: (char *)0x10000;
}

void *fuzz_place(const struct fuzz_arena *arena, uint64_t place, size_t size)
{
	size_t fits = size < ARENA_SIZE ? size : ARENA_SIZE;

	switch (place) {
	case PLACE_EDGE:
		return arena->writable + ARENA_SIZE - fits;
	case PLACE_SHORT:
		return arena->writable + ARENA_SIZE - (fits / 2 & ~7UL);
	case PLACE_READONLY:
		return (void *)arena->readonly;
	case PLACE_UNMAPPED:
		return arena->writable + ARENA_SIZE;
	case PLACE_KERNEL:
		return (void *)0xffff888000100000UL;
	case PLACE_HIGH:
		return (void *)0x7ffffffff000UL - 8;
	case PLACE_ODD:
		return arena->writable + 3;
	case PLACE_MAP:
		return mapping(0);
	case PLACE_CONTROL:
		return mapping(1);
	case PLACE_NULL:
		return NULL;
	default:
		return arena->writable;
	}
}

void fuzz_fill(const struct fuzz_arena *arena, uint64_t place, void *to,
	       const void *from, size_t size)
{
	struct iovec source = { (void *)from, size }, target = { to, size };

	if (size > ARENA_SIZE)
		source.iov_len = target.iov_len = size = ARENA_SIZE;
	switch (place) {
	case PLACE_GOOD:
	case PLACE_EDGE:
		memcpy(to, from, size);
		return;
	case PLACE_SHORT:
		memcpy(to, from, size / 2 & ~7UL);
		return;
	case PLACE_ODD:
		memcpy(to, from, size < ARENA_SIZE - 3 ? size : ARENA_SIZE - 3);
		return;
	case PLACE_READONLY:
		memcpy(arena->writable, from, size);
		return;
	case PLACE_MAP:
	case PLACE_CONTROL:
		/* It may go away meanwhile: the kernel copies, and can fail. */
		(void)!process_vm_writev(getpid(), &source, 1, &target, 1, 0);
		return;
	}
}

/* -------------------------------------------------------------------- names */

static const char control[] = { 'a', '\n', 'b' };

unsigned int fuzz_name(uint64_t which, char *name)
{
	if (which <= FUZZ_NAMES)
		return sprintf(name, "p%u.%c", fuzz_runner->number,
			       (char)('a' + which - 1));
	memset(name, 'n', 256);
	switch (which) {
	case 5:
		return 255;
	case 6:
		return 256;
	case 7:
		memcpy(name, control, sizeof(control));
		return sizeof(control);
	case 8:
		name[1] = '\0';
		return 3;
	default:
		return 1;
	}
}

/* Puts a name where it belongs, and returns its address. */
static uint64_t place_name(struct fuzz_lane *lane, uint64_t which,
			   unsigned int *length)
{
	uint64_t place = PLACE_GOOD;
	char name[256];
	void *to;

	*length = 0;
	if (!which)
		return 0;
	*length = fuzz_name(which, name);
	if (which == 9)
		place = PLACE_EDGE;
	else if (which == 10)
		place = PLACE_UNMAPPED;
	else if (which == 11)
		place = PLACE_KERNEL;
	to = fuzz_place(&lane->payload, place, *length);
	fuzz_fill(&lane->payload, place, to, name, *length);
	return (uintptr_t)to;
}

/* ------------------------------------------------------------------- structs */

static uint64_t deadline(uint64_t time)
{
	if (time <= 1 || time == FUZZ_AUTO)
		return time;
	return fuzz_now() + time % 20000 * 1000;
}

static uint64_t member(struct fuzz_lane *lane, const struct fuzz_type *type,
		       const struct fuzz_call *call, unsigned int i,
		       unsigned int *name_length)
{
	uint64_t value = call->value[i];

	switch (type->fields[i].kind) {
	case FUZZ_PLACE:
		/* The length is the member behind it. */
		return (uintptr_t)fuzz_place(&lane->payload, value,
					     call->value[i + 1]);
	case FUZZ_NAME:
		return place_name(lane, value, name_length);
	case FUZZ_LENGTH:
		return value == FUZZ_AUTO ? *name_length : value;
	case FUZZ_TIME:
		return deadline(value);
	case FUZZ_USER:
		return value == 1 || value == 2 ?
			fuzz_runner->uid + value - 1 : value;
	default:
		return value;
	}
}

/* Makes the struct of a call; returns how many bytes the caller says it has. */
static uint32_t make_struct(struct fuzz_lane *lane, const struct fuzz_call *call,
			    char *bytes)
{
	const struct fuzz_type *type = &fuzz_types[call->type];
	uint32_t size = call->value[FIELD_SIZE];
	unsigned int i, name_length = 0;

	if (call->value[FIELD_SIZE] == FUZZ_AUTO)
		size = type->size;
	memset(bytes, 0, type->size);
	memset(bytes + type->size, (int)call->value[FIELD_TAIL],
	       ARENA_SIZE - type->size);
	for (i = FIELD_TAIL + 1; i < fuzz_type_fields(type); i++) {
		const struct fuzz_field *field = &type->fields[i];
		uint64_t value;

		if (!field->width)
			continue;
		value = member(lane, type, call, i, &name_length);
		memcpy(bytes + field->offset, &value, field->width);
	}
	memcpy(bytes, &size, sizeof(size));
	return size;
}

/* What an open tells, if it cannot have been changed meanwhile. */
static void take_fd(const struct fuzz_type *type, const struct fuzz_call *call,
		    const void *at)
{
	int fd;

	if (call->value[FIELD_PLACE] == PLACE_MAP ||
	    call->value[FIELD_PLACE] == PLACE_CONTROL) {
		fuzz_runner->fds_unknown = true;
		return;
	}
	memcpy(&fd, (const char *)at + type->fd_offset, sizeof(fd));
	if (fd < fuzz_runner->base)
		fuzz_fail("%s succeeded and told descriptor %d", type->name, fd);
	fuzz_set_slot(call->value[FIELD_INTO], fd);
}

static bool brings_filter(unsigned int command, const char *bytes)
{
	uint32_t flags;

	memcpy(&flags, bytes + offsetof(struct ipcq_queue_receive, flags),
	       sizeof(flags));
	return command == IPCQ_IOC_QUEUE_FILTER ||
	       (command == IPCQ_IOC_QUEUE_RECEIVE &&
		flags & IPCQ_RECEIVE_F_FILTER);
}

/* What a message brings lies where another call may write. */
static bool brings_fds(unsigned int command, const char *bytes)
{
	uint32_t room;

	memcpy(&room, bytes + offsetof(struct ipcq_queue_receive, fd_count),
	       sizeof(room));
	return command == IPCQ_IOC_QUEUE_RECEIVE && room;
}

long fuzz_ioctl(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const struct fuzz_type *type = &fuzz_types[call->type];
	uint64_t place = call->value[FIELD_PLACE];
	char bytes[ARENA_SIZE];
	uint32_t size = make_struct(lane, call, bytes);
	size_t room = size < ARENA_SIZE ? size : ARENA_SIZE;
	void *at;
	int ret;

	/* With a size that is too small, all of the struct is there. */
	if (room < type->size)
		room = type->size;
	at = fuzz_place(&lane->arguments, place, room);
	fuzz_fill(&lane->arguments, place, at, bytes, room);
	if (brings_filter(type->command, bytes))
		fuzz_runner->filtered = true;
	ret = ioctl(fuzz_fd(call->value[FIELD_FD]), type->command, at);
	if (ret < 0)
		return -errno;
	if (brings_fds(type->command, bytes))
		fuzz_runner->fds_unknown = true;
	if (type->fd_offset)
		take_fd(type, call, at);
	return ret;
}
