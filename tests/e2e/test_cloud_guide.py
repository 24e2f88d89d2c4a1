"""SAGEMAKER_GUIDE.md typed line by line: from an empty account to an answer of the inference API, and back to nothing.

AWS is the stage of tests/support/aws/aws_stage.py: moto for the records, the real toolkits and containers for the work.
The lines run as they stand. What is small is not in the lines but around them: data/processed is the fictional
sample, the backbone in the user's cache is a tiny one, and the tuning service ends after two trials (which `make test`
plays from a job that was run, and `make test-thorough` runs).
"""

import json
import re

import boto3
import pytest
from aws_environment import REGION
from aws_stage import AwsStage
from cloud_guide import BACKBONE, REPOSITORY, User, read_commands
from training_container import ContainerResult

from seikaku.cli.cloud.ask import build_conversations
from seikaku.cli.reading import read_pooled

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning"),  # moto, of what its CloudFormation lacks
]

GUIDE = "SAGEMAKER_GUIDE.md"
LOST = "python run_sagemaker.py --max_cost_usd"  # the terminal is lost while it runs; `attach` goes on
ASKED = "seikaku cloud ask"


@pytest.fixture(scope="module", params=["played", pytest.param("run", marks=pytest.mark.thorough)])
def story(request, tmp_path_factory):
    """The whole guide, typed once; what the tests below look at was noted on the way. The trials are played, or run."""
    root = tmp_path_factory.mktemp("guide")
    with AwsStage(root / "stage", play_trial=play_trial if request.param == "played" else None) as stage:
        user = User(stage, root / "work")
        user.prepare()
        noted = {"calls": {}, "answers": {}, "user": user, "stage": stage}
        for line in read_commands((REPOSITORY / GUIDE).read_text(encoding="utf-8")):
            n_before = len(stage.calls)
            _type(user, stage, line, noted)
            noted["calls"][line] = stage.calls[n_before:]
        noted["left"] = list_what_is_left(stage)
        noted["logs"] = read_all_logs(stage)
        yield noted


def play_trial(request, training):
    """The job of stage 2 that was run before, as if the trial's learning rate had moved its error."""
    name, job = list(training.jobs.items())[1]
    assert "stage2" in name and job.status == "Completed"
    change = float(request["HyperParameters"]["learning_rate"])
    log = re.sub(r"(?<=validation_mae=)[0-9.]+", lambda found: f"{float(found[0]) + change:.6f}", job.log)
    return ContainerResult(exit_code=0, log=log, failure=None, model_tar=None, isolation="played")


def _type(user, stage, line, noted):
    if line.startswith(LOST):
        user.lose_terminal(line, lambda: any(job.status == "InProgress" for job in stage.training.jobs.values()))
        return
    typed = user.type(line)
    assert typed.exit_code == 0, f"{line}\n{typed.output}"
    if line.startswith("seikaku cloud deploy"):
        noted["answers"][line] = ask_endpoint(stage)
    if line.startswith(ASKED):
        noted["asked"] = [ask_api(user, line)]
        # The tiny model withholds every estimate; the embedded one, served in its place, tells numbers.
        assert user.type("seikaku cloud deploy --yes").exit_code == 0
        noted["asked"].append(ask_api(user, line))
    if line.startswith("seikaku cloud attach"):
        try_stop(user, stage, noted)


def try_stop(user, stage, noted):
    """The guide tells how to stop a job in a sentence; here it is done to a job of its own."""
    n_before = len(stage.training.jobs)
    assert user.type("seikaku cloud train --stage 1 --no_wait").exit_code == 0
    name = list(stage.training.jobs)[n_before]
    noted["stopped"] = (name, user.type(f"seikaku cloud stop {name} --yes"))
    stage.training.jobs[name].ended.wait(60)


def ask_api(user, line):
    """The five traits that the inference API tells."""
    told = user.type(f"{line} --json")
    assert told.exit_code == 0, told.output
    return json.loads(told.output)["traits"]


def ask_endpoint(stage):
    """The five traits that the endpoint itself tells of the guide's example."""
    runtime = boto3.client("sagemaker-runtime", region_name=REGION, endpoint_url=stage.url,
                           aws_access_key_id="testing", aws_secret_access_key="testing")  # fmt: skip
    _, imported = read_pooled([str(REPOSITORY / "examples" / "line_1on1.txt")], None)
    talk = build_conversations(imported.conversations, "花子")
    body = {"conversations": talk, "speaker": "花子", "purpose": "self_reflection"}
    answer = runtime.invoke_endpoint(
        EndpointName="seikaku", Body=json.dumps(body), ContentType="application/json", Accept="application/json"
    )
    return json.loads(answer["Body"].read())["traits"]


def list_what_is_left(stage):
    """What an account holder would find, and pay for, at the end."""
    sagemaker = stage.client("sagemaker")
    return {
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "endpoint configurations": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "models": sagemaker.list_models()["Models"],
        "functions": stage.client("lambda").list_functions()["Functions"],
        "roles": stage.client("iam").list_roles()["Roles"],
        "policies": stage.client("iam").list_policies(Scope="Local")["Policies"],
        "running jobs": [job for job in stage.training.jobs.values() if not job.ended.is_set()],
        "buckets": [bucket["Name"] for bucket in stage.client("s3").list_buckets()["Buckets"]],
    }


def read_all_logs(stage):
    """Every message in CloudWatch, and all that the serving containers and the function wrote."""
    logs = stage.client("logs")
    messages = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
        for event in logs.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"],
                                         startFromHead=True)["events"]
    ]  # fmt: skip
    return "\n".join([*messages, *stage.containers.logs, stage.api.log])


def test_the_guide_is_read_whole():
    commands = read_commands((REPOSITORY / GUIDE).read_text(encoding="utf-8"))
    verbs = {command.split()[2] for command in commands if command.startswith("seikaku cloud ")}
    assert {"stack", "doctor", "prices", "plan", "status", "attach", "tune", "train", "deploy", "ask", "batch",
            "delete"} <= verbs  # fmt: skip
    assert [command for command in commands if command.startswith("python run_sagemaker.py")]
    assert not [command for command in commands if command.split()[0] not in {"python", "seikaku"}]


def test_a_dry_run_makes_nothing(story):
    (dry,) = [calls for line, calls in story["calls"].items() if "--dry_run" in line]
    changing = re.compile(r"^(Create|Put|Update|Delete|Upload|PUT|POST|DELETE)")
    assert not [call for call in dry if changing.match(call[1])]


def test_a_lost_terminal_is_found_again(story):
    user, jobs = story["user"], story["stage"].training.jobs
    lost = next(typed for typed in user.typed if typed.line.startswith(LOST))
    assert lost.exit_code == -9
    first, second = list(jobs)[:2]
    assert ("stage1" in first, "stage2" in second) == (True, True)
    status = next(typed for typed in user.typed if typed.line == "seikaku cloud status")
    assert first in status.output
    attach = next(typed for typed in user.typed if typed.line == "seikaku cloud attach")
    assert second in attach.output
    assert [jobs[name].status for name in (first, second)] == ["Completed", "Completed"]


def test_both_stages_were_learnt_from_what_was_sent(story):
    folder = story["user"].folder / "output" / "sagemaker"
    for stage in ("stage1", "stage2"):
        config = json.loads((folder / stage / "run_config.json").read_text(encoding="utf-8"))
        assert BACKBONE in json.dumps(config)
        assert "/opt/ml" not in json.dumps(config)
    second = list(story["stage"].training.jobs.values())[1].request
    assert {channel["ChannelName"] for channel in second["InputDataConfig"]} == {"data", "stage1", "base_model"}


def test_a_stopped_job_is_stopped(story):
    name, typed = story["stopped"]
    assert typed.exit_code == 0, typed.output
    assert story["stage"].training.jobs[name].status == "Stopped"


def test_the_best_trial_is_what_was_trained_on(story):
    stage = story["stage"]
    (name,) = stage.tuning.names
    best = stage.tuning.describe({"HyperParameterTuningJobName": name})["BestTrainingJob"]
    trained = list(stage.training.jobs.values())[-1].request["HyperParameters"]
    for key, value in best["TunedHyperParameters"].items():
        assert float(trained[key]) == pytest.approx(float(value))
    output = story["user"].folder / "output"
    result = json.loads((output / "tuning" / f"{name}.json").read_text(encoding="utf-8"))
    assert len(result["trials"]) == 2
    card = (output / "tuned" / "stage2" / "README.md").read_text(encoding="utf-8")
    assert "2 回の試行" in card


def test_the_answers_are_those_of_analyze(story):
    user = story["user"]
    example = "seikaku analyze examples/line_1on1.txt --speaker 花子 --json"
    (embedded,), (own,) = (
        [one["traits"] for one in json.loads(user.type(line).output)["results"]]
        for line in (example, f"{example} --model output/onnx")
    )
    assert embedded != own
    assert [trait["score_1to7"] for trait in embedded.values() if trait["score_1to7"] is not None]
    assert list(story["answers"].values()) == [own, embedded, own]  # deployed, replaced, rolled back
    assert story["asked"] == [own, embedded]


def test_the_batch_is_complete(story):
    (talks,) = [line.split()[3] for line in story["calls"] if line.startswith("seikaku cloud batch")]
    n_talks = len((REPOSITORY / talks).read_text(encoding="utf-8").splitlines())
    (results,) = (story["user"].folder / "output" / "batch").glob("*.jsonl")
    assert len(results.read_text(encoding="utf-8").splitlines()) >= n_talks


def test_nothing_is_left_but_the_bucket(story):
    left = story["left"]
    assert {kind for kind, found in left.items() if found} == {"buckets"}
    assert len(left["buckets"]) == 1


def test_the_stage_played_everything(story):
    assert story["stage"].faults == []


def test_nothing_left_the_machine(story):
    assert not story["user"].left_the_machine
    assert not story["stage"].left_the_machine()


def test_no_conversation_stands_in_any_log(story):
    talk = (REPOSITORY / "examples" / "line_1on1.txt").read_text(encoding="utf-8").splitlines()
    said = [text for line in talk if len(text := line.rpartition("\t")[2].strip()) >= 12]
    assert len(said) > 50
    records = [path.read_text(encoding="utf-8") for path in (story["user"].folder / "output" / "cloud").glob("*.json")]
    logs = "\n".join([story["logs"], *records])
    assert "validation_mae=" in logs
    assert not [text for text in said if text in logs]
