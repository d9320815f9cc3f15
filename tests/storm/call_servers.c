// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What servers do with requests, and how they end.
 */
#include "call_parties.h"

#include <signal.h>
#include <unistd.h>

static volatile int signals;

struct server {
	unsigned int party;
	unsigned int queue;
	int fd;
};

static void set_holding(struct holding *holding, const struct holding *from)
{
	holding->token = from->token;
	holding->leased = from->leased;
	holding->patient = from->patient;
	__atomic_store_n(&holding->number, from->number, __ATOMIC_SEQ_CST);
}

static void drop_holding(struct holding *holding)
{
	__atomic_store_n(&holding->number, NOBODY, __ATOMIC_SEQ_CST);
}

/* Its holder ends, or has ended. */
static void lose(struct holding *holding)
{
	if (holding->number == NOBODY)
		return;
	if (holding->leased)
		call_returns(holding->number);
	else
		call_mark(holding->number, CALL_LOST);
	drop_holding(holding);
}

void party_ended(unsigned int number, int status)
{
	struct party *party = &parties[number];

	if (number < CALLERS)
		return;
	if (status && party->receiving)
		calls->unsure++;
	party->receiving = 0;
	party->pid = 0;
	lose(&party->own);
	lose(&party->given);
}

/* A request has been received. */
static void note(struct server *server, const struct request *request, uint64_t token,
		 bool leased)
{
	struct party *party = &parties[server->party];

	call_served(request->number);
	if (!token) {
		call_mark(request->number, CALL_READ);
		return;
	}
	set_holding(&party->own, &(struct holding) {
		.number = request->number,
		.leased = leased,
		.patient = request->patient,
		.token = token,
	});
	__atomic_store_n(&party->pid, getpid(), __ATOMIC_SEQ_CST);
}

/* From before a receive until what it has brought is noted. */
static void set_receiving(const struct server *server, bool receiving)
{
	__atomic_store_n(&parties[server->party].receiving, receiving, __ATOMIC_SEQ_CST);
}

/* Why there was nothing. */
static void check_receive(int ret)
{
	if (ret < 0 && ret != -ETIMEDOUT && ret != -EINTR && ret != -EFAULT)
		fail_msg("receiving: error %d", -ret);
}

static void receive_plainly(struct server *server)
{
	struct request request;
	struct ipcq_queue_receive args = {
		.size = IPCQ_QUEUE_RECEIVE_MIN,
		.payload = (uintptr_t)&request,
		.length = sizeof(request),
		.deadline = in(chance(3 * MS)),
	};

	int ret;

	set_receiving(server, true);
	ret = call(server->fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
	check_receive(ret);
	if (ret >= 0)
		note(server, &request, 0, false);
	set_receiving(server, false);
}

static void receive_to_hold(struct server *server)
{
	struct request request;
	bool leased = chance(2), timed = leased && chance(2);
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = leased ? IPCQ_RECEIVE_F_LEASE : 0,
		.payload = chance(16) ? (uintptr_t)&request : 8,
		.length = sizeof(request),
		.deadline = in(chance(3 * MS)),
		.lease = timed ? 1 + chance(3 * MS) : 0,
	};

	int ret;

	set_receiving(server, true);
	ret = call(server->fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
	check_receive(ret);
	if (ret >= 0 && timed)
		call_returns(request.number);
	if (ret >= 0)
		note(server, &request, args.token, leased);
	set_receiving(server, false);
}

/* No lease ends, and nobody else was meant when it was handed over. */
static bool is_certain(const struct server *server, const struct holding *holding)
{
	return !holding->leased && holding == &parties[server->party].own;
}

/*
 * Replies or refuses, and perhaps receives the next in the same call: then it is asked
 * by the outcome whether that was, too.
 */
static void reply(struct server *server, struct holding *holding, bool refuses,
		  bool receives)
{
	unsigned char text[LONGEST_REPLY];
	uint32_t number = holding->number;
	struct request request;
	struct ipcq_queue_reply args = {
		.size = chance(2) ? IPCQ_QUEUE_REPLY_MIN : sizeof(args),
		.flags = receives ? IPCQ_REPLY_F_RECEIVE : 0,
		.token = number == NOBODY ? 0 : holding->token,
		.buffer = (uintptr_t)&request,
		.buffer_length = sizeof(request),
		.deadline = in(chance(3 * MS)),
	};
	int ret;

	if (args.token && refuses) {
		args.error = call_refusal(number);
		call_mark(number, CALL_REFUSING);
	} else if (args.token) {
		args.payload = (uintptr_t)text;
		args.length = call_reply(number, text);
		call_mark(number, CALL_REPLYING);
	}
	set_receiving(server, receives);
	ret = call(server->fd, IPCQ_IOC_QUEUE_REPLY, &args);
	if (number != NOBODY) {
		/* Of a receive the token is that of the next. */
		if (ret >= 0 || !args.token)
			call_mark(number, refuses ? CALL_REFUSED : CALL_REPLIED);
		else if (ret == -ECANCELED)
			call_mark(number, CALL_UNWANTED);
		else if (ret != -ENOKEY || is_certain(server, holding))
			fail_msg("replying: error %d", -ret);
		drop_holding(holding);
	}
	if (receives && ret >= 0)
		note(server, &request, args.token, false);
	else if (!args.token)
		check_receive(ret);
	set_receiving(server, false);
}

static void give_back(struct server *server, struct holding *holding)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.token = holding->token,
		.operation = IPCQ_LEASE_RETURN,
		.time = chance(2) ? 0 : chance(3 * MS),
	};
	int ret;

	call_returns(holding->number);
	ret = call(server->fd, IPCQ_IOC_QUEUE_LEASE, &args);
	if (ret && (ret != -ENOKEY || is_certain(server, holding)))
		fail_msg("giving back: error %d", -ret);
	drop_holding(holding);
}

/* To another one, who must have attached; it is told the token afterwards. */
static void pass_on(struct server *server, struct holding *holding)
{
	unsigned int number = CALLERS + chance(SERVERS);
	struct party *to = &parties[number];
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.token = holding->token,
		.operation = IPCQ_LEASE_HAND_OVER,
		.pid = to->pid,
	};

	/* Who waits for ever must not depend on somebody who does not know it. */
	if (number == server->party || !args.pid || to->given.number != NOBODY ||
	    to->queue != server->queue || holding->patient)
		return;
	/* If either is killed now, nobody knows of it. */
	call_mark(holding->number, CALL_LOST);
	call_returns(holding->number);
	if (call(server->fd, IPCQ_IOC_QUEUE_LEASE, &args))
		return;
	set_holding(&to->given, holding);
	drop_holding(holding);
}

/* Ends while it holds something, in a way of its own. */
static void end_somehow(struct server *server)
{
	switch (chance(3)) {
	case 0:
		_exit(0);
	case 1:
		/* What comes to the new program must do it no harm. */
		signal(SIGUSR1, SIG_IGN);
		execl("/bin/true", "true", NULL);
		_exit(1);
	default:
		lose(&parties[server->party].own);
		lose(&parties[server->party].given);
		close(server->fd);
		server->fd = queue_open(call_queues[server->queue].name, RW);
		assert_ok(server->fd);
	}
}

static void deal_with(struct server *server, struct holding *holding)
{
	switch (chance(24)) {
	case 0:
		end_somehow(server);
		break;
	case 1:
	case 2:
		give_back(server, holding);
		break;
	case 3:
	case 4:
		pass_on(server, holding);
		break;
	case 5:
	case 6:
		reply(server, holding, true, chance(2));
		break;
	default:
		/* What it would receive has no place then. */
		reply(server, holding, false,
		      holding == &parties[server->party].own && chance(3));
	}
}

static void serve(struct server *server)
{
	struct party *party = &parties[server->party];

	if (party->own.number != NOBODY)
		deal_with(server, &party->own);
	else if (party->given.number != NOBODY)
		deal_with(server, &party->given);
	else if (!chance(16))
		receive_plainly(server);
	else if (chance(2))
		receive_to_hold(server);
	else
		reply(server, &party->own, false, true);
	party_got_on(server->party);
}

int run_server(unsigned int party, const int *queues)
{
	struct server server = {
		.party = party,
		/* So that each queue has some. */
		.queue = party % CALL_QUEUES,
	};

	parties[party].queue = server.queue;
	/* What it has inherited is its last descriptor of the handle, if it takes that. */
	server.fd = chance(2) ? queues[server.queue] :
				queue_open(call_queues[server.queue].name, RW);
	assert_ok(server.fd);
	handle_signals(chance(2) ? SA_RESTART : 0, &signals);
	for (;;)
		serve(&server);
}

void drain(int fd)
{
	struct request request;

	/* Who reads cannot reply, and so holds nothing. */
	while (queue_stat(fd).messages)
		assert_int_equal(read(fd, &request, sizeof(request)), sizeof(request));
}
