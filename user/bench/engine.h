/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: runs one mechanism with one size in one mode once, in two
 * processes of its own, and gives what was measured.
 *
 * The parent makes the link, forks both sides, waits for both with a time limit
 * and removes everything, whatever happens to them.  The sides go through the
 * same phases together: where asked a pass in which every byte is written and
 * checked, then the warm-up, then the timed pass.  Each phase starts with the
 * far side telling that it is ready, and ends with nothing under way.  Where the
 * mechanism wants threads, both sides are threads of one process instead.
 *
 * Round trip: the near side sends, the far side answers, one message at a time
 * (a closed loop).  Stream: the near side sends as fast as the mechanism lets
 * it; the time runs from before the first send until the last message has been
 * received.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "histogram.h"
#include "mechanism.h"
#include "parse.h"

#include <signal.h>
#include <stdint.h>

#define BENCH_PASSES_MAX	16

/* What to run. */
struct bench_request {
	const struct bench_mechanism *mechanism;
	enum bench_mode mode;
	size_t size;
	unsigned int depth;		/* messages */
	bool verify;			/* with the pass that checks every byte */
	bool touch;			/* write and read every byte when timed, too */
	/*
	 * So many timed passes after one warm-up, in which round trips are timed all
	 * together; 0: one pass, with a histogram of each round trip.
	 */
	unsigned int passes;
	uint64_t warmup;		/* nanoseconds */
	uint64_t duration;		/* of the timed pass, nanoseconds */
	uint64_t limit;			/* of everything, nanoseconds */
	int cpu[2];			/* by side; -1: wherever the kernel likes */
	enum bench_scheduling scheduling;
};

/* What came out.  All but @status and @why is valid with BENCH_OK only. */
struct bench_result {
	enum bench_status status;
	int signal;			/* with BENCH_INTERRUPTED */
	char why[192];
	char depth_text[24];
	uint64_t verified;		/* messages checked byte by byte */
	uint64_t sent;			/* in the timed pass; requests */
	uint64_t received;		/* in the timed pass; replies */
	uint64_t elapsed;		/* of the timed pass, nanoseconds */
	struct bench_histogram histogram;	/* round trips, nanoseconds */
	double pass[BENCH_PASSES_MAX];	/* nanoseconds a message */
	double switches[BENCH_PASSES_MAX];	/* of context, both sides, a message */
};

/*
 * Between these two calls the signals that end a program are held back, so that
 * bench_run() can clean up first.  Without them bench_run() must not be called.
 */
int bench_signals_hold(sigset_t *old);
void bench_signals_release(const sigset_t *old);

void bench_run(const struct bench_request *request, struct bench_result *result);

#endif /* BENCH_ENGINE_H */
