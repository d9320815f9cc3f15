// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holders of mutexes, and those who wait for them, end in every way: killed, by exit,
 * by execve(2), by closing their last descriptor, as one thread of several; and fork
 * while they hold.
 *
 * A mutex protects two counters that are equal whenever it is free, and the name of who
 * is inside.  Who gets it from a holder that ended makes them equal again; who gets it
 * otherwise must find them equal, and nobody inside.  What was counted before and after each pass says in the
 * end whether a pass was overwritten by another.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME		"storm/holders"
#define DURATION	(2 * SECOND)
#define MUTEXES		3
#define PARTIES		6
#define PAGE		4096

/* The region's data. */
struct data {
	struct {
		volatile uint64_t first, second;
		volatile uint32_t inside;
		uint64_t begun, done;	/* by atomics, as all below */
	} pair[MUTEXES];
	uint32_t wrong;			/* unequal, somebody inside, or not alone */
	uint32_t progress[PARTIES];
};

/* What a party has; a worker may get all of it anew. */
static int fd;
static struct data *data;
static uint32_t *control, id;
static pid_t pids[PARTIES];

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static void *map(size_t size, uint64_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    offset);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void get_region(void)
{
	if (fd < 0)
		fd = region_open(NAME, RW);
	assert_ok(fd);
	data = map(sizeof(*data), 0);
	control = map(PAGE, IPCQ_REGION_CONTROL_OFFSET);
	id = assert_ok(region_attach(fd));
}

/* Also of the mutex that is held: it passes on. */
static void lose_region(void)
{
	munmap(data, sizeof(*data));
	munmap(control, PAGE);
	close(fd);
	fd = -1;
}

/* ------------------------------------------------------------------ workers */

static bool change_word(uint32_t mutex, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&control[LINE(mutex)], &from, to,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

static int lock(uint32_t mutex)
{
	switch (chance(6)) {
	case 0:
		return mutex_lock(fd, mutex, IPCQ_MUTEX_F_TRY, 0);
	case 1:
		return mutex_lock(fd, mutex, 0, in(chance(3 * MS)));
	case 2:
		return mutex_lock(fd, mutex, 0, 0);
	default:
		return change_word(mutex, 0, id) ? 0 :
		       mutex_lock(fd, mutex, 0, 0);
	}
}

static void pass(uint32_t mutex)
{
	volatile unsigned int pause = chance(200);

	if (data->pair[mutex].first != data->pair[mutex].second ||
	    data->pair[mutex].inside)
		count(&data->wrong);
	data->pair[mutex].inside = id;
	__atomic_fetch_add(&data->pair[mutex].begun, 1, __ATOMIC_SEQ_CST);
	data->pair[mutex].first++;
	while (pause)
		pause--;
	data->pair[mutex].second++;
	__atomic_fetch_add(&data->pair[mutex].done, 1, __ATOMIC_SEQ_CST);
	if (data->pair[mutex].inside != id)
		count(&data->wrong);
}

static int run_stranger(void *context)
{
	/* The mutex is the parent's.  Attaching does not help. */
	(void)context;
	assert_error(mutex_unlock(fd, 0), EPERM);
	assert_true(region_attach(fd) != (int)id);
	return 0;
}

static void *lock_and_end(void *context)
{
	uint32_t mutex = *(uint32_t *)context;
	int ret = mutex_lock(fd, mutex, 0, in(5 * MS));

	if (!ret || ret == -EOWNERDEAD)
		data->pair[mutex].inside = ~0U;
	return NULL;
}

static void end_with_thread(uint32_t mutex)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, lock_and_end, &mutex), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Something else that a holder may do.  Returns whether it is one still. */
static bool be_odd(uint32_t mutex)
{
	int old = fd;

	switch (chance(8)) {
	case 0:
		_exit(0);
	case 1:
		execl("/bin/true", "true", NULL);
		_exit(1);
	case 2:
		lose_region();
		get_region();
		return false;
	case 3:
		/* Another descriptor of the handle keeps the owner. */
		fd = dup(old);
		assert_true(fd >= 0);
		close(old);
		return true;
	case 4:
		if (!mutex)
			assert_int_equal(reap(spawn(run_stranger, NULL)), 0);
		return true;
	default:
		end_with_thread((mutex + 1) % MUTEXES);
		return true;
	}
}

static bool is_expected(int ret)
{
	return !ret || ret == -EOWNERDEAD || ret == -EAGAIN ||
	       ret == -ETIMEDOUT || ret == -EINTR;
}

static void work(uint32_t mutex)
{
	int ret = lock(mutex);

	if (!is_expected(ret))
		fail_msg("locking: error %d", -ret);
	if (ret && ret != -EOWNERDEAD)
		return;
	if (ret) {
		data->pair[mutex].second = data->pair[mutex].first;
		data->pair[mutex].inside = 0;
		/* Not always: then the next holder is told, too. */
		if (chance(4))
			assert_ok(mutex_consistent(fd, mutex));
	}
	pass(mutex);
	if (!chance(64) && !be_odd(mutex))
		return;
	data->pair[mutex].inside = 0;
	if (!chance(3) || !change_word(mutex, id, 0))
		assert_ok(mutex_unlock(fd, mutex));
}

static void run_worker(unsigned int party)
{
	/* The handle that all inherit, or one of its own. */
	if (chance(2)) {
		close(fd);
		fd = -1;
	}
	get_region();
	for (;;) {
		work(chance(MUTEXES));
		count(&data->progress[party]);
	}
}

static int run_party(void *context)
{
	run_worker(*(unsigned int *)context);
	return 0;
}

/* -------------------------------------------------------------------- round */

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

/* A party may have come to its end by itself. */
static void end_party(unsigned int party)
{
	int status;

	kill(pids[party], SIGKILL);
	status = reap_in_time(pids[party], "killed holder");
	assert_true(status == 128 + SIGKILL || !status);
}

/* Replaces those that have ended by themselves; it is never over. */
static bool replace_ended(void)
{
	unsigned int party;

	for (party = 0; party < PARTIES; party++) {
		if (!has_ended(pids[party]))
			continue;
		assert_int_equal(reap(pids[party]), 0);
		start(party);
	}
	return false;
}

static uint32_t progress(unsigned int party)
{
	return __atomic_load_n(&data->progress[party], __ATOMIC_RELAXED);
}

static void burst(void)
{
	unsigned int left = 1 + chance(10), party;

	while (left--) {
		usleep(chance(3000));
		party = chance(PARTIES);
		end_party(party);
		start(party);
	}
}

static void show_mutexes(void)
{
	uint32_t i;

	for (i = 0; i < MUTEXES; i++) {
		struct ipcq_mutex_stat stat = mutex_stat(fd, i);

		print_error("mutex %u: word %#x, holder %u, %u wait\n", i,
			    stat.word, stat.holder_tid, stat.waiters);
	}
}

static void check_mutex(uint32_t mutex)
{
	int ret;

	patiently(!(mutex_stat(fd, mutex).word & IPCQ_MUTEX_OWNER_MASK));
	ret = mutex_lock(fd, mutex, 0, in(SECOND));
	assert_true(!ret || ret == -EOWNERDEAD);
	if (ret)
		assert_ok(mutex_consistent(fd, mutex));
	else
		assert_int_equal(data->pair[mutex].first,
				 data->pair[mutex].second);
	assert_ok(mutex_unlock(fd, mutex));
	assert_int_equal(mutex_stat(fd, mutex).word, 0);
	assert_int_equal(mutex_stat(fd, mutex).waiters, 0);
	assert_true(data->pair[mutex].first >= data->pair[mutex].done);
	assert_true(data->pair[mutex].first <= data->pair[mutex].begun);
}

static void make_region(void)
{
	struct ipcq_region_open args = region_args(NAME, RW | CREATE, sizeof(*data),
						   MUTEXES, 0);

	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	fd = args.open.fd;
	data = map(sizeof(*data), 0);
}

static void round_of_holders(void)
{
	uint64_t end = in(DURATION);
	unsigned int i;

	make_region();
	for (i = 0; i < PARTIES; i++)
		start(i);
	while (in(0) < end) {
		burst();
		all_get_on(PARTIES, progress, replace_ended, show_mutexes);
	}
	for (i = 0; i < PARTIES; i++)
		end_party(i);
	patiently(!region_stat(fd).owners);
	print_message("  %llu passes, %llu holders ended\n",
		      (unsigned long long)data->pair[0].done,
		      (unsigned long long)region_stat(fd).owner_deaths);
	assert_int_equal(data->wrong, 0);
	for (i = 0; i < MUTEXES; i++)
		check_mutex(i);
	assert_true(data->pair[0].done > 0);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_holders);
}
