// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Serving a queue: see service.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "service.h"
#include "util.h"

/* ------------------------------------------------------- what a command has done */

static unsigned long long number_of(const struct job *job)
{
	return (unsigned long long)job->sequence;
}

/* The output of a command for a message that nobody waits for. */
static void show(struct service *service, const struct job *job)
{
	int error = write_all(STDOUT_FILENO, job->output, job->length);

	if (!error && !job->cut)
		return;
	complain("message %llu: the output is %s%s", number_of(job),
		 error ? "lost: " : "too long, and was cut",
		 error ? strerror(-error) : "");
	if (error)
		service->code = EXIT_FAILED;
}

static void reply(struct service *service, const struct job *job)
{
	struct ipcq_queue *queue = service->from.queue;
	int error = job->cut ? -EMSGSIZE :
		    ipcq_queue_reply(queue, job->token, job->output, job->length);

	switch (error) {
	case 0:
		return;
	case -ECANCELED:
		complain("message %llu: its caller has not waited for the reply",
			 number_of(job));
		return;
	case -ENOKEY:
		complain("message %llu: it was held too long; the reply is dropped",
			 number_of(job));
		return;
	}
	/* The caller shall know, and not wait any longer. */
	ipcq_queue_refuse(queue, job->token, (uint32_t)-error);
	service->failed++;
	complain("message %llu: refused; cannot reply with the output: %s",
		 number_of(job), ipcq_strerror(error));
}

/* What is held is acknowledged, which a request cannot be. */
static void succeed(struct service *service, const struct job *job)
{
	int error = 0;

	if (job->token)
		error = service->lease ?
			ipcq_queue_acknowledge(service->from.queue, job->token) :
			-EINVAL;
	if (error == -EINVAL)
		reply(service, job);
	else if (error)
		complain("message %llu: it was held too long, and others may have it",
			 number_of(job));
	else
		show(service, job);
}

/* What becomes of a message whose command has failed. */
static const char *put_down(const struct service *service, const struct job *job,
			    int status)
{
	struct ipcq_queue *queue = service->from.queue;
	const char *what = "refused";
	int error;

	if (!job->token)
		return "lost";
	error = ipcq_queue_refuse(queue, job->token, (uint32_t)status);
	if (error == -EINVAL) {
		/* No request, but under a lease. */
		what = "given back";
		error = ipcq_queue_give_back(queue, job->token,
					     service->retry_after);
	}
	return error == -ENOKEY ? "with others by now" : what;
}

static void fail(struct service *service, const struct job *job, int status,
		 const char *why)
{
	char *shown = printable(service->command[0]);

	service->failed++;
	complain("message %llu: %s; '%s' %s", number_of(job),
		 put_down(service, job, status), shown ? shown : "?", why);
	free(shown);
}

static void conclude(struct service *service, struct job *job)
{
	int status = job_status(job);
	char why[64] = "took too long";

	if (status > 128 && !job->timed_out)
		snprintf(why, sizeof(why), "was ended by signal %d", status - 128);
	else if (!job->timed_out)
		snprintf(why, sizeof(why), "ended with %d", status);
	if (status)
		fail(service, job, status, why);
	else
		succeed(service, job);
	job_clear(job);
	service->running--;
}

/* -------------------------------------------------------------------- messages */

static bool wants_more(const struct service *service)
{
	return !service->stopping && service->running < service->jobs &&
	       (!service->number || service->taken < service->number);
}

static void arm(struct service *service)
{
	service->idle_at = service->timeout < 0 ? JOB_NEVER :
			   job_now() + (uint64_t)service->timeout;
}

/* What a system runs out of comes back; a command that is not there does not. */
static bool is_passing(int error)
{
	return error == -EAGAIN || error == -ENOMEM || error == -EMFILE ||
	       error == -ENFILE;
}

static void start(struct service *service, struct job *job, size_t length,
		  const struct ipcq_message_info *info)
{
	int error = job_start(job, service->command, service->from.buffer, length,
			      info);

	char why[128];

	if (error) {
		snprintf(why, sizeof(why), "cannot be run: %s", strerror(-error));
		/* The numbers are those of a shell. */
		fail(service, job, error == -ENOENT ? 127 : 126, why);
		job_clear(job);
		if (is_passing(error))
			return;
		service->stopping = true;
		service->code = EXIT_FAILED;
		return;
	}
	service->running++;
	if (service->time_limit)
		job->terminate_at = job_now() + service->time_limit;
	if (service->lease)
		job->extend_at = job_now() + service->lease / 2;
}

/* Another server may have been faster: then there is nothing to do. */
static void take(struct service *service)
{
	const uint64_t *lease = service->lease ? &service->lease : NULL;
	struct ipcq_message_info info;
	struct job *job = service->list;
	ssize_t length = receiver_receive(&service->from, lease, IPCQ_DONTWAIT,
					  IPCQ_NO_DEADLINE, &info);

	if (length == -EAGAIN)
		return;
	if (length < 0) {
		service->stopping = true;
		service->code = report(service->from.name, (int)length);
		return;
	}
	service->taken++;
	while (job->pid)
		job++;
	start(service, job, (size_t)length, &info);
	arm(service);
}

/* A command that works on longer than a lease lasts keeps it. */
static void extend(const struct service *service, struct job *job)
{
	int error;

	if (job_now() < job->extend_at)
		return;
	error = ipcq_queue_extend(service->from.queue, job->token, service->lease);
	if (!error) {
		job->extend_at = job_now() + service->lease / 2;
		return;
	}
	/* Who has the message now is to work on it alone. */
	complain("message %llu: it was held too long, and others may have it",
		 number_of(job));
	job->extend_at = JOB_NEVER;
	job_terminate(job);
}

/* ------------------------------------------------------------------ the one loop */

/* The first asks for the end of what is at hand, the next for an end at once. */
static void handle_signal(struct service *service)
{
	struct signalfd_siginfo info;
	uint32_t i;

	if (read(service->signals, &info, sizeof(info)) != sizeof(info) ||
	    info.ssi_signo == SIGCHLD)
		return;
	for (i = 0; service->stopping && i < service->jobs; i++)
		if (service->list[i].pid)
			job_terminate(&service->list[i]);
	if (!service->stopping && service->running)
		complain("ending when what is being served has ended; again to end it");
	service->stopping = true;
	service->number = 0;
}

static void end_idle(struct service *service)
{
	char *shown = printable(service->from.name);

	complain("'%s' is empty, and no message came in time", shown ? shown : "?");
	free(shown);
	service->stopping = true;
	service->code = EXIT_WAIT;
}

/* Milliseconds to the next point in time at which there is something to do. */
static int wait_time(const struct service *service)
{
	uint64_t next = wants_more(service) ? service->idle_at : JOB_NEVER, now, ms;
	uint32_t i;

	for (i = 0; i < service->jobs; i++)
		if (job_next(&service->list[i]) < next)
			next = job_next(&service->list[i]);
	if (next == JOB_NEVER)
		return -1;
	now = job_now();
	ms = next > now ? (next - now + 999999) / 1000000 : 0;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Waits until something has happened; whether there may be a message. */
static bool wait_for_more(struct service *service)
{
	struct pollfd *polled = service->polled;
	uint32_t i;
	int count;

	polled[0] = (struct pollfd) { service->signals, POLLIN, 0 };
	polled[1] = (struct pollfd) { -1, POLLIN, 0 };
	if (wants_more(service))
		polled[1].fd = ipcq_queue_fd(service->from.queue);
	for (i = 0; i < service->jobs; i++)
		polled[2 + i] = (struct pollfd) {
			service->list[i].pid ? service->list[i].output_fd : -1,
			POLLIN, 0
		};
	count = poll(polled, 2 + service->jobs, wait_time(service));
	/* More descriptors than the process may have, to begin with. */
	if (count < 0 && errno != EINTR) {
		complain("cannot wait for %lu commands: %s",
			 (unsigned long)service->jobs, strerror(errno));
		service->stopping = true;
		service->code = EXIT_FAILED;
	}
	if (count > 0 && polled[0].revents)
		handle_signal(service);
	return count > 0 && polled[1].revents;
}

static void serve_jobs(struct service *service)
{
	struct job *job;

	for (job = service->list; job < service->list + service->jobs; job++) {
		if (!job->pid)
			continue;
		job_read(job);
		if (job_reap(job)) {
			conclude(service, job);
			arm(service);
			continue;
		}
		extend(service, job);
		job_tick(job);
	}
}

static int serve(struct service *service)
{
	bool message;

	arm(service);
	while (wants_more(service) || service->running) {
		message = wait_for_more(service);
		serve_jobs(service);
		if (message && wants_more(service))
			take(service);
		else if (service->polled[1].fd >= 0 && wants_more(service) &&
			 job_now() >= service->idle_at)
			end_idle(service);
	}
	if (!service->code && service->number && service->failed)
		service->code = EXIT_FAILED;
	return service->code;
}

/* -------------------------------------------------------------------- beginning */

/* Commands get 0 and 1 anew: what is opened here must not be either. */
static bool fill_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd >= 0;
}

static bool catch_signals(struct service *service)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	/* A reader that has gone is an error to be told, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	/* Who started this may have chosen that children vanish by themselves. */
	signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return false;
	service->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return service->signals >= 0;
}

/* From here on callers can know that there is a server. */
static int attach(const struct service *service)
{
	int error = ipcq_queue_attach(service->from.queue);

	/* A queue that delivers to all knows no requests. */
	if (error == -EINVAL && !service->lease)
		return EXIT_OK;
	if (error != -EINVAL)
		return error ? report(service->from.name, error) : EXIT_OK;
	complain("--lease is not for a queue that delivers to all");
	return EXIT_FAILED;
}

static int prepare(struct service *service)
{
	int error = job_find(service->command[0]), code;

	if (error) {
		complain("cannot run '%s': %s", service->command[0],
			 strerror(-error));
		return EXIT_FAILED;
	}
	if (!fill_descriptors() || !catch_signals(service)) {
		complain("cannot begin: %s", strerror(errno));
		return EXIT_FAILED;
	}
	service->list = calloc(service->jobs, sizeof(*service->list));
	service->polled = calloc(2 + service->jobs, sizeof(*service->polled));
	if (!service->list || !service->polled) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	for (uint32_t i = 0; i < service->jobs; i++)
		job_clear(&service->list[i]);
	setenv("IPCQ_QUEUE", service->from.name, 1);
	code = receiver_open(&service->from);
	return code ? code : attach(service);
}

int service_run(struct service *service)
{
	int code;

	service->signals = -1;
	code = prepare(service);
	if (!code)
		code = serve(service);
	if (service->signals >= 0)
		close(service->signals);
	receiver_close(&service->from);
	free(service->list);
	free(service->polled);
	return code;
}
