"""What an author writes."""

from typing import Protocol

from wit_world.imports.types import Calendar, Finding, ReasonText, Rule, Text

from .case import Case
from .settings import Table


class Policy(Protocol):
    """A policy. The constructor takes the settings, once, ahead of time."""

    SUMMARY: Text
    """What the plugin is for, in one line."""

    def __init__(self, settings: Table, calendar: Calendar) -> None: ...

    def reads(self) -> list[str]:
        """The keys of the facts that the policy reads; the host shares no others."""
        ...

    def rules(self) -> list[Rule]:
        """The rules that findings may name."""
        ...

    def reasons(self) -> list[ReasonText]:
        """Texts where a rule's summary does not say enough."""
        return []

    def assess(self, case: Case) -> list[Finding]:
        """Findings; none when the policy does not apply. Raises `Refusal` when it cannot answer at all."""
        ...
