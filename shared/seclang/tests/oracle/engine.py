"""Compares the whole engine with libmodsecurity: what each phase comes to, which rules match in which order, what they say, and the scores.

    CRS=<directory> python engine.py BINARY [COUNT [SEED]]

BINARY is the example `engine`. Compared are, at paranoia 1 and 4 and blocking, the requests of the rule set's regression cases and COUNT
requests made of them with attacks moved about and changed; and the small rule sets of `engine_rules.py`. ONLY=<part of a name> runs those
cases alone, SHOW=<number> shows so many differences of a class. Ends with 1 when something differs that is not in DELIBERATE.
"""
import collections, json, os, random, re, subprocess, sys, time
import engine_cases, engine_rules
import libmodsecurity

TX = ["blocking_inbound_anomaly_score", "detection_inbound_anomaly_score", "blocking_outbound_anomaly_score",
      "sql_injection_score", "xss_score", "rce_score", "lfi_score", "php_injection_score", "http_violation_score"]
TOLD = 9_999_999


class Ours:
    def __init__(self, binary):
        self.program = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, question):
        # A line of JSON that a reader of YAML takes as well.
        self.program.stdin.write(json.dumps(question).replace("\x7f", "\\u007f").encode() + b"\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def load(self, rules):
        return self.ask({"rules": rules})["problems"]

    def run(self, case):
        answer = self.ask({"request": {**case, "tx": TX}})
        return {"phases": [tuple(phase.get(key) for key in ("status", "rule", "to")) if phase != {"over": True} else "over budget"
                           for phase in answer["phases"]],
                "matched": [(rule["id"], rule["message"], rule["data"], rule["tags"], rule["places"]) for rule in answer["matched"] if rule["id"] not in engine_rules.UNTOLD],
                "tx": answer["tx"]}


class Theirs:
    def __init__(self):
        self.engine = libmodsecurity.ModSecurity()
        self.engine.set_log_callback(lambda line: None)
        self.kept = []

    def load(self, rules):
        self.rules = libmodsecurity.RulesSet()
        self.kept.append(self.rules)  # freeing one may end the process
        return [] if self.rules.load(rules.encode("latin-1")) >= 0 else [self.rules.get_parser_error()]

    def run(self, case):
        raw = lambda text: text.encode("latin-1")
        phases = []
        with self.engine.transaction(self.rules) as transaction:
            def stopped():
                found = transaction.intervention()
                if found is None:
                    phases.append((None, None, None))
                    return False
                rule = re.search(r'\[id "(\d+)"\]', found.log or "")
                phases.append((found.status, int(rule[1]) if rule else None, found.url))
                return True

            def headers():
                for name, value in case["headers"]:
                    transaction.add_request_header(raw(name), raw(value))
                transaction.process_request_headers()

            def body():
                transaction.append_request_body(raw(case["body"]))
                transaction.process_request_body()

            def answer_headers():
                for name, value in case["answer_headers"]:
                    transaction.add_response_header(raw(name), raw(value))
                transaction.process_response_headers(case["status"], "HTTP/1.1")

            def answer():
                transaction.append_response_body(raw(case["answer"]))
                transaction.process_response_body()

            transaction.process_connection("127.0.0.1", 40000, "127.0.0.1", 80)
            transaction.process_uri(raw(case["target"]), raw(case["method"]), raw(case["protocol"]).removeprefix(b"HTTP/"))
            for phase in (headers, body, answer_headers, answer):
                phase()
                if stopped():
                    break
            transaction.process_logging()
            matched = [(message.rule_id, text(message, "message"), text(message, "data"), list(message.tags))
                       for message in transaction.get_rule_messages()]
        scores = [message for id, message, _, _ in matched if id == TOLD]
        # A rule with multiMatch leaves a message for each value.
        once = [rule for rule, next in zip(matched, matched[1:] + [(None,)]) if rule[0] != next[0]]
        return {"phases": phases, "matched": [rule for rule in once if rule[0] != TOLD],
                "tx": [value or None for value in scores[-1].split(",")] if scores else None}


def text(message, name):
    """A text of a message; None where the bindings cannot hand it out, as it is not UTF-8."""
    try:
        return getattr(message, name).encode().decode("latin-1")
    except UnicodeDecodeError:
        return None


def cut(told):
    """As much of a text, or of each tag, as ours tells."""
    return [cut(tag) for tag in told] if isinstance(told, list) else told[:engine_rules.CUT]


def differences(mine, theirs):
    """The classes in which they differ, with both sides."""
    found = {}
    verdict = lambda phases: [phase[0] if phase != "over budget" else phase for phase in phases]
    if verdict(mine["phases"]) != verdict(theirs["phases"]):
        found["verdict"] = mine["phases"], theirs["phases"]
    else:
        for ours, other in zip(mine["phases"], theirs["phases"]):
            if other[1] is not None and ours[1] != other[1] or ours[2] != other[2]:
                found["verdict"] = mine["phases"], theirs["phases"]
    ids = lambda run: [rule[0] for rule in run["matched"]]
    if ids(mine) != ids(theirs):
        same = sorted(set(ids(mine))) == sorted(set(ids(theirs)))
        found["order of rules" if same else "rules"] = ids(mine), ids(theirs)
    else:
        for ours, other in zip(mine["matched"], theirs["matched"]):
            for name, one, two in zip(("message", "data", "tags"), ours[1:], other[1:]):
                if two is not None and one != cut(two):
                    found.setdefault(name, []).append((ours[0], one, two, ours[4]))
    if theirs["tx"] is not None and mine["tx"] != theirs["tx"]:
        found["scores"] = mine["tx"], theirs["tx"]
    return found


def main():
    binary, count, seed = sys.argv[1], int((sys.argv + ["2000"])[2]), int((sys.argv + ["", "1"])[3] if len(sys.argv) > 3 else 1)
    only, show = os.environ.get("ONLY", ""), int(os.environ.get("SHOW", "10"))
    ours, theirs = Ours(binary), Theirs()
    compared, agreed, wanted, unwanted = (collections.Counter() for _ in range(4))
    shown = collections.Counter()

    def differs(suite, name, kind, case, one, two, ids=()):
        why = engine_rules.deliberate(name, case, kind, one, two, ids)
        if why:
            wanted[suite, kind, why] += 1
            return
        unwanted[suite, kind] += 1
        shown[suite, kind] += 1
        if shown[suite, kind] <= show:
            print(f"DIFFERENT {suite} {name}: {kind}\n    ours   {one!r}\n    theirs {two!r}\n    {json.dumps(case)[:int(os.environ.get('WIDE', 600))]}", flush=True)

    def told(suite, name, case, found, ids):
        for kind, sides in found.items():
            if kind in ("message", "data", "tags"):
                for id, one, two, places in sides:
                    if not ("scores" in found and id in engine_rules.SUMS) and not engine_rules.reworded(id, one, two, places):
                        differs(suite, name, kind, case, (id, one), (id, two))
            else:
                differs(suite, name, kind, case, *sides, ids)

    folder = os.environ.get("CRS")
    if folder:
        read = subprocess.run([binary, "cases", os.path.join(folder, "tests/regression")], capture_output=True, check=True).stdout
        regression = [engine_cases.answered(json.loads(line)) for line in read.splitlines()]
        # The bindings put `HTTP/` before every protocol.
        regression = [(name, case) for name, case in regression if case["protocol"].startswith("HTTP/")]
        made = list(engine_cases.made(regression, random.Random(seed), count))
        here = os.path.join(os.path.dirname(__file__), "..", "crs")
        for level in (1, 4):
            for suite, cases in ((f"CRS's cases, paranoia {level}", regression), (f"made, paranoia {level}", made)):
                begun = time.monotonic()
                results = {}
                # Where bodies are XML or multipart, the rules are run a second time without REQUEST_BODY and XML, which are filled there by one only.
                for without in (False, True):
                    for engine, known in ((ours, ("REQUEST_BODY", "XML:/*", "XML://@*")), (theirs, ("REQUEST_BODY",))):
                        problems = engine.load(engine_rules.crs(folder, here, level, known if without else (), TX, TOLD))
                        assert not problems, problems
                    for name, case in cases:
                        if only not in name or without and (name not in results or not engine_rules.is_parted(case)):
                            continue
                        mine, other = ours.run(case), theirs.run(case)
                        found = differences(mine, other)
                        if not without:
                            compared[suite] += 1
                            if found:
                                results[name] = case, found, [rule[0] for rule in mine["matched"]]
                            else:
                                agreed[suite] += 1
                        elif found:
                            results[name] = case, found, [rule[0] for rule in mine["matched"]]
                        else:
                            results.pop(name)
                            wanted[suite, "all", "REQUEST_BODY is not filled for XML and multipart; the package of libmodsecurity reads no XML"] += 1
                for name, (case, found, ids) in results.items():
                    told(suite, name, case, found, ids)
                print(f"{suite}: {compared[suite]} compared in {time.monotonic() - begun:.0f} s", flush=True)
    suite = "language"
    for name, rules in engine_rules.RULES:
        if only not in name:
            continue
        text = engine_rules.BEFORE + rules
        refused = ours.load(text), theirs.load(text)
        if any(refused):
            compared[suite] += 1
            if all(refused) and name in engine_rules.REFUSED_BY_BOTH:
                agreed[suite] += 1
            else:
                differs(suite, name, "loads", rules, *refused)
            continue
        for which, case in engine_rules.REQUESTS.items():
            mine, other = ours.run(case), theirs.run(case)
            compared[suite] += 1
            found = differences(mine, other)
            agreed[suite] += not found
            told(suite, f"{name} [{which}]", rules, found, ())
    for suite in compared:
        print(f"{suite}: {compared[suite]} compared, {agreed[suite]} agreed in everything")
    for (suite, kind, why), number in sorted(wanted.items()):
        print(f"{number:6} deliberate, {suite}, {kind}: {why}")
    for (suite, kind), number in sorted(unwanted.items()):
        print(f"{number:6} DIFFERENT, {suite}: {kind}")
    print(sum(unwanted.values()), "unexplained differences")
    sys.stdout.flush()
    os._exit(bool(unwanted) or not compared)  # libmodsecurity's bindings abort when Python ends in the usual way


main()
