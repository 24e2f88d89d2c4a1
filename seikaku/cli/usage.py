"""What is wrong with a command line, in two lines and both languages. In: click's error. Out: texts. No effects."""

import difflib
import re

import click

from seikaku.errors import Words, both, in_lang

# click keeps what it found in its English sentence only.
_QUOTED = re.compile(r"'(.*)' (?:is not|does not|is a )")
_OUT_OF_RANGE = re.compile(r"(.*) is not in the range")
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)")
_NO_COMMAND = re.compile(r"No such command '(.*)'")
_TAKES_VALUE = re.compile(r"requires an? (?:argument|value)|requires \d+ arguments")
_NO_VALUE = "does not take a value"


def explain_usage(error: click.ClickException) -> tuple[Words, Words]:
    """click's usage errors in words of ours: what was found, and which help to read."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "seikaku"
    mend = both(f"{path} --help で使い方を確かめてください。", f"{path} --help")
    return _explain(error, context), mend


def _explain(error: click.ClickException, context: click.Context | None) -> Words:
    if isinstance(error, click.NoSuchOption):
        shown = [_as_help_shows(option, context) for option in error.possibilities or ()]
        return _with_near(
            both(f"オプション {error.option_name} はありません", f"There is no option {error.option_name}"), shown
        )
    if isinstance(error, click.MissingParameter):
        name = _name(error, context)
        return both(f"{name} を指定してください。", f"{name} is missing.")
    if isinstance(error, click.BadParameter):
        name, value = _name(error, context), _explain_value(error)
        return both(
            f"{name} の値が正しくありません: {value.removesuffix('。')}。",
            f"{name} has a wrong value: {in_lang(value, 'en').removesuffix('.')}.",
        )
    if isinstance(error, click.BadOptionUsage):
        option = _as_help_shows(error.option_name, context)
        if _NO_VALUE in error.message:
            return both(f"オプション {option} は値を取りません。", f"The option {option} takes no value.")
        if _TAKES_VALUE.search(error.message):
            return both(f"オプション {option} に値がありません。", f"The option {option} lacks its value.")
    if found := _NO_COMMAND.search(error.message):
        what = both(f"コマンド {found[1]} はありません", f"There is no command {found[1]}")
        return _with_near(what, _verbs(found[1], context))
    if found := _EXTRA.search(error.message):
        return both(f"余分な引数があります: {found[1]}。", f"There are too many arguments: {found[1]}.")
    if error.message.startswith("Missing command"):
        return both("コマンドを指定してください。", "The command is missing.")
    return both(f"使い方が正しくありません: {error.message}", f"Wrong usage: {in_lang(error.message, 'en')}")


def _name(error: click.BadParameter, context: click.Context | None) -> str:
    """The option or argument as the help shows it."""
    if error.param is not None and context is not None:
        return error.param.get_error_hint(context)
    return str(error.param_hint)


def _with_near(what: Words, near: list[str]) -> Words:
    """The sentence, with what may have been meant."""
    if not near:
        return both(f"{what}。", f"{what.english}.")
    listed = ", ".join(near)
    return both(f"{what}（近いもの: {listed}）。", f"{what.english} (near: {listed}).")


def _verbs(wanted: str, context: click.Context | None) -> list[str]:
    """The group's verbs that are spelt like ``wanted``."""
    group = context.command if context else None
    names = group.list_commands(context) if isinstance(group, click.Group) and context else []
    return difflib.get_close_matches(wanted, names)


def _as_help_shows(option: str, context: click.Context | None) -> str:
    """A flag as its command declares it: click names the ones near a mistake as the dialect has them."""
    declared = [own for param in context.command.params for own in param.opts] if context else []
    return next((own for own in declared if own.replace("-", "_") == option.replace("-", "_")), option)


def _explain_value(error: click.BadParameter) -> str:
    """The value found and what it should have been, for click's own types; other types bring their own message."""
    kind = error.param.type if error.param else None
    found = _OUT_OF_RANGE.match(error.message) or _QUOTED.search(error.message)
    value = found[1] if found else ""
    if isinstance(kind, click.Choice):
        choices = list(map(str, kind.choices))
        return both(
            f"{value}（{'、'.join(choices)} のどれかを指定してください）", f"{value} (choose from {', '.join(choices)})"
        )
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        what = _number(kind)
        return both(f"{value}（{what}を指定してください）", f"{value} (it must be {what.english})")
    if isinstance(kind, click.Path) and found:
        return _explain_path(value, error.message)
    return error.message


def _number(kind: click.ParamType) -> Words:  # type: ignore[type-arg]  # generic only for type checkers
    is_whole = isinstance(kind, click.types.IntParamType)
    limits = ((getattr(kind, "min", None), "以上", "from"), (getattr(kind, "max", None), "以下", "up to"))
    japanese = [f"{limit:g} {word}" for limit, word, _ in limits if limit is not None]
    english = [f" {word} {limit:g}" for limit, _, word in limits if limit is not None]
    return both(
        f"{' '.join(japanese)}{'の' if japanese else ''}{'整数' if is_whole else '数'}",
        f"{'a whole number' if is_whole else 'a number'}{''.join(english)}",
    )


def _explain_path(value: str, message: str) -> Words:
    if message.endswith("is a file."):
        return both(f"{value} はファイルです（フォルダを指定してください）", f"{value} is a file (name a folder)")
    if message.endswith("is a directory."):
        return both(f"{value} はフォルダです（ファイルを指定してください）", f"{value} is a folder (name a file)")
    if message.endswith("does not exist."):
        return both(f"{value} はありません", f"{value} does not exist")
    return both(f"{value} を使う権限がありません", f"there is no permission to use {value}")
