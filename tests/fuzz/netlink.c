// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to the netlink family, right ones and others.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>
#include <linux/netlink.h>

#include "fuzz.h"

struct request {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attributes[1024];
};

static uint16_t family;
/* The attributes of the limits as they were, to be sent back. */
static char limits[512];
static size_t limits_length;

static int open_socket(void)
{
	struct timeval second = { 1, 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return fd;
}

static void begin(struct request *request, unsigned int type,
		  unsigned int command, unsigned int flags)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
	request->genl.cmd = command;
	request->genl.version = 1;
}

static void add(struct request *request, unsigned int type, const void *value,
		unsigned int length)
{
	struct nlattr *attribute =
		(void *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	memcpy(attribute + 1, value, length);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) +
				  NLA_ALIGN(attribute->nla_len);
}

/* Sends, and reads one reply; its length or a negative errno. */
static long ask(int fd, const struct request *request, void *reply, size_t size)
{
	const struct nlmsghdr *head = reply;
	long got;

	if (send(fd, request, request->head.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, reply, size, 0);
	if (got < 0)
		return -errno;
	if (head->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	return got;
}

/* -------------------------------------------------------------------- start */

static bool find_family(int fd)
{
	const size_t first = NLMSG_LENGTH(GENL_HDRLEN);
	struct request request;
	char reply[4096];
	long got;
	size_t at;

	begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	add(&request, CTRL_ATTR_FAMILY_NAME, IPCQ_GENL_NAME,
	    sizeof(IPCQ_GENL_NAME));
	got = ask(fd, &request, reply, sizeof(reply));
	for (at = first; got > 0 && at + NLA_HDRLEN < (size_t)got;) {
		const struct nlattr *attribute = (void *)(reply + at);

		if (attribute->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, attribute + 1, sizeof(family));
		at += NLA_ALIGN(attribute->nla_len);
	}
	return family;
}

bool fuzz_netlink_start(void)
{
	const size_t first = NLMSG_LENGTH(GENL_HDRLEN);
	struct request request;
	char reply[4096];
	int fd = open_socket();
	long got = -1;

	if (fd >= 0 && find_family(fd)) {
		begin(&request, family, IPCQ_CMD_LIMITS_GET, 0);
		got = ask(fd, &request, reply, sizeof(reply));
	}
	close(fd);
	if (got <= (long)first || got - first > sizeof(limits))
		return false;
	/* Only this message, not what may follow it. */
	limits_length = ((struct nlmsghdr *)reply)->nlmsg_len - first;
	memcpy(limits, reply + first, limits_length);
	return true;
}

void fuzz_limits_reset(void)
{
	struct request request;
	char reply[512];
	int fd = open_socket();
	long ret;

	begin(&request, family, IPCQ_CMD_LIMITS_SET, NLM_F_ACK);
	memcpy(request.attributes, limits, limits_length);
	request.head.nlmsg_len += limits_length;
	ret = ask(fd, &request, reply, sizeof(reply));
	close(fd);
	if (ret < 0)
		fuzz_fail("the limits cannot be set to what they were: %s",
			  strerror(-ret));
}

/* --------------------------------------------------------------------- unlink */

/* Looks at one object of a list. */
static void unlink_object(const struct nlmsghdr *head, uid_t uid)
{
	const char *at = (const char *)head + NLMSG_LENGTH(GENL_HDRLEN);
	const char *end = (const char *)head + head->nlmsg_len;
	struct ipcq_unlink unlink = { .size = sizeof(unlink) };
	uint32_t owner = 0;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attribute = (const void *)at;

		if (attribute->nla_type == IPCQ_A_UID)
			memcpy(&owner, attribute + 1, sizeof(owner));
		if (attribute->nla_type == IPCQ_A_NAME) {
			unlink.name = (uintptr_t)(attribute + 1);
			unlink.name_length = attribute->nla_len - NLA_HDRLEN - 1;
		}
		at += NLA_ALIGN(attribute->nla_len);
	}
	if (unlink.name && (owner == uid || owner == uid + 1))
		ioctl(fuzz_runner->device, IPCQ_IOC_UNLINK, &unlink);
}

void fuzz_unlink_all(uid_t uid)
{
	struct request request;
	const struct nlmsghdr *head;
	char reply[32768];
	int fd = open_socket();
	long left;

	begin(&request, family, IPCQ_CMD_OBJECT_GET, NLM_F_DUMP);
	left = ask(fd, &request, reply, sizeof(reply));
	while (left > 0) {
		for (head = (const void *)reply; NLMSG_OK(head, left);
		     head = NLMSG_NEXT(head, left)) {
			if (head->nlmsg_type == NLMSG_DONE)
				goto out;
			unlink_object(head, uid);
		}
		left = recv(fd, reply, sizeof(reply), 0);
	}
out:
	close(fd);
}

/* ---------------------------------------------------------------------- call */

enum {
	COMMAND, FLAGS, ATTRIBUTE, VALUE, BYTES, NAME, SECOND, SECOND_VALUE, REPLIES
};

static void add_attributes(struct request *request, const uint64_t *v)
{
	char name[256] = "";

	if (v[ATTRIBUTE]) {
		uint64_t value[8] = { v[VALUE], v[VALUE] };

		/* 0 stands for what most are: eight bytes. */
		add(request, v[ATTRIBUTE], value, v[BYTES] ? v[BYTES] % 64 : 8);
	}
	if (v[SECOND])
		add(request, v[SECOND], &v[SECOND_VALUE], 8);
	if (v[NAME])
		add(request, IPCQ_A_NAME, name, fuzz_name(v[NAME], name) + 1);
}

long fuzz_act_netlink(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const uint64_t *v = call->value;
	unsigned int i, replies = v[REPLIES] % 16;
	struct request request;
	char reply[8192];
	int fd = open_socket();
	long ret;

	(void)lane;
	if (fd < 0)
		return -errno;
	if (v[COMMAND] == IPCQ_CMD_LIMITS_SET)
		__atomic_store_n(&fuzz_runner->limits_changed, true,
				 __ATOMIC_RELAXED);
	begin(&request, family, v[COMMAND], NLM_F_ACK | (v[FLAGS] & 0xffff));
	add_attributes(&request, v);
	ret = ask(fd, &request, reply, sizeof(reply));
	/* A dump may be left before its end. */
	for (i = 0; i < replies && ret > 0; i++)
		ret = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
	close(fd);
	return ret;
}
