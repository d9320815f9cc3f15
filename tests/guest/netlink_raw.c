// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family's protocol on a bare socket: each request wrong by itself.
 */
#include "common.h"

#include <linux/genetlink.h>
#include <linux/ipcq_netlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request in the making. */
struct request {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	char attributes[1024];
};

/* What was answered. */
struct answer {
	int error;
	unsigned int objects;
};

static struct request request_new(uint16_t type, uint8_t command, uint16_t flags)
{
	struct request request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.generic = { .cmd = command, .version = 1 },
	};

	return request;
}

static void put(struct request *request, uint16_t type, const void *data,
		size_t length)
{
	struct nlattr *attribute =
		(void *)((char *)request + request->header.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	if (length)
		memcpy((char *)attribute + NLA_HDRLEN, data, length);
	request->header.nlmsg_len += NLA_ALIGN(attribute->nla_len);
}

static int socket_new(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct timeval patience = { .tv_sec = 5 };

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)), 0);
	return fd;
}

/* The data of an attribute of a message of the generic family, or NULL. */
static const void *find(const struct nlmsghdr *header, uint16_t type)
{
	const char *at = (const char *)NLMSG_DATA(header) + GENL_HDRLEN;
	const char *end = (const char *)header + header->nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attribute = (const void *)at;

		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return at + NLA_HDRLEN;
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}

/* Takes in one message; true when it was the last. */
static bool take_message(const struct nlmsghdr *header, struct answer *answer)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);

	if (header->nlmsg_type == NLMSG_ERROR) {
		answer->error = error->error;
		return true;
	}
	/* A dump that failed says so at its end. */
	if (header->nlmsg_type == NLMSG_DONE) {
		answer->error = *(const int *)NLMSG_DATA(header);
		return true;
	}
	answer->objects++;
	return !(header->nlmsg_flags & NLM_F_MULTI);
}

static struct answer ask(int fd, struct request *request)
{
	static _Alignas(struct nlmsghdr) char buffer[65536];
	struct answer answer = { 0 };
	bool last = false;

	assert_int_equal(send(fd, request, request->header.nlmsg_len, 0),
			 request->header.nlmsg_len);
	while (!last) {
		struct nlmsghdr *header = (void *)buffer;
		ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
		unsigned int left = size;

		assert_true(size > 0);
		for (; NLMSG_OK(header, left) && !last;
		     header = NLMSG_NEXT(header, left))
			last = take_message(header, &answer);
	}
	return answer;
}

/* The number of the family, told by the controller of all families. */
static uint16_t family(void)
{
	static uint16_t number;
	struct request request = request_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	int fd;

	if (number)
		return number;
	fd = socket_new();
	put(&request, CTRL_ATTR_FAMILY_NAME, IPCQ_GENL_NAME,
	    sizeof(IPCQ_GENL_NAME));
	assert_true(send(fd, &request, request.header.nlmsg_len, 0) > 0);
	assert_true(recv(fd, &answer, sizeof(answer), 0) > 0);
	assert_int_equal(answer.header.nlmsg_type, GENL_ID_CTRL);
	assert_non_null(find(&answer.header, CTRL_ATTR_FAMILY_ID));
	memcpy(&number, find(&answer.header, CTRL_ATTR_FAMILY_ID), sizeof(number));
	close(fd);
	return number;
}

/* Asks with one attribute (@type 0: none) on a socket of its own. */
static struct answer ask_one(uint8_t command, uint16_t flags, uint16_t type,
			     const void *data, size_t length)
{
	struct request request = request_new(family(), command, flags);
	struct answer answer;
	int fd = socket_new();

	if (type)
		put(&request, type, data, length);
	answer = ask(fd, &request);
	close(fd);
	return answer;
}

#define get(type, data, length)						\
	ask_one(IPCQ_CMD_OBJECT_GET, 0, type, data, length)
#define dump(type, data, length)					\
	ask_one(IPCQ_CMD_OBJECT_GET, NLM_F_DUMP, type, data, length)

/* ------------------------------------------------------------------- requests */

static void one_object_is_asked_for_by_id_or_by_name(void **state)
{
	int fd = queue_open("raw", RW | CREATE);
	uint64_t id = queue_stat(fd).id, none = id + 1, zero = 0;
	struct request both = request_new(family(), IPCQ_CMD_OBJECT_GET, 0);
	int socket_fd = socket_new();

	(void)state;
	assert_int_equal(get(IPCQ_A_ID, &id, 8).objects, 1);
	assert_int_equal(get(IPCQ_A_NAME, "raw", 4).objects, 1);
	assert_error(get(IPCQ_A_ID, &none, 8).error, ENOENT);
	assert_error(get(IPCQ_A_ID, &zero, 8).error, ENOENT);
	assert_error(get(IPCQ_A_NAME, "ra", 3).error, ENOENT);
	assert_error(get(0, NULL, 0).error, EINVAL);
	put(&both, IPCQ_A_ID, &id, 8);
	put(&both, IPCQ_A_NAME, "raw", 4);
	assert_error(ask(socket_fd, &both).error, EINVAL);
	close(socket_fd);
	close(fd);
}

static void a_name_has_its_length(void **state)
{
	char name[400];

	(void)state;
	memset(name, 'n', sizeof(name));
	assert_error(get(IPCQ_A_NAME, "", 1).error, EINVAL);
	assert_error(get(IPCQ_A_NAME, "", 0).error, EINVAL);
	name[255] = 0;
	assert_error(get(IPCQ_A_NAME, name, 256).error, ENOENT);
	name[255] = 'n';
	name[256] = 0;
	assert_error(get(IPCQ_A_NAME, name, 257).error, ENAMETOOLONG);
	name[256] = 'n';
	name[399] = 0;
	assert_error(get(IPCQ_A_NAME, name, 400).error, ENAMETOOLONG);
}

static void attributes_have_their_types(void **state)
{
	uint64_t number = 1;

	(void)state;
	assert_error(get(IPCQ_A_ID, &number, 4).error, EINVAL);
	assert_error(get(IPCQ_A_ID, &number, 7).error, EINVAL);
	assert_error(get(IPCQ_A_ID, &number, 0).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 8).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 2).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 0).error, EINVAL);
}

static void what_the_kernel_does_not_know_is_refused(void **state)
{
	uint64_t number = 1, id;
	int fd = queue_new(0, 0), socket_fd = socket_new();
	uint16_t type;

	(void)state;
	id = queue_stat(fd).id;
	for (type = IPCQ_A_UID; type <= IPCQ_A_MAX + 1; type++) {
		struct request request =
			request_new(family(), IPCQ_CMD_OBJECT_GET, 0);

		put(&request, IPCQ_A_ID, &id, 8);
		put(&request, type, &number, 4);
		assert_error(ask(socket_fd, &request).error, EINVAL);
		assert_error(dump(type, &number, 4).error, EINVAL);
	}
	assert_error(ask_one(IPCQ_CMD_MAX + 1, 0, 0, NULL, 0).error,
		     EOPNOTSUPP);
	assert_error(ask_one(IPCQ_CMD_UNSPEC, 0, 0, NULL, 0).error, EOPNOTSUPP);
	close(socket_fd);
	close(fd);
}

static void a_list_can_be_of_one_kind(void **state)
{
	uint32_t kind;
	int queue = queue_new(0, 0), region = region_new(1, 0, 0);

	(void)state;
	assert_int_equal(dump(0, NULL, 0).objects, 2);
	kind = IPCQ_KIND_QUEUE;
	assert_int_equal(dump(IPCQ_A_KIND, &kind, 4).objects, 1);
	kind = IPCQ_KIND_REGION;
	assert_int_equal(dump(IPCQ_A_KIND, &kind, 4).objects, 1);
	kind = IPCQ_KIND_REGION + 1;
	assert_error(dump(IPCQ_A_KIND, &kind, 4).error, EOPNOTSUPP);
	kind = UINT32_MAX;
	assert_error(dump(IPCQ_A_KIND, &kind, 4).error, EOPNOTSUPP);
	close(queue);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_object_is_asked_for_by_id_or_by_name),
		cmocka_unit_test(a_name_has_its_length),
		cmocka_unit_test(attributes_have_their_types),
		cmocka_unit_test(what_the_kernel_does_not_know_is_refused),
		cmocka_unit_test(a_list_can_be_of_one_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
