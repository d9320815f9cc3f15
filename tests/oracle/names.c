// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct queue *find(const struct names *names, const char *name)
{
	struct queue *queue;

	for (queue = names->queues; queue; queue = queue->next)
		if (name && queue->name && !strcmp(queue->name, name))
			return queue;
	return NULL;
}

static void forget(struct names *names, struct queue *queue)
{
	struct queue **place = &names->queues;

	while (*place != queue)
		place = &(*place)->next;
	*place = queue->next;
	if (!queue->owner)
		names->count--;
	model_free(queue);
}

/* Whether the queue goes on without a handle. */
static bool lives(const struct queue *queue)
{
	return queue->handles ||
	       (queue->name && queue->lifetime == IPCQ_LIFETIME_PERSISTENT);
}

static void unlink_queue(struct names *names, struct queue *queue)
{
	queue->name = NULL;
	if (!lives(queue))
		forget(names, queue);
}

/* What is wrong with the arguments, whatever exists. */
static void judge_open(const struct ipcq_queue_open *args, const struct limits *limits,
		       struct answer *answer)
{
	const struct ipcq_open *open = &args->open;

	if (open->flags & ~IPCQ_OPEN_F_ALL || open->lifetime > IPCQ_LIFETIME_CREATOR)
		add_error(answer, EOPNOTSUPP);
	if (!(open->flags & (IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE)) ||
	    (open->flags & IPCQ_OPEN_F_EXCL && !(open->flags & IPCQ_OPEN_F_CREATE)) ||
	    open->mode & ~0777)
		add_error(answer, EINVAL);
	if (!open->name_length && (!(open->flags & IPCQ_OPEN_F_CREATE) ||
				   open->lifetime != IPCQ_LIFETIME_LAST_CLOSE))
		add_error(answer, EINVAL);
	model_attributes(args, limits, answer);
}

/* User 0 is above the mode; whoever owns it has the owner's bits, and no others. */
static bool granted(const struct queue *queue, uint32_t flags, const struct identity *opener)
{
	uint32_t bits = queue->mode;

	if (opener->uid == queue->owner)
		bits >>= 6;
	else if (opener->gid == queue->group)
		bits >>= 3;
	return !opener->uid || ((!(flags & IPCQ_OPEN_F_READ) || bits & 4) &&
				(!(flags & IPCQ_OPEN_F_WRITE) || bits & 2));
}

bool names_owner(const struct queue *queue, uint32_t user)
{
	return !user || user == queue->owner;
}

int names_judge_dead_letter(const struct names *names, uint64_t id,
			    const struct identity *user)
{
	const struct queue *queue = model_find(names->queues, id);

	if (!id)
		return 0;
	if (!queue)
		return ENOENT;
	return granted(queue, IPCQ_OPEN_F_WRITE, user) ? 0 : EACCES;
}

static int judge_existing(const struct names *names, const struct queue *queue,
			  const struct ipcq_queue_open *args, const struct identity *opener)
{
	if (!queue && !(args->open.flags & IPCQ_OPEN_F_CREATE))
		return ENOENT;
	if (!queue)
		return names_judge_dead_letter(names, args->dead_letter, opener);
	if (args->open.flags & IPCQ_OPEN_F_EXCL)
		return EEXIST;
	if (!granted(queue, args->open.flags, opener))
		return EACCES;
	return model_has_attributes(queue, args) ? 0 : EBADR;
}

static struct queue *add(struct names *names, const struct ipcq_queue_open *args,
			 const char *name, const struct limits *limits,
			 const struct identity *owner)
{
	struct queue *queue = model_new(args, limits);

	queue->all = &names->queues;
	queue->name = name;
	queue->lifetime = args->open.lifetime;
	queue->owner = owner->uid;
	queue->group = owner->gid;
	queue->mode = args->open.mode;
	queue->next = names->queues;
	names->queues = queue;
	if (!queue->owner)
		names->count++;
	return queue;
}

void names_open(struct names *names, const struct ipcq_queue_open *args, const char *name,
		const struct limits *limits, const struct identity *opener,
		struct handle *handle, struct answer *answer)
{
	struct queue *queue = find(names, name);
	int error = judge_existing(names, queue, args, opener);

	judge_open(args, limits, answer);
	if (error)
		add_error(answer, error);
	if (answer->error_count)
		return;
	*handle = (struct handle) {
		.open = true,
		.reads = args->open.flags & IPCQ_OPEN_F_READ,
		.writes = args->open.flags & IPCQ_OPEN_F_WRITE,
		.nonblock = args->open.flags & IPCQ_OPEN_F_NONBLOCK,
		.opener = *opener,
		.creator = !queue && args->open.lifetime == IPCQ_LIFETIME_CREATOR,
	};
	if (!queue)
		queue = add(names, args, name, limits, opener);
	handle->queue = queue;
	queue->handles++;
}

/* The descriptor is closed and no call is in progress any more. */
static void release(struct names *names, struct handle *handle)
{
	struct queue *queue = handle->queue;

	if (handle->open || handle->calls)
		return;
	handle->queue = NULL;
	queue->handles--;
	if (handle->creator && queue->name)
		unlink_queue(names, queue);
	else if (!lives(queue))
		forget(names, queue);
}

void names_close(struct names *names, struct handle *handle)
{
	handle->open = false;
	release(names, handle);
}

void names_call_begins(struct handle *handle)
{
	handle->calls++;
}

void names_call_ended(struct names *names, struct handle *handle)
{
	handle->calls--;
	release(names, handle);
}

int names_unlink(struct names *names, const char *name, uint32_t user)
{
	struct queue *queue = find(names, name);

	if (!queue)
		return ENOENT;
	if (!names_owner(queue, user))
		return EPERM;
	unlink_queue(names, queue);
	return 0;
}

void names_free(struct names *names)
{
	while (names->queues)
		forget(names, names->queues);
}
