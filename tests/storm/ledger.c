// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define END_LIFE	0xffffffffU
#define NO_LIFE		0xfffffffeU
#define PAGE		4096
/* A party's: its good buffer, the page in which the bad one is, and a hole. */
#define BUFFERS		(LEDGER_LONGEST + 2 * PAGE)
#define BAD_SIZE	64

struct header {
	uint32_t life;
	uint32_t number;
};

struct ledger *ledger;
/* Where messages are made. */
static char payload[LEDGER_LONGEST];
/* Of all parties. */
static char *buffers;

/* A buffer of a message's size, or one that all but short messages do not fit in. */
static char *buffer_of(unsigned int party, bool bad)
{
	char *good = buffers + party * BUFFERS;

	return bad ? good + LEDGER_LONGEST + PAGE - BAD_SIZE : good;
}

void ledger_new(uint32_t longest)
{
	unsigned int party;

	ledger = shared_memory(sizeof(*ledger));
	ledger->longest = longest;
	buffers = shared_memory(LEDGER_PARTIES * BUFFERS);
	for (party = 0; party < LEDGER_PARTIES; party++)
		assert_int_equal(munmap(buffer_of(party, true) + BAD_SIZE, PAGE),
				 0);
}

bool ledger_is_full(void)
{
	return __atomic_load_n(&ledger->lives, __ATOMIC_RELAXED) >= LEDGER_LIVES;
}

uint32_t ledger_progress(unsigned int party)
{
	return __atomic_load_n(&ledger->party[party].progress, __ATOMIC_RELAXED);
}

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

/* ------------------------------------------------- what a message looks like */

static uint32_t mix(struct header header)
{
	return (header.life * 31 + header.number) * 2654435761U;
}

/* Most are short; one in eight is long, for its sender to be killed in the copy. */
static size_t length_of(struct header header)
{
	uint32_t number = mix(header);

	return sizeof(header) +
	       number / 8 % (number % 8 ? 64 : ledger->longest - sizeof(header));
}

static uint32_t priority_of(struct header header)
{
	return mix(header) / 65536 % LEDGER_PRIORITIES;
}

static bool is_possible(struct header header)
{
	return header.life < LEDGER_LIVES && header.number < LEDGER_MESSAGES;
}

static bool is_intact(struct header header, const char *data, size_t length)
{
	size_t i;

	if (!is_possible(header) || length != length_of(header))
		return false;
	for (i = sizeof(header); i < length; i++)
		if ((unsigned char)data[i] != header.number)
			return false;
	return true;
}

/* --------------------------------------------------------------------- send */

/* Anew, or after the last message of a life. */
static void begin_life(struct ledger_sender *sender)
{
	uint32_t life = __atomic_fetch_add(&ledger->lives, 1, __ATOMIC_RELAXED);

	sender->alive = life < LEDGER_LIVES;
	sender->life = life;
	sender->number = 0;
}

static int send_as(struct ledger_sender *sender, int fd, size_t length,
		   uint32_t flags, uint64_t deadline)
{
	struct header header = { sender->life, sender->number };
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = flags,
		.payload = (uintptr_t)payload,
		.length = length,
		.deadline = deadline,
		.priority = sender->priorities ? priority_of(header) : 0,
	};
	ssize_t ret;

	/* By write(2) now and then, where that can say the same. */
	if (flags || deadline || args.priority || header.number % 4)
		return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
	ret = write(fd, payload, length);
	return ret < 0 ? -errno : ret == (ssize_t)length ? 0 : -EPROTO;
}

int ledger_send(struct ledger_sender *sender, int fd, uint32_t flags,
		uint64_t deadline)
{
	struct header header;
	size_t length;
	int ret;

	if (!sender->alive || sender->number == LEDGER_MESSAGES)
		begin_life(sender);
	/* Until the round notices. */
	if (!sender->alive)
		return -EAGAIN;

	header = (struct header) { sender->life, sender->number };
	length = length_of(header);
	memset(payload, header.number, length);
	memcpy(payload, &header, sizeof(header));
	__atomic_store_n(&ledger->life[header.life].begun, header.number + 1,
			 __ATOMIC_SEQ_CST);
	ret = send_as(sender, fd, length, flags, deadline);
	if (ret)
		return ret;
	__atomic_store_n(&ledger->life[header.life].acknowledged,
			 header.number + 1, __ATOMIC_SEQ_CST);
	sender->number++;
	count(&ledger->party[sender->party].progress);
	return 0;
}

int ledger_send_end(int fd, uint64_t deadline)
{
	struct header header = { END_LIFE, 0 };

	return queue_send(fd, &header, sizeof(header), 0, deadline);
}

/* ------------------------------------------------------------------ receive */

static void check_order(struct ledger_receiver *receiver, struct header header)
{
	uint16_t *next = &receiver->order[header.life][receiver->priorities ?
						       priority_of(header) : 0];

	if (header.number < *next)
		count(receiver->alone ? &ledger->broken : &ledger->disorder);
	else
		*next = header.number + 1;
}

/* Returns LEDGER_END for the message that says so, else @length. */
static int note(struct ledger_receiver *receiver, const char *data, int length)
{
	struct header header = { NO_LIFE, 0 };

	if (length >= (int)sizeof(header))
		memcpy(&header, data, sizeof(header));
	if (header.life == END_LIFE)
		return LEDGER_END;
	/* First of all: it may be killed at any moment. */
	if (is_possible(header))
		__atomic_fetch_add(&ledger->received[header.life][header.number],
				   1, __ATOMIC_SEQ_CST);
	if (!is_intact(header, data, length))
		count(&ledger->broken);
	else
		check_order(receiver, header);
	count(&ledger->party[receiver->party].progress);
	return length;
}

static int receive_into(int fd, char *buffer, uint32_t flags, uint64_t deadline)
{
	ssize_t ret;

	if (flags || deadline || chance(4))
		return queue_receive(fd, buffer, LEDGER_LONGEST, flags, deadline);
	ret = read(fd, buffer, LEDGER_LONGEST);
	return ret < 0 ? -errno : ret;
}

int ledger_receive(struct ledger_receiver *receiver, int fd, uint32_t flags,
		   uint64_t deadline)
{
	struct ledger_party *party = &ledger->party[receiver->party];
	bool careless = receiver->careless && !chance(8);
	char *buffer = buffer_of(receiver->party, careless);
	int ret;

	party->careless = careless;
	memcpy(buffer, &(struct header) { NO_LIFE, 0 }, sizeof(struct header));
	__atomic_store_n(&party->receiving, 1, __ATOMIC_SEQ_CST);
	ret = receive_into(fd, buffer, flags, deadline);
	if (ret >= 0)
		ret = note(receiver, buffer, ret);
	else if (ret == -EFAULT && careless)
		count(&ledger->put_back);
	__atomic_store_n(&party->receiving, 0, __ATOMIC_SEQ_CST);
	return ret;
}

void ledger_killed(unsigned int number)
{
	struct ledger_party *party = &ledger->party[number];
	const char *buffer = buffer_of(number, party->careless);
	struct header header;

	if (!party->receiving)
		return;
	party->receiving = 0;
	ledger->taken++;
	memcpy(&header, buffer, sizeof(header));
	if (is_possible(header) &&
	    (!party->careless || length_of(header) <= BAD_SIZE) &&
	    is_intact(header, buffer, length_of(header)))
		ledger->received[header.life][header.number] |= LEDGER_DIED;
}

void ledger_drain(int fd)
{
	static uint16_t order[LEDGER_LIVES][LEDGER_PRIORITIES];
	struct ledger_receiver receiver = {
		.party = LEDGER_PARTIES - 1,
		.priorities = queue_stat(fd).order == IPCQ_ORDER_PRIORITY,
		.order = order,
	};
	int ret;

	memset(order, 0, sizeof(order));
	do
		ret = ledger_receive(&receiver, fd, IPCQ_RECEIVE_F_NONBLOCK, 0);
	while (ret >= 0 || ret == LEDGER_END);
	assert_error(ret, EAGAIN);
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).bytes, 0);
}

/* -------------------------------------------------------------------- check */

struct sums {
	unsigned int sent, unsure, taken, lost, doubled, unsent;
};

static void check_message(uint32_t life, uint32_t number, struct sums *sums)
{
	uint8_t noted = ledger->received[life][number] & ~LEDGER_DIED;
	bool with_dead = ledger->received[life][number] & LEDGER_DIED;

	sums->doubled += noted > 1;
	if (number >= ledger->life[life].begun)
		sums->unsent += noted;
	else if (number < ledger->life[life].acknowledged && !noted)
		*(with_dead ? &sums->taken : &sums->lost) += 1;
}

static void check_life(uint32_t life, struct sums *sums)
{
	uint32_t begun = ledger->life[life].begun;
	uint32_t acknowledged = ledger->life[life].acknowledged, number;

	assert_true(begun - acknowledged <= 1);
	sums->sent += acknowledged;
	sums->unsure += begun - acknowledged;
	for (number = 0; number < LEDGER_MESSAGES; number++)
		check_message(life, number, sums);
}

void ledger_check(void)
{
	struct sums sums = { 0 };
	uint32_t life;

	for (life = 0; life < LEDGER_LIVES; life++)
		check_life(life, &sums);
	print_message("  sent %u and perhaps %u; %u receivers killed, with %u messages, %u lost; %u put back, %u out of order\n",
		      sums.sent, sums.unsure, ledger->taken, sums.taken,
		      sums.lost, ledger->put_back, ledger->disorder);
	assert_int_equal(ledger->broken, 0);
	assert_int_equal(sums.doubled, 0);
	assert_int_equal(sums.unsent, 0);
	assert_int_equal(sums.lost, 0);
	assert_true(ledger->disorder <= ledger->taken + ledger->put_back);
	assert_true(sums.sent > 0);
}
