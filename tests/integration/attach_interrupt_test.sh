#!/bin/sh
# Ctrl-C on a catcher that is attached to a busy program: catcher goes with 130 and the program runs on to its own end.
# CATCHER_OPTIONS are further options of catcher's.
#   attach_interrupt_test.sh BIN-DIRECTORY WORK-DIRECTORY COMMAND-THAT-RUNS-WINDOWS-PROGRAMS...
set -eu
bin=$1 work=$2
shift 2
mkdir -p "$work"
rm -f "$work/in" "$work/out" "$work/events"
mkfifo "$work/in" "$work/out" "$work/events"
"$@" "$bin/attach_target.exe" busy exit 42 <"$work/in" >"$work/out" 2>/dev/null &
target=$!
exec 3>"$work/in" 4<"$work/out"
read -r pid <&4
"$@" "$bin/catcher.exe" attach "$(printf %s "$pid" | tr -d '\r')" -v --report "$work/report.json" ${CATCHER_OPTIONS:-} </dev/null 2>"$work/events" &
catcher=$!
exec 5<"$work/events"
# With an exception of the target's own it is attached, and in the middle of events.
while read -r line <&5; do case $line in *E0C0FFEE*) break ;; esac; done
cat <&5 >"$work/rest" &
kill -INT "$catcher"
code=0
wait "$catcher" || code=$?
[ "$code" -eq 130 ] || { echo "catcher: exit code $code instead of 130" && exit 1; }
echo >&3
code=0
wait "$target" || code=$?
[ "$code" -eq 42 ] || { echo "the target: exit code $code instead of 42" && exit 1; }
grep -q '"verdict": "interrupted"' "$work/report.json"
grep -q '"ended": "detached"' "$work/report.json"
grep -q '"hang"' "$work/report.json"
