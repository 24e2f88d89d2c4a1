"""run_sagemaker.py: a flag, then SEIKAKU_ variables, then ROLE_ARN, BUCKET_NAME and REGION of the environment, then its
own constants."""

import json

import pytest
from aws_environment import ACCOUNT_ID

from seikaku.cli.main import run
from seikaku.places import REPOSITORY

SCRIPT = REPOSITORY / "run_sagemaker.py"
CONSTANTS = 'ROLE_ARN, BUCKET_NAME, REGION = "", "", ""'


def role(name):
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"


@pytest.fixture
def start(moto, monkeypatch, tmp_path, capsys):
    """The script run with --dry_run; returns the request that it shows."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("data/processed/manifest.json", "{}"), ("data/processed/a.parquet", "p"),
                       ("backbone/config.json", "{}"), ("backbone/tokenizer.json", "{}"),
                       ("backbone/model.safetensors", "w")):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def start(*flags, written=("", "", "")):
        source = SCRIPT.read_text(encoding="utf-8")
        assert CONSTANTS in source
        source = source.replace(CONSTANTS, "ROLE_ARN, BUCKET_NAME, REGION = " + ", ".join(map(repr, written)))
        arguments = ["run_sagemaker.py", "--dry_run", "--stage", "1", "--base_model", "backbone", *flags]
        monkeypatch.setattr("sys.argv", arguments)
        with pytest.raises(SystemExit) as ended:
            exec(compile(source, str(SCRIPT), "exec"), {"__name__": "__main__"})
        shown = capsys.readouterr()
        assert ended.value.code == 0, shown.err
        return json.loads(shown.out.partition("CreateTrainingJob\n")[2].partition("\n}\n")[0] + "}")

    return start


def places(request):
    image = request["AlgorithmSpecification"]["TrainingImage"]
    return request["RoleArn"], request["OutputDataConfig"]["S3OutputPath"], image.split(".")[3]


def test_the_constants_are_used_where_nothing_else_is_given(start):
    found = places(start(written=(role("written"), "of-the-script", "us-west-2")))
    assert found == (role("written"), "s3://of-the-script/models", "us-west-2")


def test_variables_of_the_same_names_work_as_the_constants_do_and_win_over_them(start, monkeypatch):
    for name, value in (("ROLE_ARN", role("given")), ("BUCKET_NAME", "of-the-environment"), ("REGION", "eu-west-1")):
        monkeypatch.setenv(name, value)
    expected = (role("given"), "s3://of-the-environment/models", "eu-west-1")
    assert places(start()) == expected
    assert places(start(written=(role("written"), "of-the-script", "us-west-2"))) == expected


def test_seikakus_own_variables_and_flags_win_over_both(start, monkeypatch):
    for name, value in (("ROLE_ARN", role("given")), ("BUCKET_NAME", "of-the-environment"), ("REGION", "eu-west-1"),
                        ("SEIKAKU_BUCKET", "of-seikaku")):  # fmt: skip
        monkeypatch.setenv(name, value)
    found = places(start("--region", "us-east-1", written=("", "of-the-script", "us-west-2")))
    assert found == (role("given"), "s3://of-seikaku/models", "us-east-1")


def test_an_empty_variable_is_as_none(start, monkeypatch):
    monkeypatch.setenv("BUCKET_NAME", "")
    assert places(start(written=(role("written"), "of-the-script", "")))[1] == "s3://of-the-script/models"


def test_the_verb_itself_does_not_read_them(start, monkeypatch, capsys):
    """Names as common as REGION count for the script that says so, not for every command."""
    monkeypatch.setenv("BUCKET_NAME", "of-the-environment")
    assert run(["cloud", "train", "--dry_run", "--stage", "1", "--base_model", "backbone"]) == 0
    assert "of-the-environment" not in capsys.readouterr().out
