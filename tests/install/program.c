// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program of a user, who has what was installed and nothing else of the project:
 * the library's header, the interface's, and pkg-config.
 */
#include <stdio.h>

#include <ipcq.h>
#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>

static int use_queue(struct ipcq *ipcq)
{
	const struct ipcq_queue_options options = { .max_messages = 4 };
	struct ipcq_queue *queue;
	char text[16] = "";
	int error;

	error = ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				&options, &queue);
	if (error < 0)
		return error;
	error = ipcq_queue_send(queue, "installed", 10);
	if (!error)
		error = ipcq_queue_receive(queue, text, sizeof(text));
	if (error >= 0)
		puts(text);
	ipcq_queue_close(queue);
	return error < 0 ? error : 0;
}

int main(void)
{
	struct ipcq_query query = { .size = sizeof(query) };
	struct ipcq *ipcq;
	int error = ipcq_connect(&ipcq);

	if (!error) {
		error = use_queue(ipcq);
		ipcq_disconnect(ipcq);
	}
	if (error < 0)
		fprintf(stderr, "%s\n", ipcq_strerror(error));
	return error < 0 || query.size == 0;
}
