"""Which fingerprints may be kept, and which asked with: those of a calibrated method and enough quality."""

from detector.calibration import ASKED_SHARE, Calibration, for_method
from detector.fingerprints.audio import ASKED_METHOD as AUDIO_ASKED
from detector.fingerprints.audio import METHOD as AUDIO
from detector.fingerprints.copydet import METHOD as COPYDET_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.image_embedding import PART_METHOD as EMBEDDED_PART
from detector.fingerprints.pdq import ASKED_METHODS as PDQ_ASKED
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.sift import ASKED_METHOD as SIFT_ASKED
from detector.fingerprints.video import ASKED_METHOD as VIDEO_ASKED
from detector.fingerprints.video import METHOD as VIDEO
from detector.fingerprints.vlad import ASKED_METHODS as VLAD_ASKED
from detector.fingerprints.vlad import METHOD as VLAD_METHOD
from detector.index.port import Metric
from provenance.assets.asset import Medium

QUERY_ONLY = frozenset({SIFT_ASKED, EMBEDDED_PART, AUDIO_ASKED, VIDEO_ASKED}) | PDQ_ASKED | VLAD_ASKED
"""Fingerprints to ask with and never to store."""

_TELLING_BY_QUALITY = frozenset({PDQ_METHOD, AUDIO, VIDEO})


def stored_method(method: str) -> str:
    """The method whose index is asked with a fingerprint of this one."""
    if method == EMBEDDED_PART:
        return COPYDET_METHOD
    if method in PDQ_ASKED:
        return PDQ_METHOD
    return VLAD_METHOD if method in VLAD_ASKED else method


def admitted(entry: Fingerprint, *, asking: bool = False) -> Calibration | None:
    """The calibration under which this fingerprint may be kept, or asked with; None when it may not."""
    method = stored_method(entry.method)
    if method in (AUDIO, VIDEO):
        # Many frames a fingerprint: the width is that of one.
        frames = for_method(method, 0)
        return frames if frames is not None and entry.quality >= frames.floor else None
    width = len(entry.value) if method == PDQ_METHOD else len(entry.value) // 4
    found = for_method(method, width)
    if found is None or found.width != width:
        return None
    if found.metric is Metric.COSINE and len(entry.value) % 4:
        return None
    floor = found.floor * ASKED_SHARE if asking and found.reach else found.floor
    if entry.quality < floor:
        return None
    return found


def is_telling(prints: Fingerprints) -> bool:
    """Whether equality with this item means anything: false for blank pictures, silence and texts of a word
    or two."""
    if any(admitted(entry) for entry in prints.prints):
        return True
    if prints.medium is Medium.TEXT:
        return False
    return not any(entry.method in _TELLING_BY_QUALITY for entry in prints.prints)
