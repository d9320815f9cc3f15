// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting limits, the protocol: what is refused and from whom, and that a request
 * takes effect as a whole or not at all.  What limits do is in limits_effect.c.
 */
#include "generic.h"

#include <sched.h>

#define FIRST	IPCQ_A_LIMIT_MAX_MESSAGES
#define LAST	IPCQ_A_LIMIT_USER_FILES
#define OWN	IPCQ_A_LIMIT_NAMESPACE_OBJECTS	/* the namespace's */
#define MAP	"0 1000 1\n"		/* of a namespace that USER has made */

struct limits {
	uint64_t of[IPCQ_A_LIMIT_MAX + 1];
};

static const struct {
	uint64_t smallest;
	uint64_t largest;
} ranges[IPCQ_A_LIMIT_MAX + 1] = {
	[IPCQ_A_LIMIT_MAX_MESSAGES] = { 1, 65536 },
	[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE] = { 1, 1 << 20 },
	[IPCQ_A_LIMIT_MAX_REGION_SIZE] = { 1, 1ULL << 42 },
	[IPCQ_A_LIMIT_MAX_MUTEXES] = { 0, 4096 },
	[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = { 0, 4096 },
	[IPCQ_A_LIMIT_USER_OBJECTS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_REGION_BYTES] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_OWNERS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_NAMESPACE_OBJECTS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_FILES] = { 0, IPCQ_UNLIMITED },
};

static struct limits limits_now(void)
{
	struct request request = request_new(family(), IPCQ_CMD_LIMITS_GET, 0);
	struct limits limits = { 0 };
	int fd = socket_new(), i;
	struct answer answer = ask(fd, &request);

	assert_int_equal(answer.objects, 1);
	for (i = FIRST; i <= LAST; i++) {
		assert_non_null(find(answer.last, i));
		memcpy(&limits.of[i], find(answer.last, i), 8);
	}
	close(fd);
	return limits;
}

static int set(uint16_t limit, uint64_t value)
{
	return ask_one(IPCQ_CMD_LIMITS_SET, NLM_F_ACK, limit, &value, 8).error;
}

static int set_two(uint16_t one, uint64_t value, uint16_t other,
		   uint64_t other_value)
{
	struct request request =
		request_new(family(), IPCQ_CMD_LIMITS_SET, NLM_F_ACK);
	int fd = socket_new(), error;

	put(&request, one, &value, 8);
	put(&request, other, &other_value, 8);
	error = ask(fd, &request).error;
	close(fd);
	return error;
}

/* The other programs of this guest are to find the limits as they were. */
static struct limits before;

static int remember(void **state)
{
	(void)state;
	before = limits_now();
	return 0;
}

static int restore(void **state)
{
	int i;

	(void)state;
	for (i = FIRST; i <= LAST; i++)
		if (set(i, before.of[i]))
			return -1;
	return 0;
}

static void assert_unchanged(void)
{
	const struct limits now = limits_now();

	assert_memory_equal(&now, &before, sizeof(now));
}

/* ---------------------------------------------------------------------- asking */

static int limits_are_those_of_the_query(void *context)
{
	const struct limits now = limits_now();
	struct ipcq_query q = query();

	(void)context;
	assert_int_equal(now.of[IPCQ_A_LIMIT_MAX_MESSAGES], q.max_messages);
	assert_int_equal(now.of[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE], q.max_message_size);
	assert_int_equal(now.of[IPCQ_A_LIMIT_MAX_REGION_SIZE], q.max_region_size);
	assert_int_equal(now.of[IPCQ_A_LIMIT_MAX_MUTEXES], q.max_mutexes);
	assert_int_equal(now.of[IPCQ_A_LIMIT_MAX_EVENTCOUNTS], q.max_eventcounts);
	assert_int_equal(now.of[IPCQ_A_LIMIT_USER_OBJECTS], q.objects_limit);
	assert_int_equal(now.of[IPCQ_A_LIMIT_USER_MESSAGE_BYTES],
			 q.message_bytes_limit);
	assert_int_equal(now.of[IPCQ_A_LIMIT_USER_REGION_BYTES],
			 q.region_bytes_limit);
	assert_int_equal(now.of[IPCQ_A_LIMIT_USER_OWNERS], q.owners_limit);
	assert_int_equal(now.of[IPCQ_A_LIMIT_NAMESPACE_OBJECTS],
			 q.namespace_objects_limit);
	assert_int_equal(now.of[IPCQ_A_LIMIT_USER_FILES], q.files_limit);
	return 0;
}

static void anybody_may_ask(void **state)
{
	int i;

	(void)state;
	run_as(USER, limits_are_those_of_the_query);
	for (i = FIRST; i <= LAST; i++)
		assert_ok(set(i, ranges[i].smallest + 1));
	run_as(USER, limits_are_those_of_the_query);
	for (i = FIRST; i <= LAST; i++)
		assert_int_equal(limits_now().of[i], ranges[i].smallest + 1);
}

static void asking_takes_no_attribute(void **state)
{
	uint64_t value = 1;
	uint16_t type;

	(void)state;
	for (type = IPCQ_A_LIMIT_PAD; type <= LAST + 1; type++)
		assert_error(ask_one(IPCQ_CMD_LIMITS_GET, 0, type, &value,
				     8).error, EINVAL);
	assert_error(ask_one(IPCQ_CMD_LIMITS_GET, NLM_F_DUMP, 0, NULL, 0).error,
		     EOPNOTSUPP);
}

/* --------------------------------------------------------------------- setting */

static void each_limit_has_its_range(void **state)
{
	int i;

	(void)state;
	for (i = FIRST; i <= LAST; i++) {
		if (ranges[i].smallest)
			assert_error(set(i, ranges[i].smallest - 1), EINVAL);
		assert_error(set(i, ranges[i].largest + 1), EINVAL);
		assert_error(set(i, UINT64_MAX), EINVAL);
		assert_unchanged();
	}
	for (i = FIRST; i <= LAST; i++) {
		assert_ok(set(i, ranges[i].smallest));
		assert_int_equal(limits_now().of[i], ranges[i].smallest);
		assert_ok(set(i, ranges[i].largest));
		assert_int_equal(limits_now().of[i], ranges[i].largest);
	}
}

static void each_limit_has_its_length(void **state)
{
	static const size_t lengths[] = { 0, 1, 4, 7, 9, 12, 16 };
	uint64_t value[2] = { 1, 0 };
	size_t i;
	int type;

	(void)state;
	for (type = FIRST; type <= LAST; type++)
		for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
			assert_error(ask_one(IPCQ_CMD_LIMITS_SET, NLM_F_ACK,
					     type, value, lengths[i]).error,
				     EINVAL);
	assert_unchanged();
}

static void what_is_no_limit_is_refused(void **state)
{
	(void)state;
	assert_error(ask_one(IPCQ_CMD_LIMITS_SET, NLM_F_ACK, 0, NULL, 0).error,
		     EINVAL);
	assert_error(set(IPCQ_A_LIMIT_PAD, 1), EINVAL);
	assert_error(set(LAST + 1, 1), EINVAL);
	assert_error(set_two(FIRST, 1, LAST + 1, 1), EINVAL);
	assert_unchanged();
}

static void one_wrong_limit_spoils_the_request(void **state)
{
	int good, bad;

	(void)state;
	for (good = FIRST; good <= LAST; good++) {
		for (bad = FIRST; bad <= LAST; bad++) {
			if (good == bad)
				continue;
			assert_error(set_two(good, 1, bad,
					     ranges[bad].largest + 1), EINVAL);
		}
	}
	assert_unchanged();
	assert_ok(set_two(FIRST, 7, LAST, 8));
	assert_int_equal(limits_now().of[FIRST], 7);
	assert_int_equal(limits_now().of[LAST], 8);
}

/* ------------------------------------------------------------------------- who */

static int nothing_can_be_set(void *context)
{
	int i;

	(void)context;
	for (i = FIRST; i <= LAST; i++) {
		assert_error(set(i, 1), EPERM);
		/* That it is wrong is not said before whether it may be set. */
		assert_error(set(i, UINT64_MAX), EPERM);
	}
	assert_unchanged();
	return 0;
}

/* With all capabilities, but over another namespace than the initial one. */
static int only_the_own_namespace_can_be_set(void *context)
{
	int i;

	nothing_can_be_set(context);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	for (i = FIRST; i <= LAST; i++) {
		if (i == OWN)
			continue;
		assert_error(set(i, 1), EPERM);
		assert_error(set_two(i, 1, OWN, 5), EPERM);
	}
	assert_int_equal(limits_now().of[OWN], IPCQ_UNLIMITED);
	assert_ok(set(OWN, 5));
	assert_int_equal(limits_now().of[OWN], 5);
	return 0;
}

static void setting_takes_a_capability(void **state)
{
	(void)state;
	(void)family();
	run_as(USER, nothing_can_be_set);
	assert_int_equal(reap(spawn_in_user_namespace(USER, MAP,
						      only_the_own_namespace_can_be_set,
						      NULL)), 0);
	assert_unchanged();
}

static int set_through(void *context)
{
	struct request request =
		request_new(family(), IPCQ_CMD_LIMITS_SET, NLM_F_ACK);
	uint64_t value = 1;

	put(&request, FIRST, &value, 8);
	assert_error(ask(*(int *)context, &request).error, EPERM);
	return 0;
}

/* The socket of somebody who may does not help who may not. */
static void a_socket_lends_no_capability(void **state)
{
	int fd = socket_new();

	(void)state;
	(void)family();
	assert_int_equal(reap(spawn_as(USER, USER, set_through, &fd)), 0);
	assert_unchanged();
	close(fd);
}

#define TEST(test)	cmocka_unit_test_setup_teardown(test, remember, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(anybody_may_ask), TEST(asking_takes_no_attribute),
		TEST(each_limit_has_its_range), TEST(each_limit_has_its_length),
		TEST(what_is_no_limit_is_refused),
		TEST(one_wrong_limit_spoils_the_request),
		TEST(setting_takes_a_capability),
		TEST(a_socket_lends_no_capability),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
