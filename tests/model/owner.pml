// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How owners come and go: kmod/owner.c, ipcq_owner_attach(), ipcq_owner_find(),
 * owner_mark(), owner_gone(), take_owner(), ipcq_owners_end_handle(),
 * ipcq_owners_end_closed(), end_owners_of(), end_work_run(), ipcq_owners_stop().
 *
 * A process has a descriptor of a handle, and a child of it another.  Two of its threads
 * attach; one may call execve(2), and attaches again; each exits or lives on.  Another
 * closes the descriptor, the child may close its own, at any moment.  The last one out
 * releases the handle, and when nothing is left the module is unloaded.
 *
 * Each owner that was made is seen gone once, by one of them; its memory, the handle's
 * list and the object are there for as long as they are looked at; and a thread that
 * lives on is no owner unless its process has a descriptor.
 *
 * What is under owners_lock is one step; so is a look at the table of descriptors,
 * which has a lock of its own.  What an owner held, and how it is recovered, is in
 * mutex.pml; how an object is found and ends, in lifetime.pml.
 *
 * Order.  The mark is test_and_set_bit(), fully ordered.  A closer looks at the list
 * of the handle without its lock: if the attaching thread looked at the table before
 * the descriptor was removed, the table's lock orders the adding before that look of
 * the closer's; else the removal comes before the attaching thread's look, which finds
 * no descriptor.  A task is counted out of its process by a fully ordered decrement
 * before the tracepoint asks how many are left.  llist_add() is a full exchange, and
 * queue_work() after it finds the work pending only if it has yet to take the list.
 *
 * with DUP the process has two descriptors, two that close them, and one thread
 * with PROCESS the owner is the process, which neither calls execve(2); the first thread
 *	attaches twice
 *
 * mutant CHECK_FIRST "stays" attaching looks for the descriptor before it is in the lists
 * mutant NO_CHECK "stays" attaching does not look for the descriptor
 * mutant NO_FLUSH_CALL "stays" closing a descriptor ends nobody
 * mutant MARK_PLAIN "gone[" the mark is read, and then written
 * mutant KEEP_LISTED "handle_exists" owners left to the work stay in a released handle's list
 * mutant FIND_DEAD "ending[" a thread is told to be an owner that has ended
 * mutant GET_ANYWAY "refs[" an owner whose last reference is gone is taken
 * mutant NO_RCU "exists[" an owner is freed at once
 * mutant NO_OBJECT "object_refs>0" an owner does not keep its object
 * mutant ANY_CLOSE+DUP "fds==0" closing ends the owners though a descriptor is left
 * mutant PUBLISH_BLIND+PROCESS "live_owners==1" two threads make two owners of a process
 * mutant EXIT_ALONE+PROCESS "live_threads==0" who exits ends what others still use
 * mutant ASK_FIRST+PROCESS "stays" who exits asks who is left, and is counted out then
 * mutant QUEUE_FIRST "forgotten" the work is queued before the owner is on its list
 * mutant NO_FLUSH "!(unloaded)" unloading does not wait for the work
 * mutant NO_BARRIER "!(unloaded)" unloading does not wait for what RCU has yet to free
 * mutant NO_SYNC "!(unloaded)" unloading does not wait for the tracepoints
 */
#ifdef DUP
#define FDS		2
#define THREADS		1
#define OWNERS		2
#else
#define FDS		1
#define THREADS		2
#define OWNERS		3
#endif
#define NEW(t)		((t) * 2)	/* of a thread: thread 0 may make two */
#ifdef PROCESS
#define FIRST(t)	0		/* where it looks for itself */
#define BEHIND(t)	OWNERS
#else
#define FIRST(t)	NEW(t)
#define BEHIND(t)	(2 + (t))
#endif
#define self		_pid

byte fds = FDS;			/* of the process */
byte file_refs = FDS + 1;
bool handle_exists = true;
bool pinned = true;		/* the module, by the file */
byte object_refs = 1;		/* the handle's */

bool exists[OWNERS], hashed[OWNERS], listed[OWNERS], ending[OWNERS];
byte refs[OWNERS], gone[OWNERS];
bool freeing[OWNERS];		/* call_rcu() */
byte ended_owners;		/* bits */
bool pending, running;		/* end_work */
byte readers;			/* of RCU */
byte probing;			/* in a tracepoint */
bool probes = true;
bool lives[THREADS];			/* a thread has done all, and does not exit */
byte live_threads = THREADS;	/* signal->live */
byte live_owners;
bool unloaded;

inline owner_put(i)
{
	atomic {
		assert(exists[i] && refs[i] > 0);
		refs[i]--;
		if
#ifdef NO_RCU
		:: refs[i] == 0 -> exists[i] = false
#else
		:: refs[i] == 0 -> freeing[i] = true
#endif
		:: else
		fi
	}
}

inline object_put()
{
#ifndef NO_OBJECT
	atomic {
		assert(object_refs > 0);
		object_refs--
	}
#else
	skip
#endif
}

inline owner_gone(i)
{
	atomic {			/* owners->ended() */
		gone[i]++;
		assert(gone[i] == 1);
		assert(exists[i] && object_refs > 0)
	};
	atomic {
		hashed[i] = false;
		if
		:: listed[i] -> assert(handle_exists); listed[i] = false
		:: else
		fi
	};
	/* One step: nobody looks at both. */
	atomic { owner_put(i); object_put() }
}

/* The list of the handle is walked: "o" is an owner to see gone, or OWNERS. */
inline take_owner()
{
	atomic {
		assert(handle_exists);
		o = 0;
		do
		:: o < OWNERS && !(listed[o] && !ending[o]) ->
			assert(!listed[o] || exists[o]);
			o++
		:: o < OWNERS && listed[o] && !ending[o] ->
			assert(exists[o]);
			ending[o] = true;
			break
		:: o == OWNERS -> break
		od
	}
}

/* fput(); the last one is ipcq_handle_release(). */
inline drop_file()
{
	atomic { file_refs--; last = file_refs == 0 };
	if
	:: last ->
		do
		:: take_owner();
			if
			:: o < OWNERS -> owner_gone(o)
			:: o == OWNERS -> break
			fi
		od;
#ifndef KEEP_LISTED
		atomic {
			listed[0] = false;
			listed[1] = false;
			listed[OWNERS - 1] = false
		};
#endif
		handle_exists = false;
		atomic { assert(object_refs > 0); object_refs-- };
		atomic { assert(!unloaded); pinned = false; last = false }
	:: else
	fi;
	o = 0
}

/* ipcq_owner_find(): "o" is the thread's owner, with a reference, or OWNERS. */
inline find()
{
	readers++;
	o = FIRST(self);
	do
	:: o < BEHIND(self) && !hashed[o] -> o++
	:: o < BEHIND(self) && hashed[o] ->
#ifndef FIND_DEAD
		if
		:: ending[o] -> o++
		:: !ending[o] ->
#endif
			atomic {
				assert(exists[o]);
				if
#ifdef GET_ANYWAY
				:: true -> assert(refs[o] > 0); refs[o]++; break
#else
				:: refs[o] > 0 -> refs[o]++; break
				:: else -> o++
#endif
				fi
			}
#ifndef FIND_DEAD
		fi
#endif
	:: o == BEHIND(self) -> o = OWNERS; break
	od;
	readers--
}

/* A call that attaches, with the thread's next owner if it needs one. */
inline attach()
{
	atomic {
		if
		:: fds > 0 -> file_refs++
		:: else -> goto over
		fi
	};
	find();
	if
	:: o < OWNERS -> goto got
	:: o == OWNERS -> o = new; new++
	fi;
	d_step {
		exists[o] = true;
		refs[o] = 2;
		assert(object_refs > 0);
#ifndef NO_OBJECT
		object_refs++;
#endif
		skip
	};
#ifdef CHECK_FIRST
	has = fds > 0;
#endif
	atomic {			/* owner_publish() */
		assert(handle_exists);
#ifdef PROCESS
#define is_live(i)	(hashed[i] && !ending[i])
		other = OWNERS;
#ifndef PUBLISH_BLIND
		if
		:: is_live(0) -> other = 0
		:: is_live(1) -> other = 1
		:: is_live(2) -> other = 2
		:: else
		fi;
#endif
		if
		:: other < OWNERS -> refs[other]++
		:: other == OWNERS -> listed[o] = true; hashed[o] = true
		fi;
		live_owners = is_live(0) + is_live(1) + is_live(2);
		assert(live_owners == 1);
		live_owners = 0
#else
		listed[o] = true;
		hashed[o] = true
#endif
	};
#ifdef PROCESS
	if
	:: other < OWNERS ->
		ending[o] = true;
		owner_gone(o);
		owner_put(o);
		o = other;
		goto got
	:: other == OWNERS
	fi;
#endif
#ifdef NO_CHECK
	has = true;
#endif
#if !defined(CHECK_FIRST) && !defined(NO_CHECK)
	has = fds > 0;
#endif
	if
	:: !has ->
		atomic { has = ending[o]; ending[o] = true };
		if
		:: !has -> owner_gone(o)
		:: else
		fi
	:: else ->
got:		assert(!ending[o] || fds == 0)
	fi;
	owner_put(o);
	has = false;
	drop_file()
}

/* end_owners_of(): the thread exits, or calls execve(2). */
inline end_owners()
{
#ifdef PROCESS
#ifdef ASK_FIRST
	last = live_threads == 0;
	live_threads--;
#else
	live_threads--;
	last = live_threads == 0;
#endif
	if
#ifdef EXIT_ALONE
	:: true
#else
	:: last -> last = false
	:: else -> goto not_told
#endif
	fi;
	assert(live_threads == 0);
#endif
	atomic {
		has = false;
		if
		:: probes -> probing++; readers++; o = FIRST(self)
		:: else -> goto not_told
		fi
	};
	do
	:: o < BEHIND(self) && !hashed[o] -> o++
	:: o < BEHIND(self) && hashed[o] ->
#ifdef QUEUE_FIRST
		pending = true;
#endif
		atomic {
			assert(exists[o]);
			last = ending[o];
#ifdef MARK_PLAIN
		};
		atomic {
#endif
			ending[o] = true
		};
		if
		:: !last -> ended_owners = ended_owners | (1 << o); has = true
		:: else
		fi;
		o++
	:: o == BEHIND(self) -> break
	od;
	readers--;
#ifndef QUEUE_FIRST
	if
	:: has -> pending = true
	:: else
	fi;
#endif
	atomic { assert(!unloaded); probing--; has = false; last = false; o = 0 }
}

/*
 * Two calls, the first thread's with an execve(2) between them or not, so that the
 * second finds an owner or makes one.
 */
active [THREADS] proctype thread()
{
	byte o, calls, other, new = NEW(self);
	bool has, last;

	do
	:: calls++;
		attach();
over:
		if
		:: self == 0 && calls == 1
		:: lives[self] = true; break
		:: end_owners();
not_told:
			if
#ifndef PROCESS
			:: self == 0 && calls == 1	/* execve(2) */
#endif
			:: break			/* exit */
			fi
		fi
	od
}

/* close(2): the descriptor leaves the table, then the file's flush, then fput(). */
active [FDS] proctype closer()
{
	byte o;
	bool last;

	if
	:: true
	:: goto stays_open
	fi;
	fds--;
#ifndef NO_FLUSH_CALL
	/* ipcq_owners_end_closed() */
	if
	:: !listed[0] && !listed[1] && !listed[OWNERS - 1] -> goto flushed
	:: else
	fi;
#ifndef ANY_CLOSE
	if
	:: fds > 0 -> goto flushed
	:: else
	fi;
#endif
	do
	:: take_owner();
		if
		:: o < OWNERS -> assert(fds == 0); owner_gone(o)
		:: o == OWNERS -> break
		fi
	od;
flushed:
#endif
	drop_file();
stays_open:
	skip
}

active proctype child()
{
	byte o;
	bool last;

	if
	:: drop_file()
	:: true
	fi
}

active proctype end_work()
{
	byte list;

end_idle:
	do
	:: atomic { pending -> pending = false; running = true };
		d_step { list = ended_owners; ended_owners = 0 };
		if
		:: list & 1 -> owner_gone(0)
		:: else
		fi;
		if
		:: list & 2 -> owner_gone(1)
		:: else
		fi;
#ifndef DUP
		if
		:: list & 4 -> owner_gone(2)
		:: else
		fi;
#endif
		atomic { list = 0; assert(!unloaded); running = false }
	od
}

/* owner_free(), a grace period after call_rcu(): nobody reads who did then. */
active proctype rcu()
{
end_idle:
	do
	:: atomic { freeing[0] && !readers -> assert(!unloaded); freeing[0] = false; exists[0] = false }
	:: atomic { freeing[1] && !readers -> assert(!unloaded); freeing[1] = false; exists[1] = false }
#ifndef DUP
	:: atomic { freeing[2] && !readers -> assert(!unloaded); freeing[2] = false; exists[2] = false }
#endif
	od
}

active proctype unloader()
{
end_used:
	object_refs == 0 && !pinned;
	/* ipcq_owners_stop() */
	probes = false;
#ifndef NO_SYNC
	!probing;			/* tracepoint_synchronize_unregister() */
#endif
#ifndef NO_FLUSH
	!pending && !running;		/* flush_work() */
#endif
#ifndef NO_BARRIER
	!freeing[0] && !freeing[1] && !freeing[OWNERS - 1];	/* rcu_barrier() */
#endif
	unloaded = true
}

#define is_owner(i)	(exists[i] && !ending[i])
#ifdef PROCESS
#define stays_on(i, t)	(is_owner(i) && (fds == 0 || !lives[0] && !lives[1]))
#else
#define stays_on(i, t)	(is_owner(i) && (fds == 0 || !lives[t]))
#endif
#define is_due(i)	(exists[i] && ending[i])

active proctype monitor()
{
	bool stays, forgotten;

	timeout ->
	stays = stays_on(0, 0) || stays_on(1, 0);
	forgotten = is_due(0) || is_due(1);
#ifndef DUP
	stays = stays || stays_on(2, 1);
	forgotten = forgotten || is_due(2);
#endif
	assert(!forgotten);
	assert(!stays);
	assert(unloaded == (file_refs == 0));
	assert(object_refs == (file_refs > 0) + is_owner(0) + is_owner(1) +
	       (OWNERS > 2 && is_owner(OWNERS - 1)))
}
