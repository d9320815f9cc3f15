// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "ipcq bench" with ipcq's own mechanisms: that each is measured, and so that every byte
 * has come as it was sent.  What it is like, is not looked at.
 */
#include "shell.h"

static void each_mechanism_is_measured(void **state)
{
	(void)state;
	check_says("ipcq bench -m ipcq-queue,ipcq-batch,ipcq-call,ipcq-region"
		   " -s 1,64,8K --baseline none --budget 1 --repetitions 1"
		   " --output /tmp/bench", OK, "ipcq-call");
	assert_null(strstr(output, "FAIL"));
	/* All but the streams of calls. */
	assert_non_null(strstr(output, "there and back"));
	check_prints("grep -o '\"status\":\"[a-z]*\"' /tmp/bench | sort | uniq -c |"
		     " sed 's/^ *//'", "21 \"status\":\"ok\"\n3 \"status\":\"skip\"\n");
	check("rm /tmp/bench", OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mechanism_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
