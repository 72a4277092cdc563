import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.fingerprints.text_normaliser import MAX_CHARACTERS, is_latin, normalise, skeleton, spoken

FREE = "free cash, click here now"


@pytest.mark.parametrize(
    "disguised",
    [
        "FREE CASH, CLICK HERE NOW",
        "frее саѕh, сlісk hеrе nоw",
        "Frее Саѕh, сlісk hеrе nоw",
        "fr33 ca$h, cl1ck h3re n0w",
        "f\u200br\u200be\u200be cash,\u00a0click here\u2060 now",
        "f̶r̶e̶e̶ cash, click here now",
        "ｆｒｅｅ ｃａｓｈ, ｃｌｉｃｋ ｈｅｒｅ ｎｏｗ",
        "𝓯𝓻𝓮𝓮 𝗰𝗮𝘀𝗵, 𝕔𝕝𝕚𝕔𝕜 𝔥𝔢𝔯𝔢 𝚗𝚘𝚠",
        "f r e e  c a s h, c l i c k  h e r e  n o w",
        "f.r.e.e c-a-s-h, click here now",
        "ꜰʀᴇᴇ ᴄᴀꜱʜ, ᴄʟɪᴄᴋ ʜᴇʀᴇ ɴᴏᴡ",
        "🅵🆁🅴🅴 cash, click here now",
        "free\n\n\tcash,    click here now",
        "&#102;&#114;&#101;&#101; cash, cl&#x69;ck here now",
        "ʍou ǝɹǝɥ ʞɔᴉlɔ ,ɥsɐɔ ǝǝɹɟ",
        "fr33 c@5h, cl!ck h3r3 n0w",
        "frεε cαsh, clιck hεrε ηοw",
        "frèé cāsh, ćlick hërê nöw",
    ],
)
def test_a_disguise_is_undone(disguised: str) -> None:
    assert normalise(disguised) == FREE


@pytest.mark.parametrize(
    "text",
    [
        "он пошел за сор и не вернулся",
        "привет, как дела? мама мыла раму",
        "это не спам, а статья о погоде",
        "αυτο ειναι ενα κειμενο για τον καιρο",
        "مَرْحَبًا بالعالم، كيف حالك اليوم",
        "שָׁלוֹם עולם",
        "नमस्ते दुनिया, आप कैसे हैं",
        "ตัวอย่างภาษาไทย",
        "今天天气很好，我们去公园吧",
        "カタカナとひらがなの文章です",
        "한국어 텍스트 예시입니다",
        "வணக்கம் உலகம்",
    ],
)
def test_other_writing_systems_survive(text: str) -> None:
    import unicodedata

    assert normalise(text) == " ".join(unicodedata.normalize("NFKC", text).split())
    assert skeleton(normalise(text))


@pytest.mark.parametrize(
    ("plain", "disguised"),
    [
        ("Продам гараж, недорого, звоните сегодня", "Пpoдaм гapaж, нeдopoгo, звoнитe ceгoдня"),
        ("Продам гараж, недорого, звоните сегодня", "Пpодaм гараж, недоpoго, звонитe cегодня"),
        ("Продам гараж, недорого, звоните сегодня", "Пр0дам гараж, нед0р0г0, зв0ните сег0дня"),
        (
            "Продам гараж, недорого, звоните сегодня",
            "П p o д a м  г a p a ж, н e д o p o г o, звоните сегодня",
        ),
        ("Заробляйте вдома, пишіть у приват", "3apoбляйтe вдoмa, пишiть y пpивaт"),
        ("Κερδίστε χρήματα από το σπίτι, καλέστε τώρα", "Kεpδίστε χρήματα aπό τo σπίτι, καλέστε τώpα"),
        ("ΚΕΡΔΙΣΤΕ ΧΡΗΜΑΤΑ ΑΠΟ ΤΟ ΣΠΙΤΙ, ΤΩΡΑ", "κερδιστε χρηματα απο το σπιτι, τωρα"),
    ],
    ids=["all", "some", "digits", "spaced", "ukrainian", "greek", "capitals"],
)
def test_letters_of_other_alphabets_are_compared_by_their_looks(plain: str, disguised: str) -> None:
    assert skeleton(normalise(disguised)) == skeleton(normalise(plain))


def test_a_text_in_another_alphabet_keeps_its_letters_for_its_reader() -> None:
    assert normalise("Пpoдaм гараж, недорого") == "пpoдaм гараж, недорого"


def test_a_latin_text_with_a_few_foreign_letters_is_still_unmasked() -> None:
    assert normalise("frее cаsh, сlick hеre nоw, Жанна") == "free cash, click here now, жанна"


@pytest.mark.parametrize("text", ["комната 404", "дом 3а", "в 2024 году", "4к телевизор", "том3"])
def test_numbers_beside_cyrillic_words_stay(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("free cash, click here now", True),
        ("0845 123 4567", True),
        ("free cash, звоните сейчас же", False),
        ("пpoдaм гapaж нeдopoгo", False),
        ("今天天气很好", False),
    ],
)
def test_a_word_is_latin_when_all_its_letters_are(text: str, latin: bool) -> None:
    assert is_latin(normalise(text)) is latin


@pytest.mark.parametrize(
    "text", ["mp3 at 7pm", "covid19 cases", "call 0845 123 4567", "b4 you go, gr8", "win!"]
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert normalise(text) == text


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_normalised_without_error_and_without_growing(text: str) -> None:
    clean = normalise(text)
    assert len(clean) <= MAX_CHARACTERS * 3
    skeleton(clean)
    spoken(clean)


@pytest.mark.parametrize(
    "flood",
    [
        "́" * 1000000,
        "a" + "́̕" * 500000,
        "ﷺ" * 1000000,
        "а b " * 250000,
        "1a" * 500000,
        "a! " * 350000,
        "ְً" * 500000,
        "\u200b" * 1000000,
        "." * 1000000,
        "𝅗𝅥" * 250000,
    ],
)
def test_a_megabyte_of_anything_takes_bounded_time(flood: str) -> None:
    began = time.monotonic()
    skeleton(normalise(flood))
    assert time.monotonic() - began < 3
