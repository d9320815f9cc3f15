// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region whose lock survives its holder.
 *
 * Two accounts lie in shared memory, and the sum of them never changes.  A worker
 * process moves money from one to the other under a mutex, and tells of each
 * transfer through an eventcount.  In the midst of the fourth transfer, with the
 * mutex held and half of the work done, it is killed.  The parent is told so when
 * it locks the mutex, repairs the accounts, and declares them consistent.
 *
 *	cc account.c $(pkg-config --cflags --libs libipcq) -o account
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ipcq.h>

#define TOTAL		100
#define TRANSFERS	3

/* Numbers of the region's mutex and eventcount. */
#define LOCK		0
#define MOVED		0

struct accounts {
	int first;
	int second;
	int transfers;
};

static void fail(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, ipcq_strerror(error));
	exit(1);
}

/*
 * Lock the accounts.  Whoever may find a lock whose holder died needs to know how
 * to make the data whole again: here, from the sum that never changes.
 */
static void lock(struct ipcq_region *region)
{
	struct accounts *accounts = ipcq_region_data(region);
	int error = ipcq_mutex_lock(region, LOCK);

	if (error == -EOWNERDEAD) {
		printf("a holder died; the accounts read %d and %d\n",
		       accounts->first, accounts->second);
		accounts->second = TOTAL - accounts->first;
		error = ipcq_mutex_consistent(region, LOCK);
	}
	if (error)
		fail("lock", error);
}

static void unlock(struct ipcq_region *region)
{
	int error = ipcq_mutex_unlock(region, LOCK);

	if (error)
		fail("unlock", error);
}

static void worker(struct ipcq_region *region)
{
	struct accounts *accounts = ipcq_region_data(region);
	int i, woken;

	for (i = 0; ; i++) {
		lock(region);
		accounts->first -= 10;
		if (i == TRANSFERS)
			kill(getpid(), SIGKILL);
		accounts->second += 10;
		__atomic_fetch_add(&accounts->transfers, 1, __ATOMIC_RELAXED);
		unlock(region);

		/* The condition is true by now, so those who wait can look. */
		woken = ipcq_eventcount_advance(region, MOVED, 1);
		if (woken < 0)
			fail("advance", woken);
	}
}

/* Read the count, test the condition, and only then wait with what was read. */
static void wait_for_transfers(struct ipcq_region *region)
{
	struct accounts *accounts = ipcq_region_data(region);
	uint32_t seen;
	int error;

	for (;;) {
		seen = ipcq_eventcount_read(region, MOVED);
		if (__atomic_load_n(&accounts->transfers, __ATOMIC_RELAXED) ==
		    TRANSFERS)
			return;
		error = ipcq_eventcount_wait(region, MOVED, seen, 0,
					     IPCQ_NO_DEADLINE);
		if (error && error != -EINTR)
			fail("wait", error);
	}
}

int main(void)
{
	const struct ipcq_region_options options = {
		.size = sizeof(struct accounts), .mutexes = 1, .eventcounts = 1,
	};
	struct ipcq_region *region;
	struct accounts *accounts;
	struct ipcq *ipcq;
	int error = ipcq_connect(&ipcq);

	if (error)
		fail("/dev/ipcq", error);
	error = ipcq_region_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				 &options, &region);
	if (error < 0)
		fail("region", error);
	accounts = ipcq_region_data(region);
	accounts->first = TOTAL;

	fflush(stdout);
	switch (fork()) {
	case -1:
		perror("fork");
		return 1;
	case 0:
		worker(region);
	}
	wait_for_transfers(region);
	printf("%d transfers are done\n", TRANSFERS);
	wait(NULL);

	lock(region);
	printf("the accounts are %d and %d\n", accounts->first, accounts->second);
	unlock(region);
	ipcq_region_close(region);
	ipcq_disconnect(ipcq);
	return 0;
}
