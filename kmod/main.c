// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcq: message queues and shared memory regions with kernel synchronization.
 *
 * Loading and unloading, and nothing else.  The files depend on each other
 * downward only:
 *
 *	main
 *	device, netlink
 *	queue_file, region_file		descriptors
 *	queue_calls, lease, batch,	what is more than plain
 *	  call
 *	queue_object, queue, expire,	queues
 *	  hold, request, broadcast
 *	backlog, queue_memory, message	what they hold
 *	region, mutex, eventcount	regions
 *	owner, handle, registry, object	what both have in common
 *	sender				who sent what
 *	ioctl, vector, wait, account	arguments, waiting, charges
 *	limits				what is allowed
 *	words.h				short copies from and to user space
 *	order.h, priority.h, bounds.h	pure
 */
#include <linux/module.h>

#include "account.h"
#include "device.h"
#include "limits.h"
#include "message.h"
#include "netlink.h"
#include "owner.h"
#include "queue.h"
#include "registry.h"

/* What users can reach comes last, and goes first. */
static int __init ipcq_init(void)
{
	int ret;

	ipcq_limits_init();
	ret = ipcq_message_init();
	if (ret)
		return ret;
	ret = ipcq_queue_init();
	if (ret)
		goto err_message;
	ret = ipcq_owners_start();
	if (ret)
		goto err_queue;
	ret = ipcq_registry_init();
	if (ret)
		goto err_owners;
	ret = ipcq_netlink_init();
	if (ret)
		goto err_registry;
	ret = ipcq_device_init();
	if (ret)
		goto err_netlink;
	return 0;

err_netlink:
	ipcq_netlink_exit();
err_registry:
	ipcq_registry_exit();
err_owners:
	ipcq_owners_stop();
err_queue:
	ipcq_queue_exit();
err_message:
	ipcq_message_exit();
	return ret;
}

/* Every object and handle holds the module, so here there is none. */
static void __exit ipcq_exit(void)
{
	ipcq_device_exit();
	ipcq_netlink_exit();
	ipcq_registry_exit();
	ipcq_owners_stop();
	ipcq_queue_exit();
	ipcq_message_exit();
	ipcq_accounts_exit();
}

module_init(ipcq_init);
module_exit(ipcq_exit);

MODULE_DESCRIPTION("Message queues and shared memory regions with kernel synchronization");
MODULE_AUTHOR("The ipcq authors");
MODULE_LICENSE("GPL");
