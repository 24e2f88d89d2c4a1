"""Folders, archives and text without names over HTTP: what is read, what is left out and told, and who is meant."""

import io
import json
import zipfile

import httpx
import pytest

from seikaku.serving.page.monologue import WRITER, looks_like_monologue

DIARY = "".join(
    f"今日は{number}回目の散歩に出かけた。\n川の水が少なくて驚いた（{number}日目）。\n" for number in range(30)
)
DIARY_NOTE = "この日記に出てくる人物・場所・出来事はすべて架空です。\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def make_zip(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def post(client, path, files=(), headers=None, **fields):
    return client.post(
        path, files=[*files, *((name, (None, value)) for name, value in fields.items())], headers=headers
    )


def report(client, files=(), speakers=("花子",), **fields):
    terms = {"speakers": json.dumps(speakers), "purpose": "research", "consent": "yes"}
    return post(client, "/page/report", files, **terms | fields)


@pytest.fixture
def talks(examples):
    names = ("line_1on1.txt", "line_pc.txt", "table.csv", "conversation.json")
    return {name: (examples / name).read_bytes() for name in names}


def test_an_archive_is_as_good_as_its_files(client, talks):
    single = [("files", (name, data)) for name, data in talks.items()]
    archive = [("files", ("束.zip", make_zip(talks | {"__MACOSX/._x": b"x"})))]
    read_single, read_archive = (post(client, "/page/read", files).json() for files in (single, archive))
    assert read_archive["speakers"] == read_single["speakers"] and read_archive["skipped"] == []
    assert read_archive["dropped"] == read_single["dropped"]
    assert [file["name"] for file in read_archive["files"]] == [f"束.zip/{name}" for name in talks]
    one, other = (report(client, files).json()["json"]["results"][0] for files in (single, archive))
    assert one["traits"] == other["traits"] and other["source"].startswith("束.zip/line_1on1.txt、")


def test_what_is_no_conversation_in_an_archive_or_a_folder_is_left_out_and_told(client, talks):
    others = {"写真.png": PNG, "empty.txt": b"", "copy.txt": talks["table.csv"], "inner.zip": make_zip(talks)}
    archive = [("files", ("束.zip", make_zip(talks | others)))]
    folder = [("folder", (f"私の/{name}", data)) for name, data in (talks | others).items() if name != "inner.zip"]
    for files, n_skipped in ((archive, 3 + len(talks)), (folder, 3)):  # all of inner.zip is there already
        answer = post(client, "/page/read", files).json()
        assert len(answer["files"]) == len(talks) and len(answer["skipped"]) == n_skipped
        for words in answer["skipped"]:
            assert words["ja"] != words["en"]
        told = " ".join(words["ja"] for words in answer["skipped"])
        assert "写真.png" in told and "empty.txt" in told and "copy.txt の中身は" in told
    assert [file["name"] for file in answer["files"]] == [f"私の/{name}" for name in talks]


def test_an_archive_in_a_folder_is_opened_and_a_broken_one_is_told(client, talks):
    files = [("folder", ("私の/束.zip", make_zip(talks))), ("folder", ("私の/壊れた.zip", make_zip(talks)[:-30]))]
    answer = post(client, "/page/read", files).json()
    assert len(answer["files"]) == len(talks) and "壊れた.zip" in answer["skipped"][0]["ja"]


def test_an_archive_without_a_conversation_says_what_is_in_it(client, problem_of):
    files = [("files", ("束.zip", make_zip({"写真.png": PNG, "空.txt": b""})))]
    problem = problem_of(post(client, "/page/read", files), 422, "conversation")
    assert "写真.png" in problem["detail"] and "ほかに 1 個" in problem["detail"]
    problem = problem_of(post(client, "/page/read", [("files", ("束.zip", make_zip({})))]), 422, "conversation")
    assert "会話がありません" in problem["detail"]


def test_an_archive_may_not_grow_beyond_what_the_server_takes(serve, problem_of):
    talk = "".join(f"花子：これは{number}番目の架空の発話です\n" for number in range(4_000)).encode()
    files = [("files", (f"{name}.zip", make_zip({"a.txt": talk + name.encode()}))) for name in ("1", "2")]
    with httpx.Client(base_url=serve(max_body_bytes=300_000).url, timeout=60) as limited:
        assert post(limited, "/page/read", files[:1]).status_code == 200
        problem_of(post(limited, "/page/read", files), 413, "too-large")  # the two together


def test_pasted_text_without_names_is_one_persons(client):
    answer = post(client, "/page/read", text=DIARY_NOTE + DIARY).json()
    assert answer["files"][0]["format"] == "monologue" and answer["n_utterances"] == 61
    assert [speaker["names"] for speaker in answer["speakers"]] == [{"ja": str(WRITER), "en": WRITER.english}]
    assert "一人の文章から 61 発話" in answer["files"][0]["kept"]["ja"][0]
    japanese = report(client, text=DIARY, speakers=[WRITER]).json()
    result = japanese["json"]["results"][0]
    assert result["speaker"] == WRITER and result["import"]["format"] == "monologue"
    assert "一人の文章から" in japanese["html"]
    english = report(client, text=DIARY, speakers=[WRITER], lang="en").json()  # the page was switched after reading
    assert english["json"]["results"][0]["speaker"] == WRITER.english and WRITER not in english["html"]
    assert english["json"]["results"][0]["traits"] == result["traits"]


@pytest.mark.parametrize("text", [
    "10:15 花子 おはよう\n10:16 太郎 おはよう\n10:20 花子 きょうどうする？\n",
    "2024/05/03 10:15 花子 おはよう\n2024/05/03 10:16 太郎 おはよう\n",
    "花子\tおはよう\n太郎\tおはよう\n",
])  # fmt: skip
def test_a_piece_of_a_chat_log_is_nobodys_text(client, problem_of, text):
    assert not looks_like_monologue(text)
    problem = problem_of(post(client, "/page/read", text=text), 422, "conversation")
    assert "うまく読めないとき" in problem["mend"]


def test_a_diary_with_dates_and_clocks_in_it_is_one_persons(client):
    text = "".join(f"2024/5/{day}\n{day}時に起きた。\n10:30 の電車に乗った。\n人が多かった。\n" for day in range(1, 20))
    assert looks_like_monologue(text)


def test_a_file_without_names_is_taken_so_only_when_somebody_says_so(client, problem_of):
    files = [("files", ("日記.txt", DIARY.encode("cp932")))]
    problem = problem_of(post(client, "/page/read", files), 422, "conversation")
    assert "--format" not in problem["mend"]
    answer = post(client, "/page/read", files, format="monologue").json()
    assert answer["files"][0]["format"] == "monologue" and answer["files"][0]["encoding"] == "cp932"


def test_one_persons_text_and_a_talk_stand_side_by_side(client, talks):
    files = [("files", ("line_1on1.txt", talks["line_1on1.txt"]))]
    answer = post(client, "/page/read", files, text=DIARY).json()
    assert [speaker["name"] for speaker in answer["speakers"]] == ["花子", "太郎", str(WRITER)]
    html = report(client, files, ["花子", str(WRITER)], text=DIARY, trend="yes").json()["html"]
    assert "一人の文章" in html and "LINE のトーク履歴（スマートフォン）" in html


@pytest.mark.parametrize(("changes", "words"), [
    ({"consent": ""}, "Consent is not confirmed"),
    ({"purpose": ""}, "The purpose is missing"),
    ({"speakers": "[]"}, "Choose one person to estimate"),
    ({"speakers": '["次郎"]'}, "not in this conversation"),
    ({"speakers": "花子"}, "JSON array"),
    ({"lang": "fr"}, "ja or en"),
    ({"text": "", "files": "none"}, "There is no conversation"),
    ({"format": "jsonl"}, "line_1on1.txt"),
])  # fmt: skip
def test_refusals_are_in_english_for_who_asks_in_english(client, talks, changes, words):
    files = [] if changes.pop("files", "") else [("files", ("line_1on1.txt", talks["line_1on1.txt"]))]
    terms = {"speakers": '["花子"]', "purpose": "research", "consent": "yes", "lang": "en"} | changes
    answer = post(client, "/page/report", files, {"Accept-Language": "en"}, **terms)
    problem = answer.json()
    assert answer.status_code == 422 and answer.headers["content-language"] == "en"
    assert words in problem["detail"] + problem["mend"]
    assert not any("ぁ" <= letter <= "ん" for letter in problem["detail"] + problem["mend"])


def test_exports_of_one_talk_that_overlap_are_counted_once(client):
    head = "[LINE] 花子とのトーク履歴\n保存日時：2026/01/12 21:00\n\n2026/01/09(金)\n"
    short = head + "13:47\t花子\tおはよう\n13:48\t太郎\tおは\n"
    files = [
        ("files", (name, text.encode())) for name, text in (("a.txt", short), ("b.txt", short + "13:50\t花子\tね\n"))
    ]
    answer = client.post("/page/read", files=files).json()
    assert answer["n_utterances"] == 3
    assert {one["name"]: one["n_utterances"] for one in answer["speakers"]} == {"花子": 2, "太郎": 1}
    told = "".join(warning["ja"] for warning in answer["warnings"])
    assert "重なった 2 件は 1 回だけ" in told and "「花子」（2 個）" in told
    assert ["ほかのファイルと重なる発言", 2] in answer["dropped"]["ja"]
