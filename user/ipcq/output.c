// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output: text that is safe on a terminal, JSON, and writes that are complete.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "util.h"

const char *kind_name(enum ipcq_kind kind)
{
	switch (kind) {
	case IPCQ_QUEUE:
		return "queue";
	case IPCQ_REGION:
		return "region";
	default:
		return "object";
	}
}

/*
 * The length of the UTF-8 character at @bytes, and its code point; 0 when there
 * is none.  Longer forms than needed, surrogates and what lies beyond Unicode
 * are none.
 */
static size_t utf8_character(const unsigned char *bytes, size_t length,
			     uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size, i;

	if (bytes[0] < 0x80) {
		*point = bytes[0];
		return 1;
	}
	size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || size > length)
		return 0;
	*point = bytes[0] & (0x7f >> size);
	for (i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (bytes[i] & 0x3f);
	}
	if (*point < smallest[size] || *point > 0x10ffff ||
	    (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return size;
}

bool is_utf8(const char *bytes, size_t length)
{
	uint32_t point;
	size_t size;

	for (; length; bytes += size, length -= size) {
		size = utf8_character((const unsigned char *)bytes, length,
				      &point);
		if (!size)
			return false;
	}
	return true;
}

/* The control characters of ASCII and of Latin-1 can command a terminal. */
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

char *printable(const char *name)
{
	const unsigned char *in = (const unsigned char *)name;
	size_t length = strlen(name), size;
	char *text = malloc(4 * length + 1), *out = text;
	uint32_t point;

	if (!text)
		return NULL;
	while (length) {
		size = utf8_character(in, length, &point);
		if (size && !is_control(point)) {
			memcpy(out, in, size);
			out += size;
		} else {
			size = 1;
			out += sprintf(out, "\\x%02x", *in);
		}
		in += size;
		length -= size;
	}
	*out = '\0';
	return text;
}

size_t columns(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

char *human_size(char *buffer, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < sizeof(units) / sizeof(*units) - 1) {
		value /= 1024;
		unit++;
	}
	/* A fraction is shown only where there is one. */
	snprintf(buffer, size, value == (double)(uint64_t)value ? "%.0f %s" :
								  "%.1f %s",
		 value, units[unit]);
	return buffer;
}

int write_all(int fd, const void *data, size_t length)
{
	const char *next = data;
	ssize_t written;

	while (length) {
		written = write(fd, next, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		next += written;
		length -= (size_t)written;
	}
	return 0;
}

int print_json(json_t *value, size_t flags)
{
	int error = -1;

	if (value) {
		error = json_dumpf(value, stdout, flags | JSON_ENCODE_ANY);
		json_decref(value);
	}
	if (error) {
		complain(value ? "cannot write the output" : "out of memory");
		return EXIT_FAILED;
	}
	putchar('\n');
	return EXIT_OK;
}

int flush_output(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}
