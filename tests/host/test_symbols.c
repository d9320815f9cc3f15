// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shared library exports every function of its public header, and nothing
 * else.  The two lists are read from the header and from the library's own table
 * of dynamic symbols.
 */
#include <ctype.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEADER	"user/lib/ipcq.h"
#define LIBRARY	"../../libipcq.so.0"	/* from the test's directory */
#define MOST	200

struct names {
	char *list[MOST];
	size_t count;
};

static void add(struct names *names, const char *name, size_t length)
{
	assert_true(names->count < MOST);
	names->list[names->count++] = strndup(name, length);
}

static bool contains(const struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!strcmp(names->list[i], name))
			return true;
	return false;
}

static void drop(struct names *names)
{
	while (names->count)
		free(names->list[--names->count]);
}

/* A declaration begins in the first column; "ipcq_" up to "(" is its name. */
static void names_of_header(struct names *names)
{
	FILE *file = fopen(HEADER, "r");
	char line[500], *name, *end;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		end = strchr(line, '(');
		if (!isalpha((unsigned char)*line) || !end)
			continue;
		for (name = end; name > line &&
		     (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--)
			;
		if (!strncmp(name, "ipcq_", 5))
			add(names, name, (size_t)(end - name));
	}
	fclose(file);
}

static char *load(const char *path)
{
	FILE *file = fopen(path, "r");
	long size;
	char *data;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	data = malloc((size_t)size);
	assert_int_equal(fread(data, 1, (size_t)size, file), size);
	fclose(file);
	return data;
}

static char *load_library(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path,
				  sizeof(path) - sizeof(LIBRARY));

	assert_true(length > 0);
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, LIBRARY);
	return load(path);
}

static void names_of_library(struct names *names)
{
	char *data = load_library();
	const Elf64_Ehdr *elf = (void *)data;
	const Elf64_Shdr *sections = (void *)(data + elf->e_shoff), *table = NULL;
	const Elf64_Sym *symbols;
	const char *strings, *name;
	size_t i;

	for (i = 0; i < elf->e_shnum; i++)
		if (sections[i].sh_type == SHT_DYNSYM)
			table = &sections[i];
	assert_int_equal(elf->e_ident[EI_CLASS], ELFCLASS64);
	assert_non_null(table);
	symbols = (void *)(data + table->sh_offset);
	strings = data + sections[table->sh_link].sh_offset;
	for (i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		name = strings + symbols[i].st_name;
		/* The version itself is an absolute symbol. */
		if (symbols[i].st_shndx != SHN_UNDEF &&
		    symbols[i].st_shndx != SHN_ABS)
			add(names, name, strlen(name));
	}
	free(data);
}

static void exported_is_what_is_declared(void **state)
{
	struct names declared = { 0 }, exported = { 0 };
	size_t i;

	(void)state;
	names_of_header(&declared);
	names_of_library(&exported);
	assert_true(declared.count > 30);
	for (i = 0; i < declared.count; i++)
		if (!contains(&exported, declared.list[i]))
			fail_msg("%s is not exported", declared.list[i]);
	for (i = 0; i < exported.count; i++)
		if (!contains(&declared, exported.list[i]))
			fail_msg("%s is exported", exported.list[i]);
	drop(&declared);
	drop(&exported);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_is_what_is_declared),
	};

	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
