#!/usr/bin/env bash
# How fast `maple backtest` is, against what `maple bench` says of one evaluation of the same case in the same run: of
# one core, the share of its time that evaluations alone would take. Ends with a line for each round.
#
#   tests/benches/backtest.sh [CASE.json]
#
# CASES (20000) is how many cases are made of the one, ROUNDS (3) how often it measures; PROFILE=dev takes the binary of
# `cargo build`, which is slower. Needs `taskset` (Debian: util-linux) and, to say how much memory it takes, GNU `time`.
set -euo pipefail

case_file=$(realpath "${1:-$(dirname "$0")/../../core/cli/src/example.json}")
cd "$(dirname "$0")/../.."
cases=${CASES:-20000}
rounds=${ROUNDS:-3}
export MAPLE_STATE=${MAPLE_STATE:-target/maple}

command -v taskset >/dev/null || {
    echo "taskset is missing; install it first (Debian: apt-get install util-linux)"
    exit 3
}
if [ "${PROFILE:-release}" = dev ]; then
    cargo build --quiet -p maple
    maple=target/debug/maple
else
    cargo build --quiet --release -p maple
    maple=target/release/maple
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One line, with an id of its own for each.
line=$(tr -d '\n' <"$case_file")
awk -v n="$cases" -v line="$line" 'BEGIN {
    for (i = 1; i <= n; i++) { one = line; sub(/"locality"/, "\"id\": \"g-" i "\", \"locality\"", one); print one }
}' >"$work/cases.ndjson"
head -n 1 "$work/cases.ndjson" >"$work/one.ndjson"

# User and system seconds of a command.
cpu() { ( TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1 ) 2>&1 | awk '{ print $1 + $2 }'; }
backtest() { cpu taskset -c 0 "$maple" backtest --cases "$1" --candidate policies --json; }

backtest "$work/one.ndjson" >/dev/null # builds plugins, compiles policies
for _ in $(seq "$rounds"); do
    median=$(taskset -c 0 "$maple" bench --case "$case_file" --json 2>/dev/null |
        sed -n 's/.*"whole":{\([^}]*\)}.*/\1/p' | sed -n 's/.*"median_us":\([0-9.]*\).*/\1/p')
    start=$(backtest "$work/one.ndjson")
    all=$(backtest "$work/cases.ndjson")
    awk -v m="$median" -v s="$start" -v a="$all" -v n="$cases" 'BEGIN {
        printf "bench %.1f us; backtest %.0f cases/s on one core (%.1f us an evaluation); ratio %.2f\n", \
            m, n / (a - s), (a - s) / n / 2 * 1e6, m * 2 * n / 1e6 / (a - s)
    }'
done
if command -v /usr/bin/time >/dev/null; then
    /usr/bin/time -f "the most memory, all cores: %M KiB" \
        "$maple" backtest --cases "$work/cases.ndjson" --candidate policies --json 2>&1 >/dev/null | tail -n 1
fi
