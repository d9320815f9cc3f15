// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define END_LIFE	0xffffffffU
#define PAGE		4096

struct header {
	uint32_t life;
	uint32_t number;
};

struct ledger *ledger;
/* A buffer, and one that ends, one page in, where nothing is mapped. */
static char *good, *bad;

void ledger_new(uint32_t longest)
{
	char *map = mmap(NULL, LEDGER_LONGEST + 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	good = map;
	bad = map + LEDGER_LONGEST;
	assert_int_equal(munmap(bad + PAGE, PAGE), 0);
	ledger = shared_memory(sizeof(*ledger));
	ledger->longest = longest;
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

static bool is_intact(struct header header, const char *data, size_t length)
{
	size_t i;

	if (header.life >= LEDGER_LIVES || header.number >= LEDGER_MESSAGES ||
	    length != length_of(header))
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
		.payload = (uintptr_t)good,
		.length = length,
		.deadline = deadline,
		.priority = sender->priorities ? priority_of(header) : 0,
	};
	ssize_t ret;

	/* By write(2) now and then, where that can say the same. */
	if (flags || deadline || args.priority || header.number % 4)
		return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
	ret = write(fd, good, length);
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
	memset(good, header.number, length);
	memcpy(good, &header, sizeof(header));
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

/* Returns LEDGER_END for the message that says so, else @length. */
static int note(struct ledger_receiver *receiver, const char *data, int length)
{
	struct header header = { 0 };
	uint16_t *next;

	memcpy(&header, data, length < (int)sizeof(header) ? length : (int)sizeof(header));
	if (header.life == END_LIFE && length == sizeof(header))
		return LEDGER_END;
	if (!is_intact(header, data, length)) {
		count(&ledger->broken);
		return length;
	}
	__atomic_fetch_add(&ledger->received[header.life][header.number], 1,
			   __ATOMIC_SEQ_CST);
	next = &receiver->order[header.life][receiver->priorities ?
					     priority_of(header) : 0];
	if (header.number < *next)
		count(receiver->alone ? &ledger->broken : &ledger->disorder);
	else
		*next = header.number + 1;
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
	char *buffer = careless ? bad + PAGE - 64 : good;
	int ret;

	__atomic_store_n(&party->receiving, 1, __ATOMIC_SEQ_CST);
	ret = receive_into(fd, buffer, flags, deadline);
	if (ret >= 0)
		ret = note(receiver, buffer, ret);
	else if (ret == -EFAULT && careless)
		count(&ledger->put_back);
	__atomic_store_n(&party->receiving, 0, __ATOMIC_SEQ_CST);
	return ret;
}

void ledger_killed(unsigned int party)
{
	if (ledger->party[party].receiving)
		ledger->taken++;
	ledger->party[party].receiving = 0;
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
	unsigned int sent, unsure, lost, doubled, unsent;
};

static void check_life(uint32_t life, struct sums *sums)
{
	uint32_t begun = ledger->life[life].begun;
	uint32_t acknowledged = ledger->life[life].acknowledged, number;

	assert_true(begun - acknowledged <= 1);
	sums->sent += acknowledged;
	sums->unsure += begun - acknowledged;
	for (number = 0; number < LEDGER_MESSAGES; number++) {
		uint8_t received = ledger->received[life][number];

		sums->doubled += received > 1;
		if (number < acknowledged)
			sums->lost += !received;
		else if (number >= begun)
			sums->unsent += received;
	}
}

void ledger_check(void)
{
	struct sums sums = { 0 };
	uint32_t life;

	for (life = 0; life < LEDGER_LIVES; life++)
		check_life(life, &sums);
	print_message("  sent %u and perhaps %u; %u lost with %u receivers; %u put back, %u out of order\n",
		      sums.sent, sums.unsure, sums.lost, ledger->taken,
		      ledger->put_back, ledger->disorder);
	assert_int_equal(ledger->broken, 0);
	assert_int_equal(sums.doubled, 0);
	assert_int_equal(sums.unsent, 0);
	assert_true(sums.lost <= ledger->taken);
	assert_true(ledger->disorder <= ledger->taken + ledger->put_back);
	assert_true(sums.sent > 0);
}
