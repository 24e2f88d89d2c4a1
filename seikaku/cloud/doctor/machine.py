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

_MIB = 1024**2
_MAX_BUNDLE_MIB = 50  # far above what the allow-list holds: more means that something slipped in
_MIN_FREE_MIB = 5_000  # a downloaded model, its checkpoints and the bundle
_STREAM_MIB = 4_000  # a million personas as Parquet, row group by row group


def check_data(patient: Patient) -> Iterator[Check]:
    """Whether the processed data is there."""
    folder = patient.data_folder
    if not (folder / "manifest.json").is_file():
        mend = "python download_datasets.py と python preprocess_data.py を実行してください。"
        yield Check("データ", "warning", f"前処理済みのデータがなく、学習できません: {folder}", mend)
        return
    n_bytes = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    yield Check("データ", "ok", f"{folder}（{n_bytes / _MIB:,.0f} MiB をアップロードします）")


def check_disk(patient: Patient) -> Iterator[Check]:
    """Whether there is room for what comes back, and for a streamed download of the personas."""
    free = shutil.disk_usage(Path.cwd()).free / _MIB
    line = f"空き {free / 1024:,.1f} GiB"
    if free < _MIN_FREE_MIB:
        mend = f"学習結果を置く空きが {_MIN_FREE_MIB / 1024:.1f} GiB 以上になるまで、不要なファイルを消してください。"
        yield Check("ディスク", "warning", f"{line}。結果のダウンロードで足りなくなるおそれがあります。", mend)
    else:
        yield Check("ディスク", "ok", f"{line}。")
    streaming = "Nemotron-Personas-Japan は、全体を読み込まずに順に取得します（メモリは増えません）"
    if free < _STREAM_MIB:
        mend = "python download_datasets.py --nemotron_limit 100000 のように、件数を減らしてください。"
        yield Check("データの取得", "warning", f"{streaming}。100 万人分を置く空きがありません。", mend)
    else:
        yield Check("データの取得", "ok", f"{streaming}。")


def check_bundle(patient: Patient) -> Iterator[Check]:
    """Whether the code bundle can be built, and is as small as code is."""
    if not (patient.repository / SCRIPT).is_file():
        mend = "seikaku のソースを取得したフォルダで pip install -e '.[train,aws]' として実行してください。"
        yield Check("コード", "warning", f"{SCRIPT} がなく、学習できません: {patient.repository}", mend)
        return
    bundle = build_bundle(patient.repository, with_encoder=False)
    size = len(bundle.content) / _MIB
    line = f"コードの包み {size:.1f} MiB（sha256 {bundle.sha256[:12]}…）"
    if size > _MAX_BUNDLE_MIB:
        mend = "seikaku/ の中に置いたデータやモデルを、外へ移してください。"
        yield Check("コード", "warning", f"{line}。大きすぎます。", mend)
    else:
        yield Check("コード", "ok", line)


def check_memory(patient: Patient) -> Iterator[Check]:
    """Whether the default batches of both stages fit the instance's GPU."""
    instance = find_instance(patient.instance_type)
    if instance is None or not instance.n_gpus:
        line = f"{patient.instance_type} の GPU の情報がないので、メモリは見積もれません。"
        yield Check("GPU のメモリ", "skipped", line)
        return
    shape = encoder_shape(Stage1Config().backbone)
    need = max(memory_gb(shape, documented_workload(config)) for config in (Stage1Config(), Stage2Config()))
    line = (
        f"{instance.instance_type}（{instance.gpu} {instance.gpu_memory_gb:g} GB）に、"
        f"--batch_size 8 の学習は多くて {need:.1f} GB（計算値）"
    )
    if need <= instance.gpu_memory_gb * USABLE_MEMORY_SHARE:
        yield Check("GPU のメモリ", "ok", f"{line}。収まります。")
        return
    mend = "--batch_size 4 --gradient_accumulation_steps 2（更新の大きさは同じ）か、--gradient_checkpointing true。"
    yield Check("GPU のメモリ", "warning", f"{line}。足りなくなるおそれがあります。", mend)
