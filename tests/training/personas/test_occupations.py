"""Occupations to industries and sizes. All occupations here are made up after the corpus's form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.training.personas.occupations import INDUSTRIES, MISSING_CLASS, NO_SIZE, OTHER, SIZES, classify_occupation


@pytest.mark.parametrize(
    ("text", "industry", "size"),
    [
        ("木材製造業 大手", "製造業", "大手"),
        ("菓子小売業 中小", "卸売業・小売業", "中小"),  # the head decides, not what is sold
        ("菓子製造業 中堅 経営", "製造業", "中堅"),
        ("自動車販売業 中堅", "卸売業・小売業", "中堅"),
        ("自動車整備業 大手", "他に分類されないサービス業", "大手"),
        ("トラック運送業 中小 (現在は引退)", "運輸業・郵便業", "中小"),
        ("動物病院 個人", "学術研究・専門技術サービス業", "中小"),
        ("大学病院 大手", "医療・福祉", "大手"),
        ("国立大学", "教育・学習支援業", NO_SIZE),
        ("漁業協同組合 中堅", "複合サービス業", "中堅"),
        ("漁業", "農林漁業", NO_SIZE),
        ("土木工事業 零細", "鉱業・建設業", "中小"),
        ("水道業 大手", "電気・ガス・水道業", "大手"),
        ("ＩＴ企業 大手", "情報通信業", "大手"),
        ("信用金庫 中小", "金融業・保険業", "中小"),
        ("不動産業 中小", "不動産業・物品賃貸業", "中小"),
        ("温泉旅館 中小", "宿泊業・飲食サービス業", "中小"),
        ("洋食サービス業 中小", "他に分類されないサービス業", "中小"),
        ("外食サービス業 中小", "宿泊業・飲食サービス業", "中小"),  # 「サービス業」 yields to what says more
        ("美容室 中小", "生活関連サービス業・娯楽業", "中小"),
        ("国家公務員", "公務", NO_SIZE),
        ("看護師", "医療・福祉", NO_SIZE),
        ("無職", "働いていない", NO_SIZE),
        ("専業主婦", "働いていない", NO_SIZE),
        ("大学生", "働いていない", NO_SIZE),
        ("風鈴鑑定士", OTHER, NO_SIZE),  # unseen
        ("自営業", OTHER, "中小"),
    ],
)
def test_classes(text, industry, size):
    industry_index, size_index = classify_occupation(text)
    assert (INDUSTRIES[industry_index], SIZES[size_index]) == (industry, size)


@pytest.mark.parametrize("text", [None, "", "  ", "　"])
def test_no_text_is_masked(text):
    assert classify_occupation(text) == (MISSING_CLASS, MISSING_CLASS)


def test_retirement_does_not_change_the_class():
    assert classify_occupation("製紙業 大手 （現在は引退）") == classify_occupation("製紙業 大手")


@given(st.text(min_size=1).filter(str.strip))
def test_every_text_has_a_class(text):
    industry, size = classify_occupation(text)
    assert 0 <= industry < len(INDUSTRIES)
    assert 0 <= size < len(SIZES)
