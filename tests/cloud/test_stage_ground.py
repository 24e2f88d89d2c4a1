"""The ground of the cloud tests: the account is empty and fake, and leaving the loopback is noticed."""

import os
import socket
import subprocess
import sys

import pytest
from aws_environment import DEAD_PROXY
from socket_guard import LeftTheMachineError, guarded_children, only_loopback, stopped_by


def test_the_account_has_its_bucket_and_roles_and_nothing_else(account):
    assert [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]] == [account.bucket]
    assert account.account_id == "123456789012"
    assert account.region == "ap-northeast-1"
    names = {role["Arn"] for role in account.client("iam").list_roles()["Roles"]}
    assert names == {account.train_role_arn, account.serve_role_arn}
    assert account.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []


def test_no_setting_of_the_caller_reaches_a_test():
    assert not [name for name in os.environ if name.startswith("SEIKAKU_")]
    assert os.environ["HTTPS_PROXY"] == os.environ["https_proxy"] == DEAD_PROXY


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_foreign_address_is_stopped(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with only_loopback() as guard, socket.socket(family) as connection:
        with pytest.raises(LeftTheMachineError, match=host):
            connection.connect((host, 443))
        assert guard.stopped == [f"connect {host}:443"]


def test_a_foreign_name_is_not_looked_up():
    with only_loopback() as guard:
        with pytest.raises(LeftTheMachineError, match=r"seikaku\.invalid:443"):
            socket.create_connection(("seikaku.invalid", 443))
        assert guard.stopped == ["getaddrinfo seikaku.invalid:443"]


def test_the_loopback_stays_open():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass


def test_a_child_process_is_guarded_too(tmp_path):
    script = "import socket\ntry: socket.create_connection(('192.0.2.1', 80))\nexcept OSError: pass"
    environment = os.environ | guarded_children(tmp_path)
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    assert stopped_by(tmp_path) == ["getaddrinfo 192.0.2.1:80"]
