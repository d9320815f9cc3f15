/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the kernel fail: allocations from slabs, allocations of pages, copies from
 * and to user space (CONFIG_FAILSLAB, _FAIL_PAGE_ALLOC, _FAULT_INJECTION_USERCOPY).
 *
 * Faults hit the calling thread only, and only between arming and disarming.  What
 * a fault may hit is called a point; which are passed, and in which order, is up to
 * the kernel.
 */
#ifndef IPCQ_TESTS_FAULTS_INJECT_H
#define IPCQ_TESTS_FAULTS_INJECT_H

#include <stdbool.h>

enum fault {
	FAULT_COPY,
	FAULT_SLAB,
	FAULT_PAGES,
	FAULTS
};

/* How many points of each kind have failed. */
struct faults {
	unsigned int count[FAULTS];
};

/* Once at first; false, with a message, when this kernel cannot inject faults. */
bool faults_prepare(void);
/* A thread that is to arm calls the first before, and the second in the end. */
void faults_open_thread(void);
void faults_close_thread(void);

/*
 * From now on the points are those of the kinds up to @last.  Copies cannot be left
 * out; the fewer kinds, the more is the order of points the same each time.
 */
void faults_choose(enum fault last);

/* The @n-th point from now on fails, of whatever kind it is; just that one. */
void faults_arm_nth(unsigned int n);
/* Disarms; how many points are left until it would have come to that, about. */
unsigned int faults_left_nth(void);
/* Disarms; whether it came to that. */
bool faults_disarm_nth(void);

/*
 * Every point of a kind fails, after so many have passed: bytes from slabs, and
 * pages.  A negative number: none of that kind.  Copies do not fail.
 */
void faults_arm_lasting(long slab_bytes, long pages);
void faults_disarm_lasting(void);

/* What has failed since the last arming; to be asked when disarmed. */
struct faults faults_fired(void);
/* Of what a lasting fault has let pass, as given to faults_arm_lasting(). */
void faults_passed(long *slab_bytes, long *pages);

#endif /* IPCQ_TESTS_FAULTS_INJECT_H */
