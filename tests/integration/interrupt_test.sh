#!/bin/sh
# Ctrl-C on a catcher that has no console of its own: the signal of a Linux terminal, which Wine turns into the console event.
#   interrupt_test.sh BIN-DIRECTORY WORK-DIRECTORY COMMAND-THAT-RUNS-WINDOWS-PROGRAMS...
# Expects exit code 130, the summary on stderr, and no process of the tree left.
set -eu
bin=$1 work=$2
shift 2
mkdir -p "$work"
rm -f "$work/out"
mkfifo "$work/out"
"$@" "$bin/catcher.exe" --report "$work/report.json" -- "$bin/crash_test.exe" spawn spawn print ready hang \
  >"$work/out" 2>"$work/err" </dev/null &
catcher=$!
# The line comes when the last process of the tree runs; the end of the pipe, when nobody is left who could write to it.
exec 3<"$work/out"
read -r line <&3
case $line in ready*) ;; *) echo "the tree never stood: $line" && exit 1 ;; esac
kill -INT "$catcher"
code=0
wait "$catcher" || code=$?
if ! timeout 10 cat <&3 >/dev/null; then
  echo "a process of the tree outlived catcher" && exit 1
fi
cat "$work/err"
[ "$code" -eq 130 ] || { echo "exit code $code instead of 130" && exit 1; }
grep -q '"verdict": "interrupted"' "$work/report.json"
