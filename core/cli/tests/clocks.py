"""Finds anew, from exported events alone, which cases' own times call for a signal today, and where a service failed.

python3 clocks.py EVENTS.ndjson TODAY

Ends that lie on a day of rest move behind it; so what is near its end by the calendar `must` be told, and what ended up to
ten days ago `may` be.
"""
import json
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
MOVED = 10
file, today = sys.argv[1], date.fromisoformat(sys.argv[2])
cases, broken = defaultdict(list), set()
for line in open(file, encoding="utf-8"):
    kept = json.loads(line)
    event = kept["event"]
    at = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    if kept["standing"] == "applied":
        cases[event["subject"]].append((at, event["type"], event["data"]))
    elif kept["standing"] == "refusal_not_honoured":
        broken.add(event["subject"])

NO_CONFIRMATION = ("family.divorce", "family.guardianship", "land.title", "land.forest")
ENDS = ("mediation.failed", "case.filed_in_court", "arbitration.started", "case.referred", "case.closed")
SEASONS = {"labour.wage": (11, 12, 1, 2), "labour.wage_migrant": (11, 12, 1, 2), "tort.school": (3, 9)}
must, may, yellow, failed, waiting = defaultdict(list), defaultdict(list), [], set(), set()
season = defaultdict(int)
open_by = defaultdict(lambda: defaultdict(int))


def passed(at):
    return (today - at.astimezone(CHINA).date()).days


def window(rule, case, days, first, last):
    if first <= days <= last:
        must[rule].append(case)
    elif last < days <= last + MOVED:
        may[rule].append(case)


for case, events in cases.items():
    events.sort(key=lambda event: event[0])
    came, about = next(((at, data) for at, kind, data in events if kind == "case.registered"), (None, None))
    if about is None:
        continue
    came = came.astimezone(CHINA)
    if came.month in SEASONS.get(about["kind"], ()):
        season[about["kind"] + " " + about["locality"], came.year, came.month] += 1
    kind_of = about["kind"]
    station, mediator, desk, started, agreement, given = None, None, False, None, None, None
    fails = case in broken
    for at, kind, data in events:
        if data.get("station") and (kind == "case.assigned" or data["station"] != station):
            station, mediator = data["station"], data.get("mediator")
        mediator = data.get("mediator") or mediator
        if kind == "mediation.started":
            started = started or at
        elif kind == "agreement.recorded":
            agreement = {"at": at, "form": data["form"], "due": data.get("due_on"), "over": False, "asked": False}
            started = started if data.get("scope") == "part" else None
        elif kind in ENDS or (kind == "consent.recorded" and data["consent"] == "no"):
            started = None
        if kind in ("agreement.performed", "case.filed_in_court") and agreement:
            agreement["over"] = True
            fails |= kind == "case.filed_in_court"
        if kind == "confirmation.filed" and agreement:
            agreement["asked"] = True
        if kind == "case.closed":
            late = data.get("limit_on")
            fails |= late is not None and at.astimezone(CHINA).date() > date.fromisoformat(late)
        part = kind == "agreement.recorded" and data.get("scope") == "part"
        if kind in ("case.assigned", "mediator.accepted", "mediation.started") or part:
            desk = True
        elif kind != "case.called" and not (kind == "consent.recorded" and data["consent"] == "yes"):
            desk = False
        if kind in ("case.assigned", "mediator.declined"):
            given = at
        elif kind not in ("consent.recorded", "case.called"):
            given = None
    if fails:
        failed.add(("station", station) if station else ("case", case))
    if desk and station and mediator:
        open_by[station][mediator] += 1
    if given and station and datetime.now(timezone.utc) - given > timedelta(days=7):
        waiting.add(station)
    if started and agreement is None:
        first, last = (10, 15) if kind_of.startswith("labour.") else (25, 30)
        window("S08", case, passed(started), first, last)
    if agreement and not agreement["over"]:
        confirms = kind_of not in NO_CONFIRMATION and not kind_of.startswith(("admin.", "expropriation."))
        if agreement["form"] == "written" and not agreement["asked"] and confirms:
            window("S05", case, passed(agreement["at"]), 20, 30)
        if agreement["due"]:
            days = (today - date.fromisoformat(agreement["due"])).days
            if days >= 3:
                must["S06"].append(case)
            if days >= 15:
                yellow.append(case)

print(json.dumps({
    "must": must, "may": may, "yellow": sorted(yellow), "failed": sorted(map(list, failed)), "waiting": sorted(waiting),
    "open": open_by,
    "season": sorted({about for (about, _, _), count in season.items() if count >= 5}),
}))
