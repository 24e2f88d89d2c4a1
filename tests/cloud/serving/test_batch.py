"""A batch transform from talk to table: what is sent, in which pieces, what comes back, and that nothing stays.

moto records the job and does nothing: a hook plays the container, with the answers of `/invocations`.
"""

import csv
import io
import json

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from seikaku.cli.cloud.batch_input import Asked, read_batch
from seikaku.cli.main import run
from seikaku.cloud.account import polling
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving import batch
from seikaku.cloud.serving.batch_request import BatchPlan, build_transform, check_payload_mb
from seikaku.errors import CloudError, DataError, InputFileError, UserError
from seikaku.inference.estimator import Estimator
from seikaku.serving.answers.invoking import answer_lines
from seikaku.serving.config import ServeConfig

BUCKET = "seikaku-123456789012"
WHERE = ["--bucket", BUCKET, "--serve_role_arn", "arn:aws:iam::123456789012:role/seikaku-serve", "--yes"]
ASKED = Asked("research", None, 0)


def test_the_request():
    plan = BatchPlan("seikaku-batch-1", "ml.m5.xlarge", 2, 3)
    request = build_transform(plan, "bucket", CloudSettings(kms_key="alias/own"))
    shape = get_session().get_service_model("sagemaker").operation_model("CreateTransformJob").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()
    check_request("CreateTransformJob", request)
    assert request == {
        "TransformJobName": "seikaku-batch-1",
        "ModelName": "seikaku-batch-1",
        "MaxConcurrentTransforms": 4,
        "MaxPayloadInMB": 3,
        "BatchStrategy": "MultiRecord",
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 3600, "InvocationsMaxRetries": 1},
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/batch/seikaku-batch-1/input/"}
            },
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": "s3://bucket/batch/seikaku-batch-1/output",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
            "KmsKeyId": "alias/own",
        },
        "TransformResources": {
            "InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeKmsKeyId": "alias/own",
        },
        "Tags": [{"Key": "project", "Value": "seikaku"}],
    }  # fmt: skip


def test_no_more_text_is_under_way_than_aws_takes():
    assert BatchPlan("seikaku-1", "ml.g5.12xlarge", max_payload_mb=6).n_workers == 16  # 100 MB in all
    assert BatchPlan("seikaku-1", "ml.of-tomorrow").n_workers == 1
    with pytest.raises(UserError, match="--max_payload_mb 7 は使えません"):
        check_payload_mb(7)


def talk(*said, name="1"):
    return {"conversation_id": name, "utterances": [{"speaker": who, "text": text} for who, text in said]}


@pytest.fixture
def talks(tmp_path):
    """Lines of every kind: two talks, a request, a broken line, one with a forbidden purpose, one that is no talk."""
    path = tmp_path / "talks.jsonl"
    long = "架空の町で、朝の市場を歩いた話をしています。" * 30
    lines = [
        talk(("花子", long), ("太郎", "そうなんだ。"), ("花子", "また行こうね。")),
        {"conversation": talk(("次郎", long)), "purpose": "education"},
        "{壊れた行",
        {"conversation": talk(("花子", long)), "purpose": "hiring"},
        {"speaker": "花子"},
        talk(("=三郎", long), name="5"),
    ]
    encoded = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(encoded) + "\n\n", encoding="utf-8")
    return path


def test_lines_become_requests_of_one_speaker_each(talks):
    lines = list(read_batch(talks, None, ASKED))
    assert [line.source.removeprefix(str(talks)) for line in lines] == [
        "（1 行目）", "（1 行目）", "（2 行目）", "（3 行目）", "（4 行目）", "（5 行目）", "（6 行目）",
    ]  # fmt: skip
    first = lines[0].request
    assert (first["purpose"], first["speaker"], first["n_evidence"]) == ("research", "花子", 0)
    assert {said["speaker"] for said in first["conversations"][0]["utterances"]} == {"花子"}  # the partner stays here
    assert len(first["conversations"][0]["utterances"]) == 2
    assert lines[2].request["purpose"] == "education"  # its own wins
    assert [line.error is not None for line in lines] == [False, False, False, True, False, True, False]
    assert "壊れて" in lines[3].error.message


def test_one_speaker_of_many(talks):
    asked = Asked("research", "花子", 3)
    lines = [line for line in read_batch(talks, None, asked) if line.request]
    assert [line.request["speaker"] for line in lines] == ["花子"] * 3


def test_a_folder_of_talks_passes_over_what_is_none(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "talk.txt").write_text("花子：おはよう\n太郎：おはよう\n", encoding="utf-8")
    (tmp_path / "photo.jpg").write_bytes(bytes(range(256)))
    (tmp_path / ".hidden.txt").write_text("花子：秘密\n", encoding="utf-8")
    lines = list(read_batch(tmp_path, None, ASKED))
    assert [line.request and line.request["speaker"] for line in lines] == [None, "花子", "太郎"]
    assert lines[0].source.endswith("photo.jpg") and lines[0].error


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputFileError, match="見つかりません"):
        list(read_batch(tmp_path / "none.jsonl", None, ASKED))


def test_lines_are_read_as_they_are_asked_for(tmp_path):
    """Millions fit: nothing is read ahead of what is sent."""
    path = tmp_path / "many.jsonl"
    line = json.dumps(talk(("花子", "架空の話です。")), ensure_ascii=False)
    path.write_text(f"{line}\n" * 3 + "{", encoding="utf-8")
    stream = read_batch(path, None, ASKED)
    assert next(stream).request["speaker"] == "花子"


class Service:
    """Plays the container: when the job is made, the answers come to lie in the bucket."""

    def __init__(self, account, monkeypatch):
        self.account = account
        self.requests, self.sent, self.stopped = [], {}, []
        self.status, self.alter = "Completed", lambda body: body
        self.stored = {}
        monkeypatch.setattr("seikaku.cli.cloud.batch.Account", lambda settings: account)
        events = account.client("sagemaker").meta.events
        events.register("before-parameter-build.sagemaker.CreateTransformJob", self._create)
        events.register("after-call.sagemaker.DescribeTransformJob", self._describe)
        events.register("before-call.sagemaker.StopTransformJob", self._stop)

    def _create(self, params, **_):
        self.requests.append(params)
        s3, prefix = self.account.client("s3"), f"batch/{params['TransformJobName']}/"
        for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}input/")["Contents"]:
            found = s3.get_object(Bucket=BUCKET, Key=item["Key"])
            body = found["Body"].read()
            self.sent[item["Key"].rpartition("/")[2]] = body
            self.stored[item["Key"]] = found["ServerSideEncryption"]
            answers = self.alter(answer_lines(body, Estimator.load(), ServeConfig()))
            s3.put_object(Bucket=BUCKET, Key=item["Key"].replace("/input/", "/output/") + ".out", Body=answers)

    def _describe(self, parsed, **_):
        parsed["TransformJobStatus"] = "Stopped" if self.stopped else self.status
        if self.status == "Failed":
            parsed["FailureReason"] = "the container answered 500"

    def _stop(self, **_):
        self.stopped.append(True)
        return type("Answer", (), {"status_code": 200, "headers": {}, "content": b""})(), {}

    def in_bucket(self):
        found = self.account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="batch/").get("Contents", [])
        return [item["Key"] for item in found]

    def models(self):
        return self.account.client("sagemaker").list_models()["Models"]


@pytest.fixture
def service(account, monkeypatch):
    monkeypatch.setattr(polling, "FIRST_SECONDS", 0)
    return Service(account, monkeypatch)


def read_results(out):
    lines = [json.loads(line) for line in (out / "estimates.jsonl").read_text(encoding="utf-8").splitlines()]
    return lines, list(csv.DictReader(io.StringIO((out / "estimates.csv").read_text(encoding="utf-8"))))


def numbers(document):
    return {key: (trait["status"], trait["score_1to7"]) for key, trait in document["traits"].items()}


def test_from_talk_to_table(service, talks, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(batch, "SHARD_BYTES", 3000)  # two files instead of one
    out = tmp_path / "out"
    assert run(["cloud", "batch", str(talks), "--purpose", "research", "--out", str(out), *WHERE]) == 0
    told = capsys.readouterr()
    lines, rows = read_results(out)
    assert len(service.sent) > 1 and set(service.stored.values()) == {"AES256"}
    assert [("result" in line, line.get("error", {}).get("status")) for line in lines] == [
        (True, None), (True, None), (True, None), (False, 422), (False, 403), (False, 422), (True, None),
    ]  # fmt: skip
    assert [line["source"].rpartition("（")[2] for line in lines[:3]] == ["1 行目）", "1 行目）", "2 行目）"]
    assert [row["speaker"] for row in rows] == ["花子", "太郎", "次郎", "'=三郎"]
    assert {path.name for path in out.iterdir()} == {"estimates.jsonl", "estimates.csv"}
    assert "推定できなかった行: 3 件" in told.err and "推定 4 件" in told.err
    assert not service.in_bucket() and not service.models()  # neither talk nor answers stay
    assert "架空の町" not in told.out + told.err
    assert "架空の町" not in (out / "estimates.jsonl").read_text(encoding="utf-8")  # --evidence 0: no talk in results


def test_the_numbers_are_those_of_analyze(service, talks, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        run(["cloud", "batch", str(talks), "--purpose", "research", "--speaker", "花子", "--out", str(out), *WHERE])
        == 0
    )
    lines, rows = read_results(out)
    capsys.readouterr()
    single = tmp_path / "one.jsonl"
    single.write_text(talks.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert run(["analyze", str(single), "--speaker", "花子", "--json"]) == 0
    (expected,) = json.loads(capsys.readouterr().out)["results"]
    assert numbers(lines[0]["result"]) == numbers(expected)
    assert rows[0]["openness_status"] == expected["traits"]["openness"]["status"]
    assert rows[0]["n_utterances"] == "2"


def test_a_lost_terminal_comes_back(service, talks, tmp_path, capsys):
    out = tmp_path / "out"
    service.status = "Failed"
    assert run(["cloud", "batch", str(talks), "--purpose", "research", "--out", str(out), *WHERE]) == 1
    told = capsys.readouterr()
    assert "失敗しました: the container answered 500" in told.err and "会話はバケットに残っています" in told.err
    assert "--attach --out" in told.err
    assert run(["cloud", "batch", str(talks), "--purpose", "research", "--out", str(out), *WHERE]) == 2
    assert "終わっていないバッチ変換" in capsys.readouterr().err
    service.status = "Completed"
    assert run(["cloud", "batch", "--attach", "--out", str(out), *WHERE]) == 0
    assert len(read_results(out)[0]) == 7 and not service.in_bucket()
    assert run(["cloud", "batch", "--attach", "--out", str(out), *WHERE]) == 2
    assert "バッチ変換の記録がありません" in capsys.readouterr().err


def test_a_bucket_that_cannot_be_cleared_loses_no_answers(service, talks, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"

    def refuse(*_):
        raise CloudError("AWS の権限が足りません。", "doctor")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "clear", refuse)
        assert run(["cloud", "batch", str(talks), "--purpose", "research", "--out", str(out), *WHERE]) == 1
    assert service.in_bucket()
    assert run(["cloud", "batch", "--attach", "--out", str(out), *WHERE]) == 0
    assert len(read_results(out)[0]) == 7 and not service.in_bucket()


def test_lines_that_do_not_add_up_are_no_result(service, talks, tmp_path, capsys):
    out = tmp_path / "out"
    service.alter = lambda body: body.partition(b"\n")[2]
    assert run(["cloud", "batch", str(talks), "--purpose", "research", "--out", str(out), *WHERE]) == 1
    assert "結果の行数が合いません（part-00000.jsonl.out: 送った 5 行、返った 4 行）" in capsys.readouterr().err
    assert not (out / "estimates.jsonl").exists() and not (out / "estimates.csv").exists()
    service.alter = lambda body: body


def test_a_line_too_large_is_not_sent(service, tmp_path, capsys):
    path, out = tmp_path / "talks.jsonl", tmp_path / "out"
    lines = [talk(*[("花子", "とても長い架空の話。" * 4_000)] * 10), talk(("太郎", "短い架空の話。"))]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    flags = ["--purpose", "research", "--max_payload_mb", "1", "--out", str(out)]
    assert run(["cloud", "batch", str(path), *flags, *WHERE]) == 0
    lines, _ = read_results(out)
    assert [line.get("error", {}).get("status") for line in lines] == [413, None]
    assert max(map(len, service.sent.values())) < 1_000_000


def test_a_job_that_takes_too_long_is_stopped(service, account):
    service.status = "InProgress"
    client = account.client("sagemaker")
    client.create_model(ModelName="seikaku-1", ExecutionRoleArn="arn:aws:iam::123456789012:role/seikaku-serve")
    request = build_transform(BatchPlan("seikaku-1"), BUCKET, CloudSettings())
    account.client("s3").put_object(
        Bucket=BUCKET, Key="batch/seikaku-1/input/a", Body=b"{}\n", ServerSideEncryption="AES256"
    )
    client.create_transform_job(**request)
    with pytest.raises(CloudError, match="途中で止まりました"):
        batch.follow(account, "seikaku-1", lambda line: None, max_hours=0)
    assert service.stopped == [True]


REFUSED = [
    (["none.jsonl", "--purpose", "research"], "none.jsonl が見つかりません"),
    (["--purpose", "research"], "入力がありません"),
    (["TALKS"], "目的（purpose）がない"),
    (["TALKS", "--purpose", "hiring"], "採用・人事評価"),
    (["TALKS", "--purpose", "research", "--max_payload_mb", "0"], "--max_payload_mb 0 は使えません"),
    (["TALK", "--purpose", "research", "--speaker", "いない人"], "推定できる会話がありません"),
]


def test_what_cannot_be_is_said_before_anything_is_sent(service, talks, tmp_path, capsys):
    (tmp_path / "talk.txt").write_text("花子：おはよう\n太郎：おはよう\n", encoding="utf-8")
    names = {"TALKS": str(talks), "TALK": str(tmp_path / "talk.txt")}
    for flags, message in REFUSED:
        given = [names.get(flag, flag) for flag in flags]
        assert run(["cloud", "batch", *given, "--out", str(tmp_path / "out"), *WHERE]) == 2
        assert message in capsys.readouterr().err
    assert not service.in_bucket() and not service.models() and not service.requests


def test_it_tells_in_english(service, talks, tmp_path, type_in_english):
    flags = ["--purpose", "research", "--out", tmp_path / "out", "--image", "123456789012.dkr.ecr.x/seikaku:1", *WHERE]
    shown, told = type_in_english("cloud", "batch", talks, *flags, "--dry_run")
    assert "The most that it may cost (until --max_hours 12): unknown" in shown and "Nothing was made" in told
    one = tmp_path / "one.jsonl"
    one.write_text(talks.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    shown, told = type_in_english("cloud", "batch", one, *flags)
    assert "Started: seikaku-batch-" in shown and "estimating" not in told and "(estimates: 2)" in told
    assert "no record of a batch transform" in type_in_english(
        "cloud", "batch", "--attach", *flags, exit_code=2).err  # fmt: skip


def test_a_dry_run_sends_nothing(service, talks, tmp_path, capsys):
    flags = ["--purpose", "research", "--out", str(tmp_path / "out"), "--dry_run"]
    assert run(["cloud", "batch", str(talks), *flags, *WHERE]) == 0
    told = capsys.readouterr().out
    requests = json.loads(told[told.index("{\n") :])
    environment = requests["CreateModel"]["PrimaryContainer"]["Environment"]
    assert environment == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "4",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT": "3600",
    }
    assert not service.in_bucket() and not service.requests and not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2}', '{"version": 1}'])
def test_a_broken_record(tmp_path, content):
    (tmp_path / batch.RECORD_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="記録"):
        batch.load_record(tmp_path)
