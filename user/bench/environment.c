// SPDX-License-Identifier: GPL-2.0-or-later
#include "environment.h"
#include "side.h"
#include "stats.h"

#include <dirent.h>
#include <stdio.h>
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

static void read_cpu(char *cpu, size_t length)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];
	const char *value;

	snprintf(cpu, length, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		value = strchr(line, ':');
		if (strncmp(line, "model name", 10) || !value)
			continue;
		value += strspn(value, ": \t");
		snprintf(cpu, length, "%.*s", (int)strcspn(value, "\n"), value);
		break;
	}
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
	read_cpu(environment->cpu, sizeof(environment->cpu));
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
