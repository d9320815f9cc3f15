/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzer of /dev/ipcq.
 *
 * A program is a list of calls.  Each call is made by one of four lanes: three are
 * threads of one process, the fourth is a child that the call "fork" makes.  The
 * lanes run at the same time, up to the next "sync", where the threads meet.
 * Programs are made at random and from each other; those that reach code in the
 * module that none has reached before are kept, in the corpus.
 *
 *   calls.c	the table: every call, and every field of its struct
 *   text.c	programs as text
 *   mutate.c	making programs
 *   act.c	making one call; acts.c those that are no ioctls of the module
 *   lanes.c	running a program, and never waiting for it without an end
 *   cover.c	what code was reached
 *   waits.c	who has been forgotten
 *   left.c	what a program must not leave behind
 *   main.c	the whole run
 */
#ifndef IPCQ_FUZZ_H
#define IPCQ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FUZZ_FIELDS	24
#define FUZZ_CALLS	24
#define FUZZ_LANES	4
#define FUZZ_CHILD	3	/* the lane that is a process */
#define FUZZ_MAPS	4
#define FUZZ_TEXT	8192	/* bytes of the longest program as text */

/* A field's value that stands for the right one. */
#define FUZZ_AUTO	UINT64_MAX

/* Descriptors of a program; where one of a kind is likely to be found. */
#define FUZZ_DEVICES	0
#define FUZZ_QUEUES	2
#define FUZZ_REGIONS	6
#define FUZZ_OTHER	10
#define FUZZ_SLOTS	12
#define FUZZ_NO_SLOT	12	/* -1 */
#define FUZZ_NULL_SLOT	13	/* a file that is not ours */

enum fuzz_kind {
	FUZZ_NONE,
	FUZZ_NUMBER,		/* limit: the largest that is documented */
	FUZZ_SMALL,		/* likewise, but mostly a few */
	FUZZ_FLAGS,		/* limit: the mask */
	FUZZ_SIZE,		/* of the struct */
	FUZZ_PLACE,		/* where a struct or a payload lies */
	FUZZ_NAME,		/* which name */
	FUZZ_LENGTH,		/* of the name */
	FUZZ_TIME,		/* microseconds from now; 0: never, 1: past */
	FUZZ_SLOT,		/* limit: the first of the likely slots */
	FUZZ_MAP,		/* a mapping of the program */
	FUZZ_USER,		/* 1: the program's, 2: the other one */
};

struct fuzz_field {
	const char *name;
	enum fuzz_kind kind;
	uint64_t limit;
	uint16_t offset;	/* in the struct; width 0: not in it */
	uint8_t width;
};

struct fuzz_call {
	uint8_t type;		/* index of fuzz_types */
	uint8_t lane;
	uint64_t value[FUZZ_FIELDS];
};

struct fuzz_program {
	uint32_t count;
	struct fuzz_call calls[FUZZ_CALLS];
};

struct fuzz_lane;

struct fuzz_type {
	const char *name;
	unsigned int weight;	/* how often it is made */
	/* Returns what the call gave, or a negative errno. */
	long (*run)(struct fuzz_lane *lane, const struct fuzz_call *call);
	unsigned int command;
	unsigned int size;	/* of the struct */
	uint16_t fd_offset;	/* where an open tells the new descriptor */
	struct fuzz_field fields[FUZZ_FIELDS];
};

/* The fields that each ioctl has first. */
enum { FIELD_FD, FIELD_PLACE, FIELD_SIZE, FIELD_TAIL, FIELD_INTO };

enum fuzz_place {
	PLACE_GOOD,
	PLACE_EDGE,		/* before memory that is not mapped */
	PLACE_SHORT,		/* the second half is not mapped */
	PLACE_READONLY,
	PLACE_UNMAPPED,
	PLACE_KERNEL,
	PLACE_HIGH,		/* at the end of user addresses */
	PLACE_ODD,		/* not aligned */
	PLACE_MAP,		/* in a region */
	PLACE_CONTROL,		/* in a region's control area */
	PLACE_NULL,
	FUZZ_PLACES
};

extern const struct fuzz_type fuzz_types[];
extern const unsigned int fuzz_type_count;
extern const char *const fuzz_places[FUZZ_PLACES];
extern uint8_t fuzz_type_sync;

/* Finds a type by its name; -1 when there is none. */
int fuzz_type_find(const char *name);
/* How many fields a type has. */
unsigned int fuzz_type_fields(const struct fuzz_type *type);
uint64_t fuzz_default(const struct fuzz_field *field);

/* ------------------------------------------------------------------- text.c */

/* Writes one line; returns its length. */
int fuzz_print_call(char *text, size_t size, const struct fuzz_call *call);
/* Writes one call a line; returns the length. */
int fuzz_print(char *text, size_t size, const struct fuzz_program *program);
/* Reads lines; empty ones and those with # are skipped. False: says why. */
bool fuzz_parse(struct fuzz_program *program, const char *text);

/* ----------------------------------------------------------------- mutate.c */

uint64_t fuzz_random(uint64_t *state);
/* A number below @limit. */
uint64_t fuzz_below(uint64_t *state, uint64_t limit);
void fuzz_generate(struct fuzz_program *program, uint64_t *state);
/* Changes @program; @other is one to take parts of. */
void fuzz_mutate(struct fuzz_program *program,
		 const struct fuzz_program *other, uint64_t *state);

/* ------------------------------------------------------------------ lanes.c */

/* Memory for structs and payloads; behind it none is mapped. */
#define ARENA_SIZE	16384U

struct fuzz_arena {
	char *writable;
	const char *readonly;	/* the same memory */
};

struct fuzz_cover {
	int fd;
	uint64_t *trace;
};

struct fuzz_lane {
	int number;
	pid_t tid;
	uint32_t work;		/* futex: 1 to run, 0 when done */
	bool alive;
	bool spoiled;		/* with other credentials than it began with */
	uint64_t since;		/* of the call, nanoseconds; 0: in none */
	unsigned int current;	/* which call */
	unsigned int from, to;	/* the calls to run */

	struct fuzz_arena arguments, payload;
	struct fuzz_cover cover;
};

/* A process that runs programs, and the one that is running. */
struct fuzz_runner {
	unsigned int number;
	struct fuzz_program program;
	struct fuzz_lane lanes[FUZZ_LANES];
	int slots[FUZZ_SLOTS];
	struct {
		void *address;
		size_t length;
	} maps[FUZZ_MAPS];
	int device;		/* not the program's */
	int null;
	int base;		/* the first descriptor of programs */
	bool fds_unknown;	/* some may be there that were not told */
	bool filtered;		/* a receiver may wait for other messages */
	bool limits_changed;
	bool users_changed;
	uid_t uid;
	pid_t children[2];
};

extern struct fuzz_runner *fuzz_runner;

void fuzz_runner_start(unsigned int number);
/* Runs fuzz_runner->program; returns how many new signals it gave. */
unsigned int fuzz_run(void);

/* ------------------------------------------------------------------ waits.c */

/* Fails when a call waits for what is there. */
void fuzz_check_waits(void);

/* -------------------------------------------------------------------- act.c */

long fuzz_ioctl(struct fuzz_lane *lane, const struct fuzz_call *call);
/* Where @size bytes lie; what is there is unspecified. */
void *fuzz_place(const struct fuzz_arena *arena, uint64_t place, size_t size);
/* Copies to a place, as far as it can be written. */
void fuzz_fill(const struct fuzz_arena *arena, uint64_t place, void *to,
	       const void *from, size_t size);
int fuzz_fd(uint64_t slot);
/* Puts a descriptor into a slot and closes the one that was there. */
void fuzz_set_slot(uint64_t slot, int fd);
uint64_t fuzz_now(void);
/* Name number @which of this process; returns its length. */
unsigned int fuzz_name(uint64_t which, char *name);
#define FUZZ_NAMES	4	/* those that can be created */

/* ------------------------------------------------------------------- acts.c */

long fuzz_act_open(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_close(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_dup(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_read(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_write(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_readv(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_writev(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_pass(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_send_all(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_batch(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_mmap(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_munmap(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_mprotect(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_mremap(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_madvise(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_poke(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_poll(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_epoll(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_fionread(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_raw(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_status(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_fdinfo(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_file(struct fuzz_lane *lane, const struct fuzz_call *call);

/* -------------------------------------------------------------- processes.c */

long fuzz_act_fork(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_exit(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_signal(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_sleep(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_user(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_unshare(struct fuzz_lane *lane, const struct fuzz_call *call);
long fuzz_act_shrink(struct fuzz_lane *lane, const struct fuzz_call *call);
/* Runs the calls of a lane; in lanes.c. */
void fuzz_run_lane(struct fuzz_lane *lane);
/* Kills the children of the program and waits for them. */
void fuzz_end_children(void);

/* ---------------------------------------------------------------- netlink.c */

/* Finds the family, and what the limits are now. */
bool fuzz_netlink_start(void);
long fuzz_act_netlink(struct fuzz_lane *lane, const struct fuzz_call *call);
/* Unlinks every object of the users @uid and @uid + 1 that has a name. */
void fuzz_unlink_all(uid_t uid);
/* Sets the limits to what they were at the start. */
void fuzz_limits_reset(void);

/* ------------------------------------------------------------------ cover.c */

#define FUZZ_SPAN	(1U << 19)	/* bytes of the module's code at most */
#define FUZZ_SIGNALS	(1U << 21)
#define FUZZ_CORPUS	4096
#define FUZZ_RECENT	8		/* programs remembered of each process */
#define FUZZ_RUNNERS	2

/* Shared by all processes. */
struct fuzz_shared {
	uint64_t calls, programs, restarts;
	uint64_t seed;
	uint32_t seeds;			/* programs given */
	uint64_t code;			/* address of the module's code */
	bool stop;
	unsigned int fresh[FUZZ_RUNNERS];		/* new signals of the program */
	char failure[512];		/* why, from a runner */
	uint32_t failed;		/* futex-like: 1 when failure is being set */
	uint32_t corpus_lock;
	uint32_t corpus_count;
	struct fuzz_program corpus[FUZZ_CORPUS];
	struct {
		uint64_t count;
		uint64_t beat;		/* when it last began a program */
		struct fuzz_program programs[FUZZ_RECENT];
	} recent[FUZZ_RUNNERS];
	uint8_t points[FUZZ_SPAN];
	uint8_t signals[FUZZ_SIGNALS];
};

extern struct fuzz_shared *fuzz;

bool fuzz_cover_find_code(void);
bool fuzz_cover_open(struct fuzz_cover *cover);
/* For the calling thread. */
void fuzz_cover_enable(struct fuzz_cover *cover);
void fuzz_cover_begin(struct fuzz_cover *cover);
/* Returns how much was new. */
unsigned int fuzz_cover_end(struct fuzz_cover *cover, unsigned int type,
			    long result);
unsigned int fuzz_cover_count(void);
/* Prints the points reached, for the host. */
void fuzz_cover_print(void);

/* ------------------------------------------------------------------- left.c */

/* Ends what the program has left, and fails when the module still has some. */
void fuzz_clean_up(void);
/* Says why the run has failed, and stops it; the first one counts. */
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
