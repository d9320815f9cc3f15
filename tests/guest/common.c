// SPDX-License-Identifier: GPL-2.0-or-later
#include "common.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long assert_return_code_(const char *what, long value, const char *file,
			 int line)
{
	if (value < 0) {
		print_error("%s: %s\n", what, strerror(-value));
		_fail(file, line);
	}
	return value;
}

long call(int fd, unsigned int command, void *args)
{
	int ret = ioctl(fd, command, args);

	return ret < 0 ? -errno : ret;
}

int device_open(void)
{
	int fd = open(IPCQ_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = device_open();
	assert_true(fd >= 0);
	return fd;
}

static void fill_open(struct ipcq_open *open, size_t size, const char *name,
		      uint32_t flags)
{
	open->size = size;
	open->flags = flags;
	open->name = (uintptr_t)name;
	open->name_length = name ? strlen(name) : 0;
	open->mode = 0600;
}

struct ipcq_queue_open queue_args(const char *name, uint32_t flags)
{
	struct ipcq_queue_open args = { 0 };

	fill_open(&args.open, sizeof(args), name, flags);
	return args;
}

struct ipcq_region_open region_args(const char *name, uint32_t flags,
				    uint64_t size, uint32_t mutexes,
				    uint32_t eventcounts)
{
	struct ipcq_region_open args = {
		.region_size = size,
		.mutexes = mutexes,
		.eventcounts = eventcounts,
	};

	fill_open(&args.open, sizeof(args), name, flags);
	return args;
}

int queue_new(uint32_t messages, uint32_t message_size)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = message_size;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

int region_new(uint64_t size, uint32_t mutexes, uint32_t eventcounts)
{
	struct ipcq_region_open args =
		region_args(NULL, RW | CREATE, size, mutexes, eventcounts);

	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	return args.open.fd;
}

int queue_open(const char *name, uint32_t flags)
{
	struct ipcq_queue_open args = queue_args(name, flags);
	long ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

int region_open(const char *name, uint32_t flags)
{
	struct ipcq_region_open args =
		region_args(name, flags, flags & CREATE ? 4096 : 0, 0, 0);
	long ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

int object_unlink(const char *name)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)name,
		.name_length = strlen(name),
	};

	return call(device(), IPCQ_IOC_UNLINK, &args);
}

int queue_send(int fd, const void *payload, size_t length, uint32_t flags,
	       uint64_t deadline)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = flags,
		.payload = (uintptr_t)payload,
		.length = length,
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

int queue_receive(int fd, void *buffer, size_t size, uint32_t flags,
		  uint64_t deadline)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = flags,
		.payload = (uintptr_t)buffer,
		.length = size,
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

struct ipcq_queue_stat queue_stat(int fd)
{
	struct ipcq_queue_stat args = { .size = sizeof(args) };

	assert_ok(call(fd, IPCQ_IOC_QUEUE_STAT, &args));
	return args;
}

int region_attach(int fd)
{
	struct ipcq_region_attach args = { .size = sizeof(args) };
	long ret = call(fd, IPCQ_IOC_REGION_ATTACH, &args);

	return ret < 0 ? ret : (int)args.owner;
}

int mutex_lock(int fd, uint32_t mutex, uint32_t flags, uint64_t deadline)
{
	struct ipcq_mutex_lock args = {
		.size = sizeof(args),
		.flags = flags,
		.mutex = mutex,
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_MUTEX_LOCK, &args);
}

int mutex_unlock(int fd, uint32_t mutex)
{
	struct ipcq_mutex_unlock args = {
		.size = sizeof(args),
		.mutex = mutex,
	};

	return call(fd, IPCQ_IOC_MUTEX_UNLOCK, &args);
}

int mutex_consistent(int fd, uint32_t mutex)
{
	struct ipcq_mutex_unlock args = {
		.size = sizeof(args),
		.mutex = mutex,
	};

	return call(fd, IPCQ_IOC_MUTEX_CONSISTENT, &args);
}

struct ipcq_mutex_stat mutex_stat(int fd, uint32_t mutex)
{
	struct ipcq_mutex_stat args = { .size = sizeof(args), .mutex = mutex };

	assert_ok(call(fd, IPCQ_IOC_MUTEX_STAT, &args));
	return args;
}

struct ipcq_region_stat region_stat(int fd)
{
	struct ipcq_region_stat args = { .size = sizeof(args) };

	assert_ok(call(fd, IPCQ_IOC_REGION_STAT, &args));
	return args;
}

int eventcount_wait(int fd, uint32_t eventcount, uint32_t seen, uint32_t flags,
		    uint64_t deadline)
{
	struct ipcq_eventcount_wait args = {
		.size = sizeof(args),
		.flags = flags,
		.eventcount = eventcount,
		.seen = seen,
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_EVENTCOUNT_WAIT, &args);
}

int eventcount_wake(int fd, uint32_t eventcount, uint32_t count)
{
	struct ipcq_eventcount_wake args = {
		.size = sizeof(args),
		.eventcount = eventcount,
		.count = count,
	};

	return call(fd, IPCQ_IOC_EVENTCOUNT_WAKE, &args);
}

struct ipcq_query query(void)
{
	struct ipcq_query args = { .size = sizeof(args) };

	assert_ok(call(device(), IPCQ_IOC_QUERY, &args));
	return args;
}

unsigned int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	/* Without "." and "..", and the directory's own. */
	return count - 3;
}

union open_args open_args(unsigned int command, const char *name)
{
	union open_args args = { 0 };

	if (command == IPCQ_IOC_QUEUE_OPEN)
		args.queue = queue_args(name, RW | CREATE);
	else
		args.region = region_args(name, RW | CREATE, 4096, 1, 1);
	return args;
}

void assert_refused(unsigned int command, void *args, int error)
{
	struct ipcq_query before = query(), after;
	unsigned int fds = count_fds();

	assert_error(call(device(), command, args), error);
	after = query();
	assert_int_equal(count_fds(), fds);
	assert_memory_equal(&after, &before, sizeof(after));
}

uint64_t in(uint64_t nanoseconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec + nanoseconds;
}

void sleep_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

pid_t spawn(int (*body)(void *context), void *context)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* The child must not go on with its parent's tests. */
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		_exit(body(context));
	}
	return pid;
}

struct user {
	uid_t uid;
	gid_t gid;
	int (*body)(void *context);
	void *context;
	int ready, go;		/* pipes, to and from the parent */
};

static int become_user(void *context)
{
	const struct user *user = context;

	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setresgid(user->gid, user->gid, user->gid), 0);
	assert_int_equal(setresuid(user->uid, user->uid, user->uid), 0);
	return user->body(user->context);
}

pid_t spawn_as(uid_t uid, gid_t gid, int (*body)(void *context), void *context)
{
	struct user user = {
		.uid = uid,
		.gid = gid,
		.body = body,
		.context = context,
	};

	return spawn(become_user, &user);
}

static int enter_user_namespace(void *context)
{
	const struct user *user = context;
	struct user root = { .body = user->body, .context = user->context };
	char byte = 0;

	assert_int_equal(unshare(CLONE_NEWUSER), 0);
	assert_int_equal(write(user->ready, &byte, 1), 1);
	assert_int_equal(read(user->go, &byte, 1), 1);
	close(user->ready);
	close(user->go);
	return become_user(&root);
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, map, strlen(map)), strlen(map));
	close(fd);
}

pid_t spawn_in_user_namespace(uid_t uid, const char *map,
			      int (*body)(void *context), void *context)
{
	struct user user = { .body = body, .context = context };
	int ready[2], go[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	user.ready = ready[1];
	user.go = go[0];
	pid = spawn_as(uid, uid, enter_user_namespace, &user);
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	write_map(pid, "uid_map", map);
	write_map(pid, "gid_map", map);
	assert_int_equal(write(go[1], &byte, 1), 1);
	close(ready[0]);
	close(go[1]);
	return pid;
}

int reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run_as(uid_t uid, int (*body)(void *context))
{
	(void)device();
	assert_int_equal(reap(spawn_as(uid, uid, body, NULL)), 0);
}

/* From user 0 of the namespace to user 1. */
static int become_subordinate(void *context)
{
	int (**body)(void *context) = context;

	assert_int_equal(setresgid(1, 1, 1), 0);
	assert_int_equal(setresuid(1, 1, 1), 0);
	return (*body)(NULL);
}

void run_inside(int (*body)(void *context))
{
	char map[64];

	(void)device();
	snprintf(map, sizeof(map), "0 %d 1\n1 %d 1\n", USER, SUBORDINATE);
	assert_int_equal(reap(spawn_in_user_namespace(USER, map,
						      become_subordinate,
						      &body)), 0);
}

int nothing_is_charged(void *context)
{
	struct ipcq_query q = query();

	(void)context;
	assert_int_equal(q.objects, 0);
	assert_int_equal(q.message_bytes, 0);
	assert_int_equal(q.region_bytes, 0);
	return 0;
}

static bool asleep(pid_t pid)
{
	char path[64], line[256], *state;
	bool sleeping = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file)) {
		state = strrchr(line, ')');
		sleeping = state && state[2] == 'S';
	}
	fclose(file);
	return sleeping;
}

void wait_asleep(pid_t pid)
{
	eventually(asleep(pid));
}

static void *map_anonymous(size_t size, int flags)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 flags | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	return map;
}

void *shared_memory(size_t size)
{
	return map_anonymous(size, MAP_SHARED);
}

void *read_only_copy(const void *args, size_t size)
{
	void *map = map_anonymous(size, MAP_PRIVATE);

	memcpy(map, args, size);
	assert_int_equal(mprotect(map, size, PROT_READ), 0);
	return map;
}

void *copy_before_hole(const void *args, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
	char *map = map_anonymous((pages + 1) * page, MAP_PRIVATE);
	char *hole = map + pages * page;

	assert_int_equal(mprotect(hole, page, PROT_NONE), 0);
	return memcpy(hole - size, args, size);
}

uint32_t *control_map(int fd)
{
	void *map = mmap(NULL, region_stat(fd).control_size,
			 PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 IPCQ_REGION_CONTROL_OFFSET);

	assert_true(map != MAP_FAILED);
	return map;
}

union control {
	char buffer[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int send_fd(int socket, int fd)
{
	union control control = { 0 };
	struct iovec byte = { "x", 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

int receive_fd(int socket)
{
	union control control = { 0 };
	char byte;
	struct iovec into = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &into, .msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static volatile int *signal_count;

static void count_signal(int number)
{
	(void)number;
	(*signal_count)++;
}

void handle_signals(int flags, volatile int *count)
{
	const struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	signal_count = count;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

static void check_size(int fd, unsigned int command, const void *args,
		       size_t size, uint32_t given, int error)
{
	unsigned char buffer[8192] = { 0 };

	memcpy(buffer, args, size);
	memcpy(buffer, &given, sizeof(given));
	assert_error(call(fd, command, buffer), error);
}

static void check_trailing(int fd, unsigned int command, const void *args,
			   size_t size)
{
	unsigned char buffer[256] = { 0 };
	uint32_t given = size + 8;

	memcpy(buffer, args, size);
	memcpy(buffer, &given, sizeof(given));
	buffer[size + 7] = 1;
	assert_error(call(fd, command, buffer), E2BIG);
}

static void check_flag(int fd, unsigned int command, const void *args,
		       size_t size)
{
	unsigned char buffer[256];
	uint32_t flags;

	memcpy(buffer, args, size);
	memcpy(&flags, buffer + 4, sizeof(flags));
	flags |= 1U << 31;
	memcpy(buffer + 4, &flags, sizeof(flags));
	assert_error(call(fd, command, buffer), EOPNOTSUPP);
}

/* The struct at the end of a page that nothing follows, one word cut off. */
static void check_address(int fd, unsigned int command, const void *args,
			  size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	assert_int_equal(munmap(map + page, page), 0);
	memcpy(map + page - (size - 8), args, size - 8);
	assert_error(call(fd, command, map + page - (size - 8)), EFAULT);
	assert_int_equal(munmap(map, page), 0);

	assert_error(call(fd, command, NULL), EFAULT);
	assert_error(call(fd, command, (void *)-8L), EFAULT);
}

void check_common(int fd, unsigned int command, const void *args, size_t size,
		  size_t min_size)
{
	check_size(fd, command, args, size, 0, EINVAL);
	check_size(fd, command, args, size, min_size - 8, EINVAL);
	check_size(fd, command, args, size, size - 4, EINVAL);
	check_size(fd, command, args, size, size + 1, EINVAL);
	check_size(fd, command, args, size, UINT32_MAX, EINVAL);
	check_size(fd, command, args, size, UINT32_MAX - 7, E2BIG);
	check_trailing(fd, command, args, size);
	check_flag(fd, command, args, size);
	check_address(fd, command, args, size);
}
