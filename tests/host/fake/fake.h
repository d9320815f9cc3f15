/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the module, for testing the library and the command without it.
 *
 * The linker sends open, close, ioctl, mmap and some calls of libnl of what is
 * tested to the functions here (see sources.mk).  Objects lie in memory that
 * forked processes share, so that what one command creates the next one finds.
 *
 * It models what the interface promises, not how the module does it: a wait looks
 * again every millisecond, and a dead holder is noticed by who wants the mutex.
 * Handles belong to the process that opened them; what a killed process had open
 * is cleared by fake_reset() only.
 */
#ifndef IPCQ_TESTS_FAKE_H
#define IPCQ_TESTS_FAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>

#define FAKE_OBJECTS	16
#define FAKE_HANDLES	64
#define FAKE_OWNERS	64
#define FAKE_MESSAGES	64
#define FAKE_LINES	64

#define FAKE_DATA_SIZE	(4UL << 20)	/* of an object: messages, or a region */

/* What the model's kernel allows. */
#define FAKE_MAX_MESSAGES	FAKE_MESSAGES
#define FAKE_MAX_MESSAGE_SIZE	(1U << 20)

struct fake_queue {
	uint32_t max_messages;
	uint32_t max_message_size;
	uint64_t max_bytes;
	bool bytes_given;
	uint32_t order;
	uint32_t count;
	uint32_t waiting_senders;
	uint32_t waiting_receivers;
	uint64_t bytes;
	uint64_t sent;
	uint64_t received;
	uint64_t dead_letter;
	uint32_t full;
	uint32_t redelivery_limit;
	uint32_t lengths[FAKE_MESSAGES];
	uint32_t priorities[FAKE_MESSAGES];
	uint64_t sequences[FAKE_MESSAGES];
};

struct fake_region {
	uint64_t size;
	uint32_t mutexes;
	uint32_t eventcounts;
	uint64_t owner_deaths;
	struct {
		uint32_t waiters;
		pid_t died_pid;
		uint64_t deaths;
	} mutex[FAKE_LINES];
};

struct fake_object {
	bool used;
	bool unlinked;
	uint32_t lifetime;
	uint64_t id;
	uint32_t kind;
	char name[IPCQ_NAME_MAX + 1];
	uint32_t mode;
	uid_t uid;
	gid_t gid;
	uint32_t handles;
	struct fake_queue queue;
	struct fake_region region;
};

struct fake_handle {
	bool used;
	ino_t inode;			/* of the descriptor, which finds it */
	pid_t pid;
	unsigned int references;	/* descriptors, see fake_dup() */
	uint32_t access;		/* IPCQ_OPEN_F_READ, _WRITE */
	bool nonblock;
	bool creator;			/* of the object */
	struct fake_object *object;	/* NULL: the device */
};

struct fake {
	pthread_mutex_t lock;		/* protects all of it */
	struct fake_object objects[FAKE_OBJECTS];
	struct fake_handle handles[FAKE_HANDLES];
	struct {
		struct fake_handle *handle;
		pid_t pid;
		pid_t tid;
		bool ended;		/* its handle was closed */
	} owners[FAKE_OWNERS];		/* an owner's id is its index plus one */
	uint64_t last_id;
	uint64_t limits[IPCQ_A_LIMIT_MAX + 1];

	/* Set by tests. */
	int absent;			/* the error of opening the device */
	unsigned int fail_call;		/* IPCQ_IOC_* that fails, once */
	int fail_error;
	bool fail_mmap;			/* mapping the data fails */
	bool one_mapping;		/* the control area is mapped where the model has it */
	int netlink_error;		/* what the kernel answers every request with */
	bool unprivileged;		/* setting limits is refused */
	uint32_t uid_offset;		/* new objects seem to be another's */

	/* Read by tests. */
	unsigned int calls[256];	/* how often, by the number of the call */
	uint32_t last_size;		/* what the last call said its size was */
};

extern struct fake *fake;

/* Forget all objects and settings. */
void fake_reset(void);

/* dup(2) of a handle's descriptor, which the model would not notice. */
int fake_dup(int fd);

/* ---------------------------------------------------- between the files of it */

/* All take the lock held and return 0 or more, or a negative errno value. */
int fake_queue_open(struct fake_object *object, bool created, void *argument);
int fake_queue_call(struct fake_handle *handle, unsigned long call, void *argument);
int fake_region_open(struct fake_object *object, bool created, void *argument);
int fake_region_call(struct fake_handle *handle, unsigned long call, void *argument);

/* Wait a while with the lock released; -ETIMEDOUT when the deadline has passed. */
int fake_wait(uint64_t deadline);

/* An object's own memory, which all processes share. */
char *fake_data(const struct fake_object *object);
/* The words of a region. */
uint32_t *fake_word(const struct fake_object *object, uint32_t line);

struct fake_object *fake_find(const char *name);

#endif /* IPCQ_TESTS_FAKE_H */
