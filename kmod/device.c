// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ipcq: opens objects, removes names, answers queries.
 *
 * A descriptor of it stands for the registry of the network namespace in which it
 * was opened.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>

#include "account.h"
#include "device.h"
#include "handle.h"
#include "ioctl.h"
#include "limits.h"
#include "queue.h"
#include "region.h"
#include "registry.h"

#define FEATURES	(IPCQ_FEATURE_QUEUE | IPCQ_FEATURE_REGION |	\
			 IPCQ_FEATURE_MUTEX | IPCQ_FEATURE_EVENTCOUNT |	\
			 IPCQ_FEATURE_PRIORITY | IPCQ_FEATURE_QUEUE_SET |	\
			 IPCQ_FEATURE_CREATOR | IPCQ_FEATURE_OWNER |	\
			 IPCQ_FEATURE_SENDER | IPCQ_FEATURE_TYPE |	\
			 IPCQ_FEATURE_VECTOR | IPCQ_FEATURE_TRUNCATE |	\
			 IPCQ_FEATURE_TIME_TO_LIVE | IPCQ_FEATURE_ASYNC |	\
			 IPCQ_FEATURE_DEAD_LETTER | IPCQ_FEATURE_LEASE |	\
			 IPCQ_FEATURE_BATCH | IPCQ_FEATURE_FULL |	\
			 IPCQ_FEATURE_BROADCAST | IPCQ_FEATURE_FILTER |	\
			 IPCQ_FEATURE_CALL | IPCQ_FEATURE_REDELIVERY_LIMIT |	\
			 IPCQ_FEATURE_FDS | IPCQ_FEATURE_SHARES |	\
			 IPCQ_FEATURE_SEND_ALL | IPCQ_FEATURE_PEEK |	\
			 IPCQ_FEATURE_DRAIN)

/* What the calling process's user has, and may have. */
static void query_account(struct ipcq_query *query,
			  const struct ipcq_account *account)
{
	const atomic64_t *used = account->used;

	query->objects = atomic64_read(&used[IPCQ_RESOURCE_OBJECTS]);
	query->objects_limit = ipcq_limit(IPCQ_A_LIMIT_USER_OBJECTS);
	query->message_bytes =
		atomic64_read(&used[IPCQ_RESOURCE_MESSAGE_BYTES]);
	query->message_bytes_limit = ipcq_limit(IPCQ_A_LIMIT_USER_MESSAGE_BYTES);
	query->region_bytes = atomic64_read(&used[IPCQ_RESOURCE_REGION_BYTES]);
	query->region_bytes_limit = ipcq_limit(IPCQ_A_LIMIT_USER_REGION_BYTES);
	query->owners = atomic64_read(&used[IPCQ_RESOURCE_OWNERS]);
	query->owners_limit = ipcq_limit(IPCQ_A_LIMIT_USER_OWNERS);
	query->files = atomic64_read(&used[IPCQ_RESOURCE_FILES]);
	query->files_limit = ipcq_limit(IPCQ_A_LIMIT_USER_FILES);
}

static int device_query(struct ipcq_call *call)
{
	struct ipcq_registry *registry = call->file->private_data;
	struct ipcq_query *query = &call->args.query;
	struct ipcq_account *account = ipcq_account_of_current();

	if (IS_ERR(account))
		return PTR_ERR(account);
	query_account(query, account);
	ipcq_account_put(account);

	query->features = FEATURES;
	query->max_messages = ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGES);
	query->max_message_size = ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGE_SIZE);
	query->max_region_size = ipcq_limit(IPCQ_A_LIMIT_MAX_REGION_SIZE);
	query->max_mutexes = ipcq_limit(IPCQ_A_LIMIT_MAX_MUTEXES);
	query->max_eventcounts = ipcq_limit(IPCQ_A_LIMIT_MAX_EVENTCOUNTS);
	query->namespace_objects = READ_ONCE(registry->objects);
	query->namespace_objects_limit = READ_ONCE(registry->max_objects);

	return ipcq_call_put_all(call, sizeof(*query));
}

static int device_queue_open(struct ipcq_call *call)
{
	struct ipcq_queue_open *args = &call->args.queue_open;

	return ipcq_queue_validate(args) ?:
	       ipcq_handle_open(call->file->private_data, call,
				&ipcq_queue_kind, args);
}

static int device_region_open(struct ipcq_call *call)
{
	struct ipcq_region_open *args = &call->args.region_open;

	return ipcq_region_validate(args) ?:
	       ipcq_handle_open(call->file->private_data, call,
				&ipcq_region_kind, args);
}

static int device_unlink(struct ipcq_call *call)
{
	const struct ipcq_unlink *args = &call->args.unlink;
	struct ipcq_name name;
	int ret;

	if (args->kind > IPCQ_KIND_REGION)
		return -EOPNOTSUPP;
	ret = ipcq_name_copy(&name, args->name, args->name_length);
	if (ret)
		return ret;
	return ipcq_registry_unlink(call->file->private_data, &name, args->kind);
}

static const struct ipcq_operation device_operations[] = {
	IPCQ_OPERATION(IPCQ_IOC_QUERY, struct ipcq_query, IPCQ_QUERY_MIN, 0,
		       device_query),
	IPCQ_OPERATION(IPCQ_IOC_QUEUE_OPEN, struct ipcq_queue_open,
		       IPCQ_QUEUE_OPEN_MIN, IPCQ_OPEN_F_ALL,
		       device_queue_open),
	IPCQ_OPERATION(IPCQ_IOC_REGION_OPEN, struct ipcq_region_open,
		       sizeof(struct ipcq_region_open), IPCQ_OPEN_F_ALL,
		       device_region_open),
	IPCQ_OPERATION(IPCQ_IOC_UNLINK, struct ipcq_unlink,
		       sizeof(struct ipcq_unlink), 0, device_unlink),
};

static long device_ioctl(struct file *file, unsigned int command,
			 unsigned long arg)
{
	return ipcq_dispatch(device_operations, ARRAY_SIZE(device_operations),
			     file, command, arg);
}

static int device_open(struct inode *inode, struct file *file)
{
	struct ipcq_registry *registry =
		ipcq_registry_of(current->nsproxy->net_ns);

	ipcq_registry_get(registry);
	file->private_data = registry;
	return nonseekable_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	ipcq_registry_put(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/*
 * For everybody, as sockets and pipes are: what it gives is bounded per user, and
 * objects have modes of their own.
 */
static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ipcq",
	.fops = &device_fops,
	.mode = 0666,
};

int ipcq_device_init(void)
{
	return misc_register(&device);
}

void ipcq_device_exit(void)
{
	misc_deregister(&device);
}
