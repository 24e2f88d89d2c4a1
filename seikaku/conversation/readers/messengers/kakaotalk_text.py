"""What KakaoTalk writes: days, clocks, headings, labels of media, lines of the app. Pure. Korean, English, Japanese."""

import re
from datetime import datetime

_SP = "[ \u00a0\u202f]?"
_NAMES_OF_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY = re.compile(r"-{5,40} (.{8,40}) -{5,40}\s*")
_YEAR_FIRST = re.compile(
    r"(\d{4})[년年] ?(\d{1,2})[월月] ?(\d{1,2})[일日](?: ?[월화수목금토일月火水木金土日]요?[일曜]日?)?", re.ASCII
)
_ENGLISH_DAY = re.compile(r"(?:[A-Z][a-z]{2,8}, )?([A-Z][a-z]{2})[a-z]{0,6} (\d{1,2}), (\d{4})", re.ASCII)
_CLOCK = re.compile(rf"(오전|오후|午前|午後|AM|PM)?{_SP}(\d{{1,2}}):([0-5]\d){_SP}(AM|PM)?", re.ASCII)
_MOMENT = re.compile(
    rf"(?:(\d{{4}})(?:[년年] ?|\. ?)(\d{{1,2}})(?:[월月] ?|\. ?)(\d{{1,2}})(?:[일日]|\.)"
    rf"|([A-Z][a-z]{{2}})[a-z]{{0,6}} (\d{{1,2}}), (\d{{4}})(?:,| at)?) ?"
    rf"((?:오전|오후|午前|午後|AM|PM)?{_SP}\d{{1,2}}:[0-5]\d(?:{_SP}[AP]M)?)",
    re.ASCII,
)
_HEADING = re.compile(
    r".{0,100}(?:카카오톡 대화|KakaoTalk Chats?.{0,60}|カカオトーク.{0,10})\s*"
    r"|(?:저장한 날짜|Date Saved|保存した日付).{0,40}"
)
_SYSTEM = re.compile(
    r".{1,80}님(?:이|을|께서) .{0,80}"
    r"(?:들어왔습니다|나갔습니다|내보냈습니다|초대하였습니다|초대했습니다|가려졌습니다)\.?"
    r"|.{1,80} (?:joined|left) this chatroom\.|.{1,80} invited .{1,80} to this chatroom\."
    r"|채팅방 관리자가 메시지를 가렸습니다\.|메시지가 삭제되었습니다\."
)
_LABELS = {
    "사진": "photo", "Photo": "photo", "Photos": "photo", "写真": "photo",
    "동영상": "video", "Video": "video", "動画": "video",
    "이모티콘": "sticker", "Emoticon": "sticker", "Emoticons": "sticker", "Sticker": "sticker",
    "スタンプ": "sticker",
    "음성메시지": "voice_message", "Voice message": "voice_message", "Voice Message": "voice_message",
    "ボイスメッセージ": "voice_message",
    "삭제된 메시지입니다.": "deleted",
    "This message was deleted.": "deleted", "This message has been deleted.": "deleted",
    "削除されたメッセージです。": "deleted", "削除されたメッセージです": "deleted",
    "보이스톡 해요": "call", "보이스톡 해요.": "call", "페이스톡 해요": "call", "페이스톡 해요.": "call",
    "그룹콜 해요": "call",
    "보이스톡 부재중": "call", "페이스톡 부재중": "call", "보이스톡 취소": "call", "페이스톡 취소": "call",
}  # fmt: skip
_PREFIXES = re.compile(
    r"(?P<photo>(?:사진|Photos?) \d{1,3}장?)|(?P<file>(?:파일|File|ファイル): .{1,200})"
    r"|(?P<location>(?:지도|Map|Location): .{1,300})"
    r"|(?P<contact>(?:연락처|Contact): .{1,100})"
    r"|(?P<call>(?:보이스톡|페이스톡|그룹콜|Voice Call|Video Call) (?:해요\.?|종료)?[\d: ]{0,12})"
    r"|(?P<other_media>샵검색: .{1,100})"
)
_MAX_CHARS = 320
_MAX_LINE_CHARS = 200


def read_day(line: str) -> datetime | None:
    """The day of a line between dashes; None where it is none."""
    match = _DAY.fullmatch(line) if line.startswith("-----") and len(line) <= _MAX_LINE_CHARS else None
    if match is None:
        return None
    if year_first := _YEAR_FIRST.fullmatch(match[1]):
        return _day(int(year_first[1]), int(year_first[2]), int(year_first[3]))
    if (english := _ENGLISH_DAY.fullmatch(match[1])) and english[1] in _NAMES_OF_MONTHS:
        return _day(int(english[3]), _NAMES_OF_MONTHS.index(english[1]) + 1, int(english[2]))
    return None


def read_pc_clock(written: str) -> int | None:
    """A clock in minutes of the day: 24 h, or 12 h with 오전/오후, 午前/午後, AM/PM."""
    match = _CLOCK.fullmatch(written)
    if match is None:
        return None
    half, hour = match[1] or match[4], int(match[2])
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if half in ("오후", "午後", "PM") else 0)
    return hour * 60 + int(match[3]) if hour < 24 else None


def read_moment(line: str) -> tuple[int, datetime | None]:
    """The moment that a line begins with, and where it ends."""
    match = _MOMENT.match(line)
    clock = read_pc_clock(match[7]) if match else None
    if match is None or clock is None:
        return 0, None
    if match[1]:
        day = _day(int(match[1]), int(match[2]), int(match[3]))
    elif match[4] in _NAMES_OF_MONTHS:
        day = _day(int(match[6]), _NAMES_OF_MONTHS.index(match[4]) + 1, int(match[5]))
    else:
        return 0, None
    return match.end(), day and day.replace(hour=clock // 60, minute=clock % 60)


def is_heading(line: str) -> bool:
    """Whether a line at the top is the export's title or its date."""
    return len(line) <= _MAX_LINE_CHARS and _HEADING.fullmatch(line) is not None


def is_system(line: str) -> bool:
    """Whether a line without a head is the app's: somebody came, went, was invited."""
    return len(line) <= _MAX_LINE_CHARS and _SYSTEM.fullmatch(line.strip()) is not None


def reason_of(body: str) -> str | None:
    """Why a whole body is no speech, or None."""
    if reason := _LABELS.get(body):
        return reason
    match = _PREFIXES.fullmatch(body) if len(body) <= _MAX_CHARS else None
    return match.lastgroup if match else None


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None
