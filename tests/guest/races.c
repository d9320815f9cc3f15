// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that open, create and unlink one name at the same time.
 */
#include "common.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROCESSES	8
#define ROUNDS		25

/* What the processes of a round share. */
struct round {
	int gate[2];			/* they start when it closes */
	uint32_t flags;
	uint32_t lifetime;
	unsigned int command;
	struct {
		int ret;
		uint32_t created;
		uint64_t id;
	} results[PROCESSES];
};

static struct round *round_new(void)
{
	struct round *round = mmap(NULL, sizeof(*round), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(round != MAP_FAILED);
	return round;
}

static void wait_for_start(const struct round *round)
{
	char byte;

	close(round->gate[1]);
	assert_int_equal(read(round->gate[0], &byte, 1), 0);
}

static struct round *shared;
static int place;

static int open_at_start(void *context)
{
	union open_args args = open_args(shared->command, "race");

	(void)context;
	args.open.flags = shared->flags;
	args.open.lifetime = shared->lifetime;
	wait_for_start(shared);
	shared->results[place].ret = call(device(), shared->command, &args);
	shared->results[place].created = args.open.created;
	shared->results[place].id = args.open.id;
	return 0;
}

/* Runs @body in all processes at once. */
static void run_round(int (*body)(void *context))
{
	pid_t pids[PROCESSES];

	assert_int_equal(pipe(shared->gate), 0);
	for (place = 0; place < PROCESSES; place++)
		pids[place] = spawn(body, NULL);
	close(shared->gate[0]);
	close(shared->gate[1]);
	for (place = 0; place < PROCESSES; place++)
		assert_int_equal(reap(pids[place]), 0);
}

static unsigned int count_created(void)
{
	unsigned int created = 0, i;

	for (i = 0; i < PROCESSES; i++)
		created += shared->results[i].created;
	return created;
}

static void one_of_many_creates(void **state)
{
	unsigned int round, i;

	(void)state;
	shared->flags = RW | CREATE;
	shared->lifetime = IPCQ_LIFETIME_PERSISTENT;
	for (round = 0; round < ROUNDS; round++) {
		shared->command = round % 2 ? IPCQ_IOC_QUEUE_OPEN :
					      IPCQ_IOC_REGION_OPEN;
		run_round(open_at_start);
		assert_int_equal(count_created(), 1);
		for (i = 0; i < PROCESSES; i++) {
			assert_ok(shared->results[i].ret);
			assert_int_equal(shared->results[i].id,
					 shared->results[0].id);
		}
		assert_ok(object_unlink("race"));
	}
}

static void one_of_many_creates_exclusively(void **state)
{
	unsigned int round, i, refused;

	(void)state;
	shared->flags = RW | CREATE | IPCQ_OPEN_F_EXCL;
	shared->lifetime = IPCQ_LIFETIME_PERSISTENT;
	shared->command = IPCQ_IOC_QUEUE_OPEN;
	for (round = 0; round < ROUNDS; round++) {
		run_round(open_at_start);
		refused = 0;
		for (i = 0; i < PROCESSES; i++)
			refused += shared->results[i].ret == -EEXIST;
		assert_int_equal(refused, PROCESSES - 1);
		assert_int_equal(count_created(), 1);
		assert_ok(object_unlink("race"));
	}
}

/* Each opens, sends to whatever that is, unlinks and closes, again and again. */
static int churn(void *context)
{
	char payload[300] = { 0 };
	int i, fd, ret;

	(void)context;
	wait_for_start(shared);
	for (i = 0; i < 100; i++) {
		fd = queue_open("race", RW | CREATE);
		assert_ok(fd);
		assert_ok(queue_send(fd, payload, sizeof(payload),
				     IPCQ_SEND_F_NONBLOCK, 0));
		ret = object_unlink("race");
		assert_true(!ret || ret == -ENOENT);
		close(fd);
	}
	return 0;
}

static void a_churn_of_one_name_leaves_nothing(void **state)
{
	struct ipcq_query before = query(), after;

	(void)state;
	run_round(churn);
	after = query();
	assert_memory_equal(&after, &before, sizeof(after));
	assert_error(queue_open("race", RW), ENOENT);
}

static int set_up(void **state)
{
	(void)state;
	shared = round_new();
	return device() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_many_creates),
		cmocka_unit_test(one_of_many_creates_exclusively),
		cmocka_unit_test(a_churn_of_one_name_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
