// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command "ipcq" on the real device: who may, who waits, and what is shown.
 */
#include "shell.h"

#include <sys/stat.h>
#include <unistd.h>

static int run_refused(void *context)
{
	(void)context;
	check_says("ipcq send c x", REFUSED, "permission");
	check("ipcq rm c", REFUSED);
	check_prints("ipcq rm --all", "");
	/* Everybody may see what there is. */
	check_says("ipcq ls", OK, " c ");
	return 0;
}

static int run_without_device(void *context)
{
	(void)context;
	check("ipcq send c x", NO_DEVICE);
	return 0;
}

static void who_may_not_is_refused(void **state)
{
	struct stat device;

	(void)state;
	check("ipcq create c --mode 0600", OK);
	assert_int_equal(reap(spawn_as(65534, 65534, run_refused, NULL)), 0);
	check_says("ipcq ls", OK, " c ");
	check("ipcq rm c", OK);

	assert_int_equal(stat("/dev/ipcq", &device), 0);
	assert_int_equal(chmod("/dev/ipcq", 0600), 0);
	assert_int_equal(reap(spawn_as(65534, 65534, run_without_device, NULL)), 0);
	assert_int_equal(chmod("/dev/ipcq", device.st_mode & 07777), 0);
}

static void receivers_wait_for_messages(void **state)
{
	(void)state;
	check("ipcq create c", OK);
	check_prints("ipcq recv c -n 2 & ipcq send c one; ipcq send c two; wait",
		     "one\ntwo\n");
	check("ipcq rm c", OK);
}

static int hold_and_die(void *context)
{
	int fd = region_open(context, RW);

	return mutex_lock(fd, 0, 0, 0);
}

static void a_region_is_shown_with_its_dead(void **state)
{
	char *show = "ipcq show r";

	(void)state;
	check_prints("ipcq create r --region --size 64K --mutexes 2 --eventcounts 1",
		     "");
	check_says("ipcq ls --kind region", OK, "64 KiB, 2 mutexes, 1 eventcount");
	assert_int_equal(reap(spawn(hold_and_die, "r")), 0);
	eventually((run(show), strstr(output, "INCONSISTENT")));
	check_says(show, OK, "1 died holding it");
	check_says("ipcq send r x", FAILED, "kind");
	check("ipcq rm --all --kind queue", OK);
	check(show, OK);
	check("ipcq rm --all", OK);
	check(show, FAILED);
}

static void data_is_printed_as_json(void **state)
{
	(void)state;
	check("ipcq create c --messages 4; ipcq send c text; printf '\\377' | ipcq send c",
	      OK);
	check_says("ipcq info --json", OK, "\"max_message_size\": 1048576");
	check_says("ipcq ls --json", OK, "[\n  {\n");
	check_says("ipcq show c --json", OK, "\"messages\": 2,");
	/* How old it is, and from which process, is another each time. */
	check_prints("ipcq recv c --all --json |"
		     " sed -E 's/\"(age|pid)\":[0-9.e-]+,//g'",
		     "{\"sequence\":1,\"dropped\":0,\"redeliveries\":0,\"priority\":0,\"type\":0,\"uid\":0,\"gid\":0,"
		     "\"descriptors\":0,\"size\":4,\"text\":\"text\"}\n"
		     "{\"sequence\":2,\"dropped\":0,\"redeliveries\":0,\"priority\":0,\"type\":0,\"uid\":0,\"gid\":0,"
		     "\"descriptors\":0,\"size\":1,\"base64\":\"/w==\"}\n");
	check("ipcq rm c", OK);
	check_prints("ipcq ls --json --kind queue", "[]\n");
}

static void messages_are_chosen_by_type_and_priority(void **state)
{
	(void)state;
	check("ipcq create t --priorities; ipcq send t --type 5 five;"
	      " ipcq send t --type 3 -p 9 three; ipcq send t --type 4 four", OK);
	check_prints("ipcq recv t --type 4 -f lines", "four\n");
	check("ipcq recv t --type 4 --nonblock", 4);
	check("ipcq recv t --type-range 4-4 --nonblock", 4);
	check("ipcq recv t --type-except 5 --least-priority 10 --nonblock", 4);
	check_prints("ipcq recv t --type-range 4-6 -f lines", "five\n");
	check("ipcq send t --type 2 two", OK);
	check_prints("ipcq recv t --type-at-most 3 -n 2", "two\nthree\n");
	check_says("ipcq recv t --type 1 --type-except 2", 2, "already");
	check_says("ipcq recv t --type-range 5", 2, "N-M");
	check("ipcq create all --broadcast", OK);
	check_says("ipcq recv all --type 1", FAILED, "delivers to all");
	check("ipcq rm t all", OK);
}

static void what_expires_goes_to_the_dead_letter_queue(void **state)
{
	(void)state;
	check("ipcq create dead; ipcq create m --ttl 0.02 --dead-letter dead", OK);
	check_says("ipcq show m", OK, "dead (#");
	check("ipcq send m mortal", OK);
	check_says("ipcq recv dead --json", OK, "\"reason\":\"expired\"}");
	check_says("ipcq show m --json", OK, "\"dead_lettered\": 1,");
	check_says("ipcq set m --dead-letter none", FAILED, "'none'");
	check("ipcq set m --no-dead-letter", OK);
	check("ipcq send m mortal; ipcq recv dead --timeout 0.2", 4);
	check_says("ipcq show m --json", OK, "\"dropped\": 1");
	check("ipcq rm m dead", OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_not_is_refused),
		cmocka_unit_test(receivers_wait_for_messages),
		cmocka_unit_test(a_region_is_shown_with_its_dead),
		cmocka_unit_test(data_is_printed_as_json),
		cmocka_unit_test(messages_are_chosen_by_type_and_priority),
		cmocka_unit_test(what_expires_goes_to_the_dead_letter_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
