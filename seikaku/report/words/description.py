"""What describes somebody's language, in words. In: figures. Out: labels, units and sentences, both languages. Pure.

Every sentence is about what was written. None says anything about whoever wrote it.
"""

from seikaku.conversation.description.catalogue import Group
from seikaku.conversation.description.describe import LanguageFigure
from seikaku.conversation.description.placing import LEVELS, LanguageNorm, Place
from seikaku.conversation.description.turn_taking import BUSY_HOURS, HOURS_PER_DAY
from seikaku.report.words.numbers import NONE
from seikaku.report.words.texts import Lang, colon, format_range

_Words = dict[Lang, str]

TITLE: _Words = {"ja": "言葉そのものの記述", "en": "The language itself"}
ABOUT: _Words = {
    "ja": "書かれた言葉を数えただけのものです。性格や気持ちを表すものではありません。",
    "en": "Counts of what was written, and nothing more: no measure of personality or feelings.",
}
_NORM: _Words = {
    "ja": "順番は、基準集団「{name}」（{n:,}人）が同じくらいの量を書いたときと比べたものです。"
    "相手や場面が違えば、離れていて当たり前です。",
    "en": "Places compare with the norm group, {name} ({n:,} people), writing about as much. With other partners or in "
    "another setting, standing far apart is to be expected.",
}
GROUPS: dict[Group, _Words] = {
    "amount": {"ja": "量", "en": "Amount"},
    "rhythm": {"ja": "やりとりのリズム", "en": "Rhythm"},
    "style": {"ja": "書き方", "en": "Style"},
    "words": {"ja": "言葉選び", "en": "Words"},
}

# Key -> (label, what it is) in each language.
_FIGURES: dict[str, dict[Lang, tuple[str, str]]] = {
    "messages": {
        "ja": ("メッセージ数", "本人が書いたメッセージの数です。スタンプや写真は数えません。"),
        "en": ("Messages", "How many messages the speaker wrote; stickers and photos do not count."),
    },
    "characters": {
        "ja": ("文字数", "本人が書いた文字の数です。空白と URL は数えません。"),
        "en": ("Characters", "How many characters the speaker wrote, without spaces and web addresses."),
    },
    "messages_per_day": {
        "ja": ("1 日のメッセージ数", "最初の日から最後の日までの平均です。書かなかった日も 1 日と数えます。"),
        "en": ("Messages a day", "The mean from the first day to the last, days without a message included."),
    },
    "characters_per_day": {
        "ja": ("1 日の文字数", "最初の日から最後の日までの平均です。書かなかった日も 1 日と数えます。"),
        "en": ("Characters a day", "The mean from the first day to the last, days without a message included."),
    },
    "message_share": {
        "ja": ("全員のメッセージに占める割合", "会話の全員が書いたメッセージのうち、本人のものの割合です。"),
        "en": ("Share of all messages", "Of the messages that everybody wrote, how many are the speaker's."),
    },
    "character_share": {
        "ja": ("全員の文字数に占める割合", "会話の全員が書いた文字のうち、本人のものの割合です。"),
        "en": ("Share of all characters", "Of the characters that everybody wrote, how many are the speaker's."),
    },
    "reply_seconds": {
        "ja": ("返信までの時間", "相手のメッセージのすぐ後に返すまでの時間の中央値です（24 時間まで）。"),
        "en": ("Time to reply", "The median time behind somebody else's message (24 hours at most)."),
    },
    "messages_in_a_row": {
        "ja": ("続けて送る数", "相手が書くまでに続けて送ったメッセージの平均です。"),
        "en": ("Messages in a row", "How many messages the speaker sends on average before somebody else writes."),
    },
    "opening_share": {
        "ja": ("話を始める側の割合", "6 時間以上あいたあとの最初のメッセージのうち、本人のものの割合です。"),
        "en": ("Share of openings", "Of the first messages after six silent hours, how many are the speaker's."),
    },
    "hours": {
        "ja": ("よく書く時間帯", "本人のメッセージがいちばん多い 3 時間です。"),
        "en": ("Busiest hours", "The three hours that hold most of the speaker's messages."),
    },
    "characters_per_message": {
        "ja": ("1 通の長さ", "1 つのメッセージの文字数の中央値です。"),
        "en": ("Message length", "The median number of characters in a message."),
    },
    "question_share": {
        "ja": ("質問の割合", "「？」か、「ですか」「ますか」などで終わる文のあるメッセージの割合です。"),
        "en": ("Questions", "Messages with a question mark or a sentence that ends as polite questions do (ですか)."),
    },
    "exclamation_share": {
        "ja": ("「！」の割合", "「！」のあるメッセージの割合です。"),
        "en": ("Exclamation marks", "Messages with an exclamation mark."),
    },
    "emoji_share": {
        "ja": ("絵文字の割合", "絵文字のあるメッセージの割合です。♪ や ☆ も数え、スタンプと顔文字は数えません。"),
        "en": ("Emoji", "Messages with an emoji, ♪ or ☆; stickers and faces made of characters do not count."),
    },
    "laugh_share": {
        "ja": ("「笑・w・草」の割合", "笑いの印のあるメッセージの割合です。「笑う」などの言葉は数えません。"),
        "en": ("Laughs (笑, w, 草)", "Messages with a written laugh; words such as 笑う do not count."),
    },
    "polite_share": {
        "ja": ("です・ますの割合", "「です」「ます」とその変化した形で終わる文の割合です。"),
        "en": ("Polite endings (です, ます)", "Sentences that end in です, ます or a form of them."),
    },
    "final_particles": {
        "ja": ("文の終わり方", "「ね」「よ」などの終助詞か、「けど」「から」「し」で終わる文の割合です。"),
        "en": ("Sentence endings", "Sentences that end in a particle (ね, よ) or trail off (けど, から, し)."),
    },
    "first_person": {
        "ja": ("自分を指す言葉", "「私」「僕」「俺」などの回数です。「自分」は意味が分かれるので数えません。"),
        "en": ("Words for oneself", "How often 私, 僕, 俺 and the like are written; 自分 is ambiguous."),
    },
    "fillers": {
        "ja": ("つなぎの言葉", "「えっと」「まあ」「なんか」などの回数です。「何か」の意味の「なんか」も混じります。"),
        "en": ("Fillers", "How often えっと, まあ, なんか and the like are written; なんか may also mean “something”."),
    },
    "variety": {
        "ja": (
            "言い回しの幅",
            "続く 500 組の 2 文字のうち、違う組の割合です。文章の長さによらず、同じ言い方が多いほど小さくなります。",
        ),
        "en": (
            "Variety of wording",
            "The share of distinct pairs among 500 neighbouring pairs of characters: it does not depend on the length "
            "of the text and is the lower the more wordings come back.",
        ),
    },
}  # fmt: skip

_BASES: dict[str, _Words] = {
    "messages": {"ja": "メッセージ {n:,} 件", "en": "{n:,} messages"},
    "days": {"ja": "{n:,} 日分の日付", "en": "dates over {n:,} days"},
    "messages_of_all": {"ja": "ほかの話者との会話のメッセージ {n:,} 件", "en": "{n:,} messages of a shared talk"},
    "replies": {"ja": "時刻のある返信 {n:,} 回", "en": "{n:,} replies with times"},
    "turns": {"ja": "ほかの話者との発言の番 {n:,} 回", "en": "{n:,} turns in a shared talk"},
    "openings": {"ja": "6 時間以上あいたあとの会話の始まり {n:,} 回", "en": "{n:,} openings after six silent hours"},
    "messages_with_time": {"ja": "時刻のあるメッセージ {n:,} 件", "en": "{n:,} messages with times"},
    "sentences": {"ja": "文 {n:,} 個", "en": "{n:,} sentences"},
    "characters": {"ja": "{n:,} 字", "en": "{n:,} characters"},
    "letter_pairs": {"ja": "続く 2 文字 {n:,} 組", "en": "{n:,} pairs of characters"},
}

# What less and more is called, where it is not fewer and more.
_ENDS: dict[str, dict[Lang, tuple[str, str]]] = {
    "characters_per_message": {"ja": ("短い", "長い"), "en": ("shortest", "longest")},
    "variety": {"ja": ("狭い", "広い"), "en": ("narrowest", "widest")},
}
_LESS_AND_MORE: dict[Lang, tuple[str, str]] = {"ja": ("少ない", "多い"), "en": ("fewest", "most")}
# Below this share the same value is a coincidence of rounding.
_SAME_FROM = 0.1
_PARTS_NAMED = 5
_MINUTE, _HOUR = 60, 3600
_UNITS: dict[str, _Words] = {
    "messages": {"ja": "{value:,.0f} 件", "en": "{value:,.0f}"},
    "characters": {"ja": "{value:,.0f} 字", "en": "{value:,.0f} characters"},
    "messages_per_day": {"ja": "{value:,.1f} 件", "en": "{value:,.1f}"},
    "characters_per_day": {"ja": "{value:,.0f} 字", "en": "{value:,.0f}"},
    "messages_per_turn": {"ja": "{value:,.1f} 件", "en": "{value:,.1f}"},
    "per_1000_characters": {"ja": "1,000 字に {value:,.1f} 回", "en": "{value:,.1f} in 1,000 characters"},
    "ratio": {"ja": "{value:.2f}", "en": "{value:.2f}"},
}


def figure_label(key: str, lang: Lang) -> str:
    """What a figure is called."""
    return _FIGURES[key][lang][0]


def figure_meaning(key: str, lang: Lang) -> str:
    """One sentence: what a figure counts."""
    return _FIGURES[key][lang][1]


def figure_value(figure: LanguageFigure, lang: Lang) -> str:
    """The value with its unit; a dash for None."""
    if figure.value is None:
        return NONE
    if figure.unit == "share":
        return _percent(figure.value)
    if figure.unit == "seconds":
        return _duration(figure.value, lang)
    if figure.unit == "hour":
        return _hours(figure, lang)
    return _UNITS[figure.unit][lang].format(value=figure.value)


def figure_parts(figure: LanguageFigure, lang: Lang) -> str:
    """The parts that say most, largest first: endings with their shares, words with their counts; "" for none."""
    if figure.value is None or figure.unit == "hour":  # the hours are for a chart
        return ""
    found = sorted((part for part in figure.parts if part.value > 0), key=lambda part: -part.value)[:_PARTS_NAMED]
    if figure.kind.part_unit == "count":
        times = {"ja": "{name} {value:,.0f} 回", "en": "{name} {value:,.0f}×"}[lang]
        return _separator(lang).join(times.format(name=part.name, value=part.value) for part in found)
    names = {"even": {"ja": "全員が同じだけ書いたとすると", "en": "if everybody wrote as much:"}[lang]}
    return _separator(lang).join(f"{names.get(part.name, part.name)} {_percent(part.value)}" for part in found)


def figure_need(figure: LanguageFigure, lang: Lang) -> str:
    """What a figure without a value would need."""
    needed = _BASES[figure.kind.basis][lang].format(n=figure.kind.least)
    if lang == "ja":
        return f"{needed}以上が必要です（いま {figure.n:,}）。"
    return f"Needs {needed} or more (now {figure.n:,})."


def figure_place(figure: LanguageFigure, lang: Lang) -> str | None:
    """Where the figure stands among 100 of the norm group, and where other text might; None without a place."""
    place = figure.place
    if place is None:
        return None
    if place.same >= _SAME_FROM:
        n_same = round(100 * place.same)
        return f"基準集団の 100 人中 {n_same} 人ほどと同じ" if lang == "ja" else f"the same as about {n_same} of 100"
    is_more = place.percentile > 50
    end = _ENDS.get(figure.key, _LESS_AND_MORE)[lang][is_more]
    rank, first, last = (_rank(value, is_more=is_more) for value in _nearest_first(place, is_more=is_more))
    others = format_range(str(first), str(last), lang)
    is_outermost = rank <= LEVELS[0]
    if lang == "ja":
        stands = f"{rank} {'番目以内' if is_outermost else '番目くらい'}"
        return f"基準集団の 100 人なら{end}ほうから {stands}（80% の見込みで、ほかの文章でも {others} 番目）"
    stands = f"among the {rank} {end}" if is_outermost else f"about number {rank} from the {end}"
    return f"{stands} of 100 in the norm group (80% range for other text: {others})"


def figure_sentence(figure: LanguageFigure, lang: Lang) -> str:
    """Label and value, then the place or what is needed for a value."""
    head = f"{figure_label(figure.key, lang)} {figure_value(figure, lang)}"
    tail = figure_need(figure, lang) if figure.value is None else figure_place(figure, lang)
    return head if tail is None else f"{head}{colon(lang)}{tail}"


def norm_note(norm: LanguageNorm, lang: Lang) -> str:
    """With whom places compare, and what a distance from them may come from."""
    return _NORM[lang].format(name=norm.name_ja if lang == "ja" else norm.name_en, n=norm.n_speakers)


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


def _duration(seconds: float, lang: Lang) -> str:
    if seconds < _MINUTE:
        return "1 分未満" if lang == "ja" else "less than a minute"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} 分" if lang == "ja" else f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} 時間" if lang == "ja" else f"{seconds / _HOUR:.1f} h"


def _hours(figure: LanguageFigure, lang: Lang) -> str:
    """The busiest hours and what share of the messages they hold; 24 is midnight."""
    assert figure.value is not None
    first = int(figure.value)
    share = sum(figure.parts[(first + hour) % HOURS_PER_DAY].value for hour in range(BUSY_HOURS))
    last = (first + BUSY_HOURS - 1) % HOURS_PER_DAY + 1
    hours = format_range(f"{first}", f"{last}", lang)
    return f"{hours} 時（{_percent(share)}）" if lang == "ja" else f"{hours} h ({_percent(share)})"


def _nearest_first(place: Place, *, is_more: bool) -> tuple[float, float, float]:
    """The percentile, then the end of its range that is nearer to the end counted from, then the other."""
    return (place.percentile, place.high, place.low) if is_more else (place.percentile, place.low, place.high)


def _rank(percentile: float, *, is_more: bool) -> int:
    return round(100 - percentile if is_more else percentile)


def _separator(lang: Lang) -> str:
    return "、" if lang == "ja" else ", "
