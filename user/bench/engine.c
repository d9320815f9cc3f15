// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine.h"
#include "side.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The signals that end a program, and the one that tells of an ended child. */
static const int held_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };

/* But for those that whoever started the program wants ignored, as nohup does. */
static void fill_held(sigset_t *set)
{
	struct sigaction action;
	size_t i;

	sigemptyset(set);
	for (i = 0; i < sizeof(held_signals) / sizeof(held_signals[0]); i++)
		if (!sigaction(held_signals[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(set, held_signals[i]);
}

int bench_signals_hold(sigset_t *old)
{
	sigset_t set;

	/* Were it ignored, as it may have been before exec, nobody would tell. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -errno;
	fill_held(&set);
	return sigprocmask(SIG_BLOCK, &set, old) ? -errno : 0;
}

void bench_signals_release(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

/* The two processes of a run, and what they share. */
struct pair {
	struct bench_shared *shared;
	struct bench_link link;
	pid_t pid[2];			/* 0: not running; of threads near only */
	int status[2];			/* of waitpid() */
	int control[2];
};

static const char * const side_names[] = { "sender", "receiver" };

static void fail(struct bench_result *result, const char *what, int error)
{
	result->status = BENCH_FAIL;
	snprintf(result->why, sizeof(result->why), "%s: %s", what,
		 strerror(error));
}

/* ------------------------------------------------------------ the processes */

static void __attribute__((noreturn))
run_child(const struct bench_request *request, struct pair *pair,
	  enum bench_side side, pid_t parent)
{
	/* Whatever becomes of the parent, its children do not outlive it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(BENCH_FAIL);
	signal(SIGPIPE, SIG_IGN);
	close(pair->control[!side]);
	_exit((int)bench_side_run(request, &pair->link, side,
				  pair->control[side], pair->shared));
}

/* A side of a pair of threads. */
struct thread {
	const struct bench_request *request;
	struct pair *pair;
	struct bench_link link;
	enum bench_side side;
};

/* Ends the process where it fails: the other thread may wait for ever. */
static void *run_thread(void *context)
{
	struct thread *thread = context;
	struct bench_shared *shared = thread->pair->shared;
	enum bench_status status;

	status = bench_side_run(thread->request, &thread->link, thread->side,
				thread->pair->control[thread->side], shared);
	if (status == BENCH_OK)
		return NULL;
	if (thread->side != BENCH_NEAR)
		memcpy(shared->why[BENCH_NEAR], thread->link.why,
		       sizeof(thread->link.why));
	_exit((int)status);
}

static void __attribute__((noreturn))
run_threads(const struct bench_request *request, struct pair *pair, pid_t parent)
{
	struct thread near = { request, pair, pair->link, BENCH_NEAR };
	struct thread far = { request, pair, pair->link, BENCH_FAR };
	pthread_t other;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(BENCH_FAIL);
	if (pthread_create(&other, NULL, run_thread, &far))
		_exit(BENCH_FAIL);
	run_thread(&near);
	pthread_join(other, NULL);
	_exit(BENCH_OK);
}

static int start_threads(const struct bench_request *request, struct pair *pair)
{
	pid_t parent = getpid();

	pair->pid[BENCH_NEAR] = fork();
	if (pair->pid[BENCH_NEAR] == 0)
		run_threads(request, pair, parent);
	if (pair->pid[BENCH_NEAR] > 0)
		return 0;
	pair->pid[BENCH_NEAR] = 0;
	return -errno;
}

static int start(const struct bench_request *request, struct pair *pair)
{
	pid_t parent = getpid();
	int side;

	if (request->mechanism->threads)
		return start_threads(request, pair);
	for (side = BENCH_NEAR; side <= BENCH_FAR; side++) {
		pair->pid[side] = fork();
		if (pair->pid[side] == 0)
			run_child(request, pair, side, parent);
		if (pair->pid[side] < 0) {
			pair->pid[side] = 0;
			return -errno;
		}
	}
	return 0;
}

static void stop(struct pair *pair)
{
	int side;

	for (side = BENCH_NEAR; side <= BENCH_FAR; side++) {
		if (pair->pid[side] == 0)
			continue;
		kill(pair->pid[side], SIGKILL);
		while (waitpid(pair->pid[side], &pair->status[side], 0) < 0 &&
		       errno == EINTR)
			;
		pair->pid[side] = 0;
	}
}

static bool ended_well(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == BENCH_OK;
}

/* Why a side ended, as far as it or its status says. */
static void explain(const struct pair *pair, int side,
		    struct bench_result *result)
{
	int status = pair->status[side];

	if (WIFSIGNALED(status)) {
		result->status = BENCH_FAIL;
		snprintf(result->why, sizeof(result->why),
			 "the %s was killed by signal %d (%s) in %s",
			 side_names[side], WTERMSIG(status),
			 strsignal(WTERMSIG(status)),
			 pair->shared->phase[side] ? pair->shared->phase[side] :
			 "the set-up");
		return;
	}
	result->status = WEXITSTATUS(status) == BENCH_SKIP ? BENCH_SKIP :
			 BENCH_FAIL;
	if (!pair->shared->why[side][0])
		snprintf(result->why, sizeof(result->why),
			 "the %s ended with status %d", side_names[side],
			 WEXITSTATUS(status));
	else if (result->status == BENCH_SKIP)
		memcpy(result->why, pair->shared->why[side],
		       sizeof(result->why));
	else
		snprintf(result->why, sizeof(result->why), "%.170s (%s)",
			 pair->shared->why[side], side_names[side]);
}

/* Reap what has ended.  Returns the side that did not end well, or -1. */
static int reap(struct pair *pair)
{
	int side, bad = -1;

	for (side = BENCH_NEAR; side <= BENCH_FAR; side++) {
		if (pair->pid[side] == 0 ||
		    waitpid(pair->pid[side], &pair->status[side], WNOHANG) <= 0)
			continue;
		pair->pid[side] = 0;
		if (!ended_well(pair->status[side]) &&
		    (bad < 0 || WIFSIGNALED(pair->status[side])))
			bad = side;
	}
	return bad;
}

/*
 * A side that was killed is a reason, one that merely noticed it is not; but the
 * latter may end first.  So leave the other side a moment to be found dead.
 */
static int find_culprit(struct pair *pair, int bad)
{
	const struct timespec moment = { .tv_nsec = 50000000 };
	sigset_t set;
	int other;

	if (WIFSIGNALED(pair->status[bad]) || pair->pid[!bad] == 0)
		return bad;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigtimedwait(&set, NULL, &moment);
	other = reap(pair);
	return other >= 0 && WIFSIGNALED(pair->status[other]) ? other : bad;
}

static void too_late(const struct pair *pair, uint64_t limit,
		     struct bench_result *result)
{
	const char *near = pair->shared->phase[BENCH_NEAR];

	result->status = BENCH_FAIL;
	snprintf(result->why, sizeof(result->why),
		 "time limit: not done after %.1f s, in %s", (double)limit / 1e9,
		 near ? near : "the set-up");
}

static void wait_for_both(struct pair *pair, uint64_t limit,
			  struct bench_result *result)
{
	uint64_t deadline = bench_now() + limit, now;
	struct timespec left;
	sigset_t set;
	int caught, bad;

	fill_held(&set);
	for (;;) {
		bad = reap(pair);
		if (bad >= 0) {
			explain(pair, find_culprit(pair, bad), result);
			return;
		}
		if (pair->pid[BENCH_NEAR] == 0 && pair->pid[BENCH_FAR] == 0)
			return;
		now = bench_now();
		if (now >= deadline) {
			too_late(pair, limit, result);
			return;
		}
		left.tv_sec = (time_t)((deadline - now) / 1000000000);
		left.tv_nsec = (long)((deadline - now) % 1000000000);
		caught = sigtimedwait(&set, NULL, &left);
		if (caught > 0 && caught != SIGCHLD) {
			result->status = BENCH_INTERRUPTED;
			result->signal = caught;
			return;
		}
	}
}

/* --------------------------------------------------------------------- a run */

static void collect(const struct bench_request *request,
		    const struct bench_shared *shared,
		    struct bench_result *result)
{
	if (request->mode == BENCH_ROUND_TRIP && shared->received == 0) {
		result->status = BENCH_FAIL;
		snprintf(result->why, sizeof(result->why), "no message arrived");
		return;
	}
	result->verified = shared->verified;
	result->sent = shared->sent;
	result->received = shared->received;
	result->elapsed = shared->finished - shared->started;
	memcpy(result->pass, shared->pass, sizeof(result->pass));
	memcpy(result->switches, shared->pass_switches, sizeof(result->switches));
	memcpy(&result->histogram, &shared->histogram,
	       sizeof(result->histogram));
}

static void run_pair(const struct bench_request *request, struct pair *pair,
		     struct bench_result *result)
{
	struct bench_link *link = &pair->link;
	int ret;

	result->status = link->mechanism->setup(link);
	memcpy(result->depth_text, link->depth_text, sizeof(link->depth_text));
	if (result->status) {
		memcpy(result->why, link->why, sizeof(result->why));
	} else {
		ret = start(request, pair);
		if (ret)
			fail(result, "fork", -ret);
		else
			wait_for_both(pair, request->limit, result);
		stop(pair);
	}
	link->mechanism->teardown(link);
	if (!result->status)
		collect(request, pair->shared, result);
}

void bench_run(const struct bench_request *request, struct bench_result *result)
{
	struct pair pair = {
		.link = {
			.mechanism = request->mechanism,
			.size = request->size,
			.depth = request->depth,
			.end = { { -1, -1 }, { -1, -1 } },
		},
	};

	memset(result, 0, sizeof(*result));
	if (request->mechanism->calls && request->mode == BENCH_STREAM) {
		result->status = BENCH_SKIP;
		snprintf(result->why, sizeof(result->why),
			 "a call goes there and back");
		return;
	}
	pair.shared = mmap(NULL, sizeof(*pair.shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pair.shared == MAP_FAILED) {
		fail(result, "mmap", errno);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.control)) {
		fail(result, "socketpair", errno);
	} else {
		run_pair(request, &pair, result);
		close(pair.control[0]);
		close(pair.control[1]);
	}
	munmap(pair.shared, sizeof(*pair.shared));
}
