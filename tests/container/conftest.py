"""What a training job needs, in S3 on loopback: processed data, a tiny backbone, the code. All text is fictional."""

import threading
from pathlib import Path

import pytest
from wheelhouse import pip_environment

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "seikaku-123456789012"


@pytest.fixture(scope="session", autouse=True)
def own_index():
    """pip, where a model is packed for AWS's image, finds this environment's own libraries and asks nobody else."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_environment().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def s3():
    """A client of an S3 that processes reach too, with the bucket."""
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("moto.server")
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        region_name="ap-northeast-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    """12 speakers with a planted signal, and the 40 personas of the sample that ships with the project."""
    from planted import write_processed

    return write_processed(tmp_path_factory.mktemp("data"), n_speakers=12, n_dialogues=60)


@pytest.fixture(scope="module")
def tiny_backbone(tmp_path_factory):
    from tiny_encoder import build_tiny_backbone

    return build_tiny_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="module")
def inputs(s3, processed, tiny_backbone):
    """Channels' and the code's addresses by name, as `seikaku cloud train` would have put them."""
    from seikaku.cloud.jobs.bundle import build_bundle

    for prefix, folder in (("data/abc/", processed), ("base-model/tiny/", tiny_backbone)):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            s3.upload_file(str(path), BUCKET, prefix + path.relative_to(folder).as_posix())
    code = build_bundle(ROOT, with_encoder=False).content
    s3.put_object(Bucket=BUCKET, Key="code/abc/sourcedir.tar.gz", Body=code)
    return {
        "data": f"s3://{BUCKET}/data/abc/",
        "base_model": f"s3://{BUCKET}/base-model/tiny/",
        "code": f"s3://{BUCKET}/code/abc/sourcedir.tar.gz",
    }
