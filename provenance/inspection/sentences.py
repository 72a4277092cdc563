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
    }
)
# Codes that say something beside the credential: of an identity in it, or that a question went unanswered.
_NOTES = ("assay.", "cawg.", "signingCredential.ocsp.inaccessible", "signingCredential.ocsp.notRevoked")

_SENTENCES = {
    "signingCredential.untrusted": "The signer's certificate leads to no authority on the trust lists.",
    "signingCredential.expired": "The signer's certificate expired; no trusted time says it was used before.",
    "signingCredential.invalid": "The signer's certificate may not be used to sign content credentials.",
    "signingCredential.ocsp.revoked": "The signer's certificate has been revoked.",
    "signingCredential.revoked": "The signer's certificate has been revoked.",
    "signingCredential.trusted": "The signer's certificate leads to an authority on the trust lists.",
    "signingCredential.ocsp.notRevoked": "The signer's authority says that its certificate was not revoked.",
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
    "manifest.text.multipleWrappers": "The text carries more than one set of content credentials.",
    "manifest.text.corruptedWrapper": "The content credentials inside the text are damaged.",
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
    "cawg.identity.assertion.mismatch": "The identity refers to statements that are not in this credential.",
    "cawg.identity.assertion.duplicate": "The identity refers to one statement twice.",
    "cawg.identity.hard_binding_missing": "The identity is not bound to the content.",
    "cawg.identity.sig_type.unknown": "The identity is of a kind that cannot be checked here.",
    "cawg.identity.pad.invalid": "The identity's padding holds bytes that its signature does not cover.",
    "cawg.identity.cbor.invalid": "The identity is not well-formed CBOR.",
    "cawg.x509.credential.trusted": "The identity's certificate leads to an authority on the trust lists.",
    "cawg.x509.credential.untrusted": "The identity's certificate leads to no authority on the trust lists.",
    "cawg.x509.credential.invalid": "The identity's certificate may not be used to sign identities.",
    "cawg.x509.signature.validated": "The identity's signature belongs to its statement.",
    "cawg.x509.signature.mismatch": "The identity's signature does not belong to its statement.",
    "cawg.x509.signature.outside_validity": "The identity was signed outside its certificate's validity.",
    "cawg.x509.algorithm.unsupported": "The identity uses an algorithm that is not allowed.",
    "cawg.ica.credential_valid": "The identity's credential from an aggregator is valid.",
    "cawg.ica.untrusted_issuer": "The identity's aggregator is on no trust list.",
    "cawg.ica.did_unavailable": "The identity's aggregator could not be looked up.",
    "cawg.ica.invalid_did_document": "The identity's aggregator publishes a document that cannot be read.",
    "cawg.ica.invalid_issuer": "The identity's aggregator is named in a form that cannot be checked.",
    "cawg.ica.invalid_alg": "The identity's credential uses an algorithm that is not allowed.",
    "cawg.ica.invalid_content_type": "The identity's credential is of an unknown kind.",
    "cawg.ica.invalid_cose_sign1": "The identity's credential has a malformed signature.",
    "cawg.ica.invalid_verifiable_credential": "The identity's credential is malformed.",
    "cawg.ica.signature_mismatch": "The identity's credential does not carry its aggregator's signature.",
    "cawg.ica.signer_payload.mismatch": "The identity's credential was issued for other content.",
    "cawg.ica.time_stamp.validated": "A time stamp matches the identity's credential.",
    "cawg.ica.time_stamp.invalid": "The time stamp of the identity's credential does not hold.",
    "cawg.ica.valid_from.missing": "The identity's credential does not say since when it counts.",
    "cawg.ica.valid_from.invalid": "The identity's credential did not count yet when it was used.",
    "cawg.ica.valid_until.invalid": "The identity's credential counted no longer when it was used.",
    "assay.remoteManifestFetched": "The credentials were not in the file; they were fetched from elsewhere.",
    "assay.remoteManifestUnavailable": "The file names credentials kept elsewhere; they were not to be had.",
    "assay.revokedLater": "The signer's certificate was revoked after a trusted time stamp of this.",
    "assay.ocspMalformed": "An answer about revocation cannot be read.",
    "assay.ocspForged": "An answer about revocation was not signed by the certificate's authority.",
    "assay.ocspForeign": "An answer about revocation speaks of a certificate that nobody signed with here.",
    "assay.ocspStale": "An answer about revocation has run out, or its time has not come.",
    "assay.ocspDiffers": "The C2PA reader takes the certificate for revoked; our own reading does not.",
    "assay.trustPathDiffers": "Our own check of the trust lists has another result than the C2PA reader.",
    "assay.claimedAfterStamped": "The time that the signer declares is later than the trusted time stamp.",
    "assay.claimedInFuture": "The time that the signer declares has not come yet.",
    "assay.claimedBeforeCertificate": "The declared time is older than the signing certificate: only the"
    " signer's word stands for it.",
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
    if code.startswith(_NOTES):
        return Gravity.NOTE
    return Gravity.UNTRUSTED if code in _UNTRUSTED else Gravity.INVALID
