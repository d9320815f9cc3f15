# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Tests in shell that print what cmocka does; sourced.  A case is a function; what
# it expects it says by expect, and it ends at the first that is not so.

cases_failed=0

# expect COMMAND...: the command must succeed
expect()
{
	"$@" && return
	printf 'expected: %s\n' "$*"
	exit 1
}

# expect_not COMMAND...: the command must fail
expect_not()
{
	"$@" || return 0
	printf 'not expected: %s\n' "$*"
	exit 1
}

# says TEXT COMMAND...: the command must succeed and print the text among others
says()
{
	text=$1
	shift
	if ! output=$("$@" 2>&1); then
		printf '%s failed:\n%s\n' "$*" "$output"
		exit 1
	fi
	case $output in
	*"$text"*) return ;;
	esac
	printf "no '%s' from %s:\n%s\n" "$text" "$*" "$output"
	exit 1
}

# run_cases NAME...: each in a process of its own
run_cases()
{
	for name in "$@"; do
		echo "[ RUN      ] $name"
		if ("$name") </dev/null; then
			echo "[       OK ] $name"
		else
			echo "[  FAILED  ] $name"
			cases_failed=$((cases_failed + 1))
		fi
	done
	exit $((cases_failed > 0))
}
