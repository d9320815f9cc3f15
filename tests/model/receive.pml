// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handing messages to receivers, and taking them back: kmod/queue_steps.h and queue.c,
 * ipcq_step_deliver(), ipcq_queue_hand_over(); kmod/receive.c, restore(), commit(),
 * leave_receivers(), wait_for_message(), ipcq_queue_reserve(), ipcq_queue_end(); and the
 * order of kmod/order.h.
 *
 * A message is a pointer that has one holder: the order, or the receiver that has
 * reserved it.  A receiver may be interrupted, have too short a buffer, fault, or
 * be killed, at each of the steps where the code looks at that; receivers come
 * back, and one is killed in the end for good.
 *
 * What is under queue->lock is one step here; what lies between is not.  How a wait
 * ends, which goes without the lock, is in wait.pml: here it is done[].
 *
 * Order.  The only accesses to a message without the lock are those of the one
 * receiver that has it.  It got the pointer under the lock, or by the acquire of
 * done; whoever gets the message after it gets it under the lock.
 *
 * with FILTER one of the receivers does not take every message; how it finds those that
 *	it takes, under a lock that it may drop, is in scan.pml
 *
 * mutant LEAVE_BLIND "held==0" who stops waiting does not look for its message
 * mutant FAULT_LOSES "held==0" a copy that faults does not put the message back
 * mutant KILLED_KEEPS "held==0" a thread that is being killed keeps it
 * mutant COMMIT_FIRST "had==received" the message is counted out before it is copied
 * mutant RESTORE_QUEUES "nobody_could_go" a message is put back though somebody waits
 * mutant RESTORE_LAST "in_order" it is put back at the end
 * mutant STAYS_LISTED "!(done[r])" a completed receiver stays in the list
 * mutant QUEUE_ANYWAY "nobody_could_go" a receiver waits without looking at the order
 * mutant FIRST_ONLY+FILTER "nobody_could_go" only the receiver that waits longest is asked
 * mutant ANYBODY+FILTER "assertion violated (((r==0)" the one that waits longest is not even asked
 * mutant HEAD_ONLY+FILTER "nobody_could_go" only the first message is looked at
 * mutant RESTORE_QUEUES+FILTER "nobody_could_go" likewise with a filter
 */
#define MESSAGES	3
#define RECEIVERS	2
#define TURNS		3	/* of each receiver */

chan order = [MESSAGES] of { byte };		/* by number */
chan receivers = [RECEIVERS] of { byte };	/* those that wait, by their turn */
bool done[RECEIVERS];
byte given[RECEIVERS];				/* receiver->message */
byte held;	/* messages that receivers have reserved and know of, or will */
byte received;	/* as the queue counts */
byte had;	/* whose copy was made */
byte waiting;	/* threads in ipcq_waiter_sleep() */

bool nobody_could_go;

/* ipcq_filter_takes(), by the receiver's own filter */
#ifdef FILTER
#define takes(r, m)	((r) == 0 || (m) == 2 || (m) == 3)
#else
#define takes(r, m)	true
#endif

#define waits(r)	(receivers ?? [r])

/* For whom ipcq_queue_hand_over() finds somebody. */
#ifdef FIRST_ONLY
#define wanted(m)	((receivers ? [0] && takes(0, m)) || \
			 (receivers ? [1] && takes(1, m)))
#elif defined(ANYBODY)
#define wanted(m)	(len(receivers) > 0)
#else
#define wanted(m)	((waits(0) && takes(0, m)) || (waits(1) && takes(1, m)))
#endif

#ifdef RESTORE_QUEUES
#define wanted_back(m)	false
#else
#define wanted_back(m)	wanted(m)
#endif

/* ipcq_scan() */
#ifdef QUEUE_ANYWAY
#define there_is(m)	false
#elif defined(HEAD_ONLY)
#define there_is(m)	(order ? [m] && takes(self, m))
#else
#define there_is(m)	(order ?? [m] && takes(self, m))
#endif
#define there_is_one	(there_is(1) || there_is(2) || there_is(3))

/* The lock is free: what queue.h promises. */
#define could_go(m)	(order ?? [m] && ((waits(0) && takes(0, m)) || \
					 (waits(1) && takes(1, m))))
inline invariant()
{
	nobody_could_go = !could_go(1) && !could_go(2) && !could_go(3);
	assert(nobody_could_go)
}

#define self		(_pid - 1)

/* The first of those that wait and take it; there are no more than two. */
inline hand_over(m)
{
	receivers ? <r>;
	if
#ifndef ANYBODY
	:: !takes(r, m) -> r = 1 - r
	:: takes(r, m)
#else
	:: true
#endif
	fi;
#ifndef STAYS_LISTED
	receivers ?? eval(r);
#endif
	assert(takes(r, m));
	assert(!done[r]);
	given[r] = m;
	done[r] = true;
	r = 0
}

/* Numbers are unique, so what is sorted is as ipcq_order_restore() leaves it. */
inline restore()
{
	atomic {
		if
		:: wanted_back(m) -> hand_over(m)
		:: !wanted_back(m) ->
			held--;
#ifdef RESTORE_LAST
			order ! m
#else
			order !! m
#endif
		fi;
		m = 0;
		invariant()
	}
}

active proctype sender()
{
	byte m, r;

	do
	:: m < MESSAGES ->
		atomic {
			/* ipcq_step_deliver() */
			m++;
			if
			:: wanted(m) -> held++; hand_over(m)
			:: !wanted(m) -> order ! m
			fi;
			invariant()
		}
	:: else -> break
	od
}

/* The first that it takes: none of these that is still there was sent before it. */
inline pop()
{
	order ? m;
	if
	:: !takes(self, m) ->
		/* There is one that it does not take, which goes in front again. */
		r = m;
		order ? m;
		order !! r;
		r = 0
	:: takes(self, m)
	fi;
	held++;
	in_order = !(m > 1 && takes(self, 1) && order ?? [1]) &&
		   !(m > 2 && takes(self, 2) && order ?? [2]);
	assert(in_order)
}

active [RECEIVERS] proctype receiver()
{
	byte turn, m, r;
	bool killed, too_short, in_order;

	do
	:: turn < TURNS && !killed ->
		turn++;
		if
		:: too_short = true
		:: too_short = false
		:: self == 1 -> killed = true
		fi;
		/* ipcq_queue_reserve() */
		atomic {
			if
			:: there_is_one && too_short -> goto next	/* EMSGSIZE */
			:: there_is_one && !too_short -> pop(); invariant(); goto copy
			:: !there_is_one ->
				done[self] = false;
				given[self] = 0;
				receivers ! self;
				waiting++;
				invariant()
			fi
		}
		/* wait_for_message(); in its last turn it is patient */
end_asleep:
		if
		:: atomic { done[self] -> m = given[self]; waiting-- }
		:: atomic { turn < TURNS || killed -> waiting-- };
			/* leave_receivers() */
			atomic {
				if
#ifndef LEAVE_BLIND
				:: done[self] -> m = given[self]
				:: !done[self] -> receivers ?? eval(self)
#else
				:: receivers ?? [eval(self)] -> receivers ?? eval(self)
				:: !(receivers ?? [eval(self)])
#endif
				fi
			}
		fi;
		if
		:: m == 0 -> goto next
		:: m && too_short -> restore(); goto next
		:: m && !too_short
		fi;
copy:
#ifdef COMMIT_FIRST
		atomic { received++; held-- };
#endif
		/* ipcq_message_copy_out(), then ipcq_queue_end() */
		if
		:: true ->				/* EFAULT */
#if !defined(FAULT_LOSES) && !defined(COMMIT_FIRST)
			restore()
#endif
		:: killed ->
#ifndef KILLED_KEEPS
			restore()
#endif
		:: !killed ->
			atomic {
				had++;
#ifndef COMMIT_FIRST
				received++;
				held--;
#endif
				m = 0
			}
		fi;
next:
		m = 0;
		too_short = false
	:: else -> break
	od
}

active proctype monitor()
{
	timeout -> assert(held == 0);
	assert(had == received);
	assert(received + len(order) == MESSAGES);
	nobody_could_go = !could_go(1) && !could_go(2) && !could_go(3);
	assert(nobody_could_go)
}
