// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The values of options, against parsers of another make.  The first byte of the
 * input chooses the parser.  The command ends where a value is wrong; here that is
 * a jump.
 */
#include <ctype.h>
#include <pwd.h>
#include <setjmp.h>

#include "commands.h"
#include "target.h"
#include "util.h"
#include "wraps.h"

SILENT_COMPLAIN

static jmp_buf wrong;

void __wrap_argp_error(const struct argp_state *state, const char *format, ...)
{
	(void)state;
	(void)format;
	longjmp(wrong, 1);
}

/* The machine's users are not what this is about. */
struct passwd *__wrap_getpwnam(const char *name)
{
	(void)name;
	return NULL;
}

/* The digits at @text as a number that is too large rather than wrong. */
static __uint128_t plain_digits(const char **text)
{
	__uint128_t value = 0;

	for (; **text >= '0' && **text <= '9'; ++*text)
		if (value < (__uint128_t)1 << 80)
			value = value * 10 + (**text - '0');
	return value;
}

/* What a size means; false when it means nothing. */
static bool plain_size(const char *text, __uint128_t *value)
{
	static const char letters[] = "kmgt";
	const char *letter;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = plain_digits(&text);
	if (!*text)
		return true;
	letter = strchr(letters, tolower((unsigned char)*text));
	if (!letter || *value > UINT64_MAX)
		return false;
	*value <<= 10 * (letter - letters + 1);
	text++;
	return !*text || !strcmp(text, "B") || !strcmp(text, "i") ||
	       !strcmp(text, "iB");
}

static void try_size(const char *text, uint64_t max)
{
	__uint128_t plain = 0;
	bool right = plain_size(text, &plain) && plain >= 1 && plain <= max;
	uint64_t value;

	if (setjmp(wrong)) {
		require(!right);
		return;
	}
	value = parse_size(NULL, "--size", text, 1, max);
	require(right && value == plain);
}

static void try_number(const char *text, uint64_t max)
{
	const char *rest = text;
	__uint128_t plain = plain_digits(&rest);
	bool right = rest > text && !*rest && plain <= max;
	uint64_t value;

	if (setjmp(wrong)) {
		require(!right);
		return;
	}
	value = parse_number(NULL, "--number", text, 0, max);
	require(right && value == plain);
}

static void try_mode(const char *text)
{
	uint32_t mode;

	if (setjmp(wrong))
		return;
	mode = parse_mode(NULL, "--mode", text);
	require(mode && mode <= 0777 && strspn(text, "01234567") == strlen(text));
}

static void try_duration(const char *text)
{
	int64_t time;

	if (setjmp(wrong))
		return;
	time = parse_duration(NULL, "--timeout", text);
	require(time >= 0 && time <= INT64_MAX / 2);
}

static void try_name(const char *text)
{
	bool right = *text && strlen(text) <= 255;
	const char *c;

	for (c = text; *c; c++)
		right = right && !iscntrl((unsigned char)*c);
	if (setjmp(wrong)) {
		require(!right);
		return;
	}
	require(parse_name(NULL, text) == text && right);
}

static void try_user(const char *text)
{
	if (setjmp(wrong))
		return;
	require(parse_user(NULL, "--owner", text) != (uid_t)-1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = as_text(data + 1, size - 1);
	switch (data[0] % 7) {
	case 0:
		try_size(text, UINT64_MAX);
		break;
	case 1:
		try_size(text, 1 << 20);
		break;
	case 2:
		try_number(text, UINT64_MAX);
		break;
	case 3:
		try_mode(text);
		break;
	case 4:
		try_duration(text);
		break;
	case 5:
		try_name(text);
		break;
	default:
		try_user(text);
	}
	free(text);
	return 0;
}
