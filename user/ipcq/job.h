/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a command for a message: its standard input is the message, and what it
 * writes to its standard output is collected.
 *
 * The command leads a process group of its own, so that what a terminal sends to the
 * server does not end it in the middle of its work.  It has ended when its process
 * has, whoever else still holds its output.
 */
#ifndef IPCQ_COMMAND_JOB_H
#define IPCQ_COMMAND_JOB_H

#include <ipcq.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is collected of an output; the rest is read and dropped. */
#define JOB_OUTPUT_MAX	((size_t)1 << 20)

/* The exit status that stands for a command that took too long, as of timeout(1). */
#define JOB_TIMED_OUT	124

#define JOB_NEVER	UINT64_MAX

struct job {
	pid_t pid;			/* 0: none runs */
	uint64_t token;			/* of the message, and its number */
	uint64_t sequence;
	int output_fd;			/* -1: the command has closed its output */
	char *output;
	size_t length;
	size_t size;			/* allocated */
	bool cut;			/* it was longer than can be collected */
	int wait_status;		/* once it has ended */
	/* Points in time; JOB_NEVER for none. */
	uint64_t terminate_at;
	uint64_t kill_at;
	uint64_t extend_at;		/* its lease */
	bool terminated;		/* it has been asked to end */
	bool timed_out;
};

/* Nanoseconds of CLOCK_MONOTONIC, as deadlines are. */
uint64_t job_now(void);

/**
 * job_start() - start the command for a message
 * @job: one that does not run
 * @command: the command and its arguments, ended by NULL
 * @payload: the message
 * @length: bytes of it
 * @info: what came with it
 *
 * The environment tells the command about the message (IPCQ_SEQUENCE and others).
 *
 * Return: 0 or a negative errno value; what execve(2) fails with, too.
 */
int job_start(struct job *job, char **command, const void *payload, size_t length,
	      const struct ipcq_message_info *info);

/* Take what it has written by now. */
void job_read(struct job *job);

/* Whether it has ended; then all that it has written has been taken. */
bool job_reap(struct job *job);

/* How it has ended, in the way of a shell: 0 is success, 128 + N signal N. */
int job_status(const struct job *job);

/* End it: ask it to, and when it is asked again or does not obey, kill it. */
void job_terminate(struct job *job);

/* The next point in time at which job_tick() has to be called, or JOB_NEVER. */
uint64_t job_next(const struct job *job);

/* Do what is due but for leases. */
void job_tick(struct job *job);

/* It has been dealt with, and may start another. */
void job_clear(struct job *job);

/* Whether a command can be found; 0, or a negative errno value that says why not. */
int job_find(const char *command);

#endif /* IPCQ_COMMAND_JOB_H */
