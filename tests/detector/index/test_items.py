import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index import pairs, snapshot
from detector.index.items import Items

TENANTS = [None, "", "a", "b"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(TENANTS), st.booleans(), st.integers(1, 2**40)),
        st.tuples(st.just("remove"), st.just(None), st.just(False), st.integers(0, 40)),
        st.tuples(st.sampled_from(["load", "settle"]), st.just(None), st.just(False), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([1, 3, 7, 1000]))
def test_items_are_known_as_a_dictionary_knows_them(
    steps: list[tuple[str, str | None, bool, int]], early: int
) -> None:
    with mock.patch.object(pairs, "FEWEST_MERGED", early), tempfile.TemporaryDirectory() as folder:
        items, model, used = Items(Path(folder)), dict[int, tuple[str | None, bool]](), list[int]()
        every = [items]
        for turn, (verb, tenant, attested, number) in enumerate(steps):
            if verb == "add" and number not in used:
                items.add_many([(number, tenant, attested)])
                model[number] = (tenant, attested)
                used.append(number)
            elif verb == "remove":
                gone = [used[number % len(used)], 2**41] if used else [2**41]
                items.remove(gone)
                model = {each: held for each, held in model.items() if each not in gone}
            elif verb == "settle":
                items.settle()
            elif verb == "load":
                items.save(Path(folder) / str(turn))
                items = Items(Path(folder))
                items.load(Path(folder) / str(turn))
                every.append(items)
            assert len(items) == len(model)
            asked = [*used, 2**41, 0]
            assert [each in items for each in asked] == [each in model for each in asked]
            for asking in [*TENANTS, "unheard of"]:
                for before in (None, 2**39):
                    expected = [
                        each in model
                        and (before is None or each < before)
                        and (model[each][1] or model[each][0] == asking)
                        for each in asked
                    ]
                    view = items.view(asking, before)
                    for _ in range(2):
                        assert [view.one(each) for each in asked] == expected
                    assert view.many(np.array(asked)).tolist() == expected
        for each in every:
            each.settle()


def saved(root: Path) -> Path:
    with mock.patch.object(pairs, "FEWEST_MERGED", 4):
        items = Items()
        items.add_many((number, "t", False) for number in range(10))
        items.settle()
        snapshot.write(root, 9, {}, lambda folder: items.save(folder / "items"))
    return snapshot.read(root).folder / "items"


@pytest.mark.parametrize(
    "names", ["", "{}", "[1]", '["t"', '["t", "t"]', "null", '[["t"]]', "[" * 100_000], ids=range(8)
)
def test_a_list_of_accounts_that_is_none_is_refused(tmp_path: Path, names: str) -> None:
    folder = saved(tmp_path)
    (folder / "tenants.json").write_text(names)
    with pytest.raises(SnapshotInvalid):
        Items().load(folder)


@pytest.mark.parametrize("name", ["keys.npy", "values.npy"])
def test_an_altered_number_is_noticed_by_the_snapshot_and_breaks_no_answer_meanwhile(
    tmp_path: Path, name: str
) -> None:
    folder = saved(tmp_path)
    path = next(folder.rglob(f"sorted/{name}"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(SnapshotInvalid, match="altered"):
        snapshot.read(tmp_path)
    items = Items()
    items.load(folder)
    for tenant in ("t", "unheard of"):
        view = items.view(tenant)
        assert view.many(np.arange(10)).tolist() == [view.one(number) for number in range(10)]


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    path = next(folder.rglob("sorted/values.npy"))
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(SnapshotInvalid):
        Items().load(folder)
