// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two processes and a queue, with the library.
 *
 *	cc hello.c $(pkg-config --cflags --libs libipcq) -o hello
 */
#include <stdio.h>
#include <unistd.h>

#include <ipcq.h>

int main(void)
{
	struct ipcq *ipcq;
	struct ipcq_queue *queue;
	char text[100];
	int error = ipcq_connect(&ipcq);

	if (!error)
		error = ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
					NULL, &queue);
	if (error >= 0 && fork() == 0)
		return ipcq_queue_send(queue, "hello, parent", 14) != 0;
	if (error >= 0)
		error = ipcq_queue_receive(queue, text, sizeof(text));
	printf("%s\n", error < 0 ? ipcq_strerror(error) : text);
	return error < 0;
}
