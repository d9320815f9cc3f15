# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of the command "ipcq" in bash.  What can be asked of the command is
# asked of it, so that nothing here grows old: the subcommands and options of its
# help, the names of the objects there are, the mechanisms of the benchmark.

# The values of an option of a subcommand: for some from a list, for most unknown.
_ipcq_values()
{
	case $2 in
	-k | --kind) echo queue region ;;
	-f | --format) echo raw lines json ;;
	--dead-letter | --also) _ipcq_names --kind queue ;;
	--full) echo block reject drop-oldest drop-newest ;;
	--mode) [ "$1" != bench ] || echo round-trip stream both ;;
	--pin) echo same other none ;;
	--baseline) "$command" bench --list 2>/dev/null | awk '/^[a-z]/ { print $1 }' ;;
	esac
}

# Whether the word is an option that takes the next word as its value.
_ipcq_wants_value()
{
	local help

	help=$("$command" "$1" --help 2>/dev/null)
	case $2 in
	--*) grep -qE -- "^ +(-., )?$2=" <<<"$help" ;;
	-?) grep -qE -- "^ +$2, --[a-z-]+=" <<<"$help" ;;
	*) false ;;
	esac
}

_ipcq_commands()
{
	"$command" --help 2>/dev/null |
		awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 } END { print "help" }'
}

_ipcq_options()
{
	"$command" "$@" --help 2>/dev/null | sed -nE 's/^ +(-., )?(--[a-z-]+=?).*/\2/p'
}

# Names that there still are, and that the shell reads as one word.
_ipcq_names()
{
	"$command" ls "$@" 2>/dev/null | awk '
		$3 ~ /^[A-Za-z0-9_.,@%+\/-]+$/ && $3 != "-" &&
		$5 ~ /^[0-7][0-7][0-7][0-7]$/ && !/, unlinked$/ { print $3 }'
}

_ipcq_arguments()
{
	case $1 in
	send | recv | call | serve | drain) _ipcq_names --kind queue ;;
	set) _ipcq_names --kind queue ;;
	create | show | rm) _ipcq_names ;;
	help) _ipcq_commands ;;
	esac
}

_ipcq()
{
	local command=$1 verb='' i words
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	# "--option=value" is three words here: the sign is one of its own.
	if [ "$word" = = ]; then
		word=
	elif [ "$previous" = = ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) ;;
		*)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if [ -z "$verb" ]; then
		words=$(_ipcq_commands)
		[[ $word != -* ]] || words=$(_ipcq_options)
	elif [[ $previous == -* ]] && _ipcq_wants_value "$verb" "$previous"; then
		words=$(_ipcq_values "$verb" "$previous")
	elif [[ $word == -* ]]; then
		words=$(_ipcq_options "$verb")
	else
		words=$(_ipcq_arguments "$verb")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	[[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _ipcq ipcq
