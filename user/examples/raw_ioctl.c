// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue and a region's mutex with nothing but the kernel's interface.
 *
 * All there is to it: open /dev/ipcq, fill a struct whose first member is its
 * size, call ioctl(2).  Opening a queue or a region gives a new descriptor.
 *
 *	cc -I uapi raw_ioctl.c -o raw_ioctl
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ipcq.h>

#define ROUNDS	10000

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* An anonymous queue: only this process and its children can use it. */
static int open_queue(int device)
{
	struct ipcq_queue_open arg = {
		.open = {
			.size = sizeof(arg),
			.flags = IPCQ_OPEN_F_CREATE | IPCQ_OPEN_F_READ |
				 IPCQ_OPEN_F_WRITE,
			.mode = 0600,
		},
		.max_messages = 10,
		.max_message_size = 1000,
	};

	if (ioctl(device, IPCQ_IOC_QUEUE_OPEN, &arg))
		fail("IPCQ_IOC_QUEUE_OPEN");
	return arg.open.fd;
}

static int open_region(int device)
{
	struct ipcq_region_open arg = {
		.open = {
			.size = sizeof(arg),
			.flags = IPCQ_OPEN_F_CREATE | IPCQ_OPEN_F_READ |
				 IPCQ_OPEN_F_WRITE,
			.mode = 0600,
		},
		.region_size = sizeof(uint64_t),
		.mutexes = 1,
	};

	if (ioctl(device, IPCQ_IOC_REGION_OPEN, &arg))
		fail("IPCQ_IOC_REGION_OPEN");
	return arg.open.fd;
}

static void send_text(int queue, const char *text)
{
	struct ipcq_queue_send arg = {
		.size = IPCQ_QUEUE_SEND_MIN,	/* nothing after the deadline */
		.payload = (uintptr_t)text,
		.length = strlen(text),
	};

	if (ioctl(queue, IPCQ_IOC_QUEUE_SEND, &arg))
		fail("IPCQ_IOC_QUEUE_SEND");
}

static void receive_and_print(int queue)
{
	char text[1000];
	struct ipcq_queue_receive arg = {
		.size = sizeof(arg),
		.payload = (uintptr_t)text,
		.length = sizeof(text),
	};
	int length = ioctl(queue, IPCQ_IOC_QUEUE_RECEIVE, &arg);

	if (length < 0)
		fail("IPCQ_IOC_QUEUE_RECEIVE");
	printf("message %llu: %.*s\n", (unsigned long long)arg.sequence, length,
	       text);
}

/* What a thread needs to lock without the kernel. */
struct thread {
	int region;
	uint32_t owner;			/* its number, which says who holds */
	uint32_t *word;			/* of mutex 0, in the control area */
};

static void attach(struct thread *thread, int region)
{
	struct ipcq_region_attach arg = { .size = sizeof(arg) };
	void *control;

	if (ioctl(region, IPCQ_IOC_REGION_ATTACH, &arg))
		fail("IPCQ_IOC_REGION_ATTACH");
	/* One mutex is one line of the control area, which is whole pages. */
	control = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		       MAP_SHARED, region, IPCQ_REGION_CONTROL_OFFSET);
	if (control == MAP_FAILED)
		fail("mmap of the control area");
	thread->region = region;
	thread->owner = arg.owner;
	thread->word = control;
}

static void lock(struct thread *thread)
{
	struct ipcq_mutex_lock arg = { .size = sizeof(arg), .mutex = 0 };
	uint32_t nobody = 0;

	/* Free: write our number.  Acquire: what follows stays behind this. */
	if (__atomic_compare_exchange_n(thread->word, &nobody, thread->owner, 0,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	/* Not free: the kernel lets us sleep until it is ours. */
	if (ioctl(thread->region, IPCQ_IOC_MUTEX_LOCK, &arg))
		fail("IPCQ_IOC_MUTEX_LOCK");
}

static void unlock(struct thread *thread)
{
	struct ipcq_mutex_unlock arg = { .size = sizeof(arg), .mutex = 0 };
	uint32_t us = thread->owner;

	/* Nobody waits: write 0.  Release: what came before stays before this. */
	if (__atomic_compare_exchange_n(thread->word, &us, 0, 0,
					__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return;
	/* Somebody waits: the kernel passes it on. */
	if (ioctl(thread->region, IPCQ_IOC_MUTEX_UNLOCK, &arg))
		fail("IPCQ_IOC_MUTEX_UNLOCK");
}

/* Count in the shared memory; without the mutex, counts would be lost. */
static void count(int region, uint64_t *counter)
{
	struct thread thread;
	int i;

	attach(&thread, region);
	for (i = 0; i < ROUNDS; i++) {
		lock(&thread);
		*counter += 1;
		unlock(&thread);
	}
}

int main(void)
{
	int device, queue, region;
	uint64_t *counter;

	device = open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail(IPCQ_DEVICE);
	queue = open_queue(device);
	region = open_region(device);
	counter = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE,
		       MAP_SHARED, region, 0);
	if (counter == MAP_FAILED)
		fail("mmap of the data");

	switch (fork()) {
	case -1:
		fail("fork");
		break;
	case 0:
		/* The child is a thread of its own: it attaches in count(). */
		count(region, counter);
		send_text(queue, "the child has counted");
		return 0;
	}
	count(region, counter);
	receive_and_print(queue);
	wait(NULL);
	printf("%llu of %d counts\n", (unsigned long long)*counter, 2 * ROUNDS);
	return *counter != 2 * ROUNDS;
}
