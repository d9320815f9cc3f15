// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles that several descriptors share: duplicated, inherited, passed on.
 */
#include "common.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool exists(const char *name)
{
	int fd = queue_open(name, RW);

	if (fd == -ENOENT)
		return false;
	assert_ok(fd);
	close(fd);
	return true;
}

static void a_duplicate_is_the_same_handle(void **state)
{
	int fd = queue_open(__func__, RW | CREATE), copy = dup(fd);
	char byte = 0;

	(void)state;
	assert_ok(queue_send(fd, "d", 1, 0, 0));
	close(fd);
	assert_true(exists(__func__));
	assert_int_equal(queue_receive(copy, &byte, 1, 0, 0), 1);
	assert_int_equal(byte, 'd');
	close(copy);
	assert_false(exists(__func__));
}

struct inherited {
	int queue;
	int gate;
};

static int answer_when_told(void *context)
{
	const struct inherited *inherited = context;
	char byte;

	assert_int_equal(read(inherited->gate, &byte, 1), 1);
	assert_ok(queue_send(inherited->queue, "c", 1, 0, 0));
	assert_int_equal(read(inherited->gate, &byte, 1), 1);
	return 0;
}

static void a_forked_child_has_the_handle(void **state)
{
	static const char name[] = "inherited";
	struct inherited inherited = { .queue = queue_open(name, RW | CREATE) };
	int gate[2], other;
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(gate), 0);
	inherited.gate = gate[0];
	pid = spawn(answer_when_told, &inherited);
	close(inherited.queue);
	/* Nobody but the child keeps it. */
	other = queue_open(name, RW);
	assert_ok(other);
	assert_int_equal(write(gate[1], "", 1), 1);
	assert_int_equal(queue_receive(other, &byte, 1, 0, in(5 * SECOND)), 1);
	assert_int_equal(byte, 'c');
	close(other);
	assert_true(exists(name));
	assert_int_equal(write(gate[1], "", 1), 1);
	assert_int_equal(reap(pid), 0);
	assert_false(exists(name));
	close(gate[0]);
	close(gate[1]);
}

static void pass(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static int take(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	assert_int_equal(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void a_handle_on_its_way_keeps_the_object(void **state)
{
	int sockets[2], fd = queue_open(__func__, RW | CREATE);
	uint64_t id = queue_stat(fd).id;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	pass(sockets[0], fd);
	close(fd);
	assert_true(exists(__func__));
	fd = take(sockets[1]);
	assert_int_equal(queue_stat(fd).id, id);

	/* One that nobody takes goes with the socket. */
	pass(sockets[0], fd);
	close(fd);
	close(sockets[0]);
	close(sockets[1]);
	eventually(!exists(__func__));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duplicate_is_the_same_handle),
		cmocka_unit_test(a_forked_child_has_the_handle),
		cmocka_unit_test(a_handle_on_its_way_keeps_the_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
