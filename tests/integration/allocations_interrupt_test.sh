#!/bin/sh
# Ctrl-C on a catcher that traces allocations: what was there is still told, with who allocated it.
#   allocations_interrupt_test.sh BIN-DIRECTORY WORK-DIRECTORY COMMAND-THAT-RUNS-WINDOWS-PROGRAMS...
set -eu
bin=$1 work=$2
shift 2
mkdir -p "$work"
rm -f "$work/out"
mkfifo "$work/out"
"$@" "$bin/catcher.exe" --memory=trace --probe-rate 0 --report "$work/report.json" -- \
  "$bin/vision_leak.exe" leak 10 0x200000 mark hang >"$work/out" 2>"$work/err" </dev/null &
catcher=$!
exec 3<"$work/out"
read -r line <&3
case $line in mark*) ;; *) echo "the program never came so far: $line" && exit 1 ;; esac
kill -INT "$catcher"
code=0
wait "$catcher" || code=$?
cat "$work/err"
[ "$code" -eq 130 ] || { echo "exit code $code instead of 130" && exit 1; }
grep -q '10 blocks x 2.* MB = 2.* MB, allocated by halcon.dll!HXmalloc <- ' "$work/err"
grep -q '"moment": "interrupted"' "$work/report.json"
grep -q '"heap_block"' "$work/report.json"
