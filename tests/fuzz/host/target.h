/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libFuzzer calls with each input, and what a target does when it is wrong. */
#ifndef IPCQ_FUZZ_TARGET_H
#define IPCQ_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run unless @condition holds. */
#define require(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "%s:%d: not so: %s\n",		\
				__FILE__, __LINE__, #condition);	\
			abort();					\
		}							\
	} while (0)

/* The input as a string of its own; to be freed. */
static inline char *as_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	require(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* What the command says to the user is said to nobody. */
#define SILENT_COMPLAIN							\
	void complain(const char *format, ...)				\
	{								\
		(void)format;						\
	}

#endif
