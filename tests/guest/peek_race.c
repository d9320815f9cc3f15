// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that go while somebody copies them.
 */
#include "peek.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONBLOCK	IPCQ_RECEIVE_F_NONBLOCK

static int small_queue(uint32_t messages, uint32_t full, uint64_t dead_letter)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 1 << 16;
	args.full = full;
	args.dead_letter = dead_letter;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

/* Sends a payload of the class of 64 KiB, all @byte; its number or an error. */
static long send_large(int fd, char byte, uint64_t time_to_live)
{
	static char payload[60000];
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.time_to_live = time_to_live,
	};
	long ret;

	memset(payload, byte, sizeof(payload));
	ret = call(fd, IPCQ_IOC_QUEUE_SEND, &args);
	return ret < 0 ? ret : (long)args.sequence;
}

/* Receives one, whose first byte is returned; or an error. */
static long take_large(int fd)
{
	static char payload[60000];
	long ret = queue_receive(fd, payload, sizeof(payload), NONBLOCK, 0);

	return ret < 0 ? ret : payload[0];
}

/* ------------------------------------------------------- gone while it is copied */

static void a_message_that_is_received(void **state)
{
	int fd = small_queue(4, 0, 0);
	struct copier looker;

	(void)state;
	assert_int_equal(send_large(fd, 'a', 0), 1);
	looker_start(&looker, fd);
	assert_int_equal(take_large(fd), 'a');
	assert_error(take_large(fd), EAGAIN);
	/* It would be the memory of the next. */
	assert_int_equal(send_large(fd, 'b', 0), 2);
	assert_int_equal(queue_stat(fd).messages, 2);
	assert_int_equal(queue_stat(fd).received, 1);
	assert_int_equal(copier_end(&looker), 'a');
	assert_int_equal(looker.result, 60000);
	assert_int_equal(looker.args.sequence, 1);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(queue_stat(fd).bytes, 60000);
	assert_int_equal(take_large(fd), 'b');
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

static void several_who_look_at_it(void **state)
{
	int fd = small_queue(4, 0, 0);
	struct copier one, other;
	uint64_t token;

	(void)state;
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	looker_start(&one, fd);
	looker_start(&other, fd);
	token = hold_first(fd);
	/* The copies do not keep it from going back. */
	assert_ok(end_hold(fd, token, IPCQ_LEASE_RETURN));
	assert_int_equal(look_first(fd), 1);
	token = hold_first(fd);
	assert_ok(end_hold(fd, token, IPCQ_LEASE_ACKNOWLEDGE));
	assert_int_equal(queue_stat(fd).held, 0);
	assert_int_equal(copier_end(&one), 'a');
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(copier_end(&other), 'a');
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).received, 1);
	close(fd);
}

/* By a batch, which commits several at once. */
static void a_message_of_a_batch(void **state)
{
	int fd = small_queue(4, 0, 0);
	char bytes[3] = "";
	struct ipcq_receive_entry entries[3] = {
		{ .payload = (uintptr_t)&bytes[0], .length = 1 },
		{ .payload = (uintptr_t)&bytes[1], .length = 1 },
		{ .payload = (uintptr_t)&bytes[2], .length = 1 },
	};
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)entries,
		.count = 3,
		.entry_size = sizeof(*entries),
	};
	struct copier looker;

	(void)state;
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	assert_int_equal(typed_send(fd, 'b', 0, 1), 2);
	assert_int_equal(typed_send(fd, 'c', 0, 1), 3);
	looker_start(&looker, fd);
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args), 3);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(typed_send(fd, 'd', 0, 1), 4);
	assert_int_equal(copier_end(&looker), 'a');
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(queue_stat(fd).received, 3);
	close(fd);
}

struct sender {
	pthread_t thread;
	int fd;
	long result;
};

static void *send_one(void *context)
{
	struct sender *sender = context;

	sender->result = queue_send(sender->fd, "x", 1, 0, in(20 * SECOND));
	return NULL;
}

static void sender_start(struct sender *sender, int fd)
{
	*sender = (struct sender) { .fd = fd };
	assert_int_equal(pthread_create(&sender->thread, NULL, send_one, sender), 0);
	eventually(queue_stat(fd).waiting_senders == 1);
}

static long sender_end(struct sender *sender)
{
	assert_int_equal(pthread_join(sender->thread, NULL), 0);
	return sender->result;
}

/* Its room is that of the queue until the copy ends. */
static void it_keeps_its_room(void **state)
{
	int fd = small_queue(1, 0, 0);
	struct copier looker;
	struct sender sender;

	(void)state;
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	looker_start(&looker, fd);
	assert_int_equal(take(fd, ANY), 1);
	assert_error(queue_send(fd, "b", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	sender_start(&sender, fd);
	assert_int_equal(copier_end(&looker), 'a');
	assert_int_equal(sender_end(&sender), 0);
	assert_int_equal(take(fd, ANY), 2);
	close(fd);
}

static void it_is_not_dropped(void **state)
{
	int fd = small_queue(2, IPCQ_FULL_DROP_OLDEST, 0);
	struct copier looker;
	struct sender sender;

	(void)state;
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	assert_int_equal(typed_send(fd, 'b', 0, 1), 2);
	looker_start(&looker, fd);
	/* The next oldest goes. */
	assert_int_equal(typed_send(fd, 'c', 0, 1), 3);
	assert_int_equal(queue_stat(fd).dropped, 1);
	assert_int_equal(take(fd, ANY), 1);
	assert_int_equal(take(fd, ANY), 3);
	assert_int_equal(copier_end(&looker), 'a');

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &(struct ipcq_queue_set) {
		.size = sizeof(struct ipcq_queue_set), .max_messages = 1 }));
	assert_int_equal(typed_send(fd, 'd', 0, 1), 4);
	looker_start(&looker, fd);
	sender_start(&sender, fd);
	/* Once it is not copied it goes. */
	assert_int_equal(copier_end(&looker), 'd');
	assert_int_equal(sender_end(&sender), 0);
	assert_int_equal(queue_stat(fd).dropped, 2);
	assert_int_equal(take(fd, ANY), 5);
	close(fd);
}

static void it_dies_after_the_copy(void **state)
{
	int dead = small_queue(4, 0, 0);
	int fd = small_queue(4, 0, queue_stat(dead).id);
	struct copier looker;

	(void)state;
	assert_int_equal(send_large(fd, 'a', 1500 * MS), 1);
	looker_start(&looker, fd);
	eventually(queue_stat(fd).expired == 1);
	assert_error(take(fd, ANY), EAGAIN);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(queue_stat(dead).messages, 0);
	assert_int_equal(copier_end(&looker), 'a');
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).dead_lettered, 1);
	assert_int_equal(take_large(dead), 'a');
	close(fd);

	/* Without such a queue it is dropped. */
	fd = small_queue(4, 0, 0);
	assert_int_equal(send_large(fd, 'b', 1500 * MS), 1);
	looker_start(&looker, fd);
	eventually(queue_stat(fd).expired == 1);
	assert_int_equal(send_large(fd, 'c', 0), 2);
	assert_int_equal(copier_end(&looker), 'b');
	assert_int_equal(queue_stat(fd).dropped, 1);
	assert_int_equal(queue_stat(fd).messages, 1);
	close(fd);
	close(dead);
}

/* Who looks is killed, or its memory taken away: it leaves no trace. */
static int look_and_stop(void *context)
{
	struct copier looker;

	looker_start(&looker, *(int *)context);
	*(bool *)((char *)context + sizeof(int)) = true;
	pause();
	return 0;
}

static void who_looks_is_killed(void **state)
{
	struct { int fd; bool there; } *shared = shared_memory(sizeof(*shared));
	pid_t pid;

	(void)state;
	shared->fd = small_queue(4, 0, 0);
	assert_int_equal(send_large(shared->fd, 'a', 0), 1);
	pid = spawn(look_and_stop, shared);
	eventually(shared->there);
	assert_int_equal(take_large(shared->fd), 'a');
	assert_int_equal(queue_stat(shared->fd).messages, 1);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	eventually(queue_stat(shared->fd).messages == 0);
	close(shared->fd);
}

/* ---------------------------------------------------------------------- storm */

#define ROUNDS	150
#define LARGE	(1 << 20)

static int storm;

/* Every word of a payload is the same: that of one message. */
static bool is_one(const uint64_t *payload)
{
	size_t i;

	for (i = 1; i < LARGE / sizeof(*payload); i++)
		if (payload[i] != payload[0])
			return false;
	return true;
}

static void *look_all_the_time(void *context)
{
	uint64_t *payload = malloc(LARGE);
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = LARGE,
	};
	uint64_t before = 0;
	long ret;

	(void)context;
	for (;;) {
		args.flags = IPCQ_RECEIVE_F_PEEK;
		args.deadline = in(20 * SECOND);
		ret = call(storm, IPCQ_IOC_QUEUE_RECEIVE, &args);
		assert_int_equal(ret, LARGE);
		assert_true(args.sequence > before);
		assert_int_equal(payload[0], args.type);
		assert_true(is_one(payload));
		before = args.sequence;
		if (args.type == ROUNDS)
			break;
	}
	free(payload);
	return NULL;
}

static void *send_all(void *context)
{
	uint64_t *payload = malloc(LARGE), i;
	size_t word;

	(void)context;
	for (i = 1; i <= ROUNDS; i++) {
		struct ipcq_queue_send args = {
			.size = sizeof(args),
			.payload = (uintptr_t)payload,
			.length = LARGE,
			.deadline = in(20 * SECOND),
			.type = i,
		};

		for (word = 0; word < LARGE / sizeof(*payload); word++)
			payload[word] = i;
		assert_ok(call(storm, IPCQ_IOC_QUEUE_SEND, &args));
	}
	free(payload);
	return NULL;
}

/* The last one stays, for those who look. */
static void what_is_copied_is_one_message(void **state)
{
	uint64_t *payload = malloc(LARGE);
	pthread_t threads[3];
	int i;

	(void)state;
	storm = queue_new(3, LARGE);
	assert_int_equal(pthread_create(&threads[0], NULL, look_all_the_time, NULL), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, look_all_the_time, NULL), 0);
	assert_int_equal(pthread_create(&threads[2], NULL, send_all, NULL), 0);
	for (i = 1; i < ROUNDS; i++) {
		assert_int_equal(queue_receive(storm, payload, LARGE, 0,
					       in(20 * SECOND)), LARGE);
		assert_int_equal(payload[0], i);
		assert_true(is_one(payload));
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(queue_stat(storm).messages, 1);
	assert_int_equal(queue_stat(storm).received, ROUNDS - 1);
	free(payload);
	close(storm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_that_is_received),
		cmocka_unit_test(several_who_look_at_it),
		cmocka_unit_test(a_message_of_a_batch),
		cmocka_unit_test(it_keeps_its_room),
		cmocka_unit_test(it_is_not_dropped),
		cmocka_unit_test(it_dies_after_the_copy),
		cmocka_unit_test(who_looks_is_killed),
		cmocka_unit_test(what_is_copied_is_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
