"""infra/seikaku.yaml as CloudFormation reads it: parameters, conditions and functions worked out.

In: the template's text and parameters. Out: plain values. Effect: reads the template.
"""

import copy
import functools
import re
from typing import Any

import yaml
from aws_environment import ACCOUNT_ID, REGION

from seikaku.places import REPOSITORY

TEMPLATE = REPOSITORY / "infra" / "seikaku.yaml"
PSEUDO = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/seikaku/0",
    "AWS::StackName": "seikaku",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):
    """Knows CloudFormation's short forms (!Ref, ...)."""


def _spell_out(loader: Any, tag: str, node: Any) -> dict[str, Any]:
    name = "Ref" if tag == "Ref" else "Condition" if tag == "Condition" else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".") if tag == "GetAtt" else value}
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _spell_out)


def load_resources(**parameters: str) -> dict[str, Any]:
    """The resources that exist with these parameters, every function in them worked out."""
    template = resolve_mappings(parse(TEMPLATE.read_text(encoding="utf-8")))
    values = parameter_values(template, {"BucketName": "seikaku-test"} | parameters)
    reduced = resolve_conditions(template, values)
    return {name: resolve(item, values, template.get("Conditions", {})) for name, item in reduced["Resources"].items()}


@functools.cache
def _parse(template: str) -> dict[str, Any]:
    return dict(yaml.load(template, _Loader))  # noqa: S506 - a SafeLoader


def parse(template: str) -> dict[str, Any]:
    """The template with its short forms spelt out."""
    return copy.deepcopy(_parse(template))


def parameter_values(template: dict[str, Any], given: dict[str, Any]) -> dict[str, str]:
    """Every parameter's value as text: moto hands over lists for previous values, and leaves out defaults."""
    values = {name: str(item.get("Default", "")) for name, item in template["Parameters"].items()}
    return values | {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in given.items()}


def resolve_conditions(template: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """The template less the resources and outputs whose condition does not hold."""
    conditions = template.get("Conditions", {})
    reduced = copy.deepcopy(template)
    for part in ("Resources", "Outputs"):
        reduced[part] = {
            name: item
            for name, item in reduced[part].items()
            if "Condition" not in item or holds({"Condition": item["Condition"]}, conditions, values)
        }
    return reduced


def resolve_mappings(template: dict[str, Any]) -> dict[str, Any]:
    """The template with what its mappings tell for the region of ``PSEUDO``."""

    def look(value: Any) -> Any:
        if isinstance(value, list):
            return [look(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "Fn::FindInMap" in value:
            name, *keys = [PSEUDO[key["Ref"]] if isinstance(key, dict) else key for key in value["Fn::FindInMap"]]
            return functools.reduce(lambda found, key: found[key], keys, template["Mappings"][name])
        return {key: look(item) for key, item in value.items()}

    return dict(look(template))


def holds(condition: Any, conditions: dict[str, Any], values: dict[str, str]) -> bool:
    """Whether a condition of the template is true with these parameters."""
    ((kind, operand),) = condition.items()
    if kind == "Condition":
        return holds(conditions[operand], conditions, values)
    if kind == "Fn::Not":
        return not holds(operand[0], conditions, values)
    if kind == "Fn::And":
        return all(holds(part, conditions, values) for part in operand)
    if kind == "Fn::Equals":
        left, right = (_value(side, values) for side in operand)
        return left == right
    raise ValueError(f"unknown condition {kind}")


def _value(side: Any, values: dict[str, str]) -> str:
    if not isinstance(side, dict):
        return str(side)
    if "Ref" in side:
        return values[side["Ref"]]
    delimiter, parts = side["Fn::Join"]
    return delimiter.join(_value(parts, values).split(","))


def resolve(value: Any, values: dict[str, str], conditions: dict[str, Any]) -> Any:
    """``value`` with its functions worked out; a resource stands as its logical id, an Arn as one of its type."""
    if isinstance(value, list):
        resolved = [resolve(item, values, conditions) for item in value]
        return [item for item in resolved if item is not None]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, operand),) = value.items()
        if kind == "Ref":
            return PSEUDO[operand] if operand in PSEUDO else values.get(operand, operand)
        if kind == "Fn::GetAtt":
            return _attribute(*operand)
        if kind == "Fn::Sub":
            if isinstance(operand, list):
                operand, own = operand
                values = values | {name: resolve(item, values, conditions) for name, item in own.items()}
            return _VARIABLE.sub(lambda found: str(resolve({"Ref": found[1]}, values, conditions)), operand)
        if kind == "Fn::If":
            chosen = operand[1] if holds({"Condition": operand[0]}, conditions, values) else operand[2]
            return resolve(chosen, values, conditions)
    resolved = {key: resolve(item, values, conditions) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not None}


def _attribute(logical_id: str, attribute: str) -> str:
    if attribute != "Arn":
        return f"{logical_id}.{attribute}"
    if logical_id.endswith("Log"):
        return f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{logical_id}:*"
    return f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-{logical_id}"
