from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import SnapshotInvalid
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.video import METHOD, asked_of, stored_runs, video_prints
from detector.index.build import exact_index, faiss_index
from detector.match import Matcher
from detector.matching.admission import is_telling
from detector.matching.vectors import MakeIndex
from detector.media.video import Frame
from provenance.assets.asset import Medium

Prints = tuple[Fingerprint, ...]
Pixels = np.ndarray


def scene(seed: int) -> Pixels:
    """A picture of large blots, different for each seed."""
    blots = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(blots).resize((160, 120), Image.Resampling.BICUBIC))


def film(scenes: range, start: float = 0.0, each: int = 4) -> list[Frame]:
    """Scenes in a row, two seconds each."""
    return [
        Frame(start + (place * each + half) / 2, scene(seed))
        for place, seed in enumerate(scenes)
        for half in range(each)
    ]


def changed(frames: list[Frame], change: object) -> list[Frame]:
    return [Frame(frame.seconds, np.ascontiguousarray(change(frame.pixels))) for frame in frames]  # type: ignore[operator]


def asked(frames: list[Frame]) -> Fingerprints:
    return Fingerprints("0" * 64, Medium.VIDEO, video_prints(frames))


@pytest.fixture(scope="module", params=[faiss_index, exact_index])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    make: MakeIndex = request.param
    found = Matcher(make)
    found.add_many([(1, video_prints(film(range(100, 110)))), (2, video_prints(film(range(200, 208))))])
    return found


def logo(pixels: Pixels) -> Pixels:
    out = pixels.copy()
    out[80:110, 110:150] = (250, 10, 10)
    return out


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p,
        lambda p: p[:, ::-1],
        lambda p: p.transpose(1, 0, 2)[:, ::-1],
        lambda p: np.pad(p, ((40, 40), (0, 0), (0, 0))),
        lambda p: np.pad(p, ((0, 0), (50, 50), (0, 0)), constant_values=255),
        lambda p: p[::2, ::2],
        logo,
    ],
    ids=["same", "mirrored", "turned", "letterboxed", "white sides", "small", "logo"],
)
def test_an_edited_excerpt_is_found_where_it_lies(matcher: Matcher, change: object) -> None:
    (found,) = matcher.match(asked(changed(film(range(103, 108)), change)))
    assert (found.item_no, found.method) == (1, METHOD)
    assert "From 0.0 s to 10.0 s of it lies at 6.0 s of the original" in found.why
    assert found.distance <= found.threshold


def test_what_is_new_is_not_found(matcher: Matcher) -> None:
    assert matcher.match(asked(film(range(300, 310)))) == []


def test_one_frame_in_common_is_not_enough(matcher: Matcher) -> None:
    frames = [*film(range(300, 305)), *film(range(104, 105), 10.0), *film(range(305, 308), 12.0)]
    assert matcher.match(asked(frames)) == []


def test_scenes_in_another_order_do_not_lie_on_each_other_as_a_whole(matcher: Matcher) -> None:
    backwards = [Frame(n / 2, frame.pixels) for n, frame in enumerate(reversed(film(range(100, 110))))]
    found = matcher.match(asked(backwards))
    assert all("10 different frames" not in match.why for match in found)


def test_a_single_frame_is_found_as_such() -> None:
    matcher = Matcher()
    matcher.add_many([(1, video_prints(film(range(5, 6), each=1)))])
    assert [found.item_no for found in matcher.match(asked(film(range(5, 6), each=1)))] == [1]


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 4000, 3), (120, 160, 3)])
def test_blank_video_is_known_but_tells_nothing(shape: tuple[int, ...]) -> None:
    frames = [Frame(number / 2, np.zeros(shape, np.uint8)) for number in range(6)]
    blank = asked(frames)
    assert [(entry.method, entry.value, entry.quality) for entry in blank.prints] == [(METHOD, b"", 0)]
    matcher = Matcher()
    matcher.add_many([(1, blank.prints)])
    assert matcher.match(blank) == []
    assert not is_telling(blank)


def test_a_still_picture_is_one_run_however_long() -> None:
    runs = stored_runs(video_prints(film(range(7, 8), each=200))[0].value)
    assert (len(runs), runs.starts[0], runs.ends[0]) == (1, 0.0, 100.0)


def test_frames_of_changing_size_are_read() -> None:
    frames = [Frame(n / 2, scene(n)[: 60 + n, : 80 + 2 * n]) for n in range(30)]
    assert len(stored_runs(video_prints(frames)[0].value)) > 10


def test_stored_frames_alone_find_an_unchanged_copy(matcher: Matcher) -> None:
    prints = video_prints(film(range(200, 208)))[:1]
    found = asked_of(prints)
    assert found is not None
    assert found[0].codes.shape == (8, 1, 32)
    assert [m.item_no for m in matcher.match(Fingerprints("0" * 64, Medium.VIDEO, prints))] == [2]


def test_removed_videos_are_not_found_and_a_snapshot_finds_the_rest(tmp_path: Path) -> None:
    prints = {n: video_prints(film(range(10 * n, 10 * n + 5))) for n in (1, 2, 3)}

    def read(method: str, numbers: object) -> dict[int, bytes]:
        return {number: each[0].value for number, each in prints.items()} if method == METHOD else {}

    first = Matcher(read_values=read)
    first.add_many(list(prints.items()))
    first.remove([2, 77])
    again = Matcher(read_values=read)
    again.load(tmp_path, first.save(tmp_path))
    again.add_many([(4, video_prints(film(range(90, 95))))])
    for held in (first, again):
        assert [
            [m.item_no for m in held.match(asked(film(range(10 * n, 10 * n + 5))))] for n in (1, 2, 3)
        ] == [[1], [], [3]]


@pytest.mark.parametrize("damage", ["cut", "missing", "longer"])
def test_a_damaged_list_of_whose_the_frames_are_is_refused(tmp_path: Path, damage: str) -> None:
    matcher = Matcher()
    matcher.add_many([(1, video_prints(film(range(5))))])
    notes = matcher.save(tmp_path)
    (path,) = tmp_path.rglob("bounds.npy")
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "missing":
            path.unlink()
        case "longer":
            np.save(path, np.arange(9))
    with pytest.raises(SnapshotInvalid):
        Matcher().load(tmp_path, notes)
