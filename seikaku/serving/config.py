"""Settings of the server: one field with a help text = one flag of ``seikaku serve``. Frozen; no effects."""

from dataclasses import dataclass, field
from typing import ClassVar

from seikaku.errors import both
from seikaku.settings import check_ranges, setting

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """Where the server listens and what it takes. ``api_key`` is no flag: a command line is seen by every process."""

    VARIABLES: ClassVar = "SEIKAKU_SERVE_"  # for containers, where nobody types the command
    host: str = setting(
        "127.0.0.1",
        both(
            "待ち受けるアドレス（既定ではこの機械の中からだけ使える）",
            "Address to listen on (by default only this machine can reach it)",
        ),
    )
    port: int = setting(
        8080, both("待ち受けるポート（0: 空いている番号）", "Port to listen on (0: one that is free)"), 0, 65535
    )
    max_body_bytes: int = setting(
        10_000_000,
        both(
            "1 つのリクエスト（/v1/batch では 1 行）の大きさの上限（バイト）",
            "Bytes of a request (of a line, at /v1/batch) at the most",
        ),
        1_000,
    )
    max_utterances: int = setting(
        100_000, both("1 つのリクエストの発話数の上限", "Utterances of a request at the most"), 1
    )
    max_chars: int = setting(
        3_000_000,
        both("1 つのリクエストの発話の文字数の合計の上限", "Characters of a request's utterances at the most, in all"),
        1,
    )
    timeout_seconds: float = setting(
        30.0,
        both(
            "本文の受信と推定、それぞれにかけてよい時間（秒）",
            "Seconds that receiving a request and estimating may take, each",
        ),
        0.01,
    )
    max_concurrent: int = setting(2, both("同時に推定する数", "Estimates at the same time"), 1, 64)
    max_waiting: int = setting(
        32,
        both(
            "順番を待てるリクエストの数（超えると 503 を返す）",
            "Requests that may wait for their turn (others are answered 503)",
        ),
        0,
    )
    default_purpose: str | None = setting(
        None,
        both(
            "目的（purpose）を書かない API の依頼を、何のためとして扱うか"
            "（self_reflection、research、service_development、education）",
            "For what an API request that gives no purpose is taken "
            "(self_reflection, research, service_development, education)",
        ),
        unset=both("なし。目的のない依頼は断る", "none; a request without a purpose is refused"),
    )
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check_ranges(self)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK_HOSTS or self.host.startswith("127.")
