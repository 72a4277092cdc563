"""One error tree for the detector: a stable code, a sentence for a person, and whether a retry can help."""


class DetectorError(Exception):
    """Base of every error this engine raises; `permanent` says that a retry cannot succeed."""

    code = "detector_error"
    permanent = True

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        if code is not None:
            self.code = code


class MediaUnreadable(DetectorError):
    """The content cannot be decoded within the limits."""

    code = "media_unreadable"


class DecoderUnavailable(DetectorError):
    """No process that decodes media could be started, or it could not do its work for now."""

    code = "decoder_unavailable"
    permanent = False


class ModelUnavailable(DetectorError):
    """An embedding model could not be loaded."""

    code = "model_unavailable"
    permanent = False


class SnapshotInvalid(DetectorError):
    """An index snapshot is truncated, altered or of another version; it is rebuilt from the rows."""

    code = "snapshot_invalid"
