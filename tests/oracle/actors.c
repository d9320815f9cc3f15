// SPDX-License-Identifier: GPL-2.0-or-later
#include "actors.h"

#include "../guest/common.h"

#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE		4096
#define BUFFER_PAGES	(BUFFER_SIZE / PAGE)
/* One for the state, one for structs, the buffer, and one that is the hole. */
#define ACTOR_PAGES	(2 + BUFFER_PAGES + 1)

/* In memory that all share. */
struct shared {
	struct actor actor;
	sem_t go;
	atomic_bool returned;
	atomic_uint signals;	/* that it has handled */
};
_Static_assert(sizeof(struct shared) <= PAGE, "the state needs more than a page");

static struct shared *all[ACTORS];
static struct shared *self;

struct actor *actor(unsigned int number)
{
	return &all[number]->actor;
}

/* ---------------------------------------------------------------- the call */

static long transfer(const struct attempt *attempt)
{
	char *buffer = (char *)attempt->buffer;
	struct iovec vector[2] = {
		{ buffer, attempt->cut },
		{ buffer + attempt->cut, attempt->length - attempt->cut },
	};

	switch (attempt->how) {
	case BY_READ:
		return read(attempt->fd, buffer, attempt->length);
	case BY_WRITE:
		return write(attempt->fd, buffer, attempt->length);
	case BY_READV:
		return readv(attempt->fd, vector, 2);
	case BY_WRITEV:
		return writev(attempt->fd, vector, 2);
	default:
		return ioctl(attempt->fd, attempt->command, attempt->args);
	}
}

void become(unsigned int user)
{
	if (user)
		assert_int_equal(syscall(SYS_setresgid, -1, user, -1), 0);
	assert_int_equal(syscall(SYS_setresuid, -1, user, -1), 0);
	if (!user)
		assert_int_equal(syscall(SYS_setresgid, -1, user, -1), 0);
}

static void make_call(struct attempt *attempt)
{
	long result = transfer(attempt);

	attempt->result = result < 0 ? -errno : result;
}

void actor_act(void)
{
	make_call(&self->actor.attempt);
}

/* -------------------------------------------------------------- the others */

static void count_signal(int number)
{
	(void)number;
	atomic_fetch_add(&self->signals, 1);
}

static void handle(int number, int flags)
{
	const struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	assert_int_equal(sigaction(number, &action, NULL), 0);
}

/* When the process began, as /proc/PID/stat has it. */
static uint64_t start_of(pid_t pid)
{
	char path[64], line[1024], *word, *rest;
	unsigned int field;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	/* The name, which may have spaces, is the second; the 22nd is wanted. */
	rest = strrchr(line, ')') + 2;
	for (field = 3; (word = strsep(&rest, " ")) && field < 22; field++)
		;
	assert_non_null(word);
	return strtoull(word, NULL, 10);
}

static void know(unsigned int number, pid_t pid)
{
	all[number]->actor.pid = pid;
	all[number]->actor.start = start_of(pid);
}

static void live(unsigned int number)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self = all[number];
	handle(SIGUSR1, 0);
	handle(SIGUSR2, SA_RESTART);
	signal(SIGALRM, SIG_IGN);
	for (;;) {
		while (sem_wait(&self->go))
			;
		make_call(&self->actor.attempt);
		atomic_store(&self->returned, true);
	}
}

/* A process of its own, with the descriptors of this one. */
static void start(unsigned int number)
{
	pid_t pid;

	assert_int_equal(sem_init(&all[number]->go, 1, 0), 0);
	atomic_store(&all[number]->returned, false);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	assert_true(pid >= 0);
	if (!pid)
		live(number);
	know(number, pid);
}

static void *map(int fd, off_t page, size_t pages, int protection)
{
	void *map = mmap(NULL, pages * PAGE, protection, MAP_SHARED, fd, page * PAGE);

	assert_true(map != MAP_FAILED);
	return map;
}

static void make_place(int fd, unsigned int number)
{
	off_t first = number * ACTOR_PAGES;
	unsigned char *place = map(fd, first, ACTOR_PAGES, PROT_READ | PROT_WRITE);
	struct actor *actor = (void *)place;

	actor->writable = place + PAGE;
	actor->read_only = map(fd, first + 1, 1, PROT_READ);
	actor->hole = place + (2 + BUFFER_PAGES) * PAGE;
	assert_int_equal(mprotect(actor->hole, PAGE, PROT_NONE), 0);
	all[number] = (void *)place;
}

void actors_start(void)
{
	int fd = memfd_create("actors", MFD_CLOEXEC);
	unsigned int i;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, ACTORS * ACTOR_PAGES * PAGE), 0);
	for (i = 0; i < ACTORS; i++)
		make_place(fd, i);
	close(fd);
	self = all[0];
	know(0, getpid());
	for (i = 1; i < ACTORS; i++)
		start(i);
}

static void stop(unsigned int number)
{
	assert_int_equal(kill(all[number]->actor.pid, SIGKILL), 0);
	assert_int_equal(waitpid(all[number]->actor.pid, NULL, 0), all[number]->actor.pid);
}

void actors_stop(void)
{
	unsigned int i;

	for (i = 1; i < ACTORS; i++)
		stop(i);
}

void actor_go(unsigned int number)
{
	sem_post(&all[number]->go);
}

bool actor_returned(unsigned int number)
{
	return atomic_load(&all[number]->returned);
}

void actor_rest(unsigned int number)
{
	atomic_store(&all[number]->returned, false);
}

bool actor_signal(unsigned int number, bool restart, bool (*patient)(void))
{
	unsigned int before = atomic_load(&all[number]->signals);

	assert_int_equal(kill(all[number]->actor.pid, restart ? SIGUSR2 : SIGUSR1), 0);
	while (atomic_load(&all[number]->signals) == before)
		if (!patient())
			return false;
	return true;
}

void actor_kill(unsigned int number)
{
	stop(number);
	start(number);
}
