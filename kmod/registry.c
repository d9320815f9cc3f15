// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registries: see registry.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "account.h"
#include "limits.h"
#include "registry.h"

/* What the module keeps for each network namespace. */
struct ipcq_net {
	struct ipcq_registry *registry;
};

static unsigned int ipcq_net_id;

/* ------------------------------------------------------------------- trees */

static int name_compare(const struct ipcq_name *name,
			const struct ipcq_object *object)
{
	if (name->length != object->name_length)
		return name->length < object->name_length ? -1 : 1;
	return memcmp(name->bytes, object->name, name->length);
}

static int by_name_compare(const void *key, const struct rb_node *node)
{
	return name_compare(key, rb_entry(node, struct ipcq_object, by_name));
}

static bool by_name_less(struct rb_node *a, const struct rb_node *b)
{
	const struct ipcq_object *x = rb_entry(a, struct ipcq_object, by_name);
	const struct ipcq_object *y = rb_entry(b, struct ipcq_object, by_name);

	if (x->name_length != y->name_length)
		return x->name_length < y->name_length;
	return memcmp(x->name, y->name, x->name_length) < 0;
}

static bool by_id_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ipcq_object, by_id)->id <
	       rb_entry(b, struct ipcq_object, by_id)->id;
}

/**
 * ipcq_registry_find() - the object of a name; the lock is held
 * @registry: where to look
 * @name: the name, not empty
 *
 * Return: the object, valid while the lock is held, or NULL.
 */
struct ipcq_object *ipcq_registry_find(struct ipcq_registry *registry,
				       const struct ipcq_name *name)
{
	struct rb_node *node;

	lockdep_assert_held(&registry->lock);
	node = rb_find(name, &registry->by_name, by_name_compare);
	return node ? rb_entry(node, struct ipcq_object, by_name) : NULL;
}

/**
 * ipcq_registry_next() - the object with the least id from @id on; lock held
 * @registry: where to look
 * @id: where to begin
 *
 * Return: the object, valid while the lock is held, or NULL.
 */
struct ipcq_object *ipcq_registry_next(struct ipcq_registry *registry, u64 id)
{
	struct rb_node *node = registry->by_id.rb_node;
	struct ipcq_object *best = NULL;

	lockdep_assert_held(&registry->lock);
	while (node) {
		struct ipcq_object *object =
			rb_entry(node, struct ipcq_object, by_id);

		if (object->id >= id) {
			best = object;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/* -------------------------------------------------------- open and close */

/* Whether the opener accepts an object of this user's. */
static bool owner_suits(const struct ipcq_open_request *request, kuid_t uid)
{
	return !uid_valid(request->owner) || uid_eq(request->owner, uid);
}

static int may_take(const struct ipcq_object *object,
		    const struct ipcq_open_request *request)
{
	int ret;

	if (request->flags & IPCQ_OPEN_F_EXCL)
		return -EEXIST;
	if (object->kind != request->kind)
		return -EPROTOTYPE;
	if (!owner_suits(request, object->uid))
		return -EKEYREJECTED;
	ret = ipcq_object_may_open(object, request->flags);
	if (ret)
		return ret;
	return object->kind->matches(object, request->attributes) ? 0 : -EBADR;
}

/* A new object with its common part filled in, not yet in a registry. */
static struct ipcq_object *prepare(struct ipcq_registry *registry,
				   const struct ipcq_open_request *request)
{
	union ipcq_attributes attributes;
	struct ipcq_object *object;
	int ret;

	ret = ipcq_limits_apply(request->kind->kind, request->attributes,
				&attributes);
	if (ret)
		return ERR_PTR(ret);
	object = request->kind->create(registry, &attributes, request->account);
	if (IS_ERR(object))
		return object;

	object->mode = request->mode;
	object->lifetime = request->lifetime;
	object->registry = registry;
	ipcq_registry_get(registry);
	if (request->name->length) {
		object->name_length = request->name->length;
		object->name = kmemdup_nul(request->name->bytes,
					   request->name->length, IPCQ_GFP);
		if (!object->name) {
			ipcq_object_put(object);
			return ERR_PTR(-ENOMEM);
		}
	}
	return object;
}

/* Publishes a new object with its first handle; takes the initial reference. */
static void publish(struct ipcq_registry *registry, struct ipcq_object *object)
{
	lockdep_assert_held(&registry->lock);
	object->handles = 1;
	ipcq_object_get(object);
	rb_add(&object->by_id, &registry->by_id, by_id_less);
	WRITE_ONCE(registry->objects, registry->objects + 1);
	if (object->name) {
		object->linked = true;
		rb_add(&object->by_name, &registry->by_name, by_name_less);
	}
}

/**
 * ipcq_registry_open() - open or create an object, as one atomic step
 * @registry: where
 * @request: what
 * @out: receives the object with a reference, and with one handle counted
 *
 * Return: 1 when it was created, 0 when it existed, or an error of struct
 * ipcq_open.
 */
int ipcq_registry_open(struct ipcq_registry *registry,
		       const struct ipcq_open_request *request,
		       struct ipcq_object **out)
{
	struct ipcq_object *object, *new = NULL;
	int ret;

	for (;;) {
		mutex_lock(&registry->lock);
		if (registry->dead) {
			ret = -ESTALE;
			break;
		}
		object = request->name->length ?
			 ipcq_registry_find(registry, request->name) : NULL;
		if (object) {
			ret = may_take(object, request);
			if (ret)
				break;
			object->handles++;
			ipcq_object_get(object);
			*out = object;
			break;
		}
		if (!(request->flags & IPCQ_OPEN_F_CREATE)) {
			ret = -ENOENT;
			break;
		}
		if (!owner_suits(request, current_euid())) {
			ret = -EKEYREJECTED;
			break;
		}
		if (registry->objects >= READ_ONCE(registry->max_objects)) {
			ret = -ENOSPC;
			break;
		}
		if (new) {
			publish(registry, new);
			mutex_unlock(&registry->lock);
			*out = new;
			return 1;
		}

		/* Made without the lock; somebody may be faster. */
		mutex_unlock(&registry->lock);
		new = prepare(registry, request);
		if (IS_ERR(new))
			return PTR_ERR(new);
	}
	mutex_unlock(&registry->lock);
	if (new)
		ipcq_object_put(new);
	return ret;
}

static void unlink_name(struct ipcq_object *object)
{
	lockdep_assert_held(&object->registry->lock);
	if (object->linked) {
		object->linked = false;
		rb_erase(&object->by_name, &object->registry->by_name);
	}
}

/*
 * Ends the object if nothing leads to it any more.  Returns whether it did: the
 * caller then drops the registry's reference, after the lock.
 */
static bool end_if_unreachable(struct ipcq_object *object)
{
	struct ipcq_registry *registry = object->registry;

	lockdep_assert_held(&registry->lock);
	if (object->linked || object->handles)
		return false;
	rb_erase(&object->by_id, &registry->by_id);
	WRITE_ONCE(registry->objects, registry->objects - 1);
	return true;
}

/**
 * ipcq_registry_close() - a handle has been closed
 * @object: its object; the handle's reference is dropped
 * @creator: whether it is the handle that created the object
 */
void ipcq_registry_close(struct ipcq_object *object, bool creator)
{
	struct ipcq_registry *registry = object->registry;
	bool ended;

	mutex_lock(&registry->lock);
	object->handles--;
	if (object->lifetime == IPCQ_LIFETIME_CREATOR ? creator :
	    object->lifetime == IPCQ_LIFETIME_LAST_CLOSE && !object->handles)
		unlink_name(object);
	ended = end_if_unreachable(object);
	mutex_unlock(&registry->lock);

	if (ended)
		ipcq_object_put(object);
	ipcq_object_put(object);
}

/* Takes the name from an object that the caller holds a handle of. */
void ipcq_registry_retract(struct ipcq_object *object)
{
	mutex_lock(&object->registry->lock);
	unlink_name(object);
	mutex_unlock(&object->registry->lock);
}

/**
 * ipcq_registry_unlink() - remove a name
 * @registry: where
 * @name: the name
 * @kind: IPCQ_KIND_* it must be of, or 0
 *
 * Return: 0 or an error of struct ipcq_unlink.
 */
int ipcq_registry_unlink(struct ipcq_registry *registry,
			 const struct ipcq_name *name, u32 kind)
{
	struct ipcq_object *object;
	bool ended = false;
	int ret = 0;

	mutex_lock(&registry->lock);
	object = ipcq_registry_find(registry, name);
	if (registry->dead) {
		ret = -ESTALE;
	} else if (!object) {
		ret = -ENOENT;
	} else if (kind && object->kind->kind != kind) {
		ret = -EPROTOTYPE;
	} else if (!ipcq_object_may_change(object)) {
		ret = -EPERM;
	} else {
		unlink_name(object);
		ended = end_if_unreachable(object);
	}
	mutex_unlock(&registry->lock);

	if (ended)
		ipcq_object_put(object);
	return ret;
}

/* ---------------------------------------------------- one per namespace */

static struct ipcq_registry *registry_new(void)
{
	struct ipcq_registry *registry;

	registry = kzalloc(sizeof(*registry), IPCQ_GFP);
	if (!registry)
		return NULL;
	kref_init(&registry->refs);
	mutex_init(&registry->lock);
	registry->by_name = RB_ROOT;
	registry->by_id = RB_ROOT;
	registry->max_objects = IPCQ_UNLIMITED;
	return registry;
}

void ipcq_registry_get(struct ipcq_registry *registry)
{
	kref_get(&registry->refs);
}

static void registry_release(struct kref *refs)
{
	kfree(container_of(refs, struct ipcq_registry, refs));
}

void ipcq_registry_put(struct ipcq_registry *registry)
{
	kref_put(&registry->refs, registry_release);
}

/* The registry of a live namespace; valid as long as that. */
struct ipcq_registry *ipcq_registry_of(struct net *net)
{
	struct ipcq_net *ipcq_net = net_generic(net, ipcq_net_id);

	return ipcq_net->registry;
}

static int __net_init registry_net_init(struct net *net)
{
	struct ipcq_net *ipcq_net = net_generic(net, ipcq_net_id);

	ipcq_net->registry = registry_new();
	return ipcq_net->registry ? 0 : -ENOMEM;
}

/* Removes one name; returns false when there is none left. */
static bool unlink_any(struct ipcq_registry *registry)
{
	struct ipcq_object *object;
	struct rb_node *node;
	bool ended;

	mutex_lock(&registry->lock);
	registry->dead = true;
	node = rb_first(&registry->by_name);
	if (!node) {
		mutex_unlock(&registry->lock);
		return false;
	}
	object = rb_entry(node, struct ipcq_object, by_name);
	unlink_name(object);
	ended = end_if_unreachable(object);
	mutex_unlock(&registry->lock);

	if (ended)
		ipcq_object_put(object);
	return true;
}

static void __net_exit registry_net_exit(struct net *net)
{
	struct ipcq_net *ipcq_net = net_generic(net, ipcq_net_id);

	while (unlink_any(ipcq_net->registry))
		cond_resched();
	ipcq_registry_put(ipcq_net->registry);
}

static struct pernet_operations registry_net_ops = {
	.init = registry_net_init,
	.exit = registry_net_exit,
	.id = &ipcq_net_id,
	.size = sizeof(struct ipcq_net),
};

int ipcq_registry_init(void)
{
	return register_pernet_subsys(&registry_net_ops);
}

void ipcq_registry_exit(void)
{
	unregister_pernet_subsys(&registry_net_ops);
}
