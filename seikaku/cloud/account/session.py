"""An AWS account as the verbs see it: clients, and the bucket and roles of the stack. Effect: calls AWS when asked."""

import os
from functools import cached_property
from typing import Any

from seikaku.cloud.account.settings import CloudSettings
from seikaku.errors import UserError, Words, both
from seikaku.version import __version__

DEFAULT_REGION = "ap-northeast-1"
TRAIN_ROLE, SERVE_ROLE = both("学習のロール", "Training role"), both("推論のロール", "Inference role")


class Account:
    """Clients of one region; bucket and roles from the settings, else from the stack's outputs."""

    def __init__(self, settings: CloudSettings) -> None:
        import boto3

        self.settings = settings
        region = settings.region or os.environ.get("AWS_REGION")  # which boto3 does not read
        self._session = boto3.Session(profile_name=settings.profile or None, region_name=region or None)
        self.region: str = self._session.region_name or DEFAULT_REGION
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The boto3 client of ``service``, made once."""
        from botocore.config import Config

        if service not in self._clients:
            config = Config(
                retries={"mode": "standard", "total_max_attempts": self.settings.max_attempts},
                connect_timeout=10,
                read_timeout=65,  # an endpoint may take 60 s
                user_agent_extra=f"seikaku/{__version__}",
            )
            self._clients[service] = self._session.client(service, region_name=self.region, config=config)
        return self._clients[service]

    @cached_property
    def account_id(self) -> str:
        """The twelve digits of who calls."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @cached_property
    def stack_outputs(self) -> dict[str, str]:
        """The stack's outputs by key; empty where there is no such stack."""
        from botocore.exceptions import ClientError

        try:
            found = self.client("cloudformation").describe_stacks(StackName=self.settings.stack)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"ValidationError", "AccessDenied", "AccessDeniedException"}:
                return {}  # no such stack, or it may not be read: then flags name what is needed
            raise
        return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}

    @property
    def bucket(self) -> str:
        """The bucket. Raises UserError where none is named."""
        return self._named(self.settings.bucket, "BucketName", both("バケット", "Bucket"), "--bucket")

    @property
    def train_role_arn(self) -> str:
        """The role of training and tuning jobs. Raises UserError where none is named."""
        return self._named(self.settings.role_arn, "TrainRoleArn", TRAIN_ROLE, "--role_arn")

    @property
    def serve_role_arn(self) -> str:
        """The role of endpoints and batch transforms. Raises UserError where none is named."""
        return self._named(self.settings.serve_role_arn, "ServeRoleArn", SERVE_ROLE, "--serve_role_arn")

    def _named(self, given: str, output: str, what: Words, flag: str) -> str:
        value = given or self.stack_outputs.get(output, "")
        if not value:
            raise UserError(
                both(
                    f"{what}が分かりません（スタック {self.settings.stack} に {output} がありません）。",
                    f"{what.english} not known: the stack {self.settings.stack} has no {output}.",
                ),
                both(
                    f"seikaku cloud stack up で作るか、{flag} を指定してください。",
                    f"Make it with seikaku cloud stack up, or give {flag}.",
                ),
            )
        return value
