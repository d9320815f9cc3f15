// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static int first_cpu(const cpu_set_t *set)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, set))
			return cpu;
	return -1;
}

/* Whether both are threads of one core; when the system does not say, no. */
static bool same_core(int a, int b)
{
	char path[96];
	int low, high;
	bool found = false;
	FILE *file;
	char end;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", a);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* A list of numbers and ranges, as in "0,4" or "0-1". */
	while (!found && fscanf(file, "%d", &low) == 1) {
		high = low;
		end = (char)fgetc(file);
		if (end == '-') {
			if (fscanf(file, "%d", &high) != 1)
				break;
			end = (char)fgetc(file);
		}
		found = b >= low && b <= high;
		if (end != ',')
			break;
	}
	fclose(file);
	return found;
}

/* Another CPU than @cpu, of another core where there is one; -1 for none. */
static int other_cpu(const cpu_set_t *set, int cpu)
{
	int other, sibling = -1;

	for (other = 0; other < CPU_SETSIZE; other++) {
		if (other == cpu || !CPU_ISSET((size_t)other, set))
			continue;
		if (!same_core(cpu, other))
			return other;
		if (sibling < 0)
			sibling = other;
	}
	return sibling;
}

static int choose_list(const cpu_set_t *set, const int asked[2], int cpu[2],
		       char *text, size_t length)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (asked[i] >= CPU_SETSIZE || !CPU_ISSET((size_t)asked[i], set)) {
			snprintf(text, length, "CPU %d is not there or not allowed",
				 asked[i]);
			return -1;
		}
		cpu[i] = asked[i];
	}
	if (cpu[0] == cpu[1])
		snprintf(text, length, "both on CPU %d", cpu[0]);
	else
		snprintf(text, length, "CPU %d and CPU %d%s", cpu[0], cpu[1],
			 same_core(cpu[0], cpu[1]) ? ", threads of one core" : "");
	return 0;
}

static int choose_other(const cpu_set_t *set, bool must, int cpu[2], char *text,
			size_t length)
{
	cpu[0] = first_cpu(set);
	cpu[1] = other_cpu(set, cpu[0]);
	if (cpu[1] >= 0) {
		snprintf(text, length, "CPU %d and CPU %d%s", cpu[0], cpu[1],
			 same_core(cpu[0], cpu[1]) ? ", threads of one core" : "");
		return 0;
	}
	if (must) {
		snprintf(text, length, "there is only one CPU to run on");
		return -1;
	}
	cpu[1] = cpu[0];
	snprintf(text, length, "both on CPU %d, the only one", cpu[0]);
	return 0;
}

int bench_cpus_choose(enum bench_pinning pinning, const int asked[2],
		      bool emulated, int cpu[2], char *text, size_t length)
{
	cpu_set_t set;

	cpu[0] = -1;
	cpu[1] = -1;
	if (pinning == BENCH_PIN_NONE) {
		snprintf(text, length, "not pinned");
		return 0;
	}
	if (sched_getaffinity(0, sizeof(set), &set)) {
		snprintf(text, length, "cannot ask for the CPUs: %s",
			 strerror(errno));
		return -1;
	}
	if (pinning == BENCH_PIN_LIST)
		return choose_list(&set, asked, cpu, text, length);
	if (pinning == BENCH_PIN_OTHER)
		return choose_other(&set, true, cpu, text, length);
	if (pinning == BENCH_PIN_DEFAULT && !emulated)
		return choose_other(&set, false, cpu, text, length);
	cpu[0] = first_cpu(&set);
	cpu[1] = cpu[0];
	snprintf(text, length, "both on CPU %d%s", cpu[0],
		 pinning == BENCH_PIN_DEFAULT ?
		 ", since emulated CPUs wake each other at random cost" : "");
	return 0;
}
