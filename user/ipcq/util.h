/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the subcommands share: parsing, messages, the device, output.
 */
#ifndef IPCQ_UTIL_H
#define IPCQ_UTIL_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipcq.h"

/* ------------------------------------------------------------ command line */

/**
 * parse_arguments() - argp_parse() for a subcommand
 * @argp: its parser
 * @argc: as the subcommand got it
 * @argv: likewise
 * @flags: ARGP_*
 * @input: handed to the parser
 *
 * Help and error messages name the subcommand as "ipcq NAME".  A wrong command
 * line ends the program with EXIT_USAGE.
 */
void parse_arguments(const struct argp *argp, int argc, char **argv,
		     unsigned int flags, void *input);

/* Options that mean the same everywhere; their keys are no characters. */
enum {
	OPTION_JSON = 0x1000,
	OPTION_FIRST = 0x1100,	/* the first key that is free for a subcommand */
};

#define JSON_OPTION \
	{ "json", OPTION_JSON, NULL, 0, "Print JSON; the fields are named below", 0 }

/* Parsers of option values; a wrong one is an argp_error() and does not return. */

/* A number from @min to @max. */
uint64_t parse_number(struct argp_state *state, const char *option,
		      const char *text, uint64_t min, uint64_t max);
/* A number with an optional suffix K, M, G or T, for powers of 1024. */
uint64_t parse_size(struct argp_state *state, const char *option,
		    const char *text, uint64_t min, uint64_t max);
/* Permission bits, in octal. */
uint32_t parse_mode(struct argp_state *state, const char *option,
		    const char *text);
/* A user's name or number. */
uid_t parse_user(struct argp_state *state, const char *option, const char *text);
/* Seconds with a fraction, as nanoseconds. */
int64_t parse_duration(struct argp_state *state, const char *option,
		       const char *text);
/* An object's name: 1 to 255 bytes without control characters. */
const char *parse_name(struct argp_state *state, const char *text);
/* "queue" or "region". */
enum ipcq_kind parse_kind(struct argp_state *state, const char *option,
			  const char *text);

/* What a queue does when it is full, as it is given and told. */
const char *full_name(enum ipcq_full full);
enum ipcq_full parse_full(struct argp_state *state, const char *option,
			  const char *text);

/* ---------------------------------------------------------------- messages */

/* Print "ipcq NAME: " and a message, and a newline, to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The exit code that stands for an error of the library. */
int exit_code(int error);

/**
 * report() - say that something about an object failed, and what to do
 * @object: the name, as the user gave it
 * @error: a negative errno value of the library
 *
 * Return: the exit code for it.
 */
int report(const char *object, int error);

/**
 * connect_device() - connect to the module, or say why not and what to do
 * @out: receives the connection
 *
 * Return: EXIT_OK or EXIT_MODULE.
 */
int connect_device(struct ipcq **out);

/* Say that the module is not there, and what to do; returns EXIT_MODULE. */
int report_module(int error);

/* Whether the module is loaded, as far as the system tells. */
bool module_loaded(void);

/* ------------------------------------------------------------------ output */

/* "queue" or "region"; "object" for others. */
const char *kind_name(enum ipcq_kind kind);

/**
 * printable() - a name as it can be shown on a terminal
 * @name: the name
 *
 * Bytes that are not of a printable UTF-8 character are shown as \xNN.
 *
 * Return: memory to be freed, or NULL when there is none.
 */
char *printable(const char *name);

/* How many columns a text that printable() gave takes, a character being one. */
size_t columns(const char *text);

/* Bytes for a human: "12", "1.5 KiB"; @buffer is returned. */
char *human_size(char *buffer, size_t size, uint64_t bytes);

/* Whether the bytes are valid UTF-8. */
bool is_utf8(const char *bytes, size_t length);

/* Write all of it to the descriptor; 0 or a negative errno value. */
int write_all(int fd, const void *data, size_t length);

/* Print a JSON value and a newline to standard output; drops the reference. */
int print_json(json_t *value, size_t flags);

/* Write out what is buffered for standard output; says so when that fails. */
int flush_output(void);

#endif /* IPCQ_UTIL_H */
