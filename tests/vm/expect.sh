# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Guests that must fail, each for a reason of its own; sourced by the runners that
# show that a level, or a checker, notices what it is for.
#
# A case is a file that says in its first lines
#
#	Kernel: NAME		"distribution", or one of tests/vm/config
#	Expected: TEXT		in what the failing runner prints; repeatable
#
# and who sources this defines case_file NAME, which prints its path, and
# case_run NAME KDIR IMAGE, which runs tests/vm/check and exits with its status.
# IMAGE is empty for the distribution's kernel.
#
# shellcheck disable=SC2154 # vm and work are those of tests/vm/lib.sh
# shellcheck source=tests/report.sh
. "$vm/../report.sh"

declare -A expect_kernel

# says KEY NAME: what the case's file says under that key, a line for each time
says()
{
	sed -n "/^--- /q; s/^\( \* \)\?$1: //p" "$(case_file "$2")"
}

# find_kernels NAME...: have the kernels of these cases built, one after the other
find_kernels()
{
	local name kernel

	for name in "$@"; do
		[ -r "$(case_file "$name")" ] || die "there is no $(case_file "$name")"
		[ -n "$(says Expected "$name")" ] || die "$name does not say what is expected"
		kernel=$(says Kernel "$name")
		[ -z "${expect_kernel[$kernel]:-}" ] || continue
		case $kernel in
		distribution) expect_kernel[$kernel]=${KDIR:?} ;;
		*) expect_kernel[$kernel]=$("$vm/debug-kernel" "$kernel") ;;
		esac
	done
}

# run_case NAME: its status and seconds into a file
run_case()
{
	local status=0 kernel
	read -ra kernel <<<"${expect_kernel[$(says Kernel "$1")]}"

	SECONDS=0
	(case_run "$1" "${kernel[0]}" "${kernel[1]:-}") >"$work/$1.output" 2>&1 || status=$?
	echo "$status $SECONDS" >"$work/$1.status"
}

# run_cases LABEL NAME...: a guest for each CPU at a time
run_cases()
{
	local label=$1 name parallel
	shift

	parallel=$(nproc)
	for name in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$parallel" ]; do
			wait -n || true
		done
		run_case "$name" &
		children+=($!)
	done
	wait
	children=()
	for name in "$@"; do
		# shellcheck disable=SC2046 # two words
		judge_case "$label" "$name" $(<"$work/$name.status")
	done
}

# judge_case LABEL NAME EXIT-STATUS SECONDS: did it fail, for its own reason?
judge_case()
{
	local name=$1/$2 status=$3 text

	case $status in
	0) not_seen "$2" "$name: nothing was reported" && return ;;
	1) ;;
	*) not_seen "$2" "$name: the runner ended with status $status" && return ;;
	esac
	while IFS= read -r text; do
		grep -qF -- "$text" "$work/$2.output" && continue
		not_seen "$2" "$name: not reported: $text"
		return
	done < <(says Expected "$2")
	passed=$((passed + 1))
	printf 'ok      %-36s %4d test(s) %7d s\n' "$name" 1 "$4"
}

not_seen()
{
	echo "FAILED  $2"
	sed 's/^/    /' "$work/$1.output"
	fail "$2"
}

# expect_summary COUNTS-FILE: write the counts, or say them when there is no file
expect_summary()
{
	if [ -n "$1" ]; then
		write_counts "$1"
		[ "$failed" -eq 0 ]
	else
		summary
	fi
}
