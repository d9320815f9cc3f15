// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles are inherited, duplicated, passed over sockets, left lying there, held by
 * programs that know nothing of them, and closed, by parties that are killed; and
 * messages go through them meanwhile.
 *
 * In the end the parties are gone and the sockets closed.  What they had, what was on
 * its way in a socket, and what was on its way in a socket that was itself on its way,
 * must be gone with them.
 */
#include "ledger.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DURATION	(2 * SECOND)
#define PARTIES		6
#define QUEUES		3
#define HANDLES		8		/* of one party */
#define OTHER		QUEUES		/* a handle of something else */

struct handle {
	int fd;
	unsigned int queue;
};

/* What the round makes.  Everybody inherits all of it. */
static int queues[QUEUES];
static uint64_t ids[QUEUES];
static int inboxes[PARTIES][2];
static pid_t pids[PARTIES];
/* Shared: which sockets have been passed.  See pass_socket(). */
static bool (*passed)[2];

/* Of one party. */
static struct handle handles[HANDLES];
static struct ledger_sender sender;
static uint16_t orders[QUEUES][LEDGER_LIVES][LEDGER_PRIORITIES];

static struct handle *any_handle(void)
{
	return &handles[chance(HANDLES)];
}

static void put_away(struct handle *handle)
{
	if (handle->fd >= 0)
		close(handle->fd);
	handle->fd = -1;
}

/* Takes @fd in: finds out what it is, and puts it in the place of another. */
static void keep(int fd)
{
	struct ipcq_queue_stat stat = { .size = sizeof(stat) };
	struct handle *handle = any_handle();
	unsigned int queue = OTHER;

	if (!call(fd, IPCQ_IOC_QUEUE_STAT, &stat))
		for (queue = 0; queue < QUEUES; queue++)
			if (ids[queue] == stat.id)
				break;
	put_away(handle);
	handle->fd = fd;
	handle->queue = queue;
}

/* ---------------------------------------------------------- what a party does */

static void send_one(void)
{
	const struct handle *handle = any_handle();
	int ret;

	if (handle->fd < 0 || handle->queue == OTHER)
		return;
	ret = ledger_send(&sender, handle->fd, IPCQ_SEND_F_NONBLOCK, 0);
	if (ret && ret != -EAGAIN)
		fail_msg("sending: error %d", -ret);
}

static void receive_one(void)
{
	const struct handle *handle = any_handle();
	struct ledger_receiver receiver = { .party = sender.party };
	int ret;

	if (handle->fd < 0 || handle->queue == OTHER)
		return;
	receiver.order = orders[handle->queue];
	ret = ledger_receive(&receiver, handle->fd, IPCQ_RECEIVE_F_NONBLOCK, 0);
	if (ret < 0 && ret != -EAGAIN)
		fail_msg("receiving: error %d", -ret);
}

static void duplicate(void)
{
	const struct handle *handle = any_handle();

	if (handle->fd >= 0)
		keep(fcntl(handle->fd, F_DUPFD_CLOEXEC, 0));
}

static bool is_socket(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISSOCK(status.st_mode);
}

/* Where it does not fit it is not sent. */
static void pass(int fd)
{
	if (fd >= 0 && !is_socket(fd))
		(void)send_fd(inboxes[chance(PARTIES)][0], fd);
}

/*
 * Sockets go round in circles, too, but each is passed once.  A socket of a circle that
 * lies in two others of it is never collected by kernels from 6.10 on, nor by the
 * stable ones that have their collector: it takes the circle for several, each kept by
 * the next, if its search has come by in a certain order.
 */
static void pass_socket(void)
{
	unsigned int party = chance(PARTIES), end = chance(2);

	if (__atomic_exchange_n(&passed[party][end], true, __ATOMIC_RELAXED))
		return;
	if (send_fd(inboxes[chance(PARTIES)][0], inboxes[party][end]) < 0)
		__atomic_store_n(&passed[party][end], false, __ATOMIC_RELAXED);
}

static void take(void)
{
	int fd = receive_fd(inboxes[sender.party][1]);

	if (fd >= 0)
		keep(fd);
}

/* Something that nobody else has, and that may end on its way. */
static void pass_new(void)
{
	union open_args args = open_args(chance(2) ? IPCQ_IOC_QUEUE_OPEN :
					 IPCQ_IOC_REGION_OPEN, NULL);
	unsigned int command = args.open.size == sizeof(args.queue) ?
			       IPCQ_IOC_QUEUE_OPEN : IPCQ_IOC_REGION_OPEN;
	int fd = assert_ok(call(device(), command, &args)) ? -1 : args.open.fd;

	if (command == IPCQ_IOC_QUEUE_OPEN)
		assert_ok(queue_send(fd, "lost", 4, 0, 0));
	else
		assert_ok(mutex_lock(fd, 0, 0, 0));
	pass(fd);
	close(fd);
}

/* Inherits everything; moves some of it; ends, or becomes another program. */
static int run_child(void *context)
{
	unsigned int left = 4;
	struct handle *handle = any_handle();

	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (left--) {
		duplicate();
		pass(any_handle()->fd);
		put_away(any_handle());
	}
	if (handle->fd >= 0 && chance(2)) {
		fcntl(handle->fd, F_SETFD, 0);
		execl("/bin/sleep", "sleep", "0.01", NULL);
	}
	return 0;
}

static void fork_one(void)
{
	assert_int_equal(reap(storm_spawn(run_child, NULL)), 0);
}

static int run_party(void *context)
{
	unsigned int party = *(unsigned int *)context, i;

	sender.party = party;
	for (i = 0; i < HANDLES; i++)
		handles[i].fd = -1;
	for (i = 0; i < QUEUES; i++)
		keep(dup(queues[i]));
	while (!ledger_is_full()) {
		switch (chance(40)) {
		case 0:
			fork_one();
			break;
		case 1:
			pass_socket();
			break;
		case 2 ... 3:
			pass_new();
			break;
		case 4 ... 6:
			pass(any_handle()->fd);
			break;
		case 7 ... 10:
			take();
			break;
		case 11 ... 12:
			duplicate();
			break;
		case 13:
			put_away(any_handle());
			keep(dup(queues[chance(QUEUES)]));
			break;
		case 14 ... 26:
			send_one();
			break;
		default:
			receive_one();
		}
	}
	pause();
	return 0;
}

/* -------------------------------------------------------------------- round */

static void begin(void)
{
	unsigned int i;

	ledger_new(LEDGER_LONGEST / 8);
	passed = shared_memory(sizeof(*passed) * PARTIES);
	for (i = 0; i < QUEUES; i++) {
		queues[i] = queue_new(32, LEDGER_LONGEST / 8);
		ids[i] = queue_stat(queues[i]).id;
	}
	for (i = 0; i < PARTIES; i++)
		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
					    SOCK_NONBLOCK, 0, inboxes[i]), 0);
	for (i = 0; i < PARTIES; i++)
		pids[i] = storm_spawn(run_party, &i);
}

static void round_of_passing(void)
{
	uint64_t end = in(DURATION);
	uint32_t lives;
	unsigned int i;

	begin();
	while (in(0) < end && !ledger_is_full()) {
		usleep(chance(5000));
		i = chance(PARTIES);
		kill_party(pids[i]);
		ledger_killed(i);
		pids[i] = storm_spawn(run_party, &i);
	}
	for (i = 0; i < PARTIES; i++) {
		kill_party(pids[i]);
		ledger_killed(i);
	}
	lives = ledger->lives;
	for (i = 0; i < QUEUES; i++)
		ledger_drain(queues[i]);
	ledger_check();
	print_message("  %u lives\n", lives);
}

int main(int argc, char **argv)
{
	return storm_main(argc, argv, round_of_passing);
}
