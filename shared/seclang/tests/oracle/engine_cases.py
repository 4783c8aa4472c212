"""The requests that `engine.py` sends: those of the rule set, with what its backend answers, and those made of them."""
import base64, json, re
from urllib.parse import unquote_to_bytes

HTML = ("<!doctype html", "<html", "<head", "<script", "<body", "<title", "<h1", "<!--")


def complete(case):
    return {"status": 200, "answer_headers": [["Content-Length", "0"]], "answer": "", **case}


def answered(case):
    """A case and what the backend of the rule set's test set-up answers: to `POST /reflect` what the body says, to all else nothing."""
    name = case.pop("name")
    if case["method"] == "POST" and case["target"].split("?")[0].startswith("/reflect"):
        try:
            told = json.loads(case["body"].encode("latin-1"))
        except ValueError:
            told = {"status": 400, "headers": {}, "body": "Invalid JSON in request body"}
        body = base64.b64decode(told["encodedBody"]).decode("latin-1") if "encodedBody" in told else told.get("body", "").encode().decode("latin-1")
        headers = [[key, str(value)] for key, value in told.get("headers", {}).items()]
        if not any(key.lower() == "content-type" for key, _ in headers):
            kind = "html" if body.lstrip().lower().startswith(HTML) else "plain"
            headers.append(["Content-Type", f"text/{kind}; charset=utf-8"])
        case = {**case, "status": told.get("status", 200), "answer": body, "answer_headers": headers + [["Content-Length", str(len(body))]]}
    return name, complete(case)


def attacks(cases):
    """Whatever stands in arguments, headers and bodies of the cases, decoded."""
    found = {}
    for _, case in cases:
        texts = re.split("[?&=]", case["target"]) + [value for name, value in case["headers"] if name.lower() not in ("host", "accept", "connection", "content-length")]
        texts += re.split("[&=]", case["body"]) if len(case["body"]) < 2000 else []
        for text in texts:
            text = unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
            if 2 < len(text) < 400:
                found.setdefault(text)
    return list(found)


def changed(text, random, all_of_them):
    way = random.randrange(12)
    at = random.randrange(len(text) + 1)
    if way < 3:
        return text
    if way == 3:
        return text[:at]
    if way == 4:
        return text[at:]
    if way == 5:
        return text + text
    if way == 6:
        return text.swapcase()
    if way == 7:
        return text[:at] + random.choice(all_of_them) + text[at:]
    if way == 8:
        return b"".join(b"%%%02x" % byte if random.random() < 0.5 else bytes([byte]) for byte in text)
    if way == 9:
        return text.replace(b" ", random.choice([b"/**/", b"\t", b"\n", b"+", b"\xc2\xa0", b"\x0b", b"  "]))
    if way == 10:
        return text[:at] + random.choice([b"\0", b"'", b'"', b"\\", b"<", b"%", b"\xff", b"\xc3\xa9", b"&#x41;", b"\\u0041", b"%u0041", b"\r\n", b";"]) + text[at:]
    return b"".join(random.choice([b"\\u%04x", b"\\x%02x", b"&#%d;", b"%%u%04x"]) % byte if random.random() < 0.2 else bytes([byte]) for byte in text)


def escaped(text, random):
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~" + random.choice([b"", b"/:;,'()*!<>\"\\{}[]|^`@$?="])
    return b"".join(bytes([byte]) if byte in plain else b"%%%02X" % byte for byte in text)


def made(cases, random, count):
    """Attacks, changed, in all places that a request has."""
    texts = attacks(cases)
    for number in range(count):
        text = changed(random.choice(texts), random, texts)
        if random.random() < 0.3:
            text = changed(text, random, texts)
        target, headers, body, method = b"/", [("Host", b"localhost"), ("User-Agent", b"Mozilla/5.0"), ("Accept", b"*/*")], b"", "GET"
        line = text.translate(None, b"\r\n\0").strip()
        where = random.choice(["argument", "argument", "name of an argument", "path", "header", "user agent", "cookie", "name of a cookie", "form", "form",
                               "name in a form", "part", "file", "name of a part", "json", "json", "key in json", "xml", "attribute", "query as it is"])
        if where == "argument":
            target = b"/?id=1&q=" + escaped(text, random)
        elif where == "name of an argument":
            target = b"/?" + escaped(text, random) + b"=1"
        elif where == "query as it is":
            target = b"/?" + line.replace(b" ", b"+").translate(None, b"\t\x0b\x0c#")
        elif where == "path":
            target = b"/a/" + escaped(text, random).replace(b"?", b"%3F")
        elif where == "header":
            headers.append((random.choice(["X-Custom", "Referer", "X-Forwarded-For", "Content-Encoding", "Range", "Accept-Language"]), line))
        elif where == "user agent":
            headers[1] = ("User-Agent", line)
        elif where == "cookie":
            headers.append(("Cookie", b"session=1; a=" + line))
        elif where == "name of a cookie":
            headers.append(("Cookie", line + b"=1; b=2"))
        else:
            method = "POST"
            if where == "form":
                kind, body = b"application/x-www-form-urlencoded", b"id=1&text=" + escaped(text, random)
            elif where == "name in a form":
                kind, body = b"application/x-www-form-urlencoded", escaped(text, random) + b"=1&b=2"
            elif where in ("part", "file", "name of a part"):
                kind = b"multipart/form-data; boundary=bnd"
                name = text.translate(None, b"\r\n\0").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
                says, value = {"part": (b'name="a"', text), "file": (b'name="f"; filename="' + name + b'"', b"data"), "name of a part": (b'name="' + name + b'"', b"1")}[where]
                # What ModSecurity v3 makes of a line break in a value is compared in `bodies.py`.
                value = value.translate(None, b"\r\n")
                body = b"--bnd\r\nContent-Disposition: form-data; " + says + b"\r\n\r\n" + value + b"\r\n--bnd--\r\n"
            elif where in ("json", "key in json"):
                kind, quoted = b"application/json", json.dumps(text.decode("utf-8", "replace"), ensure_ascii=random.random() < 0.5).encode()
                body = b'{"a":[1,{"b":' + quoted + b"}]}" if where == "json" else b"{" + quoted + b":true}"
            else:
                clean = re.sub(rb"[^\x09\x0a\x0d\x20-\x7e]", b"?", text).replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b'"', b"&quot;").replace(b">", b"&gt;")
                kind, body = b"application/xml", b'<?xml version="1.0"?><a>' + (b"<b>" + clean + b"</b>" if where == "xml" else b'<b c="' + clean + b'"/>') + b"</a>"
            headers += [("Content-Type", kind), ("Content-Length", b"%d" % len(body))]
        show = lambda value: value.decode("latin-1")
        yield f"{number} ({where})", complete({"method": method, "target": show(target), "protocol": "HTTP/1.1",
                                               "headers": [[name, show(value)] for name, value in headers], "body": show(body)})
