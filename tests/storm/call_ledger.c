// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_ledger.h"

#include <string.h>

struct call_ledger *calls;

void calls_new(void)
{
	calls = shared_memory(sizeof(*calls));
}

bool calls_are_full(void)
{
	return __atomic_load_n(&calls->calls, __ATOMIC_RELAXED) >= CALLS;
}

uint32_t call_begin(void)
{
	uint32_t number = __atomic_fetch_add(&calls->calls, 1, __ATOMIC_RELAXED);

	return number < CALLS ? number : CALLS;
}

void call_end(uint32_t number, int end)
{
	__atomic_store_n(&calls->entry[number].end, end, __ATOMIC_SEQ_CST);
}

void call_mark(uint32_t number, enum call_mark mark)
{
	__atomic_store_n(&calls->entry[number].mark[mark], 1, __ATOMIC_SEQ_CST);
}

void call_served(uint32_t number)
{
	__atomic_fetch_add(&calls->entry[number].served, 1, __ATOMIC_SEQ_CST);
}

void call_returns(uint32_t number)
{
	__atomic_fetch_add(&calls->entry[number].returned, 1, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------ replies */

static unsigned char reply_byte(uint32_t number, size_t at)
{
	return number >> at % 4 * 8 ^ at * 7;
}

/* Some are as long as a message that has no buffer of its own, and some longer. */
size_t call_reply(uint32_t number, unsigned char *reply)
{
	size_t length = 8 + number * 2654435761U / 4096 % (LONGEST_REPLY - 8), at;

	for (at = 0; at < length; at++)
		reply[at] = reply_byte(number, at);
	return length;
}

bool is_call_reply(uint32_t number, const unsigned char *reply, long length)
{
	unsigned char expected[LONGEST_REPLY];

	return (long)call_reply(number, expected) == length &&
	       !memcmp(reply, expected, length);
}

uint32_t call_refusal(uint32_t number)
{
	return 1 + number % IPCQ_REFUSAL_MAX;
}

/* -------------------------------------------------------------------- check */

struct sums {
	unsigned int ended, replies, refusals, resets, timeouts, others;
	unsigned int unsure;		/* ends for which nobody has noted why */
	unsigned int wrong;
};

static bool has(const struct call_entry *entry, enum call_mark mark)
{
	return entry->mark[mark];
}

static void check_why(const struct call_entry *entry, struct sums *sums)
{
	switch (entry->end) {
	case CALL_GOT_REPLY:
		sums->replies++;
		sums->wrong += !has(entry, CALL_REPLYING);
		break;
	case -EREMOTEIO:
		sums->refusals++;
		sums->wrong += !has(entry, CALL_REFUSING);
		break;
	case -ECONNRESET:
		sums->resets++;
		sums->unsure += !has(entry, CALL_LOST);
		break;
	case -ENOTCONN:
		sums->others++;
		sums->unsure += !has(entry, CALL_READ);
		break;
	case -ECANCELED:
		sums->others++;
		sums->wrong += !has(entry, CALL_DROPPABLE);
		break;
	case -ETIME:
		sums->others++;
		sums->wrong += !has(entry, CALL_MORTAL);
		break;
	case -ETIMEDOUT:
		sums->timeouts++;
		break;
	case -EINTR:
	case -EAGAIN:
	case -ECONNREFUSED:
		sums->others++;
		break;
	default:
		sums->wrong++;
	}
}

/* What servers were told is what callers were. */
static bool is_mutual(const struct call_entry *entry)
{
	if (has(entry, CALL_REPLIED) && entry->end != CALL_GOT_REPLY)
		return false;
	if (has(entry, CALL_REFUSED) && entry->end != -EREMOTEIO)
		return false;
	return !has(entry, CALL_UNWANTED) || entry->end == -ETIMEDOUT;
}

static void check_call(uint32_t number, struct sums *sums)
{
	const struct call_entry *entry = &calls->entry[number];
	unsigned int wrong = sums->wrong;

	if (entry->end != CALL_GOES_ON) {
		sums->ended++;
		check_why(entry, sums);
		sums->wrong += !is_mutual(entry);
	}
	sums->wrong += entry->served > 1 + entry->returned;
	if (sums->wrong > wrong)
		print_error("call %u ended with %d: served %u times, returned %u, marks %d%d%d%d%d%d%d%d%d\n",
			    number, entry->end, entry->served, entry->returned,
			    entry->mark[0], entry->mark[1], entry->mark[2],
			    entry->mark[3], entry->mark[4], entry->mark[5],
			    entry->mark[6], entry->mark[7], entry->mark[8]);
}

void calls_check(void)
{
	uint32_t count = calls_are_full() ? CALLS : calls->calls, number;
	struct sums sums = { 0 };

	for (number = 0; number < count; number++)
		check_call(number, &sums);
	print_message("  %u calls, %u ended: %u replies, %u refused, %u servers lost, %u timed out, %u others; %u servers killed receiving, %u ends unexplained\n",
		      count, sums.ended, sums.replies, sums.refusals, sums.resets,
		      sums.timeouts, sums.others, calls->unsure, sums.unsure);
	assert_int_equal(sums.wrong, 0);
	assert_true(sums.unsure <= calls->unsure);
	assert_true(sums.replies > 0);
}
