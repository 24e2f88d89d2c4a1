"""`seikaku export`: a stage 2 run as ONNX, for inference without torch. Effects: prints, writes the folder."""

from pathlib import Path

import click

from seikaku.cli.bilingual import quiet_option
from seikaku.cli.progress import show_progress
from seikaku.errors import both

_EXPORTING = both("ONNX への書き出し", "Exporting to ONNX")


@click.command("export")
@click.option("--run", "run_path", type=click.Path(path_type=Path), default=Path("output/stage2"),
              help="stage 2 の学習結果のフォルダ（既定: output/stage2）")  # fmt: skip
@click.option("--onnx", "out", type=click.Path(file_okay=False, path_type=Path), default=Path("output/stage2_onnx"),
              help="ONNX を書くフォルダ（既定: output/stage2_onnx）")  # fmt: skip
@click.option("--int8", is_flag=True, help="重みを 8 ビットにする（約 4 分の 1 の大きさ。値は少し変わる）")
@quiet_option
def command(run_path: Path, out: Path, int8: bool) -> None:
    """LoRA を土台に足し込み、torch なしで動く 1 つの ONNX ファイルと、tokenizer・設定を書きます。

    出力は窓ごとの五特性（1–7）です。話者の推定値は、窓の平均を 1–7 に収めたものです。
    書いたあと、同じ文を torch と ONNX の両方で推定し、差を確かめます。
    """
    from seikaku.model.onnx.exporting import export_run

    with show_progress("steps") as on_progress:
        on_progress(_EXPORTING, 0, 1)
        exported = export_run(run_path, out, int8=int8)
        on_progress(_EXPORTING, 1, 1)
    n_megabytes = exported.path.stat().st_size / 1e6
    difference = f"{exported.difference:.1g}"
    click.echo(f"ONNX を書きました: {exported.path}（{n_megabytes:.1f} MB、torch との差は最大 {difference}）")
