"""What makes a policy a plugin. Authors need nothing from here."""

from collections.abc import Callable
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports import diary as host_diary
from wit_world.imports import types
from wit_world.imports.types import Descriptor

from .case import Case
from .finding import Refusal
from .policy import Policy
from .settings import Settings

T = TypeVar("T")


# How many places of a stack the diary gets.
FRAMES_MAX = 16
# Packages that are not the author's.
OTHERS = ("maple", "wit_world", "componentize_py_types", "componentize_py_runtime")


def _own(module: str, file: str) -> str | None:
    """The file of a module of the author, below `src`."""
    if module.split(".")[0] in OTHERS:
        return None
    parts = module.count(".") + (2 if file.endswith("/__init__.py") else 1)
    return "/".join(["src", *file.split("/")[-parts:]])


def _told(error: BaseException) -> list[str]:
    """What went wrong, and where. The module `traceback` would look for the sources, and there are no files."""
    frames: list[str] = []
    place, where = error.__traceback__, ""
    while place is not None:
        code = place.tb_frame.f_code
        frames.insert(0, f"    at {code.co_name} ({code.co_filename}:{place.tb_lineno})")
        own = _own(place.tb_frame.f_globals.get("__name__", ""), code.co_filename)
        where = where if own is None else f" at {own}:{place.tb_lineno}"
        place = place.tb_next
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    return [*frames[:FRAMES_MAX], f"panic: {what}{where}"]


def plugin(
    policy_class: type[Policy], id: str, version: str, diary: Callable[[str], None] = host_diary.write
) -> type:
    """The policy as the contract has it."""

    def told(run: Callable[[], T]) -> T:
        try:
            return run()
        except Refusal:
            raise
        except Exception as error:
            # It ends the sandbox; its author reads why.
            for line in _told(error):
                diary(line)
            raise

    class Plugin:
        policy: Policy | None = None

        def configure(self, setup: types.Setup) -> None:
            settings = Settings(setup.settings)
            made = told(lambda: policy_class(settings.root, setup.calendar))
            complaints = settings.finish()
            if complaints:
                raise Err(complaints)
            Plugin.policy = made

        def describe(self) -> Descriptor:
            made = Plugin.policy
            reasons = getattr(made, "reasons", list)
            if made is None:
                return Descriptor(id, version, policy_class.SUMMARY, [], [], [])
            return told(lambda: Descriptor(id, version, made.SUMMARY, made.reads(), made.rules(), reasons()))

        def assess(self, file: types.CaseFile) -> list[types.Finding]:
            made = Plugin.policy
            if made is None:
                raise Err(types.Refusal("not_configured", "asked before it was configured"))
            try:
                return told(lambda: made.assess(Case(file)))
            except Refusal as refusal:
                raise Err(types.Refusal(refusal.code, refusal.detail)) from None

    return Plugin
