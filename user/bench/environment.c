// SPDX-License-Identifier: GPL-2.0-or-later
#include "environment.h"
#include "side.h"
#include "stats.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define VULNERABILITIES	"/sys/devices/system/cpu/vulnerabilities"
#define CLOCKSOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define TCG_SIGNATURE	"TCGTCGTCGTCG"

/* The first line of a file without its newline; "" when it cannot be read. */
static void read_line(const char *path, char *line, size_t length)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (!file)
		return;
	if (!fgets(line, (int)length, file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
}

/* What /proc/cpuinfo says of the first CPU under a name. */
static void read_cpu(const char *name, char *text, size_t length)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	size_t room = 0;
	char *line = NULL;
	const char *value;

	while (file && getline(&line, &room, file) >= 0) {
		value = strchr(line, ':');
		if (strncmp(line, name, strlen(name)) || !value)
			continue;
		value += strspn(value, ": \t");
		snprintf(text, length, "%.*s", (int)strcspn(value, "\n"), value);
		break;
	}
	free(line);
	if (file)
		fclose(file);
}

/* What the hypervisor calls itself: 12 characters in the CPU's own words. */
static void read_signature(char signature[13])
{
	memset(signature, 0, 13);
#if defined(__x86_64__) || defined(__i386__)
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1U << 31))
		return;
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	for (a = 0; a < 12; a++)
		if (signature[a] && (signature[a] < ' ' || signature[a] > '~'))
			signature[a] = '?';
#endif
}

bool bench_is_emulated(const char *hypervisor, const char *cpu,
		       const char *maker)
{
	if (!strcmp(hypervisor, TCG_SIGNATURE) || strstr(cpu, "QEMU TCG"))
		return true;
	/* QEMU's machine, and nobody who says that it runs on the real CPU. */
	return !strncmp(maker, "QEMU", 4) && !hypervisor[0];
}

static void read_hypervisor(struct bench_environment *environment)
{
	static const struct {
		const char *signature;
		const char *name;
	} known[] = {
		{ TCG_SIGNATURE, "QEMU TCG" },
		{ "KVMKVMKVM", "KVM" },
		{ "Linux KVM Hv", "KVM" },
		{ "Microsoft Hv", "Hyper-V" },
		{ "VMwareVMware", "VMware" },
		{ "XenVMMXenVMM", "Xen" },
		{ "VBoxVBoxVBox", "VirtualBox" },
	};
	char signature[13], maker[64];
	size_t i;

	read_signature(signature);
	read_line("/sys/class/dmi/id/sys_vendor", maker, sizeof(maker));
	environment->emulated = bench_is_emulated(signature, environment->cpu,
						  maker);
	snprintf(environment->hypervisor, sizeof(environment->hypervisor), "%s",
		 signature);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(signature, known[i].signature))
			snprintf(environment->hypervisor,
				 sizeof(environment->hypervisor), "%s",
				 known[i].name);
	if (!signature[0] && environment->emulated)
		snprintf(environment->hypervisor,
			 sizeof(environment->hypervisor), "QEMU");
}

static void read_vulnerabilities(struct bench_environment *environment)
{
	struct bench_vulnerability *vulnerability;
	DIR *folder = opendir(VULNERABILITIES);
	struct dirent *entry;
	char path[sizeof(VULNERABILITIES) + 256];

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' ||
		    environment->vulnerabilities == BENCH_VULNERABILITIES_MAX)
			continue;
		vulnerability = &environment->vulnerability[
			environment->vulnerabilities++];
		snprintf(vulnerability->name, sizeof(vulnerability->name),
			 "%.39s", entry->d_name);
		snprintf(path, sizeof(path), VULNERABILITIES "/%s",
			 entry->d_name);
		read_line(path, vulnerability->state,
			  sizeof(vulnerability->state));
	}
	if (folder)
		closedir(folder);
}

/* Not every kernel keeps the versions of modules. */
static void read_module(char *module, size_t length)
{
	read_line("/sys/module/ipcq/srcversion", module, length);
	if (!module[0] && !access("/sys/module/ipcq", F_OK))
		snprintf(module, length, "loaded");
}

static uint64_t clock_overhead(void)
{
	double distance[99];
	uint64_t before, now;
	size_t i, j;

	/* Ten readings at a time, lest a coarse clock shows 0. */
	for (i = 0; i < sizeof(distance) / sizeof(distance[0]); i++) {
		before = bench_now();
		for (j = 0; j < 10; j++)
			now = bench_now();
		distance[i] = (double)(now - before) / 10;
	}
	return (uint64_t)(bench_median(distance, i) + 0.5);
}

#ifdef __x86_64__
#define LOOPS	1000000UL

/* Two instructions a loop, and four, of which two are slow on any real CPU. */
static void run_short(void)
{
	unsigned long left = LOOPS;

	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (left) : : "cc");
}

static void run_slow(void)
{
	unsigned long left = LOOPS, value = 3;

	asm volatile("1: imul %1, %1\n\timul %1, %1\n\tdec %0\n\tjnz 1b"
		     : "+r" (left), "+r" (value) : : "cc");
}

/* The quickest of three, since interrupts count, too. */
static bool takes(void (*run)(void), uint64_t instructions)
{
	uint64_t start, took, least = UINT64_MAX;
	int i;

	for (i = 0; i < 3; i++) {
		start = bench_now();
		run();
		took = bench_now() - start;
		if (took < least)
			least = took;
	}
	return least > instructions - instructions / 50 &&
	       least < instructions + instructions / 50;
}

bool bench_clock_counts(void)
{
	return takes(run_short, 2 * LOOPS) && takes(run_slow, 4 * LOOPS);
}
#else
bool bench_clock_counts(void)
{
	return false;
}
#endif

void bench_environment_read(struct bench_environment *environment)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname name;

	memset(environment, 0, sizeof(*environment));
	if (!uname(&name)) {
		snprintf(environment->kernel, sizeof(environment->kernel),
			 "%s %s", name.release, name.machine);
		snprintf(environment->version, sizeof(environment->version),
			 "%s", name.version);
	}
	environment->cpus = cpus > 0 ? (unsigned int)cpus : 1;
	snprintf(environment->cpu, sizeof(environment->cpu), "unknown");
	read_cpu("model name", environment->cpu, sizeof(environment->cpu));
	read_cpu("flags", environment->cpu_flags, sizeof(environment->cpu_flags));
	read_hypervisor(environment);
	read_line(CLOCKSOURCE, environment->clocksource,
		  sizeof(environment->clocksource));
	environment->clock_overhead = clock_overhead();
	read_module(environment->module, sizeof(environment->module));
	read_vulnerabilities(environment);
}

double bench_steal(void)
{
	unsigned long long steal = 0;
	FILE *file = fopen("/proc/stat", "re");
	long tick = sysconf(_SC_CLK_TCK);

	if (!file)
		return 0;
	if (fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		steal = 0;
	fclose(file);
	return tick > 0 ? (double)steal / (double)tick : 0;
}
