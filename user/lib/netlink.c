// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Listing and showing objects, and setting limits, through generic netlink.  The
 * only file that sees libnl.
 *
 * libnl has error numbers of its own, which are fewer than the kernel's, so what
 * the kernel answers is taken from its message before libnl translates it.
 */
#include "internal.h"

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include <linux/ipcq_netlink.h>

struct request {
	int (*each)(const struct ipcq_object_info *object, void *context);
	void *context;
	int result;		/* what @each returned last */
	bool answered;		/* the kernel told of an object, or agreed */
	int error;		/* the kernel's answer, a negative errno value */
};

static const struct nla_policy object_policy[IPCQ_A_MAX + 1] = {
	[IPCQ_A_ID] = { .type = NLA_U64 },
	[IPCQ_A_KIND] = { .type = NLA_U32 },
	[IPCQ_A_NAME] = { .type = NLA_STRING, .maxlen = IPCQ_NAME_MAX + 1 },
	[IPCQ_A_UID] = { .type = NLA_U32 },
	[IPCQ_A_GID] = { .type = NLA_U32 },
	[IPCQ_A_MODE] = { .type = NLA_U32 },
	[IPCQ_A_LIFETIME] = { .type = NLA_U32 },
	[IPCQ_A_HANDLES] = { .type = NLA_U32 },
	[IPCQ_A_UNLINKED] = { .type = NLA_FLAG },
	[IPCQ_A_QUEUE] = { .type = NLA_NESTED },
	[IPCQ_A_REGION] = { .type = NLA_NESTED },
};

/* A kernel that leaves an attribute out is one that does not know its value. */
static uint32_t get_u32(struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= (int)sizeof(uint32_t) ?
	       nla_get_u32(attribute) : 0;
}

static uint64_t get_u64(struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= (int)sizeof(uint64_t) ?
	       nla_get_u64(attribute) : 0;
}

static int queue_parse(struct nlattr *nested, struct ipcq_queue_info *out)
{
	struct nlattr *a[IPCQ_A_QUEUE_MAX + 1];

	if (nla_parse_nested(a, IPCQ_A_QUEUE_MAX, nested, NULL) < 0)
		return -EPROTO;
	*out = (struct ipcq_queue_info) {
		.order = (enum ipcq_order)get_u32(a[IPCQ_A_QUEUE_ORDER]),
		.max_messages = get_u32(a[IPCQ_A_QUEUE_MAX_MESSAGES]),
		.max_message_size = get_u32(a[IPCQ_A_QUEUE_MAX_MESSAGE_SIZE]),
		.max_bytes = get_u64(a[IPCQ_A_QUEUE_MAX_BYTES]),
		.messages = get_u32(a[IPCQ_A_QUEUE_MESSAGES]),
		.waiting_senders = get_u32(a[IPCQ_A_QUEUE_WAITING_SENDERS]),
		.waiting_receivers = get_u32(a[IPCQ_A_QUEUE_WAITING_RECEIVERS]),
		.bytes = get_u64(a[IPCQ_A_QUEUE_BYTES]),
		.memory = get_u64(a[IPCQ_A_QUEUE_MEMORY]),
		.sent = get_u64(a[IPCQ_A_QUEUE_SENT]),
		.received = get_u64(a[IPCQ_A_QUEUE_RECEIVED]),
		.expired = get_u64(a[IPCQ_A_QUEUE_EXPIRED]),
		.time_to_live = get_u64(a[IPCQ_A_QUEUE_TIME_TO_LIVE]),
		.delivery = (enum ipcq_delivery)get_u32(a[IPCQ_A_QUEUE_DELIVERY]),
		.subscribers = get_u32(a[IPCQ_A_QUEUE_SUBSCRIBERS]),
		.retain = get_u32(a[IPCQ_A_QUEUE_RETAIN]),
		.retained = get_u32(a[IPCQ_A_QUEUE_RETAINED]),
		.dead_letter = get_u64(a[IPCQ_A_QUEUE_DEAD_LETTER]),
		.dead_lettered = get_u64(a[IPCQ_A_QUEUE_DEAD_LETTERED]),
		.dropped = get_u64(a[IPCQ_A_QUEUE_DROPPED]),
		.held = get_u32(a[IPCQ_A_QUEUE_HELD]),
		.delayed = get_u32(a[IPCQ_A_QUEUE_DELAYED]),
		.full = (enum ipcq_full)(get_u32(a[IPCQ_A_QUEUE_FULL]) +
					 IPCQ_BLOCK),
		.redelivery_limit = get_u32(a[IPCQ_A_QUEUE_REDELIVERY_LIMIT]),
		.users = get_u32(a[IPCQ_A_QUEUE_USERS]),
		.share = get_u32(a[IPCQ_A_QUEUE_SHARE]),
	};
	return 0;
}

static int region_parse(struct nlattr *nested, struct ipcq_region_info *out)
{
	struct nlattr *a[IPCQ_A_REGION_MAX + 1];

	if (nla_parse_nested(a, IPCQ_A_REGION_MAX, nested, NULL) < 0)
		return -EPROTO;
	*out = (struct ipcq_region_info) {
		.size = get_u64(a[IPCQ_A_REGION_SIZE]),
		.control_size = get_u64(a[IPCQ_A_REGION_CONTROL_SIZE]),
		.mutexes = get_u32(a[IPCQ_A_REGION_MUTEXES]),
		.eventcounts = get_u32(a[IPCQ_A_REGION_EVENTCOUNTS]),
		.owners = get_u32(a[IPCQ_A_REGION_OWNERS]),
		.owner_deaths = get_u64(a[IPCQ_A_REGION_OWNER_DEATHS]),
	};
	return 0;
}

/* @name: room for the name, which is not always terminated in the message */
static int object_parse(struct nl_msg *message, char name[IPCQ_NAME_MAX + 1],
			struct ipcq_object_info *out)
{
	struct nlattr *a[IPCQ_A_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(message), 0, a, IPCQ_A_MAX,
			  object_policy) < 0)
		return -EPROTO;
	*out = (struct ipcq_object_info) {
		.id = get_u64(a[IPCQ_A_ID]),
		.kind = get_u32(a[IPCQ_A_KIND]),
		.uid = get_u32(a[IPCQ_A_UID]),
		.gid = get_u32(a[IPCQ_A_GID]),
		.mode = get_u32(a[IPCQ_A_MODE]),
		.lifetime = get_u32(a[IPCQ_A_LIFETIME]),
		.unlinked = a[IPCQ_A_UNLINKED],
		.handles = get_u32(a[IPCQ_A_HANDLES]),
	};
	if (a[IPCQ_A_NAME]) {
		nla_strlcpy(name, a[IPCQ_A_NAME], IPCQ_NAME_MAX + 1);
		out->name = name;
	}
	if (a[IPCQ_A_QUEUE])
		return queue_parse(a[IPCQ_A_QUEUE], &out->queue);
	if (a[IPCQ_A_REGION])
		return region_parse(a[IPCQ_A_REGION], &out->region);
	return 0;
}

static int on_object(struct nl_msg *message, void *context)
{
	struct request *request = context;
	struct ipcq_object_info object;
	char name[IPCQ_NAME_MAX + 1];

	request->error = object_parse(message, name, &object);
	if (request->error)
		return NL_STOP;
	request->answered = true;
	request->result = request->each(&object, request->context);
	return request->result ? NL_STOP : NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *answer,
		    void *context)
{
	struct request *request = context;

	(void)from;
	if (answer->error > 0)
		request->error = -EPROTO;
	else if (answer->error == -EPROTONOSUPPORT)
		/* So a listing is answered while the module is being unloaded. */
		request->error = -ENODEV;
	else
		request->error = answer->error;
	return NL_STOP;
}

/* The kernel has done what a request without an answer asked for. */
static int on_acknowledgement(struct nl_msg *message, void *context)
{
	struct request *request = context;

	(void)message;
	request->answered = true;
	return NL_STOP;
}

/* The end of a listing carries how it ended, which libnl does not look at. */
static int on_finish(struct nl_msg *message, void *context)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);
	struct request *request = context;
	int end = 0;

	if (nlmsg_datalen(header) >= (int)sizeof(end))
		end = *(const int *)nlmsg_data(header);
	if (end < 0)
		request->error = end;
	return NL_STOP;
}

/* What libnl itself may fail with, in the numbers of the rest of the library. */
static int error_of_libnl(int error)
{
	switch (-error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
	case NLE_PROTO_MISMATCH:
	case NLE_AF_NOSUPPORT:
		return -ENODEV;
	case NLE_INTR:
		return -EINTR;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EACCES;
	default:
		return -EPROTO;
	}
}

/* The family's number, or a negative errno value. */
static int family_connect(struct nl_sock *socket)
{
	int family = genl_connect(socket);

	if (family >= 0)
		family = genl_ctrl_resolve(socket, IPCQ_GENL_NAME);
	return family < 0 ? error_of_libnl(family) : family;
}

static int receive(struct nl_sock *socket, struct request *request)
{
	int error;

	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_object,
			    request);
	nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM, on_acknowledgement,
			    request);
	nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
			    request);
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, request);
	error = nl_recvmsgs_default(socket);
	if (request->error)
		return request->error;
	if (request->result)
		return request->result;
	/* Told of every object that was there all the time is what is promised. */
	if (error < 0 && error != -NLE_DUMP_INTR)
		return error_of_libnl(error);
	return 0;
}

/* Send the request and hand on what comes; @fill adds the attributes. */
static int transact(uint8_t command, int flags, int (*fill)(struct nl_msg *, const void *),
		    const void *what, struct request *request)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_msg *message = nlmsg_alloc();
	int error = -ENOMEM, family;

	if (!socket || !message)
		goto out;
	error = family = family_connect(socket);
	if (family < 0)
		goto out;
	error = -ENOMEM;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags,
			 command, IPCQ_GENL_VERSION) ||
	    fill(message, what) < 0)
		goto out;
	/* Each request is answered with one thing; @flags says if that is an ack. */
	nl_socket_disable_auto_ack(socket);
	error = nl_send_auto(socket, message);
	error = error < 0 ? error_of_libnl(error) : receive(socket, request);
out:
	nlmsg_free(message);
	nl_socket_free(socket);
	return error;
}

/*
 * A request that asks for no object by name is answered with ENOENT only when the
 * module has gone since its family was looked up.
 */
static int without_object(int error, const struct request *request)
{
	return request->error == -ENOENT ? -ENODEV : error;
}

static int fill_kind(struct nl_msg *message, const void *what)
{
	const enum ipcq_kind *kind = what;

	return *kind == IPCQ_ANY ? 0 : nla_put_u32(message, IPCQ_A_KIND, *kind);
}

static int fill_name(struct nl_msg *message, const void *what)
{
	return nla_put_string(message, IPCQ_A_NAME, what);
}

static int fill_id(struct nl_msg *message, const void *what)
{
	const uint64_t *id = what;

	return nla_put_u64(message, IPCQ_A_ID, *id);
}

int ipcq_list(enum ipcq_kind kind,
	      int (*each)(const struct ipcq_object_info *object, void *context),
	      void *context)
{
	struct request request = { .each = each, .context = context };

	return without_object(transact(IPCQ_CMD_OBJECT_GET, NLM_F_DUMP, fill_kind,
				       &kind, &request), &request);
}

int ipcq_show(const char *name, uint64_t id,
	      int (*each)(const struct ipcq_object_info *object, void *context),
	      void *context)
{
	struct request request = { .each = each, .context = context };
	int error;

	if (name && !*name)
		return -EINVAL;
	if (name && strlen(name) > IPCQ_NAME_MAX)
		return -ENAMETOOLONG;
	error = name ? transact(IPCQ_CMD_OBJECT_GET, 0, fill_name, name, &request) :
		       transact(IPCQ_CMD_OBJECT_GET, 0, fill_id, &id, &request);
	return error || request.answered ? error : -EPROTO;
}

/* The library's numbers of the limits are the kernel's, from another start. */
#define LIMIT_ATTRIBUTE(limit)	\
	((int)(limit) + IPCQ_A_LIMIT_MAX_MESSAGES - (int)IPCQ_LIMIT_MAX_MESSAGES)

_Static_assert(LIMIT_ATTRIBUTE(IPCQ_LIMIT_OBJECTS) == IPCQ_A_LIMIT_USER_OBJECTS,
	       "limits");
_Static_assert(LIMIT_ATTRIBUTE(IPCQ_LIMIT_FILES) == IPCQ_A_LIMIT_USER_FILES,
	       "limits");
_Static_assert(IPCQ_NO_LIMIT == IPCQ_UNLIMITED, "unlimited");

struct limit_list {
	const struct ipcq_limit_setting *settings;
	size_t count;
};

static int fill_limits(struct nl_msg *message, const void *what)
{
	const struct limit_list *list = what;
	size_t i;
	int error = 0;

	for (i = 0; i < list->count && !error; i++)
		error = nla_put_u64(message,
				    LIMIT_ATTRIBUTE(list->settings[i].limit),
				    list->settings[i].value);
	return error;
}

int ipcq_limits_set(const struct ipcq_limit_setting *settings, size_t count)
{
	const struct limit_list list = { .settings = settings, .count = count };
	struct request request = { 0 };
	size_t i;
	int error;

	if (!count)
		return -EINVAL;
	for (i = 0; i < count; i++)
		if (settings[i].limit < IPCQ_LIMIT_MAX_MESSAGES ||
		    settings[i].limit > IPCQ_LIMIT_FILES)
			return -EINVAL;
	error = without_object(transact(IPCQ_CMD_LIMITS_SET, NLM_F_ACK, fill_limits,
					&list, &request), &request);
	return error || request.answered ? error : -EPROTO;
}
