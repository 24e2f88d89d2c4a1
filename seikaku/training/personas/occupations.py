"""Free-text occupations -> industry and size of the workplace, by one table of keywords. Pure; no effects.

Industries are the major divisions of the Japan Standard Industrial Classification (日本標準産業分類, 2023), with A+B
and C+D joined (B and C hold well under 1 % of workers), and one group for people without work.

The rule: brackets are dropped (「（現在は引退）」: the former work counts). Japanese puts the head of a compound last,
so the keyword that *ends* last in the text decides, and of two that end together the longer one: 「食料品製造業」 is
manufacturing, 「食料品小売業」 retail, 「動物病院」 no hospital. 「サービス業」 says least and yields to every other
keyword (「飲食サービス業」). Words of size (大手, 中堅, ...) are read apart and never decide the industry.
No keyword, as for work that the table does not know: 「その他」. No text: both are masked.
"""

import re
import unicodedata
from functools import lru_cache

MISSING_CLASS = -100  # what torch's cross-entropy leaves out by default

OTHER = "その他"
_KEYWORDS: dict[str, str] = {
    "農林漁業": "農業 農家 農園 農場 酪農 畜産 養鶏 養豚 園芸業 林業 漁業 漁師 養殖 水産業",
    "鉱業・建設業": (
        "鉱業 採石 砂利採取 建設 建築業 建築工事 土木 工務店 大工 左官 塗装 とび 電気工事 設備工事 管工事 工事業 "
        "配管 内装 造園"
    ),
    "製造業": (
        "製造 製作所 製鉄 鉄鋼 鋳造 鍛造 金属製品 非鉄金属 機械器具 電子部品 半導体 化学工業 化学 製薬 医薬品 "
        "繊維 縫製 印刷 製紙 パルプ ゴム プラスチック 窯業 石油製品 輸送用機械 造船 食品加工 加工業 水産加工 "
        "工場 メーカー 溶接 旋盤 組立 工員 酒造 醸造 木工 家具"
    ),
    "電気・ガス・水道業": "電力 電気業 発電 ガス 熱供給 水道 下水道",
    "情報通信業": (
        "情報通信 情報サービス 情報処理 通信業 電気通信 放送 テレビ局 ソフトウェア システム開発 "
        "システムエンジニア プログラマ プログラマー インターネット it業 it企業 it関連 itエンジニア web制作 "
        "webデザイナー ゲーム開発 出版 新聞 映像制作 データサイエンティスト"
    ),
    "運輸業・郵便業": (
        "運輸 運送 輸送 鉄道 バス 航空 海運 物流 倉庫 配送 配達 宅配 郵便 タクシー トラック ドライバー 運転手 "
        "運転士 船員 引越"
    ),
    "卸売業・小売業": (
        "卸売 小売 商社 販売 百貨店 デパート スーパー スーパーマーケット コンビニ コンビニエンスストア 商店 書店 "
        "薬局 ドラッグストア ガソリンスタンド 自動車販売 ディーラー 直売所 通信販売 問屋 仕入 バイヤー"
    ),
    "金融業・保険業": "金融 銀行 信用金庫 信用組合 証券 保険 保険外交員 保険代理店 生命保険 投資 貸金",
    "不動産業・物品賃貸業": "不動産 不動産賃貸 不動産仲介 賃貸 リース レンタル レンタカー 駐車場 マンション管理",
    "学術研究・専門技術サービス業": (
        "学術 研究 研究所 研究者 シンクタンク コンサルティング コンサルタント 広告 広告代理店 法律 法律事務所 "
        "弁護士 司法書士 行政書士 税理士 会計 会計事務所 社会保険労務士 特許 建築設計 設計 設計事務所 測量 "
        "デザイン デザイナー 写真 写真家 カメラマン 翻訳 通訳 獣医 獣医師 動物病院 著述 作家 芸術家 "
        "専門サービス 技術サービス"
    ),
    "宿泊業・飲食サービス業": (
        "宿泊 旅館 ホテル 民宿 飲食 飲食サービス 外食 レストラン 食堂 居酒屋 カフェ 喫茶 給食 弁当 調理 料理人 "
        "料理店 板前 シェフ 寿司店"
    ),
    "生活関連サービス業・娯楽業": (
        "生活関連 理容 美容 エステ ネイル クリーニング 洗濯 銭湯 浴場 旅行 旅行代理店 冠婚葬祭 葬儀 葬祭 "
        "結婚式場 ブライダル 家事サービス 家事代行 娯楽 遊園地 映画館 劇場 パチンコ スポーツ施設 スポーツクラブ "
        "フィットネス ゴルフ場 競馬 ツアーガイド 添乗員"
    ),
    "教育・学習支援業": (
        "教育 学習支援 学校 幼稚園 小学校 中学校 高校 高等学校 大学 専門学校 特別支援学校 教員 教師 教諭 教授 "
        "講師 塾 学習塾 予備校 教室 音楽教室 ピアノ教室 図書館 博物館 美術館 動物園 訓練校 公民館 社会教育"
    ),
    "医療・福祉": (
        "医療 病院 大学病院 診療所 医院 クリニック 歯科 歯科医院 医師 歯科医師 看護 准看護師 保健師 助産師 "
        "薬剤師 療法士 検査技師 放射線技師 保健所 福祉 介護 介護福祉 介護施設 老人ホーム デイサービス ヘルパー "
        "社会福祉 保育 保育所 保育園 こども園 児童 障害者支援 就労支援 支援施設 ケアマネジャー 鍼灸 接骨院 "
        "整骨院 整体 マッサージ"
    ),
    "複合サービス業": "郵便局 協同組合 農業協同組合 漁業協同組合 農協 漁協 生協",
    "他に分類されないサービス業": (
        "警備 清掃 ビルメンテナンス 建物サービス 廃棄物 廃棄物処理 リサイクル 自動車整備 機械修理 整備 修理 "
        "職業紹介 人材 人材派遣 労働者派遣 派遣 コールセンター 宗教 寺 神社 僧侶 住職 神職 教会 政治団体 "
        "経済団体 労働組合 npo 便利屋 テレマーケティング サービス業"
    ),
    "公務": (
        "公務 国家公務員 地方公務員 官公庁 省庁 役所 市役所 区役所 町役場 役場 県庁 都庁 道庁 府庁 自治体 警察 "
        "警察官 消防 消防署 自衛隊 自衛官 裁判所 税務署 議員"
    ),
    "働いていない": (
        "無職 無業 失業 求職 専業主婦 専業主夫 主婦 主夫 家事手伝い 年金生活 年金 学生 大学生 高校生 中学生 "
        "小学生 大学院生 専門学校生 浪人"
    ),
}
INDUSTRIES = (*_KEYWORDS, OTHER)

# 「記載なし」: the text is there but names no size (farmers, public servants, people without work).
NO_SIZE = "記載なし"
_SIZE_WORDS = {
    "大手": "大手 大企業 大規模",
    "中堅": "中堅 中規模",
    "中小": "中小 中小企業 小規模 零細 個人 個人事業 個人経営 自営 自営業",
}
SIZES = (*_SIZE_WORDS, NO_SIZE)

_WEAKEST = "サービス業"
_INDUSTRY_OF = {word: index for index, words in enumerate(_KEYWORDS.values()) for word in words.split()}
_BRACKETS = re.compile(r"\([^()]*\)")
_SIZE_OF = {word: index for index, words in enumerate(_SIZE_WORDS.values()) for word in words.split()}
_SIZE = re.compile("|".join(sorted(_SIZE_OF, key=len, reverse=True)))


@lru_cache(maxsize=10_000)  # a million people share a few thousand occupations
def classify_occupation(text: str | None) -> tuple[int, int]:
    """An occupation as (index into ``INDUSTRIES``, index into ``SIZES``); both ``MISSING_CLASS`` without text."""
    plain = unicodedata.normalize("NFKC", text or "").lower().strip()
    if not plain:
        return MISSING_CLASS, MISSING_CLASS
    plain = _BRACKETS.sub(" ", plain)
    size = _SIZE.search(plain)
    return _industry(_SIZE.sub(" ", plain)), _SIZE_OF[size[0]] if size else SIZES.index(NO_SIZE)


def _industry(plain: str) -> int:
    """The keyword that ends last wins, and of two that end together the longer; the weakest only when alone."""
    found = [word for word in _INDUSTRY_OF if word in plain]
    if not found:
        return INDUSTRIES.index(OTHER)
    return _INDUSTRY_OF[max(found, key=lambda word: (word != _WEAKEST, plain.rfind(word) + len(word), len(word)))]
