// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The word of an eventcount: user/lib/eventcount.c against kmod/eventcount.c,
 * mark_word(), ipcq_eventcount_wait(), wake_some(), clear_if_idle() and
 * ipcq_eventcount_advance().
 *
 * Two threads each want a token; two others each put one down, advance the eventcount
 * and wake one thread, in user space or by the kernel's own call; one who waits may be
 * killed, or stop waiting.  When nothing goes on any more, nobody may be asleep though
 * there is a token.
 *
 * Each access to the word is a step of its own; what is done to the list is done with
 * the step before it, as nobody sees it without the lock.  How a wait ends is in
 * wait.pml: here it is done[].
 *
 * Order.  The advance is a release, the reading of the count an acquire: who reads the
 * new count sees the token.  ADVANCE_EARLY is what happens where it is not: with
 * IPCQ_IOC_EVENTCOUNT_ADVANCE, it is the kernel's addition that has to be a release of
 * what user space did before the call, and a system call orders nothing by itself.
 * mark_word() may read WAITERS set and conclude without an exchange that it stays: it
 * is cleared only under the lock, which is held.  Who advances without seeing WAITERS
 * did so before it was set, in the one order that all changes of a word have, so the
 * word as read has that advance in it, and the count is not the one seen.
 *
 * with ONE one thread only advances, so that there is one wake-up for two
 *
 * mutant ADVANCE_EARLY "asleep_though" the count is seen before the token
 * mutant MARK_STORES "asleep_though" WAITERS is set without a look at the count
 * mutant LIST_LATE "asleep_though" the lock is dropped between mark and list
 * mutant CLEAR_ALWAYS "asleep_though" WAITERS is cleared though others wait
 * mutant CLEAR_LATE "asleep_though" it is cleared after the lock was dropped
 * mutant NO_PASSING+ONE "asleep_though" who is killed keeps the wake-up meant for one
 * mutant READ_LATE "asleep_though" the count is read after the condition was tested
 */
#define WAITERS		2
#ifdef ONE
#define ADVANCERS	1
#else
#define ADVANCERS	2
#endif

bool locked;			/* region->lock */
byte count;			/* the word: its count, */
bool mark;			/* and IPCQ_EVENTCOUNT_WAITERS */
chan list = [WAITERS] of { byte };
bool done[WAITERS];
bool asleep[WAITERS];
byte tokens;			/* the condition: in the region's data */
byte asleep_though;

#define self	_pid

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline clear_if_idle()
{
#ifdef CLEAR_ALWAYS
	mark = false
#else
	d_step {
		if
		:: len(list) == 0 -> mark = false
		:: else
		fi
	}
#endif
}

/* wake_some(), of one */
inline wake_some()
{
	lock();
#ifdef CLEAR_LATE
	idle = len(list) <= 1;
#endif
	d_step {
		if
		:: len(list) > 0 -> list ? who; done[who] = true
		:: else
		fi;
		who = 0
	};
#ifdef CLEAR_LATE
	unlock();
	if
	:: idle -> mark = false
	:: else
	fi
#else
	clear_if_idle();
	unlock()
#endif
}

active [WAITERS] proctype waiter()
{
	byte seen, old, who;
	bool old_mark, idle, waited;

	do
	:: /* ipcq_eventcount_read(), then the condition */
#ifndef READ_LATE
		seen = count;
#endif
		atomic {
			if
			:: tokens > 0 -> tokens--; break
			:: else
			fi
		};
#ifdef READ_LATE
		seen = count;
#endif
		/* ipcq_eventcount_wait(); the library looks first */
		if
		:: count != seen -> goto next
		:: count == seen
		fi;
		lock();
		/* mark_word() */
#ifdef MARK_STORES
		old = seen;
		atomic { mark = true; list ! self; done[self] = false };
#else
again:
		atomic { old = count; old_mark = mark };
		if
		:: old != seen -> unlock(); goto next
		:: old == seen && old_mark ->
			atomic { list ! self; done[self] = false }
#ifdef LIST_LATE
		:: old == seen && !old_mark ->
			atomic {
				if
				:: count == old && mark == old_mark -> mark = true
				:: else -> goto again
				fi
			};
			unlock();
			lock();
			atomic { list ! self; done[self] = false }
#else
		:: old == seen && !old_mark ->
			atomic {
				if
				:: count == old && mark == old_mark ->
					mark = true;
					list ! self;
					done[self] = false
				:: else -> goto again
				fi
			}
#endif
		fi;
#endif
		unlock();

		/* ipcq_waiter_sleep(): a deadline or a signal for the first */
		asleep[self] = true;
end_asleep:
		if
		:: atomic { done[self] -> asleep[self] = false }
		:: atomic { self == 0 && !waited -> asleep[self] = false };
			waited = true;
			lock();
			if
			:: done[self] -> unlock()
			:: else ->
				list ?? eval(self);
				clear_if_idle();
				unlock();
				/* It was killed; or it returns, and looks again. */
				if
				:: break
				:: goto next
				fi
			fi
		fi;
		if
		:: self == 0 ->
			/* Killed as it was woken. */
#ifndef NO_PASSING
			wake_some();
#endif
			break
		:: true
		fi;
next:
		skip
	od;
	old = 0
}

/* Makes the condition true, and tells. */
active [ADVANCERS] proctype advancer()
{
	bool before, idle;
	byte who;

#ifndef ADVANCE_EARLY
	tokens++;
#endif
	if
	:: self == WAITERS ->
		/* ipcq_eventcount_advance() of the library */
		atomic { before = mark; count++ };
#ifdef ADVANCE_EARLY
		tokens++;
#endif
		if
		:: before -> wake_some()
		:: else
		fi
	:: else ->
		/* IPCQ_IOC_EVENTCOUNT_ADVANCE */
		count++;
		wake_some();
#ifdef ADVANCE_EARLY
		tokens++;
#endif
	fi
}

active proctype monitor()
{
	timeout ->
	asleep_though = tokens > 0 && (asleep[0] || asleep[1]);
	assert(!asleep_though)
}
