// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See operations.h.
 */
#include "operations.h"
#include "snapshot.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Far more points than any operation has. */
#define MOST_POINTS	20000
/* How many steps a lasting fault is moved in, from the first point to the last. */
#define STEPS		8

const char *const messages[MESSAGES] = { "first", "second", "third" };
static const uint32_t priorities[MESSAGES] = { 9, 5, 1 };

struct scene scene;

/* -------------------------------------------------------------------- scene */

static void send_message(int fd, unsigned int i, uint32_t priority)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)messages[i],
		.length = strlen(messages[i]),
		.priority = priority,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
}

static void fill_queues(void)
{
	for (unsigned int i = 0; i < MESSAGES; i++) {
		send_message(scene.queue, i, 0);
		send_message(scene.priorities, MESSAGES - 1 - i,
			     priorities[MESSAGES - 1 - i]);
	}
}

static void check_message(int fd, unsigned int i, uint32_t priority)
{
	char buffer[64];
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)buffer,
		.length = sizeof(buffer),
	};

	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args),
			 strlen(messages[i]));
	assert_memory_equal(buffer, messages[i], strlen(messages[i]));
	assert_int_equal(args.priority, priority);
}

void check_messages(void)
{
	for (unsigned int i = 0; i < MESSAGES; i++) {
		check_message(scene.queue, i, 0);
		check_message(scene.priorities, i, priorities[i]);
	}
	assert_int_equal(queue_stat(scene.queue).messages, 0);
	assert_int_equal(queue_stat(scene.priorities).messages, 0);
	fill_queues();
}

static void drain(int fd)
{
	char buffer[MESSAGE_SIZE];

	while (queue_receive(fd, buffer, sizeof(buffer),
			     IPCQ_RECEIVE_F_NONBLOCK, 0) >= 0)
		;
}

void refill_queues(void)
{
	drain(scene.queue);
	drain(scene.priorities);
	fill_queues();
}

static int make_queue(const char *name, uint32_t order)
{
	struct ipcq_queue_open args = queue_args(name, RW | CREATE);

	args.max_messages = 2 * MESSAGES;
	args.max_message_size = MESSAGE_SIZE;
	args.order = order;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

int scene_begin(void **state)
{
	struct ipcq_region_open args =
		region_args(REGION_NAME, RW | CREATE, REGION_SIZE, 2, 2);

	(void)state;
	assert_true(faults_prepare());
	faults_open_thread();
	scene.queue = make_queue(QUEUE_NAME, IPCQ_ORDER_FIFO);
	scene.priorities = make_queue(NULL, IPCQ_ORDER_PRIORITY);
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	scene.region = args.open.fd;
	scene.words = control_map(scene.region);
	assert_ok(mutex_lock(scene.region, 0, 0, 0));
	fill_queues();
	/* No page of this program has to be found under a fault. */
	assert_int_equal(mlockall(MCL_CURRENT), 0);
	return 0;
}

int scene_end(void **state)
{
	(void)state;
	munmap(scene.words, region_stat(scene.region).control_size);
	close(scene.queue);
	close(scene.priorities);
	close(scene.region);
	faults_close_thread();
	eventually(query().namespace_objects == 0 && query().owners == 0 &&
		   query().message_bytes == 0 && query().region_bytes == 0);
	return nothing_is_charged(NULL);
}

/* --------------------------------------------------------------------- runs */

static bool documented(const struct operation *op, long result)
{
	for (const int *error = op->errors; *error; error++)
		if (result == -*error)
			return true;
	return false;
}

/* @armed: 0 when no fault can be the reason of a failure. */
static void judge(const struct operation *op, long result, bool faulted,
		  const struct snapshot *before)
{
	if (result >= 0) {
		if (op->done)
			op->done(result);
		return;
	}
	if (!faulted)
		fail_msg("%s fails without a fault: %s", op->name,
			 strerror(-result));
	if (!documented(op, result))
		fail_msg("%s fails with an error that is not documented: %s",
			 op->name, strerror(-result));
	if (op->recover)
		op->recover(result);
	if (!op->consumes)
		snapshot_compare(before, op->keeps);
	if (op->failed)
		op->failed(result);
	check_messages();
}

/* What is set up is taken down, however a run ends. */
static bool is_set_up;

static void begin(const struct operation *op, struct snapshot *before)
{
	is_set_up = true;
	if (op->setup)
		op->setup();
	snapshot_take(before);
}

static void end(const struct operation *op)
{
	if (is_set_up && op->teardown)
		op->teardown();
	is_set_up = false;
}

int end_operation(void **state)
{
	end(*state);
	return 0;
}

static void add(struct faults *to, struct faults more)
{
	for (int kind = 0; kind < FAULTS; kind++)
		to->count[kind] += more.count[kind];
}

static unsigned int total(struct faults faults)
{
	return faults.count[FAULT_SLAB] + faults.count[FAULT_PAGES] +
	       faults.count[FAULT_COPY];
}

static void run_unarmed(const struct operation *op)
{
	struct snapshot before;

	begin(op, &before);
	judge(op, op->run(), false, &before);
	end(op);
}

/* With the kinds up to @last; what has failed. */
static struct faults run_nth(const struct operation *op, enum fault last)
{
	struct faults all = { 0 };
	struct snapshot before;
	bool fired = true;

	faults_choose(last);
	for (unsigned int n = 1; fired; n++) {
		long result;

		assert_true(n < MOST_POINTS);
		begin(op, &before);
		faults_arm_nth(n);
		result = op->run();
		fired = faults_disarm_nth();
		if (fired)
			add(&all, faults_fired());
		judge(op, result, fired, &before);
		end(op);
	}
	return all;
}

/*
 * How many points of a kind have failed, one after the other.  What is allocated now and
 * then only, as a page for a slab, comes between and moves those after it, of which one
 * is missed then: so it is tried again where there were too few.
 */
static unsigned int run_each(const struct operation *op, enum fault kind)
{
	unsigned int count = 0;

	for (int tries = 0; tries < 3; tries++) {
		count = run_nth(op, kind).count[kind];
		if (count >= op->least[kind])
			break;
	}
	return count;
}

/* Fails slabs after @slab_bytes and pages after @pages; what was let through. */
static struct faults run_lasting_once(const struct operation *op, long *slab_bytes,
				      long *pages)
{
	struct snapshot before;
	struct faults fired;
	long result;

	begin(op, &before);
	faults_arm_lasting(*slab_bytes, *pages);
	result = op->run();
	faults_disarm_lasting();
	fired = faults_fired();
	faults_passed(slab_bytes, pages);
	judge(op, result, total(fired), &before);
	end(op);
	return fired;
}

static struct faults run_lasting_at(const struct operation *op, long slab_bytes,
				    long pages)
{
	return run_lasting_once(op, &slab_bytes, &pages);
}

static struct faults run_lasting(const struct operation *op)
{
	long slab_bytes = 100000000, pages = 100000000;
	struct faults all = { 0 };

	/* None fails yet: how much is it in all? */
	assert_int_equal(total(run_lasting_once(op, &slab_bytes, &pages)), 0);
	for (int step = 0; step < STEPS && slab_bytes; step++) {
		add(&all, run_lasting_at(op, slab_bytes * step / STEPS, -1));
		/* Pages alone, and with slabs. */
		if (pages && step % 2) {
			add(&all, run_lasting_at(op, -1, pages * step / STEPS));
			add(&all, run_lasting_at(op, slab_bytes * step / STEPS, 0));
		}
	}
	return all;
}

static void require(const struct operation *op, struct faults nth,
		    struct faults lasting)
{
	print_message("%s: failed %u slab, %u pages, %u copy; lasting: %u slab, %u pages\n",
		      op->name, nth.count[FAULT_SLAB], nth.count[FAULT_PAGES],
		      nth.count[FAULT_COPY], lasting.count[FAULT_SLAB],
		      lasting.count[FAULT_PAGES]);
	for (int kind = 0; kind < FAULTS; kind++)
		assert_true(nth.count[kind] >= op->least[kind]);
	if (!op->single && op->least[FAULT_SLAB])
		assert_true(lasting.count[FAULT_SLAB] > 0);
}

/* What each single run has left as it was must not have drifted over all of them. */
static void check_drift(const struct ipcq_query *first, uint64_t memory)
{
	struct ipcq_query last = query();

	assert_int_equal(last.objects, first->objects);
	assert_int_equal(last.namespace_objects, first->namespace_objects);
	assert_int_equal(last.region_bytes, first->region_bytes);
	assert_int_equal(last.owners, first->owners);
	/* The queues keep what they need at once, not more with each failure. */
	assert_in_range(queue_stat(scene.queue).memory +
			queue_stat(scene.priorities).memory,
			0, memory + 4 * MESSAGE_SIZE);
}

void run_operation(void **state)
{
	const struct operation *op = *state;
	struct faults nth, lasting = { 0 };
	struct ipcq_query first;
	uint64_t memory;

	/* Whatever the last one may have left; and what is made once, at first use. */
	refill_queues();
	run_unarmed(op);
	first = query();
	memory = queue_stat(scene.queue).memory +
		 queue_stat(scene.priorities).memory;
	for (int kind = 0; kind < FAULTS; kind++)
		nth.count[kind] = run_each(op, kind);
	if (!op->single)
		lasting = run_lasting(op);
	require(op, nth, lasting);
	run_unarmed(op);
	check_drift(&first, memory);
}
