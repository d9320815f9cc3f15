// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One user takes all that the limits allow, from several processes that are killed,
 * some of them in user namespaces; another goes about its business, partly through
 * the same objects.  It must never notice: nothing it does is refused, and what is
 * counted for it is what it has.  Which user is which is up to chance.
 *
 * What one user can do to another by the rules is excluded: queues that both use have
 * room for what the modest user sends, and it waits where a queue is full.
 */
#include "common.h"

#include <ipcq.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define DURATION	(3 * SECOND)
#define STRANGER	3000
#define GREEDY		4		/* processes */
#define PUBLIC		"storm/public"
#define CHUNK		30000
#define REGION		(1 << 20)	/* bytes, at most */
#define PAGE		4096

/* Small enough to be reached all the time. */
#define OBJECTS		48
#define OWNERS		6
#define MESSAGE_BYTES	(4ULL << 20)
#define REGION_BYTES	(8ULL << 20)

/* Shared, by atomics. */
static struct counters {
	uint32_t refused[3];		/* per resource: the greedy were */
	uint32_t turns;			/* of the modest one */
} *counters;

static pid_t greedy[GREEDY], modest;
static uid_t greedy_user, modest_user;

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------- greedy */

static int make(unsigned int command, uint64_t region_size)
{
	union open_args args = open_args(command, NULL);
	int ret;

	if (command == IPCQ_IOC_REGION_OPEN)
		args.region.region_size = region_size;
	else
		args.queue.max_message_size = CHUNK;
	ret = call(device(), command, &args);
	return ret ? ret : args.open.fd;
}

/* Refused by its limit, and by nothing else. */
static bool is_refused(int ret, unsigned int resource)
{
	if (ret >= 0)
		return false;
	if (ret != -EDQUOT)
		fail_msg("resource %u: error %d", resource, -ret);
	count(&counters->refused[resource]);
	return true;
}

static void take_objects(int *fds, unsigned int *used)
{
	unsigned int command = chance(2) ? IPCQ_IOC_QUEUE_OPEN :
					   IPCQ_IOC_REGION_OPEN;
	int fd;

	while (*used < 2 * OBJECTS) {
		fd = make(command, 1 + chance(REGION));
		if (is_refused(fd, 0))
			return;
		fds[(*used)++] = fd;
	}
}

static void take_message_bytes(int fd)
{
	static char payload[CHUNK];
	int ret;

	do
		ret = queue_send(fd, payload, chance(CHUNK),
				 IPCQ_SEND_F_NONBLOCK, 0);
	while (!ret);
	if (ret != -EAGAIN)
		is_refused(ret, 1);
}

static void take_owners(int fd)
{
	is_refused(region_attach(fd), 2);
}

/* Memory of messages goes from hand to hand in there. */
static void mix_in_public(int public)
{
	static char payload[CHUNK];
	unsigned int left = 16;
	int ret;

	while (left--) {
		ret = queue_send(public, payload, chance(CHUNK),
				 IPCQ_SEND_F_NONBLOCK, 0);
		if (ret != -EAGAIN)
			is_refused(ret, 1);
		ret = queue_receive(public, payload, sizeof(payload),
				    IPCQ_RECEIVE_F_NONBLOCK, 0);
		assert_true(ret >= 0 || ret == -EAGAIN);
	}
}

static int be_greedy(void *context)
{
	int fds[2 * OBJECTS], public = queue_open(PUBLIC, RW);
	struct ipcq_queue_stat stat = { .size = sizeof(stat) };
	unsigned int used, i;

	(void)context;
	assert_ok(public);
	for (;;) {
		used = 0;
		take_objects(fds, &used);
		for (i = 0; i < used; i++) {
			if (call(fds[i], IPCQ_IOC_QUEUE_STAT, &stat))
				take_owners(fds[i]);
			else
				take_message_bytes(fds[i]);
		}
		mix_in_public(public);
		usleep(chance(10000));
		for (i = 0; i < used; i++)
			close(fds[i]);
	}
	return 0;
}

/* As the user that owns the namespace, or as another one that it has there. */
static int be_greedy_inside(void *context)
{
	if (chance(2)) {
		assert_int_equal(setresgid(1, 1, 1), 0);
		assert_int_equal(setresuid(1, 1, 1), 0);
	}
	return be_greedy(context);
}

/* ------------------------------------------------------------------- modest */

static void send_in_public(int fd)
{
	static char payload[CHUNK];
	int ret = queue_send(fd, payload, chance(CHUNK), 0, in(20 * MS));

	/* The other one may let it wait, and leave what was sent there. */
	if (ret && ret != -ETIMEDOUT)
		fail_msg("the modest user's message: error %d", -ret);
	(void)queue_receive(fd, payload, sizeof(payload),
			    IPCQ_RECEIVE_F_NONBLOCK, 0);
}

/* What is counted for it is what it has. */
static void check_use(uint64_t objects, uint64_t regions, uint64_t owners)
{
	struct ipcq_query q;

	/* Who looks for memory in all queues holds one that is closed for a moment. */
	patiently(query().objects == objects);
	q = query();
	assert_int_equal(q.objects, objects);
	assert_int_equal(q.region_bytes, regions * (REGION + PAGE));
	assert_int_equal(q.owners, owners);
	assert_true(q.message_bytes <= MESSAGE_BYTES);
}

static int be_modest(void *context)
{
	int public = queue_open(PUBLIC, RW);
	char payload[CHUNK] = { 0 };

	(void)context;
	assert_ok(public);
	for (;;) {
		int queue = assert_ok(make(IPCQ_IOC_QUEUE_OPEN, 0));
		int region = assert_ok(make(IPCQ_IOC_REGION_OPEN, REGION));

		check_use(2, 1, 0);
		assert_ok(queue_send(queue, payload, sizeof(payload), 0, 0));
		assert_ok(mutex_lock(region, 0, 0, 0));
		check_use(2, 1, 1);
		send_in_public(public);
		assert_int_equal(queue_receive(queue, payload, CHUNK, 0, 0),
				 CHUNK);
		assert_ok(mutex_unlock(region, 0));
		close(queue);
		close(region);
		check_use(0, 0, 0);
		count(&counters->turns);
	}
	return 0;
}

/* -------------------------------------------------------------------- round */

static void set_limits(uint64_t objects, uint64_t owners, uint64_t message_bytes,
		       uint64_t region_bytes)
{
	const struct ipcq_limit_setting settings[] = {
		{ IPCQ_LIMIT_OBJECTS, objects },
		{ IPCQ_LIMIT_OWNERS, owners },
		{ IPCQ_LIMIT_MESSAGE_BYTES, message_bytes },
		{ IPCQ_LIMIT_REGION_BYTES, region_bytes },
	};

	assert_ok(ipcq_limits_set(settings, 4));
}

static int make_public(void)
{
	struct ipcq_queue_open args = queue_args(PUBLIC, RW | CREATE);

	args.open.mode = 0666;
	args.max_messages = 16;
	args.max_message_size = CHUNK;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static void start_greedy(unsigned int i)
{
	char map[64];

	/* A child begins with its parent's chance: no two alike. */
	(void)chance(2);
	snprintf(map, sizeof(map), "0 %u 1\n1 %d 1\n", greedy_user, SUBORDINATE);
	greedy[i] = i % 2 ? spawn_in_user_namespace(greedy_user, map,
						    be_greedy_inside, NULL) :
			    spawn_as(greedy_user, greedy_user, be_greedy, NULL);
}

static void rage(void)
{
	uint64_t end = in(DURATION), until = in(PATIENCE);
	unsigned int i;

	while (in(0) < end || counters->turns < 10) {
		usleep(chance(50000));
		if (has_ended(modest) || in(0) > until)
			fail_msg("the modest user failed");
		i = chance(GREEDY);
		kill_party(greedy[i]);
		start_greedy(i);
	}
}

static void round_of_quotas(void)
{
	struct ipcq_query before = query();
	bool swap = chance(2);
	unsigned int i;

	counters = shared_memory(sizeof(*counters));
	greedy_user = swap ? STRANGER : USER;
	modest_user = swap ? USER : STRANGER;
	set_limits(OBJECTS, OWNERS, MESSAGE_BYTES, REGION_BYTES);
	(void)make_public();
	for (i = 0; i < GREEDY; i++)
		start_greedy(i);
	modest = spawn_as(modest_user, modest_user, be_modest, NULL);
	rage();
	for (i = 0; i < GREEDY; i++)
		kill_party(greedy[i]);
	kill_party(modest);
	set_limits(before.objects_limit, before.owners_limit,
		   before.message_bytes_limit, before.region_bytes_limit);
	print_message("  %u turns; refused: objects %u, messages %u, owners %u\n",
		      counters->turns, counters->refused[0],
		      counters->refused[1], counters->refused[2]);
	for (i = 0; i < 3; i++)
		assert_true(counters->refused[i] > 0);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_quotas);
}
