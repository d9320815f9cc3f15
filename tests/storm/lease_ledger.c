// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease_ledger.h"

#include <string.h>

struct lease_ledger *leases;

void leases_new(void)
{
	leases = shared_memory(sizeof(*leases));
}

bool leases_are_full(void)
{
	return __atomic_load_n(&leases->count, __ATOMIC_RELAXED) >= LEASE_MESSAGES;
}

static void count(uint8_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

static void wrong(const char *what, uint32_t number)
{
	__atomic_fetch_add(&leases->wrong, 1, __ATOMIC_SEQ_CST);
	print_error("message %u %s\n", number, what);
}

/* ----------------------------------------------------------------- messages */

size_t lease_message(uint32_t number, unsigned char *payload)
{
	size_t length = sizeof(number) +
			number * 2654435761U / 8192 % (LEASE_LONGEST - sizeof(number));

	memset(payload, number, length);
	memcpy(payload, &number, sizeof(number));
	return length;
}

uint32_t lease_begin(void)
{
	uint32_t number = __atomic_fetch_add(&leases->count, 1, __ATOMIC_RELAXED);

	if (number >= LEASE_MESSAGES)
		return LEASE_MESSAGES;
	count(&leases->entry[number].sending);
	return number;
}

void lease_sent(uint32_t number)
{
	count(&leases->entry[number].sent);
}

static uint32_t count_begun(void)
{
	return leases_are_full() ? LEASE_MESSAGES : leases->count;
}

bool leases_are_sent(void)
{
	uint32_t number, begun = count_begun();

	for (number = 0; number < begun; number++)
		if (!leases->entry[number].sent)
			return false;
	return true;
}

/* ----------------------------------------------------------------- receives */

uint32_t lease_received(const struct ipcq_queue_receive *args, long length)
{
	const unsigned char *payload = (const unsigned char *)(uintptr_t)args->payload;
	unsigned char expected[LEASE_LONGEST];
	uint32_t number = 0;
	uint64_t bit = 1ULL << args->redeliveries % 64;

	if (length >= (long)sizeof(number))
		memcpy(&number, payload, sizeof(number));
	if (number >= LEASE_MESSAGES || !leases->entry[number].sending ||
	    length != (long)lease_message(number, expected) ||
	    memcmp(payload, expected, length)) {
		wrong("is none that was sent", number);
		return 0;
	}
	/* None comes back that often, unless it is much disturbed. */
	if (args->redeliveries < 64 &&
	    __atomic_fetch_or(&leases->entry[number].received, bit, __ATOMIC_SEQ_CST) & bit)
		wrong("was received twice without having come back", number);
	return number;
}

void lease_acknowledging(uint32_t number)
{
	count(&leases->entry[number].acknowledging);
}

void lease_acknowledged(uint32_t number, uint32_t redeliveries)
{
	leases->entry[number].last = redeliveries < 64 ? redeliveries : 64;
	count(&leases->entry[number].acknowledged);
}

void leases_drain(int fd)
{
	unsigned char payload[LEASE_LONGEST];
	long length;

	for (;;) {
		struct ipcq_queue_receive args = {
			.size = sizeof(args),
			.flags = IPCQ_RECEIVE_F_NONBLOCK,
			.payload = (uintptr_t)payload,
			.length = sizeof(payload),
		};
		uint32_t number;

		length = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
		if (length < 0)
			break;
		number = lease_received(&args, length);
		lease_acknowledging(number);
		lease_acknowledged(number, args.redeliveries);
	}
	assert_error(length, EAGAIN);
}

/* -------------------------------------------------------------------- check */

static void check_entry(uint32_t number)
{
	const struct lease_entry *entry = &leases->entry[number];

	if (entry->acknowledged > 1)
		wrong("was acknowledged twice", number);
	if (entry->sent && !entry->acknowledging)
		wrong("is lost", number);
	if (entry->acknowledged && entry->last < 63 && entry->received >> (entry->last + 1))
		wrong("came back after it was acknowledged", number);
}

void leases_check(int fd)
{
	unsigned int sent = 0, untold = 0, back = 0;
	struct ipcq_queue_stat stat = queue_stat(fd);
	uint32_t number, begun = count_begun();

	for (number = 0; number < begun; number++) {
		const struct lease_entry *entry = &leases->entry[number];

		check_entry(number);
		sent += entry->sent;
		untold += entry->sent && !entry->acknowledged;
		back += (entry->received & (entry->received - 1)) != 0;
	}
	print_message("  %u sent, %u that came back, %u acknowledged by the killed; %u killed\n",
		      sent, back, untold, leases->killed);
	assert_int_equal(leases->wrong, 0);
	assert_true(untold <= leases->killed);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.held, 0);
	assert_int_equal(stat.sent, stat.received);
	assert_true(stat.sent >= sent);
	assert_true(sent > 0);
}
