// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "place.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* More than a CPU of a small machine keeps at hand. */
#define TAKE_BYTES	(8UL << 20)

static enum bench_status pin(struct bench_link *link, int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return BENCH_OK;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return bench_fail(link, "cannot run on CPU %d: %s", cpu,
				  strerror(errno));
	return BENCH_OK;
}

/*
 * On one CPU a process that is woken may push its waker aside, whose turn has then
 * been one message long instead of as many as there is room for.  It may where it
 * has used less of the CPU.  So short turns become as frequent as makes both sides
 * use the same, and what a message costs depends on how the work is divided between
 * the two: some instructions more in the cheaper side make it cost less.
 */
static enum bench_status schedule(struct bench_link *link,
				  enum bench_scheduling scheduling)
{
	const struct sched_param none = { 0 };

	if (scheduling == BENCH_SCHEDULE_NORMAL ||
	    !sched_setscheduler(0, SCHED_BATCH, &none))
		return BENCH_OK;
	return bench_fail_errno(link, "sched_setscheduler", errno);
}

enum bench_status bench_place(struct bench_link *link, int cpu,
			      enum bench_scheduling scheduling)
{
	enum bench_status status = pin(link, cpu);

	return status ? status : schedule(link, scheduling);
}

void bench_take_memory(void)
{
	void *memory = mmap(NULL, TAKE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* Huge pages are no single pages.  Without the memory the figures vary more. */
	if (memory != MAP_FAILED && !madvise(memory, TAKE_BYTES, MADV_NOHUGEPAGE))
		memset(memory, 1, TAKE_BYTES);
}

long bench_switches(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}
