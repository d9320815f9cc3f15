/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the storms share: rounds, each from a seed of its own; chance; parties that
 * are killed and replaced; and the checks that nothing is left.
 *
 * A storm is rounds.  Each is a process of its own, which makes what it needs, lets
 * its parties loose on it, kills some, and checks.  When it has ended nothing of it
 * may be left: the process that runs the rounds never opens the device, so that
 * whatever is in use then has been left behind.
 *
 * A seed decides what is done and when, as far as user space can; in which order the
 * processors do it is theirs.  So a seed repeats a storm, and not always its outcome.
 */
#ifndef IPCQ_TESTS_STORM_COMMON_H
#define IPCQ_TESTS_STORM_COMMON_H

#include "../guest/common.h"

/* Who waits longer than this has missed its wake-up: an emulated guest is slow. */
#define PATIENCE	(90 * SECOND)

/* Of one round. */
#define MOST_PARTIES	64

/*
 * Runs rounds of @round, for as long as the command line says, and then checks that
 * memory is back and that the module unloads.  Returns what main() returns.
 */
int storm_main(int argc, char **argv, void (*round)(void));

/* A number from 0 to @bound - 1, from the seed. */
uint32_t chance(uint32_t bound);

/* As spawn(), with chance of its own for the child. */
pid_t storm_spawn(int (*body)(void *context), void *context);
/* Whether a child can be reaped. */
bool has_ended(pid_t pid);
/* As reap(), but fails unless the child ends in time. */
int reap_in_time(pid_t pid, const char *who);
/* Kills a child, which must not have ended by itself. */
void kill_party(pid_t pid);

/*
 * Waits until each of @count parties has got on by its @progress, with nobody killed
 * meanwhile; or until @is_over, if that is given.  Before it fails it lets @show print
 * what may explain it.
 */
void all_get_on(unsigned int count, uint32_t (*progress)(unsigned int party),
		bool (*is_over)(void), void (*show)(void));

/* Waits until @condition holds, for as long as it may take. */
#define patiently(condition)						\
	do {								\
		uint64_t until_ = in(PATIENCE);				\
		while (!(condition)) {					\
			if (in(0) > until_)				\
				fail_msg("hangs: %s", #condition);	\
			sleep_ms(1);					\
		}							\
	} while (0)

/* How many references the module has; -1 when it is not loaded. */
int module_references(void);
/* 0 or a negative errno. */
int module_unload(void);
int module_load(void);

bool write_file(const char *path, const char *text);

#endif /* IPCQ_TESTS_STORM_COMMON_H */
