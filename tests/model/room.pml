// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for room: kmod/send.c, send_message(), ipcq_step_wait(), leave_senders();
 * kmod/queue.c, admit(), has_turn(), let_in(), ipcq_queue_arm_admit(), ipcq_queue_admit(),
 * ipcq_queue_made_room(); kmod/receive.c, commit(); kmod/queue_object.c, ipcq_queue_set(), admit_work(); and the bounds of kmod/bounds.h.
 *
 * Four senders of one message each, long or short, patient or not; a receiver that
 * may stop for good after any message; the delayed work, which may run at any time
 * after it was armed.  When nothing goes on any more, nobody may be asleep that fits, or
 * whose message is too long for ever.
 *
 * What is under queue->lock is one step here.  How a wait ends is in wait.pml: here
 * it is done[].  Pollers, who are told of room too, are in poll.pml.
 *
 * Order.  Nothing here is looked at without the lock but done.  The work clears
 * admit_armed under the lock before it lets anybody in, and the workqueue lets a work
 * be queued again from when it begins to run, so arming it is never refused.  A sender
 * compares the length with the bound before it takes the lock, to spare itself the work,
 * and again with it.
 *
 * All senders here are one user's, and so there is one line of them.  With several users
 * kmod/share.c says which sender is next, under the same lock and in the same steps; that
 * what changes its answer is followed by one of the steps modelled here is argued in
 * kmod/share.h.
 *
 * with SET the bounds are changed twice, up or down, and three senders compete
 *
 * mutant NO_ARM "left_out" room above half arms no work
 * mutant NO_REARM "left_out" a full batch arms no work
 * mutant STAYS_ARMED "left_out" the work does not note that it has run
 * mutant LEAVE_SILENT "left_out" who leaves does not let in the one behind
 * mutant LEAVE_BLIND "told" who stops waiting does not look whether it has sent
 * mutant PASS_SENDERS "nobody_waits" a new message passes a sender that waits
 * mutant OVERFILL "messages<max_messages" a sender is let in without room for it
 * mutant SET_SILENT+SET "left_out" new bounds let nobody in
 * mutant SET_STRANDS+SET "left_out" who has become too long is not sent away
 * mutant SET_ARMS_FITTING+SET "left_out" a full batch arms no work for who is too long
 * mutant SEND_BLIND+SET "left_out" a sender waits without looking at the bound again
 */
#ifdef SET
#define SENDERS		3
#else
#define SENDERS		4
#endif
#define MAX_MESSAGES	3
#define MAX_BYTES	3
#define BATCH		1	/* senders let in, in one go; IPCQ_WAKE_BATCH */

chan order = [SENDERS] of { byte };		/* whose message */
chan senders = [SENDERS] of { byte };	/* those that wait, longest first */
bool done[SENDERS], sent[SENDERS], failed[SENDERS];
byte max_messages = MAX_MESSAGES, max_size = 2;	/* struct ipcq_bounds */
byte messages, bytes;			/* also of it; reserved ones count */
bool armed;				/* queue->admit_armed */
bool pending;				/* admit_work is queued, or its timer runs */

/* The first two are long. */
#define length(i)	(1 + (i < 2))
#define too_long(i)	(length(i) > max_size)
#define fits(i)		(messages < max_messages && length(i) + bytes <= MAX_BYTES && !too_long(i))
#define low		(messages <= max_messages / 2 && bytes <= MAX_BYTES / 2)
#define has_turn(i)	(fits(i) || too_long(i))

#if defined(OVERFILL)
#define admits(i)	true
#elif defined(SET_STRANDS)
#define admits(i)	fits(i)
#else
#define admits(i)	has_turn(i)
#endif

#if defined(SET_ARMS_FITTING) || defined(SET_STRANDS)
#define arms(i)		fits(i)
#else
#define arms(i)		has_turn(i)
#endif

inline deliver(i)
{
	assert(messages < max_messages && bytes + length(i) <= MAX_BYTES);
	messages++;
	bytes = bytes + length(i);
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
			if
#ifdef SET
			:: too_long(first) -> failed[first] = true	/* -EMSGSIZE */
#endif
			:: !too_long(first) -> deliver(first)
			fi;
			done[first] = true;
			count++
		:: else -> break
		fi
	:: else -> break
	od;
#ifndef NO_REARM
	if
	:: len(senders) > 0 && arms(first) -> arm_admit()
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

#ifdef SET
	if
	:: too_long(self) -> goto told_it	/* ipcq_queue_send() */
	:: else
	fi;
#endif
	atomic {
		/* send_message(), ipcq_step_has_room() */
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
#if defined(SET) && !defined(SEND_BLIND)
		:: too_long(self) -> goto told_it
		:: !too_long(self) && !(fits(self) && nobody_waits) -> senders ! self
#else
		:: else -> senders ! self
#endif
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
	told = !failed[self];
told_it:
	assert(told == sent[self])
}

#ifdef SET
/* IPCQ_IOC_QUEUE_SET */
active proctype setter()
{
	byte count, first, turns;

	do
	:: turns < 2 ->
		turns++;
		if
		:: max_messages = 1
		:: max_messages = MAX_MESSAGES
		:: max_size = 1
		:: max_size = 2
		fi;
#ifndef SET_SILENT
		atomic { let_in() }		/* ipcq_queue_admit() */
#endif
	:: break
	od
}
#endif

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
	bool left_out;

	timeout ->
	if
	:: len(senders) > 0 ->
		senders ? <first>;
		left_out = has_turn(first);
		assert(!left_out)
	:: len(senders) == 0
	fi
}
