// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region's eventcounts: who sleeps, who is woken, and that no wake-up is lost.
 */
#include "common.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION_NAME	"test/eventcount"
#define ONE		IPCQ_EVENTCOUNT_ONE
#define MARK		IPCQ_EVENTCOUNT_WAITERS
#define SLEEPERS	20		/* more than are woken in one batch */

/* What a child that waits needs, and tells. */
struct sleeper {
	int fd;
	uint32_t seen;
	uint64_t deadline;
	int signal_flags;
	volatile int handled;
	volatile int result;
};

#define ASLEEP	1000

/* Shared with the children. */
static struct sleeper *sleepers;

static uint32_t read_word(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static int advance(int fd, uint32_t eventcount, uint32_t count)
{
	struct ipcq_eventcount_wake args = {
		.size = sizeof(args),
		.eventcount = eventcount,
		.count = count,
	};

	return call(fd, IPCQ_IOC_EVENTCOUNT_ADVANCE, &args);
}

static int run_sleeper(void *context)
{
	struct sleeper *self = context;

	handle_signals(self->signal_flags, &self->handled);
	self->result = eventcount_wait(self->fd, 0, self->seen, 0, self->deadline);
	return 0;
}

static pid_t start_sleeper(int fd, unsigned int slot, struct sleeper sleeper)
{
	pid_t pid;

	sleeper.fd = fd;
	sleeper.result = ASLEEP;
	sleepers[slot] = sleeper;
	pid = spawn(run_sleeper, &sleepers[slot]);
	wait_asleep(pid);
	return pid;
}

static void a_reader_may_wait_but_not_wake(void **state)
{
	struct ipcq_region_open open =
		region_args(REGION_NAME, RW | CREATE, 1, 0, 1);
	int fd, reader;
	pid_t pid;

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &open));
	fd = open.open.fd;
	reader = region_open(REGION_NAME, IPCQ_OPEN_F_READ);
	assert_error(eventcount_wake(reader, 0, 1), EBADF);
	assert_error(advance(reader, 0, 1), EBADF);
	pid = start_sleeper(reader, 0, (struct sleeper) { 0 });
	assert_int_equal(advance(fd, 0, 1), 1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(sleepers[0].result, 0);
	assert_int_equal(region_stat(fd).owners, 0);
	close(fd);
	close(reader);
}

static unsigned int count_asleep(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < SLEEPERS; i++)
		count += sleepers[i].result == ASLEEP;
	return count;
}

static void sleepers_are_woken_in_the_order_they_came(void **state)
{
	int fd = region_new(1, 0, 1);
	uint32_t *word = control_map(fd);
	pid_t pids[SLEEPERS];
	int i;

	(void)state;
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = start_sleeper(fd, i, (struct sleeper) { 0 });
	assert_int_equal(read_word(word), MARK);
	assert_int_equal(eventcount_wake(fd, 0, 0), 0);
	assert_int_equal(count_asleep(), SLEEPERS);
	assert_int_equal(eventcount_wake(fd, 0, 1), 1);
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(eventcount_wake(fd, 0, 3), 3);
	for (i = 1; i < 4; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(count_asleep(), SLEEPERS - 4);
	/* Who still waits keeps the mark. */
	assert_int_equal(read_word(word), MARK);
	/* More than one batch. */
	assert_int_equal(advance(fd, 0, INT32_MAX), SLEEPERS - 4);
	for (i = 4; i < SLEEPERS; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(count_asleep(), 0);
	assert_int_equal(read_word(word), ONE);
	close(fd);
}

static void a_killed_sleeper_swallows_no_wake_up(void **state)
{
	int fd = region_new(1, 0, 1);
	uint32_t *word = control_map(fd);
	pid_t first, second;

	(void)state;
	first = start_sleeper(fd, 0, (struct sleeper) { 0 });
	second = start_sleeper(fd, 1, (struct sleeper) { 0 });
	kill(first, SIGKILL);
	assert_int_equal(reap(first), 128 + SIGKILL);
	assert_int_equal(read_word(word), MARK);
	assert_int_equal(eventcount_wake(fd, 0, 1), 1);
	assert_int_equal(reap(second), 0);
	assert_int_equal(read_word(word), 0);

	/* The last who leaves takes the mark away. */
	first = start_sleeper(fd, 0, (struct sleeper) { 0 });
	assert_int_equal(read_word(word), MARK);
	kill(first, SIGKILL);
	assert_int_equal(reap(first), 128 + SIGKILL);
	assert_int_equal(read_word(word), 0);
	assert_int_equal(eventcount_wake(fd, 0, 1), 0);
	close(fd);
}

/* It is dead, but may not have noticed when it is woken. */
static void a_dying_sleeper_passes_its_wake_up_on(void **state)
{
	int fd = region_new(1, 0, 1), round;
	pid_t first, second;

	(void)state;
	for (round = 0; round < 30; round++) {
		first = start_sleeper(fd, 0, (struct sleeper) { 0 });
		second = start_sleeper(fd, 1, (struct sleeper) {
			.deadline = in(10 * SECOND),
		});
		kill(first, SIGKILL);
		assert_int_equal(eventcount_wake(fd, 0, 1), 1);
		assert_int_equal(reap(first), 128 + SIGKILL);
		assert_int_equal(reap(second), 0);
		assert_int_equal(sleepers[1].result, 0);
	}
	close(fd);
}

static void signals_and_deadlines_end_a_wait(void **state)
{
	int fd = region_new(1, 0, 1);
	uint32_t *word = control_map(fd);
	uint64_t deadline = in(200 * MS);
	pid_t pid;

	(void)state;
	pid = start_sleeper(fd, 0, (struct sleeper) { .deadline = deadline });
	assert_int_equal(reap(pid), 0);
	assert_error(sleepers[0].result, ETIMEDOUT);
	assert_true(in(0) >= deadline && in(0) < deadline + 10 * SECOND);

	pid = start_sleeper(fd, 0, (struct sleeper) { 0 });
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_error(sleepers[0].result, EINTR);
	assert_int_equal(read_word(word), 0);

	pid = start_sleeper(fd, 0, (struct sleeper) { .signal_flags = SA_RESTART });
	kill(pid, SIGUSR1);
	eventually(sleepers[0].handled == 1);
	eventually(read_word(word) == MARK);
	assert_int_equal(advance(fd, 0, 1), 1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(sleepers[0].result, 0);
	close(fd);
}

/*
 * Two processes take turns, each with an eventcount to wait for the other's.  A
 * wake-up that was lost would leave both asleep.
 */
#define ROUNDS		20000
#define DURATION	(4 * SECOND)

struct turns {
	int fd;
	uint64_t end;
	volatile uint32_t turn;
	volatile uint32_t last;		/* 0 until it is decided */
};

static int play(struct turns *turns, uint32_t *control, uint32_t side)
{
	uint32_t *mine = control + LINE(side), *others = control + LINE(!side);
	uint32_t seen, turn;

	for (;;) {
		seen = read_word(mine);
		turn = __atomic_load_n(&turns->turn, __ATOMIC_ACQUIRE);
		if (turn % 2 != side) {
			if (eventcount_wait(turns->fd, side, seen, 0,
					    in(20 * SECOND)))
				return 1;
			continue;
		}
		if (turn >= ROUNDS || (turn % 64 < 2 && in(0) > turns->end))
			turns->last = 1;
		__atomic_store_n(&turns->turn, turn + 1, __ATOMIC_RELEASE);
		if (__atomic_fetch_add(others, ONE, __ATOMIC_RELEASE) & MARK)
			eventcount_wake(turns->fd, !side, 1);
		if (turns->last)
			return 0;
	}
}

static int play_black(void *context)
{
	struct turns *turns = context;
	uint32_t *control = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
				 turns->fd, IPCQ_REGION_CONTROL_OFFSET);

	return control == MAP_FAILED ? 2 : play(turns, control, 1);
}

static void no_wake_up_is_lost(void **state)
{
	struct turns *turns = shared_memory(sizeof(*turns));
	pid_t pid;

	(void)state;
	turns->fd = region_new(1, 0, 2);
	turns->end = in(DURATION);
	pid = spawn(play_black, turns);
	assert_int_equal(play(turns, control_map(turns->fd), 0), 0);
	assert_int_equal(reap(pid), 0);
	print_message("%u turns\n", turns->turn);
	close(turns->fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_may_wait_but_not_wake),
		cmocka_unit_test(sleepers_are_woken_in_the_order_they_came),
		cmocka_unit_test(a_killed_sleeper_swallows_no_wake_up),
		cmocka_unit_test(a_dying_sleeper_passes_its_wake_up_on),
		cmocka_unit_test(signals_and_deadlines_end_a_wait),
		cmocka_unit_test(no_wake_up_is_lost),
	};

	sleepers = shared_memory(SLEEPERS * sizeof(*sleepers));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
