# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scripts of this directory share.  Sourced, never run.
# shellcheck disable=SC2034 # the variables are for those who source it

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ipcq
# A directory of this run alone, in which everything temporary lives.
work=
# Processes to end when the script does.
children=()

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

finish()
{
	local status=$? pid

	trap - EXIT INT TERM HUP
	for pid in "${children[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}

# make_work: create $work, and remove it however the script ends
make_work()
{
	work=$(mktemp -d "${TMPDIR:-/tmp}/ipcq.XXXXXXXX")
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# config KDIR SYMBOL: succeeds when the kernel has the option built in
config()
{
	grep -qs "^CONFIG_$2=y" "$1/include/config/auto.conf" "$1/.config"
}

# release KDIR: the kernel's release, as uname -r says it (Debian's headers have
# another one in include/config/kernel.release)
release()
{
	local header=$1/include/generated/utsrelease.h

	[ -r "$header" ] || die "$1 is not the build directory of a kernel: set KDIR="
	sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$header"
}

# share_modules IMAGE: the modules with which a guest of this downloaded kernel sees
# a directory of ours, as tests/vm/initramfs takes them; one's own kernel has them
# built in
share_modules()
{
	local module

	for module in "${1%/*}"/modules/*.ko; do
		[ ! -e "$module" ] || echo "$module=/modules/${module##*/}"
	done
}

# update_lists: as far as one may
update_lists()
{
	if [ "$(id -u)" -eq 0 ]; then
		apt-get -q update >&2 || true
	elif command -v sudo >/dev/null; then
		sudo -n apt-get -q update >&2 || true
	fi
}

# download_package NAME [VERSION]: fetch a Debian package into this directory
download_package()
{
	local package=$1${2:+=$2}
	local get=(apt-get -q download "$package")

	echo "${0##*/}: downloading $package" >&2
	# As root apt would warn that its own user cannot write to our directory.
	[ "$(id -u)" -ne 0 ] || get+=(-o APT::Sandbox::User=root)
	"${get[@]}" >&2 && return
	# Lists of our own have been read just now.
	[ -z "${APT_CONFIG:-}" ] || return
	# The lists may be absent (a fresh container) or older than the archive.
	update_lists
	"${get[@]}" >&2
}
