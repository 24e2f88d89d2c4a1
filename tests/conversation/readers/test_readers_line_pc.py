"""LINE's PC export: names end where a space is, and may hold spaces themselves."""

from datetime import datetime

import pytest

DATE = "2026.01.09 金曜日\n"


def test_names_with_spaces_are_learnt_and_told(read):
    lines = [f"10:0{i} 山田 花子 {text}" for i, text in enumerate(["おはよう", "元気 だよ", "うん", "またね"])]
    lines += [f"11:3{i} 山田 太郎 {text}" for i, text in enumerate(["やあ", "そう", "いいね"])]
    lines += ["18:00 健 ぼくもいるよ"]
    report = read(DATE + "\n".join(lines)).report
    assert report.format == "line-pc"
    assert report.speakers == {"山田 花子": 4, "山田 太郎": 3, "健": 1}
    told, once = report.warnings
    assert told == (
        "話者名の終わりが書かれていないため、行頭の繰り返しから推定しました: "
        "「山田 太郎」（名前ははじめの 1 語だけかもしれません）、"
        "「山田 花子」（名前ははじめの 1 語だけかもしれません）。"
        "スマートフォンから書き出した履歴では確実に分かれます。"
    )
    assert told.english == (
        "Where names end is not written; these were learnt from how lines begin: “山田 太郎” (or only its first word), "
        "“山田 花子” (or only its first word). An export from a phone tells names for certain."
    )
    assert once.startswith("発言が 1 件だけの話者が 1 人います。")


def test_partner_in_the_title_is_known_even_from_one_line(said):
    text = (
        f"[LINE] 山田 花子とのトーク履歴\n保存日時：2026/01/10 21:00\n\n{DATE}8:00 山田 花子 おはよう\n8:01 健 やあ\n"
    )
    assert said(text) == [("山田 花子", "おはよう"), ("健", "やあ")]


def test_a_speaker_who_writes_with_spaces_keeps_a_short_name(said):
    bodies = ["うん そう", "いや ちがう", "たぶん ね", "うん わかった", "じゃあ また"]
    assert {speaker for speaker, _ in said(DATE + "\n".join(f"8:0{i} 健 {b}" for i, b in enumerate(bodies)))} == {"健"}


def test_raw_lines_continue_the_message(said):
    text = f"{DATE}8:00 花子 一行目\n二行目\n\n四行目\n8:01 健 はい\n"
    assert said(text) == [("花子", "一行目\n二行目\n\n四行目"), ("健", "はい")]


def test_date_line_counts_only_if_it_does_not_go_back(read):
    imported = read(f"{DATE}8:00 花子 去年の\n2025.12.31 水曜日\nの日記\n2026.01.10 土曜日\n8:00 健 へえ\n")
    first, second = imported.conversations[0].utterances
    assert first.text == "去年の\n2025.12.31 水曜日\nの日記"
    assert second.timestamp == datetime(2026, 1, 10, 8, 0)


def test_impossible_date_is_text(said):
    assert said(f"{DATE}8:00 花子 見て\n2026.02.31 土曜日\n8:01 健 え\n")[0] == ("花子", "見て\n2026.02.31 土曜日")


def test_pasted_times_go_back_to_the_message_they_were_typed_in(said):
    pasted = "8:00 駅前 集合\n18:00 解散\n23:00 宿 消灯\n"
    text = f"{DATE}9:00 花子 予定\n{pasted}9:05 健 了解\n9:06 花子 よろしく\n9:07 健 うん\n"
    assert said(text)[0] == ("花子", "予定\n8:00 駅前 集合\n18:00 解散\n23:00 宿 消灯")
    assert [speaker for speaker, _ in said(text)] == ["花子", "健", "花子", "健"]


def test_bare_media_words_and_lines_of_the_app(read):
    lines = ["花子 スタンプ", "花子 写真", "花子 画像", "健 動画", "健 ☎ 通話時間 1:00",
             "健がメッセージの送信を取り消しました",
             "新 一がグループに参加しました。", "花子 写真とったよ", "健 いいね"]  # fmt: skip
    report = read(DATE + "\n".join(f"8:0{i} {line}" for i, line in enumerate(lines))).report
    assert report.dropped == {"photo": 2, "sticker": 1, "video": 1, "call": 1, "unsent": 1, "system": 1}
    assert report.speakers == {"花子": 1, "健": 1}


def test_english_date_line(read):
    assert read("2017.09.03 Sunday\n01:54 A はい\n").report.first_timestamp == "2017-09-03T01:54:00"


def test_a_phone_export_is_not_taken_for_one_of_a_pc(read):
    assert read("2024/5/3(金)\n8:00\t太郎\t9:00 に 行く\n8:01\t花子\tはい\n").report.format == "line"


# The files below are made up; each shows what once went wrong.


def test_names_of_two_people_with_one_family_name_from_a_few_lines(read):
    said_by = ["花子 おはよう", "太郎 おは", "花子 今日さむいね", "太郎 うん", "花子 またね"]
    report = read(DATE + "\n".join(f"13:4{i} 山田 {line}" for i, line in enumerate(said_by))).report
    assert report.speakers == {"山田 花子": 3, "山田 太郎": 2}
    assert report.warnings[0].count("（名前ははじめの 1 語だけかもしれません）") == 2


def test_one_line_does_not_tell_where_a_name_ends(read):
    report = read(f"{DATE}8:00 山田 花子 おはよう\n8:01 健 やあ\n8:02 健 ね\n").report
    assert report.speakers == {"山田": 1, "健": 2}
    assert "「山田」（次の語までが名前かもしれません）" in report.warnings[0]
    assert "花子" not in "".join(report.warnings)  # that may be what was said


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ("", "[LINE] 山田 花子とのトーク.txt"),
        ("", "/home/x/[LINE] 山田 花子とのトーク(1).txt"),
        ("7:59 山田 花子 山田 花子がグループに参加しました。\n", "a.txt"),
        ("7:59 山田 花子がグループに参加しました。\n", "a.txt"),
    ],
)
def test_names_that_are_written_somewhere_are_certain(read, extra, name):
    report = read(f"{DATE}{extra}8:00 山田 花子 おはよう\n8:01 健 やあ\n8:02 健 ね\n", name).report
    assert report.speakers == {"山田 花子": 1, "健": 2}
    assert report.warnings == ()


def test_a_group_in_the_file_name_is_nobody(read):
    report = read(f"{DATE}8:00 花子 おはよう\n8:01 健 やあ\n", "[LINE]花子 健の会.txt").report
    assert report.speakers == {"花子": 1, "健": 1}


def test_english_lines_of_the_app(read):
    lines = ["Ken おはよう", "Hanako おは", "Ken changed the group name to 夏", "Ken created an album.",
             "Ken unsent a message.", "Ken I left the group.", "Hanako うん"]  # fmt: skip
    report = read("2026.01.09 Friday\n" + "\n".join(f"13:4{i} {line}" for i, line in enumerate(lines))).report
    assert report.speakers == {"Ken": 2, "Hanako": 2}
    assert report.dropped == {"system": 1, "album": 1, "unsent": 1}


def test_a_pasted_title_does_not_move_the_date(read):
    text = f"{DATE}13:47 健 これ見て\n[LINE] ももとのトーク履歴\n保存日時：2020/01/01 10:00\nって\n13:48 花子 ほんと\n"
    imported = read(text)
    assert [one.timestamp for one in imported.conversations[0].utterances] == [
        datetime(2026, 1, 9, 13, 47),
        datetime(2026, 1, 9, 13, 48),
    ]


def test_a_second_export_is_told(read):
    title = "[LINE] 花子とのトーク履歴\n保存日時：2026/01/10 10:00\n\n"
    imported = read(f"{title}{DATE}8:00 花子 おはよう\n{title}2025.12.31 水曜日\n8:00 花子 年末\n")
    assert [one.timestamp.year for one in imported.conversations[0].utterances] == [2026, 2025]
    assert imported.report.warnings == (
        "見出しが 2 つ以上あります。発言の中に貼り付けられた見出しなら、その後の日時は違うかもしれません。",
    )


def test_dates_that_jump_and_go_back_are_body(read):
    typed = "8:00 花子 次は\n2026.03.01 日曜日\n"
    text = f"{DATE}{typed}8:01 健 はい\n\n2026.01.10 土曜日\n9:00 花子 おはよう\n\n2026.01.11 日曜日\n9:00 花子 やあ\n"
    imported = read(text)
    first = imported.conversations[0].utterances[0]
    assert first.text == "次は\n2026.03.01 日曜日"
    assert [one.timestamp.day for one in imported.conversations[0].utterances] == [9, 9, 10, 11]
    assert imported.report.warnings[0].startswith("順番や書き方がほかと合わない日付の行は、")


def test_pasted_talk_of_the_same_people_is_told(read):
    lines = ["9:00 花子 見て", "7:01 健 ねむい", "9:01 健 はい", "9:02 花子 うん", "9:03 健 ね"]
    imported = read(DATE + "\n".join(lines))
    assert imported.conversations[0].utterances[0].text == "見て\n7:01 健 ねむい"
    assert imported.report.warnings == (
        "時刻で始まるのに順番や名前が合わない 1 行は、発言の中に書かれた行として読みました。",
    )


def test_hour_24(read):
    imported = read(f"{DATE}23:59 花子 おやすみ\n24:10 健 まだ起きてる\n")
    assert imported.report.last_timestamp == "2026-01-10T00:10:00"


def test_a_title_in_a_message_makes_no_export_of_another_apps_chat(read):
    said = [
        "10:20:00 太郎:\tこれ見て",
        "[LINE] Kenとのトーク履歴",
        "14:12 花子 うん",
        "10:21:00 花子:\tうん",
        "10:22:00 太郎:\tね",
    ]
    text = "\n".join(said) + "\n"
    assert read(text, "meeting_saved_chat.txt").report.format == "zoom"


def test_a_name_that_cannot_be_seen_is_nobodys(read):
    report = read(
        "2026.01.27 火曜日\n11:34 花子 おはよう\n11:35 \u200b うん\n11:36 花子 はい\n11:37 \u200b うん\n"
    ).report
    assert "" not in report.speakers and report.n_utterances + sum(report.dropped.values()) == 4
