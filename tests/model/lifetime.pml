// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of an object, and of the module: kmod/registry.c, ipcq_registry_open(),
 * ipcq_registry_close(), ipcq_registry_unlink(), unlink_name(), end_if_unreachable();
 * kmod/object.c, ipcq_object_put(), ipcq_object_fini(); kmod/queue_memory.c,
 * next_queue(), ipcq_queue_memory_fini(), ipcq_queue_exit(); queue_free(); main.c.
 *
 * A queue of any lifetime is there, with its creator's handle.  Somebody opens it by
 * its name and closes it, somebody removes the name, the shrinker walks the list of all
 * queues, a delayed work of the queue's may run, and the module is unloaded as soon as
 * nothing holds it.
 *
 * What is under registry->lock or queues_lock is one step; the count of references is
 * atomic; between those there is nothing that a lock holds together.
 *
 * Order.  kref_get_unless_zero() is relaxed, and needs no more: it is under
 * queues_lock, which the freeing thread takes to unlink the queue before it frees it.
 * kref_put() is a release, and an acquire for the one that frees.
 *
 * mutant GET_ANYWAY "(unloaded)" the shrinker takes a queue whose last reference is gone
 * mutant LIST_LATE "exists" a queue leaves the list after it was freed
 * mutant NO_CANCEL "exists" freeing does not wait for the work
 * mutant FIND_UNLOCKED "exists" a name is looked up, and its object taken later
 * mutant END_TWICE "refs>0" a close ends what has a name
 * mutant NO_WAIT "!(unloaded)" unloading does not wait for the shrinker
 */
#define LAST_CLOSE	0
#define PERSISTENT	1
#define CREATOR		2

byte lifetime;
bool exists = true;		/* the memory */
byte refs = 2;			/* the registry's, and the creator's handle */
byte handles = 1;
bool linked = true;		/* in by_name */
bool in_all = true;		/* in the list of all queues */
bool pending, running;		/* the delayed work */
byte pins = 2;			/* of the module: the object, and its file */
bool shrinking;			/* the shrinker is in our code */
bool shrinker_on = true;
bool unloading, unloaded;

inline put()
{
	assert(!unloaded && exists && refs > 0);
	refs--;
	if
	:: refs == 0 -> last = true
	:: else
	fi
}

/* object_release(): queue_free() */
inline release_if_last()
{
	if
	:: last ->
#ifndef NO_CANCEL
		pending = false;		/* cancel_delayed_work_sync() */
		!running;
#endif
#ifndef LIST_LATE
		in_all = false;
		exists = false;
#else
		exists = false;
		in_all = false;
#endif
		pins--				/* module_put() */
	:: else
	fi;
	assert(!unloaded);
	last = false
}

inline ipcq_object_put()
{
	atomic { put() };
	release_if_last()
}

inline ipcq_registry_close(creator)
{
	atomic {
		assert(exists);
		handles--;
		if
		:: (lifetime == CREATOR -> creator :
			(lifetime == LAST_CLOSE && handles == 0)) -> linked = false
		:: else
		fi;
#ifdef END_TWICE
		ended = handles == 0
#else
		ended = !linked && handles == 0
#endif
	};
	if
	:: ended -> ipcq_object_put()
	:: else
	fi;
	ipcq_object_put();
	pins--					/* of the file */
}

active proctype creator()
{
	bool last, ended;

	if
	:: lifetime = LAST_CLOSE
	:: lifetime = PERSISTENT
	:: lifetime = CREATOR
	fi;
	pending = true;
	ipcq_registry_close(true)
}

active proctype opener()
{
	bool last, ended, found;

	atomic {				/* open(2) of /dev/ipcq */
		if
		:: !unloading -> pins++
		:: else -> goto end
		fi
	};
	/* ipcq_registry_open() */
#ifdef FIND_UNLOCKED
	found = linked;
	atomic {
		if
		:: found -> assert(exists); handles++; refs++; pins++
		:: else
		fi
	};
#else
	atomic {
		found = linked;
		if
		:: found -> assert(exists); handles++; refs++; pins++
		:: else
		fi
	};
#endif
	pins--;
	if
	:: found ->
		assert(exists);
		pending = true;
		ipcq_registry_close(false)
	:: else
	fi;
end:
	skip
}

active proctype unlinker()
{
	bool last, ended;

	atomic {
		if
		:: !unloading -> pins++
		:: else -> goto end
		fi
	};
	atomic {				/* ipcq_registry_unlink() */
		if
		:: linked ->
			assert(exists);
			linked = false;
			ended = handles == 0
		:: else
		fi
	};
	if
	:: ended -> ipcq_object_put()
	:: else
	fi;
	pins--;
end:
	skip
}

active proctype shrinker()
{
	bool last, got;
	byte scans;

	do
	:: scans < 2 ->
		scans++;
		atomic {
			if
			:: shrinker_on -> shrinking = true
			:: else -> break
			fi
		};
		atomic {			/* next_queue() */
			got = false;
			if
			:: in_all ->
				assert(exists);
				if
#ifdef GET_ANYWAY
				:: true -> refs++; got = true
#else
				:: refs > 0 -> refs++; got = true
				:: else
#endif
				fi
			:: else
			fi
		};
		if
		:: got -> assert(exists); ipcq_object_put()
		:: else
		fi;
		assert(!unloaded);
		shrinking = false
	:: else -> break
	od
}

active proctype work()
{
end_idle:
	do
	:: atomic { pending -> pending = false; running = true };
		assert(exists && !unloaded);
		running = false
	od
}

active proctype unloader()
{
	atomic { pins == 0 -> unloading = true };
	shrinker_on = false;			/* unregister_shrinker() */
#ifndef NO_WAIT
	!shrinking;
#endif
	!running;				/* destroy_workqueue() */
	unloaded = true
}

active proctype monitor()
{
	timeout -> assert(unloaded);
	assert(!exists && refs == 0 && pins == 0)
}
