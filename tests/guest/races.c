// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that open, create and unlink one name at the same time.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROCESSES	8
#define ROUNDS		50

/* What the processes share with their parent, which is one more at the barrier. */
static struct race {
	pthread_barrier_t barrier;
	union open_args args[PROCESSES];
	int results[PROCESSES];
	unsigned int commands[ROUNDS];
} *race;

static pid_t pids[PROCESSES];

static void meet(void)
{
	int ret = pthread_barrier_wait(&race->barrier);

	assert_true(!ret || ret == PTHREAD_BARRIER_SERIAL_THREAD);
}

/* Starts the processes, each of which is told its number. */
static void start(int (*body)(void *context))
{
	unsigned long i;

	(void)device();
	for (i = 0; i < PROCESSES; i++)
		pids[i] = spawn(body, (void *)i);
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(reap(pids[i]), 0);
		pids[i] = 0;
	}
}

/* In each round all open the same name with the same arguments. */
static int open_in_rounds(void *context)
{
	unsigned long self = (unsigned long)context;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		union open_args *args = &race->args[self];

		meet();
		race->results[self] =
			call(device(), race->commands[round], args);
		meet();
		if (!race->results[self])
			close(args->open.fd);
	}
	return 0;
}

static void prepare(unsigned int command, uint32_t flags)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++) {
		race->args[i] = open_args(command, "race");
		race->args[i].open.flags |= flags;
		race->args[i].open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	}
}

static unsigned int count_created(void)
{
	unsigned int created = 0, i;

	for (i = 0; i < PROCESSES; i++)
		created += race->args[i].open.created;
	return created;
}

static unsigned int count_results(int result)
{
	unsigned int count = 0, i;

	for (i = 0; i < PROCESSES; i++)
		count += race->results[i] == result;
	return count;
}

/*
 * Runs all rounds, with further flags for the opens: in each, one creates, and all
 * others get @others.
 */
static void run_rounds(uint32_t flags, int others)
{
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++)
		race->commands[round] = round % 2 ? IPCQ_IOC_QUEUE_OPEN :
						    IPCQ_IOC_REGION_OPEN;
	start(open_in_rounds);
	for (round = 0; round < ROUNDS; round++) {
		prepare(race->commands[round], flags);
		meet();
		meet();
		assert_int_equal(count_created(), 1);
		if (others) {
			assert_int_equal(count_results(0), 1);
			assert_int_equal(count_results(others), PROCESSES - 1);
		} else {
			assert_int_equal(count_results(0), PROCESSES);
			for (i = 1; i < PROCESSES; i++)
				assert_int_equal(race->args[i].open.id,
						 race->args[0].open.id);
		}
		assert_ok(object_unlink("race"));
	}
	finish();
}

static void one_of_many_creates(void **state)
{
	(void)state;
	run_rounds(0, 0);
}

static void one_of_many_creates_exclusively(void **state)
{
	(void)state;
	run_rounds(IPCQ_OPEN_F_EXCL, -EEXIST);
}

/* Each opens, sends to whatever that is, unlinks and closes, again and again. */
static int churn(void *context)
{
	char payload[300] = { 0 };
	int i, fd, ret;

	(void)context;
	meet();
	for (i = 0; i < ROUNDS; i++) {
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
	start(churn);
	meet();
	finish();
	after = query();
	assert_memory_equal(&after, &before, sizeof(after));
	assert_error(queue_open("race", RW), ENOENT);
}

static int set_up(void **state)
{
	pthread_barrierattr_t attributes;

	(void)state;
	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (race == MAP_FAILED || pthread_barrierattr_init(&attributes) ||
	    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED))
		return -1;
	return pthread_barrier_init(&race->barrier, &attributes, PROCESSES + 1);
}

/* Those of a test that failed wait for ever. */
static int stop(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < PROCESSES; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	(void)object_unlink("race");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_many_creates),
		cmocka_unit_test(one_of_many_creates_exclusively),
		cmocka_unit_test(a_churn_of_one_name_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, stop);
}
