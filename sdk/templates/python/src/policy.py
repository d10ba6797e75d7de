"""Ten or more people with one labour claim: the county mediates within seven days, unless arbitration has decided."""

from maple import Case, Table, channels, facts, finding, offer, rule, text, within
from wit_world.imports.types import Calendar, Finding, Rule


class ManyWorkers:
    SUMMARY = text(
        "十人以上的劳动争议，县级调解七日内办结",
        "Labour disputes of ten or more people: county mediation within seven days",
    )

    def __init__(self, settings: Table, calendar: Calendar) -> None:
        people_min = settings.get("people-min").count(1, 10_000)
        self.people_min = 10 if people_min is None else people_min

    def reads(self) -> list[str]:
        return [facts.PEOPLE, facts.LABOUR_ARBITRATION_DONE]

    def rules(self) -> list[Rule]:
        return [rule("W1", self.SUMMARY, "cn.labour_mediation_arbitration.14")]

    def assess(self, case: Case) -> list[Finding]:
        many = (case.count(facts.PEOPLE) or 0) >= self.people_min
        if not case.is_kind("labour.*") or not many or case.flag(facts.LABOUR_ARBITRATION_DONE):
            return []
        claim = offer(channels.LABOUR_MEDIATION, body="county", due=within("7 days", "acceptance"))
        return [finding("W1", claim, evidence=[facts.PEOPLE])]


POLICY = ManyWorkers
