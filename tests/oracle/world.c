// SPDX-License-Identifier: GPL-2.0-or-later
#include "../guest/common.h"
#include "world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* How long what should happen may take: first, and once it is known that it does not. */
#define LONG_TIME	(10 * SECOND)
#define SHORT_TIME	(SECOND / 2)

struct world world;
static uint64_t patience_ends;

/* ------------------------------------------------------------------- chance */

/* Two seeds that are close give numbers that are not (splitmix). */
static uint64_t next_number(uint64_t *state)
{
	uint64_t mix = *state += 0x9e3779b97f4a7c15ULL;

	mix = (mix ^ mix >> 30) * 0xbf58476d1ce4e5b9ULL;
	mix = (mix ^ mix >> 27) * 0x94d049bb133111ebULL;
	return mix ^ mix >> 31;
}

uint64_t draw(uint64_t bound)
{
	return next_number(&world.random) % bound;
}

bool percent(unsigned int chance)
{
	return draw(100) < chance;
}

/* -------------------------------------------------------------------- words */

void disagree(const char *format, ...)
{
	va_list arguments;

	if (world.failed)
		return;
	world.failed = true;
	va_start(arguments, format);
	vsnprintf(world.reason, sizeof(world.reason), format, arguments);
	va_end(arguments);
	say("  %s", world.reason);
}

void say(const char *format, ...)
{
	size_t room = sizeof(world.said) - world.said_length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(world.said + world.said_length, room, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length + 1 < room) {
		world.said_length += length;
		world.said[world.said_length++] = '\n';
	}
}

const char *error_text(long result)
{
	static char text[32];

	if (result < 0)
		snprintf(text, sizeof(text), "-%s", strerrorname_np(-result));
	else
		snprintf(text, sizeof(text), "%ld", result);
	return text;
}

const char *answer_text(const struct answer *answer)
{
	static char text[160];
	size_t length = 0;
	unsigned int i;

	if (!answer->error_count)
		return snprintf(text, sizeof(text), "%ld", answer->value), text;
	for (i = 0; i < answer->error_count; i++)
		length += snprintf(text + length, sizeof(text) - length, "%s-%s",
				   i ? " or " : "", strerrorname_np(answer->errors[i]));
	return text;
}


/* --------------------------------------------------------------------- time */

/* How long before it the end of a message may come: so long an operation may take. */
#define MARGIN	(30 * MS)

uint64_t coarse_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static uint64_t count_expired(void)
{
	const struct queue *queue;
	uint64_t count = 0;

	for (queue = world.names.queues; queue; queue = queue->next)
		count += queue->expired;
	return count;
}

static bool has_soon(const struct queue *queue)
{
	const struct message *message = queue->messages;

	while (message && message->life != SOON)
		message = message->next;
	return message;
}

/*
 * Where the messages of two queues become dead letters, or of one and there are several
 * who wait for them, their order in the third is not determined.
 */
static bool ambiguous(void)
{
	unsigned int sources = 0;
	struct queue *queue, *target;

	for (queue = world.names.queues; queue; queue = queue->next) {
		target = model_find(world.names.queues, queue->dead_letter);
		if (!target || !has_soon(queue))
			continue;
		if (sources++ || target->receivers)
			return true;
	}
	return false;
}

void let_expire(void)
{
	struct queue *queue;

	if (!world.soon_first)
		return;
	if (ambiguous()) {
		world.late = true;
		return;
	}
	say("messages expire");
	while (in(0) <= world.soon_last)
		usleep(1000);
	for (queue = world.names.queues; queue; queue = queue->next)
		model_expire(queue);
	world.soon_first = 0;
	/* That there is room may be noticed a little later: before what comes next. */
	world.expired = true;
	settle();
	if (!world.failed)
		check_all();
}

/* Whether messages may have expired of which the model thinks that they have not. */
static bool is_late(void)
{
	return world.soon_first && in(0) >= world.soon_first;
}

/* Those that have come into queues since @begun live until some time from then on. */
static void note_life(struct message *message, uint64_t begun)
{
	if (message->life != SOON)
		return;
	if (!message->ends_after) {
		message->ends_after = begun + life_nanoseconds(SOON);
		message->ends_before = in(0) + life_nanoseconds(SOON);
	}
	if (!world.soon_first || message->ends_after < world.soon_first)
		world.soon_first = message->ends_after;
	if (message->ends_before > world.soon_last)
		world.soon_last = message->ends_before;
}

static void note_lives(uint64_t begun)
{
	struct message *message;
	struct queue *queue;

	if (is_late())
		world.late = true;
	world.soon_first = 0;
	world.soon_last = 0;
	for (queue = world.names.queues; queue; queue = queue->next) {
		for (message = queue->messages; message; message = message->next)
			note_life(message, begun);
		for (message = queue->held; message; message = message->next)
			note_life(message, begun);
	}
}

void be_patient_again(void)
{
	patience_ends = 0;
}

bool patient(void)
{
	if (!patience_ends)
		patience_ends = in(world.hasty ? SHORT_TIME : LONG_TIME);
	if (in(0) > patience_ends || is_late())
		return false;
	usleep(100);
	return true;
}

/* -------------------------------------------------------------- the sequence */

void world_begin(bool hasty)
{
	struct ipcq_query limits = query();

	memset(&world, 0, offsetof(struct world, said));
	world.hasty = hasty;
	world.limits.max_messages = limits.max_messages;
	world.limits.max_message_size = limits.max_message_size;
	world.objects = limits.objects;
}

void world_end(void)
{
	unsigned int i;

	alarm(0);
	for (i = 1; i < ACTORS; i++)
		if (world.pending[i].busy)
			actor_kill(i);
	for (i = 0; i < HANDLES; i++)
		if (world.handles[i].open)
			close(world.handles[i].fd);
	(void)object_unlink("oracle-a");
	(void)object_unlink("oracle-b");
	names_free(&world.names);
	be_patient_again();
	while (query().objects != world.objects)
		if (!patient())
			fail_msg("an object remains");
}

static const struct operation *draw_operation(void)
{
	const struct operation *operation;
	unsigned int all = 0, chosen;

	for (operation = operations; operation->name; operation++)
		all += operation->weight;
	chosen = draw(all);
	for (operation = operations; chosen >= operation->weight; operation++)
		chosen -= operation->weight;
	return operation;
}

void run_operation(uint64_t seed, uint64_t sequence, unsigned int number)
{
	const struct operation *operation;
	uint64_t begun = in(0), expired;

	world.random = seed;
	world.random = next_number(&world.random) + sequence;
	world.random = next_number(&world.random) + number;
	operation = draw_operation();
	say("%u. %s", number, operation->name);
	/* Should the module wait where it should not, the call ends with EINTR. */
	alarm(LONG_TIME / SECOND);
	expired = count_expired();
	if (world.soon_first && in(MARGIN) > world.soon_first)
		let_expire();
	if (!world.failed)
		operation->run();
	world.expired = count_expired() > expired;
	if (!world.failed)
		settle();
	note_lives(begun);
	if (!world.failed)
		check_all();
	if (is_late())
		world.late = true;
}

struct handle *draw_handle(void)
{
	unsigned int i = draw(HANDLES), tries;

	for (tries = 0; tries < HANDLES; tries++, i = (i + 1) % HANDLES)
		if (world.handles[i].open)
			return &world.handles[i];
	return NULL;
}

/* ------------------------------------------------------------ calls that wait */

int descriptor_of(const struct queue *queue)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		if (world.handles[i].open && world.handles[i].queue == queue)
			return world.handles[i].fd;
	return -1;
}

static void settle_call(unsigned int number)
{
	const struct pending *pending = &world.pending[number];

	be_patient_again();
	while (!actor_returned(number)) {
		if (!pending->call.expected.given)
			return;
		if (!patient()) {
			disagree("the call of %u waits and should have come back with %s",
				 number, answer_text(&pending->call.expected));
			return;
		}
	}
	compare_call(number);
	actor_rest(number);
}

void settle(void)
{
	unsigned int i;

	for (i = 1; i < ACTORS && !world.failed; i++)
		if (world.pending[i].busy)
			settle_call(i);
}

/* ---------------------------------------------------------- what can be seen */

#define CHECK(member)							\
	do {								\
		if (stat.member != expected.member)			\
			disagree(#member " is %llu and should be %llu",	\
				 (unsigned long long)stat.member,	\
				 (unsigned long long)expected.member);	\
	} while (0)

static struct message *held_by(const struct queue *queue, const struct pending *process,
			       const struct handle *handle)
{
	struct message *message = queue->held;

	while (message && (message->holder != process ||
			   (handle && message->holder_handle != handle)))
		message = message->next;
	return message;
}

void owner_ends(const struct pending *process, const struct handle *handle)
{
	struct message *message;
	struct queue *queue;

	for (queue = world.names.queues; queue; queue = queue->next)
		while ((message = held_by(queue, process, handle)))
			model_return(queue, message);
}

bool owner_can_end(const struct pending *process, const struct handle *handle)
{
	const struct message *message;
	const struct queue *queue;
	unsigned int count;

	for (queue = world.names.queues; queue; queue = queue->next) {
		count = 0;
		for (message = queue->held; message; message = message->next)
			count += message->holder == process &&
				 (!handle || message->holder_handle == handle);
		/* Those who wait get the first, and its dead-letter queue may be full. */
		if (count > 1 && (queue->receivers || queue->dead_letter))
			return false;
	}
	return true;
}

/* What the killed have held goes back by a work, some time after their end. */
static bool settled(const struct ipcq_queue_stat *stat, const struct ipcq_queue_stat *expected)
{
	return stat->waiting_senders == expected->waiting_senders &&
	       stat->waiting_receivers == expected->waiting_receivers &&
	       stat->held == expected->held &&
	       (!world.expired || (stat->expired == expected->expired &&
				   stat->messages == expected->messages &&
				   stat->sent == expected->sent &&
				   stat->received == expected->received &&
				   stat->dead_lettered == expected->dead_lettered &&
				   stat->dropped == expected->dropped));
}

/* Waits until as many wait and are held as should; everything else is so by then. */
static struct ipcq_queue_stat settled_stat(int fd, const struct ipcq_queue_stat *expected)
{
	struct ipcq_queue_stat stat;

	be_patient_again();
	do {
		stat = queue_stat(fd);
	} while (!settled(&stat, expected) && patient());
	return stat;
}

static void check_stat(const struct queue *queue, int fd)
{
	struct ipcq_queue_stat stat, expected;

	model_stat(queue, &expected);
	stat = settled_stat(fd, &expected);
	CHECK(id);
	CHECK(max_bytes);
	CHECK(max_messages);
	CHECK(max_message_size);
	CHECK(messages);
	CHECK(waiting_senders);
	CHECK(waiting_receivers);
	CHECK(order);
	CHECK(bytes);
	CHECK(sent);
	CHECK(received);
	CHECK(expired);
	CHECK(time_to_live);
	CHECK(dead_letter);
	CHECK(dead_lettered);
	CHECK(dropped);
	CHECK(held);
	CHECK(delayed);
	CHECK(full);
	CHECK(redelivery_limit);
	if (stat.memory < stat.bytes)
		disagree("less memory than bytes");
	expected.memory = stat.memory;
	/* Whether it has users is not said; who they are is tested elsewhere. */
	expected.users = stat.users;
	expected.share = stat.share;
	if (memcmp(&stat, &expected, sizeof(stat)))
		disagree("a member of the stat is not what it should be");
}

static short expected_poll(const struct handle *handle)
{
	short expected = model_poll(handle->queue);

	if (!handle->reads)
		expected &= ~(POLLIN | POLLRDNORM);
	if (!handle->writes)
		expected &= ~(POLLOUT | POLLWRNORM);
	return expected;
}

/* That there is room may be told later than it is there, what is not never. */
static bool compare_polls(const struct pollfd *pollers)
{
	unsigned int i;
	bool same = true;

	for (i = 0; i < HANDLES; i++) {
		short expected = world.handles[i].open ? expected_poll(&world.handles[i]) : 0;

		if (pollers[i].revents == expected)
			continue;
		if (pollers[i].revents & ~expected || !patient()) {
			disagree("poll of %u says %#x and should %#x", i,
				 pollers[i].revents, expected);
			return true;
		}
		same = false;
	}
	return same;
}

static void check_polls(void)
{
	struct pollfd pollers[HANDLES];
	unsigned int i;

	for (i = 0; i < HANDLES; i++) {
		pollers[i].fd = world.handles[i].open ? world.handles[i].fd : -1;
		pollers[i].events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
	}
	be_patient_again();
	do {
		assert_true(poll(pollers, HANDLES, 0) >= 0);
	} while (!compare_polls(pollers));
}

static void check_next_length(const struct handle *handle)
{
	int length = -1, expected = handle->reads ? 0 : -EBADF;
	long result = call(handle->fd, FIONREAD, &length);

	if (result != expected)
		disagree("FIONREAD of %ld: %s", (long)(handle - world.handles),
			 error_text(result));
	else if (!result && length != (int)model_next_length(handle->queue))
		disagree("FIONREAD says %d and should %u", length,
			 model_next_length(handle->queue));
}

void check_all(void)
{
	struct handle *handle = draw_handle();
	const struct queue *queue;
	int fd;

	for (queue = world.names.queues; queue && !world.failed; queue = queue->next) {
		fd = descriptor_of(queue);
		if (fd >= 0)
			check_stat(queue, fd);
	}
	if (!world.failed)
		check_polls();
	if (!world.failed && handle)
		check_next_length(handle);
	if (!world.failed && query().objects != world.objects + world.names.count)
		disagree("there are %llu objects and should be %u",
			 (unsigned long long)(query().objects - world.objects),
			 world.names.count);
}
