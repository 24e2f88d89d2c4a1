"""Change sets that moto only records, made real: conditions count, outputs follow, the bucket is closed.

In: a template and parameters, as sent. Out: what moto then has. Effect: patches moto's CloudFormation in this process
(in-process mocks and a moto server alike) within the block.

What moto 5.2 lacks and this adds: a change set lists (and an update creates) only resources whose condition holds; a
stack made by a change set has outputs; a second change set for the same new stack takes the place of the first; a
bucket gets its public access block; RetainExceptOnCreate keeps it; each resource has its event. What stays ignored:
``IGNORED``, and what policies, alarms and life cycles would do.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from cloud_template import parameter_values, parse, resolve_conditions

IGNORED = {  # moto keeps no resource of these types
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeBuild::Project",
    "AWS::S3::BucketPolicy",
}


@contextlib.contextmanager
def real_change_sets() -> Iterator[None]:
    """Patch moto within the block."""
    from moto.cloudformation import parsing
    from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack

    played = (
        (CloudFormationBackend, "create_change_set", _create_change_set),
        (CloudFormationBackend, "execute_change_set", _execute_change_set),
        (ChangeSet, "_parse_template", _parse_template),
        (Stack, "_parse_template", _parse_template),
        (Stack, "has_template", _has_template),
        (ChangeSet, "diff", _diff),
        (parsing, "parse_and_update_resource", _update_resource),
    )
    with contextlib.ExitStack() as opened:
        for owner, name, play in played:
            opened.enter_context(mock.patch.object(owner, name, _instead(getattr(owner, name), play)))
        yield


def _instead(original: Callable[..., Any], play: Callable[..., Any]) -> Callable[..., Any]:
    """``play`` with the original before its arguments."""

    def played(*arguments: Any, **rest: Any) -> Any:
        return play(original, *arguments, **rest)

    return played


def _create_change_set(
    original: Any, backend: Any, stack_name: str, change_set_name: str, template: str, parameters: Any, **rest: Any
) -> Any:
    if rest.get("change_set_type") == "CREATE":
        for stack_id in [key for key, stack in backend.stacks.items() if stack.name == stack_name]:
            if backend.stacks[stack_id].status == "REVIEW_IN_PROGRESS":
                del backend.stacks[stack_id]
    full = parse(template)
    values = parameter_values(full, parameters)
    reduced = resolve_conditions(full, values)
    for item in reduced["Resources"].values():
        if item.get("DeletionPolicy") == "RetainExceptOnCreate":
            item["DeletionPolicy"] = "Retain"
    return original(backend, stack_name, change_set_name, json.dumps(reduced), values, **rest)


def _execute_change_set(original: Any, backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
    change_set = backend.describe_change_set(change_set_name)
    stack = backend.stacks[change_set.stack_id]
    _record_ignored(stack, change_set)
    original(backend, change_set_name, stack_name)
    stack.parameters = change_set.parameters
    stack.resource_map.resolved_parameters |= change_set.parameters  # lists as text, as AWS tells them
    stack._parse_template()
    stack.output_map = stack._create_output_map()
    _add_events(stack, change_set)
    _close_buckets(stack)


def _parse_template(original: Any, owner: Any) -> None:
    """JSON as JSON: moto would read it as YAML, slowly."""
    try:
        owner.template_dict = json.loads(owner.template)
    except (TypeError, ValueError):
        original(owner)


def _has_template(_: Any, stack: Any, other: str) -> bool:
    return bool(stack.template_dict == json.loads(other))


def _diff(_: Any, change_set: Any) -> list[Any]:
    from moto.cloudformation.models import Change

    resources = change_set.stack.resource_map
    types = {name: item["Type"] for name, item in resources._resource_json_map.items()}
    types |= {name: item["Type"] for name, item in change_set.template_dict["Resources"].items()}
    found = resources.build_resource_diff(change_set.template_dict, change_set.parameters)
    return [
        Change(action=action, logical_resource_id=name, resource_type=types[name])
        for action, names in found.items()
        for name in names
    ]


def _update_resource(original: Any, logical_id: str, resource_json: Any, resources: Any, **rest: Any) -> Any:
    if resource_json["Type"] in IGNORED:
        return resources[logical_id]
    return original(logical_id, resource_json, resources, **rest)


class Recorded:
    """A resource that moto has no model of: it has a name, and can be forgotten."""

    def __init__(self, logical_id: str, resource_type: str) -> None:
        self.logical_resource_id, self.type = logical_id, resource_type
        self.physical_resource_id = f"{logical_id.lower()}0played"

    def delete(self, *_: str) -> None:
        """Nothing stands behind it."""


def _record_ignored(stack: Any, change_set: Any) -> None:
    resources = stack.resource_map._parsed_resources
    for name, item in change_set.template_dict["Resources"].items():
        if item["Type"] in IGNORED and resources.get(name) is None:
            resources[name] = Recorded(name, item["Type"])


def _add_events(stack: Any, change_set: Any) -> None:
    """An event a resource, before the stack's own last one."""
    from moto.cloudformation.models import Event

    last = stack.events.pop()
    verbs = {"Add": "CREATE_COMPLETE", "Modify": "UPDATE_COMPLETE", "Remove": "DELETE_COMPLETE"}
    for change in change_set.changes:
        resource = stack.resource_map._parsed_resources.get(change.logical_resource_id)
        physical_id = getattr(resource, "physical_resource_id", None) or change.logical_resource_id
        status = verbs[change.action]
        stack.events.append(
            Event(stack.stack_id, stack.name, change.logical_resource_id, physical_id, change.resource_type,
                  status, None, None)
        )  # fmt: skip
    stack.events.append(last)


def _close_buckets(stack: Any) -> None:
    """The public access block. (Not the policy: moto would read its Deny without its condition.)"""
    from moto.s3.models import s3_backends

    for item in stack.template_dict["Resources"].values():
        if item["Type"] == "AWS::S3::Bucket":
            settings = {
                key: str(value).lower() for key, value in item["Properties"]["PublicAccessBlockConfiguration"].items()
            }
            s3_backends[stack.account_id]["aws"].put_public_access_block(stack.parameters["BucketName"], settings)
