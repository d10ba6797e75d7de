#!/usr/bin/env bash
# Loads the server and, in the same run, a bare axum server that parses the same body and answers the same bytes.
# Ends with a table: requests per second and p99 against the bare server, a batch against single requests, the start, and
# what it costs to keep decisions.
#
#   tests/benches/load.sh [CASE.json]
#
# SECONDS_EACH (5) and ROUNDS (3) set how long it measures, LINES_BATCH (20000) how many cases a batch holds.
# Needs `wrk` (Debian: apt-get install wrk) and `curl`. Everything stays on 127.0.0.1.
set -euo pipefail

case_file=$(realpath "${1:-$(dirname "$0")/three-policies.json}")
cd "$(dirname "$0")/../.."
seconds=${SECONDS_EACH:-5}
rounds=${ROUNDS:-3}
lines=${LINES_BATCH:-20000}
connections=32
ours=127.0.0.1:18080
bare=127.0.0.1:18081
state=target/maple/load

for tool in wrk curl; do
    command -v "$tool" >/dev/null || { echo "$tool is missing; install it first (Debian: apt-get install $tool)"; exit 3; }
done
cargo build --quiet --release -p maple -p maple-tests --bin maple --bin bare

work=$(mktemp -d)
maple_pid= bare_pid=
stop() { [ -z "$1" ] || { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; } || true; }
trap 'stop "$maple_pid"; stop "$bare_pid"; rm -rf "$work"' EXIT

# The first start builds plugins and compiles policies; a server that ends while it is waited for is an error.
wait_for() {
    until curl -fs -o /dev/null "http://$1"; do
        kill -0 "$2" 2>/dev/null || { echo "the server at $1 ended:"; cat "$work/serve.log"; exit 1; }
        sleep 0.01
    done
}
serve() {
    RUST_LOG=warn target/release/maple serve --listen "$ours" --state "$state" "$@" >"$work/serve.log" 2>&1 &
    maple_pid=$!
    wait_for "$ours/health/ready" "$maple_pid"
}
post() { curl -fs -H 'expect:' -H "content-type: application/$1" --data-binary "@$2" "http://$ours$3" "${@:4}"; }

serve --audit off
post json "$case_file" /v1/evaluate >"$work/answer.json"
asked=$(grep -o '"verdict":"' "$work/answer.json" | wc -l)
echo "case $(basename "$case_file"): $asked policies asked, body $(wc -c <"$case_file") bytes," \
    "answer $(wc -c <"$work/answer.json") bytes; $(nproc) cores, shared with the load generator" >&2
target/release/bare "$bare" "$work/answer.json" 2>"$work/bare.log" &
bare_pid=$!
until curl -fs -o /dev/null -H 'content-type: application/json' --data-binary "@$case_file" "http://$bare/v1/evaluate"; do
    kill -0 "$bare_pid" 2>/dev/null || { echo "the bare server ended:"; cat "$work/bare.log"; exit 1; }
    sleep 0.01
done

cat >"$work/post.lua" <<LUA
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = assert(io.open("$case_file", "rb"))
wrk.body = file:read("*a")
file:close()
LUA
# load ADDRESS CONNECTIONS: requests per second, and p99 in milliseconds.
load() {
    local threads=$(($2 < 2 ? 1 : 2))
    wrk -t"$threads" -c"$2" -d"${seconds}s" --latency -s "$work/post.lua" "http://$1/v1/evaluate" >"$work/wrk.txt"
    if grep -Eq 'Non-2xx|Socket errors' "$work/wrk.txt"; then cat "$work/wrk.txt" >&2; exit 1; fi
    awk '$1 == "Requests/sec:" {rate = $2}
         $1 == "99%" {p99 = $2 + 0; if ($2 ~ /us$/) p99 /= 1000; else if ($2 !~ /ms$/) p99 *= 1000}
         END {printf "%.0f %.3f\n", rate, p99}' "$work/wrk.txt"
}
median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
column() { cut -d' ' -f"$2" "$work/$1" | median; }
row() { printf '| %-42s | %-34s | %-8s |\n' "$1" "$2" "$3"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

load "$ours" $connections >/dev/null
load "$bare" $connections >/dev/null
for _ in $(seq "$rounds"); do
    load "$ours" $connections >>"$work/ours"
    load "$bare" $connections >>"$work/bare"
done

# One line for each case; the whole file is sent while the answers are read.
tr -d '\n' <"$case_file" >"$work/line"
yes "$(cat "$work/line")" | head -n "$lines" >"$work/batch.ndjson" || true
for _ in $(seq "$rounds"); do
    load "$ours" 1 >>"$work/single"
    took=$(post x-ndjson "$work/batch.ndjson" /v1/evaluate/batch -o "$work/batch.out" -w '%{time_total}')
    [ "$(grep -c '"decision"' "$work/batch.out")" = "$lines" ] || { echo "the batch lost lines"; exit 1; }
    awk -v n="$lines" -v t="$took" 'BEGIN {printf "%.0f\n", n / t}' >>"$work/batch"
done

stop "$maple_pid"
for _ in $(seq "$rounds"); do
    start=$(date +%s%N)
    serve --audit off
    echo $((($(date +%s%N) - start) / 1000000)) >>"$work/start"
    stop "$maple_pid"
    maple_pid=
done

# What it costs to keep decisions, each time in a new file.
recorders=64
for round in $(seq "$rounds"); do
    for audit in off buffered durable; do
        serve --audit "$audit" --database "sqlite://$work/$audit-$round.sqlite"
        load "$ours" $recorders >>"$work/$audit"
        stop "$maple_pid"
        maple_pid=
    done
done

row figure measured wanted
row --- --- ---
row "requests/s, $connections connections, maple / bare" \
    "$(ratio "$(column ours 1)" "$(column bare 1)") ($(column ours 1) / $(column bare 1))" "≥ 0.35"
row "p99, $connections connections, maple / bare" \
    "$(ratio "$(column ours 2)" "$(column bare 2)") ($(column ours 2) / $(column bare 2) ms)" "≤ 3"
row "cases/s over one connection, batch / single" \
    "$(ratio "$(column batch 1)" "$(column single 1)") ($(column batch 1) / $(column single 1))" "≥ 1.5"
row "start to ready, warm cache" "$(column start 1) ms" "≤ 1000"
row "requests/s, $recorders connections, durable / off" \
    "$(ratio "$(column durable 1)" "$(column off 1)") ($(column durable 1) / $(column off 1))" "≥ 0.6"
row "requests/s, $recorders connections, buffered / off" \
    "$(ratio "$(column buffered 1)" "$(column off 1)") ($(column buffered 1) / $(column off 1))" ""
