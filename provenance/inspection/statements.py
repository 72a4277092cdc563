"""Each axis in one sentence for a person who has never heard of C2PA, saying also what it does not say.

A sentence is ours; the only foreign words in it are names and titles, cleaned of control, bidi and invisible
characters and set in quotation marks. Whoever shows a sentence as HTML escapes it.
"""

import datetime
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from provenance.inspection import times
from provenance.inspection.inspection import (
    Credential,
    Finding,
    History,
    Inspection,
    Revocation,
    SigningTime,
    Statement,
)
from provenance.inspection.sentences import Gravity, gravity
from provenance.inspection.trust_paths import TRUSTED

_MAX_CODES = 10
_OVER = frozenset({"signingCredential.expired", "claimSignature.outsideValidity"})

_CREDENTIAL = {
    Credential.TRUSTED: "The content is as it was when it was signed, and the signer is vouched for by a list"
    " that this service trusts. It does not say that what the content shows is true.",
    Credential.UNTRUSTED_ISSUER: "The content is as it was when it was signed, but nobody that this service"
    " trusts vouches for the signer: anyone can make a certificate with any name.",
    Credential.INVALID: "The credential does not hold: the content, the credential or the right to sign fails"
    " a check. Nothing that it says can be relied on.",
    Credential.NONE: "The file carries no content credential. That says nothing about whether it is genuine.",
    Credential.UNCHECKED: "Whether the file carries a content credential could not be checked.",
}
_OUT_OF_TIME = (
    "The content is as it was when it was signed, but the signer's certificate is out of its time and no"
    " trusted time stamp shows that it signed before that: nobody that this service trusts vouches for it."
)
_KNOWN_BUT = (
    "The content is as it was when it was signed, and a list that this service trusts vouches for the signer,"
    " but nobody vouches for {}: the whole is worth as much as the weakest part of it."
)
_DEEPER, _BESIDE = "something that it was made from", "something else in it, such as its time stamp"
_PAD_CLEAN = "The filling bytes of the credential are empty: nothing is hidden there."

NONE = (Statement("credential", "none", _CREDENTIAL[Credential.NONE]),)
UNCHECKED = (Statement("credential", "unchecked", _CREDENTIAL[Credential.UNCHECKED]),)


def unreadable(code: str) -> tuple[Statement, ...]:
    """Where a credential is there and cannot be read; `code` tells why."""
    sentence = "The file holds a content credential that cannot be read: it is damaged or made wrongly."
    return (Statement("credential", "invalid", sentence, (code,)),)


def statements(
    found: Inspection, succeeded: AbstractSet[str], *, asked: bool = False
) -> tuple[Statement, ...]:
    """One statement for each axis of an inspection that read a credential, and one for each identity.

    `succeeded` are the codes of the checks that the file's own manifest passed; `asked` says that the caller
    wanted the signers' authorities to be asked about revocation.
    """
    return (
        _credential(found, succeeded),
        _signer(found),
        _trust_list(found, succeeded),
        _revocation(found, succeeded, asked=asked),
        _time(found, succeeded),
        _history(found, succeeded),
        _pad(found),
        *_identities(found),
    )


def _credential(found: Inspection, succeeded: AbstractSet[str]) -> Statement:
    bad = _failing(found.findings)
    sentence = _CREDENTIAL[found.credential]
    deep = [finding for finding in bad if finding.depth > 0]
    if found.credential is Credential.INVALID and bad and len(deep) == len(bad):
        sentence = (
            "The content is as it was when it was signed, but something that it was made from does not hold;"
            " a credential is worth as much as the weakest part of its history."
        )
    elif found.credential is Credential.UNTRUSTED_ISSUER and _is_out_of_time(found):
        sentence = _OUT_OF_TIME
    elif found.credential is Credential.UNTRUSTED_ISSUER and _is_vouched_for(found):
        sentence = _KNOWN_BUT.format(_DEEPER if deep else _BESIDE)
    codes = _codes(bad) or _of(
        succeeded, "claimSignature.validated", "assertion.dataHash.match", "assertion.bmffHash.match"
    )
    return Statement("credential", found.credential.value, sentence, codes)


def _is_out_of_time(found: Inspection) -> bool:
    """Whether the file's own signer is not vouched for because its certificate's time is over.

    A list may know who issued it all the same, so nothing may be said of the issuer.
    """
    return found.trust_list is None and any(one.depth == 0 and one.code in _OVER for one in found.findings)


def _is_vouched_for(found: Inspection) -> bool:
    """Whether a list vouches for the file's own signer, whatever is found further back."""
    return found.trust_list is not None and not _own(found, "signingCredential.untrusted")


def _fails_itself(found: Inspection) -> bool:
    """Whether something is broken in the file itself, not only further back."""
    bad = [one for one in found.findings if gravity(one.code) is Gravity.INVALID]
    return not bad or any(one.depth == 0 for one in bad)


def _signer(found: Inspection) -> Statement:
    if found.signer is None:
        return Statement("signer", "unknown", "The signing certificate names nobody.")
    name = _quoted(found.signer)
    if found.credential is not Credential.INVALID and _is_vouched_for(found):
        sentence = f"The signing certificate is made out to {name}, and the authority behind it is trusted."
        if found.product is not None:
            sentence += f" It is listed as the conforming product {_quoted(found.product.name)}."
    elif found.credential is Credential.INVALID and _is_vouched_for(found) and not _fails_itself(found):
        sentence = (
            f"The signing certificate is made out to {name}, and the authority behind it is trusted; but what"
            " it signed was made from something that does not hold."
        )
    elif found.credential is Credential.INVALID:
        sentence = f"The credential names {name} as its signer; as it does not hold, that proves nothing."
    elif _is_out_of_time(found):
        sentence = (
            f"The signer calls itself {name}. Its certificate is out of its time, so nobody that this service"
            " trusts confirms that name."
        )
    else:
        sentence = f"The signer calls itself {name}. Nobody that this service trusts confirms that name."
    return Statement("signer", found.signer, sentence)


def _trust_list(found: Inspection, succeeded: AbstractSet[str]) -> Statement:
    knowing = [one.name for one in found.trust_lists if one.verdict == TRUSTED]
    others = [one.name for one in found.trust_lists if one.verdict != TRUSTED]
    if found.trust_list is not None:
        codes = _of(succeeded, "signingCredential.trusted")
        sentence = f"The signer's certificate leads to an authority on the list {_quoted(found.trust_list)}."
    elif not found.trust_lists:
        codes = _own(found, "signingCredential.untrusted")
        sentence = "No list of trusted authorities is in force here, so no signer can be confirmed."
    elif _is_out_of_time(found):
        codes = _own(found, "signingCredential.expired") or _own(found, "signingCredential.untrusted")
        sentence = "No list in force here vouches for a certificate that is out of its time."
    else:
        codes = _own(found, "signingCredential.untrusted")
        sentence = "The signer's certificate leads to no authority on any list in force here."
    if knowing and others:
        sentence += f" It is known to {_names(knowing)} and unknown to {_names(others)}."
    return Statement("trust_list", found.trust_list or "none", sentence, codes)


def _revocation(found: Inspection, succeeded: AbstractSet[str], *, asked: bool) -> Statement:
    codes = tuple(
        dict.fromkeys(
            one.code
            for one in found.findings
            if ".ocsp" in one.code or one.code.startswith(("assay.ocsp", "assay.revoked"))
        )
    )[:_MAX_CODES]
    how = {
        "stapled": "as its authority confirmed in an answer that came with the file",
        "fetched": "as its authority answered when asked just now",
    }.get(found.revocation_source or "", "as its authority says")
    if found.revocation is Revocation.GOOD:
        sentence = f"No signing certificate had been revoked, {how}."
        codes = codes or _of(succeeded, "signingCredential.ocsp.notRevoked")
    elif found.revocation is Revocation.REVOKED:
        since = f" on {_day(found.revoked_at)}" if found.revoked_at else ""
        sentence = f"A signing certificate was revoked{since}, {how}."
        if "assay.revokedLater" in codes and "signingCredential.ocsp.revoked" not in codes:
            sentence += (
                " A trusted time stamp shows that it signed before that, so the signature still counts."
            )
        else:
            sentence += " Its authority no longer stands by signatures made with it."
    elif "signingCredential.ocsp.inaccessible" in codes:
        sentence = (
            "Whether a signing certificate was revoked is not known: its authority did not answer, or names"
            " no place to ask."
        )
    elif codes:
        sentence = (
            "Whether a signing certificate was revoked is not known: no answer of its authority counts."
        )
    else:
        sentence = (
            "Whether the signing certificate was revoked is not known: no answer of its authority came with"
            " the file, and none was asked for."
        )
        if asked:
            sentence = (
                "Whether the signing certificate was revoked is not known: no answer of its authority came"
                " with the file, and only authorities that a list in force here vouches for are asked."
            )
    return Statement("revocation", found.revocation.value, sentence, codes)


def _time(found: Inspection, succeeded: AbstractSet[str]) -> Statement:
    wrong = tuple(
        one.code for one in found.findings if one.depth == 0 and one.code in _TIME_CODES | _CONTRADICTIONS
    )
    if found.time is SigningTime.TIMESTAMPED:
        by = f" by {_quoted(found.stamped_by)}" if found.stamped_by else ""
        sentence = (
            f"A trusted authority stamped the signature{by} on {_day(found.stamped_at)}: it is no younger"
            " than that. The content may be older."
        )
        wrong += _of(succeeded, "timeStamp.validated", "timeStamp.trusted")
    elif found.stamped_at is not None:
        sentence = (
            f"A time stamp says {_day(found.stamped_at)}, but no authority trusted here vouches for it."
        )
    elif found.time is SigningTime.CLAIMED:
        sentence = f"The signer says that it was made on {_day(found.signed_at)}. Nobody else confirms that."
    else:
        sentence = "The credential does not say when it was signed."
    if any(code in _CONTRADICTIONS for code in wrong):
        sentence += " The times contradict each other; see the findings."
    return Statement("time", found.time.value, sentence, tuple(dict.fromkeys(wrong))[:_MAX_CODES])


_TIME_CODES = frozenset(
    {
        "timeStamp.untrusted",
        "timeStamp.mismatch",
        "timeStamp.malformed",
        "timeStamp.outsideValidity",
        "timeOfSigning.outsideValidity",
        "claimSignature.outsideValidity",
        "signingCredential.expired",
        "assay.legacyTimeStamp",
    }
)
_CONTRADICTIONS = frozenset(
    {times.CLAIMED_AFTER_STAMPED, times.CLAIMED_IN_FUTURE, times.CLAIMED_BEFORE_CERTIFICATE}
)


def _history(found: Inspection, succeeded: AbstractSet[str]) -> Statement:
    deep = [one for one in _failing(found.findings) if one.depth > 0]
    deep += [one for one in found.findings if one.code == "ingredient.manifest.missing" and one not in deep]
    if found.history is History.ERASED:
        which = next((one for one in deep if one.code == "ingredient.manifest.missing"), None)
        sentence = f"{_ingredient(which)} had a credential of its own, which was removed from the history."
    elif found.history is History.TAMPERED_INGREDIENT:
        which = next((one for one in deep if gravity(one.code) is Gravity.INVALID), None)
        sentence = (
            f"{_ingredient(which)} was changed after it was signed, or its own credential does not hold."
        )
    elif deep:
        sentence = (
            f"The recorded history holds together, but {_ingredient(deep[0], opens=False)} comes from a"
            " signer or a time that nobody trusted here vouches for."
        )
    else:
        sentence = "Nothing in the recorded history was changed. What was never recorded cannot be seen."
    codes = _codes(deep) or _of(
        succeeded, "ingredient.manifest.validated", "ingredient.claimSignature.validated"
    )
    return Statement("history", found.history.value, sentence, codes)


def _pad(found: Inspection) -> Statement:
    if not found.padding_bytes:
        return Statement("pad", "clean", _PAD_CLEAN)
    many = "1 byte" if found.padding_bytes == 1 else f"{found.padding_bytes:,} bytes"
    return Statement(
        "pad",
        "filled",
        f"{many} were put where the credential has room that no signature covers. They change nothing in it"
        " and may hold anything.",
        ("assay.padding",),
    )


def _identities(found: Inspection) -> Iterator[Statement]:
    for one in found.identities:
        name = _quoted(one.name)
        sentence = {
            "trusted": f"{name} put their name to this content, and a trusted authority confirms that name.",
            "untrusted": f"Somebody put the name {name} to this content; nobody trusted here confirms it.",
        }.get(one.status, f"The name {name} is attached to this content in a way that does not hold.")
        codes = _codes([each for each in found.findings if each.code.startswith("cawg.")])
        yield Statement("identity", one.status, sentence, codes)


def _failing(findings: tuple[Finding, ...]) -> list[Finding]:
    worst_first = sorted(findings, key=lambda one: -gravity(one.code))
    return [
        one
        for one in worst_first
        if gravity(one.code) is not Gravity.NOTE and not one.code.startswith("cawg.")
    ]


def _codes(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.code for one in findings))[:_MAX_CODES]


def _of(succeeded: AbstractSet[str], *codes: str) -> tuple[str, ...]:
    return tuple(code for code in codes if code in succeeded)


def _own(found: Inspection, code: str) -> tuple[str, ...]:
    return (code,) if any(one.code == code and one.depth == 0 for one in found.findings) else ()


def _ingredient(finding: Finding | None, *, opens: bool = True) -> str:
    """ "The ingredient “title”, two steps back"."""
    article = "The" if opens else "the"
    if finding is None:
        return f"{article} history's ingredient"
    title = f" {_quoted(finding.title)}" if finding.title else ""
    steps = max(finding.depth, 1)
    return f"{article} ingredient{title}, {steps} step{'s' if steps > 1 else ''} back,"


def _day(text: str | None) -> str:
    at = times.moment(text)
    if at is None:
        return "an unknown day"
    at = at.astimezone(datetime.UTC)
    return f"{at.day} {at:%B %Y} at {at:%H:%M} UTC"


def _names(names: list[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(text: str | None) -> str:
    inside = (text or "").replace("“", "'").replace("”", "'")
    return f"“{inside}”"
