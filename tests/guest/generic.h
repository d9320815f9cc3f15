/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink family on a bare socket, so that each part of a request can be
 * wrong by itself.
 */
#ifndef IPCQ_TESTS_GENERIC_H
#define IPCQ_TESTS_GENERIC_H

#include "common.h"

#include <linux/genetlink.h>
#include <linux/ipcq_netlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
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
	const struct nlmsghdr *last;	/* the last object; until the next ask() */
};

static inline struct request request_new(uint16_t type, uint8_t command,
					 uint16_t flags)
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

static inline void put(struct request *request, uint16_t type,
		       const void *data, size_t length)
{
	struct nlattr *attribute =
		(void *)((char *)request + request->header.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	if (length)
		memcpy((char *)attribute + NLA_HDRLEN, data, length);
	request->header.nlmsg_len += NLA_ALIGN(attribute->nla_len);
}

static inline int socket_new(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct timeval patience = { .tv_sec = 5 };

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)), 0);
	return fd;
}

/* The data of an attribute of a message of the generic family, or NULL. */
static inline const void *find(const struct nlmsghdr *header, uint16_t type)
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
static inline bool take_message(const struct nlmsghdr *header, struct answer *answer)
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
	answer->last = header;
	return !(header->nlmsg_flags & NLM_F_MULTI);
}

static inline struct answer ask(int fd, struct request *request)
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
static inline uint16_t family(void)
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
static inline struct answer ask_one(uint8_t command, uint16_t flags,
				    uint16_t type, const void *data,
				    size_t length)
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

#endif /* IPCQ_TESTS_GENERIC_H */
