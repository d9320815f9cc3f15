# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Counting test cases and saying how they went; sourced by the runners.
#
# A program is a cmocka program.  Its cases are counted from what it prints, and
# what it prints is believed only as far as its exit status agrees: a program
# that crashes, runs out of time, runs no case or leaves an accusation in the
# kernel's log has failed, whatever it said.

passed=0
failed=0
skipped=0
failures=()

fail()
{
	failed=$((failed + 1))
	failures+=("$1")
}

# count_cases NAME OUTPUT: add up the cases; sets cases, cases_failed and running,
# the case that began and did not end
count_cases()
{
	local name=$1 line

	cases=0 cases_failed=0 running=
	while IFS= read -r line; do
		case $line in
		'[ RUN      ] '*) running=${line#*\] } ;;
		'[       OK ] '*) passed=$((passed + 1)) cases=$((cases + 1)) running= ;;
		'[  SKIPPED ] '*)
			# The summary repeats the names; only the first is a case.
			[ -n "$running" ] || continue
			skipped=$((skipped + 1)) cases=$((cases + 1)) running=
			;;
		'[  FAILED  ] '* | '[  ERROR   ] '*)
			[ "${line#*\] }" = "${running:-none runs}" ] || continue
			fail "$name: $running"
			cases=$((cases + 1)) cases_failed=$((cases_failed + 1)) running=
			;;
		esac
	done <<<"$2"
}

# judge NAME STATUS SECONDS OUTPUT ACCUSATIONS: count and report one program
judge()
{
	local name=$1 status=$2 seconds=$3 output=$4 accusations=$5 cases cases_failed running
	local reasons=()

	count_cases "$name" "$output"
	case $status in
	0) [ "$cases_failed" -eq 0 ] || reasons+=("exit status 0 in spite of failed cases") ;;
	timeout) reasons+=("time limit${running:+, in $running}") ;;
	*)
		if [ "$status" -gt 128 ]; then
			reasons+=("killed by signal $((status - 128))${running:+, in $running}")
		elif [ "$cases_failed" -eq 0 ] || [ -n "$running" ]; then
			reasons+=("exit status $status${running:+, in $running}")
		fi
		;;
	esac
	[ "$cases" -gt 0 ] || [ -n "$running" ] || reasons+=("it ran no test")
	[ -z "$accusations" ] || reasons+=("kernel log")
	settle "$name" "$cases_failed" "$seconds" "$output" "$accusations" "${reasons[@]}"
}

# judge_step NAME STATUS SECONDS OUTPUT ACCUSATIONS: the same for a step that is
# one test by itself and prints something only when it fails
judge_step()
{
	local reasons=()

	[ "$2" = 0 ] || reasons+=("exit status $2")
	[ -z "$5" ] || reasons+=("kernel log")
	[ ${#reasons[@]} -gt 0 ] || passed=$((passed + 1))
	cases=1
	settle "$1" 0 "$3" "$4" "$5" "${reasons[@]}"
}

# without_passed: what a program printed, less the cases that passed
without_passed()
{
	awk '
		/^\[ RUN      \] / { printf "%s", held; held = "" }
		{ held = held "    " $0 "\n" }
		/^\[       OK \] / { held = "" }
		END { printf "%s", held }' <<<"$1"
}

# settle NAME FAILED-CASES SECONDS OUTPUT ACCUSATIONS REASON...
settle()
{
	local name=$1 cases_failed=$2 seconds=$3 output=$4 accusations=$5 reasons

	shift 5
	if [ $# -eq 0 ] && [ "$cases_failed" -eq 0 ]; then
		printf 'ok      %-36s %4d test(s) %7s s\n' "$name" "$cases" "$seconds"
		return
	fi
	printf 'FAILED  %-36s\n' "$name"
	[ -z "$output" ] || without_passed "$output"
	[ -z "$accusations" ] || printf '%s\n' "$accusations" | sed 's/^/    kernel log: /'
	[ $# -gt 0 ] || return 0
	reasons=$(printf '%s; ' "$@")
	fail "$name: ${reasons%; }"
	printf '    %s: %s\n' "$name" "${reasons%; }"
}

# write_counts FILE: hand the counts to whoever adds them up
write_counts()
{
	{
		echo "passed $passed"
		echo "failed $failed"
		echo "skipped $skipped"
		[ ${#failures[@]} -eq 0 ] || printf 'failure %s\n' "${failures[@]}"
	} >"$1"
}

# read_counts FILE: add the counts of another runner
read_counts()
{
	local key value

	while read -r key value; do
		case $key in
		passed) passed=$((passed + value)) ;;
		failed) failed=$((failed + value)) ;;
		skipped) skipped=$((skipped + value)) ;;
		failure) failures+=("$value") ;;
		esac
	done <"$1"
}

# summary: the closing lines; fails when a test failed, or none passed
summary()
{
	echo "[==========] $((passed + failed + skipped)) test(s) run."
	[ "$skipped" -eq 0 ] || echo "[  SKIPPED ] $skipped test(s)."
	echo "[  PASSED  ] $passed test(s)."
	[ "$failed" -gt 0 ] || [ "$passed" -eq 0 ] || return 0
	[ ${#failures[@]} -eq 0 ] || printf '[  FAILED  ] %s\n' "${failures[@]}"
	echo "[  FAILED  ] $failed test(s), listed above."
	return 1
}
