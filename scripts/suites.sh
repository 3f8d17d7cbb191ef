# shellcheck shell=bash
# What scripts/test knows of its suites from run to run. Sourced after common.sh.
#
#   remember_suites FILE yes|no   yes: those only that failed in the last run, of which FILE tells
#   suite NAME COMMAND...         runs a suite; one that fails is remembered, so that the others still run
#   forget_suites                 says which failed, keeps them for the next run, and prints how many they are

remember_suites() {
  failed_before=$1 only_failed=$2 broken=()
  if [[ $only_failed == no ]]; then rm -f "$failed_before"; fi
  [[ $only_failed == no || -s $failed_before ]] || die "no suite failed in the last run"
}

suite() {
  local name=$1 start=$SECONDS status
  shift
  if [[ $only_failed == yes ]]; then
    status=$(sed -n "s/^$name //p" "$failed_before")
    # pytest says 1 where tests failed, and ctest 8. With any other status not all were run: then it runs whole.
    case $name-$status in
      *-) return 0 ;;
      unit-8) set -- "$@" --rerun-failed ;;
      unit-*) ;;
      *-1) set -- "$@" --last-failed --last-failed-no-failures none ;;
    esac
  fi
  say "== $name"
  status=0
  "$@" || status=$?
  ((status == 0)) || broken+=("$name $status")
  say "== $name: $((SECONDS - start)) s"
}

forget_suites() {
  local name
  for name in "${broken[@]}"; do printf '%s\n' "$name"; done >"$failed_before"
  ((${#broken[@]} == 0)) || say "failed suites: ${broken[*]% *}"
  printf '%s' "${#broken[@]}"
}
