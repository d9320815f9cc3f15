// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long a real-time thread waits for a message that is there.
 *
 *	latency [SECONDS [PROCESSES]]
 *
 * A thread of SCHED_FIFO sends a message at intervals of one to two milliseconds, with
 * the time in it, and the time at which its own timer was to wake it.  Another, of higher
 * priority, waits for the message and looks at the clock.  First nobody else does
 * anything, then so many ordinary processes use other queues and ask for the state of
 * this one.  Nothing is asserted.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ipcq.h>

#define RECEIVER_PRIORITY	80
#define SENDER_PRIORITY		70
#define MOST			100000
/* Messages before those that count: memory and caches are in place then. */
#define WARM_UP			10
#define LOAD_MESSAGES		16
#define LOAD_SIZE		8192

/* A message; all zero is the end. */
struct stamp {
	uint64_t due;		/* when the sender was to run */
	uint64_t sent;		/* when it did */
};

/* What the receiver has measured, nanoseconds; shared. */
struct samples {
	unsigned int count;
	uint64_t load;		/* messages that went through other queues */
	uint64_t since_due[MOST];
	uint64_t since_sent[MOST];
};

static struct ipcq *ipcq;

static void die(const char *what, int error)
{
	fprintf(stderr, "latency: %s: %s\n", what, ipcq_strerror(error));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

static void sleep_until(uint64_t when)
{
	struct timespec time = { when / 1000000000, when % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* On the first processor or on the last, which may be the same. */
static void become_real_time(int priority, long processor)
{
	struct sched_param parameter = { .sched_priority = priority };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity", -errno);
	if (sched_setscheduler(0, SCHED_FIFO, &parameter))
		die("sched_setscheduler", -errno);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall", -errno);
}

/* A child that does not survive its parent. */
static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork", -errno);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* -------------------------------------------------------------- what is measured */

static void receive_all(struct ipcq_queue *queue, struct samples *samples)
{
	unsigned int received = 0;
	struct stamp stamp;
	uint64_t time;
	ssize_t got;

	become_real_time(RECEIVER_PRIORITY, 0);
	for (;;) {
		got = ipcq_queue_receive(queue, &stamp, sizeof(stamp));
		time = now();
		if (got < 0)
			die("receive", got);
		if (!stamp.due)
			return;
		if (received++ < WARM_UP)
			continue;
		samples->since_due[samples->count] = time - stamp.due;
		samples->since_sent[samples->count++] = time - stamp.sent;
	}
}

static void send_stamp(struct ipcq_queue *queue, struct stamp stamp)
{
	int error = ipcq_queue_send(queue, &stamp, sizeof(stamp));

	if (error)
		die("send", error);
}

static void send_all(struct ipcq_queue *queue, unsigned int seconds)
{
	uint64_t due = now(), end = due + seconds * UINT64_C(1000000000);
	struct ipcq_queue_info info = { 0 };
	unsigned int count = 0;

	while (!info.waiting_receivers) {
		ipcq_queue_info(queue, NULL, &info);
		usleep(1000);
	}
	become_real_time(SENDER_PRIORITY, sysconf(_SC_NPROCESSORS_ONLN) - 1);
	while (due < end && count++ < MOST) {
		/* Not in step with anything that the load does. */
		due = now() + 1000000 + random() % 1000000;
		sleep_until(due);
		send_stamp(queue, (struct stamp) { due, now() });
	}
	send_stamp(queue, (struct stamp) { 0 });
}

/* ---------------------------------------------------------------------- the load */

static void use_queues(struct ipcq_queue *measured, uint64_t *exchanged)
{
	struct ipcq_queue_options options = { .max_messages = LOAD_MESSAGES };
	static char buffer[LOAD_SIZE];
	struct ipcq_queue_info info;
	struct ipcq_queue *queue;
	int error, i;

	error = ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				&options, &queue);
	if (error < 0)
		die("open", error);
	srandom(getpid());
	for (error = 0; ; error = 0) {
		for (i = 0; i < LOAD_MESSAGES && !error; i++)
			error = ipcq_queue_send(queue, buffer,
						random() % LOAD_SIZE);
		for (i = 0; i < LOAD_MESSAGES && error >= 0; i++)
			error = ipcq_queue_receive(queue, buffer, LOAD_SIZE);
		if (error >= 0)
			error = ipcq_queue_info(measured, NULL, &info);
		if (error < 0)
			die("load", error);
		__atomic_add_fetch(exchanged, LOAD_MESSAGES, __ATOMIC_RELAXED);
	}
}

/* ---------------------------------------------------------------------- a figure */

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double at(const uint64_t *sorted, unsigned int count, double share)
{
	return sorted[(unsigned int)(share * (count - 1))] / 1e3;
}

static void print(const char *load, const char *since, uint64_t *samples,
		  unsigned int count)
{
	qsort(samples, count, sizeof(*samples), compare);
	printf("%-13s %-10s %8u %8.1f %8.1f %8.1f %8.1f %8.1f\n", load, since,
	       count, at(samples, count, 0), at(samples, count, 0.5),
	       at(samples, count, 0.99), at(samples, count, 0.999),
	       at(samples, count, 1));
	fflush(stdout);
}

static void measure(unsigned int seconds, unsigned int processes)
{
	struct samples *samples = mmap(NULL, sizeof(*samples),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t loads[processes + 1], receiver, sender;
	struct ipcq_queue *queue;
	char load[32] = "none";
	unsigned int i;
	int error, bad;

	if (samples == MAP_FAILED)
		die("mmap", -errno);
	error = ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				NULL, &queue);
	if (error < 0)
		die("open", error);
	for (i = 0; i < processes; i++) {
		loads[i] = start();
		if (!loads[i])
			use_queues(queue, &samples->load);
	}
	receiver = start();
	if (!receiver) {
		receive_all(queue, samples);
		_exit(0);
	}
	sender = start();
	if (!sender) {
		send_all(queue, seconds);
		_exit(0);
	}
	waitpid(sender, &bad, 0);
	if (bad || waitpid(receiver, &bad, 0) != receiver || bad)
		die("sender or receiver", -ECHILD);
	for (i = 0; i < processes; i++) {
		/* One that has ended already was none. */
		if (waitpid(loads[i], NULL, WNOHANG))
			die("load", -ECHILD);
		kill(loads[i], SIGKILL);
		waitpid(loads[i], NULL, 0);
	}
	if (processes)
		snprintf(load, sizeof(load), "%u processes", processes);
	if (!samples->count)
		die("no message", -ENODATA);
	print(load, "the send", samples->since_sent, samples->count);
	print("", "the timer", samples->since_due, samples->count);
	if (processes && !samples->load)
		die("the load did nothing", -ECHILD);
	if (processes)
		printf("The load exchanged %llu messages.\n",
		       (unsigned long long)samples->load);
	ipcq_queue_close(queue);
	munmap(samples, sizeof(*samples));
}

static unsigned int number(const char *text, unsigned int most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > most) {
		fprintf(stderr, "usage: latency [SECONDS [PROCESSES]]\n");
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? number(argv[1], 3600) : 5;
	unsigned int processes = argc > 2 ? number(argv[2], 64) : 4;
	int error = ipcq_connect(&ipcq);

	if (error)
		die("connect", error);
	printf("Wake-up latency of a SCHED_FIFO receiver, microseconds\n");
	printf("%-13s %-10s %8s %8s %8s %8s %8s %8s\n", "load", "since",
	       "messages", "min", "median", "p99", "p99.9", "max");
	measure(seconds, 0);
	measure(seconds, processes);
	ipcq_disconnect(ipcq);
	return 0;
}
