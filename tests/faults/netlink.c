// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of the netlink family under faults.  When sending is well and receiving is
 * not, as with ENOBUFS for an answer that found no memory, the request may have been
 * carried out.
 */
#include "operations.h"
#include "../guest/generic.h"

/* More than one message of a dump holds, the scene's three included. */
#define MORE		24

static int netlink;
static struct request request;
static int more[MORE];

/* The answers to the request of this run. */
static _Alignas(struct nlmsghdr) char buffer[16384];
static unsigned int answers;
static uint64_t ids[MORE + 3];
static uint64_t limit_told;

static void make_socket(void)
{
	uint16_t number = family();

	netlink = socket_new();
	request = request_new(number, IPCQ_CMD_OBJECT_GET, 0);
}

static void drop_socket(void)
{
	close(netlink);
}

static void note(const struct nlmsghdr *header)
{
	const void *id = find(header, IPCQ_A_ID);
	const void *limit = find(header, IPCQ_A_LIMIT_USER_OBJECTS);
	const struct genlmsghdr *generic = NLMSG_DATA(header);

	if (generic->cmd == IPCQ_CMD_LIMITS_GET) {
		assert_non_null(limit);
		memcpy(&limit_told, limit, sizeof(limit_told));
	} else if (answers < MORE + 3) {
		assert_non_null(id);
		memcpy(&ids[answers], id, sizeof(ids[answers]));
	}
	answers++;
}

/* Takes in what one receive gave: 1 to go on, or the result. */
static long take(ssize_t size)
{
	struct nlmsghdr *header = (void *)buffer;
	unsigned int left = size;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		const int *error = NLMSG_DATA(header);

		if (header->nlmsg_type == NLMSG_ERROR ||
		    header->nlmsg_type == NLMSG_DONE)
			return *error;
		note(header);
		if (!(header->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

/* Whether the request arrived, but perhaps not all that was answered. */
static bool answer_lost;

/* Sends the request and takes all of its answers. */
static long exchange(void)
{
	long ret = 1;

	answers = 0;
	answer_lost = false;
	if (send(netlink, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	while (ret == 1) {
		ssize_t size = recv(netlink, buffer, sizeof(buffer), 0);

		answer_lost = size < 0;
		ret = size < 0 ? -errno : take(size);
	}
	return ret;
}

/* -------------------------------------------------------------------- objects */

static void ask_by_name(void)
{
	make_socket();
	put(&request, IPCQ_A_NAME, QUEUE_NAME, sizeof(QUEUE_NAME));
}

static void ask_by_id(void)
{
	uint64_t id = queue_stat(scene.queue).id;

	make_socket();
	put(&request, IPCQ_A_ID, &id, sizeof(id));
}

static void told_of_queue(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(answers, 1);
	assert_int_equal(ids[0], queue_stat(scene.queue).id);
}

static void ask_for_all(void)
{
	for (int i = 0; i < MORE; i++)
		more[i] = queue_new(1, 1);
	make_socket();
	request.header.nlmsg_flags |= NLM_F_DUMP;
}

static void drop_all(void)
{
	drop_socket();
	for (int i = 0; i < MORE; i++)
		close(more[i]);
}

/* A list that says it is complete is; each object is in it once. */
static void told_of_all(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(answers, MORE + 3);
	for (unsigned int i = 1; i < answers; i++)
		assert_true(ids[i - 1] < ids[i]);
	for (int i = 0; i < MORE; i++)
		assert_int_equal(queue_stat(more[i]).id, ids[3 + i]);
}

/* --------------------------------------------------------------------- limits */

#define LIMIT_SET	555
#define LIMIT_USUAL	1024

static void ask_for_limits(void)
{
	make_socket();
	request.generic.cmd = IPCQ_CMD_LIMITS_GET;
}

static void told_of_limits(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(limit_told, LIMIT_USUAL);
}

static void prepare_limits(uint64_t objects, uint64_t mutexes)
{
	make_socket();
	request.generic.cmd = IPCQ_CMD_LIMITS_SET;
	request.header.nlmsg_flags |= NLM_F_ACK;
	put(&request, IPCQ_A_LIMIT_USER_OBJECTS, &objects, sizeof(objects));
	put(&request, IPCQ_A_LIMIT_MAX_MUTEXES, &mutexes, sizeof(mutexes));
}

static void ask_to_limit(void)
{
	prepare_limits(LIMIT_SET, LIMIT_SET);
}

static void reset_limits(void)
{
	drop_socket();
	prepare_limits(LIMIT_USUAL, 4096);
	assert_int_equal(exchange(), 0);
	drop_socket();
}

static void limits_are_set(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(query().objects_limit, LIMIT_SET);
	assert_int_equal(query().max_mutexes, LIMIT_SET);
}

/* None was set; or, when the answer was lost, perhaps all. */
static void limits_are_whole(long result)
{
	struct ipcq_query q = query();

	(void)result;
	if (answer_lost && q.objects_limit == LIMIT_SET) {
		limits_are_set(0);
		return;
	}
	assert_int_equal(q.objects_limit, LIMIT_USUAL);
	assert_int_equal(q.max_mutexes, 4096);
}

static long open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	return fd < 0 ? -errno : fd;
}

static void is_socket(long fd)
{
	close(fd);
}

static const struct operation operations[] = {
	{ "OBJECT_GET by name", .setup = ask_by_name, .run = exchange,
	  .done = told_of_queue, .teardown = drop_socket,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(2, 4, 0) },
	{ "OBJECT_GET by id", .setup = ask_by_id, .run = exchange,
	  .done = told_of_queue, .teardown = drop_socket,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(2, 4, 0) },
	{ "OBJECT_GET, dump", .setup = ask_for_all, .run = exchange,
	  .done = told_of_all, .teardown = drop_all,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(3, 6, 0) },
	{ "LIMITS_GET", .setup = ask_for_limits, .run = exchange,
	  .done = told_of_limits, .teardown = drop_socket,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(2, 4, 0) },
	{ "LIMITS_SET", .setup = ask_to_limit, .run = exchange,
	  .done = limits_are_set, .failed = limits_are_whole,
	  .teardown = reset_limits,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(2, 4, 0) },
	{ "socket(2)", .run = open_socket, .done = is_socket,
	  .errors = ERRORS(ENOMEM, ENFILE, ENOBUFS), .least = LEAST(0, 2, 0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
