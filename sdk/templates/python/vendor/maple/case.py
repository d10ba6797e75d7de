"""Reading a case. A fact that is not known is None; a flag that is not known is not set. What matters must be known."""

from wit_world.imports import types
from wit_world.imports.types import Day, Fact, Value


class _Facts:
    def __init__(self, facts: list[Fact]) -> None:
        self._facts = {fact.key: fact.value for fact in facts}

    def fact(self, key: str) -> Value | None:
        """The value of a fact, if it is known."""
        return self._facts.get(key)

    def flag(self, key: str) -> bool:
        """True when the fact is known to be true."""
        value = self.fact(key)
        return isinstance(value, types.Value_Flag) and value.value

    def text(self, key: str) -> str | None:
        """The word of a text fact."""
        value = self.fact(key)
        return value.value if isinstance(value, types.Value_Text) else None

    def count(self, key: str) -> int | None:
        """The whole number of a count."""
        value = self.fact(key)
        return int(value.value) if isinstance(value, types.Value_Number) else None

    def day(self, key: str) -> Day | None:
        """The day of a day fact."""
        value = self.fact(key)
        return value.value if isinstance(value, types.Value_Day) else None

    def money(self, key: str) -> int | None:
        """The amount of a money fact, in minor units (fen, pence, cents)."""
        value = self.fact(key)
        return value.value if isinstance(value, types.Value_Money) else None

    def words(self, key: str) -> list[str]:
        """The words of a words fact; none when it is not known."""
        value = self.fact(key)
        return value.value if isinstance(value, types.Value_Words) else []


class Party(_Facts):
    """One party: a role, a type and facts; never a name."""

    def __init__(self, party: types.Party) -> None:
        super().__init__(party.facts)
        self.role = party.role
        self.party_type = party.party_type

    @property
    def is_natural(self) -> bool:
        """True for a human being."""
        return self.party_type == types.PartyType.NATURAL


class Case(_Facts):
    """One dispute as the host shares it: only the facts that the policy says it reads."""

    def __init__(self, file: types.CaseFile) -> None:
        super().__init__(file.facts)
        self.purposes = file.purposes
        self.locality = file.locality
        self.kind = file.kind
        self.source = file.source
        self.as_of = file.day
        self.filed = file.filed
        self.parties = [Party(party) for party in file.parties]

    def is_kind(self, pattern: str) -> bool:
        """True when the kind is this one, or matches a prefix such as `labour.*`."""
        return self.kind.startswith(pattern[:-1]) if pattern.endswith("*") else self.kind == pattern

    def with_role(self, role: str) -> list[Party]:
        """The parties with a role."""
        return [party for party in self.parties if party.role == role]
