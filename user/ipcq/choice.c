// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which messages a command is for, as options: see choice.h.
 */
#include <stdint.h>
#include <string.h>

#include "choice.h"
#include "util.h"

enum {
	/* Beyond the keys of the commands that have these as well. */
	OPTION_TYPE = OPTION_FIRST + 0x200,
	OPTION_TYPE_AT_MOST,
	OPTION_TYPE_RANGE,
	OPTION_TYPE_EXCEPT,
	OPTION_LEAST_PRIORITY,
};

static const struct argp_option options[] = {
	{ "type", OPTION_TYPE, "N", 0, "Of the type N only", 0 },
	{ "type-at-most", OPTION_TYPE_AT_MOST, "N", 0,
	  "Of the types 0 to N only, and the lowest type first", 0 },
	{ "type-range", OPTION_TYPE_RANGE, "N-M", 0, "Of the types N to M only", 0 },
	{ "type-except", OPTION_TYPE_EXCEPT, "N", 0, "Of other types than N only", 0 },
	{ "least-priority", OPTION_LEAST_PRIORITY, "N", 0,
	  "Of the priority N and above only", 0 },
	{ 0 }
};

/* Types can be chosen in one way only. */
static void choose(struct choice *choice, struct argp_state *state,
		   const char *option, enum ipcq_match match)
{
	if (choice->filter.match)
		argp_error(state, "%s: types have been chosen already", option);
	choice->given = option;
	choice->filter.match = match;
}

static void choose_type(struct choice *choice, struct argp_state *state,
			const char *option, enum ipcq_match match,
			const char *argument)
{
	choose(choice, state, option, match);
	choice->filter.type_first = parse_number(state, option, argument, 0,
						 UINT64_MAX);
}

/* "N-M" */
static void choose_range(struct choice *choice, struct argp_state *state,
			 char *argument)
{
	struct ipcq_filter *filter = &choice->filter;
	char *dash = strchr(argument, '-');

	choose(choice, state, "--type-range", IPCQ_TYPE_RANGE);
	if (!dash)
		argp_error(state, "--type-range: '%s' is not N-M", argument);
	*dash = '\0';
	filter->type_first = parse_number(state, "--type-range", argument, 0,
					  UINT64_MAX);
	filter->type_last = parse_number(state, "--type-range", dash + 1,
					 filter->type_first, UINT64_MAX);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case OPTION_TYPE:
		choose_type(choice, state, "--type", IPCQ_TYPE_EQUAL, argument);
		return 0;
	case OPTION_TYPE_AT_MOST:
		choose_type(choice, state, "--type-at-most", IPCQ_TYPE_AT_MOST,
			    argument);
		return 0;
	case OPTION_TYPE_RANGE:
		choose_range(choice, state, argument);
		return 0;
	case OPTION_TYPE_EXCEPT:
		choose_type(choice, state, "--type-except", IPCQ_TYPE_EXCEPT,
			    argument);
		return 0;
	case OPTION_LEAST_PRIORITY:
		choice->given = "--least-priority";
		choice->filter.least_priority =
			parse_number(state, "--least-priority", argument, 0,
				     IPCQ_HIGHEST_PRIORITY);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp choice_argp = {
	.options = options, .parser = parse_option,
};
