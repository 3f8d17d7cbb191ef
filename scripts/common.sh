# shellcheck shell=bash
# What every script starts from: `source "$(dirname "${BASH_SOURCE[0]}")/common.sh"`. Leaves the repository's root in ROOT
# and as the current folder.

set -euo pipefail

unset CDPATH # With it set, cd prints where it went.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"

# Outside the clone, so that another clone on this machine finds its wheels, environments and check results there.
CACHE="${XDG_CACHE_HOME:-${HOME:-$ROOT/.deps}/.cache}/doclayout"

# Debian's Python, whatever else is first in PATH.
PYTHON=/usr/bin/python3

# Objects compiled in one clone serve another one: no folder of the clone enters ccache's key.
export CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-5G}"

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# configure PRESET [-DNAME=VALUE...]: a no-op when the build folder is configured with these values already.
configure() {
  local preset=$1 definition
  shift
  local cache="build/$preset/CMakeCache.txt" current=yes
  [[ -f "build/$preset/build.ninja" && -f $cache ]] || current=no
  for definition in "$@"; do
    definition=${definition#-D}
    [[ $current == no ]] || grep -q "^${definition%%=*}:[A-Z]*=${definition#*=}\$" "$cache" || current=no
  done
  [[ $current == yes ]] || cmake --preset "$preset" "$@" >&2
}

# environment NAME LOCKFILE: makes the Python environment that the lock file describes, or finds it in the cache, and links
# it as .deps/venv/NAME. Every package is checked against the digest in the lock file.
#
# Scripts may run at once: one makes it and the others wait. An environment has its paths inside, so it is made in its place,
# not renamed into it; the file `complete`, written last, tells a whole one from what a broken-off run left.
environment() {
  local name=$1 lock=$2 key home
  [[ -f $lock ]] || die "$lock is missing"
  key=$( (cat "$lock" && "$PYTHON" --version) | sha256sum | cut -c1-16)
  home="$CACHE/venv/$name-$key"
  if [[ ! -f "$home/complete" ]]; then
    mkdir -p "$CACHE/venv"
    # A subshell of its own, called on its own: -e holds in it, and its end gives the lock back.
    (
      flock --nonblock 9 || { say "environment $name: another script is making it; waiting" && flock 9; }
      make_environment "$name" "$lock" "$home"
    ) 9>"$home.lock"
    [[ -f "$home/complete" ]] || die "the environment $name was not made"
  fi
  mkdir -p .deps/venv
  ln -sfn "$home" ".deps/venv/$name"
}

# make_environment NAME LOCKFILE FOLDER: under the lock of `environment`. Does nothing when another script was faster.
make_environment() {
  local name=$1 lock=$2 home=$3
  [[ ! -f "$home/complete" ]] || return 0
  say "environment $name: installing $lock"
  rm -rf "$home"
  # Without the lock's descriptor: a process that one of these leaves behind would keep it. Checked one by one: -e is off
  # wherever the caller is part of a condition.
  "$PYTHON" -m venv "$home" 9>&- || die "python3 -m venv failed"
  # --no-deps: the lock files are complete, and leave out on purpose what the tests do not need.
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    --only-binary=:all: --requirement "$lock" >&2 9>&- || die "the packages of $lock were not installed"
  touch "$home/complete"
}

# build PRESET [TARGET...]: quiet when there is nothing to do.
build() {
  local preset=$1
  shift
  cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"} >&2
}
