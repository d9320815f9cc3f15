// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the benchmark reads: two files to compare, as JSON with a zero byte between
 * them, and lists of options.
 */
#include <math.h>

#include "compare.h"
#include "parse.h"
#include "target.h"
#include "util.h"

SILENT_COMPLAIN

static void try_compare(const char *first, const char *second)
{
	json_t *baseline = json_loads(first, 0, NULL);
	json_t *result = json_loads(second, 0, NULL);
	struct bench_comparison comparison;
	char *text = NULL;
	size_t length;
	FILE *out;

	if (baseline && result) {
		out = open_memstream(&text, &length);
		require(out);
		if (bench_compare(baseline, result, 0.01, out, &comparison))
			require(*comparison.why);
		else
			require(comparison.compared >= comparison.worse +
						       comparison.better);
		fclose(out);
		free(text);
	}
	json_decref(baseline);
	json_decref(result);
}

static int part(const char *text, void *context)
{
	unsigned int *parts = context;

	require(*text && !strchr(text, ','));
	return ++*parts > 100;
}

static void try_options(const char *text)
{
	enum bench_pinning pinning;
	unsigned int modes, parts = 0;
	int cpu[2];

	if (!bench_parse_pinning(text, &pinning, cpu) &&
	    pinning == BENCH_PIN_LIST)
		require(cpu[0] >= 0 && cpu[1] >= 0 && cpu[0] <= 65535 &&
			cpu[1] <= 65535);
	if (!bench_parse_modes(text, &modes))
		require(modes && modes < 1U << BENCH_MODES);
	bench_parse_list(text, part, &parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = as_text(data, size);
	size_t first = strlen(text);

	try_options(text);
	try_compare(text, first < size ? text + first + 1 : text);
	free(text);
	return 0;
}
