#!/bin/sh
# How fast the map, the board, the desk and their pages answer with many stored cases: fills a database of its own with made-up cases, decides 2,000 and asks.
# CASES=1000000 sh tests/benches/map.sh   (BINARY names another program than the release build; FOLDER one that is kept, and
# asked again without filling where it is full)
set -eu
cases=${CASES:-1000000}
binary=${BINARY:-target/release/maple}
folder=${FOLDER:-$(mktemp -d)}
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null; [ -n "${FOLDER:-}" ] || rm -rf "$folder"' EXIT INT TERM
mkdir -p "$folder"
printf 'signing-key = "%s/sign"\nreference-key = "%s/refer"\n' "$folder" "$folder" > "$folder/serve.toml"
"$binary" serve --listen 127.0.0.1:0 --config "$folder/serve.toml" --database "sqlite://$folder/maple.sqlite" > "$folder/said" 2> "$folder/log" &
server=$!
until url=$(sed -n 's/^serving on \(http:[^ ]*[0-9]\).*/\1/p' "$folder/said") && [ -n "$url" ]; do
  kill -0 "$server" 2> /dev/null || { cat "$folder/said" "$folder/log" >&2; exit 1; }
  sleep 0.2
done
if [ ! -e "$folder/full" ]; then
  "$binary" demo --cases "$cases" --seed 3 --to 2026-10-31 --server "$url" > /dev/null
  echo "$cases" > "$folder/full"
fi
cases=$(cat "$folder/full")
echo "$cases cases, $(du -m "$folder/maple.sqlite" | cut -f1) MiB"
# The page for optimising reads the latest 2,000 decisions: so many are made, of as many cases of the county.
awk -v day="$(date +%F)" 'BEGIN { for (n = 1; n <= 2000; n++) printf "{\"case\": {\"id\": \"bench-%d\", \"locality\": \"cn/demo/yuntan\", \"kind\": \"%s\", \"filed\": \"%s\", \"parties\": [{\"role\": \"applicant\", \"type\": \"natural\"}, {\"role\": \"respondent\", \"type\": \"organisation\"}]}}\n", n, n % 3 ? "labour.wage" : "property.service", day }' > "$folder/cases"
curl -sS -o "$folder/decided" -H 'content-type: application/x-ndjson' --data-binary "@$folder/cases" "$url/v1/evaluate/batch"
decided=$(grep -c '"decision":{' "$folder/decided" || true)
[ "$decided" = 2000 ] || { echo "only $decided of 2000 cases were decided: $(head -c 600 "$folder/decided")" >&2; exit 1; }
place='locality=cn/demo/yuntan&from=2025-11&to=2026-10'
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
for path in "/v1/insight/map?$place" "/?$place" "/v1/insight/optimise?$place" "/optimise?$place" \
  "/v1/insight/optimise?locality=cn/demo/yuntan" "/optimise?locality=cn/demo/yuntan" \
  "/v1/insight/risk?locality=cn/demo/yuntan" "/risk?locality=cn/demo/yuntan" \
  "/v1/insight/station?locality=cn/demo/yuntan" "/station?locality=cn/demo/yuntan" \
  "/v1/insight/map?locality=cn/demo/yuntan&from=2021-11&to=2026-10"; do
  before=$(ticks)
  for _ in $(seq 50); do curl -sS -o /dev/null -w '%{time_total}\n' "$url$path"; done | sort -n > "$folder/times"
  after=$(ticks)
  printf '%s ' "$(curl -sS -o /dev/null -w '%{http_code}' "$url$path")"
  awk -v path="$path" -v cpu=$(((after - before) * 10)) \
    '{ at[NR] = $1 * 1000 } END { printf "%-70s median %6.1f ms, p95 %6.1f ms, %5.1f ms of a core\n", path, at[int((NR + 1) / 2)], at[int(NR * 0.95)], cpu / NR }' "$folder/times"
done
