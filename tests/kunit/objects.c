// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening and using what the module has, as the device and its descriptors do.
 */
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/net_namespace.h>

#include "common.h"
#include "compat.h"

static void set_name(struct ipcq_name *name, const char *text)
{
	name->length = text ? strlen(text) : 0;
	memcpy(name->bytes, text, name->length);
}

static struct ipcq_registry *registry_or_initial(struct ipcq_registry *registry)
{
	return registry ?: ipcq_registry_of(&init_net);
}

struct opened {
	struct ipcq_handle handle;	/* first, because it is freed by the module */
	int fd;
};

/*
 * Who attaches through a handle must have a descriptor of its file.  All kernel
 * threads share one table; the file is any.
 */
static int install(struct opened *opened)
{
	struct file *file;

	opened->fd = get_unused_fd_flags(O_CLOEXEC);
	if (opened->fd < 0)
		return opened->fd;
	file = ipcq_compat_shmem_file("ipcq-kunit", PAGE_SIZE);
	if (IS_ERR(file)) {
		put_unused_fd(opened->fd);
		opened->fd = -1;
		return PTR_ERR(file);
	}
	opened->handle.file = file;
	fd_install(opened->fd, file);
	return 0;
}

void ipcq_kunit_close(struct ipcq_handle *handle)
{
	struct opened *opened = container_of(handle, struct opened, handle);

	if (opened->fd >= 0)
		close_fd(opened->fd);
	opened->fd = -1;
}

void ipcq_kunit_release(struct ipcq_handle *handle)
{
	/* A case that does not expect an error need not ask. */
	if (WARN_ON(IS_ERR(handle)))
		return;
	ipcq_kunit_close(handle);
	ipcq_handle_release(handle);
}

/* As ipcq_handle_open(); only regions have a descriptor. */
struct ipcq_handle *ipcq_kunit_open_as(const struct ipcq_kunit_want *want)
{
	struct ipcq_open_request request = {
		.kind = want->kind,
		.attributes = &want->with,
		.flags = want->flags ?: IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE |
					IPCQ_OPEN_F_CREATE,
		.mode = want->mode ?: 0600,
		.lifetime = want->lifetime,
		.owner = want->owner ? *want->owner : INVALID_UID,
	};
	struct ipcq_handle *handle;
	struct opened *opened;
	struct ipcq_name name;
	int ret;

	opened = kzalloc(sizeof(*opened), GFP_KERNEL);
	if (!opened)
		return ERR_PTR(-ENOMEM);
	opened->fd = -1;
	handle = &opened->handle;
	handle->account = ipcq_account_of_current();
	if (IS_ERR(handle->account)) {
		ret = PTR_ERR(handle->account);
		kfree(opened);
		return ERR_PTR(ret);
	}
	ret = ipcq_senders_init(&handle->senders, handle->account);
	if (ret) {
		ipcq_account_put(handle->account);
		kfree(opened);
		return ERR_PTR(ret);
	}
	INIT_LIST_HEAD(&handle->owners);
	if (want->kind == &ipcq_queue_kind)
		handle->senders.share = ipcq_share_new(handle->account);
	if (IS_ERR(handle->senders.share)) {
		ret = PTR_ERR(handle->senders.share);
		handle->senders.share = NULL;
		goto err_handle;
	}
	set_name(&name, want->name);
	request.name = &name;
	request.account = handle->account;

	ret = ipcq_registry_open(registry_or_initial(want->registry), &request,
				 &handle->object);
	if (ret < 0)
		goto err_handle;
	handle->creator = ret;
	if (handle->senders.share)
		ipcq_share_join(to_ipcq_queue(handle->object), &handle->senders);
	ret = want->kind == &ipcq_region_kind ? install(opened) : 0;
	if (ret)
		goto err_handle;
	return handle;

err_handle:
	ipcq_handle_release(handle);
	return ERR_PTR(ret);
}

bool ipcq_kunit_has_name(struct ipcq_registry *registry, const char *text)
{
	struct ipcq_object *object;
	struct ipcq_name name;

	registry = registry_or_initial(registry);
	set_name(&name, text);
	mutex_lock(&registry->lock);
	object = ipcq_registry_find(registry, &name);
	mutex_unlock(&registry->lock);
	return object;
}

int ipcq_kunit_unlink(struct ipcq_registry *registry, const char *text, u32 kind)
{
	struct ipcq_name name;

	set_name(&name, text);
	return ipcq_registry_unlink(registry_or_initial(registry), &name, kind);
}

/* A message of the thread's that somebody pays for, or ERR_PTR(). */
struct ipcq_message *ipcq_kunit_message(struct ipcq_account *account, u32 class)
{
	struct ipcq_sender *sender = ipcq_sender_new(account, NULL);
	struct ipcq_message *message;

	if (IS_ERR(sender))
		return ERR_CAST(sender);
	message = ipcq_message_new(sender, class);
	ipcq_sender_put(sender);
	return message;
}

/* Returns the message's number, or an error. */
int ipcq_kunit_send(struct ipcq_handle *handle, const void *data, size_t length,
		    u32 priority, bool nonblock)
{
	struct kvec vector = { .iov_base = (void *)data, .iov_len = length };
	const struct ipcq_envelope envelope = { .priority = priority };
	struct iov_iter iter;
	struct ipcq_send send = {
		.from.length = length,
		.from.iter = &iter,
		.senders = &handle->senders,
		.envelope = priority ? &envelope : NULL,
		.patience.nonblock = nonblock,
	};
	int ret;

	iov_iter_kvec(&iter, WRITE, &vector, 1, length);
	ret = ipcq_queue_send(ipcq_kunit_queue(handle), &send);
	return ret ?: send.sequence;
}

/* The next message, which must be there, reserved. */
struct ipcq_message *ipcq_kunit_reserve(struct ipcq_handle *handle, size_t size)
{
	struct ipcq_receive receive = {
		.room = size,
		.filter = &handle->filter,
		.patience.nonblock = true,
	};

	return ipcq_queue_reserve(ipcq_kunit_queue(handle), &receive);
}

/* Ends a reservation whose copy failed. */
int ipcq_kunit_fail(struct ipcq_handle *handle, struct ipcq_message *message)
{
	return ipcq_queue_end(ipcq_kunit_queue(handle), NULL, message, -EFAULT);
}

/* Returns the length of a message that is received, or an error. */
int ipcq_kunit_receive(struct ipcq_handle *handle, void *data, size_t size)
{
	struct kvec vector = { .iov_base = data, .iov_len = size };
	struct ipcq_queue *queue = ipcq_kunit_queue(handle);
	struct ipcq_message *message;
	struct ipcq_buffer to = {};
	struct iov_iter iter;
	int length, ret;

	message = ipcq_kunit_reserve(handle, size);
	if (IS_ERR(message))
		return PTR_ERR(message);
	iov_iter_kvec(&iter, READ, &vector, 1, size);
	to.iter = &iter;
	to.length = size;
	length = message->length;
	ret = ipcq_queue_end(queue, NULL, message, ipcq_message_copy_out(message, &to));
	return ret ?: length;
}
