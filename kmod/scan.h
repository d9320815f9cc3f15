/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking through a queue's order for a message that a filter takes.
 *
 * There may be many messages, and the queue's lock is not to be held for long.  So a
 * scan looks at a number of them, drops the lock, takes it again and goes on where it
 * was.  Meanwhile messages come and go, and so a scan between two steps is in a list
 * of the queue's, and whoever changes the order sees to it that it is right:
 *
 *   a message leaves	scans that would look at it next go on with the one after
 *			it; those that would have chosen it begin again
 *   a message comes	scans that are past its place, and take it, go back to it
 *
 * So this holds whenever the lock is free:
 *
 *   - every message before a scan's place is one that its filter does not take, or
 *     comes after the best one it has seen.
 *
 * A scan that ends without a message has thus seen, at its end and under the lock, that
 * there is none.  New messages that it does not take never delay it; it can be held up
 * only by others who take what it was about to choose.
 *
 * Model: tests/model/scan.pml.
 */
#ifndef IPCQ_SCAN_H
#define IPCQ_SCAN_H

struct ipcq_filter;
struct ipcq_message;
struct ipcq_queue;

struct ipcq_message *ipcq_scan(struct ipcq_queue *queue,
			       const struct ipcq_filter *filter);
void ipcq_scans_entered(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_scans_left(struct ipcq_queue *queue, struct ipcq_message *message);

#endif /* IPCQ_SCAN_H */
