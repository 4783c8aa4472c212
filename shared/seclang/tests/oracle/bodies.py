"""Compares the body readers with libmodsecurity (and, for XML, with libxml2 through lxml) on hand-made and generated bodies.

    python bodies.py BINARY [COUNT [SEED]]

BINARY is the example `bodies`; with CRS=<directory of the rule set> its tests' bodies are compared as well. Needs the packages libmodsecurity,
lxml and PyYAML. Ends with 1 when something differs that is not in DELIBERATE.
"""
import base64, collections, glob, os, random, subprocess, sys
import libmodsecurity
import yaml
from lxml import etree

LISTS = ["ARGS_POST", "ARGS_POST_NAMES", "ARGS", "ARGS_NAMES", "MULTIPART_PART_HEADERS", "FILES", "FILES_NAMES", "FILES_SIZES",
         "MULTIPART_NAME", "MULTIPART_FILENAME", "REQUEST_COOKIES", "REQUEST_COOKIES_NAMES"]
FLAGS = ["REQBODY_ERROR", "URLENCODED_ERROR", "FILES_COMBINED_SIZE"] + ["MULTIPART_" + name for name in (
    "STRICT_ERROR UNMATCHED_BOUNDARY BOUNDARY_QUOTED BOUNDARY_WHITESPACE DATA_BEFORE DATA_AFTER HEADER_FOLDING "
    "INVALID_HEADER_FOLDING LF_LINE CRLF_LF_LINES MISSING_SEMICOLON INVALID_QUOTING INVALID_PART").split()]


def rules():
    text = """SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRequestBodyJsonDepthLimit 20
SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
"""
    for i, name in enumerate(LISTS):
        text += (f'SecRule {name} "@unconditionalMatch" "id:{100 + i},phase:2,pass,nolog,t:hexEncode,'
                 f"setvar:'tx.all{i}=%{{tx.all{i}}};%{{MATCHED_VAR}}'\"\n"
                 f"SecAction \"id:{200 + i},phase:2,pass,log,msg:'{name}',logdata:'%{{tx.all{i}}}'\"\n")
    text += "SecAction \"id:300,phase:2,pass,log,msg:'flags',logdata:'" + ",".join(f"%{{{name}}}" for name in FLAGS) + "'\"\n"
    text += "SecAction \"id:301,phase:2,pass,log,msg:'message',logdata:'%{REQBODY_ERROR_MSG}'\"\n"
    return text


class Oracle:
    def __init__(self):
        self.rules = libmodsecurity.RulesSet()
        assert self.rules.load(rules()) > 0, self.rules.get_parser_error()
        self.engine = libmodsecurity.ModSecurity()
        self.engine.set_log_callback(lambda line: None)

    def read(self, kind, content_type, body):
        if kind == "xml":
            return read_xml(body)
        found = {}
        with self.engine.transaction(self.rules) as transaction:
            transaction.process_connection("1.1.1.1", 1, "2.2.2.2", 80)
            transaction.process_uri("/", "POST", "1.1")
            transaction.add_request_header("Content-Type", content_type.decode("latin-1"))
            if kind == "cookies":
                transaction.add_request_header("Cookie", body.decode())
            transaction.process_request_headers()
            transaction.append_request_body(b"" if kind == "cookies" else body)
            transaction.process_request_body()
            for message in transaction.get_rule_messages():
                if message.message == "flags":
                    found.update(zip(FLAGS, message.data.split(",")))
                elif message.message == "message":
                    found["MESSAGE"] = message.data
                else:
                    found[message.message] = [bytes.fromhex(x) for x in message.data[1:].split(";")] if message.data else []
        source = {"cookies": "REQUEST_COOKIES", "json": "ARGS"}.get(kind, "ARGS_POST")
        found["VALUES"], found["NAMES"] = found[source], found[source + "_NAMES"]
        return found


def read_xml(body):
    """What ModSecurity does with libxml2: no network, no entities substituted in the tree, the content of the root element."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return {"REQBODY_ERROR": "1", "MESSAGE": str(error), "TEXT": None, "ATTRIBUTES": None}
    return {"REQBODY_ERROR": "0", "TEXT": [root.xpath("string(/*)").encode()],
            "ATTRIBUTES": [str(value).encode() for value in root.xpath("//@*")]}


def ours(binary, cases):
    text = "".join(f"{kind} {content_type.hex() or '-'} {body.hex() or '-'}\n" for kind, content_type, body in cases)
    lines = subprocess.run([binary], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(cases)
    for line in lines:
        found = {}
        for word in line.split():
            name, value = word.split("=", 1)
            if value.startswith("["):
                inside, count = value[1:].split("]")
                value = [bytes.fromhex(x) for x in inside.split(";")] if count != "0" else []
            found[name] = value
        yield found


FORM, JSON, XML = b"application/x-www-form-urlencoded", b"application/json", b"application/xml"


def multipart(text, content_type=b"multipart/form-data; boundary=bnd"):
    return ("multipart", content_type, text.replace("\n", "\r\n").encode("latin-1"))


def hand_made():
    for text in [b"a=1&b=%zz&%ff=\xfe&=x&y&&z==&n%00m=%00v&", b"&", b"=", b"", b"a", b"&&", b"a%=1", b"%u0041=%u0041", b"a\0b=c\0d",
                 b"+=+&%2b=%2B", b"a=%", b"a=%4", b"a;b=1", b"a=1?b=2#c"]:
        yield "form", FORM, text
    for text in [b" a=b; c ;=d;e=f=g; a=%41;;; h=\"x; y\" ; j = k ", b";", b" ", b"a", b"=", b"$Version=1; a=b", b"a=b,c=d", b"\ta=b\t"]:
        yield "cookies", b"text/plain", text
    for text in [b'{"a":[1,{"b":2},[3,[4]]],"a":null,"":5,"x":{"":6,"y":{}},"n\\u0000":"\\ud83d\\ude00","t":true}',
                 b'[1,2,{"a":1},[]]', b"5", b'"x"', b"null", b"", b" ", b'{"a":1,', b'["a","b', b"[" * 20 + b"]" * 20,
                 b"[" * 21 + b"]" * 21, b'{"a":"\\ud800x","b":"\\udc00"}', b'{"a":01}', b'{"a":1.}', b'{"a":-}', b'{"a":1e5}',
                 b'{"a":1E+5,"b":-0.5e-1}', b"[1,]", b'{"a":1,}', b"{,}", b"[1 2]", b'{"a" 1}', b"{'a':1}", b"tru", b"truex",
                 b"[true]x", b"{} {}", b"\xef\xbb\xbf{}", b'"\\x"', b'"\\u12"', b'"\x01"', b'"\x7f"', b'"\xff"', b'"\xc3\xa9"',
                 b"// c\n1", b'{"a":{"b":[{"c":1},{"c":2}]},"d":[[],{},3]}', b'[[1,2],[3,[4,{"x":[5]}]]]', b'{"a.b":1,"":{"":[""]}}',
                 b"[NaN]", b"1 ", b"\n[1]\n"]:
        yield "json", JSON, text
    for text in ['<?xml version="1.0"?><a x="1">t<b y="&amp;2"> u </b><![CDATA[c<d]]><!-- c --></a>', "<a/>", "<a></b>", "<a>", "a",
                 "<a/><b/>", "<a/>x", "x<a/>", "<a x=1/>", "<a x='1' x='2'/>", "<a x='1'y='2'/>", "<a x='<'/>", "<a>]]></a>", "<a>&#65;&#x42;</a>",
                 "<a>&#0;</a>", "<a>&b;</a>", "<a>&lt</a>", "<a>&</a>", "<a><!-- -- --></a>", "<a><!-- x ---></a>", "<a\n b\t=\r\n'1\n2\t3\r\n4'/>",
                 "<a>1\r\n2\r3\n</a>", "<a xmlns='u' xmlns:p='v' p:x='1'/>", "<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9'>\xe9</a>",
                 "<a><?xml version='1.0'?></a>", "<a><?php echo 1 ?>t</a>", "<!DOCTYPE a SYSTEM 'x.dtd'><a>t</a>",
                 "<!DOCTYPE a PUBLIC '-//x' \">\"><a>t</a>", " <?xml version='1.0'?><a/>", "<a>\x01</a>", "<1/>", "< a/>", "<a / >", "</a>",
                 "<a><![CDATA[]]]]></a>", "<a>]] ></a>", "<a b='&#10;&#9; &#13;'/>", "<é/>", "<a b='&quot;&apos;\"'/>", "<a", "<a b", "<a b=",
                 "<a b='", "<!--", "<?", "<a><![CDATA[", " ", "<" + "a><" * 99 + "a" + "/>" + "</a>" * 99]:
        yield "xml", XML, text.encode("latin-1")
    yield "xml", XML, "\ufeff<a>é</a>".encode()
    yield "xml", XML, "<a>é</a>".encode("latin-1")
    part = '--bnd\nContent-Disposition: form-data; name="a"\n\nv\n'
    file = '--bnd\nContent-Disposition: form-data; name="f"; filename="x.txt"\nContent-Type: text/plain\n\nl1\nl2\n'
    end = "--bnd--\n"
    for text in [part + end, part + file + end, file + part + file + end, "preamble\n" + part + end, "\n" + part + end, part + end + "x",
                 part + end + "\n", part + "--bnd--", part, part + "--bnd", "", "x", "--bnd--\n", "--bnd--", "--bnd\n--bnd--\n",
                 "--bnd\n\nv\n" + end, part.replace("\nv\n", "\n") + end, part.replace("v", "") + end, part.replace("v", "a\nb\n\nc") + end,
                 part.replace("v", "--bndx") + end, part.replace("v", "--other") + end, part.replace("v", "x--bnd") + end,
                 part.replace("v", "--other") + "--bnd--", part.replace("v", "-- bnd") + end, part.replace("v", '--"bnd') + end,
                 part.replace("v", "--bnd-") + end, part.replace("v", "--") + end, part.replace('"a"', "a") + end, part.replace('"', "'") + end,
                 part.replace('"a"', '"a') + end, part.replace('"a"', '"a"x') + end, part.replace('"a"', '"a" ; x=y') + end,
                 part.replace('"a"', '"a"; name="b"') + end, part.replace('"a"', '""') + end, part.replace("form-data", "attachment") + end,
                 part.replace('"a"', '"a";') + end, part.replace('"a"', '"a"; ') + end, part.replace(": form", ":form") + end,
                 part.replace(": form", ":\n form") + end, part.replace(": form", ":\n\x0bform") + end, part.replace("; name", ";\n\tname") + end,
                 part.replace("\n\n", "\n \n\n") + end, part.replace("--bnd\n", "--bnd\n x\n") + end, part.replace("\n\n", "\nX\n\n") + end,
                 part.replace("\n\n", "\n: x\n\n") + end, part.replace("\n\n", "\nX y: z\n\n") + end, part.replace("\n\n", "\n\x0eX: z\n\n") + end,
                 part.replace("\n\n", "\nX: \0\n\n") + end, part.replace("\n\n", "\nX: " + "y" * 4088 + "\n\n") + end,
                 part.replace("\n\n", "\nX: " + "y" * 4095 + "\n\n") + end, part.replace("v", "v" * 10000) + end,
                 part.replace("v", "v" * 4094) + end, part.replace("v", "v" * 4095) + end, part.replace("v", "v" * 4096) + end,
                 part.replace("Content-Disposition", "content-DISPOSITION") + end, part.replace("v", "a\0b") + end,
                 file.replace("x.txt", "") + end, file.replace("x.txt", 'a\\"b\\c\\\\d') + end, file.replace('filename="', "filename*=utf-8''") + end,
                 file.replace('"x.txt"', "\"x\"; filename*=utf-8''y%41") + end, file.replace("filename=", "filename =") + end,
                 file.replace("filename=", "Filename=") + end, file.replace('"x.txt"', "x.txt") + end, file.replace("l1\nl2", "") + end,
                 file.replace("l1\nl2\n", "") + end, '--bnd\nX: 1\n\nv\n' + end, '--bnd\nContent-Disposition: form-data\n\nv\n' + end,
                 part + "--bnd-- \n", part + "--bnd \n", part + end + end, "--bnd\n" + part + end]:
        yield multipart(text)
        yield multipart(text)[:2] + (text.encode("latin-1"),)
    for header in ["multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary", "multipart/form-data; boundary=", "multipart/form-data boundary=bnd",
                   "multipart/form-data;boundary=bnd", 'multipart/form-data; boundary="bnd"', 'multipart/form-data; boundary="bnd', 'multipart/form-data; boundary=bnd"',
                   'multipart/form-data; boundary=""', "multipart/form-data; boundary =bnd", "multipart/form-data; boundary= bnd", "multipart/form-data; boundary=bnd ",
                   "multipart/form-data; boundary=bnd; charset=utf-8", 'multipart/form-data; boundary="bnd"; charset=utf-8', "multipart/form-data; charset=utf-8; boundary=bnd",
                   "multipart/form-data; Boundary=bnd", "multipart/form-data; boundary=bnd; boundary=bnd", "multipart/form-data; boundary=boundary", "multipart/form-data; boundary=boundary=x",
                   "multipart/form-data; boundaryx=bnd", "multipart/form-data; boundary=b@d", "multipart/form-data; boundary=" + "x" * 1000, "MULTIPART/FORM-DATA; boundary=bnd",
                   "multipart/form-datax; boundary=bnd", "multipart/form-data;; boundary=bnd", "multipart/form-data; boundary=bnd;", "multipart/form-data, boundary=bnd",
                   "multipart/form-data; boundary==bnd", "multipart/form-data; boundary=;bnd", "multipart/form-data; boundary=b'(nd", "multipart/form-data; boundary=bn"]:
        yield multipart(part + file + end, header.encode())
        yield multipart((part + file + end).replace("--bnd", '--"bnd"'), header.encode())


def generated(random, count):
    def some(words, most):
        return b"".join(random.choice(words) for _ in range(random.randrange(most)))
    form = [b"a", b"b", b"=", b"=", b"&", b"&", b"+", b"%", b"%4", b"%41", b"%00", b"\xff", b";", b"\0", b" "]
    cookie = [b"a", b"b", b"=", b"=", b";", b"; ", b" ", b"\t", b"\"", b"%41", b"+", b"\xc3\xa9", b","]
    json = [b"{", b"}", b"[", b"]", b",", b":", b'"a"', b'"b"', b'""', b"1", b"-2.5e3", b"true", b"null", b" ", b'"\\u00e9\\n"', b"0"]
    xml = [b"<a>", b"</a>", b"<b x='1'>", b"</b>", b"<c/>", b"t", b"&amp;", b"&#65;", b"<![CDATA[x]]>", b"<!-- c -->", b"\r\n", b" ", b"<?p i?>", b"]]>", b"<d y=\"&lt;\n\" z=''/>"]
    lines = [b"--bnd", b"--bnd", b"--bnd--", b'Content-Disposition: form-data; name="a"', b'Content-Disposition: form-data; name="f"; filename="x"',
             b"Content-Type: text/plain", b"", b"", b"v", b"--bndx", b"--other", b"x--bnd", b" folded", b"\tfolded", b"\x0bfolded", b"X: y", b"--", b"w w", b"-", b"Content-Disposition: form-data; name='q'"]
    def value(depth):
        kind = random.randrange(8 if depth < 6 else 5)
        if kind < 5:
            return random.choice([b"1", b"-0.5", b"true", b"null", b'"x"', b'""', b'"\\u0041"', b'"\xc3\xa9\\/"'])
        if kind == 5:
            return b"[" + b",".join(value(depth + 1) for _ in range(random.randrange(4))) + b"]"
        return b"{" + b",".join(random.choice([b'"a"', b'"b"', b'""', b'"a.b"']) + b":" + value(depth + 1) for _ in range(random.randrange(4))) + b"}"
    def element(depth):
        inside = b"".join(random.choice([b"t", b"&amp;", b"\r\n", b"<!--c-->", b"<![CDATA[<]]>", b"<?p i?>", b"&#xe9;"]) if depth > 4 or random.random() < .6 else element(depth + 1) for _ in range(random.randrange(5)))
        attributes = b"".join(b" %s='%s'" % (name, random.choice([b"1", b"&lt;", b"a\tb", b"\"", b""])) for name in random.sample([b"x", b"y", b"z"], random.randrange(3)))
        return b"<a%s>%s</a>" % (attributes, inside)
    def whole():
        text = b""
        for _ in range(random.randrange(1, 4)):
            name = random.choice([b'"a"', b"a", b'"a b"', b'"f"; filename="x"', b'"f"; filename=""', b"'q'", b'"f";filename="\\"\\\\"'])
            headers = [b"Content-Disposition: form-data; name=" + name] + random.sample([b"Content-Type: text/plain", b"X: y", b"X-Y: a:b"] + [b"Z: z\r\n z", b"Z: z\r\n\tz"] * (random.random() < .5), random.randrange(3))
            data = [random.choice([b"v", b"", b"--", b"--x", b"a--bnd", b"\0", b"w" * random.choice([1, 4090, 4095, 4096, 5000])]) for _ in range(random.randrange(1, 4))]
            text += b"\r\n".join([b"--bnd"] + headers + [b""] + data) + b"\r\n"
        text += random.choice([b"--bnd--\r\n", b"--bnd--\r\n", b"--bnd--", b"--bnd--\r\nx", b""])
        if random.random() < .3:
            for _ in range(random.randrange(1, 3)):
                at = random.randrange(len(text))
                text = text[:at] + random.choice([b"", b"\n", b"\r", b"-", b" ", b"\"", b"\0", b";"]) + text[at + random.randrange(2):]
        return text
    for _ in range(count):
        yield "form", FORM, some(form, 16)
        yield "cookies", b"text/plain", some(cookie, 12)
        yield "json", JSON, some(json, 10)
        yield "json", JSON, value(0)
        yield "xml", XML, b"<a>" + some(xml, 10) + b"</a>"
        yield "xml", XML, element(0)
        yield "multipart", b"multipart/form-data; boundary=bnd", b"".join(line + random.choice([b"\r\n", b"\r\n", b"\r\n", b"\n"]) for line in random.choices(lines, k=random.randrange(1, 12)))
        yield "multipart", b"multipart/form-data; boundary=bnd", whole()


def squeeze(value):
    return value.replace(b"\r", b"").replace(b"\n", b"")


def of_crs(directory):
    """The bodies of the rule set's own regression tests."""
    for path in sorted(glob.glob(os.path.join(directory, "**", "*.yaml"), recursive=True)):
        for test in (yaml.safe_load(open(path)) or {}).get("tests", []):
            for stage in test["stages"]:
                request = stage["input"]
                headers = {name.lower(): str(value) for name, value in request.get("headers", {}).items()}
                body = request.get("data", "") or ""
                if "encoded_request" in request:
                    head, _, body = base64.b64decode(request["encoded_request"]).partition(b"\r\n\r\n")
                    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])}
                body = body if isinstance(body, bytes) else str(body).encode()
                content_type = headers.get("content-type", "")
                kind = next((kind for word, kind in (("multipart/form", "multipart"), ("json", "json"), ("xml", "xml"), ("urlencoded", "form")) if word in content_type.lower()), None)
                if kind and body:
                    yield kind, content_type.encode() if kind == "multipart" else {"json": JSON, "xml": XML, "form": FORM}[kind], body
                if "cookie" in headers:
                    yield "cookies", b"text/plain", headers["cookie"].encode()


def deliberate(case, key, mine, theirs):
    """Why a difference is wanted; None when it is not."""
    kind, content_type, body = case
    refused, accepted = mine["REQBODY_ERROR"] == "1", theirs["REQBODY_ERROR"] in ("0", "")
    if refused and not accepted and key != "REQBODY_ERROR":
        # What ModSecurity has read must be somewhere in what we have read.
        dense = lambda value: b"".join(value.split())
        seen = dense(b"\0".join(v for value in mine.values() if isinstance(value, list) for v in value))
        if not isinstance(mine[key], list) or key == "FILES_SIZES" or all(dense(value) in seen for value in theirs[key]):
            return "refused by both: read further"
        if key == "MULTIPART_PART_HEADERS" and "1" in (mine["MULTIPART_HEADER_FOLDING"], theirs["MULTIPART_HEADER_FOLDING"]):
            return "refused by both: a folded line belongs to the line before it, not to the last header that was understood"
        if key in ("MULTIPART_NAME", "MULTIPART_FILENAME") and mine["MULTIPART_DATA_AFTER"] == "1":
            return "refused by both: the last boundary ends the body, also behind a broken part"
        return None
    if kind == "form" and key == "URLENCODED_ERROR" and mine[key] == "1":
        return "form: an invalid encoding in a name is flagged as well"
    if kind == "multipart":
        if key == "MULTIPART_UNMATCHED_BOUNDARY" and b"--\0" in body:
            return "multipart: a null byte does not end a line"
        if key == "MULTIPART_PART_HEADERS" and sorted(map(squeeze, mine[key])) == sorted(map(squeeze, theirs[key])):
            return "multipart: a folded header without anything on its first line keeps no line feed"
        if key == "VALUES" and sorted(map(squeeze, mine[key])) == sorted(map(squeeze, theirs[key])):
            return "multipart: a value keeps its line breaks"
        if refused and accepted and "without_an_end_of_its_headers" in mine["MESSAGE"] and theirs["MULTIPART_INVALID_PART"] == "1":
            return "multipart, refused by us: a part whose headers have no end (ModSecurity: MULTIPART_INVALID_PART)"
        if refused and accepted:
            for word, why in [("of_the_same_name", "two headers of the same name"), ("empty_boundary", "an empty boundary"), ("cannot_be_understood", "a disposition without its last quote")]:
                if word in mine["MESSAGE"]:
                    return "multipart, refused by us: " + why
    if kind == "json" and b"\\ud800x" in body:
        return "json: what follows a lone surrogate is not swallowed"
    if kind == "json" and refused and accepted:
        if "UTF-8" in mine["MESSAGE"]:
            return "json, refused by us: UTF-8 that is too long or a surrogate"
        if not body.strip(b" \t\r\n"):
            return "json, refused by us: white space alone"
    if kind == "xml" and refused and accepted:
        for word in ("entity", "declarations", "encoding"):
            if word in mine["MESSAGE"]:
                return "xml, refused by us: " + mine["MESSAGE"].split("_at_")[0]
    return None


def main():
    binary, count, seed = sys.argv[1], int((sys.argv + ["1000"])[2]), int((sys.argv + ["", "1"])[3] if len(sys.argv) > 3 else 1)
    cases = list(hand_made()) + list(generated(random.Random(seed), count))
    if "CRS" in os.environ:
        cases += of_crs(os.path.join(os.environ["CRS"], "tests", "regression"))
    oracle, compared, wanted, unwanted = Oracle(), collections.Counter(), collections.Counter(), []
    accepted = collections.Counter()
    for case, mine in zip(cases, ours(binary, cases)):
        theirs = oracle.read(*case)
        compared[case[0]] += 1
        accepted[case[0]] += mine["REQBODY_ERROR"] == "0"
        for key, value in mine.items():
            other = theirs.get(key)
            if key == "MESSAGE" or other is None:
                continue
            if isinstance(value, list):
                same = sorted(value) == sorted(other)
            else:
                same = value == (other or "0")
            if not same:
                why = deliberate(case, key, mine, theirs)
                if why:
                    wanted[why] += 1
                else:
                    unwanted.append((case, key, value, other, mine.get("MESSAGE"), theirs.get("MESSAGE")))
    print("compared:", dict(compared), "accepted by us:", dict(accepted))
    for why, number in wanted.most_common():
        print(f"{number:6} {why}")
    print(len(unwanted), "unexplained differences")
    for one in unwanted[:int(os.environ.get("SHOW", "20"))]:
        print("  ", *one, sep="\n     ")
    sys.stdout.flush()
    os._exit(bool(unwanted))  # libmodsecurity's bindings abort when Python ends in the usual way


main()
