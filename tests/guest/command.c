// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command "ipcq" on the real device: messages, and what it exits with.
 */
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIG	(1 << 20)

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

static void long_messages_are_refused_or_cut(void **state)
{
	char *json = "ipcq recv c --max-size 4 --truncate --json | sed 's/.*size/size/'";

	(void)state;
	check("ipcq create c; ipcq send c 12345 1234 123456", OK);
	check_says("ipcq recv c --max-size 4", FAILED, "longer than --max-size");
	check_prints("ipcq recv c --max-size 5", "12345");
	check_prints("ipcq recv c --max-size 4", "1234");
	check("ipcq recv c -n 2 --max-size 4", FAILED);
	check_prints("ipcq recv c --max-size 4 --truncate", "1234");
	check("ipcq send c 123456 1234", OK);
	check_prints(json, "size\":6,\"truncated\":true,\"text\":\"1234\"}\n");
	check_prints(json, "size\":4,\"text\":\"1234\"}\n");
	/* The buffer grows as far as it may first. */
	check("head -c 100000 /dev/zero | ipcq send c", OK);
	check_prints("ipcq recv c --max-size 70000 --truncate | wc -c", "70000\n");
	check("ipcq recv c --nonblock", WOULD_BLOCK);
	check("ipcq rm c", OK);
}

static void a_queue_is_followed(void **state)
{
	(void)state;
	check("ipcq create c; ipcq send c one two", OK);
	check_says("ipcq recv c --follow --timeout 2 & ipcq send c three; wait $!",
		   WOULD_BLOCK, "one\ntwo\nthree\n");
	assert_non_null(strstr(output, "3 messages were received before"));
	check("ipcq rm c", OK);
}

static void the_numbers_of_what_is_sent_are_told(void **state)
{
	(void)state;
	check("ipcq create c --messages 3 --full drop-newest", OK);
	check_prints("ipcq send c one two --json; echo x | ipcq send c --json;"
		     " ipcq send c --json more",
		     "{\"sequence\":1}\n{\"sequence\":2}\n{\"sequence\":3}\n"
		     "{\"sequence\":null}\n");
	check("ipcq rm c", OK);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_from_making_to_removing),
		cmocka_unit_test(any_bytes_pass),
		cmocka_unit_test(a_mebibyte_passes_through_pipes),
		cmocka_unit_test(long_messages_are_refused_or_cut),
		cmocka_unit_test(a_queue_is_followed),
		cmocka_unit_test(the_numbers_of_what_is_sent_are_told),
		cmocka_unit_test(exit_codes_tell_what_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
