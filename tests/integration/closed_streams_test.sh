#!/bin/bash
# A caller who has closed some of the three streams gets the same verdict and the same report.
#   closed_streams_test.sh BIN-DIRECTORY WORK-DIRECTORY COMMAND-THAT-RUNS-WINDOWS-PROGRAMS...
set -eu
bin=$1 work=$2
shift 2
mkdir -p "$work"
catch() {
  rm -f "$work/report.json"
  code=0
  "${runner[@]}" "$bin/catcher.exe" --report "Z:$work/report.json" -- "$bin/stream_writer.exe" say hello crash || code=$?
}
check() {
  [ "$code" -eq 139 ] || { echo "$1: exit code $code instead of 139"; exit 1; }
  grep -q '"verdict": "crashed"' "$work/report.json" || { echo "$1: no report of the crash"; exit 1; }
}
runner=("$@")
catch <&- >"$work/out" 2>"$work/err"
check "no stdin"
catch >&- 2>"$work/err"
check "no stdout"
grep -q 'crashed' "$work/err" || { echo "no stdout: nothing on stderr either"; exit 1; }
catch >"$work/out" 2>&-
check "no stderr"
grep -q hello "$work/out" || { echo "no stderr: what the target said is lost"; exit 1; }
catch <&- >&- 2>&-
check "none of them"
