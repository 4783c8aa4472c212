"""Makes the keys and signatures that the filter `jwt-scope` is tested with, by a library that is not the filter's own.

    pip install cryptography
    python known_answers.py known_answers >filters/jwt-scope/src/signature/known_answers.rs
    python known_answers.py cases >filters/jwt-scope/src/signature/cases.rs

Then `rustfmt --edition 2024` over both. Every run makes other keys. The private ones are never written anywhere: what was signed cannot be signed again.
"""

import base64
import hashlib
import hmac
import json
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": ("P-256", ec.SECP256R1()), "ES384": ("P-384", ec.SECP384R1()), "ES512": ("P-521", ec.SECP521R1())}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# In a Rust string that goes on over several lines, a quote would need a backslash, and that could be cut off.
DOUBLE, SINGLE = '"', "'"

# The secret of RFC 7515, appendix A.1.1: one that everybody knows.
SECRET = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(number, length=None):
    return number.to_bytes(length or (number.bit_length() + 7) // 8, "big")


def spki(key):
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key):
    """The public half as a JWK (RFC 7518, section 6; RFC 8037, section 2)."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        members = {"kty": "RSA", "n": base64url(unsigned(numbers.n)), "e": base64url(unsigned(numbers.e))}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = key.public_key().public_numbers()
        length = (key.key_size + 7) // 8
        name = next(name for name, curve in CURVES.values() if curve.name == key.curve.name)
        x, y = base64url(unsigned(numbers.x, length)), base64url(unsigned(numbers.y, length))
        members = {"kty": "EC", "crv": name, "x": x, "y": y}
    else:
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        members = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    return json.dumps(members, separators=(",", ":"))


def halves(key, der):
    """An ECDSA signature as a JWS carries it: r and s, each as long as the curve's order (RFC 7518, section 3.4)."""
    length = (key.key_size + 7) // 8
    r, s = decode_dss_signature(der)
    return unsigned(r, length) + unsigned(s, length)


def sign(key, algorithm, text):
    if algorithm == "EdDSA":
        return key.sign(text)
    kind, digest = algorithm[:2], HASHES[algorithm[2:]]
    if kind == "HS":
        secret = base64.urlsafe_b64decode(SECRET + "==")
        return hmac.new(secret, text, getattr(hashlib, "sha" + algorithm[2:])).digest()
    if kind == "RS":
        return key.sign(text, padding.PKCS1v15(), digest)
    if kind == "PS":
        return key.sign(text, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return halves(key, key.sign(text, ec.ECDSA(digest)))


def literal(text, indent):
    """A Rust string, over as many lines as it needs."""
    width = 119 - indent
    if len(text) < width - 40:
        return f'"{text}"'
    between = "\\\n" + " " * indent
    return '"' + between + between.join(text[at : at + width] for at in range(0, len(text), width)) + '"'


def constant(name, text, docs, visibility="const"):
    print(f"/// {docs}.")
    print(f"{visibility} {name}: &str = {literal(text.replace(DOUBLE, SINGLE), 4)};\n")


def variant(algorithm):
    return "EdDsa" if algorithm == "EdDSA" else algorithm.capitalize()


def known_answers():
    text = b"A host that can verify says yes to this."
    print("//! What a host is tried with: signatures that hold. Made once, by `tests/tokens/known_answers.py`.\n")
    print("use crate::algorithm::Algorithm;\n")
    print("/// A signature of [`TEXT`].")
    print("pub(super) struct KnownAnswer {")
    print("    pub(super) algorithm: Algorithm,")
    print("    /// The key: a DER `SubjectPublicKeyInfo` in base64url.")
    print("    pub(super) key: &'static str,")
    print("    /// As a JWS carries it, in base64url.")
    print("    pub(super) signature: &'static str,")
    print("}\n")
    print("/// What was signed.")
    print(f'pub(super) const TEXT: &[u8] = b"{text.decode()}";\n')
    rsa_key = rsa.generate_private_key(65537, 2048)
    constant("RSA", base64url(spki(rsa_key)), "The key of the signatures with RSA")
    keys = {name: (rsa_key, "RSA") for name in ("RS256", "RS384", "RS512")}
    for name, (_, curve) in CURVES.items():
        key = ec.generate_private_key(curve)
        keys[name] = (key, literal(base64url(spki(key)), 12))
    print("/// One for each algorithm that a host may know.")
    print("pub(super) const KNOWN_ANSWERS: [KnownAnswer; 6] = [")
    for name, (key, written) in keys.items():
        print("    KnownAnswer {")
        print(f"        algorithm: Algorithm::{variant(name)},")
        print(f"        key: {written},")
        print(f"        signature: {literal(base64url(sign(key, name, text)), 12)},")
        print("    },")
    print("];")


def cases():
    text = b"eyJhbGciOiJhbnkifQ.eyJzdWIiOiJzb21lYm9keSJ9"
    print("//! Keys and signatures to test with; in a JWK stands `'` for `\"`. Made by `tests/tokens/known_answers.py`.\n")
    print("use crate::algorithm::Algorithm;\n")
    print("/// A signature of [`TEXT`] that holds.")
    print("pub(crate) struct Case {")
    print("    pub(crate) algorithm: Algorithm,")
    print("    /// As a JWK.")
    print("    pub(crate) key: &'static str,")
    print("    /// In base64url.")
    print("    pub(crate) signature: &'static str,")
    print("}\n")
    print("/// What was signed.")
    print(f'pub(crate) const TEXT: &[u8] = b"{text.decode()}";\n')

    keys = {
        "RSA": rsa.generate_private_key(65537, 2048),
        "RSA_2049": rsa.generate_private_key(65537, 2049),
        "RSA_1024": rsa.generate_private_key(65537, 1024),
        "P256": ec.generate_private_key(ec.SECP256R1()),
        "P384": ec.generate_private_key(ec.SECP384R1()),
        "P521": ec.generate_private_key(ec.SECP521R1()),
        "ED25519": ed25519.Ed25519PrivateKey.generate(),
    }
    others = {
        "OTHER_RSA": rsa.generate_private_key(65537, 2048),
        "OTHER_P256": ec.generate_private_key(ec.SECP256R1()),
        "OTHER_P384": ec.generate_private_key(ec.SECP384R1()),
        "OTHER_P521": ec.generate_private_key(ec.SECP521R1()),
        "OTHER_ED25519": ed25519.Ed25519PrivateKey.generate(),
    }
    public = "pub(crate) const"
    secret = '{"kty":"oct","k":"' + SECRET + '"}'
    constant("SECRET", secret, "The secret of RFC 7515, appendix A.1.1", public)
    for name, key in (keys | others).items():
        constant(name, jwk(key), "A key", public)
    for name, key in keys.items():
        constant(name + "_SPKI", base64.b64encode(spki(key)).decode(), f"`{name}` as SPKI, in base64", public)
    pkcs1 = keys["RSA"].public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    constant("RSA_PKCS1", base64.b64encode(pkcs1).decode(), "`RSA` as PKCS#1, in base64", public)
    secp256k1 = ec.generate_private_key(ec.SECP256K1())
    constant("SECP256K1_SPKI", base64.b64encode(spki(secp256k1)).decode(), "A key on secp256k1, which no algorithm here is for", public)

    signed = [(f"HS{size}", "SECRET") for size in HASHES]
    signed += [(f"{kind}{size}", "RSA") for kind in ("RS", "PS") for size in HASHES]
    signed += [("RS256", "RSA_2049"), ("PS256", "RSA_2049")]
    signed += [("ES256", "P256"), ("ES384", "P384"), ("ES512", "P521"), ("EdDSA", "ED25519")]
    print("/// Every algorithm; RSA also with a modulus that fills no whole number of bytes.")
    print(f"pub(crate) const CASES: [Case; {len(signed)}] = [")
    for name, key in signed:
        signature = base64url(sign(keys.get(key), name, text))
        print("    Case {")
        print(f"        algorithm: Algorithm::{variant(name)},")
        print(f"        key: {key},")
        print(f"        signature: {literal(signature, 12)},")
        print("    },")
    print("];\n")

    short = None
    while short is None or short[0] != 0 or short[32] < 0x80:
        short = sign(keys["P256"], "ES256", text)
    constant("ES256_SHORT_R", base64url(short), "ES256: r begins with a zero byte, s with a one bit", public)
    while short[32] != 0 or short[0] < 0x80:
        short = sign(keys["P256"], "ES256", text)
    constant("ES256_SHORT_S", base64url(short), "ES256: s begins with a zero byte, r with a one bit", public)
    r, s = int.from_bytes(short[:32], "big"), int.from_bytes(short[32:], "big")
    twin = short[:32] + unsigned(P256_ORDER - s, 32)
    constant("ES256_TWIN", base64url(twin), "The one before with the order less s: it holds too", public)
    constant("ES256_DER", base64url(encode_dss_signature(r, s)), "The one before that as DER", public)
    key = keys["P256"]
    wrong = halves(key, key.sign(text, ec.ECDSA(hashes.SHA512())))
    constant("P256_WITH_SHA512", base64url(wrong), "Of `P256` with SHA-512, which no algorithm is", public)
    for name, salt in (("NONE", 0), ("LONG", 222)):
        pss = keys["RSA"].sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
        constant(f"PS256_SALT_{name}", base64url(pss), f"PSS with SHA-256 and a salt of {salt} bytes", public)
    mixed = keys["RSA"].sign(text, padding.PSS(padding.MGF1(hashes.SHA512()), 32), hashes.SHA256())
    constant("PS256_MASK_SHA512", base64url(mixed), "PSS with SHA-256, but its mask made with SHA-512", public)
    weak = sign(keys["RSA_1024"], "RS256", text)
    constant("RS256_WITH_1024", base64url(weak), "RS256 with the key of 1024 bits", public)


{"known_answers": known_answers, "cases": cases}[sys.argv[1]]()
