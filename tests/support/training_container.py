"""Runs a CreateTrainingJob request as SageMaker does: the real toolkit's `train` in a container's view of /opt/ml.

In: the request as sent, an S3 (moto's) that processes can reach over HTTP. Out: ``ContainerResult``. Effects: a process
tree, files under ``root`` alone, checkpoints in S3.

The container is a mount and a PID namespace with ``root`` at /opt/ml; where that is refused (no root), the toolkit's
own SAGEMAKER_BASE_DIR stands for it. ``ContainerResult.isolation`` says which. What the service does and this does
too: channels and hyperparameters (all text) as files, checkpoints brought back before and kept after (never deleted in
S3), SIGTERM and after a while SIGKILL to stop, /opt/ml/model packed whatever the end. Not done: instances, GPUs.

This module is also what the toolkit calls in the container (``main``): the image's own framework module,
sagemaker-pytorch-training 3.0.0, chooses torchrun or a plain process in the same way.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "localhost"  # the service's `algo-1` would be looked up for 15 minutes
GROUP = "homogeneousCluster"
GRACE_SECONDS = 3.0  # between SIGTERM and SIGKILL; the service gives 120
_TIMEOUT_SECONDS = 300
_BIN = Path(sys.executable).parent
# The container ends with the process that started it, however that ends.
_UNSHARE = ("setpriv", "--pdeathsig", "KILL", "unshare", "-m", "-p", "-f", "--mount-proc")
_MOUNT = 'mount -t tmpfs tmpfs /opt && mkdir /opt/ml && mount --bind "$0" /opt/ml && cd / && exec train'


@dataclass(frozen=True)
class ContainerResult:
    """How a container ended. ``failure``: /opt/ml/output/failure; ``model_tar``: None where /opt/ml/model is empty.

    ``isolation``: "namespace" or "base_dir".
    """

    exit_code: int
    log: str
    failure: str | None
    model_tar: Path | None
    isolation: str


def run_training_job(
    request: dict[str, Any],
    s3_client: Any,
    root: Path,
    *,
    signal_after: tuple[str, int] | None = None,
    stop: threading.Event | None = None,
    extra_env: dict[str, str] | None = None,
) -> ContainerResult:
    """Run the job to its end. ``root`` becomes /opt/ml and must be new.

    ``signal_after``: (text, signal): that signal once the text is in the log; SIGKILL takes the machine, as spot does.
    ``stop``: SIGTERM once it is set, then SIGKILL. ``extra_env``: over the request's own Environment.
    """
    isolated = has_namespaces()
    _write_inputs(request, s3_client, root, isolated)
    _download_checkpoints(request, s3_client, root)
    command = [*_UNSHARE, "--kill-child", "bash", "-c", _MOUNT, str(root)]
    with subprocess.Popen(
        command if isolated else [str(_BIN / "train")],
        cwd="/",
        env=_environment(request, s3_client, root, isolated) | (extra_env or {}) | _python_path(extra_env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            log = _follow(process, isolated, signal_after, stop or threading.Event())
        finally:
            _kill(process)
    _upload_checkpoints(request, s3_client, root)
    code = process.returncode
    failure = root / "output" / "failure"
    return ContainerResult(
        exit_code=128 - code if code < 0 else code,
        log=log,
        failure=failure.read_text(encoding="utf-8") if failure.is_file() else None,
        model_tar=_pack_model(root),
        isolation="namespace" if isolated else "base_dir",
    )


def has_namespaces() -> bool:
    """Whether this process may make a container's view of the file system (root, and no interpreter under /opt)."""
    if os.geteuid() != 0 or sys.base_prefix.startswith("/opt/") or not all(map(shutil.which, ("setpriv", "unshare"))):
        return False
    probe = [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/opt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _write_inputs(request: dict[str, Any], s3_client: Any, root: Path, isolated: bool) -> None:
    config = root / "input" / "config"
    for folder in (config, root / "model", root / "output" / "data", root / "code"):
        folder.mkdir(parents=True)
    channels = {}
    for channel in request.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
        assert channel.get("InputMode", "File") == "File", "only File mode is played"
        _download(s3_client, source["S3Uri"], root / "input" / "data" / name)
        channels[name] = {
            "TrainingInputMode": "File",
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": "None",
        } | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
    hyperparameters = request.get("HyperParameters", {})
    assert all(isinstance(value, str) for value in hyperparameters.values()), "every hyperparameter is text"
    instance = request["ResourceConfig"]["InstanceType"]
    resources = {
        "current_host": HOST,
        "current_instance_type": instance,
        "current_group_name": GROUP,
        "hosts": [HOST],
        "instance_groups": [{"instance_group_name": GROUP, "instance_type": instance, "hosts": [HOST]}],
        "network_interface_name": "lo",
    }
    written = {"hyperparameters": hyperparameters, "inputdataconfig": channels, "resourceconfig": resources}
    if checkpoints := request.get("CheckpointConfig"):
        local = _checkpoints_folder(request, root)
        written["checkpointconfig"] = checkpoints | ({} if isolated else {"LocalPath": str(local)})
    for name, content in written.items():
        (config / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _environment(request: dict[str, Any], s3_client: Any, root: Path, isolated: bool) -> dict[str, str]:
    home = root / "home"
    home.mkdir()
    region = s3_client.meta.region_name
    name = request["TrainingJobName"]
    environment = {
        "PATH": f"{_BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/opt/ml/home" if isolated else str(home),
        "LANG": "C.UTF-8",
        "TRAINING_JOB_NAME": name,
        "TRAINING_JOB_ARN": f"arn:aws:sagemaker:{region}:123456789012:training-job/{name}",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": s3_client.meta.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_TRAINING_MODULE": "training_container:main",
        # As in the image: a line of the log leaves at once.
        "PYTHONUNBUFFERED": "1",
        # What the bundle's requirements name must be there already: pip finds it so without a network.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        # A container has its ports to itself; this one shares the machine's, torchrun's among them.
        "PET_MASTER_PORT": str(_free_port()),
    }
    if not isolated:
        environment["SAGEMAKER_BASE_DIR"] = str(root)
    return environment | request.get("Environment", {})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _python_path(extra_env: dict[str, str] | None) -> dict[str, str]:
    """The toolkit must find this module; what the caller puts on the path (a socket guard) comes first."""
    paths = [(extra_env or {}).get("PYTHONPATH", ""), str(Path(__file__).parent)]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _follow(
    process: "subprocess.Popen[str]", isolated: bool, signal_after: tuple[str, int] | None, stop: threading.Event
) -> str:
    """The container's log to its end."""
    lines: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if signal_after is not None and signal_after[0] in line:
                _send(process, isolated, signal_after[1])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if stop.wait(0.1):
            _send(process, isolated, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
            break
    if process.poll() is None and not stop.is_set():
        lines.append(f"the harness stopped the container after {_TIMEOUT_SECONDS} seconds\n")
    _kill(process)
    reader.join()
    return "".join(lines)


def _send(process: "subprocess.Popen[str]", isolated: bool, number: int) -> None:
    """The signal to the container's first process; SIGKILL takes all of them, as losing the machine does."""
    if number == signal.SIGKILL:
        _kill(process)
        return
    pids = [process.pid]
    with contextlib.suppress(OSError):  # OSError: it has just ended
        if isolated:  # unshare waits outside for its child, the container's PID 1 (none yet: nobody to tell)
            pids = [int(pid) for pid in Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split()]
        for pid in pids:
            os.kill(pid, number)


def _kill(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _checkpoints_folder(request: dict[str, Any], root: Path) -> Path:
    local = Path(request["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints"))
    return root / local.relative_to("/opt/ml")


def _download_checkpoints(request: dict[str, Any], s3_client: Any, root: Path) -> None:
    if "CheckpointConfig" in request:
        _download(s3_client, request["CheckpointConfig"]["S3Uri"].rstrip("/") + "/", _checkpoints_folder(request, root))


def _upload_checkpoints(request: dict[str, Any], s3_client: Any, root: Path) -> None:
    if "CheckpointConfig" not in request:
        return
    folder = _checkpoints_folder(request, root)
    bucket, prefix = _split(request["CheckpointConfig"]["S3Uri"].rstrip("/") + "/")
    for path in _files(folder):
        s3_client.upload_file(str(path), bucket, prefix + path.relative_to(folder).as_posix())


def _download(s3_client: Any, uri: str, folder: Path) -> None:
    """Every object under the prefix ``uri``, or the one object that it names."""
    folder.mkdir(parents=True, exist_ok=True)
    bucket, prefix = _split(uri)
    for key in _keys(s3_client, bucket, prefix):
        inside = key.removeprefix(prefix).lstrip("/") or Path(key).name
        if key.endswith("/"):
            continue
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        s3_client.download_file(bucket, key, str(target))


def _keys(s3_client: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield item["Key"]


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pack_model(root: Path) -> Path | None:
    model = root / "model"
    if not _files(model):
        return None
    target = root / "model.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for path in _files(model):
            archive.add(path, path.relative_to(model).as_posix())
    return target


def main() -> None:
    """In the container: start the user's program as the image's framework module does."""
    from sagemaker_training import entry_point, environment, runner

    job = environment.Environment()
    is_distributed = job.additional_framework_parameters.get("sagemaker_torch_distributed_enabled", False)
    entry_point.run(
        uri=job.module_dir,
        user_entry_point=job.user_entry_point,
        args=job.to_cmd_args(),
        env_vars=job.to_env_vars(),
        capture_error=True,
        runner_type=runner.RunnerType.TorchDistributed if is_distributed else runner.RunnerType.Process,
    )
