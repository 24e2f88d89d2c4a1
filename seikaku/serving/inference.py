"""The model as the Hugging Face inference image of SageMaker calls it: packed as ``code/inference.py``.

In: the model's folder, a request. Out: the answers of `/invocations`. Effect: reads the folder.

The image's toolkit turns every exception into a 400, and AWS's other toolkit into a traceback; so nothing is raised
here: the status goes through the server's context, and the body is the problem document.
"""

from pathlib import Path
from typing import Any

from seikaku.inference.estimator import Estimator
from seikaku.serving.answers.invoking import Invocation, answer_invocation, check_accept, refuse
from seikaku.serving.config import ServeConfig
from seikaku.serving.sagemaker import find_model


def model_fn(model_dir: str) -> Estimator:
    """The model in the folder that SageMaker unpacked, else the embedded one. Raises ModelError."""
    return Estimator.load(find_model(Path(model_dir)))


def input_fn(body: str | bytes, content_type: str | None) -> tuple[bytes, str]:
    """The body as bytes (the toolkit decodes JSON), and its type."""
    return (body.encode() if isinstance(body, str) else bytes(body)), content_type or ""


def predict_fn(asked: tuple[bytes, str], estimator: Estimator) -> Invocation:
    """The answer."""
    return answer_invocation(*asked, estimator, ServeConfig())


def output_fn(answer: Invocation, accept: str, context: Any) -> bytes:
    """The body; the status goes to the server's context."""
    try:
        check_accept(accept)
    except Exception as error:
        answer = refuse(error)
    context.set_response_status(code=answer.status, phrase="")
    return answer.body
