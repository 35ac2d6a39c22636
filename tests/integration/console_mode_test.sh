#!/bin/sh
# The modes of a console are catcher's to give back: on a terminal of its own, a target sets them all to 0, and a program after it must find
# what one before it found.
#   console_mode_test.sh BIN-DIRECTORY WORK-DIRECTORY COMMAND-THAT-RUNS-WINDOWS-PROGRAMS...
# Exit 77 (CTest: skipped) where there is no way to a console.
set -eu
bin=$1 work=$2
shift 2
if ! command -v script >/dev/null 2>&1; then
  echo "SKIPPED: no script(1) on this machine, so nobody has looked at the modes of a console"
  exit 77
fi
mkdir -p "$work"
cd "$bin"
# One shell for all three: a program that is started from a Linux terminal has a console of its own.
cat >"$work/session" <<END
$* cmd /c "adversary.exe PRINT_CONSOLE_MODE & echo changing & catcher.exe -- adversary.exe CHANGE_CONSOLE_MODE & echo after & adversary.exe PRINT_CONSOLE_MODE"
END
timeout 100 script -qec "sh '$work/session'" /dev/null </dev/null >"$work/said" || true
# The terminal's own sequences stand between the letters, and for the spaces.
sed 's/\x1b\[[?0-9;]*[A-Za-z]//g' "$work/said" | tr -cd '[:alnum:]\n' | grep -Eo 'mode[0-9A-F]+(now0)?' >"$work/modes" || true
cat "$work/modes"
before=$(sed '/now0/,$d' "$work/modes") changed=$(grep -c now0 "$work/modes" || true)
after=$(tac "$work/modes" | sed '/now0/,$d' | tac)
if [ -z "$before" ]; then
  echo "SKIPPED: no console came of the terminal"
  exit 77
fi
[ "$changed" -gt 0 ] || { echo "the target could not change a mode"; exit 1; }
[ "$before" = "$after" ] || { echo "the modes are not what they were"; exit 1; }
