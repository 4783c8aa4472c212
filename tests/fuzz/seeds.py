"""Writes what the fuzz targets begin with: the tokens and keys of the tests; rules, bodies and requests made here."""

import gzip
import hashlib
import json
import zlib
from pathlib import Path

here = Path(__file__).parent
made = json.loads((here.parent / "tokens/tokens.json").read_text())
rules = [line for line in (here / "transaction.conf").read_text().splitlines() if line[:1] not in ("", "#")]
bodies = {
    0: [b"a=1&b=%zz&%u0041=+&=x&&z"],
    1: [b'a=b; c ;=d; e="f; g"'],
    2: [b'{"q":[1,-2.5e3,{"r":"\\u00e9\\n"},[[]],null],"":true}', b'{"a":"\\ud83d\\ude00'],
    3: [b"<?xml version='1.0'?><!DOCTYPE a><a x='&#65;'>t<b y=\"&amp;\"/><![CDATA[c]]><!-- d --><?p i?></a>"],
    4: [b'multipart/form-data; boundary="b"\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--b\r\nContent-Disposition: form-data; '
        b'name="f"; filename="x.php"; filename*=utf-8\'\'y\r\nX: y\r\n z\r\n\r\nl\n\r\n--b--\r\n'],
    5: [b"\0" + gzip.compress(b"a=1" * 50, mtime=0), b"\1" + zlib.compress(b"a=1" * 50), b"\3" + zlib.compress(gzip.compress(b"a=1", mtime=0)),
        b"\2" + bytes.fromhex("8b0280010203040503")],
}
requests = [b"GET /?q=1%27%20or%201=1--&r=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\nHost: h\nCookie: a=aab\nUser-Agent: x\n\n\x1eContent-Type: text/html\n\n<title>x</title>",
            b"SKIP /../../etc/passwd#f HTTP/1.0\nX-Off: 1\nReferer: ${jndi:ldap://x}\n\n"]
for kind, which in ((b"application/x-www-form-urlencoded", 0), (b"application/json", 2), (b"text/xml", 3)):
    requests += [b"POST /p HTTP/1.1\nHost: h\nContent-Type: " + kind + b"\n\n" + body + b"\x1e\n\nroot:x:0:0" for body in bodies[which]]
requests += [b"POST /p HTTP/1.1\nContent-Type: " + bodies[4][0].replace(b"\n", b"\n\n", 1)]
seeds = {
    "rules": [line.encode() for line in rules] + ["\n".join(rules).encode()],
    "bodies": [bytes([which]) + body for which, some in bodies.items() for body in some],
    "transaction": [flag + request for request in requests for flag in (b"\0", b"\x0d")],
    "token": [b"\0" + token.encode() for token in made["tokens"].values() if len(token) < 4096],
    "keys": [keys.encode() for keys in made["keys"].values()],
}
for target, texts in seeds.items():
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for text in texts:
        (folder / hashlib.sha256(text).hexdigest()[:16]).write_bytes(text)
