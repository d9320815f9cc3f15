// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that are held, and what ends that.
 */
#include "rules.h"

#include <stdlib.h>

void model_acknowledge(struct queue *queue, struct message *message)
{
	unlist(&queue->held, message);
	count_out(queue, message);
	queue->received++;
	free(message);
	serve(queue);
}

void model_return(struct queue *queue, struct message *message)
{
	unlist(&queue->held, message);
	message->redeliveries++;
	message->holder = NULL;
	if (queue->redelivery_limit && message->redeliveries > queue->redelivery_limit) {
		count_out(queue, message);
		die(queue, message, IPCQ_ORIGIN_REDELIVERED);
		serve(queue);
		return;
	}
	put_in_order(queue, message);
	/* Its time may have ended meanwhile. */
	if (message->life == AT_ONCE)
		expire(queue, message);
	serve(queue);
}
