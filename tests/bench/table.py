#!/usr/bin/env python3
"""Measures catcher beside the least that a debugger can do, and beside the program run plainly.

    table.py --directory BIN --runner WORDS [--rows a,b,k] [--rounds N] [--quick] [--json FILE]

BIN holds catcher.exe, floor.exe, workload.exe and side_by_side.exe, which takes the times; this script tells it what to
start, and makes a table of what it says. scripts/bench calls it. Where the three are compared, they alternate, and what
counts is the median of each round's ratio, because the load of a machine changes.
"""

import argparse
import datetime
import json
import math
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

CATCHER = "catcher_bench.exe"  # a copy without debug information: what is installed

# What a row must keep to: the figure, and the most that it may be.
RATIO, ABOVE, AFTER, LATE, PLAIN = "ratio", "above_floor_ms", "after_fault_ms", "after_deadline_p99_ms", "plain_ratio"


class Row:
    def __init__(self, key, title, words, rounds, quick, aim, *, flat=False, report=False, tree=0):
        self.key = key
        self.title = title
        self.words = words  # of workload.exe; {n} is its size
        self.rounds = rounds
        self.full, self.small = quick
        self.aim = aim
        self.flat = flat  # its memory must not grow with its size
        self.report = report
        self.tree = tree
        self.is_long = key in "bl"  # a start more or less makes no difference to it

    def size(self, quick):
        return self.small if quick else self.full


ROWS = [
    Row("a", "ends at once", "nothing", 31, (0, 0), (ABOVE, 10)),
    Row("b", "{n} handled exceptions", "exceptions {n}", 5, (100_000, 200), (RATIO, 1.05), flat=True),
    Row("c", "{n} caught C++ throws", "throws {n}", 7, (20_000, 100), (RATIO, 1.05)),
    Row("d", "{n} threads", "threads {n}", 7, (2_000, 20), (RATIO, 1.05), flat=True),
    Row("e", "{n} DLL loads", "dlls {n}", 7, (500, 10), (RATIO, 1.05), flat=True),
    Row("f", "{n} children", "children {n}", 7, (50, 2), (RATIO, 1.05)),
    Row("g", "{n} debug strings", "strings {n}", 7, (20_000, 100), (RATIO, 1.05), flat=True),
    Row("h", "crash, small program", "crash 0 0", 21, (0, 0), (AFTER, 60), report=True),
    Row("i", "crash, {n} frames deep", "crash {n} 0", 15, (5_000, 50), (AFTER, 150), report=True),
    Row("j", "crash, {n} other threads", "crash 0 {n}", 11, (300, 5), None, report=True),
    Row("k", "timeout of {n} processes", "tree {n}", 40, (20, 3), (LATE, 100), tree=1),
    Row("l", "{n} s of arithmetic", "spin {n}", 3, (30, 0), (PLAIN, None)),
]


def quantile(values, part):
    ordered = sorted(values)
    at = (len(ordered) - 1) * part
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def summary(values):
    return {
        "median": round(quantile(values, 0.5), 4),
        "quartiles": [round(quantile(values, 0.25), 4), round(quantile(values, 0.75), 4)],
        "samples": [round(value, 3) for value in values],
    }


class Bench:
    def __init__(self, directory, runner, quick, rounds):
        self.directory = directory
        self.runner = runner
        self.quick = quick
        self.rounds = rounds
        self.reports = tempfile.mkdtemp(prefix="bench_", dir=directory)

    def run(self, *words):
        """The lines that a program of ours prints."""
        done = subprocess.run(self.runner + ["side_by_side.exe", *map(str, words)], cwd=self.directory,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: side_by_side {' '.join(map(str, words))}: exit code {done.returncode}")
        return [line.split() for line in done.stdout.decode().splitlines()]

    def list_of(self, commands):
        path = os.path.join(self.reports, "commands")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(command + "\n" for command in commands)
        return os.path.join(os.path.basename(self.reports), "commands")

    def times(self, commands, rounds, warm_ups=1):
        """For each command its times, exit codes and times after the fault, a value a round."""
        warm_ups = 0 if self.quick else warm_ups
        result = [{"ms": [], "exit": [], "after": []} for _ in commands]
        lines = self.run("times", rounds + warm_ups, self.list_of(commands))
        for index, ms, code, stamp in lines[warm_ups * len(commands):]:
            one = result[int(index)]
            one["ms"].append(float(ms))
            one["exit"].append(int(code))
            if stamp != "-":
                one["after"].append(float(stamp))
        return result

    def memory(self, commands):
        return [int(kib) for _, kib in self.run("memory", self.list_of(commands))]

    def commands(self, row, size):
        target = "workload.exe " + row.words.format(n=size)
        report = os.path.join(os.path.basename(self.reports), row.key + ".json").replace("/", "\\")
        options = f"-q --report {report}" if row.report else "-q"
        return [target, f"floor.exe -- {target}", f"{CATCHER} {options} -- {target}"]

    def spin_size(self, seconds):
        """So many million steps take so long here."""
        steps = 20 if self.quick else 500
        taken = self.times([f"workload.exe spin {steps}", "workload.exe nothing"], 1)
        per_step = max(taken[0]["ms"][0] - taken[1]["ms"][0], 1) / steps
        return max(round(seconds * 1000 / per_step), steps)

    def compare(self, row):
        size = row.size(self.quick)
        work = self.spin_size(size) if row.key == "l" else size
        rounds = self.rounds or (2 if self.quick else row.rounds)
        commands = self.commands(row, work)
        plain, floor, catcher = self.times(commands, rounds, 0 if row.is_long else 1)
        expected = 139 if row.report else 0
        if set(catcher["exit"]) != {expected}:
            sys.exit(f"bench: row {row.key}: catcher ended with {set(catcher['exit'])} instead of {expected}")
        result = {
            "plain_ms": summary(plain["ms"]),
            "floor_ms": summary(floor["ms"]),
            "catcher_ms": summary(catcher["ms"]),
            RATIO: summary([c / f for c, f in zip(catcher["ms"], floor["ms"])]),
            ABOVE: summary([c - f for c, f in zip(catcher["ms"], floor["ms"])]),
        }
        if row.key == "l":
            result[PLAIN] = summary([c / p for c, p in zip(catcher["ms"], plain["ms"])])
            return result
        if row.report:
            result[AFTER] = summary(catcher["after"])
            result["floor_after_fault_ms"] = summary(floor["after"])
            with open(os.path.join(self.reports, row.key + ".json"), encoding="utf-8") as file:
                if len(json.load(file)["crashes"]) != 1:
                    sys.exit(f"bench: row {row.key}: the report has another number of crashes than 1")
        watched = [commands[1], commands[2]]
        if self.quick:
            return result | {"memory_kib": {"catcher": self.memory(watched[1:])[0]}}
        if row.flat:
            _, watched[0], tenth = self.commands(row, max(size // 10, 1))
            watched.append(tenth)
        kib = self.memory(watched)
        result["memory_kib"] = {"floor": kib[0], "catcher": kib[1]}
        if row.flat:
            result["memory_kib"]["catcher_at_a_tenth"] = kib[2]
        return result

    def deadline(self, row):
        seconds = 3
        processes = row.size(self.quick)
        rounds = self.rounds or (1 if self.quick else row.rounds)
        command = f"{CATCHER} -q --timeout {seconds} -- workload.exe tree {processes - 1}"
        lines = [list(map(float, line)) for line in self.run("deadline", rounds, processes, command)]
        late = [dead - seconds * 1000 for _, dead, _ in lines]
        return {
            "after_deadline_ms": summary(late),
            "after_deadline_p50_ms": round(quantile(late, 0.5), 3),
            LATE: round(quantile(late, 0.99), 3),
            "catcher_ended_ms": summary([ended - seconds * 1000 for _, _, ended in lines]),
            "memory_kib": {"catcher": self.memory([command])[0]},
        }

    def measure(self, row):
        result = self.deadline(row) if row.tree else self.compare(row)
        result["title"] = row.title.format(n=f"{row.size(self.quick):,}")
        result["met"] = self.is_met(row, result)
        return result

    def is_met(self, row, result):
        if row.aim is None or self.quick:
            return None
        figure, most = row.aim
        if figure == PLAIN:  # within what the plain runs differ among themselves, or a hundredth
            low, high = min(result["plain_ms"]["samples"]), max(result["plain_ms"]["samples"])
            return result[PLAIN]["median"] <= max(1.01, high / low)
        value = result[figure] if isinstance(result[figure], float) else result[figure]["median"]
        flat = True
        if row.flat:
            memory = result["memory_kib"]
            flat = memory["catcher"] <= memory["catcher_at_a_tenth"] + 512
        return value <= most and flat

    def exe(self):
        rounds = self.rounds or (2 if self.quick else 31)
        version, nothing = self.times([f"{CATCHER} --version", "workload.exe nothing"], rounds)
        return {
            "stripped_bytes": os.path.getsize(os.path.join(self.directory, CATCHER)),
            "version_ms": summary(version["ms"]),
            "empty_program_ms": summary(nothing["ms"]),
        }

    def close(self):
        shutil.rmtree(self.reports, ignore_errors=True)


def strip(directory):
    """Puts a copy of catcher.exe without debug information beside it: reading that costs every start of it."""
    for tool in ("x86_64-w64-mingw32-strip", "llvm-strip", "strip"):
        if shutil.which(tool):
            subprocess.run([tool, "-o", os.path.join(directory, CATCHER), os.path.join(directory, "catcher.exe")],
                           check=True)
            return
    sys.exit("bench: there is no strip")


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return re.search(r"model name\s*: (.*)", file.read()).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def figures(median, digits=1):
    low, high = median["quartiles"]
    return f"{median['median']:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


AIMS = {RATIO: "≤ {} × floor", ABOVE: "≤ floor + {} ms", AFTER: "≤ {} ms after the fault", LATE: "p99 ≤ {} ms after it",
        PLAIN: "as plain"}


def table_line(row, result):
    memory = result.get("memory_kib", {})
    mib = f"{memory['catcher'] / 1024:.1f}" if memory else ""
    if "catcher_at_a_tenth" in memory:
        mib += f" ({memory['catcher_at_a_tenth'] / 1024:.1f})"
    if "ratio" in result:
        times = [figures(result[name + "_ms"]) for name in ("plain", "floor", "catcher")]
        against = figures(result[RATIO], 3)
    else:
        times, against = ["", "", ""], ""
    note = ""
    if AFTER in result:
        note = f"{figures(result[AFTER])} ms after the fault"
    elif LATE in result:
        note = f"p50 {result['after_deadline_p50_ms']:.0f}, p99 {result[LATE]:.0f} ms after the deadline"
    elif PLAIN in result:
        note = f"{figures(result[PLAIN], 4)} of plain"
    elif row.aim[0] == ABOVE:
        note = f"{figures(result[ABOVE])} ms above the floor"
    aim = AIMS[row.aim[0]].format(row.aim[1]) if row.aim else "none"
    met = {True: ": met", False: ": missed", None: ""}[result["met"]]
    return "| " + " | ".join([f"({row.key}) {result['title']}", *times, against, note, mib, aim + met]) + " |"


def print_table(results):
    print("| row | plain, ms | floor, ms | catcher, ms | catcher / floor | what counts | peak MiB | aim |")
    print("|---|---|---|---|---|---|---|---|")
    for row in ROWS:
        if row.key in results["rows"]:
            print(table_line(row, results["rows"][row.key]))
    exe = results["exe"]
    print(f"\ncatcher.exe without debug information: {exe['stripped_bytes']:,} bytes; `catcher --version` "
          f"{figures(exe['version_ms'])} ms, a program that ends at once {figures(exe['empty_program_ms'])} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", required=True)
    parser.add_argument("--runner", default="")
    parser.add_argument("--rows", default=",".join(row.key for row in ROWS))
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--wine", default="")
    words = parser.parse_args()
    wanted = words.rows.split(",")
    unknown = set(wanted) - {row.key for row in ROWS}
    if unknown:
        sys.exit(f"bench: there is no row {', '.join(sorted(unknown))}")
    strip(words.directory)
    bench = Bench(words.directory, shlex.split(words.runner), words.quick, words.rounds)
    try:
        results = {
            "schema": "catcher-bench/1",
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "machine": {"processor": processor(), "processors": os.cpu_count(), "system": platform.platform(),
                        "wine": words.wine, "pinned_to": sorted(os.sched_getaffinity(0))},
            "quick": words.quick,
            "exe": bench.exe(),
            "rows": {},
        }
        for row in ROWS:
            if row.key in wanted:
                print(f"row {row.key} ...", file=sys.stderr, flush=True)
                results["rows"][row.key] = bench.measure(row)
    finally:
        bench.close()
    print_table(results)
    if words.json:
        with open(words.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1, ensure_ascii=False)
            file.write("\n")


main()
