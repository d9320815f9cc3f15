/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest tests share: short ways to the raw calls, children that end in a
 * known way, and checks of errors.
 *
 * The tests use the raw ioctls, so that each field can be wrong by itself; what
 * the library adds is tested through the library.  Raw helpers return 0 or more,
 * or a negative errno.
 */
#ifndef IPCQ_TESTS_COMMON_H
#define IPCQ_TESTS_COMMON_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>
#include <linux/ipcq.h>

#define RW	(IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE)
#define CREATE	IPCQ_OPEN_F_CREATE

#define MS	1000000ULL
#define SECOND	1000000000ULL

/* Fails the test unless @expression is -@error. */
#define assert_error(expression, error)					\
	assert_int_equal((expression), -(error))

/* Fails the test with the reason when @expression is negative. */
#define assert_ok(expression)						\
	assert_return_code_(#expression, (expression), __FILE__, __LINE__)
long assert_return_code_(const char *what, long value, const char *file,
			 int line);

/* Any ioctl. */
long call(int fd, unsigned int command, void *args);

/* A descriptor of /dev/ipcq, opened now. */
int device_open(void);
/* One that is opened at first use and stays. */
int device(void);

/* Arguments for opening @name (NULL: anonymous) that are right in every field. */
struct ipcq_queue_open queue_args(const char *name, uint32_t flags);
struct ipcq_region_open region_args(const char *name, uint32_t flags,
				    uint64_t size, uint32_t mutexes,
				    uint32_t eventcounts);

/* A new anonymous object; 0 stands for the defaults. */
int queue_new(uint32_t messages, uint32_t message_size);
int region_new(uint64_t size, uint32_t mutexes, uint32_t eventcounts);

/* Opens by name; a descriptor or a negative errno. */
int queue_open(const char *name, uint32_t flags);
int region_open(const char *name, uint32_t flags);
int object_unlink(const char *name);

int queue_send(int fd, const void *payload, size_t length, uint32_t flags,
	       uint64_t deadline);
int queue_receive(int fd, void *buffer, size_t size, uint32_t flags,
		  uint64_t deadline);
struct ipcq_queue_stat queue_stat(int fd);

int region_attach(int fd);
int mutex_lock(int fd, uint32_t mutex, uint32_t flags, uint64_t deadline);
int mutex_unlock(int fd, uint32_t mutex);
int mutex_consistent(int fd, uint32_t mutex);
struct ipcq_mutex_stat mutex_stat(int fd, uint32_t mutex);
struct ipcq_region_stat region_stat(int fd);
int eventcount_wait(int fd, uint32_t eventcount, uint32_t seen, uint32_t flags,
		    uint64_t deadline);
int eventcount_wake(int fd, uint32_t eventcount, uint32_t count);

/* A deadline so many nanoseconds from now. */
uint64_t in(uint64_t nanoseconds);
void sleep_ms(unsigned int ms);

/* The module's answer to the calling process. */
struct ipcq_query query(void);
/* How many descriptors this process has. */
unsigned int count_fds(void);

/* What both kinds of open are; @open comes first in each. */
union open_args {
	struct ipcq_open open;
	struct ipcq_queue_open queue;
	struct ipcq_region_open region;
};
/*
 * Arguments of @command, IPCQ_IOC_QUEUE_OPEN or IPCQ_IOC_REGION_OPEN, that create
 * @name (NULL: an anonymous object) or open it.
 */
union open_args open_args(unsigned int command, const char *name);
/* A loop with @command being each of the two. */
#define FOR_EACH_OPEN(command)						\
	for (unsigned int command = IPCQ_IOC_QUEUE_OPEN;		\
	     command <= IPCQ_IOC_REGION_OPEN; command++)

/* Fails unless the device's @command fails with @error and leaves nothing behind. */
void assert_refused(unsigned int command, void *args, int error);

/*
 * Runs @body in a child.  The child's exit status is what @body returns; a failed
 * assertion prints itself and ends the child by SIGABRT.
 */
pid_t spawn(int (*body)(void *context), void *context);
/* The same with this user and group alone, and so without capabilities. */
pid_t spawn_as(uid_t uid, gid_t gid, int (*body)(void *context), void *context);
/*
 * The same as user and group 0, and so with all capabilities, of a user namespace
 * that belongs to @uid.  @map is what its uid_map and gid_map are to hold.
 */
pid_t spawn_in_user_namespace(uid_t uid, const char *map,
			      int (*body)(void *context), void *context);
/*
 * A user, and another who is also the subordinate user 1 of the first one's user
 * namespace.  These run @body as one of them, and fail unless it returns 0.
 */
#define USER		1000
#define SUBORDINATE	2000
void run_as(uid_t uid, int (*body)(void *context));
void run_inside(int (*body)(void *context));
/* A body that checks that the calling user's account is empty. */
int nothing_is_charged(void *context);
/* Waits for a child; its exit status, or 128 + the signal that ended it. */
int reap(pid_t pid);
/* Waits until a thread of the system sleeps in a call (state S), for 5 s at most. */
void wait_asleep(pid_t pid);

/* Waits until @condition holds, for 5 s at most. */
#define eventually(condition)						\
	do {								\
		int tries_ = 0;						\
		while (!(condition)) {					\
			if (++tries_ > 5000)				\
				fail_msg("not within 5 s: %s", #condition); \
			sleep_ms(1);					\
		}							\
	} while (0)

/* Memory that later children share with the test, zeroed; it stays. */
void *shared_memory(size_t size);
/* A copy of @args in memory that can be read but not written; it stays. */
void *read_only_copy(const void *args, size_t size);
/* As read_only_copy(), but writable, and what follows it is not mapped. */
void *copy_before_hole(const void *args, size_t size);

/* The words of a region's control area, to be read and written; they stay. */
uint32_t *control_map(int fd);
/* The index of a line's word in there: mutexes first, then eventcounts. */
#define LINE(number)	((number) * IPCQ_CONTROL_LINE / sizeof(uint32_t))

/* Pass a descriptor over a Unix socket: 0, and the descriptor; or -1. */
int send_fd(int socket, int fd);
int receive_fd(int socket);

/* Handles SIGUSR1 by adding to @count only; @flags as of sigaction(2). */
void handle_signals(int flags, volatile int *count);

/*
 * Checks what every call has in common, on a struct that is right: @args of @size
 * bytes, of which @min_size must be given.  The size wrong in each way, a flag
 * that nobody knows, an address that is not accessible.  None may have an effect.
 */
void check_common(int fd, unsigned int command, const void *args, size_t size,
		  size_t min_size);

#endif /* IPCQ_TESTS_COMMON_H */
