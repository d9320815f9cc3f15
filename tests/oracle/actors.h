/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who makes the calls: the process of the test itself, and some others, for calls that
 * wait.  All of them use the same descriptors and the same shared memory.
 *
 * Each has a buffer that ends where memory ends, so that a buffer of any length can be
 * accessible to any extent, and a place for the struct of a call, at one address
 * writable and at another not.
 */
#ifndef IPCQ_ORACLE_ACTORS_H
#define IPCQ_ORACLE_ACTORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number 0 is the test's own process. */
#define ACTORS		5
#define BUFFER_SIZE	(3 * 4096)

/* A system call, ready to be made. */
struct attempt {
	enum { BY_IOCTL, BY_READ, BY_WRITE, BY_READV, BY_WRITEV } how;
	int fd;
	unsigned int command;
	uintptr_t args;		/* of an ioctl, or */
	uintptr_t buffer;
	uint64_t length;
	uint64_t cut;		/* where a vector goes on with its second buffer */
	long result;		/* or a negative errno */
};

struct actor {
	int pid;
	uint64_t start;		/* of the process, hundredths of a second after boot */
	struct attempt attempt;
	unsigned char *writable;/* the place for a struct */
	unsigned char *read_only;
	unsigned char *hole;	/* BUFFER_SIZE bytes before it can be used */
};

void actors_start(void);
void actors_stop(void);
struct actor *actor(unsigned int number);

/* The test's own process goes on as this user and group; the others stay what they are. */
void become(unsigned int user);
/* Makes the call of actor 0, and returns when it has returned. */
void actor_act(void);
/* Lets another one make its call. */
void actor_go(unsigned int number);
/* Whether its call has returned. */
bool actor_returned(unsigned int number);
/* It makes no call any more. */
void actor_rest(unsigned int number);
/* Has a handler run in it, after which its call ends or is restarted. */
bool actor_signal(unsigned int number, bool restart, bool (*patient)(void));
/* Kills it while it makes a call, and puts another in its place. */
void actor_kill(unsigned int number);

#endif /* IPCQ_ORACLE_ACTORS_H */
