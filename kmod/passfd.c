// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passed descriptors: see passfd.h.
 */
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "account.h"
#include "compat.h"
#include "passfd.h"
#include "queue.h"

/*
 * No kernel we build for tells modules what an io_uring instance is.  Its file has this
 * name, in a file system where nobody can give names.
 */
static bool is_uring(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
	       !strcmp(file->f_path.dentry->d_name.name, "[io_uring]");
}

/* Whether a file can itself carry files. */
static bool carries_files(struct file *file)
{
	struct socket *socket = sock_from_file(file);

	if (socket)
		return READ_ONCE(socket->ops)->family == PF_UNIX;
	return file->f_op == &ipcq_queue_fops || is_uring(file);
}

static void put_files(struct ipcq_files *files)
{
	while (files->count)
		fput(files->files[--files->count]);
	kfree(files);
}

/* Takes the files of descriptors.  Returns ERR_PTR() of -ENOMEM, -EBADF, -ELOOP. */
static struct ipcq_files *get_files(const s32 *numbers, u32 count)
{
	struct ipcq_files *files;
	struct file *file;

	files = kmalloc(struct_size(files, files, count), IPCQ_GFP);
	if (!files)
		return ERR_PTR(-ENOMEM);
	for (files->count = 0; files->count < count;) {
		file = fget_raw(numbers[files->count]);
		if (!file) {
			put_files(files);
			return ERR_PTR(-EBADF);
		}
		files->files[files->count++] = file;
		if (carries_files(file)) {
			put_files(files);
			return ERR_PTR(-ELOOP);
		}
	}
	return files;
}

/**
 * ipcq_files_take() - take the files that a message is to carry
 * @account: who pays
 * @numbers: address of the caller's descriptors
 * @count: how many, 1 to IPCQ_FDS_MAX
 *
 * Return: the files; ERR_PTR() of -EFAULT, -ETOOMANYREFS, -ENOMEM, -EBADF, -ELOOP.
 */
struct ipcq_files *ipcq_files_take(struct ipcq_account *account, u64 numbers,
				   u32 count)
{
	s32 list[IPCQ_FDS_MAX];
	struct ipcq_files *files;

	if (copy_from_user(list, u64_to_user_ptr(numbers), count * sizeof(*list)))
		return ERR_PTR(-EFAULT);
	if (ipcq_account_charge(account, IPCQ_RESOURCE_FILES, count))
		return ERR_PTR(-ETOOMANYREFS);
	files = get_files(list, count);
	if (IS_ERR(files))
		ipcq_account_uncharge(account, IPCQ_RESOURCE_FILES, count);
	return files;
}

/* Drops the files of a message; the last reference closes one.  No lock is held. */
void ipcq_files_put(struct ipcq_files *files, struct ipcq_account *account)
{
	ipcq_account_uncharge(account, IPCQ_RESOURCE_FILES, files->count);
	put_files(files);
}

/**
 * ipcq_files_install() - give the calling process descriptors of files
 * @files: the files
 * @room: how many numbers there is room for; of more files the first are given
 * @to: address of the numbers
 * @fds: receives them too, for ipcq_fds_close()
 *
 * From here on other threads of the process see them.
 *
 * Return: 0; -EFAULT, -EMFILE, -ENOMEM, or what a security module says, and then there
 * are none.
 */
int ipcq_files_install(const struct ipcq_files *files, u32 room, u64 to,
		       struct ipcq_fds *fds)
{
	u32 count = min(room, files->count);
	int ret;

	for (fds->count = 0; fds->count < count; fds->count++) {
		ret = ipcq_compat_receive_fd(files->files[fds->count]);
		if (ret < 0)
			goto err_close;
		fds->numbers[fds->count] = ret;
	}
	ret = -EFAULT;
	if (!copy_to_user(u64_to_user_ptr(to), fds->numbers,
			  count * sizeof(*fds->numbers)))
		return 0;
err_close:
	ipcq_fds_close(fds);
	return ret;
}

/* The receiver is not to have them after all. */
void ipcq_fds_close(const struct ipcq_fds *fds)
{
	u32 i;

	for (i = 0; i < fds->count; i++)
		close_fd(fds->numbers[i]);
}
