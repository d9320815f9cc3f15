// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes together with delivery to all, and what does not: each field by itself.
 */
#include "subscribers.h"

static void each_field_of_subscribe(void **state)
{
	struct ipcq_queue_subscribe args = { .size = sizeof(args) };
	int out = crowd_new(4, 16, 2), in = crowd_open();
	int plain = queue_new(4, 16);

	(void)state;
	check_common(in, IPCQ_IOC_QUEUE_SUBSCRIBE, &args, sizeof(args),
		     sizeof(args));
	args.flags = IPCQ_SUBSCRIBE_F_ALL + 1;
	assert_error(call(in, IPCQ_IOC_QUEUE_SUBSCRIBE, &args), EOPNOTSUPP);
	assert_error(subscribe(out, 0, NULL), EBADF);
	assert_error(subscribe(plain, 0, NULL), EINVAL);
	assert_error(subscribe(device(), 0, NULL), ENOTTY);
	assert_int_equal(queue_stat(out).subscribers, 0);
	assert_ok(subscribe(in, 0, NULL));
	assert_error(subscribe(in, 0, NULL), EALREADY);
	assert_error(subscribe(in, IPCQ_SUBSCRIBE_F_KEPT, NULL), EALREADY);
	assert_int_equal(queue_stat(out).subscribers, 1);
	close(plain);
	close(in);
	close(out);
}

/* Who cannot be told from where on it receives has not subscribed. */
static void a_number_that_cannot_be_told(void **state)
{
	struct ipcq_queue_subscribe args = { .size = sizeof(args) };
	int out = crowd_new(4, 16, 0), in = crowd_open();

	(void)state;
	assert_error(call(in, IPCQ_IOC_QUEUE_SUBSCRIBE,
			  read_only_copy(&args, sizeof(args))), EFAULT);
	assert_int_equal(queue_stat(out).subscribers, 0);
	close(in);
	close(out);
}

static int open_with(uint32_t delivery, uint32_t order, uint32_t retain)
{
	struct ipcq_queue_open args = queue_args(CROWD, IPCQ_OPEN_F_READ | CREATE);
	long ret;

	args.delivery = delivery;
	args.order = order;
	args.retain = retain;
	ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);
	return ret < 0 ? (int)ret : args.open.fd;
}

static void each_field_of_open(void **state)
{
	int fd, same;

	(void)state;
	assert_error(open_with(IPCQ_DELIVERY_ALL + 1, 0, 0), EOPNOTSUPP);
	assert_error(open_with(IPCQ_DELIVERY_ALL, IPCQ_ORDER_PRIORITY, 0), EINVAL);
	assert_error(open_with(IPCQ_DELIVERY_ONE, 0, 1), EINVAL);
	assert_error(open_with(IPCQ_DELIVERY_ALL, 0, 65537), EINVAL);
	assert_error(queue_open(CROWD, IPCQ_OPEN_F_READ), ENOENT);

	/* What exists must be what is demanded, where something is. */
	fd = open_with(IPCQ_DELIVERY_ALL, 0, 5);
	assert_ok(fd);
	assert_int_equal(queue_stat(fd).delivery, IPCQ_DELIVERY_ALL);
	assert_int_equal(queue_stat(fd).retain, 5);
	assert_error(open_with(IPCQ_DELIVERY_ALL, 0, 6), EBADR);
	same = open_with(IPCQ_DELIVERY_ALL, 0, 5);
	assert_ok(same);
	close(same);
	same = open_with(IPCQ_DELIVERY_ONE, 0, 0);
	assert_ok(same);
	close(same);
	close(fd);
	fd = open_with(IPCQ_DELIVERY_ONE, 0, 0);
	assert_ok(fd);
	assert_int_equal(queue_stat(fd).delivery, IPCQ_DELIVERY_ONE);
	assert_error(open_with(IPCQ_DELIVERY_ALL, 0, 0), EBADR);
	close(fd);
}

static void leases_are_for_one_receiver(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0);
	struct ipcq_queue_lease lease = {
		.size = sizeof(lease), .operation = IPCQ_LEASE_ATTACH,
	};
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_NONBLOCK,
	};

	(void)state;
	say(out, 'a');
	assert_error(call(in, IPCQ_IOC_QUEUE_LEASE, &lease), EINVAL);
	assert_error(call(in, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	hears(in, "a");
	close(in);
	close(out);
}

static void dead_letters_are_for_one_receiver(void **state)
{
	int out = crowd_new(4, 16, 0), plain = queue_new(4, 16);
	struct ipcq_queue_open open = queue_args("test/other",
						 IPCQ_OPEN_F_READ | CREATE);
	struct ipcq_queue_set set = {
		.size = sizeof(set),
		.flags = IPCQ_SET_F_DEAD_LETTER,
		.dead_letter = queue_stat(plain).id,
	};

	(void)state;
	assert_error(call(out, IPCQ_IOC_QUEUE_SET, &set), EINVAL);
	open.delivery = IPCQ_DELIVERY_ALL;
	open.dead_letter = queue_stat(plain).id;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &open), EINVAL);
	/* It may be one itself. */
	set.dead_letter = queue_stat(out).id;
	assert_ok(call(plain, IPCQ_IOC_QUEUE_SET, &set));
	close(plain);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_of_subscribe),
		cmocka_unit_test(a_number_that_cannot_be_told),
		cmocka_unit_test(each_field_of_open),
		cmocka_unit_test(leases_are_for_one_receiver),
		cmocka_unit_test(dead_letters_are_for_one_receiver),
	};

	return cmocka_run_group_tests_name("broadcast_fields", tests, NULL, NULL);
}
