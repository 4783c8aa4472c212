//! What rules do, by rules and requests.

use std::rc::Rc;

use super::*;
use crate::language;

/// Rules that follow `SecRuleEngine On` and bodies looked at.
fn compiled(text: &str) -> Result<Rc<RuleSet>, Vec<String>> {
    let text = format!("SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n{text}");
    let (directives, problems) = language::parse("test.conf", text.as_bytes());
    let told = |problems: Vec<language::ast::Problem>| -> Vec<String> {
        problems
            .iter()
            .map(|problem| format!("{}: {:?} {}", problem.place.line, problem.rule, problem.message))
            .collect()
    };
    if !problems.is_empty() {
        return Err(told(problems));
    }
    RuleSet::compile(directives, &|_| None).map(Rc::new).map_err(told)
}

/// A request: method, target, headers, body.
struct Request<'a>(&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

fn begun(rules: &str, budget: u64) -> Transaction {
    let rules = compiled(rules).unwrap_or_else(|problems| panic!("{problems:#?}"));
    Transaction::new(&rules, &Start { epoch: 0, unique_id: b"unique", budget })
}

/// The outcomes of phases 1 to 4, and the transaction after phase 5.
fn run(rules: &str, request: &Request<'_>) -> (Vec<Outcome>, Transaction) {
    let Request(method, target, headers, body) = request;
    let mut transaction = begun(rules, Start::BUDGET);
    transaction.connection(&Connection {
        remote_address: b"192.0.2.7",
        remote_port: 1234,
        server_address: b"198.51.100.1",
        server_port: 443,
    });
    transaction.request_line(method.as_bytes(), target.as_bytes(), b"HTTP/1.1");
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let one = transaction.request_headers(headers);
    let two = transaction.request_body(body.as_bytes());
    let response = [(b"Content-Type".as_slice(), b"text/html; charset=utf-8".as_slice())];
    let three = transaction.response_headers(200, b"HTTP/1.1", response);
    let four = transaction.response_body(b"<p>secret</p>");
    transaction.logging();
    (vec![one, two, three, four], transaction)
}

const GET: Request<'_> = Request("GET", "/a/b.php?q=One&r=two&q=three#f", &[("Host", "h:80"), ("X-Y", "Z")], "");

/// Which rules match that request, in order.
fn check(rules: &str, request: &Request<'_>, expected: &[u64]) {
    let (_, transaction) = run(rules, request);
    let ids: Vec<_> = transaction.matched().iter().map(|matched| matched.id).collect();
    assert_eq!(ids, expected, "{rules}");
}

/// Whether a rule with those targets and that operator matches.
fn matches(targets: &str, operator: &str, request: &Request<'_>, phase: u8) -> bool {
    let rules = format!("SecRule {targets} \"{operator}\" \"id:1,phase:{phase},pass,t:none\"");
    !run(&rules, request).1.matched().is_empty()
}

#[test]
fn variables_have_the_values_of_the_request() {
    let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "a=1; b=2")];
    let post = Request("POST", "http://h/x%2fy?q=1", &form, "p=2&p=3&%zz=4");
    let cases = [
        (&GET, "REQUEST_METHOD", "@streq GET"),
        (&GET, "REQUEST_URI", "@streq /a/b.php?q=One&r=two&q=three"),
        (&GET, "REQUEST_URI_RAW", "@streq /a/b.php?q=One&r=two&q=three#f"),
        (&GET, "REQUEST_LINE", "@streq GET /a/b.php?q=One&r=two&q=three#f HTTP/1.1"),
        (&GET, "REQUEST_PROTOCOL", "@streq HTTP/1.1"),
        (&GET, "REQUEST_FILENAME", "@streq /a/b.php"),
        (&GET, "REQUEST_BASENAME", "@streq b.php"),
        (&GET, "QUERY_STRING", "@streq q=One&r=two&q=three"),
        (&GET, "&ARGS", "@eq 3"),
        (&GET, "&ARGS:Q", "@eq 2"),
        (&GET, "&ARGS_GET", "@eq 3"),
        (&GET, "&ARGS_POST", "@eq 0"),
        (&GET, "ARGS:/^R$/", "@streq two"),
        (&GET, "ARGS_NAMES", "@streq r"),
        (&GET, "ARGS_COMBINED_SIZE", "@eq 14"),
        (&GET, "REQUEST_HEADERS:x-y", "@streq Z"),
        (&GET, "&REQUEST_HEADERS", "@eq 2"),
        (&GET, "REQUEST_HEADERS_NAMES", "@streq X-Y"),
        (&GET, "SERVER_NAME", "@streq h"),
        (&GET, "REMOTE_ADDR", "@ipMatch 192.0.2.0/24"),
        (&GET, "REMOTE_PORT", "@eq 1234"),
        (&GET, "SERVER_PORT", "@eq 443"),
        (&GET, "UNIQUE_ID", "@streq unique"),
        (&GET, "TIME_YEAR", "@eq 1970"),
        (&GET, "REQBODY_PROCESSOR", "@rx ^$"),
        (&GET, "REQBODY_ERROR", "@eq 0"),
        (&GET, "RULE:id", "@eq 1"),
        (&post, "REQUEST_URI", "@streq /x/y?q=1"),
        (&post, "REQUEST_COOKIES:B", "@streq 2"),
        (&post, "&REQUEST_COOKIES_NAMES", "@eq 2"),
        (&post, "REQBODY_PROCESSOR", "@streq URLENCODED"),
    ];
    for (request, target, operator) in cases {
        assert!(matches(target, operator, request, 1), "{target} {operator}");
    }
    let cases = [
        ("&ARGS", "@eq 4"),
        ("&ARGS_POST", "@eq 3"),
        ("&ARGS_POST_NAMES", "@eq 3"),
        ("REQUEST_BODY", "@streq p=2&p=3&%zz=4"),
        ("REQUEST_BODY_LENGTH", "@eq 13"),
        ("URLENCODED_ERROR", "@eq 1"),
        ("FULL_REQUEST", "@endsWith %zz=4"),
    ];
    for (target, operator) in cases {
        assert!(matches(target, operator, &post, 2), "{target} {operator}");
    }
    for (target, operator, phase) in [
        ("RESPONSE_STATUS", "@eq 200", 3),
        ("RESPONSE_HEADERS:content-type", "@beginsWith text/html;", 3),
        ("RESPONSE_CONTENT_TYPE", "@streq text/html", 3),
        ("RESPONSE_BODY", "@contains secret", 4),
        ("RESPONSE_CONTENT_LENGTH", "@eq 13", 4),
    ] {
        assert!(matches(target, operator, &GET, phase), "{target} {operator}");
    }
}

#[test]
fn a_body_is_read_as_its_processor_says() {
    let choose = "SecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=";
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"x.php\"\r\nContent-Type: text/plain\r\n\r\nxyz\r\n--b--\r\n";
    let cases = [
        ("JSON\"", "{\"a\":{\"b\":1}}", "ARGS:json.a.b", "@streq 1"),
        ("JSON\"", "{\"a\":", "REQBODY_ERROR", "@eq 1"),
        ("JSON\"", "{\"a\":", "REQBODY_PROCESSOR_ERROR_MSG", "@contains JSON"),
        ("XML\"", "<a b=\"v\">t</a>", "XML:/*", "@contains t"),
        ("XML\"", "<a b=\"v\">t</a>", "XML://@*", "@streq v"),
        ("XML\"", "<a b=\"v\">t</a>", "REQUEST_BODY", "@rx ^$"),
        ("XML\"", "<a>", "REQBODY_ERROR", "@eq 1"),
        ("URLENCODED\"", "a=b", "ARGS_POST:a", "@streq b"),
        ("MULTIPART\"", multipart, "ARGS_POST:a", "@streq 1"),
        ("MULTIPART\"", multipart, "FILES:f", "@streq x.php"),
        ("MULTIPART\"", multipart, "FILES_NAMES", "@streq f"),
        ("MULTIPART\"", multipart, "FILES_SIZES:f", "@eq 3"),
        ("MULTIPART\"", multipart, "FILES_COMBINED_SIZE", "@eq 3"),
        ("MULTIPART\"", multipart, "MULTIPART_PART_HEADERS:f", "@streq Content-Type: text/plain"),
        ("MULTIPART\"", multipart, "MULTIPART_STRICT_ERROR", "@eq 0"),
        ("URLENCODED,ctl:requestBodyAccess=Off\"", "a=b", "&ARGS", "@eq 0"),
    ];
    for (processor, body, target, operator) in cases {
        let rules = format!("{choose}{processor}\nSecRule {target} \"{operator}\" \"id:1,phase:2,pass,t:none\"");
        check(&rules, &Request("POST", "/", &[("Content-Type", "multipart/form-data; boundary=b")], body), &[1]);
    }
    let forced = "SecAction \"id:9,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On\"\n\
        SecRule REQUEST_BODY \"@streq a\" \"id:1,phase:2,pass\"";
    check(forced, &Request("POST", "/", &[], "a"), &[1]);
}

#[test]
fn what_a_rule_says_happens() {
    let cases: [(&str, &[u64]); 19] = [
        // A chain matches as a whole; its variables are set by each part that matches.
        (
            "SecRule ARGS:q \"@rx (On)(e)\" \"id:1,phase:1,pass,capture,chain,setvar:tx.a=1\"\nSecRule TX:2 \"@streq e\" \"t:none\"",
            &[1],
        ),
        (
            "SecRule ARGS:r \"@streq two\" \"id:1,phase:1,pass,chain,setvar:tx.a=1\"\nSecRule ARGS:r \"@streq x\" \"t:none\"\n\
          SecRule TX:a \"@eq 1\" \"id:2,phase:1,pass\"",
            &[2],
        ),
        (
            "SecRule ARGS \"@rx .\" \"id:1,phase:1,pass,nolog,setvar:tx.a=+2,setvar:'tx.%{MATCHED_VAR_NAME}=x'\"\n\
          SecRule TX:a \"@eq 6\" \"id:2,phase:1,pass\"\nSecRule TX:args:r \"@streq x\" \"id:3,phase:1,pass\"",
            &[2, 3],
        ),
        (
            "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=5\"\nSecAction \"id:2,phase:1,pass,nolog,setvar:tx.a=-7\"\n\
          SecRule TX:A \"@streq -2\" \"id:3,phase:1,pass\"\nSecAction \"id:4,phase:1,pass,nolog,setvar:!tx.a\"\n\
          SecRule &TX:a \"@eq 0\" \"id:5,phase:1,pass\"",
            &[3, 5],
        ),
        // Transformations, and what multiMatch sees of them.
        (
            "SecRule ARGS:q \"@streq one\" \"id:1,phase:1,pass,t:none,t:lowercase\"\n\
          SecRule ARGS:q \"@streq one\" \"id:2,phase:1,pass,t:lowercase,t:none\"",
            &[1],
        ),
        (
            "SecRule ARGS:q \"@streq One\" \"id:1,phase:1,pass,t:lowercase,t:length\"\n\
          SecRule ARGS:q \"@streq One\" \"id:2,phase:1,pass,multiMatch,t:lowercase,t:length\"\n\
          SecRule ARGS:q \"@streq one\" \"id:3,phase:1,pass,multiMatch,t:lowercase,t:length\"",
            &[2, 3],
        ),
        // Negation, absence, exclusion.
        (
            "SecRule ARGS:q \"!@streq One\" \"id:1,phase:1,pass\"\nSecRule ARGS:none \"!@streq x\" \"id:2,phase:1,pass\"",
            &[1],
        ),
        (
            "SecRule ARGS|!ARGS:q \"@rx ^One|three$\" \"id:1,phase:1,pass\"\nSecRule ARGS|!ARGS:/^Q/ \"@streq two\" \"id:2,phase:1,pass\"",
            &[2],
        ),
        // Places.
        (
            "SecAction \"id:1,phase:1,pass,skipAfter:M\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:2,pass\"\n\
          SecMarker M\nSecAction \"id:4,phase:1,pass\"",
            &[1, 4, 3],
        ),
        (
            "SecAction \"id:1,phase:1,pass,skip:1\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:1,pass\"",
            &[1, 3],
        ),
        // Control.
        (
            "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2-3\"\nSecAction \"id:2,phase:1,pass\"\n\
          SecAction \"id:3,phase:2,pass\"\nSecAction \"id:4,phase:2,pass\"",
            &[4],
        ),
        (
            "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=^sq\"\nSecAction \"id:2,phase:1,pass,tag:sqli\"\n\
          SecAction \"id:3,phase:1,pass,tag:xss\"",
            &[3],
        ),
        (
            "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:q\"\nSecRule ARGS \"@rx One|three\" \"id:2,phase:1,pass\"\n\
          SecRule ARGS \"@rx One|three\" \"id:3,phase:1,pass\"",
            &[3],
        ),
        ("SecAction \"id:1,phase:1,pass,ctl:ruleEngine=Off\"\nSecAction \"id:2,phase:1,pass\"", &[1]),
        // Changes from outside.
        (
            "SecAction \"id:1,phase:1,pass\"\nSecAction \"id:2,phase:1,pass,tag:t\"\nSecAction \"id:3,phase:1,pass,msg:'m'\"\n\
          SecAction \"id:4,phase:1,pass\"\nSecRuleRemoveById 1\nSecRuleRemoveByTag t\nSecRuleRemoveByMsg m",
            &[4],
        ),
        (
            "SecRule ARGS \"@streq One\" \"id:1,phase:1,pass\"\nSecRule ARGS:r \"@streq One\" \"id:2,phase:1,pass\"\n\
          SecRuleUpdateTargetById 1 !ARGS:q\nSecRuleUpdateTargetById 2 ARGS:q",
            &[2],
        ),
        // Allowing.
        (
            "SecAction \"id:1,phase:1,allow:phase\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:2,pass\"",
            &[1, 3],
        ),
        (
            "SecAction \"id:1,phase:1,allow:request\"\nSecAction \"id:2,phase:2,pass\"\nSecAction \"id:3,phase:3,pass\"",
            &[1, 3],
        ),
        ("SecAction \"id:1,phase:1,allow\"\nSecAction \"id:2,phase:4,pass\"\nSecAction \"id:3,phase:5,pass\"", &[1, 3]),
    ];
    for (rules, expected) in cases {
        check(rules, &GET, expected);
    }
}

#[test]
fn what_the_links_of_a_chain_find_adds_up_for_those_behind_and_not_for_the_next_rule() {
    let rules = "SecRule ARGS \"@rx e\" \"id:1,phase:1,pass,chain\"\nSecRule MATCHED_VARS \"@rx h\" \"t:none,chain\"\n\
                 SecRule MATCHED_VARS \"@rx .\" \"t:none,setvar:tx.n=+1\"\n\
                 SecRule TX:n \"@eq 4\" \"id:2,phase:1,pass\"\nSecRule &MATCHED_VARS \"@eq 0\" \"id:3,phase:1,pass\"";
    // One and three, and three again by the second link.
    let three = rules.replace("@eq 4", "@eq 3");
    check(rules, &GET, &[1, 3]);
    check(&three, &GET, &[1, 2, 3]);
}

#[test]
fn blanks_around_the_value_of_a_header_are_none_of_it() {
    let request = Request("GET", "/", &[("Content-Type", " \tapplication/json ")], "");
    assert!(matches("REQUEST_HEADERS:Content-Type", "@streq application/json", &request, 1));
}

#[test]
fn what_is_only_for_the_audit_log_is_told() {
    let rules = "SecAction \"id:1,phase:1,pass,nolog,auditlog\"\nSecAction \"id:2,phase:1,pass,nolog\"\nSecAction \"id:3,phase:1,pass,log,noauditlog\"";
    let (_, transaction) = run(rules, &GET);
    let told: Vec<_> = transaction.matched().iter().map(|matched| (matched.id, matched.audit)).collect();
    assert_eq!(told, [(1, true), (3, false)]);
}

#[test]
fn what_rules_make_of_values_is_bounded() {
    let target =
        format!("/?{}", (0..900).map(|number| format!("a{number}={number:0250}")).collect::<Vec<_>>().join("&"));
    let rules = "SecRule ARGS \"@rx .\" \"id:1,phase:1,pass,setvar:'tx.all=%{tx.all},%{MATCHED_VAR}'\"";
    let (outcomes, _) = run(rules, &Request("GET", &target, &[("Host", "h")], ""));
    assert_eq!(outcomes.first(), Some(&Outcome::OverBudget));
}

#[test]
fn what_matched_last_is_known_to_the_next_rule() {
    let rules = "SecRule ARGS \"@rx e\" \"id:1,phase:1,pass,chain\"\n\
        SecRule MATCHED_VARS \"@streq three\" \"chain,t:none\"\nSecRule MATCHED_VARS_NAMES \"@streq MATCHED_VARS:ARGS:q\"\n\
        SecRule MATCHED_VAR \"@rx .\" \"id:2,phase:1,pass\"";
    check(rules, &GET, &[1, 2]);
}

#[test]
fn a_disruptive_action_stops_the_exchange() {
    let deny = |status| Outcome::Interrupted(Interruption { status, cause: Cause::Rule(1), action: Stop::Deny });
    let cases = [
        ("SecAction \"id:1,phase:1,deny\"", 0, deny(403)),
        ("SecAction \"id:1,phase:2,deny,status:418\"", 1, deny(418)),
        ("SecDefaultAction \"phase:3,deny,log,status:409\"\nSecAction \"id:1,phase:3,block\"", 2, deny(409)),
        ("SecAction \"id:1,phase:2,block\"", 1, Outcome::Pass),
        ("SecAction \"id:1,phase:2,deny,chain\"\nSecRule ARGS \"@streq x\"", 1, Outcome::Pass),
        ("SecAction \"id:1,phase:5,deny\"", 3, Outcome::Pass),
        ("SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,deny\"", 3, Outcome::Pass),
        ("SecAction \"id:1,phase:1,pass\"\nSecRuleUpdateActionById 1 \"deny,status:500\"", 0, deny(500)),
        (
            "SecAction \"id:1,phase:1,drop\"",
            0,
            Outcome::Interrupted(Interruption { status: 403, cause: Cause::Rule(1), action: Stop::Drop }),
        ),
        (
            "SecAction \"id:1,phase:1,redirect:'https://x/%{REQUEST_METHOD}'\"",
            0,
            Outcome::Interrupted(Interruption {
                status: 302,
                cause: Cause::Rule(1),
                action: Stop::Redirect(b"https://x/GET".to_vec()),
            }),
        ),
    ];
    for (rules, phase, expected) in cases {
        let (outcomes, _) = run(rules, &GET);
        assert_eq!(outcomes[phase], expected, "{rules}");
        assert!(outcomes[..phase].iter().all(|outcome| *outcome == Outcome::Pass), "{rules}");
        assert!(outcomes[phase..].iter().all(|outcome| *outcome == expected), "{rules}: it stays stopped");
    }
}

#[test]
fn a_match_tells_what_it_saw_and_where() {
    let rules = "SecRule ARGS \"@rx thr(ee)\" \"id:1,phase:1,deny,capture,t:none,t:uppercase,t:lowercase,severity:CRITICAL,\
        tag:'a/%{REQUEST_METHOD}',msg:'found %{TX.1} %{rule.id}',logdata:'%{TX.0} in %{MATCHED_VAR_NAME}: %{MATCHED_VAR}'\"";
    let (_, transaction) = run(rules, &GET);
    let matched = &transaction.matched()[0];
    assert_eq!(String::from_utf8_lossy(&matched.message), "found ee 1");
    assert_eq!(String::from_utf8_lossy(&matched.logdata), "three in ARGS:q: three");
    assert_eq!(matched.tags, [b"a/GET".to_vec()]);
    assert_eq!((matched.phase, matched.severity, matched.disruptive), (1, Some(2), true));
    let found: Vec<_> = matched.found.iter().map(|found| (found.name(), found.value.clone())).collect();
    assert_eq!(found, [(b"ARGS:q".to_vec(), b"three".to_vec())]);
    assert_eq!(transaction.tx("1"), Some(b"ee".as_slice()));
}

#[test]
fn a_body_over_its_limit_is_refused_or_cut() {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let post = Request("POST", "/", &form, "a=123456789");
    let limit = "SecRequestBodyLimit 5\nSecRule ARGS:a \"@streq 123\" \"id:1,phase:2,pass\"\n";
    let (outcomes, transaction) = run(limit, &post);
    let refused = Interruption { status: 413, cause: Cause::RequestBodyLimit, action: Stop::Deny };
    assert_eq!(outcomes[1], Outcome::Interrupted(refused));
    assert!(transaction.matched().is_empty());
    check(&format!("{limit}SecRequestBodyLimitAction ProcessPartial"), &post, &[1]);
    let no_files =
        "SecRequestBodyNoFilesLimit 5\nSecRule REQBODY_ERROR|INBOUND_DATA_ERROR \"@eq 1\" \"id:1,phase:2,pass\"";
    check(no_files, &post, &[1]);
    let (_, transaction) =
        run("SecResponseBodyLimit 3\nSecRule RESPONSE_BODY \"@streq <p>\" \"id:1,phase:4,pass\"", &GET);
    assert_eq!(transaction.matched().len(), 1);
}

#[test]
fn work_beyond_the_budget_ends_the_transaction() {
    let rules = "SecRule ARGS \"@rx a+b\" \"id:1,phase:1,pass,t:none,t:lowercase,t:urlDecode\"";
    let target: String = (0..200).map(|number| format!("&q=aaaaaaaaaaaaa{number}")).collect();
    let target = format!("/?{target}");
    for (budget, expected) in [(Start::BUDGET, Outcome::Pass), (1000, Outcome::OverBudget)] {
        let mut transaction = begun(rules, budget);
        transaction.request_line(b"GET", target.as_bytes(), b"HTTP/1.1");
        assert_eq!(transaction.request_headers(std::iter::empty()), expected);
        assert_eq!(transaction.request_body(b""), expected, "and it stays so");
    }
}

#[test]
fn rules_that_cannot_run_are_refused_with_their_place() {
    let cases = [
        ("SecAction \"phase:1,pass\"", "4: None"),
        ("SecAction \"id:1,phase:1,pass\"\nSecAction \"id:1,phase:1,pass\"", "5: Some(1) the id 1 is taken"),
        ("SecAction \"id:1,phase:1,pass,chain\"", "4: Some(1) it is chained"),
        ("SecAction \"id:1,phase:1,pass,chain\"\nSecAction \"deny\"", "5: Some(1) a chained rule cannot"),
        ("SecAction \"id:1,phase:1,pass,skipAfter:X\"", "4: Some(1) no `SecMarker X`"),
        ("SecMarker X\nSecAction \"id:1,phase:1,pass,skipAfter:X\"", "5: Some(1) no `SecMarker X`"),
        ("SecRule ARGS \"@rx (\" \"id:1,phase:1,pass\"", "4: Some(1)"),
        ("SecRule GEO:COUNTRY_CODE \"@streq x\" \"id:1,phase:1,pass\"", "4: Some(1)"),
        ("SecAction \"id:1,phase:1,pass\"\nSecRuleUpdateActionById 1 \"id:2\"", "5: "),
    ];
    for (rules, expected) in cases {
        let problems = compiled(rules).err().unwrap_or_default();
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{rules}: {problems:?}");
    }
    let warned = compiled("SecRuleRemoveById 77").unwrap();
    assert_eq!(warned.warnings().len(), 1);
}

#[test]
fn a_default_action_behind_rules_that_block_is_warned_of() {
    let default = "SecDefaultAction \"phase:1,deny,log\"\n";
    let rule = |id, actions| format!("SecAction \"id:{id},{actions}\"\n");
    let told = |rules: &[&str]| -> Vec<String> {
        compiled(&rules.concat()).unwrap().warnings().iter().map(|warning| warning.message.clone()).collect()
    };
    let warned = told(&[&rule(1, "phase:1,block"), &rule(2, "phase:1,block"), &rule(3, "phase:1,pass"), default]);
    assert_eq!(warned.len(), 1);
    assert!(warned[0].contains("not for 1, 2, which have `block`"), "{warned:?}");
    for before in [rule(1, "phase:1,pass"), rule(1, "phase:2,block"), rule(1, "phase:1,block,deny"), default.to_owned()]
    {
        assert_eq!(told(&[&before, default, &rule(9, "phase:1,block")]), <[String; 0]>::default(), "{before}");
    }
    assert_eq!(told(&[default, &rule(1, "phase:1,block"), default]), <[String; 0]>::default());
}

/// A rule with a transformation asks in the long way.
#[test]
fn a_comparison_of_tx_is_the_same_in_the_short_way() {
    let mut matched = 0;
    for value in ["5", "-1", "x", "", " 7y", "99999999999999999999"] {
        for target in ["TX:A", "&TX:a", "TX:none", "&TX:none"] {
            for operator in ["eq 5", "eq 0", "ge 5", "gt 5", "le 5", "lt 5", "lt 1"] {
                for not in ["", "!"] {
                    let rule = |id, transformation| {
                        let tags = format!("id:{id},phase:1,pass,t:none{transformation}");
                        format!("SecRule {target} \"{not}@{operator}\" \"{tags}\"\n")
                    };
                    let set = format!("SecAction \"id:1,phase:1,pass,nolog,setvar:'tx.a={value}'\"\n");
                    let (_, transaction) = run(&[set, rule(2, ""), rule(3, ",t:trim")].concat(), &GET);
                    let ids: Vec<_> = transaction.matched().iter().map(|matched| matched.id).collect();
                    assert!(ids.is_empty() || ids == [2, 3], "{value:?} {target} {not}{operator}: {ids:?}");
                    matched += ids.len() / 2;
                }
            }
        }
    }
    assert!((100..200).contains(&matched), "{matched}");
}
