// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hostile writer of a control word: the bounded tries of kmod/mutex.c,
 * ipcq_mutex_lock(), take_or_enqueue(), change_word() and recover(), and of
 * kmod/eventcount.c, mark_word(): IPCQ_WORD_TRIES.
 *
 * One thread is in a call, reading the word and exchanging it, while another process
 * changes the word for ever.  However it does that, the lock is dropped after a few
 * tries, so that others get it, and a signal ends the call soon.  The thread may get
 * nowhere; nobody else is held up.  It gives up only if it was disturbed.
 *
 * recover() and mark_word() do not come back after the tries: the next to lock finds
 * an id that is nobody's, and a count that keeps changing has moved on.
 *
 * mutant NO_BOUND "tries<=3" the tries under the lock are not counted
 * mutant NO_SIGNAL "rounds<=1" a pending signal does not end the call
 * mutant NO_RETRY "disturbed==3" the lock is dropped at the first failure
 */
#define TRIES	3

bool word;		/* this or that */
bool signal;		/* pending */
bool over;

active proctype caller()
{
	byte tries, rounds, disturbed;
	bool seen, got, told;

	do
	:: told = signal;
		/* Under the lock. */
		tries = 0;
		disturbed = 0;
		do
#ifdef NO_BOUND
		:: true ->
#else
		:: tries < TRIES ->
#endif
			tries++;
			assert(tries <= TRIES);
			seen = word;
			if
			:: atomic { word == seen -> got = true }; break
			:: word != seen -> disturbed++
			fi
#ifdef NO_RETRY
			; break
#endif
		:: tries == TRIES -> break
		od;
		/* The lock is dropped. */
		assert(got || disturbed == TRIES);
		if
		:: got -> break
		:: !got && signal ->
#ifdef NO_SIGNAL
			skip
#else
			break
#endif
		:: !got && !signal
		fi;
		if
		:: told -> rounds++; assert(rounds <= 1)
		:: !told
		fi
	od;
	over = true
}

active proctype hostile()
{
	do
	:: !over -> word = !word
	:: over -> break
	od
}

active proctype killer()
{
	signal = true
}
