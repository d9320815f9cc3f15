/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registries: the objects of one network namespace, by name and by id.
 *
 * The namespace holds a reference to its registry, and so do descriptors of
 * /dev/ipcq opened in it and objects created in it; none of these keeps the
 * namespace alive.  When the namespace ends, the registry dies: every name is
 * removed, new opens fail with ESTALE, and objects last as long as their handles.
 */
#ifndef IPCQ_REGISTRY_H
#define IPCQ_REGISTRY_H

#include <linux/ipcq.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>

#include "object.h"

struct net;

struct ipcq_registry {
	struct kref refs;
	struct mutex lock;		/* see object.h for the order */
	struct rb_root by_name;		/* lock; linked objects */
	struct rb_root by_id;		/* lock; all that have not ended */
	bool dead;			/* lock */
	u64 objects;			/* changed under lock; those in by_id */
	u64 max_objects;		/* any time; see limits.h */
};

/* A name as it came from user space, checked. */
struct ipcq_name {
	u8 length;			/* 0: anonymous */
	char bytes[IPCQ_NAME_MAX];
};

/* What an open asks for; validated. */
struct ipcq_open_request {
	const struct ipcq_kind *kind;
	const void *attributes;		/* the kind's own */
	const struct ipcq_name *name;
	u32 flags;			/* IPCQ_OPEN_F_* */
	umode_t mode;
	u8 lifetime;			/* IPCQ_LIFETIME_* */
	kuid_t owner;			/* demanded; invalid: anybody */
	struct ipcq_account *account;	/* the opener's */
};

int ipcq_registry_init(void);
void ipcq_registry_exit(void);

struct ipcq_registry *ipcq_registry_of(struct net *net);
void ipcq_registry_get(struct ipcq_registry *registry);
void ipcq_registry_put(struct ipcq_registry *registry);

int ipcq_registry_open(struct ipcq_registry *registry,
		       const struct ipcq_open_request *request,
		       struct ipcq_object **out);
void ipcq_registry_close(struct ipcq_object *object, bool creator);
int ipcq_registry_unlink(struct ipcq_registry *registry,
			 const struct ipcq_name *name, u32 kind);
void ipcq_registry_retract(struct ipcq_object *object);

/* For observers; the lock is held. */
struct ipcq_object *ipcq_registry_find(struct ipcq_registry *registry,
				       const struct ipcq_name *name);
struct ipcq_object *ipcq_registry_next(struct ipcq_registry *registry, u64 id);

#endif /* IPCQ_REGISTRY_H */
