"""Why a line of a file is not an utterance: codes, and their words. Pure."""

from collections.abc import Mapping

from seikaku.errors import Words, both

REASONS: dict[str, Words] = {
    "sticker": both("スタンプ", "stickers"),
    "photo": both("写真", "photos"),
    "video": both("動画", "videos"),
    "voice_message": both("ボイスメッセージ", "voice messages"),
    "file": both("ファイル", "files"),
    "location": both("位置情報", "locations"),
    "contact": both("連絡先", "contacts"),
    "album": both("アルバム", "albums"),
    "note": both("ノート", "notes"),
    "poll": both("投票", "polls"),
    "gift": both("プレゼント", "gifts"),
    "event": both("イベント", "events"),
    "other_media": both("その他の添付", "other attachments"),
    "call": both("通話", "calls"),
    "system": both("システムの表示", "system lines"),
    "unsent": both("送信取り消し", "unsent messages"),
    "url_only": both("URL だけの発言", "messages of web addresses only"),
    "empty": both("空の発言", "empty messages"),
    "no_speaker": both("話者が空の行", "lines without a speaker"),
    "repeated": both("ほかのファイルと重なる発言", "messages that another file holds"),
    "bot": both("ボットの発言", "messages by bots"),
    "assistant": both("アシスタントの返答", "an assistant's answers"),
    "other_branch": both("書き直す前の発言", "messages of abandoned branches"),
    "forwarded": both("転送された発言", "forwarded messages"),
    "reaction": both("リアクション", "reactions"),
    "deleted": both("削除された発言", "deleted messages"),
    "annotation": both("書き起こしの注記", "a transcriber's marks"),
    "code": both("コード", "code"),
    "quote": both("引用", "quotes"),
    "mention": both("メンション", "mentions"),
    "url": both("URL", "web addresses"),
    "too_long": both("10 万字を超える発言（文書の貼り付けなど）", "messages over 100,000 characters (documents)"),
    "not_utterance": both("発言でない行", "lines that are not messages"),
}


def describe_dropped(dropped: Mapping[str, int]) -> Words:
    """The counts in one phrase, e.g. ``スタンプ 3 件、写真 1 件``."""
    return both(
        "、".join(f"{REASONS[reason]} {count} 件" for reason, count in dropped.items()),
        ", ".join(f"{REASONS[reason].english} {count}" for reason, count in dropped.items()),
    )
