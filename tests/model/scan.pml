// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking for a message that a filter takes while others change the order:
 * kmod/scan.c, ipcq_scan(), step(), ipcq_scans_entered(), ipcq_scans_left().
 *
 * One scan, whose steps look at one message each.  A sender adds messages at the end;
 * takers take any, keep it or put it back in its place.  The messages are their numbers,
 * and the order is that of these.
 *
 * Each hold of queue->lock is one step here.  All of a scan is under that lock, so there
 * is no question of the order of memory.
 *
 * with LOWEST the scan is for the lowest type, the first of these in the order
 *
 * mutant LEFT_BLIND "found_is_there" who takes a message does not look for scans
 * mutant ENTERED_BLIND "none_is_there" who puts one back does not look for scans
 * mutant END_IS_END "none_is_there" a scan whose last message has left is at its end
 * mutant BEST_STAYS+LOWEST "found_is_there" the best that was seen leaves unnoticed
 * mutant BEST_FORGOTTEN+LOWEST "none_is_there" it is forgotten, and no other looked for
 * mutant ENTERED_BLIND+LOWEST "found_is_first" likewise
 */
#define MESSAGES	4
#define TAKERS		2

bool there[MESSAGES + 1];	/* in the order */
byte next;			/* scan->next; 0: none */
byte best;			/* scan->best; 0: none */
bool scanning;			/* the scan is in queue->scans */
bool found_is_there, found_is_first, none_is_there;

#ifdef LOWEST
#define type(m)		((m) & 1)		/* 2 and 4 before 1 and 3 */
#define takes(m)	true
#define better(a, b)	(!(b) || type(a) < type(b) || (type(a) == type(b) && (a) < (b)))
#else
#define takes(m)	(!((m) & 1))
#endif

/* ipcq_backlog_next(), and from 0 the first. */
#define after(m)	((m) < 1 && there[1] -> 1 : ((m) < 2 && there[2] -> 2 : \
			 ((m) < 3 && there[3] -> 3 : ((m) < 4 && there[4] -> 4 : 0))))

inline entered(m)
{
	if
#ifndef ENTERED_BLIND
	:: scanning && takes(m) ->
#ifdef LOWEST
		if
		:: better(m, best) -> best = m
		:: else
		fi
#elif defined(END_IS_END)
		if
		:: next && m < next -> next = m
		:: else
		fi
#else
		if
		:: !next || m < next -> next = m
		:: else
		fi
#endif
#endif
	:: else
	fi
}

inline left(m)
{
	if
#ifndef LEFT_BLIND
	:: scanning && m == next -> next = after(m)
#endif
	:: else
	fi;
#if defined(LOWEST) && !defined(BEST_STAYS)
	if
	:: scanning && m == best ->
		best = 0;
#ifndef BEST_FORGOTTEN
		next = after(0)
#endif
	:: else
	fi
#endif
}

active proctype sender()
{
	byte m;

	do
	:: m < MESSAGES ->
		atomic {
			m++;
			there[m] = true;
			entered(m)
		}
	:: else -> break
	od
}

active [TAKERS] proctype taker()
{
	byte m;

	atomic {
		if
		:: there[1] -> m = 1
		:: there[2] -> m = 2
		:: there[3] -> m = 3
		:: there[4] -> m = 4
		:: true -> goto end
		fi;
		there[m] = false;
		left(m)
	};
	if
	:: true
	:: atomic {
		there[m] = true;
		entered(m)
	   }
	fi;
end:
	skip
}

/* look(): what it has found is in best then. */
inline step()
{
	scanning = false;
	if
	:: !next -> ended = true
	:: next ->
		m = next;
		next = after(m);
		if
#ifdef LOWEST
		:: better(m, best) -> best = m
#else
		:: takes(m) -> best = m; ended = true
#endif
		:: else
		fi
	fi;
	scanning = !ended;	/* pause() */
	m = 0
}

/* What ipcq_scan() promises. */
inline check()
{
	if
	:: ended && best ->
		found_is_there = there[best];
		assert(found_is_there);
#ifdef LOWEST
		found_is_first = !(there[1] && better(1, best)) &&
				 !(there[2] && better(2, best)) &&
				 !(there[3] && better(3, best)) &&
				 !(there[4] && better(4, best));
#else
		found_is_first = !(there[2] && best > 2);
#endif
		assert(found_is_first)
	:: ended && !best ->
		none_is_there = !(takes(1) && there[1]) && !there[2] &&
				!(takes(3) && there[3]) && !there[4];
		assert(none_is_there)
	:: else
	fi
}

active proctype scan()
{
	byte m;
	bool ended;

	atomic { next = after(0); step(); check() };
	do
	:: !ended ->
		atomic { step(); check() }
	:: else -> break
	od
}
