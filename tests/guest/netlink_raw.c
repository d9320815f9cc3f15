// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family's protocol on a bare socket: each request wrong by itself.
 */
#include "generic.h"

#define get(type, data, length)						\
	ask_one(IPCQ_CMD_OBJECT_GET, 0, type, data, length)
#define dump(type, data, length)					\
	ask_one(IPCQ_CMD_OBJECT_GET, NLM_F_DUMP, type, data, length)

/* ------------------------------------------------------------------- requests */

static void one_object_is_asked_for_by_id_or_by_name(void **state)
{
	int fd = queue_open("raw", RW | CREATE);
	uint64_t id = queue_stat(fd).id, none = id + 1, zero = 0;
	struct request both = request_new(family(), IPCQ_CMD_OBJECT_GET, 0);
	int socket_fd = socket_new();

	(void)state;
	assert_int_equal(get(IPCQ_A_ID, &id, 8).objects, 1);
	assert_int_equal(get(IPCQ_A_NAME, "raw", 4).objects, 1);
	assert_error(get(IPCQ_A_ID, &none, 8).error, ENOENT);
	assert_error(get(IPCQ_A_ID, &zero, 8).error, ENOENT);
	assert_error(get(IPCQ_A_NAME, "ra", 3).error, ENOENT);
	assert_error(get(0, NULL, 0).error, EINVAL);
	put(&both, IPCQ_A_ID, &id, 8);
	put(&both, IPCQ_A_NAME, "raw", 4);
	assert_error(ask(socket_fd, &both).error, EINVAL);
	close(socket_fd);
	close(fd);
}

static void a_name_has_its_length(void **state)
{
	char name[400];

	(void)state;
	memset(name, 'n', sizeof(name));
	assert_error(get(IPCQ_A_NAME, "", 1).error, EINVAL);
	assert_error(get(IPCQ_A_NAME, "", 0).error, EINVAL);
	name[255] = 0;
	assert_error(get(IPCQ_A_NAME, name, 256).error, ENOENT);
	name[255] = 'n';
	name[256] = 0;
	assert_error(get(IPCQ_A_NAME, name, 257).error, ENAMETOOLONG);
	name[256] = 'n';
	name[399] = 0;
	assert_error(get(IPCQ_A_NAME, name, 400).error, ENAMETOOLONG);
}

static void attributes_have_their_types(void **state)
{
	uint64_t number = 1;

	(void)state;
	assert_error(get(IPCQ_A_ID, &number, 4).error, EINVAL);
	assert_error(get(IPCQ_A_ID, &number, 7).error, EINVAL);
	assert_error(get(IPCQ_A_ID, &number, 0).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 8).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 2).error, EINVAL);
	assert_error(dump(IPCQ_A_KIND, &number, 0).error, EINVAL);
}

static void what_the_kernel_does_not_know_is_refused(void **state)
{
	uint64_t number = 1, id;
	int fd = queue_new(0, 0), socket_fd = socket_new();
	uint16_t type;

	(void)state;
	id = queue_stat(fd).id;
	for (type = IPCQ_A_UID; type <= IPCQ_A_MAX + 1; type++) {
		struct request request =
			request_new(family(), IPCQ_CMD_OBJECT_GET, 0);

		put(&request, IPCQ_A_ID, &id, 8);
		put(&request, type, &number, 4);
		assert_error(ask(socket_fd, &request).error, EINVAL);
		assert_error(dump(type, &number, 4).error, EINVAL);
	}
	assert_error(ask_one(IPCQ_CMD_MAX + 1, 0, 0, NULL, 0).error,
		     EOPNOTSUPP);
	assert_error(ask_one(IPCQ_CMD_UNSPEC, 0, 0, NULL, 0).error, EOPNOTSUPP);
	close(socket_fd);
	close(fd);
}

static void a_list_can_be_of_one_kind(void **state)
{
	uint32_t kind;
	int queue = queue_new(0, 0), region = region_new(1, 0, 0);

	(void)state;
	assert_int_equal(dump(0, NULL, 0).objects, 2);
	kind = IPCQ_KIND_QUEUE;
	assert_int_equal(dump(IPCQ_A_KIND, &kind, 4).objects, 1);
	kind = IPCQ_KIND_REGION;
	assert_int_equal(dump(IPCQ_A_KIND, &kind, 4).objects, 1);
	kind = IPCQ_KIND_REGION + 1;
	assert_error(dump(IPCQ_A_KIND, &kind, 4).error, EOPNOTSUPP);
	kind = UINT32_MAX;
	assert_error(dump(IPCQ_A_KIND, &kind, 4).error, EOPNOTSUPP);
	close(queue);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_object_is_asked_for_by_id_or_by_name),
		cmocka_unit_test(a_name_has_its_length),
		cmocka_unit_test(attributes_have_their_types),
		cmocka_unit_test(what_the_kernel_does_not_know_is_refused),
		cmocka_unit_test(a_list_can_be_of_one_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
