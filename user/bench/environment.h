/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the benchmark runs. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_VULNERABILITIES_MAX	48

struct bench_vulnerability {
	char name[40];
	char state[160];
};

struct bench_environment {
	char kernel[160];		/* release and machine */
	char version[96];		/* of its build */
	char cpu[96];
	char cpu_flags[4096];
	char hypervisor[48];		/* "" for none */
	bool emulated;			/* figures are not times */
	unsigned int cpus;		/* online */
	char clocksource[32];
	uint64_t clock_overhead;	/* of one reading, nanoseconds */
	char module[64];		/* its version, or "loaded"; "" for none */
	struct bench_vulnerability vulnerability[BENCH_VULNERABILITIES_MAX];
	size_t vulnerabilities;
};

void bench_environment_read(struct bench_environment *environment);

/*
 * Whether the clock counts instructions, one nanosecond each, as an emulator's can:
 * runs loops whose instructions are known and looks how long they took.
 */
bool bench_clock_counts(void);

/* Seconds that the hypervisor took from all CPUs so far. */
double bench_steal(void);

/*
 * Whether the hypervisor's name, the CPU's model and the machine's maker mean
 * that instructions are emulated.
 */
bool bench_is_emulated(const char *hypervisor, const char *cpu,
		       const char *maker);

#endif /* BENCH_ENVIRONMENT_H */
