"""AWS's inference image in small: its real toolkit (sagemaker-inference) behind an HTTP server, one worker.

In: SAGEMAKER_BASE_DIR with model/code/inference.py, SAGEMAKER_BIND_TO_PORT. Effects: listens on the loopback.

What the image's model server does and this does too: the script is found in model/code before anything else, one
worker answers one request at a time with one context for its life, /ping says 200 even while the worker cannot load
the model, a worker without model answers 503. The image's handler turns an exception into status 400 with the
exception's text; the one here (sagemaker-inference's own) into 500 with a traceback: a script for both raises nothing.
"""

import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model"
sys.path.insert(0, str(MODEL / "code"))

from sagemaker_inference.transformer import Transformer  # noqa: E402


class RequestProcessor:
    """A request's headers, and the status of its answer, as multi-model-server keeps them."""

    def __init__(self, headers):
        self.headers = headers
        self.status = 200
        self.content_type = "application/json"

    def get_request_properties(self):
        return self.headers


class Context:
    """The worker's context: the same object for every request."""

    system_properties = {"model_dir": str(MODEL)}  # noqa: RUF012
    request_processor: list

    def set_response_status(self, code=200, phrase="", idx=0):
        self.request_processor[idx].status = code

    def set_response_content_type(self, idx, value):
        self.request_processor[idx].content_type = value


class Worker:
    """Loads the model, then answers."""

    def __init__(self):
        self.context = Context()
        self.transformer = Transformer()
        self.lock = threading.Lock()
        self.is_ready = False

    def load(self):
        try:
            self.transformer.validate_and_initialize(str(MODEL), self.context)
        except Exception:
            traceback.print_exc()
            return
        import seikaku

        assert Path(seikaku.__file__).is_relative_to(MODEL / "code"), "not the package that was packed"
        self.is_ready = True

    def answer(self, body, headers):
        with self.lock:
            if not self.is_ready:
                return 503, "application/json", b'{"code": 503, "type": "InternalServerException"}'
            processor = RequestProcessor(headers)
            self.context.request_processor = [processor]
            (told,) = self.transformer.transform([{"body": body}], self.context)
            return processor.status, processor.content_type, told.encode() if isinstance(told, str) else told


WORKER = Worker()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._send(200 if self.path == "/ping" else 404, "application/json", b'{"status": "Healthy"}')

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(*WORKER.answer(body, dict(self.headers.items())))

    def _send(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler)
    WORKER.load()
    server.serve_forever()
