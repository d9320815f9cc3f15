# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads UAPI headers and writes a C file that, compiled to assembly, says the size
# of each struct, the offset and size of each member, and the value of each
# constant.  Nothing is run, so the 32-bit layout is seen without a 32-bit system.
#
# It understands what the headers are written in: "struct name {", one member a
# line, "};", #define with a value, and enumerators one a line.

function emit(name, value)
{
	# Two halves, because a 64-bit value is no immediate of a 32-bit compiler.
	printf "\t__asm__ volatile(\"\\n@%s %%c0 %%c1\" :: \"i\"((unsigned int)((unsigned long long)(%s) >> 32)), \"i\"((unsigned int)(%s)));\n", name, value, value
}

# Without comments, so that none is taken for code.
{
	line = $0
	while (1) {
		if (comment) {
			end = index(line, "*/")
			if (!end)
				next
			line = substr(line, end + 2)
			comment = 0
		}
		start = index(line, "/*")
		if (!start)
			break
		rest = substr(line, start + 2)
		end = index(rest, "*/")
		if (end) {
			line = substr(line, 1, start - 1) substr(rest, end + 2)
		} else {
			line = substr(line, 1, start - 1)
			comment = 1
			break
		}
	}
}

BEGIN {
	print "#include <stddef.h>"
	print "#include <linux/types.h>"
}

FNR == 1 {
	header = FILENAME
	sub(/^.*uapi\//, "", header)
	includes = includes "#include <" header ">\n"
	struct_name = ""
	in_enum = 0
}

line ~ /^(struct|union) [a-z_0-9]+ \{/ {
	split(line, word, " ")
	struct_name = word[1] " " word[2]
	names[++count] = struct_name
	values[count] = "sizeof(" struct_name ")"
	next
}

struct_name != "" && line ~ /^\}/ {
	struct_name = ""
	next
}

struct_name != "" && line ~ /;/ {
	sub(/;.*/, "", line)
	sub(/\[.*/, "", line)
	n = split(line, word, /[ \t*]+/)
	member = word[n]
	names[++count] = struct_name "." member
	values[count] = "offsetof(" struct_name ", " member ")"
	names[++count] = struct_name "." member ":size"
	values[count] = "sizeof(((" struct_name " *)0)->" member ")"
	next
}

line ~ /^enum.*\{/ {
	in_enum = 1
	next
}

in_enum && line ~ /^\}/ {
	in_enum = 0
	next
}

in_enum && line ~ /[A-Za-z_]/ {
	gsub(/[ \t,]|=.*/, "", line)
	names[++count] = line
	values[count] = line
	next
}

# Strings and functions have no number to compare; the guard has no value.
line ~ /^#define[ \t]+[A-Z_0-9]+[ \t]+[^ \t"]/ {
	split(line, word, /[ \t]+/)
	names[++count] = word[2]
	values[count] = word[2]
}

END {
	printf "%s", includes
	print "void layout(void);"
	print "void layout(void)\n{"
	for (i = 1; i <= count; i++)
		emit(names[i], values[i])
	print "}"
}
