"""`seikaku export`: a stage 2 run as ONNX, for inference without torch. Effects: prints, writes the folder."""

from pathlib import Path

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.language import words
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import writes
from seikaku.errors import both

_EXPORTING = both("ONNX への書き出し", "Exporting to ONNX")


@verb(
    "export",
    help=both(
        """LoRA を土台に足し込み、torch なしで動く 1 つの ONNX ファイルと、tokenizer・設定を書きます。

        出力は窓ごとの五特性（1–7）です。話者の推定値は、窓の平均を 1–7 に収めたものです。
        書いたあと、同じ文を torch と ONNX の両方で推定し、差を確かめます。
        """,
        """Merge LoRA into the backbone, and write one ONNX file that needs no torch, with its tokenizer and settings.

        It gives the five traits (1–7) of each window. A speaker's estimate is the mean of the windows, held within 1–7.
        Once it is written, the same texts are estimated with torch and with ONNX, and the difference is checked.
        """,
    ),
)
@option(
    "--run",
    "run_path",
    type=click.Path(path_type=Path),
    default=Path("output/stage2"),
    help=both(
        "stage 2 の学習結果のフォルダ（既定: output/stage2）", "Folder of a run of stage 2 (default: output/stage2)"
    ),
)
@option(
    "--onnx",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("output/stage2_onnx"),
    help=both(
        "ONNX を書くフォルダ（既定: output/stage2_onnx）", "Folder to write ONNX into (default: output/stage2_onnx)"
    ),
)
@option(
    "--int8",
    is_flag=True,
    help=both(
        "重みを 8 ビットにする（約 4 分の 1 の大きさ。値は少し変わる）",
        "Weights in 8 bits (about a quarter of the size; values change a little)",
    ),
)
@lang_option
@quiet_option
def command(run_path: Path, out: Path, int8: bool) -> None:
    """Export, then say how large it is and how far from torch."""
    from seikaku.model.onnx.exporting import export_run

    with writes(out), show_progress("steps") as on_progress:
        on_progress(_EXPORTING, 0, 1)
        exported = export_run(run_path, out, int8=int8)
        on_progress(_EXPORTING, 1, 1)
    size, difference = f"{exported.path.stat().st_size / 1e6:.1f} MB", f"{exported.difference:.1g}"
    click.echo(
        words(
            both(
                f"ONNX を書きました: {exported.path}（{size}、torch との差は最大 {difference}）",
                f"Wrote the ONNX: {exported.path} ({size}, {difference} from torch at the most)",
            )
        )
    )
