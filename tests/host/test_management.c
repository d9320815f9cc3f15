// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libipcq on a model of the module: the management interface.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "with_queues.h"

struct seen {
	int count;
	int stop_at;
	uint64_t last_id;
	struct ipcq_object_info object;
	char name[256];
};

static int see(const struct ipcq_object_info *object, void *context)
{
	struct seen *seen = context;

	assert_true(object->id > seen->last_id);
	seen->last_id = object->id;
	seen->object = *object;
	strcpy(seen->name, object->name ? object->name : "");
	return ++seen->count == seen->stop_at ? 42 : 0;
}

static void listing(void **state)
{
	struct ipcq_queue *anonymous;
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(ipcq_list(IPCQ_ANY, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	ipcq_queue_close(new_queue("a", 3));
	ipcq_queue_close(new_queue("b", 3));
	anonymous = new_queue(NULL, 3);
	assert_int_equal(ipcq_list(IPCQ_ANY, see, &seen), 0);
	assert_int_equal(seen.count, 3);
	assert_null(seen.object.name);
	seen = (struct seen) { .stop_at = 2 };
	assert_int_equal(ipcq_list(IPCQ_QUEUE, see, &seen), 42);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.name, "b");
	seen = (struct seen) { 0 };
	assert_int_equal(ipcq_list(IPCQ_REGION, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(ipcq_list((enum ipcq_kind)7, see, &seen), -EOPNOTSUPP);
	fake->absent = ENOENT;
	assert_int_equal(ipcq_list(IPCQ_ANY, see, &seen), -ENODEV);
	ipcq_queue_close(anonymous);
}

static void a_module_that_goes_meanwhile(void **state)
{
	const struct ipcq_limit_setting setting = { IPCQ_LIMIT_OWNERS, 1 };
	static const int errors[] = { -ENOENT, -EPROTONOSUPPORT };
	struct seen seen = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		fake->netlink_error = errors[i];
		assert_int_equal(ipcq_list(IPCQ_ANY, see, &seen), -ENODEV);
		assert_int_equal(ipcq_limits_set(&setting, 1), -ENODEV);
	}
	assert_int_equal(ipcq_show("a", 0, see, &seen), -ENODEV);
	fake->netlink_error = 1;
	assert_int_equal(ipcq_show("a", 0, see, &seen), -EPROTO);
	fake->netlink_error = -ENOENT;
	assert_int_equal(ipcq_show("a", 0, see, &seen), -ENOENT);
	assert_int_equal(seen.count, 0);
}

static void showing(void **state)
{
	struct ipcq_queue *queue = new_queue("a", 3);
	struct seen seen = { 0 };
	char name[257];
	uint64_t id;

	(void)state;
	assert_int_equal(ipcq_queue_send(queue, "abcd", 4), 0);
	assert_int_equal(ipcq_show("a", 0, see, &seen), 0);
	assert_string_equal(seen.name, "a");
	assert_int_equal(seen.object.kind, IPCQ_QUEUE);
	assert_int_equal(seen.object.mode, 0600);
	assert_int_equal(seen.object.uid, getuid());
	assert_int_equal(seen.object.handles, 1);
	assert_int_equal(seen.object.lifetime, IPCQ_UNTIL_REMOVED);
	assert_false(seen.object.unlinked);
	assert_int_equal(seen.object.queue.max_messages, 3);
	assert_int_equal(seen.object.queue.bytes, 4);
	assert_int_equal(seen.object.queue.sent, 1);
	id = seen.last_id;
	assert_int_equal(ipcq_unlink(ipcq, "a", IPCQ_ANY), 0);
	assert_int_equal(ipcq_show("a", 0, see, &seen), -ENOENT);
	seen = (struct seen) { .stop_at = 1 };
	assert_int_equal(ipcq_show(NULL, id, see, &seen), 42);
	assert_true(seen.object.unlinked);
	assert_int_equal(ipcq_show(NULL, id + 1, see, &seen), -ENOENT);
	assert_int_equal(ipcq_show("", 0, see, &seen), -EINVAL);
	memset(name, 'n', 256);
	name[256] = '\0';
	assert_int_equal(ipcq_show(name, 0, see, &seen), -ENAMETOOLONG);
	ipcq_queue_close(queue);
}

static int set_limit(int limit, uint64_t value)
{
	const struct ipcq_limit_setting setting = {
		.limit = (enum ipcq_limit)limit, .value = value,
	};

	return ipcq_limits_set(&setting, 1);
}

static void setting_limits(void **state)
{
	const struct ipcq_limit_setting two[] = {
		{ IPCQ_LIMIT_MAX_MESSAGES, 5 }, { IPCQ_LIMIT_NAMESPACE_OBJECTS, 6 },
	};
	const struct ipcq_limit_setting bad[] = {
		{ IPCQ_LIMIT_MAX_MESSAGES, 9 }, { IPCQ_LIMIT_OBJECTS, 0 },
	};
	struct ipcq_limits limits;

	(void)state;
	assert_int_equal(ipcq_limits_set(two, 2), 0);
	assert_int_equal(ipcq_limits(ipcq, &limits), 0);
	assert_int_equal(limits.max_messages, 5);
	assert_int_equal(limits.namespace_objects_limit, 6);
	assert_int_equal(ipcq_limits_set(bad, 2), -EINVAL);
	assert_int_equal(ipcq_limits_set(two, 0), -EINVAL);
	assert_int_equal(set_limit(0, 1), -EINVAL);
	assert_int_equal(set_limit(12, 1), -EINVAL);
	assert_int_equal(set_limit(-1, 1), -EINVAL);
	fake->unprivileged = true;
	assert_int_equal(set_limit(IPCQ_LIMIT_OWNERS, 1), -EPERM);
	assert_int_equal(ipcq_limits(ipcq, &limits), 0);
	assert_int_equal(limits.max_messages, 5);
	assert_int_equal(limits.owners_limit, 8);
	fake->absent = ENOENT;
	assert_int_equal(set_limit(IPCQ_LIMIT_OWNERS, 1), -ENODEV);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listing), TEST(a_module_that_goes_meanwhile), TEST(showing), TEST(setting_limits),
	};

	return cmocka_run_group_tests_name("management", tests, NULL, NULL);
}
