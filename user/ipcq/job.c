// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of a command for a message: see job.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "util.h"

#define FIRST_OUTPUT	4096

/* How long a command may take to end when it is asked to, nanoseconds. */
#define GRACE	2000000000ULL

uint64_t job_now(void)
{
	return ipcq_deadline(0);
}

/* A file that holds the message, at its beginning; or a negative errno value. */
static int input_new(const void *payload, size_t length)
{
	int fd = memfd_create("ipcq-message", MFD_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	error = write_all(fd, payload, length);
	if (!error && lseek(fd, 0, SEEK_SET) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static void tell(const char *name, const char *format, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), format, value);
	setenv(name, text, 1);
}

static void set_environment(const struct ipcq_message_info *info, size_t length)
{
	tell("IPCQ_SEQUENCE", "%" PRIu64, info->sequence);
	tell("IPCQ_TYPE", "%" PRIu64, info->type);
	tell("IPCQ_PRIORITY", "%" PRIu64, info->priority);
	tell("IPCQ_SIZE", "%" PRIu64, length);
	tell("IPCQ_REDELIVERIES", "%" PRIu64, info->redeliveries);
	tell("IPCQ_PID", "%" PRIu64, (uint64_t)info->pid);
	tell("IPCQ_UID", "%" PRIu64, info->uid);
	tell("IPCQ_GID", "%" PRIu64, info->gid);
}

/* The server blocks some signals and ignores others; the command shall not. */
static int spawn(pid_t *pid, char **command, int input, int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int error;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output,
							 STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(pid, command[0], &actions, &attributes,
				     command, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

int job_start(struct job *job, char **command, const void *payload, size_t length,
	      const struct ipcq_message_info *info)
{
	int input = input_new(payload, length), output[2], error = 0;

	*job = (struct job) {
		.token = info->token, .sequence = info->sequence, .output_fd = -1,
		.terminate_at = JOB_NEVER, .kill_at = JOB_NEVER,
		.extend_at = JOB_NEVER,
	};
	if (input < 0)
		return input;
	if (pipe2(output, O_CLOEXEC) < 0) {
		error = -errno;
		close(input);
		return error;
	}
	if (fcntl(output[0], F_SETFL, O_NONBLOCK) < 0)
		error = -errno;
	set_environment(info, length);
	if (!error)
		error = spawn(&job->pid, command, input, output[1]);
	close(input);
	close(output[1]);
	if (error) {
		close(output[0]);
		job->pid = 0;
		return error;
	}
	job->output_fd = output[0];
	return 0;
}

/* Room for more output; false when as much has been collected as can be. */
static bool output_grow(struct job *job)
{
	size_t size = job->size ? 2 * job->size : FIRST_OUTPUT;
	char *larger;

	if (job->length < job->size)
		return true;
	if (job->size >= JOB_OUTPUT_MAX)
		return false;
	larger = realloc(job->output, size);
	if (!larger)
		return false;
	job->output = larger;
	job->size = size;
	return true;
}

void job_read(struct job *job)
{
	char dropped[4096];
	ssize_t got;
	bool room;

	while (job->output_fd >= 0) {
		room = output_grow(job);
		got = room ? read(job->output_fd, job->output + job->length,
				  job->size - job->length) :
			     read(job->output_fd, dropped, sizeof(dropped));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close(job->output_fd);
			job->output_fd = -1;
		} else if (room) {
			job->length += (size_t)got;
		} else {
			job->cut = true;
		}
	}
}

bool job_reap(struct job *job)
{
	if (waitpid(job->pid, &job->wait_status, WNOHANG) != job->pid)
		return false;
	/* All that it has written itself is there by now. */
	job_read(job);
	return true;
}

int job_status(const struct job *job)
{
	if (job->timed_out)
		return JOB_TIMED_OUT;
	if (WIFEXITED(job->wait_status))
		return WEXITSTATUS(job->wait_status);
	return 128 + WTERMSIG(job->wait_status);
}

void job_terminate(struct job *job)
{
	kill(-job->pid, job->terminated ? SIGKILL : SIGTERM);
	job->terminate_at = JOB_NEVER;
	job->kill_at = job->terminated ? JOB_NEVER : job_now() + GRACE;
	job->terminated = true;
}

uint64_t job_next(const struct job *job)
{
	uint64_t next = job->terminate_at;

	if (!job->pid)
		return JOB_NEVER;
	if (job->kill_at < next)
		next = job->kill_at;
	return job->extend_at < next ? job->extend_at : next;
}

void job_tick(struct job *job)
{
	uint64_t now = job_now();

	if (now >= job->terminate_at) {
		job->timed_out = true;
		job_terminate(job);
	} else if (now >= job->kill_at) {
		job_terminate(job);
	}
}

void job_clear(struct job *job)
{
	if (job->output_fd >= 0)
		close(job->output_fd);
	free(job->output);
	*job = (struct job) { .output_fd = -1 };
}

static int executable(const char *path)
{
	struct stat stat_;

	if (access(path, X_OK) < 0)
		return -errno;
	if (stat(path, &stat_) < 0)
		return -errno;
	return S_ISDIR(stat_.st_mode) ? -EISDIR : 0;
}

int job_find(const char *command)
{
	const char *path = getenv("PATH"), *end;
	char file[4096];
	int error = -ENOENT, found;

	if (strchr(command, '/') || !path)
		return strchr(command, '/') ? executable(command) : 0;
	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(file, sizeof(file), "%.*s/%s",
			 end == path ? 1 : (int)(end - path),
			 end == path ? "." : path, command);
		found = executable(file);
		if (!found)
			return 0;
		if (found == -EACCES)
			error = found;
	}
	return error;
}
