"""Keys in a PKCS #11 token (an HSM, a smart card, SoftHSM): they sign there and never leave it.

A module belongs to the process that initialised it and is initialised anew after a fork (PKCS #11 2.40 user
guide section 2.5.2). python-pkcs11 initialises it without locks, so calls into one module are made one at a
time. A session that died, because the token was pulled or its server restarted, is opened again once; what
then still fails is answered as SignerUnavailable. A PIN that was refused is never tried again: a few tries
lock a token for good.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_ec_public_key

from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.keys.private_files import read_pin
from provenance.keys.signer import PROBE, PublicKey, SigningAlgorithm, algorithm_of, verifies
from provenance.keys.token_address import TokenAddress

_PATIENCE_SECONDS = 10.0
_REST_SECONDS = 1.0
"""How long a token that failed is left alone; each try may mean a new connection to a server."""

_HASHES = {
    SigningAlgorithm.ES256: hashlib.sha256,
    SigningAlgorithm.ES384: hashlib.sha384,
    SigningAlgorithm.ES512: hashlib.sha512,
}
_KEY_TYPES = {SigningAlgorithm.PS256: KeyType.RSA, SigningAlgorithm.ED25519: KeyType.EC_EDWARDS}
# SHA-256, MGF1 with SHA-256, a salt as long as the digest (RFC 8230 section 2).
_PSS = (Mechanism.SHA256, pkcs11.MGF.SHA256, 32)
_PIN_REFUSED = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
_ED25519_POINT = b"\x04\x20"


class _Module:
    """One PKCS #11 library in this process; `generation` counts how often it was initialised."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.library: Any = None
        self._foreign = False
        self.generation = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """The library is this thread's alone, and initialised.

        Raises SignerUnavailable `signer_busy`, `signer_token_gone`.
        """
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            raise SignerUnavailable("The key store is still busy with other signatures.", code="signer_busy")
        try:
            if self.library is None or self._foreign:
                self.restart()
            yield
        finally:
            self._lock.release()

    def restart(self) -> None:
        """Initialise the library; every session from before is dead. The lock is held by the caller."""
        self.generation += 1
        try:
            if self.library is None:
                self.library = pkcs11.lib(self._path)
            else:
                self._finalise()
                self.library.initialize()
        except pkcs11.PKCS11Error as error:
            raise _gone() from error
        self._foreign = False

    def after_fork(self) -> None:
        """In the child: a thread of the parent may have held the lock, and the sessions are not ours."""
        self._lock = threading.Lock()
        self._foreign = True

    def _finalise(self) -> None:
        try:
            self.library.finalize()
        except pkcs11.PKCS11Error:
            return  # it was not initialised, or its server is gone: nothing is left to end


class _Modules:
    """The modules of this process by path: a library must not be initialised twice."""

    def __init__(self) -> None:
        self._known: dict[str, _Module] = {}
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def get(self, path: str) -> _Module:
        with self._lock:
            return self._known.setdefault(path, _Module(path))

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        for module in self._known.values():
            module.after_fork()


_modules = _Modules()


class TokenKey:
    """One private key in a token. Thread-safe, and usable after a fork.

    `public` is the key of the certificate that it must belong to; without it (a key that has no certificate
    yet) the token's own public key object is taken.
    """

    def __init__(self, address: TokenAddress, public: PublicKey | None, pin_file: Path | None) -> None:
        if not Path(address.module_path).is_file():
            raise KeyMaterialInvalid(
                f"There is no PKCS #11 module at {address.module_path}: name it with module-path.",
                code="signer_module_missing",
            )
        self._address = address
        self._public = public
        self.pin_file = Path(address.pin_source) if address.pin_source else pin_file
        self._module = _modules.get(address.module_path)
        self._opened: tuple[int, Any] | None = None
        self._refused_pin = b""
        self._salt = os.urandom(16)
        self._resting: tuple[float, SignerUnavailable] | None = None

    def sign(self, data: bytes) -> bytes:
        """The raw COSE signature of `data`.

        Raises SignerUnavailable `signer_token_gone`, `signer_pin_wrong`, `signer_pin_locked`,
        `signer_pin_missing`, `signer_busy`; KeyMaterialInvalid `signer_key_missing`, `signer_key_ambiguous`,
        `signer_key_mismatch`.
        """
        made: bytes = self._ask(lambda: _signature(self._key(), self._algorithm(), data))
        return made

    def public_key(self) -> PublicKey:
        """The public key, from the token where no certificate gave it. Raises as `sign` does."""
        self._ask(self._key)
        if self._public is None:
            raise _gone()
        return self._public

    def _ask(self, question: Callable[[], Any]) -> Any:
        if self._resting is not None and time.monotonic() < self._resting[0]:
            raise SignerUnavailable(str(self._resting[1]), code=self._resting[1].code)
        with self._module.held():
            try:
                answer = self._twice(question)
            except SignerUnavailable as error:
                self._resting = (time.monotonic() + _REST_SECONDS, error)
                raise
        self._resting = None
        return answer

    def _twice(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except pkcs11.PKCS11Error:
            # Pulled and put back, or its server restarted: only a new initialisation finds it again.
            self._module.restart()
        try:
            return question()
        except pkcs11.PKCS11Error as error:
            raise _gone() from error

    def _algorithm(self) -> SigningAlgorithm:
        return algorithm_of(self._public)

    def _key(self) -> Any:
        """The key's handle in a live session."""
        if self._opened is None or self._opened[0] != self._module.generation:
            self._opened = (self._module.generation, self._open())
        return self._opened[1]

    def _open(self) -> Any:
        session = self._log_in(self._token())
        key = self._find(session, ObjectClass.PRIVATE_KEY)
        if self._public is None:
            self._public = _public_key(self._find(session, ObjectClass.PUBLIC_KEY))
        if not verifies(self._public, self._first_signature(key), PROBE):
            _mismatch()
        return key

    def _first_signature(self, key: Any) -> bytes:
        algorithm = self._algorithm()
        if key.key_type is not _KEY_TYPES.get(algorithm, KeyType.EC):
            _mismatch()
        try:
            return _signature(key, algorithm, PROBE)
        except pkcs11.DataLenRange:
            _mismatch()  # a curve too small for the hash

    def _token(self) -> Any:
        found = [token for token in self._module.library.get_tokens() if self._address.names(token)]
        if not found:
            raise _gone()
        if len(found) > 1:
            raise KeyMaterialInvalid(
                "Several tokens fit the address: name one by its serial.", code="signer_key_ambiguous"
            )
        return found[0]

    def _log_in(self, token: Any) -> Any:
        try:
            pin = read_pin(self.pin_file)
        except KeyMaterialInvalid as error:
            # It was there at the start; whoever replaces it may take a moment.
            raise SignerUnavailable(str(error), code=error.code) from error
        digest = hashlib.blake2b(pin.encode(), key=self._salt).digest()
        if digest == self._refused_pin:
            raise _wrong_pin()
        if token.flags & (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY):
            raise SignerUnavailable(
                "The token is locked, or one wrong PIN away from it: log in by hand with the right PIN.",
                code="signer_pin_locked",
            )
        try:
            return token.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open()  # by another key of the same token: a log-in holds for the whole process
        except _PIN_REFUSED as error:
            self._refused_pin = digest
            raise _wrong_pin() from error
        except pkcs11.PinLocked as error:
            raise SignerUnavailable("The token's PIN is locked.", code="signer_pin_locked") from error

    def _find(self, session: Any, kind: ObjectClass) -> Any:
        wanted: dict[Attribute, Any] = {Attribute.CLASS: kind}
        if self._address.object:
            wanted[Attribute.LABEL] = self._address.object
        if self._address.id:
            wanted[Attribute.ID] = self._address.id
        # To the end of the search: one left open fails noisily when the module was initialised anew.
        found = list(session.get_objects(wanted))
        if not found:
            raise KeyMaterialInvalid(
                f"The token holds no {kind.name.lower().replace('_', ' ')} of that object name or id.",
                code="signer_key_missing",
            )
        if len(found) > 1:
            raise KeyMaterialInvalid(
                "The token holds several keys that fit the address: name one by its id.",
                code="signer_key_ambiguous",
            )
        return found[0]


def _signature(key: Any, algorithm: SigningAlgorithm, data: bytes) -> bytes:
    if algorithm is SigningAlgorithm.PS256:
        made = key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=_PSS)
    elif algorithm is SigningAlgorithm.ED25519:
        made = key.sign(data, mechanism=Mechanism.EDDSA)
    else:
        made = key.sign(_HASHES[algorithm](data).digest(), mechanism=Mechanism.ECDSA)
    return bytes(made)


def _public_key(found: Any) -> PublicKey:
    kind = found.key_type
    if kind is KeyType.EC_EDWARDS:
        point = bytes(found[Attribute.EC_POINT]).removeprefix(_ED25519_POINT)
        return ed25519.Ed25519PublicKey.from_public_bytes(point)
    if kind is KeyType.RSA:
        exponent, modulus = found[Attribute.PUBLIC_EXPONENT], found[Attribute.MODULUS]
        return rsa.RSAPublicNumbers(
            int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")
        ).public_key()
    if kind is not KeyType.EC:
        raise KeyMaterialInvalid("The key in the token is of a kind that cannot sign claims.")
    key = load_der_public_key(encode_ec_public_key(found))
    algorithm_of(key)
    return key  # type: ignore[return-value]  # algorithm_of refuses every other kind


def _gone() -> SignerUnavailable:
    return SignerUnavailable("The token with the signing key does not answer.", code="signer_token_gone")


def _wrong_pin() -> SignerUnavailable:
    return SignerUnavailable(
        "The token refused its PIN, which is not tried again until the PIN file changes.",
        code="signer_pin_wrong",
    )


def _mismatch() -> NoReturn:
    raise KeyMaterialInvalid(
        "The key in the token does not belong to the certificate.", code="signer_key_mismatch"
    )
