// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delivery to all subscribers: kmod/broadcast.c, ipcq_broadcast_push(), _reserve(),
 * _end(), _join(), _leave(), _serve(), with serve(), pass_turn(), wait_for_message() and
 * stop_waiting(); broadcast_log.c, ipcq_broadcast_withdraw(), ipcq_log_settle(), pass(),
 * ipcq_log_shed().
 *
 * Two subscribers; two threads share the first.  One of these may be interrupted, and a copy
 * may fail; the second subscriber leaves and comes back, from what is kept.  Messages are
 * withdrawn, as those that expire are, at any moment.
 *
 * What is under queue->lock is one step here; what lies between is not.  How a wait ends,
 * which goes without the lock, is in wait.pml: here it is done[].  Who waits for room is
 * in room.pml; here a sender just does not go on.
 *
 * Order.  A message is looked at without the lock by those only who copy it, and they
 * have taken it under the lock, or got it by the acquire of done.
 *
 * with RETAIN the last message stays for who joins later
 *
 * mutant TOGETHER "counted" two threads of a subscriber copy at a time
 * mutant FAULT_SKIPS "in_order" a copy that fails leaves the message behind
 * mutant WITHDRAW_FREES "there[m]" a message is freed while it is copied
 * mutant WITHDRAW_FORGETS "counted" who copies what is withdrawn is counted nowhere
 * mutant LOOSE_STAYS "nothing_left" the last copy of a loose message does not free it
 * mutant PUSH_SILENT "nobody_asleep" a new message is not for those who wait
 * mutant END_SILENT "nobody_asleep" the turn does not pass to the next thread
 * mutant STOP_BLIND "counted" who stops waiting does not look what it was given
 * mutant IDLE_LOST "nobody_asleep" who is served too late is not idle again
 * mutant LEAVE_UNSETTLED "leaving>0" who leaves does not let go of what it held back
 * mutant LEAVE_ONCE "leaving>0" who leaves lets go of the first part only
 * mutant JOIN_UNCOUNTED+RETAIN "bounds_right" what was retained does not count again
 */
#define MESSAGES	2
#define ROOM		2	/* max_messages */
#define THREADS		3
#define SUBSCRIBERS	2
#define TURNS		1	/* of each thread */
#define LEAVER		1	/* the subscriber that leaves */
#ifdef RETAIN
#define retain		1
#else
#define retain		0
#endif

#define NUMBERS		4	/* the macros below count to 3 */

/* Of messages, by number; 0 is none. */
bool there[NUMBERS];		/* not freed */
bool logged[NUMBERS];
bool withdrawn[NUMBERS];
byte readers[NUMBERS], copies[NUMBERS];

byte wanted, at_end, retained;
byte sent, messages;		/* of the queue; messages is the bounds' count */

/* Of subscribers. */
bool joined[SUBSCRIBERS], copying[SUBSCRIBERS];
byte last[SUBSCRIBERS], copied[SUBSCRIBERS];
byte had[SUBSCRIBERS];		/* what it has really received last, or joined after */
mtype = { nowhere, idle, due, taken };
mtype place[SUBSCRIBERS] = nowhere;
byte server[SUBSCRIBERS];	/* by whom it was taken */
chan waiters[SUBSCRIBERS] = [THREADS] of { byte };

/* Of threads. */
bool done[THREADS];
byte given[THREADS];

byte leaving;

#define subscriber_of(t)	((t) == 2)

/* ---------------------------------------------------- find_above(), next_of() */

#define above3(n)	(logged[3] && (n) < 3 -> 3 : 0)
#define above2(n)	(logged[2] && (n) < 2 -> 2 : above3(n))
#define above(n)	(logged[1] && (n) < 1 -> 1 : above2(n))

inline stand(n, count)
{
	if
	:: n != 0 -> readers[n] = readers[n] + count
	:: else -> at_end = at_end + count
	fi
}

inline free(n)
{
	assert(there[n] && copies[n] == 0);
	there[n] = false
}

inline shed()
{
	do
	:: retained > retain || (retained > 0 && messages + retained > ROOM) ->
		x = above(0);
		retained--;
		logged[x] = false;
		free(x)
	:: else -> break
	od;
	x = 0
}

/* One step: a batch is one message here.  more says whether there may be others. */
inline settle()
{
	more = false;
	if
	:: wanted != 0 && readers[wanted] == 0 && copies[wanted] == 0 ->
		x = wanted;
		wanted = above(x);
		messages--;
		if
		:: retain > 0 -> retained++
		:: else -> logged[x] = false; free(x)
		fi;
		more = true
	:: else
	fi;
	x = 0
}

/* The lock is free: what broadcast.h promises. */
bool counted, bounds_right, in_bounds;
#define is_loose(n)	(there[n] && !logged[n])
#define is_wanted(n)	(logged[n] && wanted != 0 && n >= wanted)
#define holds_place(s)	(joined[s] && !(copying[s] && logged[copied[s]]))
inline invariant()
{
	counted = readers[1] * logged[1] + readers[2] * logged[2] +
		  readers[3] * logged[3] + at_end == holds_place(0) + holds_place(1);
	assert(counted);
	bounds_right = messages == is_wanted(1) + is_wanted(2) + is_wanted(3) +
				   is_loose(1) + is_loose(2) + is_loose(3);
	assert(bounds_right);
	in_bounds = retained == 0 || messages + retained <= ROOM;
	assert(in_bounds);
	assert(leaving > 0 || wanted == 0 || readers[wanted] + copies[wanted] > 0)
}

/* ---------------------------------------------------- steps under the lock */

inline serve_one(s)
{
	m = above(last[s]);
	if
	:: m == 0 ->
#ifndef IDLE_LOST
		place[s] = idle
#else
		place[s] = nowhere
#endif
	:: m != 0 ->
		place[s] = nowhere;
		waiters[s] ? t;
		given[t] = m;
		readers[m]--;
		copies[m]++;
		copying[s] = true;
		copied[s] = m;
		done[t] = true
	fi;
	m = 0;
	t = 0
}

inline pass_turn(s)
{
	if
#ifndef END_SILENT
	:: len(waiters[s]) > 0 -> place[s] = (above(last[s]) != 0 -> due : idle)
#else
	:: len(waiters[s]) > 0 -> place[s] = idle
#endif
	:: else
	fi
}

/* ipcq_broadcast_serve(): one step to take over, and one for each that is served. */
inline serve()
{
	atomic {
		i = 0;
		do
		:: i < SUBSCRIBERS ->
			if
			:: place[i] == due -> place[i] = taken; server[i] = _pid
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
	do
	:: atomic {
		place[0] == taken && server[0] == _pid -> serve_one(0); invariant()
	}
	:: atomic {
		place[1] == taken && server[1] == _pid -> serve_one(1); invariant()
	}
	:: atomic {
		!(place[0] == taken && server[0] == _pid) &&
		!(place[1] == taken && server[1] == _pid) -> break
	}
	od
}

/* ------------------------------------------------------------------ threads */

#define self		(_pid - 1)
#define s		(self == 2)
#define patient		(self != 1)

inline join()
{
	if
	:: joined[s]
	:: !joined[s] && sent > 0 && above(0) != 0 ->	/* from what is kept */
		joined[s] = true;
		m = above(0);
		last[s] = m - 1;
		had[s] = m - 1;
		readers[m]++;
		wanted = m;
#ifndef JOIN_UNCOUNTED
		messages = messages + retained;
#endif
		retained = 0;
		m = 0
	:: !joined[s] -> joined[s] = true; last[s] = sent; had[s] = sent; at_end++
	fi
}

inline end(failed)
{
	copying[s] = false;
	copied[s] = 0;
	copies[m]--;
	if
	:: !failed -> last[s] = m
	:: failed
	fi;
	if
#ifdef FAULT_SKIPS
	:: logged[m] -> stand(above(m), 1); last[s] = m
#else
	:: logged[m] && failed -> readers[m]++
	:: logged[m] && !failed -> x = above(m); stand(x, 1); x = 0
#endif
	:: !logged[m] ->
		if
		:: copies[m] == 0 ->
#ifndef LOOSE_STAYS
			messages--;
			free(m)
#else
			skip
#endif
		:: else
		fi
	fi;
	m = 0;
	settle();
	shed();
	pass_turn(s);
	invariant()
}

/* ipcq_broadcast_leave() */
inline leave()
{
	atomic {
		m = above(last[s]);
		if
		:: m != 0 -> readers[m]--
		:: else -> at_end--
		fi;
		m = 0;
		joined[s] = false;
		leaving++;
#ifndef LEAVE_UNSETTLED
		settle();
		shed()
#endif
	}
	do
#ifndef LEAVE_ONCE
	:: atomic { more -> settle(); shed() }
	:: atomic { !more -> leaving--; break }
#else
	:: leaving--; break
#endif
	od
}

proctype thread()
{
	byte m, x, t, i, turns;
	bool more, in_order;

	do
	:: turns < TURNS ->
		atomic {
			turns++;
			join();
			if
#ifndef TOGETHER
			:: !copying[s] && len(waiters[s]) == 0 && above(last[s]) != 0 ->
#else
			:: above(last[s]) != 0 ->
#endif
				m = above(last[s]);
				readers[m]--;
				copies[m]++;
				copying[s] = true;
				copied[s] = m
			:: else ->
				if
				:: !copying[s] && len(waiters[s]) == 0 ->
					place[s] = idle
				:: else
				fi;
				waiters[s] ! self
			fi;
			invariant()
		}
		if
		:: m == 0 ->
end_asleep:
			if
			:: done[self]
			:: !patient		/* a signal */
			fi;
			atomic {
				if
#ifdef STOP_BLIND
				:: done[self] -> done[self] = false; given[self] = 0
#else
				:: done[self] ->
					m = given[self];
					given[self] = 0;
					done[self] = false
#endif
				:: !done[self] ->
					waiters[s] ?? eval(self);
					if
					:: !copying[s] && len(waiters[s]) == 0 ->
						place[s] = nowhere
					:: else
					fi
				fi;
				invariant()
			}
		:: m != 0
		fi;
		if
		:: m != 0 ->
			/* ipcq_message_copy_out() */
			assert(there[m]);
			if
			:: atomic {
				in_order = m > had[s] &&
					(m - had[s] < 2 || withdrawn[m - 1]);
				assert(in_order);
				had[s] = m;
				assert(there[m]);
				end(false)
			}
			:: atomic { assert(there[m]); end(true) }
			fi;
			serve()
		:: m == 0
		fi
	:: turns == TURNS -> break
	od;
	if
	:: s == LEAVER -> leave()
	:: else
	fi
}

proctype sender()
{
	byte m, x, t, i;
	bool more;

	do
	:: atomic {
		sent < MESSAGES && messages < ROOM ->
		sent++;
		m = sent;
		readers[m] = at_end;
		at_end = 0;
		logged[m] = true;
		there[m] = true;
		messages++;
		if
		:: wanted == 0 -> wanted = m
		:: else
		fi;
#ifndef PUSH_SILENT
		do
		:: place[i] == idle -> place[i] = due
		:: place[i] != idle && i == 1 -> break
		:: place[i] != idle && i == 0 -> i = 1
		od;
#endif
		i = 0;
		m = 0;
		settle();
		shed();
		invariant()
	   }
	   serve()
	:: atomic { sent == MESSAGES -> break }
end_no_room:
	:: atomic { false -> skip }	/* never: the loop may stop here */
	od
}

/* What expires does so at any time, and once. */
proctype reaper()
{
	byte m, n;

	do
	:: atomic {
		if
		:: logged[1] -> m = 1
		:: logged[2] -> m = 2
		:: logged[3] -> m = 3	/* never: they are two */
		fi;
		withdrawn[m] = true;
		n = above(m);
		if
		:: wanted == 0 || m < wanted ->
			retained--;
			logged[m] = false;
			free(m)
		:: else ->
#ifndef WITHDRAW_FORGETS
			stand(n, readers[m] + copies[m]);
#else
			stand(n, readers[m]);
#endif
			readers[m] = 0;
			if
			:: wanted == m -> wanted = n
			:: else
			fi;
			logged[m] = false;
			if
			:: copies[m] == 0 -> messages--; free(m)
#ifdef WITHDRAW_FREES
			:: copies[m] != 0 -> messages--; there[m] = false
#else
			:: copies[m] != 0
#endif
			fi
		fi;
		m = 0;
		n = 0;
		invariant()
	   }
	:: break
	od
}

bool nobody_asleep, nothing_left;
#define asleep(s_)	(len(waiters[s_]) > 0 && !copying[s_] && above(last[s_]) != 0)

init {
	atomic {
		run thread();
		run thread();
		run thread();
		run sender();
		run reaper()
	}
	/* Nothing goes on any more. */
	timeout ->
	nobody_asleep = !asleep(0) && !asleep(1) &&
			place[0] != due && place[1] != due;
	assert(nobody_asleep);
	nothing_left = leaving == 0 &&
		       (wanted == 0 || readers[wanted] + copies[wanted] > 0) &&
		       !is_loose(1) && !is_loose(2) && !is_loose(3);
	assert(nothing_left)
}
