// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A wait ends: kmod/wait.c, ipcq_waiter_sleep(), ipcq_waiter_complete() and
 * ipcq_wake_tasks(), with the look under the lock that every caller makes when
 * its wait ended early (leave_senders(), leave_receivers(), leave() in mutex.c,
 * ipcq_eventcount_wait()).
 *
 * One thread waits twice, on the same stack; two others each give one thing.
 *
 * Order.  Spin knows no weak order: each step here takes effect at once.  Two
 * pairs of accesses go without the lock, and this is why their order holds.
 *
 *   state and done	The sleeper writes its state and then reads done; the waker
 *			writes done and then reads the state.  Each needs a full
 *			barrier between the two, or both may read the old value:
 *			set_current_state() ends in smp_mb() (smp_store_mb()), and
 *			wake_up_process() begins with one before it reads the state
 *			(smp_mb__after_spinlock() in try_to_wake_up()).  What a
 *			processor could do without them is the wrong order that the
 *			mutants CHECK_FIRST and STATE_FIRST have.
 *   done and the rest	Who reads done without the lock goes on to read what was
 *			given, and to reuse the stack: smp_store_release() and
 *			smp_load_acquire().  Mutant GIVE_LATE is the store that is
 *			not held back, TOUCH_LATE the access that comes after it.
 *
 * mutant CHECK_FIRST "off_cpu&&done" done is read before the state is set
 * mutant STATE_FIRST "off_cpu&&done" the waker looks at the state before it sets done
 * mutant GIVE_LATE "gift" what was waited for is put in place after done
 * mutant TOUCH_LATE "frame" the waiter is taken off the list after done
 * mutant REF_LATE "task>0" the task is referenced after done
 * mutant LEAVE_BLIND "taken+stock" who stops waiting does not look whether it was completed
 */
#define WAITS	2
#define GIVERS	2

bool locked;		/* the list's lock */
bool listed;		/* waiter->node is in the list */
bool done;		/* waiter->done */
bool gift;		/* what it waits for: receiver->message, locker->result */
bool frame;		/* the waiter exists on the stack */
bool sleeping;		/* the task's state is TASK_INTERRUPTIBLE */
bool patient;		/* neither a deadline nor a signal will come */
bool off_cpu;		/* in schedule() */
byte task = 1;		/* references to the task; 0: freed */
byte stock;		/* given while nobody waited */
byte taken;
bool finished;

#define asleep_for_nothing	(off_cpu && done)
#define accounted		(taken + stock == GIVERS)

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

active proctype waiter()
{
	byte waits;
	bool stopped;

	do
	:: waits < WAITS ->
		waits++;
		lock();
		if
		:: stock > 0 ->
			stock--;
			taken++;
			unlock();
			goto next
		:: else
		fi;
		/* ipcq_waiter_init(), list_add_tail() */
		d_step { frame = true; done = false; gift = false; listed = true; stopped = false }
		if
		:: patient = true
		:: patient = false
		fi;
		unlock();

		/* ipcq_waiter_sleep() */
again:
#ifdef CHECK_FIRST
		if
		:: done -> goto up
		:: else
		fi;
		sleeping = true;
#else
		sleeping = true;
		if
		:: done -> goto up
		:: else
		fi;
#endif
		if
		:: !patient -> stopped = true; goto up	/* signal_pending() */
		:: true
		fi;
		off_cpu = true;				/* schedule() */
		if
		:: atomic { !sleeping -> off_cpu = false }; goto again
		:: atomic { !patient -> off_cpu = false }; stopped = true
		fi;
up:
		sleeping = false;
		if
		:: stopped ->
			lock();
#ifndef LEAVE_BLIND
			if
			:: done -> assert(gift); taken++
			:: else -> listed = false
			fi;
#else
			listed = false;
#endif
			unlock()
		:: else -> assert(gift); taken++
		fi;
		frame = false;
next:
		skip
	:: else -> break
	od;
	/* The thread ends. */
	atomic { task--; finished = true }
}

active [GIVERS] proctype giver()
{
	bool seen;

	lock();
	if
	:: listed ->
		/* ipcq_waiter_complete(), after ipcq_queue_hand_over() or grant() */
		assert(frame);
#ifndef TOUCH_LATE
		listed = false;
#endif
#ifndef GIVE_LATE
		gift = true;
#endif
#ifndef REF_LATE
		task++;
#endif
#ifdef STATE_FIRST
		seen = sleeping;
#endif
		done = true;
#ifdef TOUCH_LATE
		assert(frame);
		listed = false;
#endif
#ifdef GIVE_LATE
		gift = true;
#endif
#ifdef REF_LATE
		assert(task > 0);
		task++;
#endif
		unlock();
		/* ipcq_wake_tasks(); the thread may be in its next wait, or gone */
		assert(task > 0);
#ifdef STATE_FIRST
		if
		:: seen -> sleeping = false
		:: else
		fi;
#else
		sleeping = false;
#endif
		task--
	:: else ->
		stock++;
		unlock()
	fi
}

active proctype monitor()
{
	/* When nothing goes on any more. */
	timeout -> assert(!asleep_for_nothing);
	assert(finished || (off_cpu && patient && listed));
	assert(!finished || accounted)
}
