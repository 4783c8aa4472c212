"""What `engine.py` runs: the Core Rule Set's configuration, small rule sets for each feature of the language, and the differences that are meant."""
import glob, os, re


def crs(folder, here, level, without, tx, told):
    """All of the rule set, blocking; `without` those variables where bodies are XML or multipart (and where XML is one: without its refusal)."""
    recommended = open(os.path.join(here, "recommended.conf")).read().replace("DetectionOnly", "On").replace("unicode.mapping", f"{folder}/unicode.mapping")
    setup = open(os.path.join(here, "setup.conf")).read().replace("paranoia_level=4", f"paranoia_level={level}")
    text = f"{recommended}\nInclude {folder}/crs-setup.conf.example\n{setup}\n"
    if "XML:/*" in without:
        text += 'SecRule REQBODY_PROCESSOR "@streq XML" "id:9999899,phase:1,pass,nolog,ctl:ruleRemoveById=200002"\n'
    for number, target in enumerate(without):
        text += (f'SecRule REQBODY_PROCESSOR "@rx ^(?:XML|MULTIPART)$" "id:{9_999_900 + number},phase:1,pass,nolog,'
                 f'ctl:ruleRemoveTargetByTag=OWASP_CRS;{target}"\n')
    for path in sorted(glob.glob(f"{folder}/rules/*.conf")):
        text += f"Include {path}\n"
    return text + f"SecAction \"id:{told},phase:5,pass,log,msg:'" + ",".join("%%{tx.%s}" % name for name in tx) + "'\"\n"


def is_parted(case):
    return any(name.lower() == "content-type" and re.match("multipart/|application/.*xml|text/xml", value, re.I) for name, value in case["headers"])


BEFORE = r"""
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html
SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:8000001,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:8000002,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
"""

MULTIPART = ('--b\r\nContent-Disposition: form-data; name="q"\r\n\r\nOne\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x.php"\r\n'
             "Content-Type: text/plain\r\n\r\n<?php\r\n--b--\r\n")


def request(method, target, headers=(), body="", status=200, answer="<p>secret</p>"):
    return {"method": method, "target": target, "protocol": "HTTP/1.1", "headers": [["Host", "h.example:80"], *headers], "body": body, "status": status,
            "answer_headers": [["Content-Type", "text/html; charset=utf-8"], ["X-Answer", "yes"]], "answer": answer}


REQUESTS = {
    "get": request("GET", "/a/b.php?q=One&r=two&q=three&n=5&Up=UPPER&e=%3Cb%3E+%27x%27&z", [["Cookie", "sid=abc; theme=Dark"], ["X-Y", "Z"], ["X-Y", "Z2"], ["User-Agent", "curl/8"]]),
    "form": request("POST", "/p?q=g", [["Content-Type", "application/x-www-form-urlencoded"], ["Content-Length", "29"]], "q=One&r=two&q=three&n=-7&z=%zz"),
    "json": request("POST", "/j", [["Content-Type", "application/json"]], '{"q":"One","r":["two",{"n":5}],"t":true}', 404),
    "xml": request("POST", "/x", [["Content-Type", "text/xml"]], '<q r="two"><n>5</n>One</q>'),
    "multipart": request("POST", "/m", [["Content-Type", "multipart/form-data; boundary=b"]], MULTIPART),
    "broken": request("POST", "/j?q=One", [["Content-Type", "application/json"]], '{"q":"One",', 500, ""),
}

# Name and rules. Each is run on all requests. A SecAction gets a message: ModSecurity tells none without.
RULES = [(name, re.sub(r'^SecAction "(?!.*(msg:|nolog))', "SecAction \"msg:'.',", text.strip("\n"), flags=re.M) + "\n") for name, text in [
    ("targets", "\n".join(f'SecRule {target} "@unconditionalMatch" "id:{number},phase:4,pass,t:none,msg:\'{target.replace(chr(39), "")} is %{{MATCHED_VAR_NAME}}=%{{MATCHED_VAR}}\'"'
        for number, target in enumerate("""ARGS ARGS_COMBINED_SIZE ARGS_GET ARGS_GET_NAMES ARGS_NAMES ARGS_POST ARGS_POST_NAMES AUTH_TYPE FILES FILES_COMBINED_SIZE FILES_NAMES FILES_SIZES
        HIGHEST_SEVERITY INBOUND_DATA_ERROR MATCHED_VAR MATCHED_VAR_NAME MULTIPART_STRICT_ERROR MULTIPART_PART_HEADERS MULTIPART_FILENAME MULTIPART_NAME
        MULTIPART_UNMATCHED_BOUNDARY OUTBOUND_DATA_ERROR PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_PORT REQBODY_ERROR REQBODY_PROCESSOR REQBODY_PROCESSOR_ERROR
        REQUEST_BASENAME REQUEST_BODY_LENGTH REQUEST_COOKIES REQUEST_COOKIES_NAMES REQUEST_FILENAME REQUEST_HEADERS REQUEST_HEADERS_NAMES REQUEST_LINE REQUEST_METHOD
        REQUEST_PROTOCOL REQUEST_URI REQUEST_URI_RAW RESPONSE_BODY RESPONSE_CONTENT_LENGTH RESPONSE_CONTENT_TYPE RESPONSE_HEADERS RESPONSE_HEADERS_NAMES RESPONSE_PROTOCOL RESPONSE_STATUS
        SERVER_ADDR SERVER_NAME SERVER_PORT STATUS_LINE TX URLENCODED_ERROR USERID SESSIONID WEBAPPID XML:/* XML://@* ARGS:q ARGS:Q ARGS:/^Q$/ ARGS:'/q|n/' ARGS:json.q
        REQUEST_HEADERS:x-y REQUEST_COOKIES:SID TX:none &ARGS &ARGS:q &ARGS:none &REQUEST_HEADERS:x-y &REQUEST_COOKIES &TX:a &ARGS:/^[qr]$/ ARGS|!ARGS:q ARGS|!ARGS:/^q/ !ARGS:q|ARGS
        REQUEST_HEADERS|!REQUEST_HEADERS:Host ARGS_NAMES|!ARGS_NAMES:q &FILES FILES:f ARGS:q|REQUEST_COOKIES:sid XML:/* REQUEST_COOKIES|!REQUEST_COOKIES:/SID/ ARGS|ARGS ARGS:q|ARGS""".split(), 1))),
    ("chain", r"""
SecRule ARGS:q "@rx (On)(e)" "id:1,phase:2,pass,capture,chain,setvar:tx.a=1,msg:'%{TX.0} %{TX.1} %{TX.2} %{MATCHED_VAR_NAME}'"
SecRule TX:2 "@streq e" "t:none,setvar:tx.b=1"
SecRule ARGS:r "@streq two" "id:2,phase:2,pass,chain,setvar:tx.c=1"
SecRule ARGS:r "@streq x" "t:none,setvar:tx.d=1"
SecRule TX:a|TX:b|TX:c|TX:d "@eq 1" "id:3,phase:2,pass,msg:'%{tx.a}%{tx.b}%{tx.c}%{tx.d}'"
SecRule ARGS "@rx o" "id:4,phase:2,pass,chain,logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'"
SecRule MATCHED_VARS "@rx t" "chain"
SecRule MATCHED_VARS_NAMES "@rx r$" "t:none"
SecRule ARGS "@rx ." "id:5,phase:2,deny,status:410,chain,t:lowercase"
SecRule MATCHED_VAR "@streq one" "t:none"
"""),
    ("chain of three denies", r"""
SecRule REQUEST_METHOD "@streq POST" "id:1,phase:2,deny,status:409,log,msg:'m %{ARGS.q}',chain"
SecRule REQUEST_FILENAME "@beginsWith /p" "chain"
SecRule ARGS_POST:r "@streq two" "setvar:tx.x=%{MATCHED_VAR}"
"""),
    ("a chain sets what it said before it failed", r"""
SecRule ARGS "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.n=+1,chain"
SecRule ARGS "@streq nothing" "setvar:tx.m=+1"
SecRule TX:n "@ge 0" "id:2,phase:2,pass,msg:'%{TX.n} %{TX.m}'"
"""),
    ("capture", r"""
SecRule ARGS "@rx ^(\w)(\w*)$" "id:1,phase:2,pass,capture,msg:'%{TX.0}|%{TX.1}|%{TX.2}|%{TX.3}'"
SecRule ARGS:q "@rx (x)?(One)" "id:2,phase:2,pass,capture,msg:'%{TX.0}|%{TX.1}|%{TX.2}'"
SecRule ARGS:q "@pm one three" "id:3,phase:2,pass,capture,msg:'%{TX.0}'"
SecRule REQUEST_URI "@rx ^/(.)" "id:4,phase:2,pass,capture,setvar:tx.kept=%{tx.1},msg:'%{tx.kept}'"
SecRule REQUEST_URI "@rx ^/(.)" "id:5,phase:2,pass,msg:'%{TX.1}'"
SecRule ARGS:q "!@rx (zzz)" "id:6,phase:2,pass,capture,msg:'%{TX.0}'"
SecRule TX:kept "@rx ^(?:(a)|(p)|(j))$" "id:7,phase:2,pass,capture,msg:'%{TX.1}-%{TX.2}-%{TX.3}'"
"""),
    ("setvar", r"""
SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=5"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.a=+2,setvar:tx.a=-10"
SecAction "id:3,phase:1,pass,msg:'%{tx.a}'"
SecAction "id:4,phase:1,pass,nolog,setvar:tx.b,setvar:!tx.a,setvar:tx.C=x%{REQUEST_METHOD}y"
SecAction "id:5,phase:1,pass,msg:'[%{tx.a}][%{tx.b}][%{tx.c}]'"
SecAction "id:6,phase:1,pass,nolog,setvar:'tx.d=%{tx.c} and %{tx.none}.',setvar:'tx.k_%{tx.c}=1',setvar:tx.e=+%{tx.b}"
SecRule TX "@rx ." "id:7,phase:1,pass,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'"
SecRule TX:/^k_/ "@eq 1" "id:8,phase:1,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule &TX:a "@eq 0" "id:9,phase:1,pass"
SecRule ARGS:n "@rx ^-?\d+$" "id:10,phase:2,pass,capture,setvar:tx.n=+%{tx.0},setvar:tx.n=+1,msg:'%{tx.n}'"
SecAction "id:11,phase:2,pass,nolog,setvar:tx.t=abc,setvar:tx.t=+3"
SecAction "id:12,phase:2,pass,msg:'%{tx.t}'"
SecAction "id:13,phase:2,pass,nolog,setvar:tx.v=4.9,setvar:tx.v=+1,setvar:tx.w=+-3,setvar:tx.u=--3"
SecAction "id:14,phase:2,pass,msg:'%{tx.v} %{tx.w} %{tx.u}'"
SecAction "id:15,phase:2,pass,nolog,setvar:'tx.big=2147483647',setvar:tx.big=+1"
SecAction "id:16,phase:2,pass,msg:'%{tx.big}'"
"""),
    ("macros", r"""
SecRule ARGS "@streq %{ARGS.q}" "id:1,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule REQUEST_HEADERS:Host "@contains %{SERVER_NAME}" "id:2,phase:1,pass,msg:'%{REMOTE_ADDR} %{SERVER_NAME} %{REQUEST_HEADERS.host} %{REQUEST_LINE}'"
SecAction "id:3,phase:1,pass,nolog,setvar:tx.allowed=|GET| |POST|"
SecRule REQUEST_METHOD "@within %{tx.allowed}" "id:4,phase:1,pass,msg:'%{rule.id} %{RULE.severity} %{rule.msg}',severity:WARNING"
SecAction "id:5,phase:2,pass,msg:'%{tx.none}|%{ARGS.none}|',logdata:'%{ARGS.q} %{ARGS.Q} %{ARGS_NAMES}'"
SecAction "id:6,phase:2,pass,msg:'%{REQUEST_COOKIES.sid} %{MATCHED_VAR} %{HIGHEST_SEVERITY}',tag:'t/%{REQUEST_METHOD}'"
SecRule ARGS:n "@ge %{tx.limit}" "id:7,phase:2,pass"
SecAction "id:8,phase:2,pass,nolog,setvar:tx.limit=5"
SecRule ARGS:n "@ge %{tx.limit}" "id:9,phase:2,pass"
"""),
    ("macros without a name", 'SecAction "id:1,phase:1,pass,msg:\'a%{}b\'"'),
    ("macros of an unknown variable", 'SecAction "id:1,phase:1,pass,msg:\'a%{foo.bar}b\'"'),
    ("skipAfter", r"""
SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,pass,skipAfter:M"
SecAction "id:2,phase:1,pass"
SecAction "id:3,phase:2,pass"
SecMarker M
SecAction "id:4,phase:1,pass"
SecRule REQUEST_METHOD "@streq GET" "id:5,phase:2,pass,nolog,chain,skipAfter:END-N"
SecRule ARGS:q "@streq One" "t:none"
SecAction "id:6,phase:2,pass"
SecMarker "END-N"
SecAction "id:7,phase:2,pass"
SecAction "id:8,phase:3,pass,skipAfter:M2"
SecAction "id:9,phase:3,pass"
SecAction "id:10,phase:4,pass"
SecMarker M2
SecAction "id:11,phase:3,pass"
"""),
    ("skip", r"""
SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,skip:2"
SecAction "id:2,phase:1,pass"
SecAction "id:3,phase:2,pass"
SecAction "id:4,phase:1,pass"
SecAction "id:5,phase:1,pass"
SecAction "id:6,phase:2,pass,skip:1"
SecRule REQUEST_METHOD "@rx ." "id:7,phase:2,pass,chain"
SecRule REQUEST_METHOD "@rx ." "t:none"
SecAction "id:8,phase:2,pass"
SecAction "id:9,phase:2,pass,skip:100"
SecAction "id:10,phase:2,pass"
SecAction "id:11,phase:3,pass"
"""),
    ("skip counts rules that were removed", r"""
SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=3"
SecAction "id:2,phase:1,pass,skip:1"
SecAction "id:3,phase:1,pass"
SecAction "id:4,phase:1,pass"
SecAction "id:5,phase:1,pass"
"""),
    ("multiMatch", r"""
SecRule ARGS "@rx ^One$" "id:1,phase:2,pass,t:none,t:lowercase,t:length"
SecRule ARGS "@rx ^One$" "id:2,phase:2,pass,multiMatch,t:none,t:lowercase,t:length"
SecRule ARGS "@rx ^one$" "id:3,phase:2,pass,multiMatch,t:none,t:lowercase,t:length,msg:'%{MATCHED_VAR}'"
SecRule ARGS "@rx (?i)^(one|3)$" "id:4,phase:2,pass,nolog,multiMatch,t:none,t:lowercase,t:length,setvar:tx.seen=+1"
SecAction "id:5,phase:2,pass,msg:'%{tx.seen}'"
SecRule ARGS "!@rx ^one$" "id:6,phase:2,pass,nolog,multiMatch,t:none,t:lowercase,setvar:tx.unlike=+1"
SecAction "id:7,phase:2,pass,msg:'%{tx.unlike}'"
"""),
    ("transformations of default actions", r"""
SecDefaultAction "phase:2,pass,log,t:lowercase"
SecRule ARGS "@streq one" "id:1,phase:2"
SecRule ARGS "@streq one" "id:2,phase:2,t:none"
SecRule ARGS "@streq 3" "id:3,phase:2,t:length"
SecRule ARGS "@streq upper" "id:4,phase:1"
"""),
    ("ctl:ruleEngine", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,pass,ctl:ruleEngine=Off"\nSecAction "id:2,phase:1,pass"\nSecAction "id:3,phase:2,pass"\nSecAction "id:4,phase:5,pass"'),
    ("ctl:ruleEngine=DetectionOnly", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,pass,ctl:ruleEngine=DetectionOnly"\nSecAction "id:2,phase:1,deny"\nSecAction "id:3,phase:2,pass"'),
    ("ctl:ruleEngine=On", 'SecRuleEngine DetectionOnly\nSecAction "id:1,phase:1,deny,status:401"\nSecAction "id:2,phase:1,pass,ctl:ruleEngine=On"\nSecAction "id:3,phase:2,deny,status:402"'),
    ("ctl:ruleEngine turns on what was off", 'SecRuleEngine Off\nSecAction "id:2,phase:1,pass,ctl:ruleEngine=On"\nSecAction "id:3,phase:2,deny,status:402"'),
    ("ctl:ruleRemoveById", 'SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=3,ctl:ruleRemoveById=5-6"\n' + "\n".join(f'SecAction "id:{i},phase:{1 + i % 2},pass"' for i in range(2, 9))),
    ("ctl:ruleRemoveByTag", 'SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=attack-sqli"\nSecAction "id:2,phase:1,pass,tag:attack-sqli"\nSecAction "id:3,phase:2,pass,tag:attack-xss,tag:attack-sqli"\nSecAction "id:4,phase:2,pass,tag:attack-xss"'),
    ("ctl:ruleRemoveByTag of a part", 'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=sql"\nSecAction "id:2,phase:1,pass,tag:attack-sqli"'),
    ("ctl:ruleRemoveByMsg", 'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveByMsg=Bad thing"\nSecAction "id:2,phase:1,pass,msg:\'Bad thing\'"\nSecAction "id:3,phase:1,pass,msg:\'Good thing\'"'),
    ("ctl:ruleRemoveTargetById", r"""
SecRule REQUEST_METHOD "@rx ." "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:q"
SecRule ARGS "@rx ^(One|three)$" "id:2,phase:2,pass"
SecRule ARGS "@rx ^(One|three)$" "id:3,phase:2,pass"
SecRule REQUEST_METHOD "@rx ." "id:4,phase:1,pass,nolog,ctl:ruleRemoveTargetById=5;ARGS"
SecRule ARGS|REQUEST_METHOD "@rx ^(One|three|POST)$" "id:5,phase:2,pass"
SecAction "id:6,phase:1,pass,nolog,ctl:ruleRemoveTargetById=7;REQUEST_HEADERS:x-y"
SecRule REQUEST_HEADERS:X-Y "@rx Z" "id:7,phase:1,pass"
SecAction "id:8,phase:2,pass,nolog,ctl:ruleRemoveTargetById=9-10;ARGS:Q"
SecRule ARGS:q "@rx ." "id:9,phase:2,pass"
SecRule ARGS_NAMES "@streq q" "id:10,phase:2,pass"
"""),
    ("ctl:ruleRemoveTargetById in a chain", r"""
SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:q"
SecRule REQUEST_METHOD "@rx ." "id:2,phase:2,pass,chain"
SecRule ARGS "@streq One" "t:none"
SecAction "id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetById=4;ARGS:q"
SecRule ARGS "@streq One" "id:4,phase:2,pass,chain"
SecRule REQUEST_METHOD "@rx ." "t:none"
"""),
    ("ctl:ruleRemoveTargetById with a pattern", 'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:/^q/"\nSecRule ARGS "@rx ^(One|three)$" "id:2,phase:2,pass"'),
    ("ctl:ruleRemoveTargetByTag", 'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=x;ARGS:q"\nSecRule ARGS "@rx ^(One|three)$" "id:2,phase:2,pass,tag:x"\nSecRule ARGS "@rx ^(One|three)$" "id:3,phase:2,pass,tag:xx"'),
    ("ctl:ruleRemoveTargetByMsg", 'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetByMsg=x;ARGS:q"\nSecRule ARGS "@rx ^(One|three)$" "id:2,phase:2,pass,msg:\'x\'"'),
    ("ctl:requestBodyAccess", 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyAccess=Off"\nSecRule ARGS|REQUEST_BODY|FILES "@rx ." "id:2,phase:2,pass"\nSecRule &ARGS_POST "@eq 0" "id:3,phase:2,pass"'),
    ("ctl:requestBodyAccess=On", 'SecRequestBodyAccess Off\nSecAction "id:1,phase:1,pass,nolog,ctl:requestBodyAccess=On"\nSecRule ARGS "@rx ." "id:2,phase:2,pass"'),
    ("ctl:requestBodyProcessor", 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=URLENCODED"\nSecRule ARGS_POST|ARGS_POST_NAMES "@rx ." "id:2,phase:2,pass"\nSecRule REQBODY_PROCESSOR "@streq URLENCODED" "id:3,phase:2,pass"\nSecRule REQBODY_ERROR "@eq 1" "id:4,phase:2,pass"'),
    ("ctl:requestBodyProcessor=XML", 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\nSecRule REQBODY_ERROR "@eq 1" "id:4,phase:2,pass"\nSecRule REQBODY_PROCESSOR "@streq XML" "id:5,phase:2,pass"'),
    ("ctl:forceRequestBodyVariable", 'SecAction "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"\nSecRule REQUEST_BODY "@rx One" "id:2,phase:2,pass,msg:\'%{REQUEST_BODY}\'"'),
    ("ctl:auditEngine", 'SecAction "id:1,phase:1,pass,ctl:auditEngine=Off"\nSecAction "id:2,phase:1,pass,ctl:auditLogParts=+E"'),
    ("REQUEST_BODY", 'SecRule REQUEST_BODY "@rx One" "id:2,phase:2,pass"\nSecRule REQUEST_BODY_LENGTH "@gt 0" "id:3,phase:2,pass,msg:\'%{REQUEST_BODY_LENGTH}\'"'),
    ("FULL_REQUEST", 'SecRule FULL_REQUEST "@contains host" "id:2,phase:2,pass,t:lowercase"\nSecRule FULL_REQUEST_LENGTH "@gt 5" "id:3,phase:2,pass"'),
    ("phases", "\n".join(f'SecAction "id:{i},phase:{p},pass"' for i, p in enumerate(["5", "4", "3", "2", "1", "request", "response", "logging", "1"], 1))),
    ("a rule without a phase", 'SecRule REQUEST_METHOD "@rx ." "id:1,pass"\nSecAction "id:2,phase:1,pass"'),
    ("allow", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,allow"\n' + "\n".join(f'SecAction "id:{i + 1},phase:{i},pass"' for i in range(1, 6))),
    ("allow in phase 2", 'SecRule REQUEST_METHOD "@streq GET" "id:9,phase:2,allow"\n' + "\n".join(f'SecAction "id:{i + 1},phase:{i},pass"' for i in range(1, 6))),
    ("allow:phase", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,allow:phase"\n' + "\n".join(f'SecAction "id:{i + 1},phase:{i},pass"' for i in range(1, 6))),
    ("allow:request", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,allow:request"\n' + "\n".join(f'SecAction "id:{i + 1},phase:{i},pass"' for i in range(1, 6))),
    ("allow:request in phase 2", 'SecAction "id:9,phase:2,allow:request"\n' + "\n".join(f'SecAction "id:{i + 1},phase:{i},deny"' for i in range(2, 6))),
    ("deny", 'SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,deny,status:418"\nSecAction "id:2,phase:1,pass"\nSecAction "id:3,phase:2,deny"\nSecAction "id:4,phase:5,pass"'),
    ("deny without logging", 'SecAction "id:1,phase:1,deny,nolog,status:404"\nSecAction "id:4,phase:5,pass"'),
    ("deny in phase 3", 'SecRule RESPONSE_STATUS "@streq 404" "id:1,phase:3,deny,status:502"\nSecRule RESPONSE_BODY "@contains secret" "id:2,phase:4,deny,status:503"\nSecAction "id:4,phase:5,deny"'),
    ("a status alone", 'SecAction "id:1,phase:1,pass,status:500"\nSecDefaultAction "phase:2,deny,log,status:409"\nSecAction "id:2,phase:2,block,status:410"'),
    ("the default status", 'SecDefaultAction "phase:2,deny,log,status:409"\nSecRule REQUEST_METHOD "@streq GET" "id:1,phase:2,deny"\nSecAction "id:2,phase:2,block"'),
    ("default actions", 'SecDefaultAction "phase:1,deny,log,status:406"\nSecDefaultAction "phase:2,pass,nolog"\nSecAction "id:1,phase:2"\nSecAction "id:2,phase:2,log"\nSecRule REQUEST_METHOD "@streq GET" "id:3,phase:1,block"\nSecRule REQUEST_METHOD "@streq GET" "id:4,phase:3"'),
    ("two default actions of one phase", 'SecDefaultAction "phase:1,deny,log"\nSecDefaultAction "phase:1,pass,log"'),
    ("default actions without a disruptive one", 'SecDefaultAction "phase:1,log"'),
    ("default actions after rules", 'SecAction "id:1,phase:1,block"\nSecDefaultAction "phase:1,deny,log,status:406"\nSecAction "id:2,phase:2,pass"'),
    ("a rule without a disruptive action", 'SecDefaultAction "phase:2,deny,log,status:409"\nSecAction "id:1,phase:2"'),
    ("redirect", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,redirect:\'https://x.example/%{REQUEST_METHOD}?%{ARGS.q}\'"\nSecAction "id:2,phase:2,redirect:http://y.example/,status:307"'),
    ("redirect with another status", 'SecAction "id:1,phase:1,redirect:http://y.example/,status:403"'),
    ("drop", 'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,drop"\nSecAction "id:2,phase:2,drop,status:444"'),
    ("the last of two disruptive actions", 'SecAction "id:1,phase:1,deny,pass"\nSecAction "id:2,phase:2,pass,deny,status:401"'),
    ("block without default actions", 'SecAction "id:1,phase:1,block"\nSecAction "id:2,phase:2,block,status:402"'),
    ("log and nolog", 'SecAction "id:1,phase:1,pass,nolog"\nSecAction "id:2,phase:1,pass,nolog,auditlog"\nSecAction "id:3,phase:1,pass,log,noauditlog"\nSecAction "id:4,phase:1,pass,nolog,log"\nSecAction "id:5,phase:1,pass,log,nolog"\nSecAction "id:6,phase:1,pass,noauditlog"'),
    ("SecRuleRemoveById", "\n".join(f'SecAction "id:{i},phase:1,pass"' for i in range(1, 9)) + "\nSecRuleRemoveById 1\nSecRuleRemoveById 3-4 7"),
    ("SecRuleRemoveById before the rule", 'SecRuleRemoveById 1\nSecAction "id:1,phase:1,pass"\nSecAction "id:2,phase:1,pass"'),
    ("SecRuleRemoveById of a chain", 'SecRule ARGS "@rx ." "id:1,phase:2,pass,chain"\nSecRule ARGS "@rx ." "t:none"\nSecAction "id:2,phase:2,pass"\nSecRuleRemoveById 1'),
    ("SecRuleRemoveByTag", 'SecAction "id:1,phase:1,pass,tag:attack-sqli"\nSecAction "id:2,phase:1,pass,tag:other"\nSecAction "id:3,phase:1,pass,tag:attack-xss"\nSecRuleRemoveByTag attack-sqli'),
    ("SecRuleRemoveByTag with a pattern", 'SecAction "id:1,phase:1,pass,tag:attack-sqli"\nSecAction "id:2,phase:1,pass,tag:other"\nSecRuleRemoveByTag "attack-.*"'),
    ("SecRuleRemoveByMsg", 'SecAction "id:1,phase:1,pass,msg:\'Bad thing\'"\nSecAction "id:2,phase:1,pass,msg:\'Good\'"\nSecRuleRemoveByMsg "Bad thing"'),
    ("SecRuleUpdateActionById", 'SecAction "id:1,phase:1,pass,msg:\'m\'"\nSecRuleUpdateActionById 1 "deny,status:500"\nSecAction "id:2,phase:5,pass"'),
    ("SecRuleUpdateActionById of other actions", 'SecRule ARGS "@streq one" "id:1,phase:2,pass,t:none,msg:\'m\',tag:a"\nSecRuleUpdateActionById 1 "t:lowercase,tag:b,msg:\'n\',severity:CRITICAL"\nSecRule HIGHEST_SEVERITY "@le 5" "id:2,phase:2,pass,msg:\'%{HIGHEST_SEVERITY}\'"'),
    ("SecRuleUpdateActionById log", 'SecAction "id:1,phase:1,pass,msg:\'m\'"\nSecRuleUpdateActionById 1 "pass,nolog"\nSecAction "id:2,phase:1,pass"'),
    ("SecRuleUpdateTargetById", 'SecRule ARGS "@rx ^(One|three)$" "id:1,phase:2,pass"\nSecRuleUpdateTargetById 1 "!ARGS:q"\nSecRule ARGS:r "@rx ^(One|two)$" "id:2,phase:2,pass"\nSecRuleUpdateTargetById 2 "ARGS:q"\nSecRule ARGS "@rx ." "id:3,phase:2,pass"\nSecRuleUpdateTargetById 3 "!ARGS:/./"'),
    ("SecRuleUpdateTargetById of several", 'SecRule ARGS|REQUEST_METHOD "@rx ^(One|GET|three)$" "id:1,phase:2,pass"\nSecRule ARGS "@rx ^(One|three)$" "id:2,phase:2,pass"\nSecRuleUpdateTargetById 1-2 "!ARGS:q,!REQUEST_METHOD"'),
    ("SecRuleUpdateTargetByTag", 'SecRule ARGS "@rx ^(One|three)$" "id:1,phase:2,pass,tag:x"\nSecRuleUpdateTargetByTag x "!ARGS:q"'),
    ("SecRuleUpdateTargetByMsg", 'SecRule ARGS "@rx ^(One|three)$" "id:1,phase:2,pass,msg:\'x\'"\nSecRuleUpdateTargetByMsg x "!ARGS:q"'),
    ("SecRuleUpdateTargetById of a chain", 'SecRule ARGS "@rx ^(One|three)$" "id:1,phase:2,pass,chain"\nSecRule ARGS "@rx ^(One|three)$" "t:none"\nSecRuleUpdateTargetById 1 "!ARGS:q"'),
    ("severity", 'SecAction "id:1,phase:1,pass,severity:NOTICE"\nSecRule HIGHEST_SEVERITY "@rx ." "id:2,phase:1,pass,severity:ERROR,msg:\'%{HIGHEST_SEVERITY}\'"\nSecRule HIGHEST_SEVERITY "@le 3" "id:3,phase:1,pass,severity:7,msg:\'%{HIGHEST_SEVERITY}\'"\nSecAction "id:4,phase:1,pass,msg:\'%{HIGHEST_SEVERITY}\'"'),
    ("negation", 'SecRule ARGS:q "!@streq One" "id:1,phase:2,pass,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"\nSecRule ARGS:none "!@streq One" "id:2,phase:2,pass"\nSecRule &ARGS:none "!@eq 1" "id:3,phase:2,pass"\nSecRule REQUEST_HEADERS:User-Agent "!@rx curl" "id:4,phase:1,pass"\nSecRule ARGS "!One" "id:5,phase:2,pass"'),
    ("numbers", "\n".join(f'SecRule ARGS:n "@{op} {arg}" "id:{number},phase:2,pass"' for number, (op, arg) in enumerate([(op, arg) for op in ("eq", "ge", "gt", "le", "lt") for arg in ("5", "-7", "0", "x", "4")], 1))),
    ("operators", "\n".join(f'SecRule ARGS|REQUEST_HEADERS|REQUEST_URI "{op}" "id:{number},phase:2,pass,capture,msg:\'%{{TX.0}} %{{MATCHED_VAR_NAME}}\'"' for number, op in enumerate(
        ["@beginsWith On", "@endsWith ee", "@contains wo", "@containsWord b", "@pm ONE three", "@within One,two", "@strmatch tw", "@streq two", "@rx ^t", "^t", "@validateByteRange 65-122", "@validateUrlEncoding",
         "@validateUtf8Encoding", "@detectSQLi", "@detectXSS", "@noMatch", "@unconditionalMatch", "@ipMatch 127.0.0.0/8", "!@contains o"], 1))),
    ("ipMatch", 'SecRule REMOTE_ADDR "@ipMatch 127.0.0.1,10.0.0.0/8" "id:1,phase:1,pass"\nSecRule REMOTE_ADDR "!@ipMatch ::1" "id:2,phase:1,pass"\nSecRule REMOTE_ADDR "@ipMatch 128.0.0.0/1" "id:3,phase:1,pass"'),
    ("actions without effect", 'SecAction "id:1,phase:1,pass,rev:\'1\',ver:\'x/1\',maturity:\'9\',accuracy:\'8\',severity:\'2\',tag:\'a\',tag:\'b\',logdata:\'d\',msg:\'m\'"'),
    ("setvar on each match", 'SecRule ARGS "@rx o" "id:1,phase:2,pass,nolog,t:none,t:lowercase,setvar:tx.s=+1,setvar:\'tx.last=%{MATCHED_VAR_NAME}\',setvar:\'tx.n_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"\nSecRule TX:/^n_/ "@rx ." "id:2,phase:2,pass,nolog,setvar:tx.found=+1"\nSecAction "id:3,phase:2,pass,msg:\'%{tx.s} %{tx.last} %{tx.found}\'"'),
    ("setenv, setuid, setsid", 'SecAction "id:1,phase:1,pass,nolog,setenv:a=b,setuid:%{REQUEST_METHOD},setsid:s1"\nSecAction "id:2,phase:1,pass,msg:\'%{ENV.a} %{USERID} %{SESSIONID}\'"\nSecRule USERID "@streq GET" "id:3,phase:1,pass"'),
    ("collections", 'SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}"\nSecAction "id:3,phase:1,pass,nolog,setvar:ip.count=+1"\nSecRule IP:count "@ge 1" "id:2,phase:1,pass"'),
    ("SecWebAppId", 'SecWebAppId shop\nSecAction "id:1,phase:1,pass,msg:\'%{WEBAPPID}\'"'),
    ("SecArgumentSeparator", 'SecArgumentSeparator ;\nSecRule ARGS "@rx ." "id:1,phase:2,pass,msg:\'%{MATCHED_VAR}\'"'),
    ("SecRequestBodyLimit", 'SecRequestBodyLimit 5\nSecRequestBodyLimitAction Reject\nSecRule ARGS_POST "@rx ." "id:1,phase:2,pass"\nSecRule INBOUND_DATA_ERROR "@eq 1" "id:2,phase:2,pass"'),
    ("SecRequestBodyLimitAction ProcessPartial", 'SecRequestBodyLimit 9\nSecRequestBodyLimitAction ProcessPartial\nSecRule ARGS_POST "@rx ." "id:1,phase:2,pass,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"\nSecRule INBOUND_DATA_ERROR "@eq 1" "id:2,phase:2,pass"'),
    ("SecRequestBodyNoFilesLimit", 'SecRequestBodyNoFilesLimit 5\nSecRule REQBODY_ERROR "@eq 1" "id:1,phase:2,pass,msg:\'%{REQBODY_ERROR_MSG}\'"\nSecRule ARGS_POST "@rx ." "id:2,phase:2,pass"'),
    ("SecResponseBodyLimit", 'SecResponseBodyLimit 4\nSecResponseBodyLimitAction ProcessPartial\nSecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass,msg:\'%{RESPONSE_BODY}\'"\nSecRule OUTBOUND_DATA_ERROR "@eq 1" "id:2,phase:4,pass"'),
    ("SecResponseBodyLimitAction Reject", 'SecResponseBodyLimit 4\nSecResponseBodyLimitAction Reject\nSecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass"'),
    ("SecResponseBodyMimeType", 'SecResponseBodyMimeType text/plain\nSecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass"'),
    ("SecResponseBodyAccess Off", 'SecResponseBodyAccess Off\nSecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass"\nSecAction "id:2,phase:4,pass"'),
    ("SecArgumentsLimit", 'SecArgumentsLimit 2\nSecRule ARGS "@rx ." "id:1,phase:2,pass"\nSecRule &ARGS "@ge 0" "id:2,phase:2,pass,msg:\'%{MATCHED_VAR}\'"\nSecRule REQBODY_ERROR "@eq 1" "id:3,phase:2,pass"'),
    ("MATCHED_VARS in a chain", r"""
SecRule ARGS "@rx e" "id:1,phase:2,pass,chain"
SecRule MATCHED_VARS "@rx h" "t:none,chain"
SecRule MATCHED_VARS "@rx ." "t:none,setvar:tx.n=+1"
SecAction "id:2,phase:2,pass,msg:'n=%{tx.n}'"
SecRule ARGS "@rx e" "id:3,phase:2,pass,chain"
SecRule REQUEST_METHOD "@rx ." "t:none,chain"
SecRule &MATCHED_VARS "@rx (.*)" "t:none,capture,setvar:tx.m=%{TX.1}"
SecAction "id:4,phase:2,pass,msg:'m=%{tx.m}'"
"""),
    ("chained parts have their own transformations and captures", r"""
SecRule ARGS:q "@rx ^(o\w+)" "id:1,phase:2,pass,t:none,t:lowercase,capture,chain,msg:'%{TX.0} %{TX.1} %{MATCHED_VAR}'"
SecRule ARGS:q "@streq One" "chain"
SecRule TX:1 "@rx ^(one|three)$" "t:none,setvar:'tx.seen=%{TX.1}'"
SecRule TX:seen "@rx ." "id:2,phase:2,pass,msg:'%{MATCHED_VAR}'"
"""),
    ("effects in a chain", r"""
SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=10,chain"
SecRule REQUEST_FILENAME "@streq /p" "t:none,ctl:ruleRemoveById=11,chain"
SecRule REQUEST_PROTOCOL "@rx 1.1" "t:none,setvar:tx.chained=1"
SecRule REQUEST_METHOD "@rx ." "id:10,phase:2,pass"
SecRule REQUEST_METHOD "@rx ." "id:11,phase:2,pass,msg:'%{tx.chained}'"
SecRule REQUEST_METHOD "@streq POST" "id:12,phase:2,allow,chain"
SecRule REQUEST_FILENAME "@streq /m" "t:none"
SecRule REQUEST_METHOD "@rx ." "id:13,phase:2,deny,status:405,chain"
SecRule REQUEST_FILENAME "@rx [mx]$" "t:none"
SecRule REQUEST_METHOD "@rx ." "id:14,phase:3,pass,skip:1,chain"
SecRule REQUEST_FILENAME "@streq /p" "t:none"
SecRule REQUEST_METHOD "@rx ." "id:15,phase:3,pass"
SecRule REQUEST_METHOD "@rx ." "id:16,phase:3,pass"
"""),
    ("severity of a chain", 'SecRule REQUEST_METHOD "@rx ." "id:1,phase:1,pass,severity:CRITICAL,chain"\nSecRule REQUEST_METHOD "@streq POST" "t:none"\nSecAction "id:2,phase:1,pass,msg:\'%{HIGHEST_SEVERITY}\'"'),
    ("messages in a chain", 'SecRule REQUEST_METHOD "@rx (.)" "id:1,phase:1,pass,capture,msg:\'one %{TX.1} %{MATCHED_VAR}\',logdata:\'%{MATCHED_VAR_NAME}\',chain"\nSecRule REQUEST_FILENAME "@rx (.)$" "t:none,capture"'),
    ("exclusions", r"""
SecRule ARGS|!ARGS:q|!ARGS:/^n/ "@rx ^(One|three|5|-7|two)$" "id:1,phase:2,pass"
SecRule ARGS:q|ARGS:r|!ARGS:q "@rx ." "id:2,phase:2,pass"
SecRule ARGS|REQUEST_COOKIES|!ARGS "@rx ." "id:3,phase:2,pass"
SecRule &ARGS|!ARGS:q "@ge 0" "id:4,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule REQUEST_COOKIES_NAMES|!REQUEST_COOKIES_NAMES:sid "@rx ." "id:5,phase:1,pass,msg:'%{MATCHED_VAR}'"
SecRule REQUEST_HEADERS|!REQUEST_HEADERS:'/^(host|user|content|cookie)/' "@rx ." "id:6,phase:1,pass,msg:'%{MATCHED_VAR}'"
SecRule ARGS_NAMES|!ARGS_NAMES:/^[qrn]$/ "@rx ^[qrn]$" "id:7,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule ARGS_GET|ARGS_POST|!ARGS:q "@streq One" "id:8,phase:2,pass"
SecRule FILES|FILES_NAMES|!FILES:f "@rx ." "id:9,phase:2,pass,msg:'%{MATCHED_VAR}'"
"""),
    ("counts", r"""
SecRule &ARGS:none "@eq 0" "id:1,phase:2,pass"
SecRule &ARGS:/^[qr]$/ "@ge 2" "id:2,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule &REQUEST_HEADERS:Host "@eq 1" "id:3,phase:1,pass"
SecRule &TX:none|&TX:/x/ "@eq 0" "id:4,phase:1,pass"
SecRule &ARGS|&REQUEST_COOKIES "@gt 1" "id:5,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule &REQUEST_BODY|&ARGS_COMBINED_SIZE|&REQUEST_URI "@eq 1" "id:6,phase:2,pass"
SecRule &XML:/*|&FILES|&RESPONSE_HEADERS "@eq 1" "id:7,phase:3,pass,msg:'%{MATCHED_VAR}'"
SecRule &MULTIPART_PART_HEADERS "!@eq 0" "id:8,phase:2,pass,msg:'%{MATCHED_VAR}'"
"""),
    ("empty values", r"""
SecRule ARGS:z "@streq %{tx.none}" "id:1,phase:2,pass"
SecRule ARGS:z "@rx ^$" "id:2,phase:2,pass"
SecRule QUERY_STRING "@rx ^$" "id:3,phase:1,pass"
SecRule AUTH_TYPE "@rx ^$" "id:4,phase:1,pass"
SecRule REQUEST_BODY "@rx ^$" "id:5,phase:2,pass"
SecRule ARGS:z "!@rx ." "id:6,phase:2,pass"
SecRule REQUEST_HEADERS:None "@rx ^$" "id:7,phase:1,pass"
SecRule ARGS "@within %{tx.none}" "id:8,phase:2,pass"
SecRule ARGS "@contains %{tx.none}" "id:9,phase:2,pass"
SecRule ARGS "@beginsWith %{tx.none}" "id:10,phase:2,pass"
SecRule TX:none "!@eq 1" "id:11,phase:2,pass"
SecRule REQUEST_BASENAME|REQBODY_ERROR_MSG "@rx ^$" "id:12,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
"""),
    ("the rules of the recommended configuration", r"""
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed',logdata:'x',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,msg:'bad'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:200004,phase:2,t:none,log,deny,msg:'b'"
SecRule TX:/^MSC_/ "!@streq 0" "id:200005,phase:2,t:none,deny,msg:'%{MATCHED_VAR_NAME}'"
"""),
    ("ctl in a later phase", r"""
SecRule ARGS:r "@streq two" "id:1,phase:2,pass,nolog,ctl:ruleRemoveById=2-4,ctl:ruleRemoveTargetByTag=foo;ARGS:q,ctl:ruleEngine=DetectionOnly"
SecRule ARGS "@rx One" "id:2,phase:2,deny,status:401"
SecRule ARGS "@streq One" "id:5,phase:2,deny,tag:'foo',status:402"
SecRule RESPONSE_STATUS "@rx ." "id:4,phase:3,deny,status:403"
SecRule RESPONSE_STATUS "@rx ." "id:6,phase:3,deny,status:404"
"""),
    ("ctl:requestBodyProcessor by header", r"""
SecRule REQUEST_HEADERS:Content-Type "@rx urlencoded" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "@eq 1" "id:2,phase:2,pass"
SecRule REQBODY_PROCESSOR "@rx ." "id:3,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule ARGS_POST "@rx ." "id:4,phase:2,pass"
"""),
    ("deny with a chain of every phase", "\n".join(f'SecRule REQUEST_FILENAME "@rx /{path}" "id:{phase},phase:{phase},deny,status:41{phase},chain"\nSecRule REQUEST_METHOD "@rx ." "t:none"' for phase, path in ((1, "a"), (2, "p"), (3, "j"), (4, "m"), (5, "x")))),
    ("SecRuleUpdateTargetById replaces nothing", 'SecRule ARGS:q|ARGS:r "@rx ^(One|two|three)$" "id:1,phase:2,pass,msg:\'%{MATCHED_VAR_NAME}\'"\nSecRuleUpdateTargetById 1 "!ARGS:q|REQUEST_METHOD"'),
    ("SecRuleUpdateActionById of status", 'SecDefaultAction "phase:2,deny,log,status:409"\nSecRule ARGS "@rx ." "id:1,phase:2,block"\nSecRuleUpdateActionById 1 "status:418"\nSecRule ARGS "@rx ." "id:2,phase:2,block"\nSecRuleUpdateActionById 2 "pass"'),
    ("SecMarker with a number", 'SecAction "id:1,phase:1,pass,skipAfter:100"\nSecAction "id:2,phase:1,pass"\nSecMarker 100\nSecAction "id:3,phase:1,pass"'),
    ("skipAfter the next of two equal markers", 'SecMarker M\nSecAction "id:1,phase:1,pass,skipAfter:M"\nSecAction "id:2,phase:1,pass"\nSecMarker M\nSecAction "id:3,phase:1,pass"\nSecMarker M\nSecAction "id:4,phase:1,pass"'),
    ("the same id twice", 'SecAction "id:1,phase:1,pass"\nSecAction "id:1,phase:1,pass"'),
    ("no id", 'SecAction "phase:1,pass"'),
    ("an open chain", 'SecAction "id:1,phase:1,pass,chain"'),
    ("a chained rule with an id", 'SecAction "id:1,phase:1,pass,chain"\nSecAction "id:2"'),
    ("a chained rule that denies", 'SecAction "id:1,phase:1,pass,chain"\nSecAction "deny"'),
    ("an unknown marker", 'SecAction "id:1,phase:1,pass,skipAfter:X"\nSecAction "id:2,phase:1,pass"'),
    ("a marker before the rule", 'SecMarker X\nSecAction "id:1,phase:1,pass,skipAfter:X"\nSecAction "id:2,phase:1,pass"'),
    ("an unknown action", 'SecAction "id:1,phase:1,pass,foo"'),
    ("an unknown operator", 'SecRule ARGS "@foo x" "id:1,phase:1,pass"'),
    ("an unknown variable", 'SecRule FOO "@rx x" "id:1,phase:1,pass"'),
    ("an unknown directive", "SecFoo On"),
    ("an unknown transformation", 'SecRule ARGS "@rx x" "id:1,phase:1,pass,t:foo"'),
    ("an expression that is none", 'SecRule ARGS "@rx (" "id:1,phase:1,pass"'),
]]

# Rules that one side alone tells, and the one that carries the scores. `noauditlog` turns `log` off in ModSecurity v3 (980170).
UNTOLD = {980170, 9_999_999}
# Rules with multiMatch and a chain: ModSecurity v3 tells them where their first part matches (942131).
FIRST_PART = {942131}
# Rules that tell a sum of scores, which is compared as such.
SUMS = {949110, 959100, 980170}


# Our engine tells no more bytes of a message, of the data or of a tag: `Found::CUT`. ModSecurity tells all.
CUT = 512


def reworded(id, one, two, places):
    """Why a message of a rule may read differently; None when it may not."""
    cut = len(one) == CUT
    # Whether that is what ours says, as far as it goes.
    is_ours = lambda one, two: two.startswith(one) if cut else one == two
    if id in (200002, 200003):
        return "what is wrong with a body is said in other words"
    if one.split(" is ")[0] in SAID and two.startswith(one.split(" is ")[0] + " is "):
        return "numbers that nothing set are 0; names are those of the rule"
    if id in FIRST_PART:
        return "told at the first part of a chain"
    if is_ours(one.replace("&", ""), two.replace("&", "").replace(".000000", "")):
        return "a count is named &ARGS; a number has no fraction"
    if is_ours(one, re.sub(r"\\(['\"])", r"\1", two)):
        return "a quote behind a backslash is a quote"
    if is_ours(one.lower(), two.lower()) and "TX:" in two:
        return "names in TX are in lower case"
    if is_ours(one.replace("\n", "").replace("\r", ""), two.replace("\n", "").replace("\r", "")):
        return "a value in a multipart body keeps its line breaks"
    if re.fullmatch(re.escape(one).replace("Matched\\ Data:\\ ", "Matched\\ Data:\\ .*", 1) + ".*" * cut, two, re.S):
        return "TX:0 to TX:9 are cleared where a rule captures"
    if places > 1:
        return "of several places the last one is told, which in ModSecurity v3 is that of a hash table"
    return None


# Rule sets that both refuse.
REFUSED_BY_BOTH = {"macros of an unknown variable", "default actions without a disruptive one", "an unknown action", "an unknown variable", "an unknown directive",
                   "an unknown transformation"}

# Of the rule set `targets`: what is said of a variable that nothing set (0 here, as in version 2; nothing there), and its name.
SAID = {"ARGS_COMBINED_SIZE", "FILES_COMBINED_SIZE", "MATCHED_VAR", "MATCHED_VAR_NAME", "REQBODY_ERROR", "REQBODY_PROCESSOR_ERROR", "REQUEST_BODY_LENGTH", "STATUS_LINE", "WEBAPPID",
        "&ARGS:/^[qr]$/"}

# Differences that are meant: a part of the name, the kind (or all), the reason.
ORDER = "collections are in the order of the request; in ModSecurity v3 in that of a hash table"
STEPS = "ModSecurity v3: for multiMatch, cmdLine that changes the case alone changes nothing, nor does utf8toUnicode that drops null bytes"
REFUSED = "what ModSecurity v3 takes and drops is a problem here"
DELIBERATE = [
    ("chain of three denies", "message", ORDER),
    ("redirect [get]", "verdict", ORDER),
    ("capture", "message", "TX:0 to TX:9 are cleared where a rule captures, or have the order of a hash table"),
    ("operators", "message", "TX:0 to TX:9 are cleared where a rule captures"),
    ("multiMatch", "rules", "ModSecurity v3 tells rules with multiMatch in spite of nolog"),
    ("ctl:ruleEngine [", "rules", "an engine that is turned off looks at nothing more, also in the phase"),
    ("ctl:ruleRemoveById", "rules", "ModSecurity v3 cannot remove a SecAction"),
    ("ctl:ruleRemoveTargetByTag", "rules", "a tag is an expression, as the manual says; in ModSecurity v3 a text"),
    ("ctl:ruleRemoveByTag", "rules", "a tag is an expression, as the manual says; in ModSecurity v3 a text"),
    ("ctl:requestBodyAccess", "rules", "without a body the rules of phase 2 are still looked at"),
    ("ctl:requestBodyProcessor [", "rules", "ctl:requestBodyProcessor=URLENCODED is heeded"),
    ("ctl:requestBodyProcessor=XML", "rules", "the package of libmodsecurity reads no XML"),
    ("REQUEST_BODY [xml]", "rules", "REQUEST_BODY is not filled for XML"),
    ("REQUEST_BODY [multipart]", "rules", "REQUEST_BODY is not filled for multipart"),
    ("a rule without a phase", "order of rules", "a rule without a phase is one of phase 2, as the manual says; in ModSecurity v3 of phase 1"),
    ("default actions after rules", "all", "SecDefaultAction is for the rules that follow, as the manual says; in ModSecurity v3 for all"),
    ("log and nolog", "rules", "noauditlog turns log off in ModSecurity v3, auditlog turns it on"),
    ("SecRuleUpdateActionById of other actions", "message", "a new msg takes the place of the old one; not so in ModSecurity v3"),
    ("setvar [", "message", "numbers have 64 bits; in ModSecurity v3 32, and overflow"),
    ("skip [", "rules", "skip ends with the phase; in ModSecurity v3 it goes on in the next"),
    ("SecRuleRemoveByTag with a pattern", "rules", "a tag is an expression, as the manual says; in ModSecurity v3 a text"),
    ("SecRuleUpdateTargetById of several", "rules", "a range is all of its rules; in ModSecurity v3 the first"),
    ("SecRuleUpdateActionById of status", "all", "a new status leaves block as it was; in ModSecurity v3 it takes it away"),
    ("empty values [xml]", "rules", "REQUEST_BODY is not filled for XML"),
    ("empty values [multipart]", "rules", "REQUEST_BODY is not filled for multipart"),
    ("targets [xml]", "rules", "the package of libmodsecurity reads no XML"),
    ("macros [", "data", ORDER),
    ("macros [", "message", "RULE is known; in ModSecurity v3 it is empty here"),
    ("counts [xml]", "rules", "the package of libmodsecurity reads no XML"),
    ("setenv", "message", "there is no environment in a proxy"),
    ("SecRequestBodyLimit", "verdict", "a body over the limit is answered with 413; by ModSecurity v3 with 403"),
    ("SecResponseBodyLimitAction Reject", "verdict", "a response over the limit is answered with 502; by ModSecurity v3 with 403"),
    ("SecRequestBodyNoFilesLimit [xml]", "rules", "the limit is for XML too"),
    ("SecResponseBodyAccess Off", "rules", "without a body the rules of phase 4 are still looked at"),
    ("two default actions of one phase", "loads", "the later one is for the rules that follow it, as the manual says"),
    ("ctl:ruleRemoveByMsg", "loads", "ModSecurity v3 does not know it"),
    ("ctl:ruleRemoveTargetByMsg", "loads", "ModSecurity v3 does not know it"),
    ("ctl:ruleRemoveTargetById with a pattern", "loads", "ModSecurity v3 does not know it"),
] + [(name, "loads", REFUSED) for name in (
    "macros without a name", "the same id twice", "no id", "an open chain", "a chained rule with an id", "a chained rule that denies", "an unknown marker",
    "a marker before the rule", "an unknown operator", "an expression that is none")] + [
    ("930140-13/1", "all", "ModSecurity v3: @pm misses a phrase behind the beginning of another (`secrets.yml .env` in secrets.env)"),
]


def deliberate(name, case, kind, one, two, ids):
    """Why a difference is meant; None when it is not. `ids` are the rules that match here."""
    nulls = 942100 in ids and re.search(r"%00|\\x00|\\u0000", str(case))
    if kind == "scores":
        # Which score each of the two rules adds to, besides the first two, the sums.
        adds = {0, 1} | ({6} if 930110 in ids else set()) | ({3} if nulls else set())
        if len(adds) > 2 and all(a == b or place in adds and int(a) > int(b) for place, (a, b) in enumerate(zip(one, two))):
            return STEPS
    if nulls and (kind == "verdict" or kind == "rules" and set(one) ^ set(two) <= {942100, 949110}):
        return STEPS
    if kind == "rules" and [id for id in one if id not in FIRST_PART] == [id for id in two if id not in FIRST_PART]:
        return "ModSecurity v3 tells a rule with multiMatch where the first part of its chain matches"
    for part, which, why in DELIBERATE:
        if (name == part or name.startswith((part + " [", part)) if "[" not in part else name.startswith(part)) and which in (kind, "all"):
            return why
    return None
