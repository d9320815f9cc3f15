// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The word of a mutex: the fast paths of user/lib/mutex.c, take() and give(), against
 * kmod/mutex.c, take_or_mark(), take_or_enqueue(), leave(), pass_on(), recover(),
 * fail_wait() and ipcq_mutexes_recover(), and owner_mark(), owner_gone() and
 * ipcq_owners_live() of kmod/owner.c.
 *
 * Three threads take and release one mutex.  One may end, as it holds it or sleeps;
 * one has its handle closed by another thread at any moment, and goes on until it
 * notices; one takes it twice, and may stop waiting.  A work, or who closes, recovers
 * what the owner held.
 *
 * Under region->lock only user space changes the word.  So each access of the kernel
 * to the word is a step of its own; what it does to its lists is done with the step
 * before it, as nobody sees them without the lock.  How a wait ends is in wait.pml.
 *
 * "owed" is what the model knows and the code does not: that a holder has ended, and
 * nobody has declared the mutex consistent since.  Whoever gets it is told so exactly
 * if it is owed.
 *
 * Order.  What a holder wrote must be seen by the next.  User to user: the exchange
 * of give() is a release, that of take() an acquire.  The kernel's exchanges are
 * atomic_try_cmpxchg(), fully ordered when they succeed; so user to kernel and kernel
 * to user are ordered whichever of them the thread does.  Where the kernel's fails, or
 * where take_or_mark() finds WAITERS set and only reads, nothing is concluded but that
 * the thread has to wait, and when it is granted the mutex it is by an exchange of the
 * holder's that it learns of through the lock and done.  That reading WAITERS is
 * enough: it was set, and is cleared, under the lock that is held; while it is set no
 * exchange of user space succeeds; so the word is what was read.
 * Recovery reads the words without the lock.  Whoever gave the mutex to the owner did
 * so under the lock before fail_wait() took it, which orders the write before the
 * read; or it was the owner's own exchange, and the owner's last: test_and_set_bit()
 * and queueing the work are full barriers, the work comes after them.
 *
 * mutant NO_WAITERS "slept" a thread sleeps without setting WAITERS
 * mutant MARK_STORES "slept" WAITERS is set by a store, not an exchange
 * mutant GIVE_STORES "slept" the fast unlock is a store, not an exchange
 * mutant NO_LIVE_CHECK "slept" an owner that has been recovered queues up
 * mutant SCAN_FIRST "slept" the word is looked at before the wait is ended
 * mutant NO_DEATH_CHECK "slept" who finds an id does not ask whether it is of a live owner
 * mutant DROP_FLAG "told" unlocking forgets that the mutex is inconsistent
 * mutant NO_FLAG "told" recovery does not set INCONSISTENT
 * mutant STEAL "inside==3" the mutex is taken from a holder that lives
 * mutant COUNT_TWICE "deaths" a death that was noted before is noted again
 */
#define THREADS		3
#define TURNS(i)	(1 + (i == 0))
#define CLOSED		1	/* the one whose handle is closed as it lives */

#define NONE		3	/* in the word: nobody */

byte holder = NONE;		/* the word: who has it */
bool waiters, inconsistent;	/* and its two flags */

bool locked;			/* region->lock */
chan list = [THREADS] of { byte };	/* mutex->waiters */
bool in_list[THREADS];		/* owner->waiting */
bool done[THREADS];		/* waiter->done */
byte result[THREADS];		/* locker->result */
bool ending[THREADS];		/* IPCQ_OWNER_ENDING */
bool work[THREADS];		/* on the list of the work */
byte deaths;			/* mutex->deaths */

byte inside = NONE;		/* who is in the critical section */
bool owed;
byte owes;			/* how many holders have ended */
bool over[THREADS];
bool slept;

#define TAKEN		0	/* results */
#define OWNERDEAD	1
#define EBADF		2

#define live(i)		(!ending[i])
#define self		_pid

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

/* grant(): from here on the thread may run. */
inline grant(i, what)
{
	in_list[i] = false;
	result[i] = what;
	done[i] = true
}

/* The word as it was read; an exchange succeeds if it is still that. */
inline read_word()
{
	d_step { seen = holder; seen_waiters = waiters; seen_inconsistent = inconsistent }
}

#define word_is_seen	\
	(holder == seen && waiters == seen_waiters && inconsistent == seen_inconsistent)
#define nobody_s	(holder == NONE && !waiters && !inconsistent)
#define just(i)		(holder == i && !waiters && !inconsistent)

/*
 * pass_on().  Who is closed while it unlocks has unlocked, and owes nothing; what is
 * given to one who has ended is owed at once.
 */
inline pass_on(flag, recovers)
{
	d_step {
		busy = !word_is_seen;
		if
		:: !busy && !recovers && ending[seen] -> owed = seen_inconsistent; owes--
		:: else
		fi;
		if
		:: !busy && len(list) > 0 ->
			list ? next;
			holder = next;
			waiters = len(list) > 0;
			inconsistent = flag;
			grant(next, (flag -> OWNERDEAD : TAKEN));
			if
			:: ending[next] -> owed = true; owes++
			:: else
			fi
		:: !busy && len(list) == 0 ->
			holder = NONE;
			waiters = false;
			inconsistent = flag
		:: else
		fi;
		next = 0
	}
}

/* The critical section begins. */
inline enter()
{
	if
	:: ending[self] -> goto gone		/* closed meanwhile */
	:: else ->
		assert(inside == NONE);
		inside = self;
		assert(told == owed)
	fi
}

inline enqueue()
{
	list ! self;
	in_list[self] = true;
	done[self] = false;
	unlock()
}

active [THREADS] proctype thread()
{
	byte turn, seen, next;
	bool seen_waiters, seen_inconsistent, told, died, busy;

	do
	:: turn < TURNS(self) ->
		turn++;
		/* take() */
		atomic {
			if
			:: nobody_s ->
				holder = self;
				told = false;
				if
				:: ending[self] -> owed = true; owes++; goto gone
				:: else
				fi;
				enter();
				goto critical
			:: else
			fi
		};

		/* ipcq_mutex_lock(): take_or_enqueue() */
		lock();
#ifndef NO_LIVE_CHECK
		if
		:: !live(self) -> unlock(); goto gone
		:: else
		fi;
#endif
again:		/* take_or_mark() */
		read_word();
#if defined(NO_DEATH_CHECK)
		died = false;
#elif defined(STEAL)
		died = seen != NONE;
#else
		died = seen != NONE && !live(seen);
#endif
		atomic {
			if
#ifdef MARK_STORES
			:: seen != NONE && !died ->
				holder = seen;
				waiters = true;
				enqueue();
				goto asleep
#endif
			:: !word_is_seen -> goto again
			:: word_is_seen && (seen == NONE || died) ->
				holder = self;
				waiters = len(list) > 0;
				inconsistent = seen_inconsistent || died;
#ifndef STEAL
				deaths = deaths + died;
				assert(deaths <= owes);
#endif
				told = inconsistent;
				unlock();
				if
				:: ending[self] -> owed = true; owes++
				:: else
				fi;
				enter();
				goto critical
			:: word_is_seen && seen != NONE && !died ->
#ifndef NO_WAITERS
				waiters = true;
#endif
				enqueue();
				goto asleep
			fi
		};
asleep:		/* ipcq_waiter_sleep(), and leave() */
		if
		:: done[self]
		:: self == 2 -> 	/* killed */
			lock();
			d_step {
				if
				:: !done[self] -> list ?? eval(self); in_list[self] = false
				:: else
				fi
			}
			unlock();
			goto dead
		:: self == 0 && turn == 1 -> 	/* a signal, the deadline */
			lock();
			d_step {
				busy = done[self];
				if
				:: !busy -> list ?? eval(self); in_list[self] = false
				:: else
				fi
			}
			unlock();
			if
			:: busy
			:: !busy -> goto next_turn
			fi
		fi;
		if
		:: result[self] == EBADF -> goto gone
		:: else
		fi;
		atomic { told = result[self] == OWNERDEAD; enter() };
critical:
		if
		:: self == 2 -> goto dead
		:: told && live(self) ->	/* ipcq_mutex_consistent() */
			lock();
			atomic {
				/* Nothing else changes a word that has a flag set. */
				if
				:: holder == self && inconsistent ->
					inconsistent = false;
					owed = ending[self]
				:: else
				fi;
				told = false;
				unlock()
			}
		:: true
		fi;
		/* give() */
		atomic {
			if
#ifdef GIVE_STORES
			:: holder == self && !inconsistent -> waiters = false;
#else
			:: just(self) ->
#endif
				holder = NONE;
				if
				:: inside == self -> inside = NONE
				:: else
				fi;
				if
				:: ending[self] -> owed = false; owes--
				:: else
				fi;
				goto next_turn
			:: else
			fi
		};
		/* ipcq_mutex_unlock(): ipcq_owner_find(), try_unlock() */
		atomic {
			if
			:: !live(self) -> goto gone
			:: else -> inside = NONE
			fi
		};
		do
		:: lock();
			read_word();
			if
			:: seen != self -> unlock(); goto gone	/* EPERM */
			:: else
			fi;
#ifdef DROP_FLAG
			pass_on(false, false);
#else
			pass_on(seen_inconsistent, false);
#endif
			unlock();
			if
			:: busy
			:: !busy -> break
			fi
		od;
next_turn:
		told = false;
		busy = false
	:: else -> break
	od;
	goto gone;
dead:
	/* The thread ends, wherever it is; then the tracepoint marks the owner. */
	atomic {
		if
		:: inside == self -> inside = NONE
		:: else
		fi;
		if
		:: holder == self -> owed = true; owes++
		:: else
		fi
	};
	ending[self] = true;
	work[self] = true;
gone:
	over[self] = true
}

/* owner_gone(): ipcq_mutexes_recover(), with one mutex to look at. */
inline recover(i)
{
#ifdef SCAN_FIRST
	found = holder == i;
#endif
	lock();
	/* fail_wait() */
	d_step {
		if
		:: in_list[i] -> list ?? eval(i); grant(i, EBADF)
		:: else
		fi
	};
	unlock();
#ifndef SCAN_FIRST
	found = holder == i;
#endif
	if
	:: found ->
		lock();
		do
		:: read_word();
			if
			:: seen != i -> break
			:: else
			fi;
#ifdef NO_FLAG
			pass_on(false, true);
#else
			pass_on(true, true);
#endif
			if
			:: busy
			:: !busy -> deaths++; assert(deaths <= owes); break
			fi
		od;
		unlock()
	:: else
#ifdef COUNT_TWICE
		-> deaths++; assert(deaths <= owes)
#endif
	fi;
	found = false
}

active proctype end_work()
{
	byte seen, next;
	bool seen_waiters, seen_inconsistent, busy, found;

end_idle:
	do
	:: atomic { work[2] -> work[2] = false }; recover(2)
	od
}

/* Another thread closes its process's last descriptor: ipcq_owners_end_closed(). */
active proctype closer()
{
	byte seen, next;
	bool seen_waiters, seen_inconsistent, busy, found;

	atomic {
		ending[CLOSED] = true;
		if
		:: holder == CLOSED -> owed = true; owes++
		:: else
		fi;
		if
		:: inside == CLOSED -> inside = NONE
		:: else
		fi
	};
	recover(CLOSED)
}

active proctype monitor()
{
	timeout -> slept = !over[0] || !over[1] || !over[2];
	assert(!slept)
}
