// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What errors mean here, which is often narrower than what strerror(3) says.
 */
#include "internal.h"

const char *ipcq_strerror(int error)
{
	switch (-error) {
	case 0:
		return "success";
	case ENOENT:
		return "no such object, or the module is not loaded";
	case ENXIO:
	case ENODEV:
		return "the module is not loaded";
	case EEXIST:
		return "an object of this name exists";
	case EPROTOTYPE:
		return "the name belongs to an object of the other kind";
	case EBADR:
		return "the object exists with other attributes";
	case EKEYREJECTED:
		return "the object is another user's than demanded";
	case EACCES:
		return "the permissions refuse this access";
	case EPERM:
		return "not the owner of the object, not the holder of the mutex, or not the administrator";
	case EBADF:
		return "the handle was not opened for this, or a descriptor to be passed is not open";
	case ENOTTY:
		return "the descriptor is of another kind";
	case EINVAL:
		return "an argument is out of its range";
	case EOPNOTSUPP:
	case E2BIG:
		return "this kernel's module cannot do that";
	case ENAMETOOLONG:
		return "the name is longer than 255 bytes";
	case EDQUOT:
		return "a limit of the user is reached";
	case ENOSPC:
		return "the network namespace has as many objects as it may have";
	case ETOOMANYREFS:
		return "the user has too many open files in messages";
	case ELOOP:
		return "a descriptor that could carry others cannot be passed";
	case EMFILE:
		return "too many open files in this process";
	case ENFILE:
		return "too many open files in the system";
	case ENOMEM:
		return "out of memory";
	case ESTALE:
		return "the network namespace of the connection has ended";
	case EAGAIN:
		return "would have to wait";
	case ENOBUFS:
		return "the queue is full, and rejects what has no room";
	case ETIMEDOUT:
		return "timed out";
	case EINTR:
		return "interrupted by a signal";
	case EMSGSIZE:
		return "the message is too long";
	case ENOKEY:
		return "this process does not hold the message, or no longer";
	case ECONNREFUSED:
		return "nobody receives from the queue";
	case ECONNRESET:
		return "the process that was to reply has ended";
	case EREMOTEIO:
		return "the request was refused";
	case ENOTCONN:
		return "the request was received by who cannot reply";
	case ETIME:
		return "the request expired before anybody received it";
	case ECANCELED:
		return "the call has ended";
	case ESRCH:
		return "no such process has attached to the queue";
	case EALREADY:
		return "the handle has subscribed already";
	case EDEADLK:
		return "this thread already holds the mutex";
	case EOWNERDEAD:
		return "locked, but a former holder died holding it";
	case EPROTO:
		return "the module's answer was not understood";
	case EFAULT:
		return "an address is not accessible";
	default:
		return "unknown error";
	}
}
