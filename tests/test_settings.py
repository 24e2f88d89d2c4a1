"""Settings: every field of every class means the same as a flag, as a variable, as a hyperparameter and in a record."""

import json
import math

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.cli.options import SettingType, settings_options
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.tuning_request import Search
from seikaku.cloud.serving.endpoint_request import Instances
from seikaku.cloud.stack.parameters import StackParameters
from seikaku.config import NgramConfig, ProtocolConfig, Stage1Config, Stage2Config
from seikaku.errors import UserError
from seikaku.serving.config import ServeConfig
from seikaku.settings import check_ranges, decode, encode, from_json, settings_of, spell, to_json, variable

CLASSES = (
    NgramConfig, ProtocolConfig, Stage1Config, Stage2Config, ServeConfig, CloudSettings, Compute, Search, Instances,
    StackParameters,
)  # fmt: skip
FIELDS = [(known, name) for known in CLASSES for name in settings_of(known)]
IDS = [f"{known.__name__}.{name}" for known, name in FIELDS]


def part_of(item):
    """Every value that the field, or a part of it, may have."""
    low, high = (None if math.isinf(end) else end for end in (item.metadata["low"], item.metadata["high"]))
    if item.metadata["choices"]:
        return st.sampled_from(item.metadata["choices"])
    if item.kind is bool:
        return st.booleans()
    if item.kind is int:
        return st.integers(low, high)
    if item.kind is float:
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    if item.is_tuple:
        return st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1).map(str.strip).filter(bool)
    return st.text(st.characters(codec="utf-8"))


def values_of(item):
    return st.lists(part_of(item), max_size=4).map(tuple) if item.is_tuple else part_of(item)


@pytest.mark.parametrize(("known", "name"), FIELDS, ids=IDS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_value_goes_round_unchanged(known, name, data):
    """Flag -> value -> JSON -> value -> hyperparameter -> value."""
    item = settings_of(known)[name]
    value = data.draw(values_of(item))
    typed = item.parse(spell(value))
    item.check(typed)
    read = from_json(json.loads(json.dumps(to_json({name: typed}))))
    passed = decode(known, encode(read) | {"sagemaker_program": "train.py"})
    assert value == typed == read[name] == passed[name]
    assert list(passed) == [name]
    for part in typed if item.is_tuple else (typed,):
        assert type(part) is item.kind


@pytest.mark.parametrize(("known", "name"), FIELDS, ids=IDS)
def test_a_default_goes_round_and_none_has_no_text(known, name):
    default = settings_of(known)[name].default
    assert from_json(json.loads(json.dumps(to_json({name: default})))) == {name: default}
    assert decode(known, encode({name: default})) == ({} if default is None else {name: default})


@pytest.mark.parametrize(
    "known", [known for known in CLASSES if known is not Instances], ids=lambda known: known.__name__
)
def test_a_settings_object_goes_round(known):
    config = known()
    assert known(**from_json(json.loads(json.dumps(to_json(config))))) == config


def command_of(known, **more):
    @click.command()
    @settings_options("given", known, **more)
    def command(given):
        click.echo(repr(given))

    return command


def example(item):
    if item.metadata["choices"]:
        return item.metadata["choices"][-1]
    part = {bool: True, int: 64, float: 0.5, str: "a=b"}[item.kind]
    low, high = item.metadata["low"], item.metadata["high"]
    if item.kind in (int, float) and not low <= part <= high:
        part = item.kind(low + 1)
    return (part,) * 2 if item.is_tuple else part


@pytest.mark.parametrize(("known", "name"), FIELDS, ids=IDS)
def test_every_field_is_a_flag_and_what_was_not_given_is_left_out(known, name):
    value = example(settings_of(known)[name])
    typed = [f"--{name}"] if value is True else [f"--{name}", spell(value)]
    result = CliRunner().invoke(command_of(known), typed)
    assert result.output == f"{ {name: value}!r}\n"


@pytest.mark.parametrize("known", [ServeConfig, CloudSettings], ids=lambda known: known.__name__)
def test_every_field_of_a_service_is_a_variable_and_the_flag_wins(known):
    for name, item in settings_of(known).items():
        key, value = variable(known, name), example(item)
        assert key.startswith("SEIKAKU_") and key.endswith(f"_{name.upper()}")
        result = CliRunner().invoke(command_of(known), [], env={key: spell(value)})
        assert result.output == f"{ {name: value}!r}\n"
    result = CliRunner().invoke(command_of(ServeConfig), ["--port", "1"], env={"SEIKAKU_SERVE_PORT": "2"})
    assert result.output == "{'port': 1}\n"


def test_settings_that_no_service_reads_have_no_variable():
    assert variable(NgramConfig, "penalty") is None
    assert "api_key" not in settings_of(ServeConfig)  # a command line is seen by every process


@pytest.mark.parametrize(
    ("text", "expected"),
    [(["--weak_traits"], True), (["--weak_traits", "true"], True), (["--weak_traits", "True"], True),
     (["--weak_traits", "0"], False), (["--weak_traits", "off"], False)],
)  # fmt: skip
def test_a_boolean_hyperparameter_has_a_value_and_the_flag_alone_works_too(text, expected):
    command = command_of({"stage 1": Stage1Config}, has_boolean_values=True)
    assert CliRunner().invoke(command, text).output == f"{ {'weak_traits': expected}!r}\n"


@pytest.mark.parametrize(
    ("known", "arguments", "message"),
    [
        (NgramConfig, ["--penalty", "much"], "数を指定してください"),
        (NgramConfig, ["--min_speakers", "1.5"], "整数を指定してください"),
        (NgramConfig, ["--calibration_sizes", "1,x"], "1,x（1,3,10 のように数をコンマで並べてください）"),
        ({"stage 1": Stage1Config}, ["--weak_traits", "maybe"], "true か false を指定してください"),
    ],
)
def test_a_text_that_is_no_value_is_told_in_japanese(known, arguments, message):
    result = CliRunner().invoke(command_of(known, has_boolean_values=True), arguments)
    assert result.exit_code == 2 and message in result.output


def test_fields_of_one_name_in_several_classes_are_one_option():
    command = command_of({"stage 1": Stage1Config, "stage 2": Stage2Config}, has_boolean_values=True)
    names = [param.name for param in command.params]
    assert len(names) == len(set(names))
    texts = {param.name: param.help for param in command.params}
    assert texts["epochs"].endswith("（既定: stage 1: 3、stage 2: 5）")
    assert texts["seed"].endswith("（既定: 0）")
    assert texts["lora_r"].endswith("（既定: stage 1: 16、stage 2: stage 1 から引き継ぐ）")
    assert texts["text_prefix"].endswith("（既定: stage 1: 土台の名前による、stage 2: stage 1 から引き継ぐ）")


def test_a_command_may_have_defaults_of_its_own():
    command = command_of(Compute, defaults={"max_run_hours": 2}, build=Compute)
    assert "（既定: 2）" in {param.name: param.help for param in command.params}["max_run_hours"]
    assert "max_run_hours=2," in CliRunner().invoke(command, []).output
    assert "max_run_hours=3.5," in CliRunner().invoke(command, ["--max_run_hours", "3.5"]).output


@pytest.mark.parametrize(
    ("build", "message", "mend"),
    [
        (lambda: NgramConfig(penalty=-3), "--penalty -3 は使えません。", "--penalty には 0.001 以上の数を"),
        (lambda: NgramConfig(penalty=math.inf), "--penalty inf は", "0.001 以上の数を"),
        (lambda: NgramConfig(n_inner_folds=1), "--n_inner_folds 1 は", "2 以上の数を"),
        (lambda: NgramConfig(scale_power=1.5), "--scale_power 1.5 は", "0 以上 1 以下の数を"),
        (lambda: NgramConfig(calibration_sizes=(3, 0)), "--calibration_sizes 3,0 は", "1 以上の数を"),
        (lambda: ProtocolConfig(amounts=(-1,)), "--amounts -1 は", "1 以上の数を"),
        (lambda: Stage1Config(learning_rate=math.nan), "--learning_rate nan は", "1e-08 以上 1 以下の数を"),
        (lambda: Stage1Config(seed=2**31), "--seed 2147483648 は", "0 以上 2147483647 以下の数を"),
        (lambda: Stage2Config(precision="int8"), "--precision int8 は", "auto、fp32、bf16、fp16 のどれかを"),
        (lambda: Search(strategy="grid"), "--strategy grid は", "bayesian、hyperband、random のどれかを"),
        (lambda: StackParameters(memory_mb=1000), "--memory_mb 1000 は", "1024、2048、"),
        (lambda: Instances("ml.m5.large", startup_seconds=5), "--startup_seconds 5 は", "60 以上 3600 以下の数を"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_told_by_its_flag(build, message, mend):
    with pytest.raises(UserError) as caught:
        build()
    assert caught.value.message.startswith(message)
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    "known", [known for known in CLASSES if known is not Instances], ids=lambda known: known.__name__
)
def test_the_defaults_are_allowed(known):
    check_ranges(known())


def test_the_words_of_a_flag():
    texts = encode({"a": True, "b": 1e-4, "c": ("query", "value"), "d": None, "e": "none", "f": 3})
    assert texts == {"a": "true", "b": "0.0001", "c": "query,value", "e": "none", "f": "3"}
    targets = settings_of(Stage1Config)["lora_targets"]
    assert targets.parse(" query, value ,") == ("query", "value")  # as somebody types it
    assert targets.parse("") == ()


def test_a_stacks_parameters_have_the_templates_names():
    assert StackParameters().encode() == {}
    chosen = StackParameters(auth="jwt", jwt_audience=("a", "b"), memory_mb=2048, jobs_in_vpc=True, endpoint_name="")
    assert chosen.encode() == {
        "EndpointName": "", "ApiAuth": "jwt", "JwtAudience": "a,b", "ServerlessMemoryMb": "2048", "JobsInVpc": "true",
    }  # fmt: skip


def test_this_file_knows_every_settings_class_of_the_commands():
    from seikaku.cli.main import cli

    known = {id(item) for kind in CLASSES for item in settings_of(kind).values()}
    found = [
        param.type.item for command in leaves(cli) for param in command.params if isinstance(param.type, SettingType)
    ]
    assert len(found) > 100
    assert {id(item) for item in found} <= known


def leaves(group):
    with click.Context(group) as context:
        for verb in group.list_commands(context):
            command = group.get_command(context, verb)
            yield from leaves(command) if isinstance(command, click.Group) else [command]


def test_a_word_may_stand_for_a_value():
    item = settings_of(Stage1Config)["max_personas"]
    assert item.parse("all") == item.parse("0") == 0
    assert item.default == 200_000
    with pytest.raises(ValueError, match="整数を指定してください"):
        item.parse("everybody")
