// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What keeps the module loaded.
 *
 * The kernel says no more than that rmmod has to try again.  It counts references
 * of all network namespaces; what they are, can be told of this one.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ipcq.h"
#include "keep.h"

#define REFERENCES	"/sys/module/ipcq/refcnt"

static int count(const struct ipcq_object_info *object, void *context)
{
	struct keepers *keepers = context;

	if (object->lifetime == IPCQ_UNTIL_REMOVED && !object->unlinked)
		keepers->names++;
	if (object->handles)
		keepers->open_objects++;
	return 0;
}

void find_keepers(struct keepers *keepers)
{
	FILE *file = fopen(REFERENCES, "re");

	*keepers = (struct keepers) { 0 };
	if (file) {
		if (fscanf(file, "%" SCNu64, &keepers->references) != 1)
			keepers->references = 0;
		fclose(file);
	}
	ipcq_list(IPCQ_ANY, count, keepers);
}

json_t *keepers_json(const struct keepers *keepers)
{
	return json_pack("{s:I, s:I, s:I}",
			 "references", (json_int_t)keepers->references,
			 "names", (json_int_t)keepers->names,
			 "open_objects", (json_int_t)keepers->open_objects);
}

void print_keepers(const struct keepers *keepers)
{
	if (!keepers->references && !keepers->names && !keepers->open_objects)
		return;
	puts("\nKept loaded by");
	if (keepers->names)
		printf("%-22s %" PRIu64 " ('ipcq rm --all' removes them)\n",
		       "  names", keepers->names);
	if (keepers->open_objects)
		printf("%-22s %" PRIu64 "\n", "  open objects",
		       keepers->open_objects);
	if (!keepers->names && !keepers->open_objects)
		printf("%-22s %" PRIu64 "\n", "  other uses",
		       keepers->references);
}
