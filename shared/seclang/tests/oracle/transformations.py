"""Compares our transformations with those of libmodsecurity, on values generated from a seed.

    python transformations.py --native PATH_OF_EXAMPLE --sources ../../src/transformation --map unicode.mapping [--seed N] [--values N]

It needs the package `libmodsecurity` (3.0.15) and the example `transform` of the crate. Values are made of the inputs of the tables of
cases in the sources, of fragments below, and of mutations of both; each goes through every transformation, so that one value is as many
comparisons. Values get into the library percent-encoded, one query argument a request, and its results leave it through `t:hexEncode`
and `logdata`: NUL bytes and broken UTF-8 survive both ways. Checked as well: the tables of cases themselves, all 65,536 `%u` escapes with
the map and without, and that the native side answers "unchanged" exactly where the result is the value.
"""

import argparse
import pathlib
import random
import re
import subprocess
import sys

import libmodsecurity

NAMES = """base64Decode base64DecodeExt base64Encode cmdLine compressWhitespace cssDecode escapeSeqDecode hexDecode hexEncode
htmlEntityDecode jsDecode length lowercase md5 normalizePath normalizePathWin parityEven7bit parityOdd7bit parityZero7bit removeComments
removeCommentsChar removeNulls removeWhitespace replaceComments replaceNulls sha1 sqlHexDecode trim trimLeft trimRight uppercase urlDecode
urlDecodeUni urlEncode utf8toUnicode""".split()

# Differences that stay, and why: (transformation, what the value must match, reason). None is known.
KNOWN = []

# What the transformations react to, by kind. A value draws from one kind or from all.
FRAGMENTS = {
    "base64": [b"QUJD", b"QUI=", b"QQ==", b"PHNjcmlwdD4=", b"=", b"==", b"9", b"\n", b"\r\n", b"\r", b" ", b"Q", b"+/", b"-_", b"\0", b"!"],
    "command": [b"c^at", b'"', b"'", b"\\", b"^", b",", b";", b" ", b"\t", b"\r\n", b"/etc/passwd", b"(", b" /", b" (", b"WGET", b"a"],
    "css": [b"\\", b"\\4", b"\\41", b"\\041", b"\\ff41", b"\\0ff41", b"\\00FF5e", b"\\1ff41", b"\\000", b" ", b"\n", b"\\\n", b"f", b"0", b"java"],
    "escapes": [b"\\", b"\\x", b"\\X4", b"\\x41", b"\\xe9", b"\\u", b"\\u00", b"\\u0041", b"\\uff41", b"\\uFF5f", b"\\1", b"\\377", b"\\400",
                b"\\777", b"\\8", b"\\n", b"\\v", b"\\?", b"\\'", b'\\"', b"4", b"7", b"f", b"u", b"\0"],
    "html": [b"&", b"&#", b"&#x", b"&#X41", b"&#x41;", b"&#65;", b"&#0000065", b"&#x0000000000000000000041;", b"&#99999999999999999999;",
             b"&#x7fffffffffffff41", b"&#x8000000000000041", b"&#9223372036854775807;", b"&#9223372036854775808;", b"&quot;", b"&QUOT",
             b"&amp;", b"&lt", b"&ltscript", b"&gt;", b"&nbsp", b"&apos;", b"&colon;", b";", b"x", b"41", b"\0", b"script"],
    "path": [b"/", b"//", b"///", b".", b"..", b"...", b"./", b"../", b"/..", b"/.", b"\\", b"\\\\", b"..\\", b"\\..", b"a", b"foo", b"foo..", b"c:", b"\0"],
    "comments": [b"/*", b"*/", b"/", b"*", b"<!--", b"-->", b"--", b"-", b">", b"<!-", b"#", b"/*!50000", b"a", b" ", b"\0", b"'or 1=1"],
    "sql": [b"0x", b"0X", b"0", b"x", b"0x41", b"0x4142434", b"4a", b"4B", b"g", b"select ", b","],
    "url": [b"%", b"%%", b"%u", b"%U", b"%u00", b"%u0041", b"%uff41", b"%u00e9", b"%u2215", b"%u3002", b"%uFFFF", b"%41", b"%4", b"%zz", b"%00", b"%2541", b"+", b"u", b"41"],
    "utf8": [b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xf0\x8d\xa0\x80",
             b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xbf", b"\xf8", b"\xff", b"a", b"\0"],
    "blanks": [b" ", b"\t", b"\n", b"\x0b", b"\x0c", b"\r", b"\0", b"\xa0", b"\xc2", b"\xc2\xa0", b"\x85", b"\x1c", b"\x1f", b"a", b"Ab"],
    "payloads": [b"<script>alert(1)</script>", b"' OR '1'='1' -- -", b"1 UNION/**/SELECT 1", b"../../../etc/passwd", b";cat /etc/passwd|",
                 b"${jndi:ldap://a/b}", b"<?php system($_GET[1]); ?>", b"() { :; }; echo", b"javascript:alert`1`", b"\x00\x01\x02\x7f\x80\xfe\xff"],
}


class Library:
    """libmodsecurity, with one rule a transformation."""

    def __init__(self, names, unicode_map=None):
        self.names = names
        self.engine = libmodsecurity.ModSecurity()
        self.engine.set_log_callback(lambda _: None)
        self.rules = libmodsecurity.RulesSet()
        lines = ["SecRuleEngine On"]
        if unicode_map:
            lines.append(f"SecUnicodeMapFile {unicode_map} 20127")
        for number, name in enumerate(names, 1):
            lines.append(
                f'SecRule ARGS_GET:q "@unconditionalMatch" "id:{number},phase:1,pass,t:none,t:{name},t:hexEncode,log,'
                "logdata:'%{MATCHED_VAR}'\""
            )
        if self.rules.load("\n".join(lines) + "\n") != len(names):
            sys.exit(self.rules.get_parser_error())

    def apply(self, value):
        with self.engine.transaction(self.rules) as transaction:
            transaction.process_connection("127.0.0.1", 1, "127.0.0.1", 80)
            transaction.process_uri("/?q=" + "".join(f"%{byte:02x}" for byte in value), "GET", "1.1")
            transaction.process_request_headers()
            made = {self.names[message.rule_id - 1]: bytes.fromhex(message.data) for message in transaction.get_rule_messages()}
        assert len(made) == len(self.names), (value, made)
        return made

    def close(self):
        # A callback that outlives its engine crashes the interpreter at its end.
        self.engine.set_log_callback(None)


def native(arguments, asked):
    """What our side makes of (name, value) pairs, in order; None: unchanged."""
    text = "".join(f"{name} {value.hex()}\n" for name, value in asked)
    answer = subprocess.run(arguments, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    assert len(answer) == len(asked)
    return [None if line == "-" else bytes.fromhex(line) for line in answer]


LITERAL = r'(b"(?:[^"\\]|\\.)*"|br"[^"]*"|br#".*?"#)'
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\", "'": b"'", '"': b'"'}


def literal(text):
    """The bytes that a Rust byte string stands for."""
    if text.startswith("br"):
        return text[2:].strip("#")[1:-1].encode()
    parts = re.findall(r"\\x(..)|\\(.)|(.)", text[2:-1], re.DOTALL)
    return b"".join(bytes.fromhex(code) or ESCAPES.get(escape) or plain.encode() for code, escape, plain in parts)


def cases(folder):
    """The tables of cases in the sources: (name, value, expected)."""
    for file in sorted(pathlib.Path(folder).glob("*.rs")):
        name = {name.lower(): name for name in NAMES}.get(file.stem.replace("_", ""))
        _, found, table = file.read_text().partition("CASES: super::Cases")
        if found and name:
            for value, expected in re.findall(r"\(\s*" + LITERAL + r",\s*" + LITERAL + r",?\s*\)", table.partition("];")[0] + "]"):
                yield name, literal(value), literal(expected)


def mutate(random, value, pool):
    """The value with one to four small changes."""
    value = bytearray(value)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(value))
        end = min(len(value), at + random.randint(1, 4))
        change = random.randrange(6)
        if change == 0:
            del value[at:end]
        elif change == 1:
            value[at:at] = value[at:end]
        elif change == 2:
            value[at:at] = bytes([random.choice(b"\0\xff \\/%&-*=.9") if random.random() < 0.7 else random.randrange(256)])
        elif change == 3 and value:
            value[min(at, len(value) - 1)] ^= 1 << random.randrange(8)
        elif change == 4:
            value[at:at] = random.choice(pool)
        else:
            value = value[: random.randint(0, len(value))] or value
    return bytes(value[:400])


def values(random, count, seeds):
    """Single bytes and the seeds, then `count` made of them."""
    yield from (bytes([byte]) for byte in range(256))
    yield from seeds
    every = [fragment for fragments in FRAGMENTS.values() for fragment in fragments]
    for _ in range(count):
        pool = every if random.random() < 0.2 else random.choice(list(FRAGMENTS.values()))
        value = b"".join(random.choices(pool, k=random.randint(1, 14)))
        if random.random() < 0.3:
            value = random.choice(seeds)
        if random.random() < 0.5:
            value = mutate(random, value, pool)
        # The library finds no argument in an empty query.
        if value:
            yield value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--native", required=True)
    parser.add_argument("--sources", required=True)
    parser.add_argument("--map", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--values", type=int, default=3000)
    options = parser.parse_args()
    generator = random.Random(options.seed)
    failed, compared, known = [], 0, 0

    def judge(name, value, expected, made):
        nonlocal compared, known
        compared += 1
        if made == value:
            failed.append((name, value, expected, "the value itself instead of `unchanged`"))
        elif (value if made is None else made) != expected:
            if any(name == of and re.search(pattern, value, re.DOTALL) for of, pattern, _ in KNOWN):
                known += 1
            else:
                failed.append((name, value, expected, value if made is None else made))

    tables = list(cases(options.sources))
    if {name for name, _, _ in tables} != set(NAMES):
        sys.exit(f"no cases found of {sorted(set(NAMES) - {name for name, _, _ in tables})}")
    with_map = Library(NAMES, options.map)
    without_map = Library(NAMES)
    mapped, unmapped = [options.native, options.map, "20127"], [options.native]

    # The tables are for a map without entries.
    for name, value, expected in tables:
        if value:
            judge(name, value, without_map.apply(value)[name], None if value == expected else expected)
    in_tables = compared

    escapes = [b"".join(b"%%u%04x" % code for code in range(start, start + 1024)) for start in range(0, 1 << 16, 1024)]
    for library, arguments in ((with_map, mapped), (without_map, unmapped)):
        made = native(arguments, [("urlDecodeUni", value) for value in escapes])
        for value, ours in zip(escapes, made):
            judge("urlDecodeUni", value, library.apply(value)["urlDecodeUni"], ours)

    made_of = list(dict.fromkeys(values(generator, options.values, [value for _, value, _ in tables if value])))
    ours = native(mapped, [(name, value) for value in made_of for name in NAMES])
    changed = dict.fromkeys(NAMES, 0)
    for number, value in enumerate(made_of):
        theirs = with_map.apply(value)
        for name, mine in zip(NAMES, ours[number * len(NAMES) :]):
            judge(name, value, theirs[name], mine)
            changed[name] += mine is not None
    with_map.close()
    without_map.close()

    for name, value, expected, made in failed[:40]:
        print(f"{name} {value!r}\n  library {expected!r}\n  ours    {made!r}")
    print(f"changed values: {changed}")
    print(f"seed {options.seed}: {len(made_of)} values, {compared} comparisons ({in_tables} of them the tables of cases), {known} known differences, {len(failed)} others")
    idle = [name for name in NAMES if changed[name] < len(made_of) // 100]
    if idle:
        print(f"hardly exercised: {idle}")
    sys.exit(bool(failed or idle))


if __name__ == "__main__":
    main()
