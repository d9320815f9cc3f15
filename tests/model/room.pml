// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for room: kmod/queue.c, send_message(), wait_for_room(), leave_senders(),
 * admit(), let_in(), made_room(), arm_admit(), ipcq_queue_admit_work(), commit(),
 * and the bounds of kmod/bounds.h.
 *
 * Four senders of one message each, long or short, patient or not; a receiver that
 * may stop for good after any message; the delayed work, which may run at any time
 * after it was armed.  When nothing goes on any more, nobody may be asleep that fits.
 *
 * The bounds stay as they are: IPCQ_IOC_QUEUE_SET, which lets in by the same let_in(),
 * and the senders whose messages have become too long for it, are not modelled.
 *
 * What is under queue->lock is one step here.  How a wait ends is in wait.pml: here
 * it is done[].  Pollers, who are told of room too, are in poll.pml.
 *
 * Order.  Nothing here is looked at without the lock but done.  The work clears
 * admit_armed under the lock before it lets anybody in, and the workqueue lets a work
 * be queued again from when it begins to run, so arm_admit() is never refused.
 *
 * mutant NO_ARM "!(((messages<3)" room above half arms no work
 * mutant NO_REARM "!(((messages<3)" a full batch arms no work
 * mutant STAYS_ARMED "!(((messages<3)" the work does not note that it has run
 * mutant LEAVE_SILENT "!(((messages<3)" who leaves does not let in the one behind
 * mutant LEAVE_BLIND "told" who stops waiting does not look whether it has sent
 * mutant PASS_SENDERS "nobody_waits" a new message passes a sender that waits
 * mutant OVERFILL "messages<=3" a sender is let in without room for it
 */
#define SENDERS		4
#define MAX_MESSAGES	3
#define MAX_BYTES	3
#define BATCH		1	/* senders let in, in one go; IPCQ_WAKE_BATCH */

chan order = [SENDERS] of { byte };		/* whose message */
chan senders = [SENDERS] of { byte };	/* those that wait, longest first */
bool done[SENDERS], sent[SENDERS];
byte messages, bytes;			/* struct ipcq_bounds, reserved ones too */
bool armed;				/* queue->admit_armed */
bool pending;				/* admit_work is queued, or its timer runs */

/* The first two are long. */
#define length(i)	(1 + (i < 2))
#define fits(i)		(messages < MAX_MESSAGES && length(i) <= MAX_BYTES - bytes)
#define low		(messages <= MAX_MESSAGES / 2 && bytes <= MAX_BYTES / 2)

#ifdef OVERFILL
#define admits(i)	true
#else
#define admits(i)	fits(i)
#endif

inline deliver(i)
{
	messages++;
	bytes = bytes + length(i);
	assert(messages <= MAX_MESSAGES && bytes <= MAX_BYTES);
	order ! i;
	sent[i] = true
}

inline arm_admit()
{
	if
	:: !armed -> armed = true; pending = true
	:: armed
	fi
}

inline let_in()
{
	/* admit() */
	count = 0;
	do
	:: len(senders) > 0 ->
		senders ? <first>;
		if
		:: count < BATCH && admits(first) ->
			senders ? first;
			deliver(first);
			done[first] = true;
			count++
		:: else -> break
		fi
	:: else -> break
	od;
#ifndef NO_REARM
	if
	:: len(senders) > 0 && fits(first) -> arm_admit()
	:: else
	fi;
#endif
	count = 0;
	first = 0
}

inline made_room()
{
	if
	:: len(senders) == 0
#ifndef NO_ARM
	:: len(senders) > 0 && !low -> arm_admit()
#else
	:: len(senders) > 0 && !low
#endif
	:: len(senders) > 0 && low -> let_in()
	fi
}

#define self	_pid
#define patient	(self % 2)

active [SENDERS] proctype sender()
{
	byte count, first;
	bool told, nobody_waits;

	atomic {
		/* send_message(), has_room() */
		nobody_waits = len(senders) == 0;
		if
#ifdef PASS_SENDERS
		:: fits(self) ->
#else
		:: fits(self) && nobody_waits ->
#endif
			assert(nobody_waits);
			deliver(self);
			goto success
		:: else -> senders ! self
		fi
	}
end_asleep:
	if
	:: done[self] -> goto success
	:: !patient			/* a signal, the deadline */
	fi;
	atomic {
		/* leave_senders() */
		if
#ifdef LEAVE_BLIND
		:: true ->
			if
			:: senders ?? [eval(self)] -> senders ?? eval(self)
			:: else
			fi;
			made_room()
#else
		:: done[self] -> goto success
		:: !done[self] ->
			senders ?? eval(self);
#ifndef LEAVE_SILENT
			made_room()
#endif
#endif
		fi
	}
	goto told_it;
success:
	told = true;
told_it:
	assert(told == sent[self])
}

active proctype receiver()
{
	byte m, count, first;

	do
	:: order ? m ->		/* ipcq_queue_reserve() */
		atomic {	/* commit() */
			messages--;
			bytes = bytes - length(m);
			made_room()
		}
	:: break
	od
}

active proctype admit_work()
{
	byte count, first;

end_idle:
	do
	:: pending ->
		pending = false;	/* by the workqueue, before it calls us */
		atomic {
#ifndef STAYS_ARMED
			armed = false;
#endif
			let_in()
		}
	od
}

active proctype monitor()
{
	byte first;

	timeout ->
	if
	:: len(senders) > 0 -> senders ? <first>; assert(!fits(first))
	:: len(senders) == 0
	fi
}
