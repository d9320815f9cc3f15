// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of the benchmark that compute: no process, no clock, no kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "histogram.h"
#include "parse.h"
#include "payload.h"
#include "stats.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* ----------------------------------------------------------------- histogram */

static void test_each_value_is_in_its_bucket(void **state)
{
	uint64_t value, seed = 1;
	size_t index;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		value = bench_random(&seed) >> (bench_random(&seed) % 64);
		index = bench_histogram_index(value);
		assert_in_range(index, 0, BENCH_HISTOGRAM_BUCKETS - 1);
		assert_true(bench_histogram_low(index) <= value);
		assert_true(bench_histogram_high(index) >= value);
	}
}

static void test_buckets_leave_no_gap(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(bench_histogram_low(0), 0);
	for (i = 1; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		assert_int_equal(bench_histogram_low(i),
				 bench_histogram_high(i - 1) + 1);
		assert_int_equal(bench_histogram_index(bench_histogram_low(i)), i);
	}
	assert_true(bench_histogram_high(i - 1) == UINT64_MAX);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the exact quantile of the sorted values, over many magnitudes. */
static void test_quantiles_are_exact_to_half_a_percent(void **state)
{
	static const double shares[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
	static struct bench_histogram histogram;
	static uint64_t value[5000];
	uint64_t seed = 7, exact, got;
	size_t i, rank;

	(void)state;
	for (i = 0; i < COUNT(value); i++) {
		value[i] = bench_random(&seed) >> (30 + bench_random(&seed) % 30);
		bench_histogram_add(&histogram, value[i]);
	}
	qsort(value, COUNT(value), sizeof(value[0]), compare);
	for (i = 0; i < COUNT(shares); i++) {
		rank = (size_t)ceil(shares[i] * COUNT(value));
		exact = value[rank ? rank - 1 : 0];
		got = bench_histogram_quantile(&histogram, shares[i]);
		assert_true(fabs((double)got - (double)exact) <=
			    (double)exact * 0.004);
	}
	assert_int_equal(histogram.max, value[COUNT(value) - 1]);
	assert_int_equal(histogram.count, COUNT(value));
}

static void test_quantile_of_none_and_of_one(void **state)
{
	struct bench_histogram *histogram = calloc(1, sizeof(*histogram));

	(void)state;
	assert_non_null(histogram);
	assert_int_equal(bench_histogram_quantile(histogram, 0.5), 0);
	bench_histogram_add(histogram, 1000003);
	assert_in_range(bench_histogram_quantile(histogram, 0), 996000, 1000003);
	/* Not more than the maximum, which is known exactly. */
	assert_in_range(bench_histogram_quantile(histogram, 1), 996000, 1000003);
	bench_histogram_add(histogram, UINT64_MAX);
	assert_true(bench_histogram_quantile(histogram, 1) > 1ULL << 41);
	bench_histogram_clear(histogram);
	assert_int_equal(histogram->count + histogram->max, 0);
	free(histogram);
}

static void test_merge_is_as_if_added_to_one(void **state)
{
	static struct bench_histogram a, b, both;
	uint64_t seed = 3, value;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		value = bench_random(&seed) % 100000;
		bench_histogram_add(i % 3 ? &a : &b, value);
		bench_histogram_add(&both, value);
	}
	bench_histogram_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

/* ---------------------------------------------------------------- statistics */

static void test_median_and_spread(void **state)
{
	static const double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };
	static const double same[] = { 2, 2, 2, 2 };

	(void)state;
	assert_true(bench_median(odd, 3) == 3);
	assert_true(bench_median(even, 4) == 2.5);
	assert_true(bench_median(same, 4) == 2);
	assert_true(bench_median(odd, 1) == 5);
	assert_true(bench_median(NULL, 0) == 0);
	assert_true(fabs(bench_spread(odd, 3) - 4.0 / 3) < 1e-9);
	assert_true(bench_spread(same, 4) == 0);
	assert_true(bench_spread(odd, 1) == 0);
}

static void test_shuffle_has_each_number_once(void **state)
{
	size_t order[50], again[50], i;
	uint64_t seed = 42, same = 42, other = 43;
	bool seen[50] = { false };

	(void)state;
	bench_shuffle(order, 50, &seed);
	for (i = 0; i < 50; i++) {
		assert_in_range(order[i], 0, 49);
		assert_false(seen[order[i]]);
		seen[order[i]] = true;
	}
	bench_shuffle(again, 50, &same);
	assert_memory_equal(order, again, sizeof(order));
	bench_shuffle(again, 50, &other);
	assert_memory_not_equal(order, again, sizeof(order));
}

static void test_shuffle_has_each_order_alike(void **state)
{
	unsigned int count[27] = { 0 }, found = 0, i;
	uint64_t seed = 1;
	size_t order[3];

	(void)state;
	for (i = 0; i < 6000; i++) {
		bench_shuffle(order, 3, &seed);
		count[9 * order[0] + 3 * order[1] + order[2]]++;
	}
	for (i = 0; i < 27; i++) {
		if (!count[i])
			continue;
		found++;
		assert_in_range(count[i], 850, 1150);
	}
	assert_int_equal(found, 6);
}

/* ------------------------------------------------------------------- payload */

static const size_t sizes[] = { 1, 2, 7, 8, 9, 15, 16, 17, 64, 100, 4096, 65543 };

static void test_filled_payload_passes(void **state)
{
	unsigned char *payload;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		/* Exactly as long, so that the sanitizer sees a byte too many. */
		payload = malloc(sizes[i]);
		assert_non_null(payload);
		bench_payload_fill(payload, sizes[i], 12345);
		assert_int_equal(bench_payload_check(payload, sizes[i], 12345),
				 sizes[i]);
		assert_int_equal(bench_payload_ahead(payload, sizes[i], 12345), 0);
		free(payload);
	}
}

static void test_each_wrong_byte_is_found(void **state)
{
	unsigned char payload[100];
	size_t i, j;

	(void)state;
	for (i = 0; sizes[i] <= sizeof(payload); i++) {
		for (j = 0; j < sizes[i]; j++) {
			bench_payload_fill(payload, sizes[i], 99);
			payload[j] ^= 0x10;
			assert_int_equal(bench_payload_check(payload, sizes[i], 99), j);
		}
	}
}

/* Nothing of an older message, nor of a shifted one, may pass for a newer. */
static void test_other_messages_differ_everywhere(void **state)
{
	uint64_t a[64], b[64];
	size_t i, j;

	(void)state;
	bench_payload_fill(a, sizeof(a), bench_payload_stamp(0, 5));
	bench_payload_fill(b, sizeof(b), bench_payload_stamp(0, 6));
	for (i = 0; i < 64; i++)
		for (j = 0; j < 64; j++)
			assert_true(a[i] != b[j] && (i == j || a[i] != a[j]));
	bench_payload_fill(b, sizeof(b), bench_payload_stamp(1, 5));
	for (i = 0; i < 64; i++)
		assert_true(a[i] != b[i]);
}

static void test_stamp_tells_how_far_ahead(void **state)
{
	unsigned char payload[16] = { 0 };

	(void)state;
	bench_payload_put_stamp(payload, 16, 1000);
	assert_int_equal(bench_payload_ahead(payload, 16, 990), 10);
	assert_true(bench_payload_ahead(payload, 16, 1001) == UINT64_MAX);
	bench_payload_put_stamp(payload, 1, 260);
	assert_int_equal(bench_payload_ahead(payload, 1, 256), 4);
	assert_int_equal(bench_payload_ahead(payload, 1, 261), 255);
	/* Even one byte tells the direction. */
	bench_payload_put_stamp(payload, 1, bench_payload_stamp(0, 7));
	assert_int_not_equal(bench_payload_ahead(payload, 1,
						 bench_payload_stamp(1, 7)), 0);
}

static void test_stamp_is_little_endian_and_no_longer(void **state)
{
	unsigned char payload[12];

	(void)state;
	memset(payload, 0xee, sizeof(payload));
	bench_payload_put_stamp(payload, 3, 0x0807060504030201);
	assert_memory_equal(payload, "\1\2\3\xee", 4);
	bench_payload_put_stamp(payload, 12, 0x0807060504030201);
	assert_memory_equal(payload, "\1\2\3\4\5\6\7\x8\xee\xee\xee\xee", 12);
}

/* ------------------------------------------------------------------- parsing */

static void test_pinning(void **state)
{
	static const char * const bad[] = {
		"", "0", "0,", ",0", "0,1,2", "0,-1", "-1,0", " 0,1", "0, 1",
		"both", "same ", "0,99999999999999999999", "65536,0",
	};
	enum bench_pinning pinning = BENCH_PIN_DEFAULT;
	int cpu[2] = { -7, -7 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(bench_parse_pinning(bad[i], &pinning, cpu), -1);
		assert_int_equal(pinning, BENCH_PIN_DEFAULT);
		assert_int_equal(cpu[0], -7);
	}
	assert_int_equal(bench_parse_pinning("same", &pinning, cpu), 0);
	assert_int_equal(pinning, BENCH_PIN_SAME);
	assert_int_equal(bench_parse_pinning("other", &pinning, cpu), 0);
	assert_int_equal(pinning, BENCH_PIN_OTHER);
	assert_int_equal(bench_parse_pinning("none", &pinning, cpu), 0);
	assert_int_equal(pinning, BENCH_PIN_NONE);
	assert_int_equal(bench_parse_pinning("3,12", &pinning, cpu), 0);
	assert_int_equal(pinning, BENCH_PIN_LIST);
	assert_int_equal(cpu[0], 3);
	assert_int_equal(cpu[1], 12);
}

static void test_modes(void **state)
{
	unsigned int modes = 0;

	(void)state;
	assert_int_equal(bench_parse_modes("both", &modes), 0);
	assert_int_equal(modes, 1 << BENCH_ROUND_TRIP | 1 << BENCH_STREAM);
	assert_int_equal(bench_parse_modes("stream", &modes), 0);
	assert_int_equal(modes, 1 << BENCH_STREAM);
	assert_int_equal(bench_parse_modes("round-trip", &modes), 0);
	assert_int_equal(modes, 1 << BENCH_ROUND_TRIP);
	assert_int_equal(bench_parse_modes("", &modes), -1);
	assert_int_equal(bench_parse_modes("streams", &modes), -1);
}

static void test_scheduling(void **state)
{
	enum bench_scheduling scheduling = BENCH_SCHEDULE_BATCH;

	(void)state;
	assert_int_equal(bench_parse_scheduling("normal", &scheduling), 0);
	assert_int_equal(scheduling, BENCH_SCHEDULE_NORMAL);
	assert_int_equal(bench_parse_scheduling("batch", &scheduling), 0);
	assert_int_equal(scheduling, BENCH_SCHEDULE_BATCH);
	assert_int_equal(bench_parse_scheduling("", &scheduling), -1);
	assert_int_equal(bench_parse_scheduling("batches", &scheduling), -1);
	assert_string_equal(bench_scheduling_name(BENCH_SCHEDULE_NORMAL), "normal");
	assert_string_equal(bench_scheduling_name(BENCH_SCHEDULE_BATCH), "batch");
}

static int append(const char *part, void *context)
{
	strcat(context, part);
	strcat(context, ";");
	return strcmp(part, "stop") ? 0 : 5;
}

static void test_lists(void **state)
{
	static const char * const bad[] = { "", ",", "a,", ",a", "a,,b" };
	char text[128] = "", longest[70];
	size_t i;

	(void)state;
	assert_int_equal(bench_parse_list("a,bc,d", append, text), 0);
	assert_string_equal(text, "a;bc;d;");
	text[0] = '\0';
	assert_int_equal(bench_parse_list("a,stop,b", append, text), 5);
	assert_string_equal(text, "a;stop;");
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(bench_parse_list(bad[i], append, text), -1);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(bench_parse_list(longest, append, text), -1);
}

static void test_sizes_are_shown_exactly(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(bench_format_size(0, text, sizeof(text)), "0");
	assert_string_equal(bench_format_size(1, text, sizeof(text)), "1");
	assert_string_equal(bench_format_size(1023, text, sizeof(text)), "1023");
	assert_string_equal(bench_format_size(65536, text, sizeof(text)), "64K");
	assert_string_equal(bench_format_size(65537, text, sizeof(text)), "65537");
	assert_string_equal(bench_format_size(3 << 20, text, sizeof(text)), "3M");
	assert_string_equal(bench_format_size(1536 << 10, text, sizeof(text)),
			    "1536K");
}

static void test_emulation_is_recognized(void **state)
{
	(void)state;
	assert_true(bench_is_emulated("TCGTCGTCGTCG", "whatever", ""));
	assert_true(bench_is_emulated("", "QEMU TCG CPU version 2.5+", ""));
	assert_true(bench_is_emulated("", "AMD EPYC", "QEMU"));
	assert_false(bench_is_emulated("KVMKVMKVM", "AMD EPYC", "QEMU"));
	assert_false(bench_is_emulated("", "AMD EPYC", "Dell Inc."));
	assert_false(bench_is_emulated("VMwareVMware", "Intel Xeon", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_value_is_in_its_bucket),
		cmocka_unit_test(test_buckets_leave_no_gap),
		cmocka_unit_test(test_quantiles_are_exact_to_half_a_percent),
		cmocka_unit_test(test_quantile_of_none_and_of_one),
		cmocka_unit_test(test_merge_is_as_if_added_to_one),
		cmocka_unit_test(test_median_and_spread),
		cmocka_unit_test(test_shuffle_has_each_number_once),
		cmocka_unit_test(test_shuffle_has_each_order_alike),
		cmocka_unit_test(test_filled_payload_passes),
		cmocka_unit_test(test_each_wrong_byte_is_found),
		cmocka_unit_test(test_other_messages_differ_everywhere),
		cmocka_unit_test(test_stamp_tells_how_far_ahead),
		cmocka_unit_test(test_stamp_is_little_endian_and_no_longer),
		cmocka_unit_test(test_pinning),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_scheduling),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_sizes_are_shown_exactly),
		cmocka_unit_test(test_emulation_is_recognized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
