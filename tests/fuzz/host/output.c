// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the command prints of bytes that it did not choose: names for a terminal,
 * messages in JSON.
 */
#include <jansson.h>

#include "base64.h"
#include "target.h"
#include "util.h"

SILENT_COMPLAIN

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	require(c == '+' || c == '/');
	return c == '+' ? 62 : 63;
}

/* Decodes, bit by bit, and compares. */
static void try_base64(const uint8_t *data, size_t size)
{
	char *text = base64_encode(data, size);
	size_t length = strlen(text), i, done = 0;
	uint32_t bits = 0;
	unsigned int have = 0;

	require(length == (size + 2) / 3 * 4);
	while (length && text[length - 1] == '=')
		length--;
	for (i = 0; i < length; i++) {
		bits = bits << 6 | (unsigned int)sextet(text[i]);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		require(done < size && data[done] == (uint8_t)(bits >> have));
		done++;
	}
	require(done == size);
	free(text);
}

/* The library for JSON is the other opinion. */
static void try_utf8(const uint8_t *data, size_t size)
{
	json_t *string = json_stringn((const char *)data, size);

	require(is_utf8((const char *)data, size) == !!string);
	json_decref(string);
}

static void try_printable(const uint8_t *data, size_t size)
{
	char *name = as_text(data, size), *text = printable(name);
	const unsigned char *c;

	require(text && is_utf8(text, strlen(text)));
	for (c = (const unsigned char *)text; *c; c++) {
		require(*c >= 0x20 && *c != 0x7f);
		/* The control characters of Latin-1. */
		require(*c != 0xc2 || c[1] >= 0xa0);
	}
	require(columns(text) <= strlen(text));
	free(text);
	free(name);
}

static void try_size(const uint8_t *data, size_t size)
{
	char text[32];
	uint64_t bytes;

	if (size < sizeof(bytes))
		return;
	memcpy(&bytes, data, sizeof(bytes));
	human_size(text, sizeof(text), bytes);
	require(strlen(text) < sizeof(text) - 1 && strchr(text, 'B'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_base64(data, size);
	try_utf8(data, size);
	try_printable(data, size);
	try_size(data, size);
	return 0;
}
