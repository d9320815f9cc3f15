// SPDX-License-Identifier: GPL-2.0-only
/*
 * The KUnit module: what each suite starts and stops, and the case's accounts.
 *
 * KUnit runs the suites while the module is being loaded, before or after its init
 * function, as the kernel's version has it.  So there is none: each suite starts
 * the module's parts by itself, and stops them, as main.c does, but for what users
 * reach.
 */
#include <linux/err.h>
#include <linux/module.h>

#include "common.h"
#include "limits.h"
#include "message.h"
#include "owner.h"
#include "queue.h"
#include "registry.h"

static u64 default_limits[IPCQ_GLOBAL_LIMITS];

int ipcq_kunit_start(struct kunit_suite *suite)
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
	memcpy(default_limits, ipcq_limits, sizeof(default_limits));
	ipcq_kunit_environment_init();
	return 0;

err_owners:
	ipcq_owners_stop();
err_queue:
	ipcq_queue_exit();
err_message:
	ipcq_message_exit();
	return ret;
}

void ipcq_kunit_stop(struct kunit_suite *suite)
{
	ipcq_registry_exit();
	ipcq_owners_stop();
	ipcq_queue_exit();
	ipcq_message_exit();
	ipcq_accounts_exit();
}

/* Before each case: nobody uses anything, and the limits are the defaults. */
int ipcq_kunit_case_init(struct kunit *test)
{
	struct ipcq_account *account = ipcq_account_of_current();

	if (IS_ERR(account))
		return PTR_ERR(account);
	test->priv = account;
	memcpy(ipcq_limits, default_limits, sizeof(ipcq_limits));
	KUNIT_EXPECT_EQ(test, refcount_read(&account->refs), 1U);
	return 0;
}

/* After each case: whatever it did, nothing is left of it. */
void ipcq_kunit_case_exit(struct kunit *test)
{
	struct ipcq_account *account = test->priv;
	int i;

	if (IS_ERR_OR_NULL(account))
		return;
	/* Owners of threads that have ended go by a work. */
	IPCQ_KUNIT_UNTIL(test, refcount_read(&account->refs) == 1);
	for (i = 0; i < IPCQ_RESOURCES; i++)
		KUNIT_EXPECT_EQ(test, atomic64_read(&account->used[i]), 0LL);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_objects(), 0ULL);
	ipcq_account_put(account);
}

MODULE_DESCRIPTION("KUnit tests of ipcq");
MODULE_AUTHOR("The ipcq authors");
MODULE_LICENSE("GPL");
