/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites share.
 *
 * A suite is a file with a struct kunit_suite and kunit_test_suite(); nothing needs
 * to be registered elsewhere.  IPCQ_KUNIT_SUITE() makes it one that starts and stops
 * the module's parts, and whose every case must leave the accounts at zero.
 */
#ifndef IPCQ_KUNIT_COMMON_H
#define IPCQ_KUNIT_COMMON_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "account.h"
#include "handle.h"
#include "limits.h"
#include "queue.h"
#include "region.h"
#include "registry.h"

#define IPCQ_KUNIT_SUITE(_name, _cases)					\
	static struct kunit_suite _name##_suite = {			\
		.name = #_name,						\
		.suite_init = ipcq_kunit_start,				\
		.suite_exit = ipcq_kunit_stop,				\
		.init = ipcq_kunit_case_init,				\
		.exit = ipcq_kunit_case_exit,				\
		.test_cases = (_cases),					\
	};								\
	kunit_test_suite(_name##_suite)

/* How long to wait for what another thread does; only a failure takes that long. */
#define IPCQ_KUNIT_PATIENCE	(30 * HZ)

#define IPCQ_KUNIT_UNTIL(_test, _condition)				\
	do {								\
		unsigned long end_ = jiffies + IPCQ_KUNIT_PATIENCE;	\
									\
		while (!(_condition) && time_before(jiffies, end_))	\
			usleep_range(500, 2000);			\
		KUNIT_EXPECT_TRUE(_test, _condition);			\
	} while (0)

/* module.c */
int ipcq_kunit_start(struct kunit_suite *suite);
void ipcq_kunit_stop(struct kunit_suite *suite);
int ipcq_kunit_case_init(struct kunit *test);
void ipcq_kunit_case_exit(struct kunit *test);

/* The account of the thread that runs the case, which is root's. */
static inline struct ipcq_account *ipcq_kunit_account(struct kunit *test)
{
	return test->priv;
}

/* Of all that a case's thread is, what it takes to be a user. */
struct ipcq_kunit_identity {
	struct cred *cred;
	const struct cred *old;
	struct user_namespace *own;
};

/* common.c: where the suites run, and users */
void ipcq_kunit_environment_init(void);
struct net *ipcq_kunit_other_net(void);
u64 ipcq_kunit_objects(void);
void __user *ipcq_kunit_map(struct kunit *test, size_t size);
void ipcq_kunit_unmap(void __user *address, size_t size);

struct user_namespace *ipcq_kunit_namespace(struct kunit *test,
					    struct user_namespace *parent,
					    kuid_t owner, u32 first);
int ipcq_kunit_become(struct ipcq_kunit_identity *identity,
		      struct user_namespace *ns, kuid_t uid, kgid_t gid);
void ipcq_kunit_resume(struct ipcq_kunit_identity *identity);
struct ipcq_account *ipcq_kunit_account_of(struct kunit *test,
					   struct user_namespace *ns, u32 uid);

struct ipcq_kunit_thread *ipcq_kunit_thread(struct kunit *test, int (*run)(void *data),
					    void *data);
void ipcq_kunit_signal(struct ipcq_kunit_thread *thread, int signal);
int ipcq_kunit_join(struct ipcq_kunit_thread *thread);

/* objects.c: opening and using what the module has */
struct ipcq_kunit_want {
	const struct ipcq_kind *kind;
	struct ipcq_registry *registry;	/* NULL: the initial namespace's */
	const char *name;		/* NULL: anonymous */
	u32 flags;			/* 0: read and write, create */
	umode_t mode;
	u32 lifetime;			/* IPCQ_LIFETIME_* */
	const kuid_t *owner;		/* demanded, or NULL */
	union ipcq_attributes with;
};

struct ipcq_handle *ipcq_kunit_open_as(const struct ipcq_kunit_want *want);

/* ipcq_kunit_open(KIND, .MEMBER = VALUE...): a handle, or ERR_PTR() */
#define ipcq_kunit_open(_kind, ...)					\
	ipcq_kunit_open_as(&(struct ipcq_kunit_want){			\
		.kind = (_kind), __VA_ARGS__ })
#define ipcq_kunit_open_queue(...)					\
	ipcq_kunit_open(&ipcq_queue_kind, __VA_ARGS__)
#define ipcq_kunit_open_region(...)					\
	ipcq_kunit_open(&ipcq_region_kind, .with.region.region_size = PAGE_SIZE, \
			__VA_ARGS__)

static inline struct ipcq_queue *ipcq_kunit_queue(const struct ipcq_handle *handle)
{
	return to_ipcq_queue(handle->object);
}

static inline struct ipcq_region *
ipcq_kunit_region(const struct ipcq_handle *handle)
{
	return to_ipcq_region(handle->object);
}

/* As the last close does it, and only the first half of that. */
void ipcq_kunit_release(struct ipcq_handle *handle);
void ipcq_kunit_close(struct ipcq_handle *handle);

bool ipcq_kunit_has_name(struct ipcq_registry *registry, const char *name);
int ipcq_kunit_unlink(struct ipcq_registry *registry, const char *name, u32 kind);

struct ipcq_message *ipcq_kunit_message(struct ipcq_account *account, u32 class);
int ipcq_kunit_send(struct ipcq_handle *handle, const void *data, size_t length,
		    u32 priority, bool nonblock);
struct ipcq_message *ipcq_kunit_reserve(struct ipcq_handle *handle, size_t size);
int ipcq_kunit_fail(struct ipcq_handle *handle, struct ipcq_message *message);
int ipcq_kunit_receive(struct ipcq_handle *handle, void *data, size_t size);

#endif /* IPCQ_KUNIT_COMMON_H */
