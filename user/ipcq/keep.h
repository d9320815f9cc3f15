/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps the module loaded.
 */
#ifndef IPCQ_KEEP_H
#define IPCQ_KEEP_H

#include <jansson.h>
#include <stdint.h>

struct keepers {
	uint64_t references;	/* what the kernel counts, all namespaces together */
	uint64_t names;		/* of this namespace, that stay without being open */
	uint64_t open_objects;	/* of this namespace */
};

/* Fills in what can be found out; what cannot is 0. */
void find_keepers(struct keepers *keepers);

json_t *keepers_json(const struct keepers *keepers);

/* Prints nothing when nothing keeps it. */
void print_keepers(const struct keepers *keepers);

#endif /* IPCQ_KEEP_H */
