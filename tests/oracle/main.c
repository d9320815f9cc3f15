// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random operations on queues, against the model of a queue.
 *
 * Without arguments a number of sequences is run from a fixed seed, or as many as there
 * is time for.  On a disagreement
 * the sequence is cut down to the operations without which there is none, and these are
 * printed with what each came to.
 */
#include "../guest/common.h"
#include "world.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 1, seconds = 20, first_sequence;
static uint64_t most_sequences = 150;

/* So many sequences come upon everything. */
#define ENOUGH	100

/* Sequences that were given up because the machine did not keep pace with their times. */
static uint64_t late;

/* Which operations of a sequence are run. */
struct choice {
	bool chosen[MOST_OPERATIONS];
	unsigned int count;	/* none from there on */
};

/* Runs the chosen ones, perhaps again; returns whether the module agreed. */
static bool run_sequence(uint64_t sequence, struct choice *choice, bool again)
{
	unsigned int i;

	world_begin(again);
	for (i = 0; i < choice->count && !world.failed && !world.late; i++)
		if (choice->chosen[i])
			run_operation(seed, sequence, i);
	/* What comes after a disagreement plays no part. */
	choice->count = i;
	world_end();
	late += world.late;
	return !world.failed || world.late;
}

/* Leaves out whatever can be, in ever smaller pieces. */
static void cut_down(uint64_t sequence, struct choice *choice)
{
	unsigned int piece, from, i;

	for (piece = choice->count / 2; piece; piece /= 2) {
		for (from = 0; from < choice->count; from += piece) {
			struct choice smaller = *choice;

			for (i = from; i < from + piece && i < smaller.count; i++)
				smaller.chosen[i] = false;
			if (!memcmp(&smaller, choice, sizeof(smaller)))
				continue;
			if (!run_sequence(sequence, &smaller, true))
				*choice = smaller;
		}
	}
}

/* Line by line: more at once would be cut. */
static void print_said(const char *title, struct world *of)
{
	char *line, *rest = of->said;

	of->said[of->said_length] = '\0';
	print_error("%s:\n", title);
	while ((line = strsep(&rest, "\n")))
		print_error("%s\n", line);
}

static void report(uint64_t sequence, struct choice *choice)
{
	static struct world first;

	first = world;
	print_error("seed %llu, sequence %llu, operation %u: %s\n",
		    (unsigned long long)seed, (unsigned long long)sequence,
		    choice->count - 1, first.reason);
	cut_down(sequence, choice);
	if (run_sequence(sequence, choice, true))
		print_said("all of it, as it is not so each time", &first);
	else
		print_said("what is left of it", &world);
	fail_msg("the module does not agree with the model");
}

static void module_agrees_with_model(void **state)
{
	uint64_t begun = in(0), until = begun + seconds * SECOND, sequence;

	(void)state;
	for (sequence = first_sequence;
	     sequence < first_sequence + most_sequences && in(0) < until;
	     sequence++) {
		struct choice choice = { .count = MOST_OPERATIONS };

		memset(choice.chosen, true, sizeof(choice.chosen));
		if (!run_sequence(sequence, &choice, false))
			report(sequence, &choice);
	}
	print_message("%llu sequences of %u operations agreed, %llu in part, seed %llu, %llu ms\n",
		      (unsigned long long)(sequence - first_sequence), MOST_OPERATIONS,
		      (unsigned long long)late, (unsigned long long)seed, (unsigned long long)((in(0) - begun) / MS));
	check_tally(sequence - first_sequence >= ENOUGH);
}

static void interrupt(int number)
{
	(void)number;
}

static int start(void **state)
{
	const struct sigaction action = { .sa_handler = interrupt };

	(void)state;
	(void)device();
	actors_start();
	return sigaction(SIGALRM, &action, NULL);
}

static int stop(void **state)
{
	(void)state;
	actors_stop();
	return 0;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "sequence", required_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 't':
			seconds = strtoull(optarg, NULL, 0);
			most_sequences = UINT64_MAX;
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'q':
			first_sequence = strtoull(optarg, NULL, 0);
			most_sequences = 1;
			break;
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_agrees_with_model),
	};

	parse(argc, argv);
	return cmocka_run_group_tests(tests, start, stop);
}
