"""Counts the figures of a place anew, from exported events alone and in another way than the service does.

python3 recount.py EVENTS.ndjson LOCALITY FROM TO             (months such as 2026-03)
python3 recount.py EVENTS.ndjson LOCALITY FROM TO POLICIES    the month's return, by the folder's statistical words

The ways of disputes are those registered in the period, whatever happened to them when.
Of signals, one a line as `/v1/signals?all=true` tells them, it counts how the loop was closed:

python3 recount.py --signals SIGNALS.ndjson LOCALITY FROM TO
"""
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
# Where the intervals end of which medians are estimated, in hours.
ENDS = [1, 2, 4, 8, 12, 24, 48, 72, 96, 120, 168, 240, 336, 504, 720, 1080, 1440, 2160, 4320, 8760]


def moment(text):
    # What is finer than a microsecond is no use here.
    head, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{(rest + '000000')[:6]}+00:00")


def median(hours):
    """The middle, as if the interval in which it lies were evenly filled."""
    half = len(hours) / 2
    below, start = 0, 0
    for end in ENDS:
        here = sum(start < one <= end or (start == 0 and one <= 0) for one in hours)
        if here and below + here >= half:
            return start + (end - start) * (half - below) / here
        below, start = below + here, end
    return None


def recount_signals(file, top, first, last):
    counts = {}
    for line in open(file, encoding="utf-8"):
        signal = json.loads(line)
        place, issued = signal["locality"], moment(signal["issued"])
        inside = place == top or place.startswith(top + "/")
        month = issued.astimezone(CHINA).strftime("%Y-%m")
        if not inside or not first <= month <= last or moment(signal["expires"]) <= issued:
            continue
        hours = lambda name: (moment(signal[name]) - issued) / timedelta(hours=1)
        for code in ("", signal["signal"]["code"]):
            one = counts.setdefault(code, {"issued": 0, "ended": 0, "false": 0, "taken": [], "took": []})
            one["issued"] += 1
            one["ended"] += signal["ended"] is not None
            one["false"] += signal["state"] == "false_alarm"
            if signal["acknowledged"]:
                one["taken"].append(hours("acknowledged"))
            if signal["ended"]:
                one["took"].append(hours("ended"))
    told = {}
    for code, one in counts.items():
        told[code] = {
            "WARN_HANDLED": [one["ended"], one["issued"]],
            "WARN_FALSE_ALARM": [one["false"], one["ended"]],
            "WARN_TIME_TO_ACKNOWLEDGE": [median(one["taken"]), len(one["taken"])],
            "WARN_TIME_TO_HANDLE": [median(one["took"]), len(one["took"])],
        }
    print(json.dumps(told))


if sys.argv[1] == "--signals":
    recount_signals(*sys.argv[2:])
    sys.exit()
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


STEPS = ["registered", "approached", "assigned", "in_mediation", "agreed", "performed"]
STEP_OF = {
    "case.registered": 0, "offer.made": 1, "consent.recorded": 1, "case.assigned": 2, "mediator.accepted": 2,
    "mediator.declined": 2, "mediation.started": 3, "mediation.failed": 3, "agreement.recorded": 4,
    "agreement.performed": 5,
}
TRIBUNALS = {"labour": "labour_arbitration", "rural_land": "rural_land_arbitration", "commercial": "commercial_arbitration"}
HOURS = [1, 2, 4, 8, 12, 24, 48, 72, 96, 120, 168, 240, 336, 504, 720, 1080, 1440, 2160, 4320, 8760]
steps, exits, exits_after = defaultdict(int), defaultdict(int), defaultdict(int)
success, took = defaultdict(lambda: [0, 0]), defaultdict(list)


def walk(kind_of_dispute, events):
    """How far one dispute came."""
    furthest, first, left, channel, ended, over = 0, {}, {}, None, {}, None
    for at, kind, data in events:
        channel = data.get("channel", channel)
        out = {"case.filed_in_court": "court", "case.referred": "handed_on", "mediation.failed": "failed"}.get(kind)
        if kind == "arbitration.started":
            out = TRIBUNALS[data["tribunal"]]
        if kind == "consent.recorded" and data["consent"] == "no":
            out = "refused"
        if kind == "agreement.performed" and furthest < 4:
            continue
        if kind in STEP_OF:
            furthest = max(furthest, STEP_OF[kind])
            if kind != "mediation.failed":
                first.setdefault(STEP_OF[kind], at)
        if out:
            left.setdefault(out, furthest)
        if kind == "case.closed":
            over = furthest
        if kind == "case.reopened":
            over = None
        if kind in ("agreement.recorded", "mediation.failed"):
            ended[channel] = ended.get(channel, False) or kind == "agreement.recorded"
    if over is not None and furthest < 4 and not set(left) - {"refused", "failed"}:
        left["closed_unsettled"] = over
    for step in range(furthest + 1):
        steps[STEPS[step]] += 1
    for out, after in left.items():
        exits[out] += 1
        exits_after[out + " " + STEPS[after]] += 1
    for step in range(1, len(STEPS)):
        if step in first and step - 1 in first and first[step] >= first[step - 1]:
            took[STEPS[step]].append((first[step] - first[step - 1]).total_seconds() / 3600)
    for way, agreed in ended.items():
        if way is not None:
            success[kind_of_dispute + " " + way][0] += agreed
            success[kind_of_dispute + " " + way][1] += 1


def median_days(hours):
    """The median as buckets tell it: evenly filled within the bucket that holds it."""
    counts = [0] * (len(HOURS) + 1)
    for one in hours:
        counts[next((at for at, end in enumerate(HOURS) if one <= end), len(HOURS))] += 1
    half, below, begin = len(hours) / 2, 0, 0
    for count, end in zip(counts, HOURS):
        if count and below + count >= half:
            return (begin + (end - begin) * (half - below) / count) / 24
        below, begin = below + count, end
    return None


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
        station, committee = None, None
        for _, kind, data in events:
            if data.get("station") and (kind == "case.assigned" or data["station"] != station):
                station, committee = data["station"], data.get("committee")
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
    if within(day(registered[0][0])):
        walk(registered[0][2]["kind"], events)
    refusals = [at for at, kind, data in events if kind == "consent.recorded" and data["consent"] == "no"]
    court, closed, agreements, offers, against, ended_by_parties = None, None, [], [], set(), []
    for at, kind, data in events:
        now = within(day(at))
        if kind == "offer.made":
            offers.append([at, False])
        elif kind == "consent.recorded":
            agrees = data["consent"] == "yes"
            (against.discard if agrees else against.add)(data["party"])
            if offers:
                # Who answers last before the next offer decides, as long as nobody refuses.
                offers[-1][1] = agrees and not against
            if not agrees:
                n["refusals"] += now
                next_one = min([other for other in refusals if other > at], default=None)
                n["broken"] += now and any(at <= b and (next_one is None or b < next_one) for b in broken[case])
        elif kind == "agreement.recorded":
            n["concluded"] += now
            n["agreements"] += now
            n["before"] += now and court is None
            agreements.append({"at": at, "due": data.get("due_on"), "done": None, "suit": None,
                               "form": data["form"], "asked": False, "granted": None})
            ended_by_parties.append(at)
        elif kind == "mediation.failed":
            n["concluded"] += now
            if data["reason"] == "withdrawn":
                ended_by_parties.append(at)
        elif kind == "agreement.performed" and agreements:
            agreements[-1]["done"] = agreements[-1]["done"] or at
        elif kind == "case.filed_in_court":
            if agreements:
                agreements[-1]["suit"] = agreements[-1]["suit"] or at
            if court is None:
                court = at
                n["court"] += now
        elif kind == "confirmation.filed":
            agreements[-1]["asked"] = True
        elif kind == "confirmation.decided":
            agreements[-1]["granted"] = data["granted"]
        elif kind == "case.closed":
            closed = (at, data)
        elif kind == "case.reopened":
            closed = None
        elif kind == "case.followed_up":
            for word in ("resolved", "satisfied"):
                if data.get(word) is not None:
                    n[word + "_asked"] += now
                    n[word] += now and data[word]
    for at, agreed in offers:
        n["offers"] += within(day(at))
        n["offers_agreed"] += within(day(at)) and agreed
    for one in agreements:
        if within(one["due"] or day(one["at"])):
            n["due"] += 1
            n["done"] += one["done"] is not None and (not one["due"] or day(one["done"]) <= one["due"])
        if not within(day(one["at"])):
            continue
        if one["suit"]:
            n["relapsed"] += one["suit"] - one["at"] <= timedelta(days=365)
        at_once = one["done"] is not None and day(one["done"]) == day(one["at"])
        # A judicial confirmation is for what is written and still to be done.
        n["confirmable"] += one["asked"] or (one["form"] == "written" and not at_once)
        n["confirmations"] += one["asked"]
        n["decided"] += one["granted"] is not None
        n["granted"] += one["granted"] is True
    if closed and within(day(closed[0])):
        n["closed"] += 1
        n["closed_" + closed[1]["level"]] += 1
        if court and court <= closed[0]:
            n["sued"] += 1
            n["by_parties"] += any(court <= at <= closed[0] for at in ended_by_parties)
        if closed[1].get("limit_on"):
            n["limited"] += 1
            n["in_time"] += day(closed[0]) <= closed[1]["limit_on"]

print(json.dumps({
    "REGISTERED": [n["registered"], None],
    "LIT_PER_10K": [n["court"], None],
    "MED_SUCC": [n["agreements"], n["concluded"]],
    "MED_OFFER_ACCEPT": [n["offers_agreed"], n["offers"]],
    "REFUSAL_HONOURED": [n["refusals"] - n["broken"], n["refusals"]],
    "PRE_DIVERT": [n["before"], n["before"] + n["court"]],
    "CONF_RATE": [n["confirmations"], n["confirmable"]],
    "CONF_GRANTED": [n["granted"], n["decided"]],
    "ON_TIME": [n["in_time"], n["limited"]],
    "PERF_RATE": [n["done"], n["due"]],
    "RELAPSE": [n["relapsed"], n["agreements"]],
    "RESOLVE": [n["resolved"], n["resolved_asked"]],
    "SATISFY": [n["satisfied"], n["satisfied_asked"]],
    "LADDER_VILLAGE": [n["closed_village"], n["closed"]],
    "LADDER_TOWN": [n["closed_town"], n["closed"]],
    "LADDER_COUNTY": [n["closed_county"], n["closed"]],
    "LADDER_CITY": [n["closed_city"], n["closed"]],
    "LADDER_PROVINCE": [n["closed_province"], n["closed"]],
    "WITHDRAW": [n["by_parties"], n["sued"]],
    "LADDER_COURT": [n["closed_court"], n["closed"]],
    "ways": {
        "steps": steps,
        "exits": exits,
        "exits_after": exits_after,
        "success": success,
        "days": {step: median_days(hours) for step, hours in took.items()},
    },
}))
