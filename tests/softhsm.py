"""A SoftHSM token of a test's own, and keys generated in it that never leave it."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from provenance.keys.token_address import SOFTHSM

PIN = "1234"


def home(folder: Path) -> Path:
    """The configuration of a SoftHSM with its tokens in `folder`; skips where SoftHSM is not installed."""
    if shutil.which("softhsm2-util") is None or not Path(SOFTHSM).is_file():
        pytest.skip("softhsm2 is not installed (Debian: apt-get install softhsm2)")
    path = folder / "softhsm2.conf"
    path.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    return path


@dataclass
class Token:
    """A SoftHSM token in a folder of its own; `pull` and `plug` take it away and bring it back."""

    folder: Path
    pin_file: Path

    @classmethod
    def create(cls, folder: Path, pin_file: Path) -> Self:
        """Initialise the token `assay` in the folder that SOFTHSM2_CONF names; its PIN goes to the file."""
        (folder / "tokens").mkdir()
        command = ("softhsm2-util", "--init-token", "--free", "--label", "assay", "--pin", PIN)
        subprocess.run([*command, "--so-pin", "5678"], check=True, capture_output=True)
        pin_file.write_text(f"{PIN}\n")
        pin_file.chmod(0o600)
        return cls(folder, pin_file)

    def destroy(self) -> None:
        for name in ("tokens", "pulled"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def pull(self) -> None:
        (self.folder / "tokens").rename(self.folder / "pulled")

    def plug(self) -> None:
        (self.folder / "pulled").rename(self.folder / "tokens")

    def generate(self, kind: str, label: str) -> Any:
        """A key pair made in the token, the private key not extractable; returns the public one.

        In another process, as an operator's tool would: a log-in holds for the whole process.
        """
        code = _GENERATE.format(module=SOFTHSM, pin=PIN, kind=kind, label=label)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
        return load_der_public_key(bytes.fromhex(done.stdout.decode()))

    def address(self, label: str, chain: Path, **more: str) -> str:
        extra = "".join(f"&{name.replace('_', '-')}={value}" for name, value in more.items())
        return f"pkcs11:token=assay;object={label}?module-path={SOFTHSM}&chain={chain}{extra}"


_GENERATE = """
import pkcs11
from asn1crypto.keys import PublicKeyInfo
from pkcs11 import Attribute, KeyType, Mechanism
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

token = pkcs11.lib({module!r}).get_token(token_label="assay")
with token.open(user_pin={pin!r}, rw=True) as session:
    wishes = dict(store=True, label={label!r}, id={label!r}.encode())
    if {kind!r} == "rsa":
        public, private = session.generate_keypair(KeyType.RSA, 2048, **wishes)
        der = PublicKeyInfo.wrap(encode_rsa_public_key(public), "rsa").dump()
    elif {kind!r} == "ed25519":
        curve = {{Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.101.112")}}
        made = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
        mechanism = Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        public, private = made.generate_keypair(mechanism=mechanism, **wishes)
        der = bytes.fromhex("302a300506032b6570032100") + bytes(public[Attribute.EC_POINT])[2:]
    else:
        curve = {{Attribute.EC_PARAMS: encode_named_curve_parameters({kind!r})}}
        made = session.create_domain_parameters(KeyType.EC, curve, local=True)
        public, private = made.generate_keypair(**wishes)
        der = encode_ec_public_key(public)
    assert private[Attribute.EXTRACTABLE] is False
    print(der.hex(), end="")
"""
