"""The portal's addresses."""

from django.urls import path

from service.portal.views import (
    attest,
    attestation,
    campaigns,
    check,
    downloads,
    home,
    keys,
    review,
    session,
    verify,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("attest", attest.attest, name="attest"),
    path("attestations/<uuid:pk>", attestation.attestation, name="attestation"),
    path("attestations/<uuid:pk>/progress", attestation.progress, name="attestation-progress"),
    path("attestations/<uuid:pk>/revocation", attestation.revoke, name="attestation-revoke"),
    path("attestations/<uuid:pk>/file", downloads.signed_file, name="attestation-file"),
    path("attestations/<uuid:pk>/original", downloads.original_file, name="attestation-original"),
    path("attestations/<uuid:pk>/thumbnail", downloads.thumbnail, name="attestation-thumbnail"),
    path("attestations/<uuid:pk>/manifest", downloads.manifest, name="attestation-manifest"),
    path("attestations/<uuid:pk>/proof", downloads.proof, name="attestation-proof"),
    path("verify", verify.verify, name="verify"),
    path("check", check.check, name="check"),
    path("check/assay-check.html", check.saved, name="check-saved"),
    path("check/assay-proof.mjs", check.verifier, name="check-verifier"),
    path("review", review.review, name="review"),
    path("review/<uuid:pk>", review.decide, name="review-decide"),
    path("campaigns/<uuid:uid>", campaigns.campaign, name="campaign"),
    path("campaigns/<uuid:uid>/decision", campaigns.decide, name="campaign-decide"),
    path("campaigns/<uuid:uid>/pair", campaigns.pair, name="campaign-pair"),
    path("keys", keys.keys, name="keys"),
    path("keys/<int:pk>/revocation", keys.revoke, name="key-revoke"),
    path("login", session.Login.as_view(), name="login"),
    path("logout", session.Logout.as_view(), name="logout"),
]
