"""A job's result comes home whole, or not at all."""

import io
import tarfile

import pytest

from seikaku.cloud.jobs import artefacts
from seikaku.errors import CloudError, ModelError


def pack(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def fetch(monkeypatch, tmp_path):
    """(archive's bytes, check) -> the folder, after the artefact was fetched into it."""

    def run(content, check=lambda folder: None):
        def download(account, uri, target, progress):
            target.write_bytes(content)

        monkeypatch.setattr(artefacts, "download_file", download)
        target = tmp_path / "out" / "stage1"
        artefacts.fetch_artefact(None, "s3://bucket/models/a/output/model.tar.gz", target, check)
        return target

    return run


def test_a_result_replaces_the_one_before(fetch):
    assert (fetch(pack(first=b"1")) / "first").read_bytes() == b"1"
    seen = []
    target = fetch(pack(second=b"2"), lambda folder: seen.append((folder / "second").read_bytes()))
    assert seen == [b"2"]
    assert [path.name for path in target.iterdir()] == ["second"]
    assert [path.name for path in target.parent.iterdir()] == ["stage1"]


def refuse(folder):
    raise ModelError("壊れています", "学習し直してください。")


WRONG = {
    "no archive": (b"not a tar", None, CloudError, "ReadError"),
    "cut off": (pack(a=b"x" * 100_000)[:60], None, CloudError, "開けません"),
    "a path that leads out": (pack(**{"../../evil": b"!"}), None, CloudError, "OutsideDestinationError"),
    "nothing": (b"", None, CloudError, "開けません"),
    "refused by the check": (pack(a=b"1"), refuse, ModelError, "壊れています"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_changes_nothing(fetch, case, tmp_path):
    content, check, kind, message = WRONG[case]
    target = fetch(pack(first=b"1"))
    with pytest.raises(kind, match=message):
        fetch(content, check or (lambda folder: None))
    assert [path.name for path in target.parent.iterdir()] == ["stage1"]
    assert [path.name for path in target.iterdir()] == ["first"]
    assert not list(tmp_path.glob("*evil*"))
