import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.fingerprints.text_normaliser import normalise, skeleton
from detector.fingerprints.variants import compared_letters


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كلمة المرور الجديدة إلى علي", "کلمه المرور الجدیده الی علی"),
        ("パスワードを入力してください", "パスワードヲ入力シテクダサイ"),
        ("请输入一个正确的使用者名称", "請輸入一個正確的使用者名稱"),
        ("продам гараж", "npoдam rapaж"),
    ],
    ids=["arabic", "kana", "chinese", "cyrillic"],
)
def test_writings_of_one_text_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(normalise(one)) == skeleton(normalise(other))


@given(st.text(max_size=100))
def test_what_a_letter_becomes_is_not_changed_again(text: str) -> None:
    once = text.translate(compared_letters())
    assert once.translate(compared_letters()) == once


def test_one_character_becomes_one_character() -> None:
    assert {len(form) for form in compared_letters().values()} == {1}
    assert not any(chr(code).isascii() for code in compared_letters())
