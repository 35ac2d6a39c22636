#!/bin/sh
# catcher as the debugger of programs that crash on their own, in a prefix of its own: another test's crash must not start it.
#   aedebug_test.sh BIN-DIRECTORY WORK-DIRECTORY WINE-RUN
# Expects a report of a 64-bit and of a 32-bit program that nobody watched, and the registry as it was before.
set -eu
bin=$1 work=$2 run=$3
rm -rf "$work/reports"
mkdir -p "$work/reports"
export WINEPREFIX="$work/wineprefix"
key='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\AeDebug'
registry() { "$run" reg query "$key" && "$run" reg query "$key" /reg:32; }
expect() {
  wanted=$1 code=0
  shift
  "$@" </dev/null || code=$?
  [ "$code" -eq "$wanted" ] || { echo "exit code $code instead of $wanted: $*" && exit 1; }
}

registry >"$work/before"
expect 0 "$run" "$bin/catcher.exe" uninstall-aedebug
expect 125 "$run" "$bin/catcher.exe" install-aedebug --report relative.json
expect 125 "$run" "$bin/catcher.exe" install-aedebug --no-such-option
registry | cmp - "$work/before"
expect 0 "$run" "$bin/catcher.exe" install-aedebug --report "Z:$work/reports/{pid}.json" -q
expect 0 "$run" "$bin/catcher.exe" install-aedebug --report "Z:$work/reports/{pid}-{time}.json" -q
for target in attach_target.exe attach_target32.exe; do
  [ -f "$bin/$target" ] || { echo "no $target: skipped" && continue; }
  # The low byte of 0xC0000005: all that a Linux process can exit with.
  expect 5 "$run" "$bin/$target" crash
done
expect 0 "$run" "$bin/catcher.exe" uninstall-aedebug
registry | cmp - "$work/before"
for target in attach_target.exe attach_target32.exe; do
  [ ! -f "$bin/$target" ] || grep -q "\"summary\": \"$target (pid [0-9]*) crashed: EXCEPTION_ACCESS_VIOLATION" "$work"/reports/*-*T*Z.json
done
