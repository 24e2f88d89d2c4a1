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
    "not_utterance": both("発言でない行", "lines that are not messages"),
}


def describe_dropped(dropped: Mapping[str, int]) -> Words:
    """The counts in one phrase, e.g. ``スタンプ 3 件、写真 1 件``."""
    return both(
        "、".join(f"{REASONS[reason]} {count} 件" for reason, count in dropped.items()),
        ", ".join(f"{REASONS[reason].english} {count}" for reason, count in dropped.items()),
    )
