"""Build the fictional training sample from our own sentences: 40 personas, 12 speakers, 60 dialogues.

    python examples/training_sample/build_sample.py

Nobody in it exists. A speaker's five scores decide which of two kinds of sentence they say more often; that is all the
sample teaches. Effect: writes into this folder, always the same bytes.
"""

import csv
import json
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
N_SPEAKERS, N_DIALOGUES, N_PERSONAS, N_TURNS = 12, 60, 40, 10
TRAITS = ("Openness", "Conscientiousness", "Extraversion", "Agreeableness", "Neuroticism")
# (said by low scorers, said by high scorers), in the order of TRAITS.
TALK = (
    (
        (
            "お店はいつも同じところに行きます。",
            "旅行は行き慣れた町が落ち着きます。",
            "話題の映画より昔見たものを見返します。",
            "料理は決まった味がいちばんです。",
            "説明書どおりに使えれば十分ですね。",
        ),
        (
            "知らない国の料理を試すのが好きです。",
            "美術館で一日ずっと過ごせます。",
            "最近は詩を書いてみています。",
            "行ったことのない路地を見つけると入りたくなります。",
            "変わった楽器を習い始めたんですよ。",
        ),
    ),
    (
        (
            "締め切りは前の日にあわてて片づけます。",
            "机の上はいつも山積みです。",
            "予定はその日の気分で決めています。",
            "鍵をどこに置いたかすぐ忘れます。",
            "買い物のメモを作っても家に置いてきます。",
        ),
        (
            "朝いちばんに一日の予定を書き出します。",
            "家計簿は毎晩つけています。",
            "集合時間の十分前には着くようにしています。",
            "部屋は週末にまとめて掃除します。",
            "資料は早めに仕上げて見直します。",
        ),
    ),
    (
        (
            "休みの日は一人で静かに過ごします。",
            "人の多い場所は早めに帰ります。",
            "電話より手紙のほうが気楽です。",
            "聞き役に回ることが多いですね。",
            "少ない友だちと長く付き合っています。",
        ),
        (
            "週末はたいてい誰かと出かけています。",
            "初めての人ともすぐ打ち解けます。",
            "祭りの実行委員をやっているんです。",
            "大勢で食べるご飯がいちばんおいしいです。",
            "思い立ったらすぐ友だちを誘います。",
        ),
    ),
    (
        (
            "納得できないことは、はっきり言います。",
            "頼まれごとは理由を聞いてから決めます。",
            "勝負ごとでは手加減しません。",
            "自分のやり方を通すほうです。",
            "お世辞は言わないことにしています。",
        ),
        (
            "困っている人を見ると声をかけてしまいます。",
            "相手の話は最後まで聞くようにしています。",
            "お土産を選ぶ時間が楽しいです。",
            "みんなが楽しめる案を考えるのが好きです。",
            "ありがとうは口に出すようにしています。",
        ),
    ),
    (
        (
            "失敗しても次の日には忘れています。",
            "本番でもあまり緊張しません。",
            "なんとかなるさ、が口ぐせです。",
            "急な変更があっても平気です。",
            "夜はすぐ眠れます。",
        ),
        (
            "明日の発表が心配で眠れそうにありません。",
            "送ったメールを何度も読み返してしまいます。",
            "小さな物音でも気になります。",
            "忘れ物をしていないか不安で何度も確かめます。",
            "少し注意されただけで落ち込みます。",
        ),
    ),
)
OPENING = (
    "こんにちは。よろしくお願いします。",
    "はじめまして。今日は暑いですね。",
    "こんばんは。お話しできてうれしいです。",
    "どうも、よろしくお願いします。",
)
NEUTRAL = (
    "そうなんですね。",
    "なるほど、いいですね。",
    "昨日は雨で洗濯物が乾きませんでした。",
    "駅前の喫茶店によく行きます。",
    "最近は朝が早いです。",
    "うちには猫が二匹います。",
    "今年は庭のトマトがよく育ちました。",
    "お昼はうどんにしました。",
    "自転車で通っています。",
    "隣の町に新しい公園ができたそうです。",
    "その本は読んだことがあります。",
    "へえ、知りませんでした。",
)
CLOSING = ("今日はありがとうございました。", "楽しかったです。また今度。", "それでは、お元気で。")
JOBS = (
    ("中堅食品メーカーの製造係", "製造"),
    ("町の小さな書店の店員", "販売"),
    ("総合病院の看護師", "医療"),
    ("市役所の職員", "窓口"),
    ("大手銀行の営業", "融資"),
    ("中学校の教員", "授業"),
    ("ソフトウェア会社の技術者", "設計"),
    ("農家", "畑仕事"),
    ("運送会社の運転手", "配送"),
    ("旅館の調理係", "料理"),
    ("工務店の大工", "建築"),
    ("学生", "勉強"),
    ("無職（元会社員）", "地域の手伝い"),
    ("介護施設の職員", "介護"),
)
HOBBIES = ("釣り", "編み物", "将棋", "山歩き", "写真", "家庭菜園", "落語", "水泳", "陶芸", "鉄道模型", "書道", "合唱")
PLACES = (
    ("北海道", "北海道地方", "東日本"),
    ("宮城県", "東北地方", "東日本"),
    ("千葉県", "関東地方", "東日本"),
    ("石川県", "中部地方", "中日本"),
    ("京都府", "近畿地方", "西日本"),
    ("広島県", "中国地方", "西日本"),
    ("高知県", "四国地方", "西日本"),
    ("熊本県", "九州地方", "西日本"),
)
NAMES = {
    "女": ("架空 花子", "見本 桜", "仮名 雪子", "例題 千代"),
    "男": ("架空 太郎", "見本 海斗", "仮名 健一", "例題 三郎"),
}


def build_dialogues(folder: Path, draw: random.Random) -> None:
    """Write RealPersonaChat's layout: interlocutors.json and one file a dialogue."""
    ids = [f"F{chr(ord('A') + index)}" for index in range(N_SPEAKERS)]
    scores = {name: [round(draw.uniform(2.0, 6.0) * 12) / 12 for _ in TRAITS] for name in ids}
    people = {
        name: {
            "interlocutor_id": name,
            "persona": ["架空の人物です。"],
            "personality": {f"BigFive_{trait}": round(score, 4) for trait, score in zip(TRAITS, own, strict=True)},
            "demographic_information": {
                "gender": draw.choice(["Female", "Male"]),
                "age": draw.choice(["20-29", "30-39", "40-49"]),
            },
        }
        for name, own in scores.items()
    }
    write_json(folder / "interlocutors.json", people)
    for number in range(1, N_DIALOGUES + 1):
        first = (number - 1) % N_SPEAKERS
        pair = [ids[first], ids[(first + 1 + (number - 1) // N_SPEAKERS) % N_SPEAKERS]]
        said = [say(turn, scores[pair[turn % 2]], draw) for turn in range(2 * N_TURNS)]
        utterances = [
            {"utterance_id": turn, "interlocutor_id": pair[turn % 2], "text": text, "timestamp": "NaT"}
            for turn, text in enumerate(said)
        ]
        dialogue = {"dialogue_id": number, "interlocutors": pair, "utterances": utterances, "evaluations": []}
        write_json(folder / "dialogues" / f"{number:05d}.json", dialogue)


def say(turn: int, scores: list[float], draw: random.Random) -> str:
    """One utterance: an opening, a closing, or what the speaker's scores or nothing in particular suggest."""
    if turn < 2:
        return draw.choice(OPENING)
    if turn >= 2 * N_TURNS - 2:
        return draw.choice(CLOSING)
    if draw.random() < 0.35:
        return draw.choice(NEUTRAL)
    trait = draw.randrange(len(TRAITS))
    is_high = draw.random() < (scores[trait] - 1) / 6
    return draw.choice(TALK[trait][is_high])


def build_personas(path: Path, draw: random.Random) -> None:
    """Write a CSV with Nemotron-Personas-Japan's 22 columns."""
    rows = [build_persona(number, draw) for number in range(N_PERSONAS)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build_persona(number: int, draw: random.Random) -> dict[str, str]:
    """One fictional person: ten texts, and the labels that stage 1 learns."""
    sex = draw.choice("女男")
    age = draw.randrange(18, 86)
    job, work = ("無職（元会社員）", "地域の手伝い") if age >= 68 else draw.choice(JOBS)
    name = draw.choice(NAMES[sex])
    hobby, other = draw.sample(HOBBIES, 2)
    prefecture, region, area = draw.choice(PLACES)
    stage = "若手" if age < 30 else "中堅" if age < 50 else "ベテラン"
    return {
        "uuid": f"{number:032x}",
        "professional_persona": f"{name}は{job}で、{work}では{stage}として頼りにされている。",
        "sports_persona": f"{name}は{'駅まで走る' if age < 40 else '朝の体操をする'}のが習慣である。",
        "arts_persona": f"{name}は{hobby}の作品展に年に一度は足を運ぶ。",
        "travel_persona": f"{name}は{prefecture}の温泉を{'友人' if age < 35 else '家族'}と巡るのを楽しみにしている。",
        "culinary_persona": f"{name}は{'新しい店の昼定食' if age < 45 else '季節の煮物'}に目がない。",
        "persona": f"{name}は{prefecture}に住む{age}歳の{job}。{hobby}と{other}を好み、{work}の話になると熱が入る。",
        "cultural_background": f"{region}の町で育ち、{'携帯電話のある' if age < 35 else '手紙を書く'}時代に学んだ。",
        "skills_and_expertise": f"{work}の段取りに詳しく、{hobby}の道具の手入れも得意である。",
        "skills_and_expertise_list": f"['{work}', '{hobby}の道具の手入れ']",
        "hobbies_and_interests": f"休みの日は{hobby}、雨の日は{other}をして過ごす。",
        "hobbies_and_interests_list": f"['{hobby}', '{other}']",
        "career_goals_and_ambitions": (
            f"いつか{work}の経験を{'後輩に伝えたい' if age >= 40 else '生かして独立したい'}と考えている。"
        ),
        "sex": sex,
        "age": str(age),
        "marital_status": draw.choice(["未婚", "有配偶"]),
        "education_level": draw.choice(["高校卒", "大学卒"]),
        "occupation": job,
        "region": region,
        "area": area,
        "prefecture": prefecture,
        "country": "日本",
    }


def write_json(path: Path, value: object) -> None:
    """Write UTF-8 JSON, a line for each entry of the outer level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    build_dialogues(HERE / "dialogues_sample" / "real_persona_chat", random.Random(1))
    build_personas(HERE / "fictional_personas.csv", random.Random(2))
    (HERE / "dialogues_sample" / "VERSION").write_text("1.0.0\n", encoding="utf-8")
