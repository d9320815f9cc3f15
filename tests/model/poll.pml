// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling pollers: kmod/queue.c, ipcq_queue_poll(), ipcq_queue_unlock(), the flag
 * "refused" of ipcq_step_refuse(), ipcq_queue_made_room() and let_in().
 *
 * A queue for two messages.  A writer that never blocks sends one, polling each time
 * it is refused; a sender that blocks, and may give up, competes with it; a receiver
 * takes messages, blocking or not, or puts them back.
 *
 * Here, unlike in the other models of queues, the steps between taking the lock and
 * dropping it are steps of their own, as the wait queue is joined, and asked whether
 * somebody is there, with or without the lock.
 *
 * Order.  waitqueue_active() is asked inside queue->lock, and a poller looks inside
 * it after it has joined.  If the poller's look came first, its joining is before
 * its unlock (a release), that before the reporter's lock (an acquire), that before
 * the question: it is seen.  If it came second, it sees what the reporter did.  No
 * barrier besides the lock is needed, as waitqueue_active() needs in general where
 * it is asked outside of the lock that the condition is under.
 *
 * All who send are one user's.  With several users (kmod/share.h) whoever was refused is told
 * when there is room for one who has nothing in the queue, and looks again: who has a share
 * already finds none for himself, and leaves word once more.
 *
 * with READER in the writer's place somebody polls for messages
 *
 * mutant LOOK_FIRST "asleep_though" the poller looks, and then joins
 * mutant LOOK_FIRST+READER "asleep_though" likewise
 * mutant ASK_FIRST "asleep_though" the reporter asks who polls before it takes the lock
 * mutant NO_REFUSAL "asleep_though" poll does not leave word that it found no room
 * mutant FORGET_REFUSAL "asleep_though" the word is dropped though there is no room yet
 * mutant RESTORE_SILENT+READER "asleep_though" a message is put back and nobody told
 */
#define ROOM		2
#define LOW		0	/* ipcq_bounds_low(): one of the two is more than half of the bytes */

bool locked;			/* queue->lock */
byte messages = ROOM;		/* that the bounds count: in the order, or reserved */
byte backlog = ROOM;		/* in the order */
bool refused;			/* queue->refused */
bool armed;			/* admit_work is queued */
byte senders, receivers;	/* that wait; there is one of each at most */
bool sender_done, receiver_done;
bool joined_out, joined_in;	/* pollers in queue->pollers */
bool woken_out, woken_in;
bool out_asleep, in_asleep;
byte asleep_though;

inline lock() { atomic { !locked -> locked = true } }

/* ipcq_queue_unlock(): two kinds of poller, as the wait queue's keys tell them apart. */
inline unlock_and_wake()
{
#ifndef ASK_FIRST
	active_in = joined_in;
	active_out = joined_out;
#endif
	locked = false;
	if
	:: in && active_in -> woken_in = true
	:: else
	fi;
	if
	:: out && active_out -> woken_out = true
	:: else
	fi;
	in = false;
	out = false
}

inline ask()
{
#ifdef ASK_FIRST
	active_in = joined_in;
	active_out = joined_out
#else
	skip	/* never in the model as it is */
#endif
}

/* ipcq_step_deliver() */
inline deliver()
{
	d_step {
		messages++;
		if
		:: receivers -> receivers = 0; receiver_done = true
		:: else -> backlog++
		fi
	}
}

/* let_in() */
inline let_in()
{
	d_step {
		if
		:: senders && messages < ROOM ->
			senders = 0;
			sender_done = true;
			messages++;
			if
			:: receivers -> receivers = 0; receiver_done = true
			:: else -> backlog++
			fi;
			in = backlog > 0
		:: else
		fi;
		if
		:: !senders && refused ->
			if
#ifdef FORGET_REFUSAL
			:: true -> refused = false; out = messages < ROOM
#else
			:: messages < ROOM -> refused = false; out = true
			:: else
#endif
			fi
		:: else
		fi
	}
}

/* made_room() */
inline made_room()
{
	if
	:: !senders && !refused
	:: (senders || refused) && messages > LOW -> armed = true
	:: (senders || refused) && messages <= LOW -> let_in()
	fi
}

#ifndef READER
/* ipcq_queue_poll(), by one who waits for room: sets ready, or refused. */
active proctype writer()
{
	bool ready, in, out, active_in, active_out;

	do
	:: atomic {
		/* take_message(), send_message(): nonblock */
		!locked;
		if
		:: !senders && messages < ROOM ->
			locked = true;
			break
		:: else -> refused = true
		fi
	   };
poll:
#ifdef LOOK_FIRST
	   lock();
	   ready = !senders && messages < ROOM;
	   if
	   :: !ready -> refused = true
	   :: ready
	   fi;
	   locked = false;
	   joined_out = true;
#else
	   joined_out = true;		/* poll_wait() */
	   lock();
	   ready = !senders && messages < ROOM;
	   if
#ifndef NO_REFUSAL
	   :: !ready -> refused = true
#else
	   :: !ready
#endif
	   :: ready
	   fi;
	   locked = false;
#endif
	   if
	   :: ready
	   :: !ready ->
		out_asleep = true;
end_asleep:
		atomic { woken_out -> woken_out = false; out_asleep = false };
		goto poll
	   fi;
	   atomic { joined_out = false; woken_out = false }	/* poll_freewait() */
	od;
	ask();
	deliver();
	in = backlog > 0;
	unlock_and_wake()
}
#endif

/* A sender that blocks: what it sends was first in line. */
active proctype sender()
{
	bool in, out, active_in, active_out;

	ask();
	lock();
	if
	:: messages < ROOM -> deliver(); in = backlog > 0; unlock_and_wake(); goto end
	:: else -> senders = 1; locked = false
	fi;
end_asleep:
	if
	:: sender_done -> goto end
	:: true
	fi;
	ask();
	lock();
	/* leave_senders() */
	if
	:: sender_done -> locked = false
	:: !sender_done -> senders = 0; made_room(); unlock_and_wake()
	fi;
end:
	skip
}

/* Receives from the queue, which is full at first, and not always all of it. */
active proctype receiver()
{
	bool in, out, active_in, active_out;
	byte turns;

	do
	:: turns < 3 ->
		turns++;
		/* ipcq_queue_reserve() */
		lock();
		if
		:: backlog -> backlog--; locked = false
		:: else ->
			receivers = 1;
			locked = false;
			if
			:: atomic { receiver_done -> receiver_done = false }
			:: atomic { !locked && !receiver_done -> receivers = 0 }; goto next
			fi
		fi;
		ask();
		lock();
		if
		:: messages--;				/* commit() */
			made_room()
		:: backlog++;				/* restore() */
#ifndef RESTORE_SILENT
			in = backlog > 0
#endif
		fi;
		unlock_and_wake();
next:
		skip
	:: break
	od
}

#ifdef READER
/* One who polls for a message, and takes none. */
active proctype reader()
{
	bool ready;

	do
	:: true ->
#ifdef LOOK_FIRST
	   lock();
	   ready = backlog > 0;
	   locked = false;
	   joined_in = true;
#else
	   joined_in = true;
	   lock();
	   ready = backlog > 0;
	   locked = false;
#endif
	   if
	   :: ready -> break
	   :: !ready ->
		in_asleep = true;
end_asleep:
		atomic { woken_in -> woken_in = false; in_asleep = false }
	   fi
	od;
	joined_in = false
}
#endif

active proctype admit_work()
{
	bool in, out, active_in, active_out;

end_idle:
	do
	:: armed ->
		armed = false;
		ask();
		lock();
		let_in();
		unlock_and_wake()
	od
}

active proctype monitor()
{
	timeout ->
	asleep_though = (out_asleep && !senders && messages < ROOM) +
			(in_asleep && backlog > 0);
	assert(!asleep_though)
}
