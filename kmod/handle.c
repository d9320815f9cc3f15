// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: see handle.h.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>

#include "account.h"
#include "handle.h"
#include "ioctl.h"
#include "owner.h"
#include "queue.h"
#include "registry.h"
#include "share.h"

/**
 * ipcq_name_copy() - copy a name from user space and check it
 * @name: where to
 * @user: its address
 * @length: its length, 1 or more
 *
 * Control characters are refused, so that a name can be printed; bytes from 128
 * on are not judged, so that it can be UTF-8.
 *
 * Return: 0, -EINVAL, -ENAMETOOLONG, -EFAULT.
 */
int ipcq_name_copy(struct ipcq_name *name, u64 user, u32 length)
{
	u32 i;

	if (!length)
		return -EINVAL;
	if (length > IPCQ_NAME_MAX)
		return -ENAMETOOLONG;
	if (copy_from_user(name->bytes, u64_to_user_ptr(user), length))
		return -EFAULT;
	name->length = length;

	for (i = 0; i < length; i++) {
		unsigned char c = name->bytes[i];

		if (c < ' ' || c == 127)
			return -EINVAL;
	}
	return 0;
}

static int parse_open(const struct ipcq_open *open, struct ipcq_name *name,
		      struct ipcq_open_request *request)
{
	u32 access = open->flags & (IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE);

	if (!access || open->mode & ~0777)
		return -EINVAL;
	if (open->flags & IPCQ_OPEN_F_EXCL && !(open->flags & IPCQ_OPEN_F_CREATE))
		return -EINVAL;
	if (open->lifetime > IPCQ_LIFETIME_CREATOR)
		return -EOPNOTSUPP;

	request->owner = INVALID_UID;
	if (open->flags & IPCQ_OPEN_F_OWNER) {
		request->owner = make_kuid(current_user_ns(), open->owner);
		if (!uid_valid(request->owner))
			return -EINVAL;
	} else if (open->owner) {
		return -EINVAL;
	}

	request->flags = open->flags;
	request->mode = open->mode;
	request->lifetime = open->lifetime;
	request->name = name;
	if (open->name_length)
		return ipcq_name_copy(name, open->name, open->name_length);

	name->length = 0;
	if (open->name || open->lifetime != IPCQ_LIFETIME_LAST_CLOSE ||
	    !(open->flags & IPCQ_OPEN_F_CREATE))
		return -EINVAL;
	return 0;
}

static struct ipcq_handle *handle_new(void)
{
	struct ipcq_handle *handle;
	struct ipcq_account *account;
	int ret;

	handle = kzalloc(sizeof(*handle), IPCQ_GFP);
	if (!handle)
		return ERR_PTR(-ENOMEM);
	account = ipcq_account_of_current();
	if (IS_ERR(account)) {
		ret = PTR_ERR(account);
		goto err_handle;
	}
	ret = ipcq_senders_init(&handle->senders, account);
	if (ret)
		goto err_account;
	handle->account = account;
	INIT_LIST_HEAD(&handle->owners);
	return handle;

err_account:
	ipcq_account_put(account);
err_handle:
	kfree(handle);
	return ERR_PTR(ret);
}

/* The file is being released: ends what its owners hold, and the handle. */
void ipcq_handle_release(struct ipcq_handle *handle)
{
	if (handle->object) {
		ipcq_owners_end_handle(handle);
		if (handle->senders.share)
			ipcq_share_leave(to_ipcq_queue(handle->object),
					 handle->senders.share);
		ipcq_registry_close(handle->object, handle->creator);
	}
	ipcq_senders_fini(&handle->senders);
	ipcq_account_put(handle->account);
	kfree(handle);
}

/* A handle that is to send has a share.  Returns 0 or -ENOMEM. */
static int prepare_share(struct ipcq_handle *handle, const struct ipcq_kind *kind,
			 u32 open_flags)
{
	struct ipcq_share *share;

	if (kind->kind != IPCQ_KIND_QUEUE || !(open_flags & IPCQ_OPEN_F_WRITE))
		return 0;
	share = ipcq_share_new(handle->account);
	if (IS_ERR(share))
		return PTR_ERR(share);
	handle->senders.share = share;
	return 0;
}

/* A file for a handle that has no object yet; the file owns the handle. */
static struct file *handle_file(const struct ipcq_kind *kind, u32 open_flags)
{
	struct ipcq_handle *handle;
	struct file *file;
	int flags = 0, ret;

	if (open_flags & IPCQ_OPEN_F_WRITE)
		flags = open_flags & IPCQ_OPEN_F_READ ? O_RDWR : O_WRONLY;
	if (open_flags & IPCQ_OPEN_F_NONBLOCK)
		flags |= O_NONBLOCK;

	handle = handle_new();
	if (IS_ERR(handle))
		return ERR_CAST(handle);
	ret = prepare_share(handle, kind, open_flags);
	if (ret) {
		ipcq_handle_release(handle);
		return ERR_PTR(ret);
	}
	file = anon_inode_getfile(kind->file_name, kind->fops, handle, flags);
	if (IS_ERR(file)) {
		ipcq_handle_release(handle);
		return file;
	}
	handle->file = file;
	stream_open(NULL, file);
	file->f_mode |= kind->file_mode;
	return file;
}

/**
 * ipcq_handle_open() - open an object and give the caller a descriptor
 * @registry: where its name is
 * @call: the call; its arguments begin with struct ipcq_open
 * @kind: the kind of object
 * @attributes: the attributes demanded, validated by the kind
 *
 * The file is made first, while nothing is visible yet.  Then the object is opened
 * or created.  What can still fail is telling the caller, and that is undone.
 *
 * Return: 0 or an error of struct ipcq_open.
 */
int ipcq_handle_open(struct ipcq_registry *registry, struct ipcq_call *call,
		     const struct ipcq_kind *kind, const void *attributes)
{
	struct ipcq_open *open = &call->args.open;
	struct ipcq_open_request request = {
		.kind = kind,
		.attributes = attributes,
	};
	struct ipcq_handle *handle;
	struct ipcq_name name;
	struct file *file;
	int ret, fd;

	ret = parse_open(open, &name, &request);
	if (ret)
		return ret;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = handle_file(kind, open->flags);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_fd;
	}
	handle = file->private_data;
	request.account = handle->account;

	ret = ipcq_registry_open(registry, &request, &handle->object);
	if (ret < 0)
		goto err_file;

	if (handle->senders.share)
		ipcq_share_join(to_ipcq_queue(handle->object), &handle->senders);
	handle->creator = ret;
	open->created = ret;
	open->fd = fd;
	open->id = handle->object->id;
	if (ipcq_call_put_member(call, open)) {
		ret = -EFAULT;
		goto err_object;
	}

	/* Nothing below can fail. */
	fd_install(fd, file);
	return 0;

err_object:
	if (open->created)
		ipcq_registry_retract(handle->object);
err_file:
	fput(file);
err_fd:
	put_unused_fd(fd);
	return ret;
}
