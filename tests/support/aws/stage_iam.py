"""What a role may do: a small reading of the policies that moto keeps but does not enforce.

In: a role's ARN, an action, a resource. Out: allowed or not. AWS also weighs conditions, boundaries, resource
policies and service control policies; here an Allow that matches action and resource suffices, and a Deny wins.
"""

import ast
import fnmatch
import json
import re
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from stage_wire import AwsAnswer, AwsError, AwsRequest


class Permissions:
    """The policies of moto's roles; whoever is no role of the account (the one who runs the test) may do all."""

    def __init__(self, iam: Any) -> None:
        self._iam = iam

    def require_role(self, arn: str, service: str = "sagemaker.amazonaws.com") -> None:
        """Refuse a role that does not exist or does not trust the service, as CreateTrainingJob does."""
        from botocore.exceptions import ClientError

        try:
            role = self._iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
        except ClientError:
            role = {}
        trusted = json.dumps(role.get("AssumeRolePolicyDocument", {}))
        if role.get("Arn") != arn or service not in trusted:
            raise AwsError("ValidationException", f"Could not assume role {arn}. Please ensure that the role exists "
                           f"and allows principal '{service}' to assume the role.")  # fmt: skip

    def require(self, arn: str, action: str, resource: str) -> None:
        """Refuse what the role's policies do not allow."""
        if not self.is_allowed(arn, action, resource):
            raise AwsError(
                "ValidationException", f"The role {arn} is not authorized to perform: {action} on resource: {resource}"
            )

    def is_allowed(self, arn: str, action: str, resource: str) -> bool:
        """Whether a statement of the role's policies allows the action and none denies it."""
        effects = {
            statement["Effect"]
            for statement in self._statements(arn)
            if _matches(action.lower(), statement.get("Action", []), lower=True)
            and (resource == "*" or _matches(resource, statement.get("Resource", [])))
        }
        return effects == {"Allow"}

    def _statements(self, arn: str) -> list[dict[str, Any]]:
        if ":role/" not in arn:
            return [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        name = arn.rpartition("/")[2]
        documents = [
            self._iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        for attached in self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            version = self._iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
            found = self._iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)
            documents.append(found["PolicyVersion"]["Document"])
        # Moto tells a policy that its CloudFormation made as Python writes a dictionary.
        read = [ast.literal_eval(document) if isinstance(document, str) else document for document in documents]
        return [statement for document in read for statement in _as_list(document["Statement"])]

    def simulate(self, request: AwsRequest) -> AwsAnswer:
        """SimulatePrincipalPolicy (moto has none): the decision for every action on every resource asked about."""
        form = parse_qs(request.body.decode())
        arn = form["PolicySourceArn"][0]
        actions = [values[0] for name, values in form.items() if name.startswith("ActionNames.member.")]
        resources = [values[0] for name, values in form.items() if name.startswith("ResourceArns.member.")] or ["*"]
        members = "".join(
            f"<member><EvalActionName>{escape(action)}</EvalActionName>"
            f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
            f"<EvalDecision>{'allowed' if self.is_allowed(arn, action, resource) else 'implicitDeny'}</EvalDecision>"
            "<MatchedStatements/><MissingContextValues/></member>"
            for action in actions
            for resource in resources
        )
        body = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{members}"
            "</EvaluationResults></SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>stage</RequestId>"
            "</ResponseMetadata></SimulatePrincipalPolicyResponse>"
        )
        return AwsAnswer(200, body.encode(), {"Content-Type": "text/xml"})


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(text: str, patterns: Any, *, lower: bool = False) -> bool:
    return any(
        re.match(fnmatch.translate(pattern.lower() if lower else pattern), text) for pattern in _as_list(patterns)
    )
