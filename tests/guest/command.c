// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command "ipcq" on the real device, as a shell runs it.
 */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG	(1 << 20)

/* The exit codes that the command documents. */
enum { OK, FAILED, USAGE, NO_DEVICE, WOULD_BLOCK, REFUSED };

/* What the last command printed, errors included. */
static char output[65536];

static int run(const char *line)
{
	char command[512];
	size_t length;
	int status;
	FILE *pipe;

	snprintf(command, sizeof(command), "{ %s ; } 2>&1", line);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = 0;
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs a command line, which must end and print as said. */
static void check_(const char *line, int code, const char *text, bool all,
		   const char *file, int number)
{
	int result = run(line);
	bool printed = all ? !strcmp(output, text) : !!strstr(output, text);

	if (result == code && printed)
		return;
	print_error("'%s' ended with %d and printed:\n%s\n", line, result, output);
	_fail(file, number);
}

#define check(line, code)	check_(line, code, "", false, __FILE__, __LINE__)
#define check_says(line, code, text)					\
	check_(line, code, text, false, __FILE__, __LINE__)
#define check_prints(line, text)					\
	check_(line, OK, text, true, __FILE__, __LINE__)

static void write_file(const char *path, const char *data, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void check_file(const char *path, const char *data, size_t size)
{
	FILE *file = fopen(path, "r");
	char *found = malloc(size + 1);

	assert_non_null(file);
	assert_int_equal(fread(found, 1, size + 1, file), size);
	assert_memory_equal(found, data, size);
	fclose(file);
	free(found);
}

static void a_queue_from_making_to_removing(void **state)
{
	(void)state;
	check_prints("ipcq create c --messages 4 --message-size 64", "");
	check_says("ipcq create c --exclusive", FAILED, "exist");
	check_says("ipcq ls", OK, "0 of 4 messages");
	check_prints("ipcq send c first 'the second' ''", "");
	check_says("ipcq ls", OK, "3 of 4 messages");
	check_says("ipcq show c", OK, "until it is removed");
	check_prints("ipcq recv c", "first");
	check_prints("ipcq recv c --all", "the second\n\n");
	check_prints("ipcq rm c", "");
	check_says("ipcq show c", FAILED, "c");
	check_prints("ipcq rm c --force", "");
}

static void any_bytes_pass(void **state)
{
	char bytes[256];
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		bytes[i] = i;
	write_file("/tmp/bytes", bytes, sizeof(bytes));
	check("ipcq create c", OK);
	check_prints("ipcq send c < /tmp/bytes; ipcq recv c | cat > /tmp/received", "");
	check_file("/tmp/received", bytes, sizeof(bytes));
	check_prints("printf 'a\\nb\\n\\nc' | ipcq send c --lines", "");
	check_prints("ipcq recv c -n 4", "a\nb\n\nc\n");
	check_prints("ipcq send c < /dev/null; ipcq recv c", "");
	check("ipcq rm c", OK);
}

static void a_mebibyte_passes_through_pipes(void **state)
{
	char *data = malloc(BIG + 1);
	size_t i;

	(void)state;
	for (i = 0; i < BIG + 1; i++)
		data[i] = i * 7 + i / 251;
	write_file("/tmp/big", data, BIG);
	write_file("/tmp/too-big", data, BIG + 1);
	check("ipcq create c", OK);
	check_prints("cat /tmp/big | ipcq send c", "");
	check_prints("ipcq recv c | cat > /tmp/received", "");
	check_file("/tmp/received", data, BIG);
	check_says("cat /tmp/too-big | ipcq send c", FAILED, "1048576");
	check("ipcq recv c --nonblock", WOULD_BLOCK);
	check("ipcq rm c", OK);
	unlink("/tmp/big");
	unlink("/tmp/too-big");
	unlink("/tmp/received");
	free(data);
}

static void exit_codes_tell_what_happened(void **state)
{
	(void)state;
	check("ipcq create c --messages 1 --message-size 8", OK);
	check_says("ipcq recv c --nonblock", WOULD_BLOCK, "empty");
	check_says("ipcq recv c --timeout 0.02", WOULD_BLOCK, "empty");
	check("ipcq send c x", OK);
	check_says("ipcq send c y --nonblock", WOULD_BLOCK, "full");
	check_says("ipcq recv c -n 2 --nonblock", WOULD_BLOCK, "1 message was");
	check_says("ipcq send c 123456789", FAILED, "at most 8");
	check_says("ipcq create c --messages 2", FAILED, "attributes");
	check_says("ipcq create r --region --size 1 --mutexes 100000", FAILED,
		   "--mutexes");
	check("ipcq send nobody x", FAILED);
	check("ipcq", USAGE);
	check("ipcq nonsense", USAGE);
	check("ipcq rm c", OK);
}

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
	check_prints("ipcq recv c --all --json",
		     "{\"sequence\":1,\"size\":4,\"text\":\"text\"}\n"
		     "{\"sequence\":2,\"size\":1,\"base64\":\"/w==\"}\n");
	check("ipcq rm c", OK);
	check_prints("ipcq ls --json --kind queue", "[]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_from_making_to_removing),
		cmocka_unit_test(any_bytes_pass),
		cmocka_unit_test(a_mebibyte_passes_through_pipes),
		cmocka_unit_test(exit_codes_tell_what_happened),
		cmocka_unit_test(who_may_not_is_refused),
		cmocka_unit_test(receivers_wait_for_messages),
		cmocka_unit_test(a_region_is_shown_with_its_dead),
		cmocka_unit_test(data_is_printed_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
