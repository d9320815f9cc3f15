// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bytes of messages in JSON, and JSON in lines: see content.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "commands.h"
#include "content.h"
#include "util.h"

int content_add(json_t *json, const char *bytes, size_t length)
{
	char *encoded;
	int error;

	if (is_utf8(bytes, length))
		return json_object_set_new(json, "text",
					   json_stringn(bytes, length));
	encoded = base64_encode(bytes, length);
	if (!encoded)
		return -1;
	error = json_object_set_new(json, "base64", json_string(encoded));
	free(encoded);
	return error;
}

int write_json_line(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) :
			    NULL;
	int error = text ? 0 : -ENOMEM;

	if (!error)
		error = write_all(STDOUT_FILENO, text, strlen(text));
	if (!error)
		error = write_all(STDOUT_FILENO, "\n", 1);
	free(text);
	json_decref(json);
	return error;
}

int finish_output(void)
{
	int fd = dup(STDOUT_FILENO);

	if (fd >= 0 && !close(fd))
		return EXIT_OK;
	complain("cannot write the output: %s", strerror(errno));
	return EXIT_FAILED;
}
