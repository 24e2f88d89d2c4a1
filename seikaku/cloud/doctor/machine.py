"""Doctor: this machine's side: data, disk, the code bundle, and whether a batch fits the GPU. Effect: reads files.

Nothing here fails: an endpoint is deployed and asked without data and code.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from seikaku.cloud.doctor.checks import Check, Patient
from seikaku.cloud.jobs.bundle import SCRIPT, build_bundle
from seikaku.cloud.money.encoders import encoder_shape
from seikaku.cloud.money.instances import find_instance
from seikaku.cloud.money.plan import USABLE_MEMORY_SHARE
from seikaku.cloud.money.workload import documented_workload, memory_gb
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import both

_MIB = 1024**2
_MAX_BUNDLE_MIB = 50  # far above what the allow-list holds: more means that something slipped in
_MIN_FREE_MIB = 5_000  # a downloaded model, its checkpoints and the bundle
_STREAM_MIB = 4_000  # a million personas as Parquet, row group by row group
_DATA, _DISK, _CODE = both("データ", "Data"), both("ディスク", "Disk"), both("コード", "Code")
_MEMORY, _FETCHING = both("GPU のメモリ", "GPU memory"), both("データの取得", "Fetching data")


def check_data(patient: Patient) -> Iterator[Check]:
    """Whether the processed data is there."""
    folder = patient.data_folder
    if not (folder / "manifest.json").is_file():
        mend = both(
            "python download_datasets.py と python preprocess_data.py を実行してください。",
            "Run python download_datasets.py and python preprocess_data.py.",
        )
        line = both(
            f"前処理済みのデータがなく、学習できません: {folder}",
            f"There is no preprocessed data, so nothing can be trained: {folder}",
        )
        yield Check(_DATA, "warning", line, mend)
        return
    n_bytes = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    size = f"{n_bytes / _MIB:,.0f} MiB"
    yield Check(_DATA, "ok", both(f"{folder}（{size} をアップロードします）", f"{folder} ({size} to upload)"))


def check_disk(patient: Patient) -> Iterator[Check]:
    """Whether there is room for what comes back, and for a streamed download of the personas."""
    free = shutil.disk_usage(Path.cwd()).free / _MIB
    line = both(f"空き {free / 1024:,.1f} GiB。", f"{free / 1024:,.1f} GiB are free.")
    if free < _MIN_FREE_MIB:
        needed = f"{_MIN_FREE_MIB / 1024:.1f} GiB"
        mend = both(
            f"学習結果を置く空きが {needed} 以上になるまで、不要なファイルを消してください。",
            f"Delete files until {needed} are free for what training makes.",
        )
        line = both(
            f"{line}結果のダウンロードで足りなくなるおそれがあります。",
            f"{line.english} Downloading results may need more.",
        )
        yield Check(_DISK, "warning", line, mend)
    else:
        yield Check(_DISK, "ok", line)
    streaming = both(
        "Nemotron-Personas-Japan は、全体を読み込まずに順に取得します（メモリは増えません）。",
        "Nemotron-Personas-Japan is fetched part by part, never read whole (memory does not grow).",
    )
    if free < _STREAM_MIB:
        mend = both(
            "python download_datasets.py --nemotron_limit 100000 のように、件数を減らしてください。",
            "Fetch fewer, as with python download_datasets.py --nemotron_limit 100000.",
        )
        line = both(
            f"{streaming}100 万人分を置く空きがありません。",
            f"{streaming.english} There is no room for all of the million.",
        )
        yield Check(_FETCHING, "warning", line, mend)
    else:
        yield Check(_FETCHING, "ok", streaming)


def check_bundle(patient: Patient) -> Iterator[Check]:
    """Whether the code bundle can be built, and is as small as code is."""
    if not (patient.repository / SCRIPT).is_file():
        mend = both(
            "seikaku のソースを取得したフォルダで pip install -e '.[train,aws]' として実行してください。",
            "Run it from the source folder of seikaku, after pip install -e '.[train,aws]' there.",
        )
        line = both(
            f"{SCRIPT} がなく、学習できません: {patient.repository}",
            f"There is no {SCRIPT}, so nothing can be trained: {patient.repository}",
        )
        yield Check(_CODE, "warning", line, mend)
        return
    bundle = build_bundle(patient.repository, with_encoder=False)
    size = len(bundle.content) / _MIB
    line = both(
        f"コードの包み {size:.1f} MiB（sha256 {bundle.sha256[:12]}…）",
        f"bundle of the code, {size:.1f} MiB (sha256 {bundle.sha256[:12]}…)",
    )
    if size > _MAX_BUNDLE_MIB:
        mend = both(
            "seikaku/ の中に置いたデータやモデルを、外へ移してください。",
            "Move data and models that lie in seikaku/ elsewhere.",
        )
        too_large = both(f"{line}。大きすぎます。", f"{line.english}: too large.")
        yield Check(_CODE, "warning", too_large, mend)
    else:
        yield Check(_CODE, "ok", line)


def check_memory(patient: Patient) -> Iterator[Check]:
    """Whether the default batches of both stages fit the instance's GPU."""
    instance = find_instance(patient.instance_type)
    if instance is None or not instance.n_gpus:
        line = both(
            f"{patient.instance_type} の GPU の情報がないので、メモリは見積もれません。",
            f"Nothing is known of a GPU of {patient.instance_type}, so memory cannot be estimated.",
        )
        yield Check(_MEMORY, "skipped", line)
        return
    shape = encoder_shape(Stage1Config().backbone)
    need = max(memory_gb(shape, documented_workload(config)) for config in (Stage1Config(), Stage2Config()))
    gpu = f"{instance.gpu} {instance.gpu_memory_gb:g} GB"
    line = both(
        f"{instance.instance_type}（{gpu}）に、--batch_size 8 の学習は多くて {need:.1f} GB（計算値）。",
        f"On {instance.instance_type} ({gpu}), training with --batch_size 8 takes at most {need:.1f} GB (computed).",
    )
    if need <= instance.gpu_memory_gb * USABLE_MEMORY_SHARE:
        yield Check(_MEMORY, "ok", both(f"{line}収まります。", f"{line.english} It fits."))
        return
    mend = both(
        "--batch_size 4 --gradient_accumulation_steps 2（更新の大きさは同じ）か、--gradient_checkpointing true。",
        "--batch_size 4 --gradient_accumulation_steps 2 (as large an update), or --gradient_checkpointing true.",
    )
    yield Check(
        _MEMORY, "warning", both(f"{line}足りなくなるおそれがあります。", f"{line.english} It may not fit."), mend
    )
