"""Banks: what an operator named beforehand is recognised by likeness."""

import pytest
from PIL import Image

from detector.errors import BankInvalid
from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.exact import digest_print
from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.pdq import pdq_prints
from detector.flows.live_banks import LiveBanks, add_entry, remove_entry
from detector.models import BankEntry
from provenance.assets.asset import Medium

pytestmark = pytest.mark.django_db
SCAM = "Your parcel is waiting, pay the customs fee of 2 pounds at the address below today"


def prints(text: str, embedders: Embedders) -> Fingerprints:
    return text_fingerprints([text], embedders)[0]


def test_a_disguised_copy_of_what_is_known_bad_is_recognised(without_model: Embedders) -> None:
    banks = LiveBanks()
    assert banks.look_up(prints(SCAM, without_model)) is None
    entry = add_entry(prints(SCAM, without_model), bank="deny", label="customs scam", by="mod")
    found = banks.look_up(prints(SCAM.upper().replace("O", "0") + " !!", without_model))
    assert found is not None
    assert (found.bank, found.entry, found.label) == ("deny", str(entry.uid), "customs scam")
    assert found.why
    other = prints("An unrelated remark on the weather of the coming week", without_model)
    assert banks.look_up(other) is None
    assert remove_entry(entry.uid)
    assert banks.look_up(prints(SCAM, without_model)) is None


def test_a_word_too_short_to_mean_anything_counts_where_it_was_named(without_model: Embedders) -> None:
    add_entry(prints("thanks!", without_model), bank="allow", label="thanks")
    found = LiveBanks().look_up(prints("THANKS!", without_model))
    assert found is not None
    assert found.bank == "allow"


def test_a_smaller_copy_of_a_picture_is_recognised(photos: dict[str, Image.Image]) -> None:
    import numpy as np

    def of(image: Image.Image, digest: str) -> Fingerprints:
        return Fingerprints(digest, Medium.IMAGE, (digest_print(digest), *pdq_prints(np.asarray(image))))

    add_entry(of(photos["china"], "aa" * 32), bank="deny", label="temple")
    found = LiveBanks().look_up(of(photos["china"].resize((320, 213)), "bb" * 32))
    assert found is not None
    assert found.method == "pdq/1"
    assert LiveBanks().look_up(of(photos["flower"], "cc" * 32)) is None


def test_of_two_entries_as_near_the_bad_one_speaks(without_model: Embedders) -> None:
    add_entry(prints(SCAM, without_model), bank="allow", label="good")
    add_entry(prints(SCAM.title(), without_model), bank="deny", label="bad")
    found = LiveBanks().look_up(prints(SCAM.upper(), without_model))
    assert found is not None
    assert found.label == "bad"


def test_one_content_is_in_one_bank_and_its_last_word_counts(without_model: Embedders) -> None:
    banks = LiveBanks()
    for bank, label in (("deny", "a"), ("allow", "b"), ("allow", "c")):
        add_entry(prints(SCAM, without_model), bank=bank, label=label)
        found = banks.look_up(prints(SCAM, without_model))
        assert found is not None
        assert (found.bank, found.label) == (bank, label)
    assert BankEntry.objects.count() == 1


def test_there_is_no_other_bank(without_model: Embedders) -> None:
    with pytest.raises(BankInvalid):
        add_entry(prints(SCAM, without_model), bank="odd", label="x")
