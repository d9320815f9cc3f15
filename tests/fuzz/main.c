// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run of the fuzzer: two processes that run programs, and one that watches them
 * and the kernel's log.
 *
 * The environment says what to do: fuzz_seconds, fuzz_seed, fuzz_least (the points
 * that must be reached), fuzz_replay (1: the programs in the file "replay", over and
 * over, as they are).  It prints what a cmocka program would.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define SECOND		1000000000ULL
#define TOO_LONG	(120 * SECOND)	/* for a program */

struct fuzz_shared *fuzz;

static unsigned long seconds, least, replay;
static pid_t runners[FUZZ_RUNNERS];
static int log_fd;

/* ------------------------------------------------------------ the kernel's log */

static const char *const accusations[] = {
	"BUG:", "WARNING:", "KASAN", "UBSAN", "KCSAN", "ODEBUG", "Oops",
	"general protection", "refcount_t", "possible circular",
	"possible recursive", "inconsistent lock", "suspicious RCU",
	"blocked for more than", "stall", "soft lockup", "bad page",
	"list_add corruption", "list_del corruption", "held lock freed",
	"lock held when returning", "bad unlock balance",
};

/* Looks through what the kernel has said since the last time. */
static void read_log(void)
{
	char text[2048], *message;
	unsigned int i;
	ssize_t got;

	while ((got = read(log_fd, text, sizeof(text) - 1)) > 0 ||
	       (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		text[got] = '\0';
		message = strchr(text, ';');
		if (!message || !strncmp(message, ";fuzz ", 6))
			continue;
		message[1 + strcspn(message + 1, "\n")] = '\0';
		for (i = 0; i < sizeof(accusations) / sizeof(*accusations); i++)
			if (strstr(message, accusations[i]))
				fuzz_fail("the kernel says: %s", message + 1);
	}
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("cannot write %s: %m\n", path);
	close(fd);
}

/*
 * Every program is written to the log before it runs.  When the kernel panics it
 * repeats the log on the console, and with it the last programs.
 */
static void prepare_log(void)
{
	write_file("/proc/sys/kernel/printk_devkmsg", "on\n");
	write_file("/proc/sys/kernel/panic_print", "32\n");
	write_file("/proc/sys/kernel/softlockup_panic", "1\n");
	write_file("/proc/sys/kernel/hung_task_panic", "1\n");
	log_fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	lseek(log_fd, 0, SEEK_END);
}

/* A record of the log is shorter than 1000 bytes. */
static void announce(const struct fuzz_program *program)
{
	char line[600], record[960];
	size_t used, length;
	unsigned int i;

	used = sprintf(record, "<7>fuzz %u: #", fuzz_runner->number);
	for (i = 0; i < program->count; i++) {
		length = fuzz_print_call(line, sizeof(line), &program->calls[i]);
		if (used + length + 2 >= sizeof(record)) {
			(void)!write(log_fd, record, used);
			used = sprintf(record, "<7>fuzz %u: ",
				       fuzz_runner->number);
		}
		used += sprintf(record + used, ";%s", line);
	}
	(void)!write(log_fd, record, used);
}

/* ------------------------------------------------------------------ the corpus */

static void lock_corpus(void)
{
	while (__atomic_exchange_n(&fuzz->corpus_lock, getpid(), __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock_corpus(void)
{
	__atomic_store_n(&fuzz->corpus_lock, 0, __ATOMIC_RELEASE);
}

static void keep(const struct fuzz_program *program, uint64_t *state)
{
	uint32_t at;

	lock_corpus();
	at = fuzz->corpus_count;
	if (at == FUZZ_CORPUS)
		at = fuzz_below(state, FUZZ_CORPUS);
	else
		fuzz->corpus_count++;
	fuzz->corpus[at] = *program;
	unlock_corpus();
}

/* A program of the corpus; those of late more often. */
static void pick(struct fuzz_program *program, uint64_t *state)
{
	uint32_t count, from = 0;

	lock_corpus();
	count = fuzz->corpus_count;
	if (count > 16 && fuzz_below(state, 2))
		from = count - count / 4;
	if (count)
		*program = fuzz->corpus[from + fuzz_below(state, count - from)];
	else
		program->count = 0;
	unlock_corpus();
}

/* ----------------------------------------------------------------- the runners */

/* What to run: the seeds first, each once, then what comes of them. */
static void choose(struct fuzz_program *program, uint64_t number, uint64_t *state)
{
	struct fuzz_program other;

	if (replay || number < fuzz->seeds) {
		*program = fuzz->corpus[number % fuzz->seeds];
		return;
	}
	if (!fuzz->corpus_count || !fuzz_below(state, 10)) {
		fuzz_generate(program, state);
		return;
	}
	pick(program, state);
	pick(&other, state);
	fuzz_mutate(program, &other, state);
}

/* A process for some hundred programs, so that the end of one is seen, too. */
static void run_programs(unsigned int number)
{
	uint64_t state = fuzz->seed + ((uint64_t)number << 32) + fuzz->restarts;
	unsigned int i;

	fuzz_runner_start(number);
	for (i = 0; i < 300; i++) {
		uint64_t count = fuzz->recent[number].count;

		if (__atomic_load_n(&fuzz->stop, __ATOMIC_ACQUIRE))
			break;
		choose(&fuzz_runner->program, count, &state);
		fuzz->recent[number].programs[count % FUZZ_RECENT] =
			fuzz_runner->program;
		fuzz->recent[number].beat = fuzz_now();
		fuzz->recent[number].count = count + 1;
		announce(&fuzz_runner->program);
		if (fuzz_run() && !replay && count >= fuzz->seeds)
			keep(&fuzz_runner->program, &state);
		__atomic_add_fetch(&fuzz->programs, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

static void start_runner(unsigned int number)
{
	fuzz->recent[number].beat = fuzz_now();
	fuzz->restarts++;
	fflush(stdout);
	runners[number] = fork();
	if (runners[number] < 0)
		fuzz_fail("fork: %m");
	else if (!runners[number])
		run_programs(number);
}

static void check_runner(unsigned int number)
{
	int status;

	if (fuzz_now() > fuzz->recent[number].beat + TOO_LONG)
		fuzz_fail("a program of process %u does not end", number);
	if (waitpid(runners[number], &status, WNOHANG) != runners[number])
		return;
	/* A program may do harm to its process, but it must not fail to start. */
	if (WIFEXITED(status) && WEXITSTATUS(status)) {
		fuzz_fail("process %u ended with status %d", number,
			  WEXITSTATUS(status));
		return;
	}
	if (fuzz->corpus_lock == (uint32_t)runners[number])
		unlock_corpus();
	start_runner(number);
}

static void end_runners(void)
{
	uint64_t until = fuzz_now() + 60 * SECOND;
	unsigned int i;

	__atomic_store_n(&fuzz->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < FUZZ_RUNNERS; i++) {
		while (runners[i] > 0 && !waitpid(runners[i], NULL, WNOHANG)) {
			if (fuzz->failed || fuzz_now() > until)
				kill(runners[i], SIGKILL);
			if (fuzz_now() > until + 10 * SECOND) {
				fuzz_fail("process %u cannot be killed", i);
				break;
			}
			usleep(100000);
		}
	}
}

/* ---------------------------------------------------------------- the programs */

/* Adds a program to the corpus. */
static bool add_text(const char *name, const char *text)
{
	struct fuzz_program *program = &fuzz->corpus[fuzz->corpus_count];

	if (fuzz->corpus_count == FUZZ_CORPUS)
		return true;
	if (!fuzz_parse(program, text)) {
		printf("%s is no program\n", name);
		return false;
	}
	if (program->count)
		fuzz->corpus_count++;
	return true;
}

/* The programs of a file: a line "---" stands between two. */
static bool add_file(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[1024], text[FUZZ_TEXT] = "";
	bool good = true;

	if (!file) {
		printf("cannot read %s: %m\n", name);
		return false;
	}
	while (good && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "---", 3)) {
			good = add_text(name, text);
			text[0] = '\0';
		} else if (strlen(text) + strlen(line) < sizeof(text)) {
			strcat(text, line);
		}
	}
	fclose(file);
	return good && add_text(name, text);
}

static void print_recent(void)
{
	static char text[FUZZ_TEXT];
	unsigned int i, j;

	for (i = 0; i < FUZZ_RUNNERS; i++) {
		for (j = FUZZ_RECENT; j--;) {
			uint64_t count = fuzz->recent[i].count;

			if (j >= count)
				continue;
			fuzz_print(text, sizeof(text),
				   &fuzz->recent[i].programs[(count - 1 - j) %
							     FUZZ_RECENT]);
			printf("@program %u %u\n%s@end\n", i, j, text);
		}
	}
}

/* ------------------------------------------------------------------------ main */

/* A number of the environment. */
static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void begin_case(const char *name)
{
	printf("[ RUN      ] %s\n", name);
}

static void end_case(const char *name, bool good)
{
	printf("[ %s ] %s\n", good ? "      OK" : " FAILED ", name);
	fflush(stdout);
}

static bool prepare(void)
{
	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz == MAP_FAILED)
		return false;
	fuzz->seed = number("fuzz_seed", 1);
	seconds = number("fuzz_seconds", 60);
	least = number("fuzz_least", 0);
	replay = number("fuzz_replay", 0);
	fuzz_type_sync = fuzz_type_find("sync");
	prepare_log();
	if (!fuzz_cover_find_code()) {
		printf("the module is not there, or its address is not told\n");
		return false;
	}
	if (!fuzz_netlink_start()) {
		printf("the netlink family does not tell the limits\n");
		return false;
	}
	if (!add_file(replay ? "replay" : "seeds"))
		return false;
	fuzz->seeds = fuzz->corpus_count;
	return fuzz->seeds;
}

static void watch(uint64_t start)
{
	unsigned int i;

	for (i = 0; i < FUZZ_RUNNERS; i++)
		start_runner(i);
	while (!fuzz->stop && fuzz_now() < start + seconds * SECOND) {
		usleep(100000);
		read_log();
		for (i = 0; i < FUZZ_RUNNERS && !fuzz->stop; i++)
			check_runner(i);
	}
	end_runners();
	read_log();
}

int main(int argc, char **argv)
{
	uint64_t start, took;
	bool enough;

	if (argc > 1 && !strcmp(argv[1], "--pause"))
		return usleep(2000);
	begin_case("seeds");
	if (!prepare()) {
		end_case("seeds", false);
		return 1;
	}
	end_case("seeds", true);

	begin_case("programs");
	start = fuzz_now();
	watch(start);
	took = fuzz_now() - start;
	printf("@figures %llu %llu %llu %u %u %llu\n",
	       (unsigned long long)fuzz->programs, (unsigned long long)fuzz->calls,
	       (unsigned long long)(took / SECOND), fuzz_cover_count(),
	       fuzz->corpus_count, (unsigned long long)fuzz->seed);
	fuzz_cover_print();
	if (fuzz->failed) {
		print_recent();
		printf("%s\n", fuzz->failure);
	}
	end_case("programs", !fuzz->failed);

	begin_case("coverage");
	enough = fuzz_cover_count() >= least;
	if (!enough)
		printf("%u points were reached, fewer than %lu\n",
		       fuzz_cover_count(), least);
	end_case("coverage", enough);
	return fuzz->failed || !enough;
}
