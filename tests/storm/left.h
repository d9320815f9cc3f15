/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be left of a round: nothing of the module's, and no memory.
 */
#ifndef IPCQ_TESTS_STORM_LEFT_H
#define IPCQ_TESTS_STORM_LEFT_H

/*
 * Waits until nothing holds the module, and fails if it does not come to that; then
 * fails unless there is no object and no user is charged for anything.
 */
void nothing_is_in_use(void);

/* Notes how much memory is in use, and compares later. */
void remember_memory(void);
void compare_memory(void);

#endif /* IPCQ_TESTS_STORM_LEFT_H */
