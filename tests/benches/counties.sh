#!/usr/bin/env bash
# Writes policies with a pack for each of many made-up counties beside the shipped ones: what a whole country would load.
#
#   tests/benches/counties.sh FOLDER [COUNTIES]
set -euo pipefail

folder=$1
counties=${2:-3000}
cp -r "$(dirname "$0")/../../policies" "$folder"
for n in $(seq "$counties"); do
    id="cn/made-up-$((n % 31))/county-$n"
    mkdir -p "$folder/$id"
    cat >"$folder/$id/pack.toml" <<TOML
# Made up, for measuring.
id = "$id"
version = "1.0.0"
contract = "^0.1"
in-force-from = 2024-01-01
title = { zh = "虚构县$n", en = "Made-up county $n" }
illustrative = true
TOML
    cat >"$folder/$id/local.toml" <<TOML
# Made up, for measuring.

[[rule]]
id = "L1"
summary = { zh = "虚构县$n：先到镇上调解", en = "Made-up county $n: first to the mediators of the town" }
when = { kind = ["contract.*", "neighbour.*"], not = { mediation_failed = true } }
then = [{ offer = "peoples_mediation", body = "town", due = "$((5 + n % 20)) days", from = "acceptance" }]
basis = ["cn.peoples_mediation.3"]
TOML
done
{
    for n in $(seq 0 30); do
        printf '\n[[locality]]\nid = "cn/made-up-%s"\ntitle = { zh = "虚构省%s", en = "Made-up province %s" }\nillustrative = true\n' "$n" "$n" "$n"
    done
    for n in $(seq "$counties"); do
        printf '\n[[locality]]\nid = "cn/made-up-%s/county-%s"\ntitle = { zh = "虚构县%s", en = "Made-up county %s" }\nillustrative = true\n' \
            "$((n % 31))" "$n" "$n" "$n"
    done
} >>"$folder/localities.toml"
