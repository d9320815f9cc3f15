// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the library makes of a kernel's answer.  The input is a list of messages:
 * for each a byte that says of what type, one that gives its length in words, and
 * its attributes.
 */
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <linux/ipcq_netlink.h>

#include "ipcq.h"
#include "target.h"
#include "wraps.h"

#define FAMILY	0x77
#define ROOM	65536

static const uint8_t *input;
static size_t left;
static struct nlmsghdr request;

static int on_send(struct nl_sock *socket, struct nl_msg *message)
{
	(void)socket;
	request = *nlmsg_hdr(message);
	return (int)request.nlmsg_len;
}

/* Adds one message; returns its length. */
static size_t add_message(unsigned char *to, uint8_t what, const uint8_t *body,
			  size_t length)
{
	struct nlmsghdr *head = (struct nlmsghdr *)to;
	struct genlmsghdr *genl = NLMSG_DATA(head);
	size_t used = NLMSG_LENGTH(GENL_HDRLEN);

	memset(to, 0, used);
	head->nlmsg_type = FAMILY;
	head->nlmsg_flags = what & 1 ? NLM_F_MULTI : 0;
	head->nlmsg_seq = request.nlmsg_seq;
	head->nlmsg_pid = request.nlmsg_pid;
	genl->cmd = IPCQ_CMD_OBJECT_GET;
	genl->version = IPCQ_GENL_VERSION;
	switch (what / 2 % 8) {
	case 0:
		head->nlmsg_type = NLMSG_DONE;
		used = NLMSG_HDRLEN;
		break;
	case 1:
		head->nlmsg_type = NLMSG_ERROR;
		used = NLMSG_HDRLEN;
		break;
	}
	memcpy(to + used, body, length);
	used += length;
	head->nlmsg_len = used;
	return NLMSG_ALIGN(used);
}

/* All that is left of the input, and then an end. */
static int on_receive(struct nl_sock *socket, struct sockaddr_nl *from,
		      unsigned char **buffer, struct ucred **credentials)
{
	static const uint8_t done[4];
	size_t used = 0;

	(void)socket;
	(void)credentials;
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	*buffer = calloc(1, ROOM);
	require(*buffer);
	while (left > 2 && used + 2048 < ROOM) {
		size_t length = 4 * input[1];

		if (length > left - 2)
			length = left - 2;
		used += add_message(*buffer + used, input[0], input + 2, length);
		input += 2 + length;
		left -= 2 + length;
	}
	used += add_message(*buffer + used, 1, done, sizeof(done));
	/* What is read behind the end is noticed. */
	*buffer = realloc(*buffer, used);
	require(*buffer);
	return (int)used;
}

struct nl_sock *__wrap_nl_socket_alloc(void)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	struct nl_sock *socket;

	nl_cb_overwrite_send(callbacks, on_send);
	nl_cb_overwrite_recv(callbacks, on_receive);
	socket = nl_socket_alloc_cb(callbacks);
	nl_cb_put(callbacks);
	return socket;
}

int __wrap_genl_connect(struct nl_sock *socket)
{
	(void)socket;
	return 0;
}

int __wrap_genl_ctrl_resolve(struct nl_sock *socket, const char *name)
{
	(void)socket;
	(void)name;
	return FAMILY;
}

/* Looks at all that the library tells. */
static int each(const struct ipcq_object_info *object, void *context)
{
	volatile uint64_t *sum = context;
	const uint8_t *byte = (const uint8_t *)object;
	size_t i;

	for (i = 0; i < sizeof(*object); i++)
		*sum += byte[i];
	if (object->name)
		require(strlen(object->name) <= 255);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	int ret;

	if (!size)
		return 0;
	input = data + 1;
	left = size - 1;
	if (data[0] & 1)
		ret = ipcq_list(IPCQ_ANY, each, &sum);
	else
		ret = ipcq_show("name", 0, each, &sum);
	require(ret <= 0);
	return 0;
}
