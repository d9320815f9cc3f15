/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mechanism of communication, as the benchmark sees it.
 *
 * A link joins two processes, the near side, which begins, and the far side.  It
 * is made by setup() in their parent, before both are forked; each then calls
 * attach() to give up what belongs to the other.  Messages of one size, which is
 * known when the link is made, go either way, and blocking is the only policy: a
 * send waits for room, a receive for a message.  A mechanism that loses messages
 * instead says so, and its receive ends with BENCH_TIMEOUT.
 *
 * teardown() runs in the parent when both sides have ended, also after a setup()
 * that failed half way.  Whatever outlives processes has no name any more when
 * setup() returns, or is removed there.
 *
 * With threads both sides are threads of one process; each has its own copy of the
 * link, whose state is the same.
 *
 * To add a mechanism: one file with a struct bench_mechanism, and one line each
 * in mechanisms.h and mechanisms.c.
 */
#ifndef BENCH_MECHANISM_H
#define BENCH_MECHANISM_H

#include <stdbool.h>
#include <stddef.h>

enum bench_status {
	BENCH_OK,
	BENCH_SKIP,		/* it cannot do this here; why is said */
	BENCH_FAIL,		/* it should have; why is said */
	BENCH_TIMEOUT,		/* a lossy receive: no message came */
	BENCH_INTERRUPTED,	/* by a signal to the whole benchmark */
};

enum bench_side {
	BENCH_NEAR,
	BENCH_FAR,
};

/* Descriptors of one side; in and out may be the same.  -1: none. */
struct bench_end {
	int in;
	int out;
};

struct bench_mechanism;

struct bench_link {
	const struct bench_mechanism *mechanism;
	size_t size;			/* of every message */
	unsigned int depth;		/* messages each direction should hold */
	enum bench_side side;		/* from attach() on */
	void *receive_buffer;		/* for receive(); has BENCH_HEADROOM */
	struct bench_end end[2];	/* by side, for mechanisms that use them */
	void *state;			/* the mechanism's own */
	char depth_text[24];		/* set by setup(): what it does hold */
	char why[192];			/* of a SKIP or FAIL */
};

/* Bytes before a payload, sent or received, that the mechanism may use. */
#define BENCH_HEADROOM	64

struct bench_mechanism {
	const char *name;
	const char *summary;
	const char *depth;		/* what bounds the messages under way */
	unsigned int copies;		/* of a payload, sender to receiver */
	bool lossy;
	bool threads;		/* both sides in one process */
	bool keeps_payload;	/* reserve() gives the sender's own memory */
	/*
	 * A round trip is a call: send() says what goes there, or back, and the next
	 * receive() does it.  push() gives the last reply, and is not called otherwise.
	 * There are no streams.
	 */
	bool calls;

	enum bench_status (*setup)(struct bench_link *link);
	enum bench_status (*attach)(struct bench_link *link);
	void (*teardown)(struct bench_link *link);

	/*
	 * Where the next message is to be written, for shared memory and for a
	 * sender that lends its own; and, in shared memory, that the message last
	 * received is no longer needed.  Absent elsewhere.
	 */
	enum bench_status (*reserve)(struct bench_link *link, void **payload);
	enum bench_status (*release)(struct bench_link *link);

	/*
	 * Where send() may keep messages back for a while: sends them.  Called when
	 * a message is to be answered, and after the last of a stream.
	 */
	enum bench_status (*push)(struct bench_link *link);

	enum bench_status (*send)(struct bench_link *link, void *payload);
	enum bench_status (*receive)(struct bench_link *link,
				     const void **payload);

	/* Lossy mechanisms: throw away what is waiting to be received. */
	void (*flush)(struct bench_link *link);
};

/* Ended by NULL, in the order of the tables. */
extern const struct bench_mechanism * const bench_mechanisms[];

const struct bench_mechanism *bench_mechanism_find(const char *name);

/* Record why, and return the status. */
enum bench_status bench_skip(struct bench_link *link, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum bench_status bench_fail(struct bench_link *link, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "<what>: <strerror(error)>"; a SKIP where the error means it is not there. */
enum bench_status bench_fail_errno(struct bench_link *link, const char *what,
				   int error);

/* The number in a file of /proc/sys, or 0 when it cannot be read. */
unsigned long bench_sysctl(const char *path);

/* ------------------------------------------------- mechanisms of descriptors */

/* attach() and teardown(): close the other side's ends; close all. */
enum bench_status bench_fd_attach(struct bench_link *link);
void bench_fd_teardown(struct bench_link *link);

/* Byte streams: a message is exactly link->size bytes. */
enum bench_status bench_fd_write(struct bench_link *link, void *payload);
enum bench_status bench_fd_read(struct bench_link *link, const void **payload);

/* Sockets that keep message bounds. */
enum bench_status bench_socket_send(struct bench_link *link, void *payload);
enum bench_status bench_socket_receive(struct bench_link *link,
				       const void **payload);
void bench_socket_flush(struct bench_link *link);

/*
 * Let the buffer of @option (SO_SNDBUF or SO_RCVBUF) hold the link's depth, past
 * the limit of the system where the process may, and never shrink it.  Returns
 * the bytes the kernel counts against it, or 0 on error.
 */
size_t bench_socket_buffer(struct bench_link *link, int fd, int option);

/* Let a pipe or FIFO hold the link's depth, and say what it holds. */
enum bench_status bench_pipe_depth(struct bench_link *link);

#endif /* BENCH_MECHANISM_H */
