// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs as text: one call a line, "LANE NAME FIELD=VALUE ...".  Fields that have
 * their usual value are left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int print_value(char *text, size_t size, const struct fuzz_field *field,
		       uint64_t value)
{
	if (field->kind == FUZZ_PLACE && value < FUZZ_PLACES)
		return snprintf(text, size, " %s=%s", field->name,
				fuzz_places[value]);
	if (value == FUZZ_AUTO &&
	    (field->kind == FUZZ_SIZE || field->kind == FUZZ_LENGTH))
		return snprintf(text, size, " %s=auto", field->name);
	return snprintf(text, size, value < 0x10000 ? " %s=%llu" : " %s=%#llx",
			field->name, (unsigned long long)value);
}

int fuzz_print_call(char *text, size_t size, const struct fuzz_call *call)
{
	const struct fuzz_type *type = &fuzz_types[call->type];
	unsigned int i, fields = fuzz_type_fields(type);
	int length;

	length = snprintf(text, size, "%u %s", call->lane, type->name);
	for (i = 0; i < fields; i++)
		if (call->value[i] != fuzz_default(&type->fields[i]))
			length += print_value(text + length, size - length,
					      &type->fields[i], call->value[i]);
	return length;
}

int fuzz_print(char *text, size_t size, const struct fuzz_program *program)
{
	unsigned int i;
	int length = 0;

	text[0] = '\0';
	for (i = 0; i < program->count && length + 512 < (int)size; i++) {
		length += fuzz_print_call(text + length, size - length,
					  &program->calls[i]);
		text[length++] = '\n';
		text[length] = '\0';
	}
	return length;
}

static bool parse_value(const struct fuzz_field *field, const char *text,
			uint64_t *value)
{
	char *end;
	unsigned int i;

	for (i = 0; field->kind == FUZZ_PLACE && i < FUZZ_PLACES; i++) {
		if (!strcmp(text, fuzz_places[i])) {
			*value = i;
			return true;
		}
	}
	if (!strcmp(text, "auto")) {
		*value = FUZZ_AUTO;
		return true;
	}
	*value = strtoull(text, &end, 0);
	return *text && !*end;
}

static bool parse_field(struct fuzz_call *call, char *word)
{
	const struct fuzz_type *type = &fuzz_types[call->type];
	unsigned int i, fields = fuzz_type_fields(type);
	char *value = strchr(word, '=');

	if (!value)
		return false;
	*value++ = '\0';
	for (i = 0; i < fields; i++)
		if (!strcmp(type->fields[i].name, word))
			return parse_value(&type->fields[i], value,
					   &call->value[i]);
	return false;
}

static bool parse_call(struct fuzz_call *call, char *line)
{
	char *save, *word = strtok_r(line, " \t", &save), *end;
	unsigned int i;
	int type;

	call->lane = strtoul(word, &end, 10);
	if (*end || call->lane >= FUZZ_LANES)
		return false;
	word = strtok_r(NULL, " \t", &save);
	type = word ? fuzz_type_find(word) : -1;
	if (type < 0)
		return false;
	call->type = type;
	for (i = 0; i < fuzz_type_fields(&fuzz_types[type]); i++)
		call->value[i] = fuzz_default(&fuzz_types[type].fields[i]);
	while ((word = strtok_r(NULL, " \t", &save)))
		if (!parse_field(call, word))
			return false;
	return true;
}

bool fuzz_parse(struct fuzz_program *program, const char *text)
{
	char *copy = strdup(text), *save, *line;
	bool good = copy;

	memset(program, 0, sizeof(*program));
	for (line = copy ? strtok_r(copy, "\n", &save) : NULL; line && good;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		good = program->count < FUZZ_CALLS &&
		       parse_call(&program->calls[program->count++], line);
		if (!good)
			printf("not understood, or too long: \"%s\"\n", line);
	}
	free(copy);
	return good;
}
