"""In which language the shell is spoken to, and whether notes are wanted at all. Effects: prints to standard error.

In: ``--lang`` and ``--quiet`` of the command line, the environment's SEIKAKU_LANG. Out: texts in that language.
"""

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

import click

from seikaku.errors import SeikakuError, both, in_lang

Lang = Literal["ja", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)
VARIABLE = "SEIKAKU_LANG"
_FLAG = "--lang"
_BARS_OF_LIBRARIES = ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS")

# Of one command line: what runs in another thread or after it has its own.
_LANGUAGE: ContextVar[Lang] = ContextVar("language", default="ja")
_IS_QUIET: ContextVar[bool] = ContextVar("is_quiet", default=False)


def language() -> Lang:
    """The language of the command line that is being run."""
    return _LANGUAGE.get()


def words(text: str) -> str:
    """``text`` in the language of the command line; in Japanese where it has no English."""
    return in_lang(text, language())


def is_quiet() -> bool:
    """Whether notes and progress are unwanted."""
    return _IS_QUIET.get()


def show(text: str) -> None:
    """Print what was asked for, or what it costs: quiet or not."""
    click.echo(words(text))


def warn(text: str) -> None:
    """Print what went wrong, or may: on standard error, quiet or not."""
    click.echo(words(text), err=True)


def tell(note: str) -> None:
    """Print a note for the person at the terminal, unless notes are unwanted."""
    if not is_quiet():
        warn(note)


def tell_error(error: SeikakuError) -> None:
    """Print what happened and the mend, on a line each."""
    warn(both(f"エラー: {error.message}", f"Error: {in_lang(error.message, 'en')}"))
    warn(both(f"対処: {error.mend}", f"Try: {in_lang(error.mend, 'en')}"))


def choose_language(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[Lang, str | None]:
    """The language of a command line, and what is wrong with the environment's, or None.

    A flag wins, wherever it stands: errors before it is reached are told in its language too. The options themselves
    refuse a flag's value that is none.
    """
    for flag, value in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        name, equals, own = flag.partition("=")
        given = own if equals else value
        if name == _FLAG and given in LANGS:
            return given, None
    wanted = environ.get(VARIABLE, "").strip().lower()
    if wanted in LANGS:
        return wanted, None
    if not wanted:
        return LANGS[0], None
    return LANGS[0], (
        f"注意: {VARIABLE}={wanted} は使えません（{' か '.join(LANGS)}）。日本語で表示します。"
        f" / {VARIABLE} must be {' or '.join(LANGS)}."
    )


@contextmanager
def speaking(lang: Lang) -> Iterator[None]:
    """Within the block ``lang`` is the language; notes are wanted until an option says that they are not."""
    spoken, quiet = _LANGUAGE.set(lang), _IS_QUIET.set(False)
    try:
        yield
    finally:
        _LANGUAGE.reset(spoken)
        _IS_QUIET.reset(quiet)


def hush(_: click.Context, __: click.Parameter, value: bool) -> bool:
    """The callback of ``--quiet``."""
    if value:
        _IS_QUIET.set(True)
    return value


@contextmanager
def hush_libraries() -> Iterator[None]:
    """Within the block, bars of the libraries that train or fetch are not shown either, if quiet is wanted.

    They look at the environment when they are imported, so that nothing may have imported them before.
    """
    before = {name: os.environ.get(name) for name in _BARS_OF_LIBRARIES}
    if is_quiet():
        os.environ.update(dict.fromkeys(_BARS_OF_LIBRARIES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
