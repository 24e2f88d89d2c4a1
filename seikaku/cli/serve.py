"""`seikaku serve`: the page and the HTTP API. Effects: listens on an address, prints one line, logs to stderr."""

import errno
import os
import signal
import socket
from pathlib import Path
from typing import Any

from seikaku.cli.bilingual import allow_download_option, lang_option, model_option, quiet_option, verb
from seikaku.cli.language import show, warn
from seikaku.cli.options import settings_options
from seikaku.errors import UserError, both
from seikaku.serving.config import ServeConfig

KEY_VARIABLE = "SEIKAKU_API_KEY"


@verb(
    "serve",
    help=both(
        f"""ブラウザで使うページと HTTP API を動かします（止めるには Ctrl+C）。

        会話の本文は、保存も記録もしません。既定では、この機械の中からだけ使えます。

        API キーを求めるには、環境変数 {KEY_VARIABLE} にキーを入れて起動してください。
        """,
        f"""Run the page for a browser and the HTTP API (Ctrl+C stops them).

        No text of a conversation is kept or logged. By default only this machine can reach the server.

        To ask callers for an API key, put the key into the variable {KEY_VARIABLE} before you start.
        """,
    ),
)
@model_option
@allow_download_option
@settings_options("settings", ServeConfig)
@lang_option
@quiet_option
def command(model: Path | None, allow_download: bool, settings: dict[str, Any]) -> None:
    """Listen, say where, and serve until a signal comes."""
    config = ServeConfig(**settings, api_key=os.environ.get(KEY_VARIABLE, ""))
    import uvicorn

    from seikaku.serving.app import build_app
    from seikaku.serving.guards.observing import configure_logging

    app = build_app(config, model or _model_of_container(), may_download=allow_download)
    listener = _listen(config)
    with listener:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                # The work in hand may take its whole time; what hangs longer is cut off.
                timeout_graceful_shutdown=int(config.timeout_seconds) + 5,
            )
        )
        configure_logging()
        _announce(config, listener.getsockname()[1])
        for signal_number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again after it has closed in order
            signal.signal(signal_number, lambda *_: None)
        server.run(sockets=[listener])


def _model_of_container() -> Path | None:
    """The model in the folder that our image's environment names; None, the embedded one, where that is empty."""
    from seikaku.serving.sagemaker import MODEL_VARIABLE, find_model

    folder = os.environ.get(MODEL_VARIABLE)
    return find_model(Path(folder)) if folder else None


def _listen(config: ServeConfig) -> socket.socket:
    """A bound socket. Raises UserError that names what is wrong with the address."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # The protocol is named: asyncio sends small answers at once (TCP_NODELAY) only where it is, else 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        listener.close()
        raise _explain(config, error) from None
    return listener


def _explain(config: ServeConfig, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(
            both(
                f"ポート {config.port} はほかのプログラムが使っています。",
                f"Port {config.port} is used by another program.",
            ),
            both(
                "--port に別の番号を指定してください（--port 0 なら空いている番号を使います）。",
                "Give another number with --port (--port 0 takes one that is free).",
            ),
        )
    if error.errno == errno.EACCES:
        return UserError(
            both(
                f"ポート {config.port} を使う権限がありません。", f"There is no permission to use port {config.port}."
            ),
            both("--port に 1024 以上の番号を指定してください。", "Give a number of 1024 or more with --port."),
        )
    return UserError(
        both(
            f"--host {config.host} で待ち受けられません（{error.strerror}）。",
            f"Cannot listen on --host {config.host} ({error.strerror}).",
        ),
        both(
            "この機械のアドレス（127.0.0.1 や 0.0.0.0）を指定してください。",
            "Give an address of this machine (127.0.0.1, 0.0.0.0).",
        ),
    )


def _announce(config: ServeConfig, port: int) -> None:
    from seikaku.serving.requests.purposes import ALLOWED

    host = f"[{config.host}]" if ":" in config.host else config.host
    url = f"http://{host}:{port}/"
    show(both(f"seikaku を開くには: {url} （止めるには Ctrl+C）", f"Open seikaku: {url} (stop: Ctrl+C)"))
    if not config.is_loopback and not config.api_key:
        warn(
            both(
                f"注意: --host {config.host} では、この機械に届く人なら誰でも使えます。通信も暗号化されません。\n"
                f"      環境変数 {KEY_VARIABLE} で API キーを求め、HTTPS の中継の内側に置いてください。",
                f"Note: with --host {config.host} whoever reaches this machine can use it, and nothing is encrypted.\n"
                f"      Ask for an API key with the variable {KEY_VARIABLE}, and put a proxy with HTTPS before it.",
            )
        )
    if config.default_purpose is not None:
        name_ja, name_en = ALLOWED[config.default_purpose]
        warn(
            both(
                f"注意: 目的（purpose）を書かない API の依頼は、「{name_ja}」"
                f"（{config.default_purpose}）として答えます。\n"
                "      採用・与信・保険・捜査・個人の特定には、これまでどおり使えません。",
                f"Note: API requests that give no purpose are answered as for {name_en} ({config.default_purpose}).\n"
                "      Hiring, credit, insurance, policing and identifying people stay refused.",
            )
        )
