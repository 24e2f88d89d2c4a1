"""LINE's phone export."""

from datetime import datetime

import pytest

HEADER = "[LINE] 太郎とのトーク履歴\n保存日時：2024/05/06 21:00\n\n2024/5/3(金)\n"


def stamps(imported):
    return [utterance.timestamp for utterance in imported.conversations[0].utterances]


@pytest.mark.parametrize(
    ("clock", "hour", "minute"),
    [
        ("13:47", 13, 47),
        ("0:15", 0, 15),
        ("9:05", 9, 5),
        ("午前12:05", 0, 5),
        ("午前9:58", 9, 58),
        ("午後0:30", 12, 30),
        ("午後12:30", 12, 30),
        ("午後1:47", 13, 47),
        ("9:30PM", 21, 30),
        ("12:05 AM", 0, 5),
        ("12:05 pm", 12, 5),
        ("下午11:59", 23, 59),
        ("上午12:01", 0, 1),
    ],
)
def test_every_clock_gives_the_same_kind_of_time(read, clock, hour, minute):
    assert stamps(read(f"{HEADER}{clock}\t太郎\tやあ\n")) == [datetime(2024, 5, 3, hour, minute)]


@pytest.mark.parametrize("clock", ["25:00", "99:99", "午後13:00", "1:5", "13：47", "13:47PM"])
def test_what_is_no_clock_continues_the_message_before(said, clock):
    assert said(f"{HEADER}8:00\t太郎\tやあ\n{clock}\t花子\tおはよう\n") == [("太郎", f"やあ\n{clock}\t花子\tおはよう")]


@pytest.mark.parametrize(
    "line",
    [
        "2014/10/13(月)", "2014/10/13（月）", "2014/10/13 (Mon)", "2014.10.13 月曜日", "2014.10.13 Monday",
        "2014/10/13周一", "2014/10/13(一)", "Mon, 10/13/2014", "Mon, 13/10/2014",
    ],
)  # fmt: skip
def test_every_date_line(read, line):
    imported = read(f"[LINE] Chat history with A\nSaved on: 2014/10/14\n\n{line}\n8:00\tA\tおはよう\n")
    assert stamps(imported) == [datetime(2014, 10, 13, 8, 0)]
    assert imported.report.dropped == {}
    assert imported.report.warnings == ()


def test_weekdays_decide_whether_the_day_comes_first(read):
    # 7 January and 1 July 2026 are both Wednesdays; the 6th decides for both lines.
    text = "Tue, 06/01/2026\n8:00\tA\tおはよう\nWed, 07/01/2026\n8:00\tA\tおはよう\n"
    imported = read(text)
    assert stamps(imported) == [datetime(2026, 1, 6, 8, 0), datetime(2026, 1, 7, 8, 0)]
    assert imported.report.warnings == ()


def test_undecided_order_of_day_and_month_is_told(read):
    imported = read("Wed, 07/01/2026\n8:00\tA\tおはよう\n")
    assert stamps(imported) == [datetime(2026, 7, 1, 8, 0)]
    assert imported.report.warnings == (
        "日付が「月/日」と「日/月」のどちらか判断できないため、「月/日/年」として読みました。",
    )


@pytest.mark.parametrize(
    "header",
    ["[LINE] 太郎とのトーク履歴", "[LINE] 太郎 とのトーク履歴", "[LINE] 読書会のトーク履歴", "[LINE] Chat history in A",
     "Chat history with A", "[LINE] 與A的聊天記錄", "[LINE] 与A的聊天记录"],
)  # fmt: skip
@pytest.mark.parametrize("saved", ["保存日時：2020/03/19 11:26", "保存日時:2020/03/19 11:26", "Saved on: 2020/12/31"])
def test_header_lines_are_read_over(read, header, saved):
    report = read(f"{header}\n{saved}\n\n2024/5/3(金)\n8:00\tA\tおはよう\n").report
    assert (report.format, report.speakers, report.dropped) == ("line", {"A": 1}, {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[スタンプ]", "sticker"), ("[Sticker]", "sticker"), ("Stickers", "sticker"),
        ("[写真]", "photo"), ("[Photo]", "photo"), ("[動画]", "video"), ("[ボイスメッセージ]", "voice_message"),
        ("[ファイル]", "file"), ("[位置情報]", "location"), ("[null] https://maps.google.com/?q=1,2", "location"),
        ("[連絡先]", "contact"), ("[アルバム] 夏の山", "album"), ("[ノート] 持ちもの", "note"),
        ("[投票] いつにする", "poll"), ("[プレゼント]", "gift"), ("(emoji)", "other_media"),
        ("☎ 通話時間 0:07", "call"), ("☎ 不在着信", "call"), ("☎ 通話をキャンセルしました", "call"),
        ("メッセージの送信を取り消しました", "unsent"),
        ("https://example.com/a", "url_only"), ("https://example.com/a http://example.com/b", "url_only"),
        ("", "empty"), (" \u200b\u200e ", "empty"),
    ],
)  # fmt: skip
def test_bodies_that_are_no_speech_are_counted(read, body, reason):
    report = read(f"{HEADER}8:00\t太郎\tおはよう\n8:01\t太郎\t{body}\n").report
    assert report.dropped == {reason: 1}
    assert report.speakers == {"太郎": 1}


@pytest.mark.parametrize(
    "body",
    ["[笑]", "[これ大事]", "☎️していい？", "☎ していい？", "☎️",
     "https://example.com見て", "見て https://example.com", "(laugh)",
     "スタンプ", "[写真]見て", "☆ありがとう", "hello"],
)  # fmt: skip
def test_bodies_that_only_look_like_media_are_kept(said, body):
    assert said(f"{HEADER}8:00\t太郎\t{body}\n") == [("太郎", body)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("8:01\tメッセージの送信を取り消しました", "unsent"),
        ("8:01\t花子がメッセージの送信を取り消しました", "unsent"),
        ("8:01\t\t花子がグループに参加しました。", "system"),
        ("8:01\t花子がグループを退会しました。", "system"),
        ("8:01\t\tA unsent a message.", "unsent"),
        ("8:01\t☎ グループ通話が開始されました", "call"),
        ("8:01\tAuto-reply\tただいま留守です", "system"),
    ],
)
def test_lines_of_the_app_are_no_utterances(read, line, reason):
    report = read(f"{HEADER}8:00\t太郎\tおはよう\n{line}\n").report
    assert (report.dropped, report.speakers) == ({reason: 1}, {"太郎": 1})


def test_quoted_body_keeps_its_lines_whatever_they_look_like(said):
    text = HEADER + '8:00\t太郎\t"予定です\n2024/5/4(土)\n"決定" と言われた "今"\n\n10時 集合"\n8:02\t花子\tはい\n'
    assert said(text) == [("太郎", '予定です\n2024/5/4(土)\n"決定" と言われた "今"\n\n10時 集合'), ("花子", "はい")]


def test_doubled_inner_quotes_become_single(said):
    assert said(f'{HEADER}8:00\t太郎\t"「""山""」\nへ行く"\n') == [("太郎", '「"山"」\nへ行く')]


def test_quote_that_nobody_closes_does_not_swallow_the_file(read):
    imported = read(f'{HEADER}8:00\t太郎\t"あのさ\n\n2024/5/4(土)\n8:00\t花子\tおはよう\n')
    assert [(u.speaker, u.text) for u in imported.conversations[0].utterances] == [
        ("太郎", '"あのさ'),
        ("花子", "おはよう"),
    ]
    assert stamps(imported) == [datetime(2024, 5, 3, 8), datetime(2024, 5, 4, 8)]


def test_one_line_in_quotes_keeps_them(said):
    assert said(f'{HEADER}8:00\t太郎\t"完璧"\n8:01\t太郎\tね\n')[0] == ("太郎", '"完璧"')


def test_raw_lines_continue_a_message_and_an_earlier_date_is_one_of_them(read):
    imported = read(f"{HEADER}8:00\t太郎\t日記\n2023/1/1(日)\nを読んだ\n8:05\t花子\tへえ\n")
    assert imported.conversations[0].utterances[0].text == "日記\n2023/1/1(日)\nを読んだ"
    assert stamps(imported)[1] == datetime(2024, 5, 3, 8, 5)


def test_two_exports_in_one_file_start_their_dates_anew(read):
    second = "\n[LINE] 太郎とのトーク履歴\n保存日時：2023/01/02 21:00\n\n2023/1/1(日)\n8:00\t太郎\tあけまして\n"
    imported = read(f"{HEADER}8:00\t太郎\tおはよう\n{second}")
    assert stamps(imported) == [datetime(2024, 5, 3, 8), datetime(2023, 1, 1, 8)]
    assert (imported.report.first_timestamp, imported.report.last_timestamp) == (
        "2023-01-01T08:00:00",
        "2024-05-03T08:00:00",
    )


def test_messages_before_any_date_have_no_timestamp(read):
    imported = read("8:00\t太郎\tおはよう\n8:01\t花子\tおはよう\n")
    assert (imported.report.format, imported.report.first_timestamp) == ("line", None)
    assert stamps(imported) == [None, None]


def test_stray_lines_above_the_first_message_are_counted(read):
    assert read(f"[LINE] 太郎とのトーク履歴\n写しました\n{HEADER}8:00\t太郎\tやあ\n").report.dropped == {
        "not_utterance": 1
    }


def test_tabs_inside_a_body_and_invisible_marks(said):
    assert said(f"{HEADER}8:00\t\u200e太郎\ta\tb\ufeff\u200b\n") == [("太郎", "a\tb")]


def test_windows_newlines_and_the_conversation_id(read):
    imported = read(f"{HEADER}8:00\t太郎\tおはよう\n".replace("\n", "\r\n"), name="/home/x/[LINE] 太郎とのトーク.txt")
    assert imported.conversations[0].conversation_id == "[LINE] 太郎とのトーク"
    assert imported.conversations[0].utterances[0].text == "おはよう"


# The files below are made up; each shows what once went wrong.


def spoken(imported):
    return [(one.speaker, one.text, one.timestamp) for one in imported.conversations[0].utterances]


def test_hour_24_is_the_night_that_goes_on(read):
    text = f"{HEADER}23:59\t花子\tおやすみ\n24:10\t太郎\tまだ起きてる\n\n2024/5/4(土)\n8:00\t花子\tおはよう\n"
    assert stamps(read(text)) == [datetime(2024, 5, 3, 23, 59), datetime(2024, 5, 4, 0, 10), datetime(2024, 5, 4, 8)]


def test_hour_24_at_the_beginning_of_days_is_their_first(read):
    text = f"{HEADER}24:10\t太郎\tまだ起きてる\n8:00\t花子\tおはよう\n"
    assert stamps(read(text)) == [datetime(2024, 5, 3, 0, 10), datetime(2024, 5, 3, 8)]


@pytest.mark.parametrize("space", ["", " ", "\u00a0", "\u202f"])
def test_any_space_before_pm(read, space):
    text = f"[LINE] Chat history with A\nSaved on: 9/26/2026\n\nThu, 9/24/2026\n9:30{space}PM\tA\tおつかれ\n"
    assert stamps(read(text)) == [datetime(2026, 9, 24, 21, 30)]


def test_english_phone_in_a_japanese_region(read):
    text = (
        "[LINE] Chat history with 花子\nSaved on: 2026/03/08, 22:10\n\n2026/01/25 Sun\n07:53\t花子\tおはよう\n"
        "08:00\t花子\t[Sticker]\n\n2026/01/26 Mon\n07:55\t花子\t寒いね\n"
    )
    imported = read(text)
    assert spoken(imported) == [
        ("花子", "おはよう", datetime(2026, 1, 25, 7, 53)),
        ("花子", "寒いね", datetime(2026, 1, 26, 7, 55)),
    ]
    assert (imported.report.dropped, imported.report.warnings) == ({"sticker": 1}, ())


def test_thai_is_read_and_told(read):
    text = "[LINE] ประวัติการแชทกับ A\nบันทึกวันที่ 2024/01/15\n\n2024/01/16 อังคาร\n10:30\tA\tおはよう\n"
    imported = read(text)
    assert spoken(imported) == [("A", "おはよう", datetime(2024, 1, 16, 10, 30))]
    (warning,) = imported.report.warnings
    assert warning.startswith("日本語でも英語でもない LINE の履歴です。")
    assert warning.english.startswith("This LINE export is neither Japanese nor English")


@pytest.mark.parametrize("clock", ["10:30", "9:02"])  # out of order, and in order
def test_a_message_inside_a_quote_is_the_quotes(read, clock):
    text = f'{HEADER}9:00\t太郎\t"明日の予定\n{clock}\t花子\t駅に集合\nよろしくね"\n9:05\t花子\tうん\n'
    imported = read(text)
    assert [(who, said) for who, said, _ in spoken(imported)] == [
        ("太郎", f"明日の予定\n{clock}\t花子\t駅に集合\nよろしくね"),
        ("花子", "うん"),
    ]
    assert imported.report.warnings == ()


def test_a_quote_that_ends_in_a_message_in_time_is_told(read):
    imported = read(f'{HEADER}9:00\t太郎\t"明日\n9:02\t花子\t集合"\n9:05\t花子\tうん\n')
    assert imported.report.warnings == (
        '引用符（"）のある発言のうち 1 件は、どこまでが 1 つの発言か確かではありません。',
    )


def test_quotes_of_one_line_do_not_swallow_what_follows(said):
    text = f'{HEADER}9:00\t太郎\t"あのさ\n9:01\t花子\t"完璧"\n9:02\t太郎\t"一\n二"\n9:03\t花子\tはい\n'
    assert said(text) == [("太郎", '"あのさ'), ("花子", '"完璧"'), ("太郎", "一\n二"), ("花子", "はい")]


def test_a_single_quote_inside_that_is_not_doubled(said):
    text = f'{HEADER}9:00\t太郎\t"5" のねじ\nある？"\n9:01\t花子\tはい\n'
    assert said(text) == [("太郎", '5" のねじ\nある？'), ("花子", "はい")]


def test_a_date_without_the_files_blank_line_is_body_and_told(read):
    days = "".join(f"\n2024/5/{day}({week})\n8:00\t花子\tおはよう\n" for day, week in ((4, "土"), (5, "日"), (6, "月")))
    typed = "8:01\t花子\t次は\n2024/5/10(金)\n"
    imported = read(f"{HEADER}8:00\t太郎\tやあ\n{days}{typed}8:02\t太郎\tはい\n")
    assert spoken(imported)[-2:] == [
        ("花子", "次は\n2024/5/10(金)", datetime(2024, 5, 6, 8, 1)),
        ("太郎", "はい", datetime(2024, 5, 6, 8, 2)),
    ]
    assert imported.report.warnings == (
        "順番や書き方がほかと合わない日付の行は、発言の中に書かれたものとして読みました。日時が違うかもしれません。",
    )


APP_BODIES = [
    ("グループ通話が開始されました。", "call"), ("グループ通話が終了しました", "call"),
    ("グループ音声通話が開始されました。", "call"), ("☎ 通話に応答がありませんでした", "call"),
    ("☎ Missed call", "call"), ("☎ Canceled call", "call"), ("☎ No answer", "call"), ("Group call started", "call"),
    ("新しいノートを作成しました。", "note"), ("花子がノートに投稿しました。", "note"), ("A created a note.", "note"),
    ("花子が太郎を招待しました。招待中の友だちが参加するまでしばらくお待ちください。", "system"),
    ("みなみへの招待をキャンセルしました。", "system"), ("花子がみなみをグループから削除しました。", "system"),
    ("花子が<u>アナウンスしました</u>。", "system"), ("グループ名を「夏」に変更しました。", "system"),
    ("「LINE WORKS」からトークに参加しました。", "system"), ("トークBGMが変更されました", "system"),
    ("ⓘ Decrypting...", "system"), ("花子がグループに参加しました。", "system"), ("A joined the chat.", "system"),
    ("A left the group.", "system"), ("A created an album.", "album"), ("花子がアルバムを作成しました", "album"),
    ("A created a poll.", "poll"), ("花子が投票を作成しました。", "poll"), ("A created an event.", "event"),
    ("花子がメッセージの送信を取り消しました", "unsent"), ("You unsent a message.", "unsent"),
    ("A changed the group name to 夏", "system"), ("[Voice message]", "voice_message"), ("[Contact]", "contact"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), APP_BODIES)
def test_the_apps_sentences_are_no_speech_in_any_column(read, body, reason):
    for line in (f"8:01\tA\t{body}", f"8:01\t\t{body}", *([] if body[0] == "[" else [f"8:01\t{body}"])):
        report = read(f"{HEADER}8:00\tA\tおはよう\n{line}\n").report
        expected = reason if line.startswith("8:01\tA") or body[0] != "[" else "system"
        assert (report.dropped, report.speakers) == ({expected: 1}, {"A": 1}), line


@pytest.mark.parametrize(
    "body",
    ["I left the group.", "Ken left the group.", "通話しよう", "アナウンスしました？",
     "母が、グループに参加しました。え？",
     "ノートに書いたよ", "アルバム見た？", "メッセージの送信を取り消しましたよ", "昨日参加しました！"],
)  # fmt: skip
def test_talk_about_the_app_is_speech(said, body):
    assert said(f"{HEADER}8:00\tA\t{body}\n") == [("A", body)]


def test_lines_emoji_are_taken_out_of_speech(said):
    assert said(f"{HEADER}8:00\tA\tありがとう(emoji)！(emoji)\n") == [("A", "ありがとう！")]


def test_the_same_talk_exported_twice_counts_once(read):
    first = f"{HEADER}8:00\tA\tおはよう\n8:00\tA\tおはよう\n8:01\tB\t[写真]\n"
    imported = read(f"{first}\n{first}8:02\tB\tやあ\n8:03\tA\tおはよう\n")
    assert [(who, text) for who, text, _ in spoken(imported)] == [
        ("A", "おはよう"), ("A", "おはよう"), ("B", "やあ"), ("A", "おはよう")
    ]  # fmt: skip
    assert imported.report.dropped == {"photo": 1}
    (warning,) = imported.report.warnings
    assert warning == "同じトークの書き出しが重なっていたため、重なった 3 件は 1 回だけ数えました。"
    assert warning.english == "Exports of the same talk overlap. Repeated messages, counted only once: 3."


@pytest.mark.parametrize("title", ["", "[LINE] A\tBとのトーク履歴\n"])
def test_a_name_with_a_tab(said, title):
    text = title + '2024/5/3(金)\n8:00\tA\tB\tおはよう\n8:01\tC\tやあ\n8:02\tA\tB\t"一\n二"\n'
    assert said(text) == [("A\tB", "おはよう"), ("C", "やあ"), ("A\tB", "一\n二")]
