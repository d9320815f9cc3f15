// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Owners that go on, their ids, and who they are to whom.
 */
#include "common.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Shared with children. */
static struct shared {
	int id;
	pid_t outer_pid;
	uint32_t inner_holder;
} *shared;

static int close_and_exit(void *context)
{
	return close(*(int *)context);
}

static void closing_another_descriptor_ends_nobody(void **state)
{
	int fd = region_new(1, 1, 0), copy = dup(fd);

	(void)state;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	close(fd);
	assert_int_equal(mutex_stat(copy, 0).holder_pid, getpid());
	fd = fcntl(copy, F_DUPFD_CLOEXEC, 100);
	close(copy);
	/* A child's descriptors are not ours. */
	assert_int_equal(reap(spawn(close_and_exit, &fd)), 0);
	assert_int_equal(region_stat(fd).owners, 1);
	assert_error(mutex_lock(fd, 0, 0, 0), EDEADLK);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(mutex_stat(fd, 0).deaths, 0);
	close(fd);
}

static int attach_once(void *context)
{
	shared->id = region_attach(*(int *)context);
	return shared->id > 0 ? 0 : 1;
}

static void ids_are_not_soon_used_again(void **state)
{
	int fd = region_new(1, 1, 0), ids[50], i, k;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(reap(spawn(attach_once, &fd)), 0);
		ids[i] = shared->id;
		for (k = 0; k < i; k++)
			assert_int_not_equal(ids[k], ids[i]);
	}
	eventually(region_stat(fd).owners == 0);
	close(fd);
}

static void who_cannot_be_told_its_id_is_not_attached(void **state)
{
	struct ipcq_region_attach args = { .size = sizeof(args) };
	int fd = region_new(1, 1, 0);

	(void)state;
	assert_error(call(fd, IPCQ_IOC_REGION_ATTACH, read_only_copy(&args, sizeof(args))),
		     EFAULT);
	assert_int_equal(region_stat(fd).owners, 0);
	/* Who was attached before stays so. */
	assert_true(region_attach(fd) > 0);
	assert_error(call(fd, IPCQ_IOC_REGION_ATTACH, read_only_copy(&args, sizeof(args))),
		     EFAULT);
	assert_int_equal(region_stat(fd).owners, 1);
	close(fd);
}

/* Memory whose first use waits until the test gives it @page; -1: there is none. */
static int lazy_page(void **out)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	void *page;

	if (fd < 0)
		return -1;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(page != MAP_FAILED);
	range.range = (struct uffdio_range) { (uintptr_t)page, 4096 };
	assert_int_equal(ioctl(fd, UFFDIO_API, &api), 0);
	assert_int_equal(ioctl(fd, UFFDIO_REGISTER, &range), 0);
	*out = page;
	return fd;
}

struct attaching {
	int fd;
	void *args;
	long result;
};

static void *attach_lazily(void *context)
{
	struct attaching *attaching = context;

	attaching->result = call(attaching->fd, IPCQ_IOC_REGION_ATTACH, attaching->args);
	return NULL;
}

static void nobody_attaches_through_what_the_process_has_closed(void **state)
{
	static struct ipcq_region_attach args[4096 / sizeof(struct ipcq_region_attach)] = {
		{ .size = sizeof(*args) },
	};
	struct uffdio_copy copy = { .src = (uintptr_t)args, .len = 4096 };
	struct attaching attaching = { .fd = region_new(1, 1, 0) };
	int faults = lazy_page(&attaching.args), sockets[2], copied;
	struct uffd_msg fault;
	pthread_t thread;

	(void)state;
	if (faults < 0) {
		print_message("this kernel has no userfaultfd\n");
		skip();
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	/* The handle stays open in a message, so that only the close can end it. */
	assert_int_equal(send_fd(sockets[0], attaching.fd), 0);
	assert_int_equal(pthread_create(&thread, NULL, attach_lazily, &attaching), 0);
	/* The call is under way, with the handle, and reads its arguments. */
	assert_int_equal(read(faults, &fault, sizeof(fault)), sizeof(fault));
	close(attaching.fd);
	copy.dst = (uintptr_t)attaching.args;
	assert_int_equal(ioctl(faults, UFFDIO_COPY, &copy), 0);
	pthread_join(thread, NULL);
	assert_error(attaching.result, EBADF);
	copied = receive_fd(sockets[1]);
	assert_ok(copied);
	assert_int_equal(region_stat(copied).owners, 0);
	close(copied);
	close(faults);
	close(sockets[0]);
	close(sockets[1]);
}

#define THREADS	200

static pthread_barrier_t all_attached;

static void *attach_in_thread(void *context)
{
	int *slot = context;

	*slot = region_attach(*slot);
	pthread_barrier_wait(&all_attached);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void many_threads_are_as_many_owners(void **state)
{
	int fd = region_new(1, 1, 0), ids[THREADS], i;
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(pthread_barrier_init(&all_attached, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++) {
		ids[i] = fd;
		assert_int_equal(pthread_create(&threads[i], NULL,
						attach_in_thread, &ids[i]), 0);
	}
	eventually(region_stat(fd).owners == THREADS);
	pthread_barrier_wait(&all_attached);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	qsort(ids, THREADS, sizeof(*ids), compare);
	assert_true(ids[0] > 0);
	for (i = 1; i < THREADS; i++)
		assert_true(ids[i] > ids[i - 1]);
	eventually(region_stat(fd).owners == 0);
	close(fd);
}

/* In a process id namespace of its own, where the holder is process 1. */
static int hold_as_first(void *context)
{
	struct ipcq_mutex_stat stat = { .size = sizeof(stat) };
	int fd = *(int *)context;

	if (mutex_lock(fd, 0, 0, 0) || call(fd, IPCQ_IOC_MUTEX_STAT, &stat))
		return 1;
	shared->inner_holder = stat.holder_pid;
	stat.mutex = 1;
	/* Who is outside is not to be seen from here. */
	if (call(fd, IPCQ_IOC_MUTEX_STAT, &stat) || !stat.word || stat.holder_pid)
		return 2;
	for (;;)
		pause();
}

static int enter_namespace(void *context)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return 1;
	pid = fork();
	if (!pid)
		_exit(hold_as_first(context));
	shared->outer_pid = pid;
	for (;;)
		pause();
}

static void a_pid_is_that_of_who_asks(void **state)
{
	int fd = region_new(1, 2, 0);
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof(*shared));
	assert_ok(mutex_lock(fd, 1, 0, 0));
	pid = spawn(enter_namespace, &fd);
	eventually(shared->inner_holder && shared->outer_pid);
	assert_int_equal(shared->inner_holder, 1);
	assert_int_equal(mutex_stat(fd, 0).holder_pid, shared->outer_pid);
	assert_int_equal(mutex_stat(fd, 0).holder_tid, shared->outer_pid);
	kill(shared->outer_pid, SIGKILL);
	assert_error(mutex_lock(fd, 0, 0, in(20 * SECOND)), EOWNERDEAD);
	assert_int_equal(mutex_stat(fd, 0).died_pid, shared->outer_pid);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_another_descriptor_ends_nobody),
		cmocka_unit_test(ids_are_not_soon_used_again),
		cmocka_unit_test(who_cannot_be_told_its_id_is_not_attached),
		cmocka_unit_test(nobody_attaches_through_what_the_process_has_closed),
		cmocka_unit_test(many_threads_are_as_many_owners),
		cmocka_unit_test(a_pid_is_that_of_who_asks),
	};

	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
