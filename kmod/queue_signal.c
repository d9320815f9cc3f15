// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of a queue, for those that do not wait in a call: O_ASYNC.
 *
 * A file is in the list of readers, of writers or in both, by its access, so that
 * nobody hears of what it may not do.  The lists and their locks are the kernel's.
 */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/signal.h>

#include "queue.h"

/* The lists have changed: tells those who hold the queue's lock. */
static void note_signals(struct ipcq_queue *queue)
{
	spin_lock(&queue->lock);
	queue->listened = READ_ONCE(queue->readers) ||
			  READ_ONCE(queue->writers) || queue->broadcast;
	spin_unlock(&queue->lock);
}

/**
 * ipcq_queue_fasync() - O_ASYNC is set or taken off
 * @queue: the queue
 * @fd: the descriptor that a signal will name
 * @file: the file
 * @on: whether it is set
 *
 * Also called when a file that has it is closed.
 *
 * Return: 0 or more, or -ENOMEM; then nothing has changed.
 */
int ipcq_queue_fasync(struct ipcq_queue *queue, int fd, struct file *file, int on)
{
	int ret = 0;

	if (file->f_mode & FMODE_READ)
		ret = fasync_helper(fd, file, on, &queue->readers);
	if (ret >= 0 && file->f_mode & FMODE_WRITE) {
		ret = fasync_helper(fd, file, on, &queue->writers);
		if (ret < 0)
			fasync_helper(-1, file, 0, &queue->readers);
	}
	note_signals(queue);
	return ret;
}

/**
 * ipcq_queue_signal() - send the signals that events call for; no lock is held
 * @queue: the queue
 * @events: what the queue has become ready for
 */
void ipcq_queue_signal(struct ipcq_queue *queue, __poll_t events)
{
	if (events & EPOLLIN)
		kill_fasync(&queue->readers, SIGIO, POLL_IN);
	if (events & EPOLLOUT)
		kill_fasync(&queue->writers, SIGIO, POLL_OUT);
}
