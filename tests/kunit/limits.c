// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: what each may be set to, and the attributes that they give.
 */
#include "common.h"

static const struct {
	unsigned int limit;
	u64 smallest, largest;
} ranges[] = {
	{ IPCQ_A_LIMIT_MAX_MESSAGES, 1, 65536 },
	{ IPCQ_A_LIMIT_MAX_MESSAGE_SIZE, 1, 1 << 20 },
	{ IPCQ_A_LIMIT_MAX_REGION_SIZE, 1, 1ULL << 42 },
	{ IPCQ_A_LIMIT_MAX_MUTEXES, 0, 4096 },
	{ IPCQ_A_LIMIT_MAX_EVENTCOUNTS, 0, 4096 },
	{ IPCQ_A_LIMIT_USER_OBJECTS, 0, IPCQ_UNLIMITED },
	{ IPCQ_A_LIMIT_USER_MESSAGE_BYTES, 0, IPCQ_UNLIMITED },
	{ IPCQ_A_LIMIT_USER_REGION_BYTES, 0, IPCQ_UNLIMITED },
	{ IPCQ_A_LIMIT_USER_OWNERS, 0, IPCQ_UNLIMITED },
	{ IPCQ_A_LIMIT_NAMESPACE_OBJECTS, 0, IPCQ_UNLIMITED },
	{ IPCQ_A_LIMIT_USER_FILES, 0, IPCQ_UNLIMITED },
};

static void ends_of_ranges(struct kunit *test)
{
	unsigned int i;

	/* Each that there is, once. */
	KUNIT_EXPECT_EQ(test, (int)ARRAY_SIZE(ranges), IPCQ_A_LIMIT_MAX - IPCQ_A_LIMIT_PAD);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		unsigned int limit = ranges[i].limit;

		KUNIT_EXPECT_TRUE(test, ipcq_limit_allows(limit, ranges[i].smallest));
		KUNIT_EXPECT_TRUE(test, ipcq_limit_allows(limit, ranges[i].largest));
		if (ranges[i].smallest)
			KUNIT_EXPECT_FALSE(test, ipcq_limit_allows(limit, ranges[i].smallest - 1));
		if (ranges[i].largest != IPCQ_UNLIMITED)
			KUNIT_EXPECT_FALSE(test, ipcq_limit_allows(limit, ranges[i].largest + 1));
	}
}

/* Whoever puts a default back must be allowed to. */
static void defaults_are_allowed(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (ranges[i].limit != IPCQ_A_LIMIT_NAMESPACE_OBJECTS) {
			KUNIT_EXPECT_TRUE(test, ipcq_limit_allows(ranges[i].limit,
								  ipcq_limit(ranges[i].limit)));
			KUNIT_EXPECT_GT(test, ipcq_limit(ranges[i].limit), 0ULL);
		}
	KUNIT_EXPECT_GE(test, ipcq_limit(IPCQ_A_LIMIT_USER_MESSAGE_BYTES), 64ULL << 20);
}

static int apply_queue(const struct ipcq_queue_open *asked, struct ipcq_queue_open *out)
{
	union ipcq_attributes attributes;
	int ret = ipcq_limits_apply(IPCQ_KIND_QUEUE, asked, &attributes);

	*out = attributes.queue;
	return ret;
}

static void queue_attributes(struct kunit *test)
{
	struct ipcq_queue_open out;

	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){}, &out), 0);
	KUNIT_EXPECT_EQ(test, out.max_messages, 64U);
	KUNIT_EXPECT_EQ(test, out.max_message_size, 1U << 20);

	/* A message is never longer than all of them together. */
	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){ .max_bytes = 100 }, &out), 0);
	KUNIT_EXPECT_EQ(test, out.max_message_size, 100U);

	ipcq_limits[IPCQ_A_LIMIT_MAX_MESSAGES] = 10;
	ipcq_limits[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE] = 1000;
	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){}, &out), 0);
	KUNIT_EXPECT_EQ(test, out.max_messages, 10U);
	KUNIT_EXPECT_EQ(test, out.max_message_size, 1000U);
	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){ .max_messages = 10,
					  .max_message_size = 1000 }, &out), 0);
	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){ .max_messages = 11 }, &out),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, apply_queue(&(struct ipcq_queue_open){ .max_message_size = 1001 },
					  &out), -EINVAL);
}

static void region_attributes(struct kunit *test)
{
	struct ipcq_region_open asked = {
		.region_size = 5000, .mutexes = 3, .eventcounts = 4,
	};
	union ipcq_attributes out;

	ipcq_limits[IPCQ_A_LIMIT_MAX_REGION_SIZE] = 5000;
	ipcq_limits[IPCQ_A_LIMIT_MAX_MUTEXES] = 3;
	ipcq_limits[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = 4;
	KUNIT_EXPECT_EQ(test, ipcq_limits_apply(IPCQ_KIND_REGION, &asked, &out), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&out.region, &asked, sizeof(asked)), 0);

	ipcq_limits[IPCQ_A_LIMIT_MAX_REGION_SIZE] = 4999;
	KUNIT_EXPECT_EQ(test, ipcq_limits_apply(IPCQ_KIND_REGION, &asked, &out), -EINVAL);
	ipcq_limits[IPCQ_A_LIMIT_MAX_REGION_SIZE] = 5000;
	ipcq_limits[IPCQ_A_LIMIT_MAX_MUTEXES] = 2;
	KUNIT_EXPECT_EQ(test, ipcq_limits_apply(IPCQ_KIND_REGION, &asked, &out), -EINVAL);
	ipcq_limits[IPCQ_A_LIMIT_MAX_MUTEXES] = 3;
	ipcq_limits[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = 3;
	KUNIT_EXPECT_EQ(test, ipcq_limits_apply(IPCQ_KIND_REGION, &asked, &out), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ends_of_ranges),
	KUNIT_CASE(defaults_are_allowed),
	KUNIT_CASE(queue_attributes),
	KUNIT_CASE(region_attributes),
	{}
};

IPCQ_KUNIT_SUITE(limits, cases);
