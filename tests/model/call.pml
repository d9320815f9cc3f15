// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call ends: kmod/request.c, ipcq_request_wait(), leave(), ipcq_request_resume(),
 * ipcq_request_finish(), ipcq_request_reply(), ipcq_requests_end(), withdraw(), forget();
 * kmod/hold.c, ipcq_hold_begin(), settle(), leave_queue(), end_some(), ipcq_hold_read();
 * and who drops a request that was in the order: ipcq_queue_keep() of queue_memory.c.
 *
 * One caller makes one call.  Its deadline, signals and death come at any moment; after a
 * signal the call goes on without it, and it comes back to it or dies.  Two servers
 * receive, each twice at most: the copy may fail, or the way they receive not let them
 * reply; they reply, refuse, give back, or do nothing.  Meanwhile the request may expire,
 * or be dropped to make room, and the owners of either side may end.
 *
 * The call ends once, and the caller is told once; a server that is told that its reply
 * was given has given it to somebody.  When nothing goes on any more, nobody sleeps whose
 * request is gone, and the request and each reply have been freed, once.
 *
 * What is under queue->lock is one step here.  How a wait ends is in wait.pml: here it is
 * done.  That an owner which has ended is told to the queue is in owner.pml: here a work
 * comes at some time.
 *
 * Order.  Nothing here is looked at without the lock but done, and whether an owner is
 * live: that is looked at under the lock, which its end takes after it has been marked.
 *
 * with READ a thread of a server's reads what that holds
 *
 * mutant RESET_SILENT "asleep" the end of a server tells nobody
 * mutant DROP_SILENT "asleep" a request that is dropped tells nobody
 * mutant LEAVE_BLIND "freed" who stops waiting does not look whether the call has ended
 * mutant STAYS_CALLER "on_stack" the request still leads to who has stopped waiting
 * mutant TAKES_ALL "taken" a caller takes back what a server has
 * mutant DEAD_CLIENT "left_behind" what comes of a call goes to a client that has ended
 * mutant DEAD_SERVER "asleep" a request is held by a server that has ended
 * mutant RESULT_FREED "freed" an error is kept in the request, which is freed all the same
 * mutant HOLD_STAYS "left_behind" a reply does not end the hold
 * mutant UNWANTED_OK "mutual" nobody wants the reply, and the server is not told
 * mutant FREES_READ+READ "readers" a request is freed while it is read
 */
#define SERVERS	2

/* Where the request is. */
#define IN_ORDER	1
#define RESERVED	2
#define HELD		3
#define SETTLING	4	/* held no longer, but read */
#define DROPPED		5	/* out of the order, and about to be freed */
#define GONE		6

/* How a call has ended. */
#define GOES_ON		0
#define REPLY		1
#define FAILED		2	/* refused, reset, canceled, expired, cannot be replied to */
#define TAKEN_BACK	3
#define GIVEN_UP	4
#define LOST		5	/* its client has ended, and what it had with it */

/* message->then */
#define THEN_LEAVE	1
#define THEN_RETURN	2
#define THEN_FAIL	3

byte where;
bool request;			/* IPCQ_SPECIAL_REQUEST */
bool caller;			/* message->caller is set */
bool client;			/* the client has the request in its list */
byte result = GOES_ON;		/* or what came of it; of an error that is the request */
bool freed;			/* the request is */
byte holder;			/* HELD: whose */
byte readers;			/* message->copies */
byte then;
byte replies;			/* filled, and not freed */

bool on_stack, done;		/* the caller's waiter */
byte outcome = GOES_ON;
byte told = GOES_ON;		/* what the caller's system calls have said */
bool caller_ended;
bool given;			/* a server was told that its reply was */

/* Owners: the servers, and the client. */
#define CLIENT	SERVERS
bool dead[3], ending[3];

inline free_request()
{
	assert(!freed && readers == 0);
	freed = true;
	where = GONE
}

/* ipcq_request_finish(), and what is done with the request if that is not needed */
inline finish(how)
{
	assert(request && !freed);
	request = false;
	if
	:: caller ->
		assert(on_stack && !done);
		outcome = how;
		done = true
	:: !caller && client ->
		client = false;
		result = how
	:: !caller && !client
	fi
}

inline keep_unless_needed()
{
	if
#ifndef RESULT_FREED
	:: result == FAILED -> where = GONE
	:: result != FAILED -> free_request()
#else
	:: true -> free_request()
#endif
	fi
}

/* Drops what came of the call. */
inline drop_result()
{
	if
	:: result == REPLY -> replies--
	:: result == FAILED -> free_request()
	fi;
	result = GOES_ON
}

/* leave_queue(), or back to the order */
inline settle()
{
	if
#ifndef FREES_READ
	:: readers > 0 -> where = SETTLING
	:: readers == 0 ->
#else
	:: true ->
#endif
		if
		:: then == THEN_RETURN -> where = IN_ORDER
		:: then == THEN_LEAVE -> free_request()
		:: then == THEN_FAIL ->
			if
			:: request -> finish(FAILED)
			:: else		/* never */
			fi;
			keep_unless_needed()
		fi
	fi
}

active proctype calls()
{
	byte signals;
	bool patient, deadline, taken;

	if
	:: patient = true		/* nothing disturbs it */
	:: true
	fi;
	atomic {
		/* deliver() */
		where = IN_ORDER;
		request = true;
		caller = true;
		on_stack = true
	}
end_asleep:
	if
	:: done -> goto ended
	:: !patient -> deadline = true		/* or a deadly signal */
	:: !patient && signals < 2 -> signals++
	fi;
	atomic {
		/* leave() */
#ifndef LEAVE_BLIND
		if
		:: done -> goto ended
		:: else
		fi;
#endif
		assert(!freed);
#ifndef STAYS_CALLER
		caller = false;
#endif
		taken = where != IN_ORDER;
		if
#ifdef TAKES_ALL
		:: true ->
#else
		:: !taken ->
#endif
			assert(!taken);
			request = false;
			free_request();
			told = TAKEN_BACK;
			goto finished
#ifndef TAKES_ALL
		:: taken && !deadline &&
#ifndef DEAD_CLIENT
		   !dead[CLIENT] &&
#endif
		   true -> client = true;		/* client_enter() */
			on_stack = false
#ifndef DEAD_CLIENT
		:: taken && (deadline || dead[CLIENT]) ->
#else
		:: taken && deadline ->
#endif
			told = GIVEN_UP;
			goto finished
#endif
		fi
	}
	if
	:: goto finished		/* it dies */
	:: true
	fi;
	atomic {
		/* ipcq_request_resume() */
		if
		:: result != GOES_ON ->
			told = result;
			drop_result();
			goto finished
		:: result == GOES_ON && client ->
			client = false;
			caller = true;
			on_stack = true
		:: result == GOES_ON && !client ->
			told = LOST;		/* -ENOKEY */
			goto finished
		fi
	}
	goto end_asleep;
ended:
	told = outcome;
	if
	:: outcome == REPLY -> replies--
	:: else
	fi;
finished:
	atomic {
		on_stack = false;
		caller_ended = true;
		if
		:: !dead[CLIENT] -> dead[CLIENT] = true; ending[CLIENT] = true
		:: else
		fi
	}
}

#define me	(_pid - 1)

active [SERVERS] proctype server()
{
	byte turns;

end_idle:
	do
	:: turns < 2 && where == IN_ORDER ->
		turns++;
		atomic {
			/* ipcq_queue_reserve() */
			if
			:: where == IN_ORDER -> where = RESERVED
			:: else -> goto end_idle
			fi
		}
		/* The copy, without the lock. */
		if
		:: where = IN_ORDER; goto end_idle	/* it fails */
		:: atomic {
			/* commit_request() */
			finish(FAILED);
			keep_unless_needed()
		   }
		   goto end_idle
		:: true
		fi;
		atomic {
			/* ipcq_hold_begin() */
			if
#ifdef DEAD_SERVER
			:: true -> where = HELD; holder = me
#else
			:: !dead[me] -> where = HELD; holder = me
			:: dead[me] -> where = IN_ORDER; goto end_idle
#endif
			fi
		}
		if
		:: replies++;			/* ipcq_queue_fill() */
		   atomic {
			/* ipcq_request_reply() */
			if
			:: where == HELD && holder == me ->
				if
				:: caller || client -> given = true
#ifdef UNWANTED_OK
				:: else -> given = true; replies--
#else
				:: else -> replies--	/* -ECANCELED */
#endif
				fi;
				finish(REPLY);
#ifndef HOLD_STAYS
				then = THEN_LEAVE;
				settle()
#endif
			:: else -> replies--		/* -ENOKEY */
			fi
		   }
		:: atomic {
			if
			:: where == HELD && holder == me ->
				if
				:: then = THEN_FAIL	/* it refuses */
				:: then = THEN_RETURN
				fi;
				settle()
			:: else
			fi
		   }
		:: true
		fi
	od
}

/* What marks owners, each at any time or never; the caller marks its own, too. */
active proctype closes()
{
	byte i;

	do
	:: i < 3 ->
		atomic {
			if
			:: !dead[i] -> dead[i] = true; ending[i] = true
			:: true
			fi;
			i++
		}
	:: else -> break
	od
}

/* ipcq_holds_end() */
active proctype ends()
{
end_idle:
	do
	:: atomic { ending[0] || ending[1] ->
		if
		:: ending[0] -> ending[0] = false;
		:: else -> ending[1] = false
		fi;
		if
		:: where == HELD && dead[holder] ->
			if
#ifdef RESET_SILENT
			:: then = THEN_LEAVE
#else
			:: then = THEN_FAIL
#endif
			:: then = THEN_RETURN		/* under a lease */
			fi;
			settle()
		:: else
		fi
	   }
	:: atomic { ending[CLIENT] ->
		ending[CLIENT] = false;
		/* ipcq_requests_end() */
		if
		:: result != GOES_ON -> drop_result()
		:: result == GOES_ON && client ->
			client = false;
			if
			:: where == IN_ORDER -> request = false; free_request()
			:: else
			fi
		:: else
		fi
	   }
	od
}

/* Makes room, or takes out what has expired; it may come to nothing. */
active proctype takes_out()
{
end_idle:
	atomic {
		where == IN_ORDER ->
		if
		:: finish(FAILED); keep_unless_needed(); goto over	/* expired */
		:: where = DROPPED
		:: goto over
		fi
	}
	atomic {
		/* ipcq_queue_keep() */
#ifndef DROP_SILENT
		finish(FAILED);
#endif
		keep_unless_needed()
	}
over:
	skip
}

#ifdef READ
/* ipcq_hold_read() */
active proctype reads()
{
end_idle:
	atomic { where == HELD -> readers++ }
	assert(!freed);
	atomic {
		readers--;
		if
		:: where == SETTLING -> settle()
		:: else
		fi
	}
}
#endif

active proctype monitor()
{
	bool asleep, left_behind, mutual;

	timeout ->
	asleep = !caller_ended && (where == GONE || (where == HELD && dead[holder]));
	assert(!asleep);
	left_behind = where == HELD && (dead[holder] || !request) ||
		      where == GONE && !freed && caller_ended ||
		      caller_ended && (client || result != GOES_ON || replies > 0);
	assert(!left_behind);
	mutual = !given || told == REPLY || told == GOES_ON || told == LOST;
	assert(mutual)
}
