// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Base64: three bytes are four characters of six bits; a last group of one or
 * two bytes is filled up with '='.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t length)
{
	const unsigned char *in = data;
	char *text = malloc((length + 2) / 3 * 4 + 1), *out = text;
	uint32_t group;
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < length; i += 3) {
		group = (uint32_t)in[i] << 16;
		if (i + 1 < length)
			group |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < length)
			group |= in[i + 2];
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63];
		*out++ = i + 1 < length ? alphabet[group >> 6 & 63] : '=';
		*out++ = i + 2 < length ? alphabet[group & 63] : '=';
	}
	*out = '\0';
	return text;
}
