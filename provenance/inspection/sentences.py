"""C2PA validation status codes (spec 2.4 section 15.2.2) as sentences for a person, and how grave each is."""

from enum import IntEnum


class Gravity(IntEnum):
    """What a failure code means for the credential: nothing, no trust, or no validity."""

    NOTE = 0
    UNTRUSTED = 1
    INVALID = 2


# Codes that leave the bytes and the signature intact and only say that nobody we know vouches for the signer
# or for the time. Everything else in a failure list means that something does not match.
_UNTRUSTED = frozenset(
    {
        "signingCredential.untrusted",
        "signingCredential.expired",
        "claimSignature.outsideValidity",
        "timeStamp.untrusted",
        "timeStamp.outsideValidity",
        "timeStamp.malformed",
        "timeStamp.mismatch",
        "timeOfSigning.outsideValidity",
        "signingCredential.ocsp.unknown",
        "signingCredential.ocsp.inaccessible",
    }
)

_SENTENCES = {
    "signingCredential.untrusted": "The signer's certificate leads to no authority on the trust lists.",
    "signingCredential.expired": "The signer's certificate expired; no trusted time says it was used before.",
    "signingCredential.invalid": "The signer's certificate may not be used to sign content credentials.",
    "signingCredential.ocsp.revoked": "The signer's certificate has been revoked.",
    "signingCredential.revoked": "The signer's certificate has been revoked.",
    "signingCredential.ocsp.unknown": "The certificate authority does not know the signer's certificate.",
    "signingCredential.ocsp.inaccessible": "Whether the signer's certificate is revoked could not be asked.",
    "signingCredential.ocsp.skipped": "Whether the signer's certificate is revoked was not asked.",
    "claimSignature.mismatch": "The signature does not belong to this claim: one of the two was changed.",
    "claimSignature.missing": "The claim is not signed.",
    "claimSignature.outsideValidity": "The signature was made outside the certificate's validity period.",
    "claim.missing": "The manifest holds no claim.",
    "claim.multiple": "The manifest holds more than one claim.",
    "claim.malformed": "The claim is malformed.",
    "claim.cbor.invalid": "The claim is not well-formed CBOR.",
    "claim.hardBindings.missing": "The claim is not bound to any content.",
    "assertion.dataHash.mismatch": "The content was changed after it was signed.",
    "assertion.dataHash.malformed": "The content's hash is malformed.",
    "assertion.dataHash.additionalExclusionsPresent": "Some bytes besides the manifest are left unsigned.",
    "assertion.bmffHash.mismatch": "The content was changed after it was signed.",
    "assertion.bmffHash.additionalExclusionsPresent": "Some boxes besides the manifest are left unsigned.",
    "assertion.bmffHash.malformed": "The content's hash is malformed.",
    "assertion.boxesHash.mismatch": "The content was changed after it was signed.",
    "assertion.boxesHash.malformed": "The content's hash is malformed.",
    "assertion.boxesHash.unknownBox": "The file holds a part that the signature does not know.",
    "assertion.collectionHash.mismatch": "A file of the collection was changed after it was signed.",
    "assertion.hashedURI.mismatch": "A statement in the manifest was changed after it was signed.",
    "hashedURI.mismatch": "A part of the manifest was changed after it was signed.",
    "hashedURI.missing": "A part of the manifest that the claim names is missing.",
    "assertion.missing": "A statement that the claim names is missing.",
    "assertion.undeclared": "The manifest holds a statement that the claim does not name.",
    "assertion.inaccessible": "A statement in the manifest cannot be read.",
    "assertion.notRedacted": "A statement that should have been redacted is still there.",
    "assertion.selfRedacted": "The manifest redacts its own statement.",
    "assertion.action.redacted": "The list of actions was redacted.",
    "assertion.action.malformed": "The list of actions is malformed.",
    "assertion.action.ingredientMismatch": "An action names an ingredient that is not there.",
    "assertion.multipleHardBindings": "The claim is bound to more than one content.",
    "assertion.hardBinding.redacted": "The binding to the content was redacted.",
    "assertion.cbor.invalid": "A statement in the manifest is not well-formed CBOR.",
    "assertion.json.invalid": "A statement in the manifest is not well-formed JSON.",
    "assertion.ingredient.malformed": "An ingredient's description is malformed.",
    "ingredient.unknownProvenance": "An ingredient carries no content credentials.",
    "ingredient.manifest.missing": "An ingredient's own credentials were removed from the history.",
    "ingredient.manifest.mismatch": "An ingredient's own credentials were changed after they were recorded.",
    "ingredient.hashedURI.mismatch": "An ingredient's own credentials were changed after they were recorded.",
    "ingredient.claimSignature.missing": "An ingredient's signature is missing from the history.",
    "ingredient.claimSignature.mismatch": "An ingredient's signature was changed after it was recorded.",
    "manifest.inaccessible": "The manifest is kept elsewhere and was not fetched.",
    "manifest.multipleParents": "The manifest names more than one parent.",
    "manifest.update.invalid": "The update of the manifest changes what an update may not.",
    "manifest.update.wrongParents": "The update of the manifest does not have exactly one parent.",
    "manifest.compressed.invalid": "The compressed manifest cannot be unpacked.",
    "manifest.timestamp.invalid": "The manifest's time stamp is invalid.",
    "timeStamp.untrusted": "The time stamp comes from no authority on the trust lists.",
    "timeStamp.mismatch": "The time stamp belongs to another signature.",
    "timeStamp.malformed": "The time stamp is malformed.",
    "timeStamp.outsideValidity": "The time stamp was made outside its certificate's validity period.",
    "timeStamp.validated": "A time stamp matches the signature.",
    "timeStamp.trusted": "The time stamp comes from a trusted authority.",
    "algorithm.unsupported": "An algorithm is used that the specification does not allow.",
    "algorithm.deprecated": "An algorithm is used that the specification advises against.",
    "general.error": "The credentials could not be checked.",
    "com.adobe.unknownActionIngredient": "An action names an ingredient that is not there.",
    "assay.remoteManifest": "The file names credentials kept elsewhere; nothing is fetched for an upload.",
    "assay.malformedManifest": "The file holds content credentials that cannot be read.",
    "assay.padding": "Padding in the manifest holds bytes that the signature does not cover.",
    "assay.noIdentity": "The validated claim's own bytes could not be told apart in the file.",
    "assay.legacyTimeStamp": "The time stamp is of the older kind, whose authority is not checked.",
    "assay.unreadable": "The file is too damaged to be searched for content credentials.",
    "assay.unsupported": "Credentials cannot be read in this kind of file.",
    "assay.contradictingOrigin": "An earlier signer declared AI, a later one did not; the earlier is kept.",
}


def sentence(code: str) -> str:
    """One sentence for a person; a code that the table lacks gets a generic one that names it."""
    return _SENTENCES.get(code, f"The reader reports {code}, for which there is no description.")


def gravity(code: str) -> Gravity:
    """How grave a code is where it stands in a list of failures. An unknown code counts as invalid."""
    return Gravity.UNTRUSTED if code in _UNTRUSTED else Gravity.INVALID
