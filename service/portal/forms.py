"""What the pages take. Every message says what to do."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from service.accounts import SCOPES
from service.portal.words import SCOPES as SCOPE_WORDS
from service.portal.words import SOURCES, TRAINING
from service.wishes import MAX_AUTHOR, WISHES, Wishes, wishes_from

KINDS = (("file", "A file"), ("text", "A text"))
LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("0", "Never expires"))


class ContentForm(forms.Form):
    """A file, or a text: one of the two."""

    kind = forms.ChoiceField(choices=KINDS, initial="file", required=False)
    file = forms.FileField(required=False, allow_empty_file=True, max_length=None)
    text = forms.CharField(required=False, strip=False)

    def clean(self) -> dict[str, Any]:
        """The kind that was chosen has to be there; where it is not, the other one counts if it is."""
        cleaned = super().clean() or {}
        file, text = cleaned.get("file"), cleaned.get("text") or ""
        kind = cleaned.get("kind") or ("file" if file else "text")
        if kind == "file" and file is None and text.strip():
            kind = "text"
        elif kind == "text" and not text.strip() and file is not None:
            kind = "file"
        if kind == "file" and file is None:
            self.add_error("file", forms.ValidationError("Choose a file first.", code="missing_content"))
        if kind == "text" and not text.strip():
            self.add_error(
                "text", forms.ValidationError("Paste or type a text first.", code="missing_content")
            )
        cleaned["kind"] = kind
        return cleaned

    @property
    def upload(self) -> "UploadedFile[bytes] | None":
        """The file, when a file is what was sent."""
        return self.cleaned_data["file"] if self.cleaned_data["kind"] == "file" else None


class AttestForm(ContentForm):
    """What to attest and what is declared of it."""

    source_type = forms.ChoiceField(
        choices=[(card.value, card.name) for card in SOURCES],
        error_messages={"required": "Say how it was made.", "invalid_choice": "Choose how it was made."},
    )
    title = forms.CharField(
        required=False,
        max_length=200,
        error_messages={"max_length": "A title has at most 200 characters."},
    )
    author = forms.CharField(
        required=False,
        max_length=MAX_AUTHOR,
        error_messages={"max_length": "A name has at most 200 characters."},
    )
    training = forms.ChoiceField(required=False, choices=TRAINING)
    keep_metadata = forms.BooleanField(required=False)
    accept_broken_parent = forms.BooleanField(required=False)
    embed_text = forms.BooleanField(required=False)
    once = forms.UUIDField(required=False)

    @property
    def wishes(self) -> Wishes:
        """What is asked of the signature."""
        return wishes_from({name: self.cleaned_data[name] for name in WISHES})


class VerifyForm(ContentForm):
    """What to verify, and the proof that came with it, if any."""

    proof = forms.FileField(required=False, max_length=None)


class DecisionForm(forms.Form):
    """A reviewer's decision; two of the four are a word on the pair, too."""

    decision = forms.ChoiceField(
        choices=(
            ("approve", "Approve"),
            ("not_same", "Not the same: approve"),
            ("refuse", "Refuse"),
            ("same", "The same: refuse"),
        )
    )


class WordForm(forms.Form):
    """A moderator's word: the same, or not."""

    word = forms.ChoiceField(choices=(("same", "The same"), ("not_same", "Not the same")))


class PairForm(WordForm):
    """The same of two items."""

    first = forms.UUIDField()
    second = forms.UUIDField()


class RevocationForm(forms.Form):
    """Why an attestation is revoked; the tick makes it deliberate."""

    reason = forms.CharField(max_length=200, error_messages={"required": "Say why, in a few words."})
    sure = forms.BooleanField(error_messages={"required": "Tick the box: a revocation cannot be undone."})


class KeyForm(forms.Form):
    """A new API key. Only those who review may hand that right to a program."""

    name = forms.CharField(max_length=100, error_messages={"required": "Give the key a name."})
    scopes = forms.MultipleChoiceField(
        error_messages={"required": "Choose at least one thing that the key may do."}
    )
    days = forms.ChoiceField(
        choices=LIFETIMES, initial="90", error_messages={"required": "Choose how long it lives."}
    )

    def __init__(self, *args: Any, moderator: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [scope for scope in SCOPES if moderator or scope != "moderate"]
        self.fields["scopes"].choices = [(scope, SCOPE_WORDS[scope]) for scope in offered]  # type: ignore[attr-defined]
