// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names and handles: opened, closed and unlinked.
 */
#include "../guest/common.h"
#include "operations.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = { NULL, "oracle-a", "oracle-b" };
#define NAMES	(sizeof(names) / sizeof(*names))

/* So that most of those who open again what exists demand what it has. */
static struct ipcq_queue_open draw_open(const char *name)
{
	static const uint32_t modes[] = { 0600, 0666, 0642, 0624, 0, 0200, 0006 };
	struct ipcq_queue_open args = queue_args(name, percent(90) ? CREATE : 0);

	args.open.flags |= percent(70) ? RW : 1U << draw(2);
	if (percent(20))
		args.open.flags |= IPCQ_OPEN_F_NONBLOCK;
	if (percent(5))
		args.open.flags |= IPCQ_OPEN_F_EXCL;
	if (name)
		args.open.lifetime = draw(3);
	args.order = name ? name == names[1] : draw(2);
	if (percent(name ? 30 : 80))
		args.max_messages = draw_messages();
	if (percent(name ? 10 : 60))
		args.max_message_size = draw_size();
	if (percent(name ? 5 : 20))
		args.max_bytes = draw_bytes(args.max_message_size);
	if (percent(5))
		args.time_to_live = life_nanoseconds(1 + draw(3));
	if (percent(name ? 5 : 30))
		args.full = draw_full();
	if (percent(30))
		args.dead_letter = draw_dead_letter(NULL);
	if (percent(name ? 5 : 30))
		args.redelivery_limit = 1 + draw(2);
	args.open.mode = modes[draw(sizeof(modes) / sizeof(*modes))];
	return args;
}

static void spoil_open(struct ipcq_queue_open *args)
{
	switch (draw(6)) {
	case 0:
		args->open.flags |= 1U << 31;
		break;
	case 1:
		args->open.flags &= ~RW;
		break;
	case 2:
		args->open.mode |= 01000;
		break;
	case 3:
		args->open.lifetime = 3;
		break;
	case 4:
		args->order = 2;
		break;
	default:
		args->reserved2 = 1;
	}
}

static struct handle *free_handle(void)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		if (!world.handles[i].open && !world.handles[i].calls)
			return &world.handles[i];
	return NULL;
}

/* The module's answer to an open for which the model has @answer. */
static void compare_open(struct handle *handle, const struct answer *answer,
			 const struct ipcq_queue_open *args, long result)
{
	bool new = handle->queue && !handle->queue->id;

	if (result < 0 ? !may_fail(answer, -result) : result || answer->error_count) {
		disagree("the result is %s and should be %s", error_text(result),
			 answer_text(answer));
		if (!result)
			close(args->open.fd);
		handle->open = false;
		return;
	}
	if (result)
		return;
	handle->fd = args->open.fd;
	if (new)
		handle->queue->id = args->open.id;
	if (args->open.id != handle->queue->id || args->open.created != new)
		disagree("object %llu was opened and should be %llu, created %u",
			 (unsigned long long)args->open.id,
			 (unsigned long long)handle->queue->id, args->open.created);
}

static void close_handle(struct handle *handle)
{
	say("close %ld", (long)(handle - world.handles));
	assert_int_equal(close(handle->fd), 0);
	owner_ends(&world.pending[0], handle);
	names_close(&world.names, handle);
}

void do_open(void)
{
	struct handle *handle = free_handle();
	const char *name = percent(20) ? NULL : names[1 + draw(NAMES - 1)];
	struct ipcq_queue_open args = draw_open(name);
	struct identity opener = { .pid = actor(0)->pid, .start = actor(0)->start };
	struct answer answer = { 0 };

	if (!handle)
		return;
	if (percent(15))
		opener.uid = opener.gid = STRANGER;
	if (percent(5))
		spoil_open(&args);
	say("open %ld: %s, flags %#x, lifetime %u, order %u, %u messages, of %u bytes, %llu bytes",
	    (long)(handle - world.handles), name ?: "(anonymous)", args.open.flags,
	    args.open.lifetime, args.order, args.max_messages, args.max_message_size,
	    (unsigned long long)args.max_bytes);
	say("mode %#o, life %llu, dead letters to %llu, full %u, by user %u", args.open.mode,
	    (unsigned long long)args.time_to_live, (unsigned long long)args.dead_letter,
	    args.full, opener.uid);
	names_open(&world.names, &args, name, &world.limits, &opener, handle, &answer);
	compare_open(handle, &answer, &args,
		     call_as(opener.uid, device(), IPCQ_IOC_QUEUE_OPEN, &args));
	/* A second user would get a share, of which the model knows nothing. */
	if (handle->open && opener.uid && args.open.flags & IPCQ_OPEN_F_WRITE)
		close_handle(handle);
}

/* Whose descriptor it is that is closed where several processes have it is not said. */
static bool held_by_others(const struct handle *handle)
{
	const struct message *message = handle->queue->held;
	unsigned int i;

	for (i = 1; i < ACTORS; i++)
		if (world.pending[i].busy && world.pending[i].handle == handle &&
		    world.pending[i].call.leases)
			return true;
	while (message && (message->holder_handle != handle ||
			   message->holder == &world.pending[0]))
		message = message->next;
	return message;
}

void do_close(void)
{
	struct handle *handle = draw_handle();

	if (!handle)
		return;
	if (held_by_others(handle) || !owner_can_end(&world.pending[0], handle))
		return;
	close_handle(handle);
}

void do_unlink(void)
{
	const char *name = names[1 + draw(NAMES - 1)];
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)name,
		.name_length = strlen(name),
	};
	uint32_t user = percent(20) ? STRANGER : 0;
	int error = names_unlink(&world.names, name, user);
	long result;

	say("unlink %s, by user %u", name, user);
	result = call_as(user, device(), IPCQ_IOC_UNLINK, &args);
	if (result != -error)
		disagree("the result is %s and should be %d", error_text(result), -error);
}

