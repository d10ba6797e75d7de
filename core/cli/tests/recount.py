"""Counts the figures of a place anew, from exported events alone and in another way than the service does.

python3 recount.py EVENTS.ndjson LOCALITY FROM TO             (months such as 2026-03)
python3 recount.py EVENTS.ndjson LOCALITY FROM TO POLICIES    the month's return, by the folder's statistical words
"""
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
file, top, first, last = sys.argv[1:5]
cases, broken = defaultdict(list), defaultdict(list)
for line in open(file, encoding="utf-8"):
    kept = json.loads(line)
    event = kept["event"]
    at = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    if kept["standing"] == "applied":
        cases[event["subject"]].append((at, event["type"], event["data"]))
    elif kept["standing"] == "refusal_not_honoured":
        broken[event["subject"]].append(at)


def day(at):
    return at.astimezone(CHINA).strftime("%Y-%m-%d")


def within(month):
    return first <= month[:7] <= last


def monthly(policies):
    import tomllib
    from pathlib import Path

    kinds_of, sources = {}, {}
    for path in Path(policies).rglob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for kind in table.get("kind", []) if isinstance(table.get("kind"), list) else []:
            kinds_of[kind["id"]] = kind.get("stat")
        for code, word in table.get("source", {}).items() if isinstance(table.get("source"), dict) else []:
            sources[code] = word.get("stat")
    names = ("婚姻家庭 邻里 房屋宅基地 合同 生产经营 损害赔偿 山林土地 征地拆迁 环境污染 拖欠农民工工资 其他劳动争议 旅游 电子商务 "
             "其他消费 医疗 道路交通事故 物业 其他").split()
    rows = defaultdict(lambda: [0, 0, 0, 0])
    for events in cases.values():
        events.sort(key=lambda event: event[0])
        about = [data for _, kind, data in events if kind == "case.registered"]
        if not about or about[0]["locality"] != top and not about[0]["locality"].startswith(top + "/"):
            continue
        committee = None
        for _, _, data in events:
            if data.get("station"):
                committee = data.get("committee")
            committee = data.get("committee") or committee
        stat = kinds_of.get(about[0]["kind"])
        kind_code = f"{names.index(stat) + 1:02}" if stat in names else "not_stated"
        source = sources.get(about[0].get("source")) or "not_stated"
        of = ["total total", f"committee {committee or 'not_stated'}", f"source {source}", f"kind {kind_code}"]
        for at, kind, data in events:
            if not within(day(at)):
                continue
            add = [kind == "case.registered", kind in ("agreement.recorded", "mediation.failed"),
                   kind == "agreement.recorded" and data["form"] == "oral",
                   kind == "agreement.recorded" and data["form"] == "written"]
            for row in of:
                rows[row] = [count + more for count, more in zip(rows[row], add)]
    return rows


if len(sys.argv) > 5:
    print(json.dumps(monthly(sys.argv[5])))
    sys.exit()

n = defaultdict(int)
for case, events in cases.items():
    events.sort(key=lambda event: event[0])
    registered = [event for event in events if event[1] == "case.registered"]
    if not registered:
        continue
    locality = registered[0][2]["locality"]
    if locality != top and not locality.startswith(top + "/"):
        continue
    n["registered"] += within(day(registered[0][0]))
    refusals = [at for at, kind, data in events if kind == "consent.recorded" and data["consent"] == "no"]
    court, closed, agreements = None, None, []
    for at, kind, data in events:
        now = within(day(at))
        if kind == "consent.recorded" and data["consent"] == "yes":
            n["consents"] += now
        elif kind == "consent.recorded":
            n["refusals"] += now
            next_one = min([other for other in refusals if other > at], default=None)
            n["broken"] += now and any(at <= b and (next_one is None or b < next_one) for b in broken[case])
        elif kind == "agreement.recorded":
            n["concluded"] += now
            n["agreements"] += now
            n["written"] += now and data["form"] == "written"
            n["before"] += now and court is None
            agreements.append({"at": at, "due": data.get("due_on"), "done": None, "suit": None})
        elif kind == "mediation.failed":
            n["concluded"] += now
        elif kind == "agreement.performed" and agreements:
            agreements[-1]["done"] = agreements[-1]["done"] or at
        elif kind == "case.filed_in_court":
            if agreements:
                agreements[-1]["suit"] = agreements[-1]["suit"] or at
            if court is None:
                court = at
                n["court"] += now
        elif kind == "confirmation.filed":
            n["confirmations"] += now
        elif kind == "confirmation.decided":
            pass
        elif kind == "case.closed":
            closed = (at, data)
        elif kind == "case.reopened":
            closed = None
        elif kind == "case.followed_up":
            for word in ("resolved", "satisfied"):
                if data.get(word) is not None:
                    n[word + "_asked"] += now
                    n[word] += now and data[word]
    for one in agreements:
        if within(one["due"] or day(one["at"])):
            n["due"] += 1
            n["done"] += one["done"] is not None and (not one["due"] or day(one["done"]) <= one["due"])
        if within(day(one["at"])) and one["suit"]:
            n["relapsed"] += one["suit"] - one["at"] <= timedelta(days=365)
    if closed and within(day(closed[0])):
        n["closed"] += 1
        n["closed_" + closed[1]["level"]] += 1
        if closed[1].get("limit_on"):
            n["limited"] += 1
            n["in_time"] += day(closed[0]) <= closed[1]["limit_on"]

print(json.dumps({
    "REGISTERED": [n["registered"], None],
    "LIT_PER_10K": [n["court"], None],
    "MED_SUCC": [n["agreements"], n["concluded"]],
    "MED_OFFER_ACCEPT": [n["consents"], n["consents"] + n["refusals"]],
    "REFUSAL_HONOURED": [n["refusals"] - n["broken"], n["refusals"]],
    "PRE_DIVERT": [n["before"], n["before"] + n["court"]],
    "CONF_RATE": [n["confirmations"], n["written"]],
    "ON_TIME": [n["in_time"], n["limited"]],
    "PERF_RATE": [n["done"], n["due"]],
    "RELAPSE": [n["relapsed"], n["agreements"]],
    "RESOLVE": [n["resolved"], n["resolved_asked"]],
    "SATISFY": [n["satisfied"], n["satisfied_asked"]],
    "LADDER_VILLAGE": [n["closed_village"], n["closed"]],
    "LADDER_TOWN": [n["closed_town"], n["closed"]],
    "LADDER_COUNTY": [n["closed_county"], n["closed"]],
    "LADDER_COURT": [n["closed_court"], n["closed"]],
}))
