# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scripts of this directory share.  Sourced, never run.
#
# Packages of other releases are downloaded by an apt of our own, whose sources,
# lists and status are in the cache: the machine's are read, to learn which mirror
# it uses, and never changed.  Nothing is installed.
# shellcheck disable=SC2034 # the variables are for those who source it

# shellcheck source=tests/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
kernels=$top/tests/kernels
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# describe KERNEL: set suite and flavour, which say where it is from
describe()
{
	flavour=amd64
	case $1 in
	plain) suite=bookworm ;;
	cloud) suite=bookworm flavour=cloud-amd64 ;;
	rt) suite=bookworm flavour=rt-amd64 ;;
	backports) suite=bookworm-backports ;;
	newest) suite=trixie-backports ;;
	*) die "unknown kernel $1: choose from plain, cloud, rt, backports and newest" ;;
	esac
}

# os_release NAME: what this machine is
os_release()
{
	# shellcheck source=/dev/null
	(. /etc/os-release 2>/dev/null && echo "${!1:-}")
}

# is_home SUITE: this machine is of that release, so what it has can build for it
is_home()
{
	[ "$(os_release ID)" = debian ] && [ "$(os_release VERSION_CODENAME)" = "${1%-backports}" ]
}

# machine_mirror PATTERN: the address of the first archive among the machine's
# sources that has a suite of this kind
machine_mirror()
{
	[ "$(os_release ID)" = debian ] || return 0
	# shellcheck disable=SC2016 # apt's own variables
	env -u APT_CONFIG apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v pattern="^($1)\$" '$1 ~ pattern && !found { print $2; found = 1 }'
}

# sources SUITE: the lines of a sources.list for a release, or for its backports
sources()
{
	local base=${1%-backports} mirror=${DEBIAN_MIRROR:-} security suite

	[ -n "$mirror" ] ||
		mirror=$(machine_mirror "$(os_release VERSION_CODENAME)|(old)*stable|testing|unstable|sid")
	[ -n "$mirror" ] || die "no mirror of Debian in this machine's apt sources, and these are" \
		"Debian's kernels: name a mirror with DEBIAN_MIRROR=http://..."
	[ -r "$keyring" ] || die "there is no $keyring to check packages with: install" \
		"debian-archive-keyring"
	security=$(machine_mirror '.*-security')
	for suite in "$base" "$base-updates" ${1#"$base"}; do
		echo "deb [signed-by=$keyring] $mirror ${suite/#-/$base-} main"
	done
	[ -z "$security" ] || echo "deb [signed-by=$keyring] $security $base-security main"
}

# use_apt SUITE [ARCHITECTURE]: make apt-get see the packages of that suite and no
# others, none of them installed
use_apt()
{
	local arch=${2:-amd64} apt=$cache/apt/$1-${2:-amd64} lines

	lines=$(sources "$1")
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	: >>"$apt/status"
	printf '%s\n' "$lines" >"$apt/sources.list"
	# Whole or not at all: with half of it apt would act on the machine.
	{
		# How the machine reaches the network is right here too.
		env -u APT_CONFIG apt-config dump | grep -E '^Acquire::(https?|Retries|Proxy)' || true
		cat <<-EOT
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Acquire::AllowReleaseInfoChange "true";
		Acquire::GzipIndexes "true";
		Acquire::Languages "none";
		Dir::Cache "$apt";
		Dir::Cache::SrcPkgCache "";
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State "$apt";
		Dir::State::Status "$apt/status";
		EOT
		# Else these are chosen only where the release itself has nothing.
		[[ $1 != *-backports ]] || echo "APT::Default-Release \"$1\";"
	} >"$apt/apt.conf.$$"
	mv "$apt/apt.conf.$$" "$apt/apt.conf"
	export APT_CONFIG=$apt/apt.conf
	# Once a day is enough, and without a network yesterday's will do.
	(
		exec 9>"$apt/lock"
		flock 9
		[ -n "$(find "$apt/updated" -mmin -1440 2>/dev/null)" ] || update_lists "$apt"
	)
}

update_lists()
{
	echo "${0##*/}: reading the package lists of ${1##*/}" >&2
	apt-get -q update >"$1/log" 2>&1 || true
	grep '^[WE]:' "$1/log" >&2 || true
	compgen -G "$1/lists/*_Packages*" >/dev/null || die "no package lists of ${1##*/}"
	rm -f "$1"/plan-*
	touch "$1/updated"
}

# plan PACKAGE...: the packages that installing these would need, as NAME=VERSION;
# apt thinks for seconds, so its answer is kept while the lists are the same
plan()
{
	local apt=${APT_CONFIG%/*} answer

	answer=$apt/plan-$(sha256sum <<<"$*" | cut -c 1-16)
	if [ ! "$answer" -nt "$apt/updated" ]; then
		apt-get -q --print-uris install "$@" >"$answer.$$" || return
		sed -i -n "s/^'[^']*' \([^_ ]*\)_\([^_ ]*\)_[^ ]* .*/\1=\2/p" "$answer.$$"
		sed -i 's/%3a/:/g' "$answer.$$"
		mv "$answer.$$" "$answer"
	fi
	cat "$answer"
}

# unpack DIRECTORY PACKAGE=VERSION...: download packages and unpack them there
unpack()
{
	local root=$1 deb

	shift
	mkdir -p "$root" "$work/debs"
	echo "${0##*/}: downloading $# packages" >&2
	(cd "$work/debs" && apt-get -q download "$@") >"$work/log" 2>&1 ||
		{ cat "$work/log" >&2; die "cannot download ${*:1:3} ..."; }
	for deb in "$work/debs"/*.deb; do
		# What is a link here may be a directory there: it stays a link.
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -xf - --keep-directory-symlink \
			--no-same-owner
		rm "$deb"
	done
}

# once DIRECTORY FUNCTION ARGUMENT...: run the function, which is to make the
# directory from $work/new, unless it is there; one at a time
once()
{
	local dest=$1

	shift
	[ ! -e "$dest" ] || return 0
	mkdir -p "${dest%/*}"
	(
		exec 9>"$cache/apt/lock"
		flock 9
		[ ! -e "$dest" ] || exit 0
		# In the cache, so that the last step is a renaming.
		TMPDIR=$cache make_work
		"$@"
		mv "$work/new" "$dest"
	)
}
