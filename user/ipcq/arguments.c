// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsing command lines and the values of options.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "util.h"

#define NAME_MAX_BYTES	255

void parse_arguments(const struct argp *argp, int argc, char **argv,
		     unsigned int flags, void *input)
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	char title[64];

	if (!copy) {
		complain("out of memory");
		exit(EXIT_FAILED);
	}
	/* argp and getopt take the program's name from here. */
	snprintf(title, sizeof(title), "ipcq %s", argv[0]);
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	copy[0] = title;
	/* What is wrong with the command line ends the program inside. */
	if (argp_parse(argp, argc, copy, flags, NULL, input)) {
		complain("out of memory");
		exit(EXIT_FAILED);
	}
	free(copy);
}

static uint64_t in_range(struct argp_state *state, const char *option,
			 const char *text, uint64_t value, uint64_t min,
			 uint64_t max)
{
	if (value < min || value > max)
		argp_error(state, "%s: '%s' is not between %llu and %llu",
			   option, text, (unsigned long long)min,
			   (unsigned long long)max);
	return value;
}

/* The digits at the start of @text; @rest receives what follows them. */
static uint64_t digits(struct argp_state *state, const char *option,
		       const char *text, char **rest)
{
	uint64_t value;

	/* strtoull() would take spaces and a sign. */
	if (!isdigit((unsigned char)*text))
		argp_error(state, "%s: '%s' is not a number", option, text);
	errno = 0;
	value = strtoull(text, rest, 10);
	if (errno)
		argp_error(state, "%s: '%s' is too large", option, text);
	return value;
}

uint64_t parse_number(struct argp_state *state, const char *option,
		      const char *text, uint64_t min, uint64_t max)
{
	char *rest;
	uint64_t value = digits(state, option, text, &rest);

	if (*rest)
		argp_error(state, "%s: '%s' is not a number", option, text);
	return in_range(state, option, text, value, min, max);
}

uint64_t parse_size(struct argp_state *state, const char *option,
		    const char *text, uint64_t min, uint64_t max)
{
	static const char suffixes[] = "KMGT";
	char *rest;
	uint64_t value = digits(state, option, text, &rest);
	const char *suffix = suffixes;
	unsigned int shift = 0;

	if (*rest) {
		suffix = strchr(suffixes, toupper((unsigned char)*rest));
		shift = suffix ? 10 * (unsigned int)(suffix - suffixes + 1) : 0;
		rest++;
		/* "64KiB" and "64KB" mean the same as "64K". */
		if (suffix && *rest == 'i')
			rest++;
		if (suffix && *rest == 'B')
			rest++;
	}
	if (!suffix || *rest)
		argp_error(state, "%s: '%s' is not a size; write it like 4096, 64K, 1M or 2G",
			   option, text);
	if (value << shift >> shift != value)
		argp_error(state, "%s: '%s' is too large", option, text);
	return in_range(state, option, text, value << shift, min, max);
}

uint32_t parse_mode(struct argp_state *state, const char *option,
		    const char *text)
{
	char *rest;
	unsigned long mode;

	errno = 0;
	mode = strtoul(text, &rest, 8);
	if (!isdigit((unsigned char)*text) || *rest || errno || mode > 0777)
		argp_error(state, "%s: '%s' is not a mode; write it in octal, like 0660",
			   option, text);
	if (!mode)
		argp_error(state, "%s: with mode 0 nobody could open it", option);
	return mode;
}

uid_t parse_user(struct argp_state *state, const char *option, const char *text)
{
	const struct passwd *user = getpwnam(text);

	if (user)
		return user->pw_uid;
	if (!isdigit((unsigned char)*text))
		argp_error(state, "%s: there is no user '%s'", option, text);
	return parse_number(state, option, text, 0, UINT32_MAX - 1);
}

int64_t parse_duration(struct argp_state *state, const char *option,
		       const char *text)
{
	const double limit = (double)INT64_MAX / 1e9 / 2;
	double seconds;
	char *rest;

	seconds = strtod(text, &rest);
	if (rest == text || *rest || !isfinite(seconds) || seconds < 0)
		argp_error(state, "%s: '%s' is not a time; write seconds, like 10 or 0.5",
			   option, text);
	if (seconds > limit)
		argp_error(state, "%s: '%s' is too long", option, text);
	return (int64_t)(seconds * 1e9);
}

const char *parse_name(struct argp_state *state, const char *text)
{
	const char *c;

	if (!*text)
		argp_error(state, "a name cannot be empty");
	if (strlen(text) > NAME_MAX_BYTES)
		argp_error(state, "a name cannot be longer than %d bytes",
			   NAME_MAX_BYTES);
	for (c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			argp_error(state, "a name cannot contain control characters");
	return text;
}

enum ipcq_kind parse_kind(struct argp_state *state, const char *option,
			  const char *text)
{
	if (!strcmp(text, "queue"))
		return IPCQ_QUEUE;
	if (!strcmp(text, "region"))
		return IPCQ_REGION;
	argp_error(state, "%s: '%s' is neither 'queue' nor 'region'", option,
		   text);
	return IPCQ_ANY;
}

static const char *const full_names[] = {
	[IPCQ_BLOCK] = "block", [IPCQ_REJECT] = "reject",
	[IPCQ_DROP_OLDEST] = "drop-oldest", [IPCQ_DROP_NEWEST] = "drop-newest",
};

const char *full_name(enum ipcq_full full)
{
	return full >= IPCQ_BLOCK && full <= IPCQ_DROP_NEWEST ? full_names[full] :
								"unknown";
}

enum ipcq_full parse_full(struct argp_state *state, const char *option,
			  const char *text)
{
	enum ipcq_full full;

	for (full = IPCQ_BLOCK; full <= IPCQ_DROP_NEWEST; full++)
		if (!strcmp(text, full_names[full]))
			return full;
	argp_error(state, "%s: '%s' is none of block, reject, drop-oldest, drop-newest",
		   option, text);
	return IPCQ_BLOCK;
}
