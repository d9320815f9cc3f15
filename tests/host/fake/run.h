/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running the command on the model.
 *
 * Each run is a child that calls the command's own main(); the model's objects
 * outlive it.  The linker starts the test's __wrap_main(), so that both can be in
 * one program.  A leak in the child is a wrong exit code.
 */
#ifndef IPCQ_TESTS_RUN_H
#define IPCQ_TESTS_RUN_H

#include <stddef.h>

#include <jansson.h>

#define OUTPUT_SIZE	(2U << 20)

/* What the last run has printed, terminated, and how many bytes it was. */
extern char output[OUTPUT_SIZE], errors[OUTPUT_SIZE];
extern size_t output_length;

/* Where the next run's standard output goes instead; "": it is closed. */
extern const char *output_path;

/* A cmocka set-up: no objects, output to @output. */
int run_set_up(void **state);

/* Run "ipcq" with the words of the line, which '|' separates: the exit code. */
int run(const char *line);

/* The same with something on standard input. */
int run_input(const void *input, size_t length, const char *line);

/* What was printed, which must be JSON; a new reference. */
json_t *parsed(void);

/* A field that must be there and be a number. */
json_int_t number(const json_t *json, const char *field);

/* Fail unless the last run has said that to standard error, or to output. */
void assert_says(const char *part);
void assert_prints(const char *part);

#endif /* IPCQ_TESTS_RUN_H */
