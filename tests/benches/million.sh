#!/usr/bin/env bash
# A million different cases under national, provincial, city and county policies: how fast `maple backtest` replays them
# on all cores, in how much memory, and what a year of the nation's people's mediation (14.94 million disputes in 2022)
# takes at that speed. The cases are those of the made-up county, told of Yongkang. What `maple bench` implies is the mean
# of its medians over some of the very cases.
#
#   tests/benches/million.sh
#
# CASES (1000000) is how many, SAMPLE (40) for how many of them `maple bench` is asked; PROFILE=dev takes the binary of
# `cargo build`. Needs GNU `time` (Debian: time).
set -euo pipefail

cd "$(dirname "$0")/../.."
cases=${CASES:-1000000}
sample=${SAMPLE:-40}
export MAPLE_STATE=${MAPLE_STATE:-target/maple}

[ -x /usr/bin/time ] || {
    echo "GNU time is missing; install it first (Debian: apt-get install time)"
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
"$maple" demo --cases "$cases" --to 2026-10-31 --questions "$work/cases.ndjson" --locality cn/zhejiang/jinhua/yongkang
head -n 1 "$work/cases.ndjson" >"$work/one.ndjson"
backtest() { "$maple" backtest --cases "$1" --candidate policies --json; }
backtest "$work/one.ndjson" >/dev/null # builds plugins, compiles policies

# Of every so many lines one.
awk -v each="$((cases / sample > 0 ? cases / sample : 1))" 'NR % each == 1 || each == 1' "$work/cases.ndjson" |
    head -n "$sample" >"$work/sample.ndjson"
while IFS= read -r line; do
    printf '%s\n' "$line" >"$work/case.json"
    "$maple" bench --case "$work/case.json" --rounds 300 --json 2>/dev/null |
        sed -n 's/.*"whole":{\([^}]*\)}.*/\1/p' | sed -n 's/.*"median_us":\([0-9.]*\).*/\1/p'
done <"$work/sample.ndjson" >"$work/medians"

/usr/bin/time -f '%e %U %S %M' -o "$work/time" "$maple" backtest --cases "$work/cases.ndjson" --candidate policies --json \
    >"$work/figures.json"
awk -v n="$cases" -v cores="$(nproc)" 'NR == FNR { sum += $1; count++; next } {
    mean = sum / count
    printf "bench: %.1f us an evaluation, the mean of %d cases\n", mean, count
    printf "backtest: %d cases in %.0f s on %d cores, %.0f cases/s, %.1f us of the processor an evaluation\n", \
        n, $1, cores, n / $1, ($2 + $3) / n / 2 * 1e6
    printf "ratio %.2f; the most memory %.0f MiB\n", mean * 2 * n / 1e6 / ($2 + $3), $4 / 1024
    printf "14.94 million at that speed: %.0f minutes\n", 14940000 / (n / $1) / 60
}' "$work/medians" "$work/time"
