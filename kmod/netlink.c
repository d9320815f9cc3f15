// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: the protocol is in uapi/linux/ipcq_netlink.h.
 */
#include <linux/capability.h>
#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>
#include <linux/module.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "limits.h"
#include "netlink.h"
#include "queue.h"
#include "region.h"
#include "registry.h"

#define FIRST_LIMIT	IPCQ_A_LIMIT_MAX_MESSAGES

static struct genl_family ipcq_family;

/* A reply in the making: where to, and as whom it is read. */
struct reply {
	struct sk_buff *skb;
	struct user_namespace *ns;	/* of the socket that asked */
	u32 portid;
	u32 seq;
	int flags;
};

static int put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put_u64_64bit(skb, attribute, value, IPCQ_A_PAD);
}

static int put_queue(struct sk_buff *skb, struct ipcq_queue *queue)
{
	struct ipcq_queue_stat stat;
	struct nlattr *nest;

	ipcq_queue_stat(queue, &stat);
	nest = nla_nest_start(skb, IPCQ_A_QUEUE);
	if (!nest ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_MAX_MESSAGES, stat.max_messages) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_MAX_MESSAGE_SIZE,
			stat.max_message_size) ||
	    put_u64(skb, IPCQ_A_QUEUE_MAX_BYTES, stat.max_bytes) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_MESSAGES, stat.messages) ||
	    put_u64(skb, IPCQ_A_QUEUE_BYTES, stat.bytes) ||
	    put_u64(skb, IPCQ_A_QUEUE_MEMORY, stat.memory) ||
	    put_u64(skb, IPCQ_A_QUEUE_SENT, stat.sent) ||
	    put_u64(skb, IPCQ_A_QUEUE_RECEIVED, stat.received) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_WAITING_SENDERS,
			stat.waiting_senders) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_WAITING_RECEIVERS,
			stat.waiting_receivers) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_ORDER, stat.order) ||
	    put_u64(skb, IPCQ_A_QUEUE_EXPIRED, stat.expired) ||
	    put_u64(skb, IPCQ_A_QUEUE_TIME_TO_LIVE, stat.time_to_live) ||
	    put_u64(skb, IPCQ_A_QUEUE_DEAD_LETTER, stat.dead_letter) ||
	    put_u64(skb, IPCQ_A_QUEUE_DEAD_LETTERED, stat.dead_lettered) ||
	    put_u64(skb, IPCQ_A_QUEUE_DROPPED, stat.dropped) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_HELD, stat.held) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_DELAYED, stat.delayed) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_FULL, stat.full) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_DELIVERY, stat.delivery) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_SUBSCRIBERS, stat.subscribers) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_RETAIN, stat.retain) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_RETAINED, stat.retained) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_REDELIVERY_LIMIT,
			stat.redelivery_limit) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_USERS, stat.users) ||
	    nla_put_u32(skb, IPCQ_A_QUEUE_SHARE, stat.share))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_region(struct sk_buff *skb, struct ipcq_region *region)
{
	struct ipcq_region_stat stat;
	struct nlattr *nest;

	ipcq_region_stat(region, &stat);
	nest = nla_nest_start(skb, IPCQ_A_REGION);
	if (!nest || put_u64(skb, IPCQ_A_REGION_SIZE, stat.region_size) ||
	    put_u64(skb, IPCQ_A_REGION_CONTROL_SIZE, stat.control_size) ||
	    nla_put_u32(skb, IPCQ_A_REGION_MUTEXES, stat.mutexes) ||
	    nla_put_u32(skb, IPCQ_A_REGION_EVENTCOUNTS, stat.eventcounts) ||
	    nla_put_u32(skb, IPCQ_A_REGION_OWNERS, stat.owners) ||
	    put_u64(skb, IPCQ_A_REGION_OWNER_DEATHS, stat.owner_deaths))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_common(struct sk_buff *skb, const struct ipcq_object *object,
		      struct user_namespace *ns)
{
	if (put_u64(skb, IPCQ_A_ID, object->id) ||
	    nla_put_u32(skb, IPCQ_A_KIND, object->kind->kind) ||
	    nla_put_u32(skb, IPCQ_A_UID, from_kuid_munged(ns, object->uid)) ||
	    nla_put_u32(skb, IPCQ_A_GID, from_kgid_munged(ns, object->gid)) ||
	    nla_put_u32(skb, IPCQ_A_MODE, object->mode) ||
	    nla_put_u32(skb, IPCQ_A_LIFETIME, object->lifetime) ||
	    nla_put_u32(skb, IPCQ_A_HANDLES, object->handles))
		return -EMSGSIZE;
	if (object->name && (nla_put_string(skb, IPCQ_A_NAME, object->name) ||
			     (!object->linked &&
			      nla_put_flag(skb, IPCQ_A_UNLINKED))))
		return -EMSGSIZE;
	return 0;
}

/* Adds one object to a reply; the registry's lock is held. */
static int put_object(const struct reply *reply, struct ipcq_object *object)
{
	struct sk_buff *skb = reply->skb;
	void *header;
	int ret;

	header = genlmsg_put(skb, reply->portid, reply->seq, &ipcq_family,
			     reply->flags, IPCQ_CMD_OBJECT_GET);
	if (!header)
		return -EMSGSIZE;

	ret = put_common(skb, object, reply->ns);
	if (!ret)
		ret = object->kind == &ipcq_queue_kind ?
		      put_queue(skb, to_ipcq_queue(object)) :
		      put_region(skb, to_ipcq_region(object));
	if (ret) {
		genlmsg_cancel(skb, header);
		return ret;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* ------------------------------------------------------------------- requests */

/* Fills in the name, which is empty when the object is asked for by id. */
static int parse_which(struct genl_info *info, struct ipcq_name *name, u64 *id)
{
	const struct nlattr *by_name = info->attrs[IPCQ_A_NAME];
	const struct nlattr *by_id = info->attrs[IPCQ_A_ID];
	size_t length;

	if (!by_name == !by_id || info->attrs[IPCQ_A_KIND])
		return -EINVAL;
	name->length = 0;
	if (by_id) {
		*id = nla_get_u64(by_id);
		return 0;
	}
	/* The policy has seen to it that it ends. */
	length = strlen(nla_data(by_name));
	if (!length)
		return -EINVAL;
	if (length > IPCQ_NAME_MAX)
		return -ENAMETOOLONG;
	name->length = length;
	memcpy(name->bytes, nla_data(by_name), length);
	return 0;
}

static int object_get(struct sk_buff *request, struct genl_info *info)
{
	struct ipcq_registry *registry = ipcq_registry_of(genl_info_net(info));
	struct reply reply = {
		.ns = sk_user_ns(NETLINK_CB(request).sk),
		.portid = info->snd_portid,
		.seq = info->snd_seq,
	};
	struct ipcq_object *object;
	struct ipcq_name name;
	u64 id = 0;
	int ret;

	ret = parse_which(info, &name, &id);
	if (ret)
		return ret;
	reply.skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply.skb)
		return -ENOMEM;

	mutex_lock(&registry->lock);
	object = name.length ? ipcq_registry_find(registry, &name) :
			       ipcq_registry_next(registry, id);
	if (object && (name.length || object->id == id))
		ret = put_object(&reply, object);
	else
		ret = -ENOENT;
	mutex_unlock(&registry->lock);

	if (ret) {
		nlmsg_free(reply.skb);
		return ret;
	}
	return genlmsg_reply(reply.skb, info);
}

/* Where a dump is: kept in the callback between messages. */
struct dump_cursor {
	u64 next_id;
};

/*
 * Goes by ids, so that objects which come and go between two messages neither
 * hide nor repeat another.
 */
static int object_dump(struct sk_buff *skb, struct netlink_callback *callback)
{
	struct nlattr **attrs = ipcq_compat_dump_attributes(callback);
	const struct nlattr *kind_attr = attrs[IPCQ_A_KIND];
	struct ipcq_registry *registry = ipcq_registry_of(sock_net(skb->sk));
	struct dump_cursor *cursor = (void *)callback->ctx;
	u32 kind = kind_attr ? nla_get_u32(kind_attr) : 0;
	const struct reply reply = {
		.skb = skb,
		.ns = sk_user_ns(NETLINK_CB(callback->skb).sk),
		.portid = NETLINK_CB(callback->skb).portid,
		.seq = callback->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
	};
	struct ipcq_object *object;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(callback->ctx));
	if (attrs[IPCQ_A_ID] || attrs[IPCQ_A_NAME])
		return -EINVAL;
	if (kind > IPCQ_KIND_REGION)
		return -EOPNOTSUPP;

	mutex_lock(&registry->lock);
	while ((object = ipcq_registry_next(registry, cursor->next_id))) {
		if ((!kind || object->kind->kind == kind) &&
		    put_object(&reply, object))
			break;
		cursor->next_id = object->id + 1;
	}
	mutex_unlock(&registry->lock);
	return skb->len;
}

/* --------------------------------------------------------------------- limits */

/* Requests see and change the limits one after the other. */
static DEFINE_MUTEX(limits_lock);

/* Where a limit is kept: one is the namespace's own. */
static u64 *limit_of(struct net *net, unsigned int limit)
{
	return limit == IPCQ_A_LIMIT_NAMESPACE_OBJECTS ?
	       &ipcq_registry_of(net)->max_objects : &ipcq_limits[limit];
}

static int limits_get(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	unsigned int limit;
	void *header;
	int ret = 0;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &ipcq_family, 0,
				   IPCQ_CMD_LIMITS_GET);
	if (!header) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}

	mutex_lock(&limits_lock);
	for (limit = FIRST_LIMIT; limit <= IPCQ_A_LIMIT_MAX && !ret; limit++)
		ret = nla_put_u64_64bit(skb, limit,
					*limit_of(genl_info_net(info), limit),
					IPCQ_A_LIMIT_PAD);
	mutex_unlock(&limits_lock);
	if (ret) {
		nlmsg_free(skb);
		return ret;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* Whether the sender may set a limit to what the request says. */
static int limit_check(const struct sk_buff *request, struct genl_info *info,
		       unsigned int limit)
{
	struct user_namespace *ns = limit == IPCQ_A_LIMIT_NAMESPACE_OBJECTS ?
				    genl_info_net(info)->user_ns : &init_user_ns;
	struct nlattr *value = info->attrs[limit];

	if (!netlink_ns_capable(request, ns, CAP_SYS_RESOURCE)) {
		NL_SET_ERR_MSG_ATTR(info->extack, value,
				    "setting this limit takes CAP_SYS_RESOURCE");
		return -EPERM;
	}
	if (!ipcq_limit_allows(limit, nla_get_u64(value))) {
		NL_SET_ERR_MSG_ATTR(info->extack, value,
				    "this limit is out of its range");
		return -EINVAL;
	}
	return 0;
}

static int limits_set(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	unsigned int limit, count = 0;
	int ret;

	for (limit = FIRST_LIMIT; limit <= IPCQ_A_LIMIT_MAX; limit++) {
		if (!attrs[limit])
			continue;
		ret = limit_check(request, info, limit);
		if (ret)
			return ret;
		count++;
	}
	if (!count)
		return -EINVAL;

	mutex_lock(&limits_lock);
	for (limit = FIRST_LIMIT; limit <= IPCQ_A_LIMIT_MAX; limit++)
		if (attrs[limit])
			WRITE_ONCE(*limit_of(genl_info_net(info), limit),
				   nla_get_u64(attrs[limit]));
	mutex_unlock(&limits_lock);
	return 0;
}

static const struct nla_policy limits_get_policy[] = {
	[IPCQ_A_LIMIT_PAD] = { .type = NLA_REJECT },
};

static const struct nla_policy limits_set_policy[] = {
	[FIRST_LIMIT ... IPCQ_A_LIMIT_MAX] = { .type = NLA_U64 },
};

static const struct nla_policy object_get_policy[] = {
	[IPCQ_A_ID] = { .type = NLA_U64 },
	[IPCQ_A_KIND] = { .type = NLA_U32 },
	[IPCQ_A_NAME] = { .type = NLA_NUL_STRING },
};

static const struct genl_ops ipcq_ops[] = {
	{
		.cmd = IPCQ_CMD_OBJECT_GET,
		.doit = object_get,
		.dumpit = object_dump,
		.policy = object_get_policy,
		.maxattr = ARRAY_SIZE(object_get_policy) - 1,
	},
	{
		.cmd = IPCQ_CMD_LIMITS_GET,
		.doit = limits_get,
		.policy = limits_get_policy,
		.maxattr = ARRAY_SIZE(limits_get_policy) - 1,
	},
	{
		.cmd = IPCQ_CMD_LIMITS_SET,
		.doit = limits_set,
		.policy = limits_set_policy,
		.maxattr = ARRAY_SIZE(limits_set_policy) - 1,
	},
};

static struct genl_family ipcq_family __ro_after_init = {
	.name = IPCQ_GENL_NAME,
	.version = IPCQ_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ipcq_ops,
	.n_ops = ARRAY_SIZE(ipcq_ops),
};

int ipcq_netlink_init(void)
{
	return genl_register_family(&ipcq_family);
}

void ipcq_netlink_exit(void)
{
	genl_unregister_family(&ipcq_family);
}
