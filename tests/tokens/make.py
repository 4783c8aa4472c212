"""Makes the tokens of the tests with libraries that have nothing to do with ours, and writes tokens.json beside this file.

    pip install pyjwt cryptography && python3 tests/tokens/make.py

Every run makes new keys and throws the private ones away: what is committed are tokens and public keys. Dates are far in the past or
in the future, so that the tokens are what their names say for long: "now" is between 2023 and 2090.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://login.example/shop"
AUDIENCE = "shop-api"
PAST, FUTURE = 1_600_000_000, 4_102_444_800
CLAIMS = {
    "iss": ISSUER,
    "sub": "alice",
    "aud": AUDIENCE,
    "azp": "shop-web",
    "iat": PAST,
    "exp": FUTURE,
    "scope": "payment:read user:profile",
    "roles": ["clerk"],
    "realm_access": {"roles": ["cashier", "clerk"]},
    "tenant": {"id": 7, "name": "north"},
}
SECRET = base64.urlsafe_b64encode(hashlib.sha512(b"a secret for tests, and for nothing else").digest()).rstrip(b"=").decode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = {"ES256": ec.generate_private_key(ec.SECP256R1()), "ES384": ec.generate_private_key(ec.SECP384R1()),
      "ES512": ec.generate_private_key(ec.SECP521R1())}
ED = ed25519.Ed25519PrivateKey.generate()
OTHER_EC = ec.generate_private_key(ec.SECP256R1())


def ec_jwk(kid, key, name, size):
    public = key.public_key().public_numbers()
    return {"kty": "EC", "crv": name, "kid": kid, "use": "sig", "x": number(public.x, size), "y": number(public.y, size)}


def rsa_jwk(kid, key, **more):
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "use": "sig", "n": number(public.n), "e": number(public.e), **more}


RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
PUBLIC_PEM = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
JWKS = [
    rsa_jwk("rsa", RSA),
    ec_jwk("ES256", EC["ES256"], "P-256", 32),
    ec_jwk("ES384", EC["ES384"], "P-384", 48),
    ec_jwk("ES512", EC["ES512"], "P-521", 66),
    {"kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "x": b64(ED.public_key().public_bytes(*RAW))},
]
OCT = {"kty": "oct", "kid": "hmac", "k": SECRET}

tokens = {}


def signed(claims, algorithm="ES256", **header):
    key, kid = {
        "R": (RSA, "rsa"), "P": (RSA, "rsa"), "H": (base64.urlsafe_b64decode(SECRET + "=="), "hmac"),
    }.get(algorithm[0], (EC.get(algorithm, ED), algorithm))
    headers = {"kid": kid, **header}
    headers = {name: value for name, value in headers.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers=headers)


def raw(header, payload, key=EC["ES256"]):
    """A token with exactly these bytes in it, properly signed: libraries refuse to make most of those."""
    return raw_text(b64(header), b64(payload), key)


def raw_text(header, payload, key=EC["ES256"]):
    """The same, also of parts that are no base64url."""
    text = f"{header}.{payload}".encode()
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
    return f"{text.decode()}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def bits_behind(part):
    """Of a length that leaves bits over, and those bits not zero: other libraries read the same bytes from it."""
    text = b64(part if len(part) % 3 else part + b" ")
    return text[:-1] + chr(ord(text[-1]) + 1)


def without(claims, *names):
    return {name: value for name, value in claims.items() if name not in names}


def with_(**more):
    return {**CLAIMS, **more}


for algorithm in ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]:
    token = signed(CLAIMS, algorithm)
    tokens[algorithm] = token
    header, payload, signature = token.split(".")
    signature_bytes = base64.urlsafe_b64decode(signature + "==")
    bits = bytearray(signature_bytes)
    bits[7] ^= 1
    tokens[f"{algorithm} with another signature"] = f"{header}.{payload}.{b64(bytes(bits))}"
    tokens[f"{algorithm} with another payload"] = f"{header}.{b64(json.dumps(with_(scope='payment:write')).encode())}.{signature}"
    tokens[f"{algorithm} cut short"] = f"{header}.{payload}.{b64(signature_bytes[:-3])}"
    tokens[f"{algorithm} with a byte more"] = f"{header}.{payload}.{b64(signature_bytes + bytes(1))}"
    tokens[f"{algorithm} without signature"] = f"{header}.{payload}."

# The claims, one by one.
for name, claims in {
    "write": with_(scope="payment:read payment:write"),
    "scp": {**without(CLAIMS, "scope"), "scp": ["payment:write"]},
    "scp as a text": {**without(CLAIMS, "scope"), "scp": "payment:read payment:write"},
    "scope as a list": with_(scope=["payment:write", 5]),
    "scope as a number": with_(scope=5),
    "one scope that is two": with_(scope=["payment:read payment:write"]),
    "no scope": without(CLAIMS, "scope"),
    "expired": with_(exp=PAST + 3600),
    "expired by a fraction": with_(exp=PAST + 3600.5),
    "expired before 1970": with_(exp=-5),
    "not yet": with_(nbf=FUTURE - 1000),
    "issued later": with_(iat=FUTURE - 1000),
    "no exp": without(CLAIMS, "exp"),
    "fractions": with_(iat=PAST + 0.5, exp=FUTURE + 0.25),
    "audiences": with_(aud=["other-api", AUDIENCE]),
    "other audience": with_(aud="other-api"),
    "other audiences": with_(aud=["other-api", "third-api", AUDIENCE + "/"]),
    "no audiences": with_(aud=[]),
    "no audience": without(CLAIMS, "aud"),
    "other issuer": with_(iss="https://login.example/other"),
    "issuer with a slash": with_(iss=ISSUER + "/"),
    "no issuer": without(CLAIMS, "iss"),
    "long-lived": with_(iat=PAST - 1),
    "no iat": without(CLAIMS, "iat"),
    "admin": with_(roles=["admin", "clerk"]),
    "no roles": without(CLAIMS, "roles", "realm_access"),
    "roles as a text": {**without(CLAIMS, "realm_access"), "roles": "clerk admin"},
    "roles with a comma": with_(roles=["clerk,admin"]),
    "north, 8": with_(tenant={"id": 8, "name": "north"}),
    "north, 7.0": with_(tenant={"name": "north", "id": 7.0}),
    "north, 7.5": with_(tenant={"id": 7.5, "name": "north"}),
    "north, seven as a text": with_(tenant={"id": "7", "name": "north"}),
    "tenant without id": with_(tenant={"name": "north"}),
    "tenant is a text": with_(tenant="north"),
    "more claims": with_(groups=["staff", "board", {"id": 1}], verified=True, email=None, sub="a:b c"),
    "umlaut": with_(sub="\u00e4lice"),
    "line break": with_(sub="alice\r\nx-admin: 1"),
}.items():
    tokens[name] = signed(claims)
tokens["access token"] = signed(CLAIMS, typ="at+jwt")
tokens["access token, in full"] = signed(CLAIMS, typ="application/AT+JWT")
tokens["no typ"] = signed(CLAIMS, typ=None)

# What is wrong before the signature is looked at.
tokens["no kid"] = signed(CLAIMS, kid=None)
tokens["unknown kid"] = signed(CLAIMS, kid="made-up")
tokens["kid of another type of key"] = signed(CLAIMS, kid="rsa")
tokens["forged"] = jwt.encode(CLAIMS, OTHER_EC, "ES256", headers={"kid": "ES256"})
tokens["forged and expired"] = jwt.encode(with_(exp=PAST + 3600), OTHER_EC, "ES256", headers={"kid": "ES256"})
tokens["forged with a made-up key and expired"] = jwt.encode(with_(exp=PAST + 3600), OTHER_EC, "ES256", headers={"kid": "made-up"})
tokens["forged, RSA"] = jwt.encode(CLAIMS, OTHER_RSA, "RS256", headers={"kid": "rsa"})
payload = b64(json.dumps(CLAIMS).encode())
tokens["none"] = b64(b'{"alg":"none","typ":"JWT"}') + f".{payload}."
tokens["none with a signature"] = b64(b'{"alg":"none"}') + f".{payload}.AAAA"
tokens["None"] = b64(b'{"alg":"None","kid":"ES256"}') + f".{payload}.AAAA"
for name, secret in {
    "RSA key as PEM": RSA.public_key().public_bytes(*PUBLIC_PEM),
    "RSA modulus": RSA.public_key().public_numbers().n.to_bytes(256, "big"),
    "nothing": b"",
}.items():
    text = b64(b'{"alg":"HS256","kid":"rsa"}') + f".{payload}"
    tokens[f"HMAC with the {name}" if secret else "HMAC with nothing"] = (
        f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"
    )
good = tokens["ES256"]
header, body, signature = good.split(".")
tokens["zeros for a signature"] = f"{header}.{body}.{b64(bytes(64))}"
tokens["DER for a signature"] = f"{header}.{body}.{b64(EC['ES256'].sign(f'{header}.{body}'.encode(), ec.ECDSA(hashes.SHA256())))}"
tokens["padded"] = "=.".join(good.split(".")) + "="
tokens["two parts"] = f"{header}.{body}"
tokens["five parts"] = f"{header}.{body}.{signature}.{body}.{signature}"
tokens["no token"] = "opaque"
tokens["bits behind the signature"] = good[:-1] + next(
    last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if last != good[-1] and base64.urlsafe_b64decode(signature[:-1] + last + "==") == base64.urlsafe_b64decode(signature + "==")
)
ES = b'{"alg":"ES256","kid":"ES256"}'
JSON = json.dumps(CLAIMS).encode()
for name, (head, load) in {
    "alg twice": (b'{"alg":"ES256","kid":"ES256","alg":"ES256"}', JSON),
    "alg twice, once escaped": (b'{"alg":"ES256","kid":"ES256","\\u0061lg":"none"}', JSON),
    "sub twice": (ES, b'{"sub":"admin",' + JSON[1:]),
    "twice inside": (ES, b'{"deep":{"a":1,"a":2},' + JSON[1:]),
    "crit": (b'{"alg":"ES256","kid":"ES256","crit":["exp"]}', JSON),
    "crit empty": (b'{"alg":"ES256","kid":"ES256","crit":[]}', JSON),
    "b64": (b'{"alg":"ES256","kid":"ES256","b64":false}', JSON),
    "no alg": (b'{"kid":"ES256"}', JSON),
    "alg is a number": (b'{"alg":5,"kid":"ES256"}', JSON),
    "es256": (b'{"alg":"es256","kid":"ES256"}', JSON),
    "kid is a list": (b'{"alg":"ES256","kid":["ES256"]}', JSON),
    "a key of its own": (b'{"alg":"ES256","jwk":' + json.dumps(ec_jwk("x", OTHER_EC, "P-256", 32)).encode() + b'}', JSON),
    "not an object": (ES, b'["sub"]'),
    "not JSON": (ES, b"{sub: 1}"),
    "exp is a text": (ES, JSON.replace(b'4102444800', b'"4102444800"')),
    "exp is huge": (ES, JSON.replace(b'4102444800', b'1e400')),
    "nested": (ES, b"[" * 2000 + b"]" * 2000),
    "exp is too large": (ES, JSON.replace(b'4102444800', b'9' * 4000)),
    "exp is null": (ES, JSON.replace(b'4102444800', b'null')),
    "iat is true": (ES, JSON.replace(b'1600000000', b'true')),
    "nbf is a list": (ES, b'{"nbf":[0],' + JSON[1:]),
    "aud is an object": (ES, JSON.replace(b'"shop-api"', b'{"a":1}')),
    "aud has a number": (ES, JSON.replace(b'"shop-api"', b'["shop-api",5]')),
    "iss is a list": (ES, JSON.replace(b'"https://login.example/shop"', b'["https://login.example/shop"]')),
    "sub is a number": (ES, JSON.replace(b'"alice"', b'5')),
    "nothing in it": (ES, b'{}'),
    "two values": (ES, JSON + JSON),
    "a comma behind the last": (ES, JSON[:-1] + b',}'),
    "not UTF-8": (ES, JSON.replace(b'alice', b'\xff\xfe')),
    "a byte order mark": (ES, b'\xef\xbb\xbf' + JSON),
    "half a character": (ES, JSON.replace(b'alice', b'\\ud800')),
    "NUL in iss": (ES, JSON.replace(b'login.example/shop', b'login.example/shop\\u0000')),
    "alg is null": (b'{"alg":null,"kid":"ES256"}', JSON),
    "alg is empty": (b'{"alg":"","kid":"ES256"}', JSON),
    "an algorithm of others": (b'{"alg":"ES256K","kid":"ES256"}', JSON),
    "typ is a number": (b'{"alg":"ES256","kid":"ES256","typ":5}', JSON),
    "b64 that is true": (b'{"alg":"ES256","kid":"ES256","b64":true}', JSON),
    "a long kid": (b'{"alg":"ES256","kid":"' + b'k' * 257 + b'"}', JSON),
    "an empty kid": (b'{"alg":"ES256","kid":""}', JSON),
    "header is a list": (b'["ES256"]', JSON),
    "header is not JSON": (b'{alg:ES256}', JSON),
    "header in an object": (b'{"alg":{"alg":"ES256"},"kid":"ES256"}', JSON),
}.items():
    tokens[name] = raw(head, load, OTHER_EC if name == "a key of its own" else EC["ES256"])
tokens["no header"] = raw_text("", b64(JSON))
tokens["no payload"] = raw_text(b64(ES), "")
tokens["bits behind the header"] = raw_text(bits_behind(ES), b64(JSON))
tokens["bits behind the payload"] = raw_text(b64(ES), bits_behind(JSON))
tokens["plus and slash"] = raw_text(b64(ES), base64.b64encode(JSON.replace(b"alice", b"~~~???>>>")).rstrip(b"=").decode())
tokens["long"] = signed(with_(filler="x" * 9000))


def jwks(*keys):
    return json.dumps({"keys": list(keys)})


keys = {
    "all": jwks(*JWKS),
    "all and hmac": jwks(*JWKS, OCT),
    "ES256": jwks(JWKS[1]),
    "ES256 without kid": jwks({name: value for name, value in JWKS[1].items() if name != "kid"}),
    "RS256 only": jwks({**JWKS[0], "alg": "RS256"}),
    "rsa": jwks(JWKS[0]),
    "another": jwks(ec_jwk("other", OTHER_EC, "P-256", 32)),
    "another of that kid": jwks(ec_jwk("ES256", OTHER_EC, "P-256", 32)),
    "one bad": jwks({"kty": "RSA", "kid": "small", "n": number(rsa.generate_private_key(65537, 1024).public_key().public_numbers().n), "e": "AQAB"}, JWKS[1]),
    "only bad": jwks({"kty": "EC", "crv": "P-256", "kid": "ES256", "x": "AA", "y": "AA"}),
    "hmac": jwks(OCT),
    "pem": EC["ES256"].public_key().public_bytes(*PUBLIC_PEM).decode(),
}

path = Path(__file__).parent / "tokens.json"
path.write_text(json.dumps({"tokens": tokens, "keys": keys}, indent=1, sort_keys=True) + "\n")
print(f"{path}: {len(tokens)} tokens, {len(keys)} sets of keys")

# Those of the local gateway, with a key of their own. Written only where they are missing: envoy/gateway/filters/jwt-scope.yaml has the key.
path = Path(__file__).parents[2] / "envoy/gateway/tokens.json"
if not path.exists():
    DEMO = ec.generate_private_key(ec.SECP256R1())
    shop = {"iss": "https://login.example", "sub": "shop-backend", "aud": "shop-api", "iat": PAST}

    def demo(scope, exp, key=DEMO):
        return jwt.encode({**shop, "exp": exp, "scope": scope}, key, "ES256", headers={"kid": "demo"})

    path.write_text(json.dumps({
        "read": demo("payment:read user:profile", FUTURE),
        "write": demo("payment:write", FUTURE),
        "expired": demo("payment:write", PAST + 3600),
        "forged": demo("payment:write", FUTURE, OTHER_EC),
    }, indent=1) + "\n")
    print(f"{path}: for {json.dumps(ec_jwk('demo', DEMO, 'P-256', 32))}")
