"""model.tar.gz: the same bytes for the same content, exactly what serves, nothing else."""

import ast
import gzip
import tarfile

import pytest

from seikaku.cloud.serving.packing import PACKAGE, pack_model


def names_of(packed):
    with tarfile.open(packed.path) as archive:
        return archive.getnames()


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in (("model.onnx", b"weights"), ("tokenizer.json", b"{}"), ("notes.txt", b"private")):
        (folder / name).write_bytes(content)
    return [folder / "tokenizer.json", folder / "model.onnx"]


def test_the_same_content_gives_the_same_bytes(tmp_path, files):
    first = pack_model(tmp_path / "1.tar.gz", files, with_code=True)
    for path in files:
        path.touch()
        path.chmod(0o600)
    second = pack_model(tmp_path / "elsewhere" / "2.tar.gz", list(reversed(files)), with_code=True)
    assert first.sha256 == second.sha256
    assert first.key == f"serve/{first.sha256}/model.tar.gz"
    files[0].write_bytes(b"[]")
    assert pack_model(tmp_path / "3.tar.gz", files, with_code=True).sha256 != first.sha256


def test_our_image_gets_the_models_files_alone(tmp_path, files):
    packed = pack_model(tmp_path / "model.tar.gz", files, with_code=False)
    assert names_of(packed) == ["model.onnx", "tokenizer.json"]
    assert packed.n_model_bytes == len(b"weights") + len(b"{}")


def test_the_hugging_face_image_gets_code_and_what_it_lacks(tmp_path, files):
    packed = pack_model(tmp_path / "model.tar.gz", files, with_code=True, is_onnx=True)
    names = names_of(packed)
    assert "code/requirements.txt" not in names  # the image would run pip at every start
    assert {"code/pydantic/main.py", "code/annotated_types/__init__.py", "code/onnxruntime/__init__.py"} <= set(names)
    assert not [name for name in names if name.endswith(("/RECORD", "/INSTALLER")) or name.startswith("code/bin/")]
    with tarfile.open(packed.path) as archive:
        assert archive.extractfile("code/inference.py").read() == (PACKAGE / "serving" / "inference.py").read_bytes()
    assert "code/seikaku/model/onnx/loading.py" in names
    assert "code/seikaku/assets/language/realpersonachat.json" in names  # what language is described beside
    assert not [name for name in names if name.startswith("code/seikaku/assets/ngram")]  # it has a model of its own
    outside = {"training", "corpora", "evaluation", "cloud", "cli", "api"}
    assert not [name for name in names if name.startswith("code/seikaku/") and name.split("/")[2] in outside]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_every_module_that_the_code_imports_travels_with_it(tmp_path, files):
    """But for ``seikaku.api``, which the package's own doors name and nothing here opens."""
    packed = pack_model(tmp_path / "model.tar.gz", files, with_code=True)
    names = {name.removeprefix("code/") for name in names_of(packed)}
    missing = set()
    with tarfile.open(packed.path) as archive:
        for member in archive.getmembers():
            if not member.name.startswith("code/seikaku/") or not member.name.endswith(".py"):
                continue
            for node in ast.walk(ast.parse(archive.extractfile(member).read())):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("seikaku."):
                    path = node.module.replace(".", "/")
                    if not names & {f"{path}.py", f"{path}/__init__.py"}:
                        missing.add(node.module)
    assert {name for name in missing if name.split(".")[1] != "api"} == set()


def test_without_a_model_the_embedded_one_travels(tmp_path):
    names = names_of(pack_model(tmp_path / "model.tar.gz", [], with_code=True))
    assert {"code/seikaku/assets/ngram/model.json", "code/seikaku/assets/ngram/model.safetensors"} <= set(names)
    assert not [name for name in names if not name.startswith("code/")]


def test_no_names_and_times_of_this_machine(tmp_path, files):
    packed = pack_model(tmp_path / "model.tar.gz", files, with_code=True)
    with tarfile.open(packed.path) as archive:
        entries = archive.getmembers()
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime, e.mode) for e in entries} == {(0, 0, "", "", 0, 0o644)}
    assert str(tmp_path).encode() not in gzip.decompress(packed.path.read_bytes())
