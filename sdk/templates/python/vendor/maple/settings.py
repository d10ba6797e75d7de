"""Reading settings so that every mistake is told at once, with its place.

A reader gives None both for what is absent and for what is wrong; what is wrong is noted with its path, such as
`levels[2].days`, and so is every key that nobody asked for. Carry on with any value: with one complaint or more the host
throws the result away and shows them all.
"""

import math
import re
from collections.abc import Callable
from typing import TypeVar

from wit_world.imports import types
from wit_world.imports.types import Complaint, Day, Setting, Span, Text, Unit

T = TypeVar("T")

COMPLAINTS_MAX = 100
"""How many complaints are kept; the rest is counted in a last one."""

CODE_BYTES_MAX = 64
"""How long a word of the vocabulary may be."""

_SHAPES = {
    types.Setting_Flag: "true or false",
    types.Setting_Number: "this number",
    types.Setting_Text: "this text",
    types.Setting_Day: "a day",
    types.Setting_Items: "a list",
    types.Setting_Table: "a table",
}

_UNITS = {
    "hour": Unit.HOUR,
    "day": Unit.DAY,
    "working day": Unit.WORKING_DAY,
    "month": Unit.MONTH,
    "year": Unit.YEAR,
}


def span(text: str) -> Span | None:
    """Reads `15 days`, `7 working days`, `1 year`."""
    found = re.fullmatch(r"([0-9]{1,5}) ([a-z ]+?)s?", text)
    if found is None or found[2] not in _UNITS or int(found[1]) > 65_535:
        return None
    return Span(int(found[1]), _UNITS[found[2]])


class Settings:
    """The settings of a policy and the complaints about them."""

    def __init__(self, nodes: list[Setting]) -> None:
        self.nodes = nodes
        self.complaints: list[Complaint] = []
        self.left_out = 0
        self.tables: list[Table] = []
        self.root = Table(self, 0, "")

    def finish(self) -> list[Complaint]:
        """Every complaint, in the order of discovery."""
        for table in self.tables:
            table.complain_of_rest()
        if self.left_out:
            self.complaints.append(Complaint("", f"{self.left_out} more problems are not shown", None))
        return self.complaints

    def note(self, path: str, message: str, advice: str | None) -> None:
        if len(self.complaints) < COMPLAINTS_MAX:
            self.complaints.append(Complaint(path, message, advice))
        else:
            self.left_out += 1


class Table:
    """One table of the settings. A key that was never asked for is complained about."""

    def __init__(self, settings: Settings, at: int, path: str) -> None:
        node = settings.nodes[at]
        self._settings = settings
        self._path = path
        self._inside: dict[str, int] = dict(node.value) if isinstance(node, types.Setting_Table) else {}
        self._known: list[str] = []
        self._open = False
        settings.tables.append(self)

    def get(self, key: str) -> "Field":
        """A setting that may be absent."""
        self._known.append(key)
        return Field(self._settings, self._inside.get(key), self._join(key))

    def need(self, key: str) -> "Field":
        """A setting that must be there."""
        field = self.get(key)
        if not field.present:
            field.complain("is missing")
        return field

    def entries(self) -> list[tuple[str, "Field"]]:
        """Every key with its setting, for tables whose keys the author of the policy chooses."""
        self._open = True
        return [(key, self.get(key)) for key in self._inside]

    def complain_of_rest(self) -> None:
        for key in self._inside:
            if not self._open and key not in self._known:
                self._settings.note(self._join(key), f"`{key}` is not a setting here", _advise(key, self._known))

    def _join(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


class Field:
    """One setting, present or not."""

    def __init__(self, settings: Settings, at: int | None, path: str) -> None:
        self._settings = settings
        self._at = at
        self.path = path
        """Where the setting is, such as `levels[2].days`."""

    @property
    def raw(self) -> Setting | None:
        """The setting as it came."""
        return None if self._at is None else self._settings.nodes[self._at]

    @property
    def present(self) -> bool:
        """True when the setting is there, right or wrong."""
        return self._at is not None

    def complain(self, message: str, advice: str | None = None) -> None:
        """Notes a problem; `message` follows the setting's name ("is missing")."""
        self._settings.note(self.path, f"`{self.path.split('.')[-1]}` {message}", advice)

    def _read(self, expected: str, take: Callable[[Setting], T | None]) -> T | None:
        raw = self.raw
        if raw is None:
            return None
        value = take(raw)
        if value is None:
            self.complain(f"must be {expected}, not {_SHAPES[type(raw)]}")
        return value

    def text(self) -> str | None:
        """A text, not empty."""
        return self._read("a text", lambda raw: raw.value or None if isinstance(raw, types.Setting_Text) else None)

    def code(self) -> str | None:
        """A word of the vocabulary: small letters, digits and `_`, with `.`, `-` and `/` between them."""
        text = self.text()
        if text is None or (len(text) <= CODE_BYTES_MAX and re.fullmatch(r"[a-z0-9_.\-/]+", text)):
            return text
        self.complain(f"is not a word of the vocabulary: `{text}`", "small letters, digits and `_` only")
        return None

    def flag(self) -> bool | None:
        """Yes or no."""
        return self._read("true or false", lambda raw: raw.value if isinstance(raw, types.Setting_Flag) else None)

    def number(self) -> float | None:
        """A finite number."""
        return self._read(
            "a number",
            lambda raw: raw.value if isinstance(raw, types.Setting_Number) and math.isfinite(raw.value) else None,
        )

    def count(self, least: int, most: int) -> int | None:
        """A whole number within bounds."""
        number = self.number()
        if number is None:
            return None
        if number.is_integer() and least <= number <= most:
            return int(number)
        shown = int(number) if number.is_integer() else number
        self.complain(f"must be a whole number from {least} to {most}, not `{shown}`")
        return None

    def day(self) -> Day | None:
        """A day."""
        return self._read("a day", lambda raw: raw.value if isinstance(raw, types.Setting_Day) else None)

    def span(self) -> Span | None:
        """A length of time: `"15 days"`."""
        expected = "a length of time such as `15 days`"
        return self._read(expected, lambda raw: span(raw.value) if isinstance(raw, types.Setting_Text) else None)

    def money(self) -> int | None:
        """An amount in minor units: `"500.00"`."""

        def take(raw: Setting) -> int | None:
            text = raw.value if isinstance(raw, types.Setting_Text) else ""
            found = re.fullmatch(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2}))?", text)
            if found is None:
                return None
            minor = int(found[2]) * 100 + int((found[3] or "0").ljust(2, "0"))
            return -minor if found[1] else minor

        return self._read("an amount such as `500.00`", take)

    def both(self) -> Text | None:
        """A text in both languages: a table of `zh` and `en`."""
        table = self.table()
        if table is None:
            return None
        zh, en = table.need("zh").text(), table.need("en").text()
        return None if zh is None or en is None else Text(zh, en)

    def table(self) -> Table | None:
        """A table."""

        def take(raw: Setting) -> Table | None:
            return Table(self._settings, self._at or 0, self.path) if isinstance(raw, types.Setting_Table) else None

        return self._read("a table", take)

    def items(self) -> "list[Field]":
        """The settings of a list."""
        places = self._read("a list", lambda raw: raw.value if isinstance(raw, types.Setting_Items) else None)
        return [Field(self._settings, at, f"{self.path}[{index}]") for index, at in enumerate(places or [])]

    def tables(self) -> list[Table]:
        """The tables of a list."""
        return [table for item in self.items() if (table := item.table()) is not None]

    def codes(self) -> list[str]:
        """The words of a list, or a single word as a list of one."""
        items = [self] if isinstance(self.raw, types.Setting_Text) else self.items()
        return [code for item in items if (code := item.code()) is not None]


def _advise(word: str, known: list[str]) -> str | None:
    """The nearest word, or all of them."""
    near = min(((_distance(word, k), k) for k in known), default=None)
    if near is not None and near[0] <= 1 + len(near[1]) // 4:
        return f"did you mean `{near[1]}`?"
    return f"known here: `{'`, `'.join(known)}`" if known else None


def _distance(a: str, b: str) -> int:
    """How many letters differ (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, here in enumerate(a):
        following = [i + 1]
        for j, there in enumerate(b):
            following.append(min(row[j] + (here != there), row[j + 1] + 1, following[j] + 1))
        row = following
    return row[-1]
