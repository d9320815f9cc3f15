// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's netlink family.  The library's socket gets ways to send and to
 * receive that end here instead of in the kernel; all else of libnl is as ever.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ipcq_netlink.h>

#include "fake.h"
#include "wraps.h"

#define FAMILY	0x77

static struct nlmsghdr request;		/* the header of what was sent last */
static struct {
	uint64_t id;
	uint32_t kind;
	char name[IPCQ_NAME_MAX + 1];
} wanted;

static bool limits_sent;
static int limits_error;		/* of the limits that were sent last */

/* Sets all of them or none.  0 stands for what is out of range. */
static int set_limits(struct nl_msg *message)
{
	struct nlattr *a[IPCQ_A_LIMIT_MAX + 1];
	int i, count = 0;

	if (genlmsg_parse(nlmsg_hdr(message), 0, a, IPCQ_A_LIMIT_MAX, NULL) < 0)
		return -EINVAL;
	if (fake->unprivileged)
		return -EPERM;
	for (i = IPCQ_A_LIMIT_MAX_MESSAGES; i <= IPCQ_A_LIMIT_MAX; i++) {
		if (a[i] && !nla_get_u64(a[i]))
			return -EINVAL;
		count += !!a[i];
	}
	for (i = IPCQ_A_LIMIT_MAX_MESSAGES; i <= IPCQ_A_LIMIT_MAX; i++)
		if (a[i])
			fake->limits[i] = nla_get_u64(a[i]);
	return count ? 0 : -EINVAL;
}

static bool is_about_limits(struct nl_msg *message)
{
	const struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(message));

	return header->cmd == IPCQ_CMD_LIMITS_SET;
}

static int on_send(struct nl_sock *socket, struct nl_msg *message)
{
	struct nlattr *a[IPCQ_A_MAX + 1];

	(void)socket;
	request = *nlmsg_hdr(message);
	limits_sent = is_about_limits(message);
	if (limits_sent) {
		limits_error = set_limits(message);
		return (int)request.nlmsg_len;
	}
	memset(&wanted, 0, sizeof(wanted));
	if (genlmsg_parse(nlmsg_hdr(message), 0, a, IPCQ_A_MAX, NULL) < 0)
		return -NLE_INVAL;
	if (a[IPCQ_A_ID])
		wanted.id = nla_get_u64(a[IPCQ_A_ID]);
	if (a[IPCQ_A_KIND])
		wanted.kind = nla_get_u32(a[IPCQ_A_KIND]);
	if (a[IPCQ_A_NAME])
		nla_strlcpy(wanted.name, a[IPCQ_A_NAME], sizeof(wanted.name));
	return (int)request.nlmsg_len;
}

static void put_queue(struct nl_msg *message, const struct fake_queue *queue)
{
	struct nlattr *nest = nla_nest_start(message, IPCQ_A_QUEUE);

	nla_put_u32(message, IPCQ_A_QUEUE_MAX_MESSAGES, queue->max_messages);
	nla_put_u32(message, IPCQ_A_QUEUE_MAX_MESSAGE_SIZE,
		    queue->max_message_size);
	nla_put_u64(message, IPCQ_A_QUEUE_MAX_BYTES, queue->max_bytes);
	nla_put_u32(message, IPCQ_A_QUEUE_ORDER, queue->order);
	nla_put_u32(message, IPCQ_A_QUEUE_MESSAGES, queue->count);
	nla_put_u64(message, IPCQ_A_QUEUE_BYTES, queue->bytes);
	nla_put_u64(message, IPCQ_A_QUEUE_MEMORY, queue->bytes);
	nla_put_u64(message, IPCQ_A_QUEUE_SENT, queue->sent);
	nla_put_u64(message, IPCQ_A_QUEUE_RECEIVED, queue->received);
	nla_put_u32(message, IPCQ_A_QUEUE_WAITING_SENDERS,
		    queue->waiting_senders);
	nla_put_u32(message, IPCQ_A_QUEUE_WAITING_RECEIVERS,
		    queue->waiting_receivers);
	nla_put_u64(message, IPCQ_A_QUEUE_DEAD_LETTER, queue->dead_letter);
	nla_put_u32(message, IPCQ_A_QUEUE_FULL, queue->full);
	nla_put_u32(message, IPCQ_A_QUEUE_REDELIVERY_LIMIT,
		    queue->redelivery_limit);
	nla_nest_end(message, nest);
}

static void put_region(struct nl_msg *message, const struct fake_region *region)
{
	struct nlattr *nest = nla_nest_start(message, IPCQ_A_REGION);

	nla_put_u64(message, IPCQ_A_REGION_SIZE, region->size);
	nla_put_u64(message, IPCQ_A_REGION_CONTROL_SIZE, 4096);
	nla_put_u32(message, IPCQ_A_REGION_MUTEXES, region->mutexes);
	nla_put_u32(message, IPCQ_A_REGION_EVENTCOUNTS, region->eventcounts);
	nla_put_u32(message, IPCQ_A_REGION_OWNERS, 0);
	nla_put_u64(message, IPCQ_A_REGION_OWNER_DEATHS, region->owner_deaths);
	nla_nest_end(message, nest);
}

static struct nl_msg *object_message(const struct fake_object *object)
{
	struct nl_msg *message = nlmsg_alloc();

	genlmsg_put(message, request.nlmsg_pid, request.nlmsg_seq, FAMILY, 0,
		    request.nlmsg_flags & NLM_F_DUMP ? NLM_F_MULTI : 0,
		    IPCQ_CMD_OBJECT_GET, IPCQ_GENL_VERSION);
	nla_put_u64(message, IPCQ_A_ID, object->id);
	nla_put_u32(message, IPCQ_A_KIND, object->kind);
	if (*object->name)
		nla_put_string(message, IPCQ_A_NAME, object->name);
	nla_put_u32(message, IPCQ_A_UID, object->uid);
	nla_put_u32(message, IPCQ_A_GID, object->gid);
	nla_put_u32(message, IPCQ_A_MODE, object->mode);
	nla_put_u32(message, IPCQ_A_LIFETIME, object->lifetime);
	nla_put_u32(message, IPCQ_A_HANDLES, object->handles);
	if (object->unlinked)
		nla_put_flag(message, IPCQ_A_UNLINKED);
	if (object->kind == IPCQ_KIND_QUEUE)
		put_queue(message, &object->queue);
	else
		put_region(message, &object->region);
	return message;
}

static bool is_wanted(const struct fake_object *object)
{
	if (!object->used)
		return false;
	if (request.nlmsg_flags & NLM_F_DUMP)
		return !wanted.kind || wanted.kind == object->kind;
	return wanted.id ? wanted.id == object->id :
			   !object->unlinked && !strcmp(wanted.name, object->name);
}

static size_t append(unsigned char *buffer, size_t used, struct nl_msg *message)
{
	size_t length = NLMSG_ALIGN(nlmsg_hdr(message)->nlmsg_len);

	memcpy(buffer + used, nlmsg_hdr(message), length);
	nlmsg_free(message);
	return used + length;
}

/* What ends a dump, or is the whole answer when there is no such object. */
static struct nl_msg *last_message(void)
{
	struct nl_msg *message = nlmsg_alloc();
	struct nlmsgerr error = {
		.error = limits_sent ? limits_error : -ENOENT,
		.msg = request,
	};
	int end = wanted.kind > IPCQ_KIND_REGION ? -EOPNOTSUPP : 0;

	if (fake->netlink_error)
		error.error = fake->netlink_error;
	if (request.nlmsg_flags & NLM_F_DUMP && !fake->netlink_error) {
		nlmsg_put(message, request.nlmsg_pid, request.nlmsg_seq,
			  NLMSG_DONE, 0, NLM_F_MULTI);
		nlmsg_append(message, &end, sizeof(end), NLMSG_ALIGNTO);
	} else {
		nlmsg_put(message, request.nlmsg_pid, request.nlmsg_seq,
			  NLMSG_ERROR, 0, 0);
		nlmsg_append(message, &error, sizeof(error), NLMSG_ALIGNTO);
	}
	return message;
}

static int on_receive(struct nl_sock *socket, struct sockaddr_nl *from,
		      unsigned char **buffer, struct ucred **credentials)
{
	bool dump = request.nlmsg_flags & NLM_F_DUMP, found = false;
	size_t used = 0;
	int i;

	(void)socket;
	(void)credentials;
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	*buffer = calloc(FAKE_OBJECTS + 1, 1024);
	for (i = 0; i < FAKE_OBJECTS && !limits_sent && !fake->netlink_error; i++) {
		if (!is_wanted(&fake->objects[i]))
			continue;
		used = append(*buffer, used, object_message(&fake->objects[i]));
		found = true;
	}
	if (dump || !found)
		used = append(*buffer, used, last_message());
	return (int)used;
}

struct nl_sock *__wrap_nl_socket_alloc(void)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	struct nl_sock *socket;

	nl_cb_overwrite_send(callbacks, on_send);
	nl_cb_overwrite_recv(callbacks, on_receive);
	socket = nl_socket_alloc_cb(callbacks);
	nl_cb_put(callbacks);
	return socket;
}

int __wrap_genl_connect(struct nl_sock *socket)
{
	(void)socket;
	return 0;
}

int __wrap_genl_ctrl_resolve(struct nl_sock *socket, const char *name)
{
	(void)socket;
	return fake->absent || strcmp(name, IPCQ_GENL_NAME) ? -NLE_OBJ_NOTFOUND :
							      FAMILY;
}
