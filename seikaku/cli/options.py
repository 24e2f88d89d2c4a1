"""The options of settings classes: a field is a flag, its text is the help. What a field means: ``seikaku.settings``.

The command gets only what was given, so that it may start from other settings than the class's defaults.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from seikaku.cli.bilingual import option
from seikaku.errors import Words, both, in_lang
from seikaku.settings import Setting, settings_of, spell, variable

_MUST_BE = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_TUPLE = "numbers with commas between them, such as 1,3,10"
_KIND_WORDS = {int: "INTEGER", float: "FLOAT", str: "TEXT", bool: "[true|false]"}


class SettingType(click.ParamType):  # type: ignore[type-arg]  # generic only for type checkers
    """The text of a flag or of a variable -> the field's value."""

    name = "setting"

    def __init__(self, item: Setting) -> None:
        self.item = item

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; what is no text (of a flag without a value, or a default of ours) is one already."""
        try:
            return self.item.parse(value) if isinstance(value, str) else value
        except ValueError as error:
            japanese = str(error) if self.item.is_tuple else f"{value}（{error}）"
            allowed = _TUPLE if self.item.is_tuple else _MUST_BE[self.item.kind]
            self.fail(both(japanese, f"{value} (it must be {allowed})"), param, ctx)


def settings_options(
    target: str,
    config_classes: type[Any] | Mapping[str, type[Any]],
    *,
    build: Callable[..., Any] = dict,
    only: Sequence[str] = (),
    defaults: Mapping[str, Any] | None = None,
    explains_defaults: bool = True,
    shows_limits: bool = False,
    has_boolean_values: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One option for each field; the command gets ``build(**given)``, the given values, as its argument ``target``.

    ``config_classes``: one, or several by what the help calls them, whose fields of one name are one option. ``only``:
    these fields, in this order. ``defaults``: this command's own. ``explains_defaults``, ``shows_limits``: whether the
    help names the default and the range. ``has_boolean_values``: `--flag false` works too (a hyperparameter always has
    a value), else `--flag` alone.
    """
    classes = config_classes if isinstance(config_classes, Mapping) else {"": config_classes}
    own = dict(defaults or {})
    names = only or list(dict.fromkeys(name for known in classes.values() for name in settings_of(known)))

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_settings(**values: Any) -> Any:
            given = {name: value for name in names if (value := values.pop(name)) is not None}
            return command(**{target: build(**own | given)}, **values)

        decorated: Callable[..., Any] = with_settings
        for name in reversed(names):
            of_class = {title: item for title, known in classes.items() if (item := settings_of(known).get(name))}
            title, item = next(iter(of_class.items()))
            envvar = variable(classes[title], name)
            if item.kind is bool and not has_boolean_values:
                text = item.metadata["help"]
                made = option(item.flag, name, is_flag=True, default=None, envvar=envvar, help=text)
            else:
                note = _default_note(of_class, own, len(classes)) if explains_defaults else both("", "")
                made = _value_option(item, envvar, note, _limits(item) if shows_limits else "")
            decorated = made(decorated)
        return decorated

    return decorate


def _value_option(item: Setting, envvar: str | None, note: Words, limits: str) -> Callable[..., Any]:
    """The option of a field that takes a value; a boolean's may be left out, and is then true."""
    more: dict[str, Any] = {"is_flag": False, "flag_value": True} if item.kind is bool else {}
    metavar, text = _metavar(item), item.metadata["help"]
    range_of = f"  [{limits}]" if limits else ""
    if limits:
        metavar = f"{metavar} RANGE"
    text = both(f"{text}{note}{range_of}", f"{in_lang(text, 'en')}{note.english}{range_of}")
    kind = SettingType(item)
    made: Callable[..., Any] = option(
        item.flag, item.name, type=kind, default=None, envvar=envvar, metavar=metavar, help=text, **more
    )
    return made


def _default_note(of_class: Mapping[str, Setting], own: Mapping[str, Any], n_classes: int) -> Words:
    """The default, or each class's where they differ or not all have the field."""
    shown = {title: _shown(item, own.get(item.name, item.default)) for title, item in of_class.items()}
    if len(set(shown.values())) == 1 and len(shown) == n_classes:
        found = next(iter(shown.values()))
        return both(f"（既定: {found}）", f" (default: {in_lang(found, 'en')})")
    english = ", ".join(f"{title}: {in_lang(value, 'en')}" for title, value in shown.items())
    return both(
        f"（既定: {'、'.join(f'{title}: {value}' for title, value in shown.items())}）", f" (default: {english})"
    )


def _shown(item: Setting, default: Any) -> str:
    """``default`` as the help says it."""
    return item.metadata["unset"] if default is None else spell(default)


def _metavar(item: Setting) -> str:
    if item.is_tuple:
        return both("名前,名前,…", "NAME,NAME,…") if item.kind is str else both("数,数,…", "N,N,…")
    choices = item.metadata["choices"] if item.metadata.get("lists_choices", True) else ()
    return f"[{'|'.join(map(str, choices))}]" if choices else _KIND_WORDS[item.kind]


def _limits(item: Setting) -> str:
    """The range as click writes it, empty where there is none."""
    low, high = item.metadata["low"], item.metadata["high"]
    if low == -math.inf:
        return ""
    return f"x>={low}" if high == math.inf else f"{low}<=x<={high}"
