"""Settings: a field of a frozen dataclass is a flag, an environment variable or hyperparameter, and a key of a record.

In: settings classes, texts, JSON values. Out: values, texts, JSON values. No effects; the standard library only.

A value is a bool, an int, a float, a text or a tuple of them, or None. As a text (of a flag, a variable, a
hyperparameter) it is ``true``, ``3``, ``0.5``, ``auto`` or ``a,b``; None has none and is left out. In JSON a tuple is a
list and all else is itself. ``cli.options`` makes command-line options of what stands here.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.errors import UserError, both

_TRUE, _FALSE = {"true", "1", "yes", "y", "on", "t"}, {"false", "0", "no", "n", "off", "f"}
_MUST_BE = {bool: "true か false を", int: "整数を", float: "数を", str: "文字を"}


def setting(
    default: Any,
    help_text: str,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    choices: tuple[Any, ...] = (),
    unset: str = "",
    words: Mapping[str, Any] = types.MappingProxyType({}),
    **more: Any,
) -> Any:
    """A field with its help. ``low`` and ``high``: the least and greatest value, of a tuple's every part; ``choices``:
    all that a value may be; ``unset``: what None means, for the help; ``words``: texts that stand for a value;
    ``more``: what else the class's own code wants.
    """
    known = {"help": help_text, "low": low, "high": high, "choices": choices, "unset": unset, "words": words}
    return dataclasses.field(default=default, metadata=known | more)


@dataclass(frozen=True, slots=True)
class Setting:
    """A field as text: ``kind`` is the type of the value, or of a tuple's parts."""

    name: str
    kind: type[bool] | type[int] | type[float] | type[str]
    is_tuple: bool
    default: Any
    metadata: Mapping[str, Any]

    @property
    def flag(self) -> str:
        """The flag as help shows it and errors name it."""
        return f"--{self.name}"

    @property
    def help(self) -> str:
        """What the value is, as the help says it."""
        return str(self.metadata["help"])

    def parse(self, text: str) -> Any:
        """The value of a text; empty parts between commas are none. Raises ValueError that says what is allowed."""
        if text in self.metadata["words"]:
            return self.metadata["words"][text]
        if not self.is_tuple:
            return self._parse_part(text)
        try:
            return tuple(self._parse_part(part.strip()) for part in text.split(",") if part.strip())
        except ValueError:
            raise ValueError(f"{text}（1,3,10 のように数をコンマで並べてください）") from None

    def _parse_part(self, text: str) -> Any:
        try:
            return _parse_bool(text) if self.kind is bool else self.kind(text)
        except ValueError:
            raise ValueError(f"{_MUST_BE[self.kind]}指定してください") from None

    def shown(self, default: Any) -> str:
        """``default`` as the help says it."""
        return str(self.metadata["unset"]) if default is None else spell(default)

    def check(self, value: Any) -> None:
        """Raise UserError for a value out of range, naming the flag as it is typed; None is always allowed."""
        for part in value if isinstance(value, tuple) else (value,):
            choices = self.metadata["choices"]
            if choices and part is not None and part not in choices:
                raise UserError(
                    both(f"{self.flag} {part} は使えません。", f"{self.flag} cannot be {part}."),
                    both(
                        f"{'、'.join(map(str, choices))} のどれかを指定してください。",
                        f"Choose from {', '.join(map(str, choices))}.",
                    ),
                )
            if isinstance(part, int | float) and not self._is_in_range(part):
                raise UserError(
                    both(f"{self.flag} {spell(value)} は使えません。", f"{self.flag} cannot be {spell(value)}."),
                    both(
                        f"{self.flag} には {self._limits()}の数を指定してください。",
                        f"Give {self.flag} a number that is {self._limits_in_english()}.",
                    ),
                )

    def _is_in_range(self, number: float) -> bool:
        is_finite = isinstance(number, int) or math.isfinite(number)
        return is_finite and bool(self.metadata["low"] <= number <= self.metadata["high"])

    def _limits(self) -> str:
        low, high = self.metadata["low"], self.metadata["high"]
        limits = [f"{_number(low)} 以上"] if low > -math.inf else []
        limits += [f"{_number(high)} 以下"] if high < math.inf else []
        return " ".join(limits) or "有限"

    def _limits_in_english(self) -> str:
        low, high = self.metadata["low"], self.metadata["high"]
        limits = [f"at least {_number(low)}"] if low > -math.inf else []
        limits += [f"at most {_number(high)}"] if high < math.inf else []
        return " and ".join(limits) or "finite"


def settings_of(config_class: type[Any]) -> Mapping[str, Setting]:
    """Field name -> setting, for every field with a help text, in the order of the class."""
    if config_class not in _KNOWN:
        hints = typing.get_type_hints(config_class)
        _KNOWN[config_class] = {
            item.name: Setting(item.name, *_kind_of(hints[item.name]), item.default, item.metadata)
            for item in dataclasses.fields(config_class)
            if "help" in item.metadata
        }
    return _KNOWN[config_class]


_KNOWN: dict[type[Any], dict[str, Setting]] = {}  # classes do not change


def check_ranges(config: Any) -> None:
    """Raise UserError for the first value that its field does not allow."""
    for name, item in settings_of(type(config)).items():
        item.check(getattr(config, name))


def spell(value: Any) -> str:
    """A value as a flag's text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(spell, value)) if isinstance(value, tuple | list) else str(value)


def encode(values: Mapping[str, Any]) -> dict[str, str]:
    """Values by name -> hyperparameters, which are all texts; None is left out."""
    return {name: spell(value) for name, value in values.items() if value is not None}


def decode(config_class: type[Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """The inverse of ``encode``; names that are no field of the class are left out. Raises ValueError."""
    known = settings_of(config_class)
    return {name: known[name].parse(text) for name, text in texts.items() if name in known}


def to_json(value: Any) -> Any:
    """A settings object, or values by name, as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: to_json(part) for name, part in value.items()}
    return [to_json(part) for part in value] if isinstance(value, tuple | list) else value


def from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The values that ``to_json`` wrote, by name."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


def variable(config_class: type[Any], name: str) -> str | None:
    """The environment variable of a field: the class's ``VARIABLES`` and the name; None where the class has none."""
    prefix = getattr(config_class, "VARIABLES", None)
    return None if prefix is None else f"{prefix}{name.upper()}"


def _kind_of(annotation: Any) -> tuple[Any, bool]:
    """``int | None`` -> (int, False); ``tuple[str, ...]`` -> (str, True)."""
    if isinstance(annotation, types.UnionType):
        (annotation,) = (member for member in typing.get_args(annotation) if member is not types.NoneType)
    if typing.get_origin(annotation) is tuple:
        return typing.get_args(annotation)[0], True
    return annotation, False


def _parse_bool(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"
