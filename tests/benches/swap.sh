#!/usr/bin/env bash
# Changes what serves while the server is under full load, and loads a country of counties.
# Ends with a table: p99 with swaps against p99 without, what a swap takes, memory after many, and the start with many packs.
#
#   tests/benches/swap.sh
#
# SECONDS_EACH (20) sets how long it measures, SWAPS (10000) after how many swaps the memory is looked at, COUNTIES (3000)
# how many made-up packs there are; 0 leaves that part out. Needs `wrk` and `curl`. Everything stays on 127.0.0.1.
set -euo pipefail

cd "$(dirname "$0")/../.."
seconds=${SECONDS_EACH:-20}
swaps=${SWAPS:-10000}
counties=${COUNTIES:-3000}
connections=32
ours=127.0.0.1:18080
state=target/maple/load
case_file=$(realpath tests/benches/three-policies.json)

for tool in wrk curl; do
    command -v "$tool" >/dev/null || { echo "$tool is missing; install it first (Debian: apt-get install $tool)"; exit 3; }
done
cargo build --quiet --release -p maple --bin maple
maple=target/release/maple

work=$(mktemp -d)
maple_pid=
stop() { [ -z "$1" ] || { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; } || true; }
trap 'stop "$maple_pid"; rm -rf "$work"' EXIT
serve() {
    RUST_LOG=error $maple serve --listen "$ours" --state "$state" --database "sqlite://$work/$1.sqlite" "${@:2}" >"$work/serve.log" 2>&1 &
    maple_pid=$!
    until curl -fs -o /dev/null "http://$ours/health/ready"; do
        kill -0 "$maple_pid" 2>/dev/null || { echo "the server ended:"; cat "$work/serve.log"; exit 1; }
        sleep 0.01
    done
}
cat >"$work/post.lua" <<LUA
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = assert(io.open("$case_file", "rb"))
wrk.body = file:read("*a")
file:close()
LUA
# load FILE: p99 in milliseconds; a request that fails ends it all.
load() {
    wrk -t2 -c$connections -d"${seconds}s" --latency -s "$work/post.lua" "http://$ours/v1/evaluate" >"$work/wrk.txt"
    if grep -Eq 'Non-2xx|Socket errors' "$work/wrk.txt"; then cat "$work/wrk.txt" >&2; exit 1; fi
    awk '$1 == "99%" {p99 = $2 + 0; if ($2 ~ /us$/) p99 /= 1000; else if ($2 !~ /ms$/) p99 *= 1000} END {printf "%.3f\n", p99}' \
        "$work/wrk.txt" >>"$1"
}
median() { sort -g "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
row() { printf '| %-52s | %-30s | %-8s |\n' "$1" "$2" "$3"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
memory() { awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$maple_pid/status"; }
publish() { $maple publish "$1" --server "http://$ours" --json 2>/dev/null | grep -o '"bundle":"[^"]*"' | cut -d'"' -f4; }
generation=1
# activate BUNDLE: seconds that it took.
activate() {
    curl -fs -o /dev/null -w '%{time_total}\n' -H 'content-type: application/json' "http://$ours/v1/activations" \
        -d "{\"bundle\":\"$1\",\"replaces\":$generation,\"why\":\"a bench\",\"rollback\":true}"
    generation=$((generation + 1))
}

serve swaps --audit off
cp -r policies "$work/one"
cp -r policies "$work/two"
sed -i '0,/^title/s//# another\ntitle/' "$work/two/cn/zhejiang/jinhua/yongkang/pack.toml"
one=$(publish "$work/one") two=$(publish "$work/two")
activate "$two" >/dev/null

load "$work/warm-up"
for _ in 1 2 3; do
    load "$work/still"
    (
        until [ -e "$work/done" ]; do
            activate "$one"
            sleep 0.1
            activate "$two"
            sleep 0.1
        done >>"$work/took"
        echo "$generation" >"$work/generation"
    ) &
    swapper=$!
    load "$work/swapped"
    touch "$work/done"
    wait "$swapper"
    rm "$work/done"
    generation=$(cat "$work/generation")
done

# A bundle that is not at hand is examined and compiled meanwhile: one of its policies has settings that nobody saw before.
# It is packed ahead, since that is the client's work; a server that is not there gets it.
hardware="$work/two/cn/zhejiang/jinhua/yongkang/hardware.toml"
for n in 1 2 3; do
    sed -i -E "0,/weight = [0-9]+/s//weight = $((61 + RANDOM % 13 * 3 + n % 3))/" "$hardware"
    $maple publish "$work/two" --out "$work/cold" --server http://127.0.0.1:9 >/dev/null 2>&1 || true
    load "$work/cold-still"
    (
        sleep 1
        curl -fs -H 'expect:' -H 'content-type: application/gzip' --data-binary "@$work/cold" "http://$ours/v1/bundles" >"$work/told"
    ) &
    load "$work/cold-swapped"
    wait $!
    grep -o '"stage":"compile"[^}]*' "$work/told" >&2
    activate "$(grep -o '"bundle":"[^"]*"' "$work/told" | cut -d'"' -f4)" >/dev/null
done

for _ in $(seq 50); do activate "$one"; activate "$two"; done >/dev/null
after_some=$(memory)
for _ in $(seq $(((swaps - 100) / 2))); do activate "$one"; activate "$two"; done >>"$work/quick"
after_many=$(memory)
stop "$maple_pid"
maple_pid=

if [ "$counties" -gt 0 ]; then
    tests/benches/counties.sh "$work/country" "$counties"
    serve country --audit off --policies "$work/country" --plugins plugins
    stop "$maple_pid"
    for _ in 1 2 3; do
        start=$(date +%s%N)
        serve country --audit off --policies "$work/country" --plugins plugins
        echo $((($(date +%s%N) - start) / 1000000)) >>"$work/start"
        country_memory=$(memory)
        country_own=$(awk '/RssAnon/ {print int($2 / 1024)}' "/proc/$maple_pid/status")
        stop "$maple_pid"
        maple_pid=
    done
    serve country --audit off --policies "$work/country" --plugins plugins
    generation=1
    sed -i 's/镇上/乡里/' "$work/country/cn/made-up-1/county-1/local.toml"
    began=$(date +%s%N)
    $maple publish "$work/country" --plugins plugins --server "http://$ours" --json >"$work/published" 2>/dev/null
    country_publish=$((($(date +%s%N) - began) / 1000000))
    examined=$(grep -o '"millis":[0-9]*' "$work/published" | cut -d: -f2 | paste -sd+ | bc)
    country_activate=$(activate "$(grep -o '"bundle":"[^"]*"' "$work/published" | cut -d'"' -f4)")
fi

row figure measured wanted
row --- --- ---
row "p99, a swap every 100 ms / none" \
    "$(ratio "$(median "$work/swapped")" "$(median "$work/still")") ($(median "$work/swapped") / $(median "$work/still") ms)" "≤ 1.25"
row "a swap of a bundle at hand, under load" "$(awk -v t="$(median "$work/took")" 'BEGIN {printf "%.1f ms", t * 1000}')" "≤ 50 ms"
row "p99, a bundle is examined meanwhile / none" \
    "$(ratio "$(median "$work/cold-swapped")" "$(median "$work/cold-still")") ($(median "$work/cold-swapped") / $(median "$work/cold-still") ms)" "≤ 1.25"
row "memory after $swaps swaps / after 100" "$(ratio "$after_many" "$after_some") ($after_many / $after_some MiB)" "≤ 1.1"
if [ "$counties" -gt 0 ]; then
    row "start to ready, $counties counties, warm cache" "$(median "$work/start") ms" "≤ 3000"
    row "memory with $counties counties, without the files of compiled code" "$country_own MiB" "≤ 1500"
    row "the same, with what is mapped of these files" "$country_memory MiB" ""
    row "one county's pack: examined, of all that publishing takes" "$examined ms of $country_publish ms" ""
    row "one county's pack: activated" "$(awk -v t="$country_activate" 'BEGIN {printf "%.1f ms", t * 1000}')" ""
fi
