"""Writing systems of the world: what tells two texts apart there must survive the undoing of disguises."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.fingerprints.confusables import latin_lookalikes
from detector.fingerprints.text_normaliser import normalise, skeleton

LETTERS = {
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह" + "ािीुूेैोौ्ं",
    "Thai": "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ" + "ัิีึืุู่้๊๋",
    "Chinese": "天气很好我们去公园吧今明昨大小上下左右东西南北",
    "Japanese": "あいうえおかがきぎくぐけげこごさざしじアイウエカガキギ日本語",
    "Korean": "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허",
    "Tamil": "அஆஇஈஉஊஎஏகஙசஞடணதநபமயரலவ" + "ாிீுூெேைொோௌ்",
    "Armenian": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    "Georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
}
SCRIPTS = st.sampled_from(sorted(LETTERS))

PAIRS = [
    ("мой дом стоит у реки", "мои дом стоит у реки"),
    ("її дім далеко", "іі дім далеко"),
    ("मैं घर जाता हूँ", "में घर जाता हूँ"),
    ("कल किताब पढ़ो", "कल कताब पढ़ो"),
    ("ป่าใหญ่มาก", "ป้าใหญ่มาก"),
    ("かきを食べた", "かぎを食べた"),
    ("பழம் வாங்கு", "பாழம் வாங்கு"),
    ("今天天气很好", "今天天气不好"),
    ("오늘 날씨가 좋다", "오늘 날씨가 춥다"),
    ("بيت كبير", "بنت كبير"),
    ("ספר גדול", "ספר גדיל"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_texts_that_differ_in_a_letter_or_a_mark_stay_different(first: str, second: str) -> None:
    assert skeleton(normalise(first)) != skeleton(normalise(second))


@given(st.data())
def test_words_of_any_script_keep_every_letter(data: st.DataObject) -> None:
    script = data.draw(SCRIPTS)
    alphabet = LETTERS[script]
    # A word that could be Latin in disguise is taken for it where nothing speaks against it.
    first = next(c for c in alphabet if ord(c) not in latin_lookalikes())
    words = st.lists(st.text(alphabet, min_size=2, max_size=8), min_size=2, max_size=6)
    text = " ".join(first + word for word in data.draw(words))
    seen = normalise(text)
    expected = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    assert skeleton(seen) == skeleton(_squeezed(expected))


def _squeezed(text: str) -> str:
    """What normalise() does to letters stretched out, and to single letters set apart, in any script."""
    return re.sub(r"([^\W\d_])\1{2,}", r"\1\1", text)


@given(SCRIPTS, st.data())
def test_two_different_texts_of_a_script_stay_different(script: str, data: st.DataObject) -> None:
    letters = [c for c in LETTERS[script] if unicodedata.category(c)[0] == "L"]
    spelled = st.permutations(letters).map(lambda order: "".join(order[:12]))
    first, second = data.draw(spelled), data.draw(spelled)
    if first != second:
        assert skeleton(normalise(first)) != skeleton(normalise(second))


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("п̶р̶и̶в̶е̶т̶ друзья мои", "привет друзья мои"),
        ("при\u200bвет дру\u2060зья мои", "привет друзья мои"),
        ("مـــرحـــبا بالعالم", "مرحبا بالعالم"),
        ("ﻣﺮﺣﺒﺎ بالعالم", "مرحبا بالعالم"),
        ("Ελλάδα μου", "ελλαδα μου"),
        ("ｶﾀｶﾅ の文章", "カタカナ の文章"),
        ("ещё один", "еще один"),
        ("&#1087;&#1088;&#1080;вет друзья", "привет друзья"),
    ],
)
def test_a_disguise_in_another_script_is_undone(disguised: str, plain: str) -> None:
    assert normalise(disguised) == normalise(plain)


@pytest.mark.parametrize(("pointed", "plain"), [("مَرْحَبًا بِكُمْ", "مرحبا بكم"), ("שָׁלוֹם עוֹלָם", "שלום עולם")])
def test_points_that_writers_leave_out_tell_nothing_apart(pointed: str, plain: str) -> None:
    assert skeleton(normalise(pointed)) == skeleton(normalise(plain))
