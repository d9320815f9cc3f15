// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module is loaded and unloaded, by two at once, while others open, use, list and
 * leave, and are killed.
 *
 * Unloading must refuse or succeed.  Who comes when the module is not there is told
 * so, and who has a descriptor keeps what he has.
 */
#include "common.h"

#include <ipcq.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DURATION	(3 * SECOND)
#define LOADERS		2
#define LISTERS		1
#define OPENERS		5
#define PARTIES		(LOADERS + LISTERS + OPENERS)
#define KEPT		"storm/reload-kept"

/* What became of all that was tried; shared, by atomics. */
static struct outcomes {
	uint32_t loaded, unloaded, refused, opened, absent;
} *outcomes;

static pid_t pids[PARTIES];

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ loaders */

static void try_unload(void)
{
	int ret = module_unload();

	if (!ret)
		count(&outcomes->unloaded);
	else if (ret == -EWOULDBLOCK)
		count(&outcomes->refused);
	/* Not there, or already on its way. */
	else if (ret != -ENOENT && ret != -EBUSY)
		fail_msg("unloading: error %d", -ret);
}

static void try_load(void)
{
	int ret = module_load();

	if (!ret)
		count(&outcomes->loaded);
	/* A signal ends the wait for another one that loads or unloads. */
	else if (ret != -EEXIST && ret != -EBUSY && ret != -EINTR)
		fail_msg("loading: error %d", -ret);
}

static void run_loader(void)
{
	for (;;) {
		if (chance(4))
			try_unload();
		else
			try_load();
		usleep(chance(3000));
	}
}

/*
 * Nobody begins to use the module in the last third of a second: on a slow machine it
 * would be in use at each moment, and never be unloaded.
 */
static void wait_for_next_second(void)
{
	while (in(0) % SECOND > SECOND * 2 / 3)
		usleep(10000);
}

static int ignore(const struct ipcq_object_info *object, void *context)
{
	(void)object;
	(void)context;
	return 0;
}

static void run_lister(void)
{
	int ret;

	for (;;) {
		wait_for_next_second();
		ret = ipcq_list(IPCQ_ANY, ignore, NULL);
		if (ret && ret != -ENODEV)
			fail_msg("listing: error %d", -ret);
		usleep(chance(20000));
	}
}

/* ------------------------------------------------------------------ openers */

static int open_at(int fd, unsigned int command, const char *name,
		   uint32_t lifetime)
{
	union open_args args = open_args(command, name);

	args.open.lifetime = lifetime;
	assert_ok(call(fd, command, &args));
	return args.open.fd;
}

static void use_queue(int fd, const char *name)
{
	int queue = open_at(fd, IPCQ_IOC_QUEUE_OPEN, name, 0), ret;
	char payload[5000] = "sent", byte;

	assert_ok(queue_send(queue, payload, sizeof(payload),
			     IPCQ_SEND_F_NONBLOCK, 0));
	/* With a name another one may take it, or have sent it. */
	ret = queue_receive(queue, name ? payload : &byte,
			    name ? sizeof(payload) : 1,
			    IPCQ_RECEIVE_F_NONBLOCK, 0);
	if (name)
		assert_true(ret == sizeof(payload) || ret == -EAGAIN);
	else
		assert_error(ret, EMSGSIZE);
	close(queue);
}

/* Returns the words, which keep the module when all descriptors are closed. */
static uint32_t *use_region(int fd)
{
	int region = open_at(fd, IPCQ_IOC_REGION_OPEN, NULL, 0);
	uint32_t *words = control_map(region);
	char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			  region, 0);

	assert_true(data != MAP_FAILED);
	data[0] = 1;
	assert_ok(mutex_lock(region, 0, 0, 0));
	if (chance(2))
		assert_ok(mutex_unlock(region, 0));
	close(region);
	assert_int_equal(data[0], 1);
	assert_int_equal(munmap(data, 4096), 0);
	return words;
}

/* Kept by its name alone, until somebody takes that away. */
static void keep(int fd)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)KEPT,
		.name_length = strlen(KEPT),
	};
	int ret;

	close(open_at(fd, IPCQ_IOC_QUEUE_OPEN, KEPT, IPCQ_LIFETIME_PERSISTENT));
	usleep(chance(1000));
	ret = call(fd, IPCQ_IOC_UNLINK, &args);
	assert_true(!ret || ret == -ENOENT);
}

static void use(int fd)
{
	uint32_t *words = use_region(fd);

	use_queue(fd, NULL);
	use_queue(fd, "storm/reload");
	if (!chance(4))
		keep(fd);
	close(fd);
	usleep(chance(1000));
	words[0] = 0;
	assert_int_equal(munmap(words, 4096), 0);
}

static void run_opener(void)
{
	for (;;) {
		int fd;

		wait_for_next_second();
		fd = device_open();
		if (fd >= 0) {
			count(&outcomes->opened);
			use(fd);
		} else if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO) {
			count(&outcomes->absent);
		} else {
			fail_msg("opening: error %d", -fd);
		}
		usleep(chance(30000));
	}
}

/* -------------------------------------------------------------------- round */

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context;

	if (party < LOADERS)
		run_loader();
	else if (party < LOADERS + LISTERS)
		run_lister();
	else
		run_opener();
	return 0;
}

static void start(unsigned int party)
{
	pids[party] = storm_spawn(run_party, &party);
}

/* One that was killed in between has left the name. */
static void take_name_away(void)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)KEPT,
		.name_length = strlen(KEPT),
	};
	int fd = device_open();

	if (fd < 0)
		return;
	(void)call(fd, IPCQ_IOC_UNLINK, &args);
	close(fd);
}

/* Most of the time that unloading takes is spent on grace periods. */
static void hurry(const char *how)
{
	/* Not there in every kernel. */
	(void)write_file("/sys/kernel/rcu_expedited", how);
}

static void rage(void)
{
	uint64_t end = in(DURATION), until = in(PATIENCE);
	unsigned int party;

	while (in(0) < end || !outcomes->unloaded) {
		usleep(chance(20000));
		party = chance(PARTIES);
		kill_party(pids[party]);
		take_name_away();
		start(party);
		if (in(0) > until)
			fail_msg("it was never unloaded");
	}
}

static void round_of_reloads(void)
{
	unsigned int party;

	hurry("1");
	outcomes = shared_memory(sizeof(*outcomes));
	for (party = 0; party < PARTIES; party++)
		start(party);
	rage();
	for (party = 0; party < PARTIES; party++)
		kill_party(pids[party]);
	hurry("0");
	take_name_away();
	print_message("  loaded %u, unloaded %u, refused %u; opened %u, absent %u\n",
		      outcomes->loaded, outcomes->unloaded, outcomes->refused,
		      outcomes->opened, outcomes->absent);
	assert_true(outcomes->opened > 0);
	assert_true(outcomes->absent > 0);
	assert_true(outcomes->refused > 0);
	/* Whoever loads or unloads last may not be through. */
	patiently(module_references() >= 0 || !module_load());
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_reloads);
}
