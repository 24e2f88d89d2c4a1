"""Every error that a person at the shell meets is worded in both languages, where it is raised."""

import ast
import re
from collections.abc import Iterator

import pytest

ROOMS = (
    "seikaku.cli.cloud", "seikaku.cloud", "seikaku.conversation", "seikaku.corpora", "seikaku.evaluation",
    "seikaku.inference", "seikaku.model", "seikaku.training.loop", "seikaku.training.lora",
    "seikaku.training.personas", "seikaku.training.ridge", "seikaku.training.tuning",
)  # fmt: skip
MODULES = tuple(
    f"seikaku.cli.{name}"
    for name in (
        "analyze", "batch", "bilingual", "choosing", "download", "evaluate", "export", "fit", "import_", "language",
        "lazy", "local_data", "main", "models", "options", "preprocess", "progress", "reading", "serve", "train",
        "tune", "usage", "writing",
    )
)  # fmt: skip
# The classes of seikaku.errors that take a message and a mend, and click's that take a message.
TWO_TEXTS = {"SeikakuError", "UserError", "InputFileError", "SpeakerError", "DataError", "ModelError", "TrainingError"}
TWO_TEXTS |= {"CloudError", "TooLargeError"}
ONE_TEXT = {"UsageError", "BadParameter"}
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")


def name_of(node: ast.expr) -> str:
    """The last name of what is called or read."""
    return getattr(node, "attr", getattr(node, "id", ""))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
    """Every call, with the functions around it from the outermost."""

    def walk(node: ast.AST, around: list[ast.AST]) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
        if isinstance(node, ast.Call):
            yield node, around
        inner = [*around, node] if isinstance(node, ast.FunctionDef) else around
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inner)

    yield from walk(tree, [])


def assigned(name: str, scopes: list[ast.AST]) -> list[ast.expr]:
    """What is assigned to a name in these scopes."""
    return [
        node.value
        for scope in scopes
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and any(name_of(target) == name for target in node.targets)
    ]


def knows_english(text: ast.expr, scopes: list[ast.AST]) -> bool:
    """Whether an expression is worded in both languages, as far as can be seen here."""
    if isinstance(text, ast.Call):
        return name_of(text.func) == "both"
    if isinstance(text, ast.IfExp):
        return knows_english(text.body, scopes) and knows_english(text.orelse, scopes)
    if isinstance(text, ast.Attribute):
        return text.attr in {"message", "mend"}  # another error's, looked at where it was raised
    if isinstance(text, ast.Starred):  # two texts of a function whose annotation says so
        return isinstance(text.value, ast.Call) and name_of(text.value.func) == "explain_usage"
    if isinstance(text, ast.Name):
        found = assigned(text.id, scopes)
        return all(knows_english(value, scopes) for value in found) if found else is_words(text.id, scopes)
    return False


def is_words(name: str, scopes: list[ast.AST]) -> bool:
    """Whether it is an argument that the type checker knows to be of both languages."""
    return any(
        argument.arg == name and argument.annotation is not None and ast.unparse(argument.annotation) == "Words"
        for scope in scopes
        if isinstance(scope, ast.FunctionDef)
        for argument in (*scope.args.args, *scope.args.kwonlyargs)
    )


def errors_without_english(tree: ast.AST) -> Iterator[int]:
    """The lines at which an error is made with a text that knows no English."""
    for call, around in calls(tree):
        name = name_of(call.func)
        texts = call.args[:2] if name in TWO_TEXTS else call.args[:1] if name in ONE_TEXT else []
        if not all(knows_english(text, [*around[::-1], tree]) for text in texts):
            yield call.lineno


def is_looked_at(name: str) -> bool:
    return name in MODULES or any(name == room or name.startswith(f"{room}.") for room in ROOMS)


def test_every_error_knows_its_english(modules):
    looked_at = {name: module for name, module in modules.items() if is_looked_at(name)}
    assert set(MODULES) <= set(looked_at)
    n_errors = sum(
        name_of(call.func) in TWO_TEXTS | ONE_TEXT for module in looked_at.values() for call, _ in calls(module.tree)
    )
    assert n_errors > 80
    assert not [
        f"{name}:{line}" for name, module in looked_at.items() for line in errors_without_english(module.tree)
    ], "word it in both languages: seikaku.errors.both"


def test_no_japanese_stands_in_an_english_text(modules):
    mixed = [
        f"{name}:{call.lineno}: {part.value}"
        for name, module in modules.items()
        if is_looked_at(name)
        for call, _ in calls(module.tree)
        if name_of(call.func) == "both" and len(call.args) == 2
        for part in ast.walk(call.args[1])
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and JAPANESE.search(part.value)
    ]
    assert not mixed


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ('raise UserError(both("だめ", "bad"), both("直す", "mend"))', False),
        ('raise UserError("だめ", both("直す", "mend"))', True),
        ('raise UserError(both("だめ", "bad"), f"直す {x}")', True),
        ('_MEND = both("直す", "mend")\nraise errors.ModelError(both("だめ", "bad"), _MEND)', False),
        ('_MEND = "直す"\nraise ModelError(both("だめ", "bad"), _MEND)', True),
        ('def f(mend: Words):\n    raise ModelError(both("だめ", "bad"), mend)', False),
        ('def f(mend: str):\n    raise ModelError(both("だめ", "bad"), mend)', True),
        ('def f(x):\n    return UserError(both("だ", "b") if x else both("め", "a"), x.mend)', False),
        ('def f(x):\n    return UserError(both("だ", "b") if x else "め", x.mend)', True),
        ('raise click.BadParameter("だめ")', True),
        ('raise ValueError("a fault of the program")', False),
    ],
)
def test_what_is_found(source, is_found):
    assert bool(list(errors_without_english(ast.parse(source)))) == is_found
