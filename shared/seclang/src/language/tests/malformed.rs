//! What is wrong is said, with its place, and nothing of it is silently left out.

use super::super::parse;
use super::wrong;

/// A directive, the column, the rule, and words of the message.
type Case<'a> = (&'a [u8], u32, Option<u64>, &'a str);

fn check(cases: &[Case<'_>]) {
    for (text, column, rule, words) in cases {
        let problems = wrong(text);
        let shown = text.escape_ascii();
        assert_eq!(problems.len(), 1, "{shown}: {problems:#?}");
        let problem = &problems[0];
        assert!(problem.message.contains(words), "{shown}: {}", problem.message);
        assert!(problem.message.contains([';', ':']), "{shown}: the remedy is missing: {}", problem.message);
        assert_eq!(
            (problem.place.line, problem.place.column, problem.rule),
            (1, *column, *rule),
            "{shown}: {}",
            problem.message
        );
        let name = text.split(|byte| b" \t\n".contains(byte)).next().unwrap();
        assert_eq!(problem.directive.as_bytes(), name, "{shown}");
    }
}

#[test]
fn directives_that_are_not_there_are_refused() {
    check(&[
        (b"SecFoo a", 1, None, "is not a directive"),
        (b"<IfModule x>", 1, None, "section of another"),
        (b"SecRemoteRules k https://a.example", 1, None, "never fetched"),
        (b"SecRuleScript a.lua", 1, None, "not supported"),
        (b"SecGeoLookupDb a", 1, None, "not supported"),
        (b"SecServerSignature \"a\"", 1, None, "not supported"),
        (b"SecHashEngine On", 15, None, "can only be Off"),
        (b"SecParseXmlIntoArgs OnlyArgs", 21, None, "can only be Off"),
        (b"SecXmlExternalEntity", 1, None, "needs more"),
        (b"SecCookieFormat 1", 17, None, "obsolete"),
        (b"SecRuleEngine Maybe", 15, None, "On, Off or DetectionOnly"),
        (b"SecRuleEngine", 1, None, "takes one word"),
        (b"SecRuleEngine On Off", 1, None, "takes one word"),
        (b"SecRequestBodyLimit -1", 21, None, "number of bytes"),
        (b"SecRequestBodyLimit 99999999999999999999", 21, None, "number of bytes"),
        (b"SecRequestBodyLimitAction Maybe", 27, None, "Reject or"),
        (b"SecArgumentSeparator ab", 22, None, "one byte"),
        (b"SecUnicodeMapFile a", 1, None, "does not go with 1 words"),
        (b"SecUnicodeMapFile a b", 21, None, "code page"),
        (b"SecAuditLogParts ABQ", 18, None, "letters"),
        (b"SecDebugLog", 1, None, "needs more"),
        (b"SecResponseBodyMimeType", 1, None, "needs more"),
        (b"Include a.conf", 1, None, "nothing can be included"),
    ]);
}

#[test]
fn words_that_do_not_fit_are_refused() {
    check(&[
        (b"SecRule ARGS", 1, None, "does not go with 1 words"),
        (b"SecRule ARGS a \"id:1\" b", 1, None, "does not go with 4 words"),
        (b"SecRule ARGS \"a \"id:1\"", 18, None, "something follows the closing \""),
        (b"SecRule ARGS \"a id:1", 14, None, "never closed"),
        (b"SecRule ARGS 'a id:1", 14, None, "never closed"),
        (b"SecRule ARGS \"a\\\"", 14, None, "never closed"),
        (b"SecRule ARGS \"@\" \"id:7\"", 15, Some(7), "not an operator"),
        (b"SecRule ARGS \"@a.b c\" \"id:7\"", 15, Some(7), "not an operator"),
        (b"SecAction", 1, None, "needs more"),
        (b"SecAction \"\"", 12, None, "list of actions is empty"),
        (b"SecMarker a b", 1, None, "does not go"),
        (b"SecMarker \"\"", 12, None, "empty"),
        (b"SecRuleRemoveById", 1, None, "needs more"),
        (b"SecRuleRemoveById a", 19, None, "not a rule id"),
        (b"SecRuleRemoveById 5-3", 19, None, "not a rule id"),
        (b"SecRuleRemoveById \",\"", 20, None, "no rule id"),
        (b"SecRuleUpdateTargetById 7 \"!ARGS:a\" ARGS", 1, None, "does not go"),
        (b"SecRuleUpdateTargetById 7 \"!FOO\"", 29, Some(7), "not a variable"),
        (b"SecRuleUpdateActionById 7:1 \"pass\"", 25, None, "not the id"),
        (b"SecRuleUpdateActionById 7 \"id:8\"", 28, Some(7), "cannot be changed"),
        (b"SecDefaultAction \"phase:1,log\"", 19, None, "what becomes of the request"),
        (b"SecDefaultAction \"log,pass\"", 19, None, "phase is missing"),
        (b"SecDefaultAction \"phase:1,pass,t:none\"", 19, None, "belong to one rule"),
        (b"SecMarker \xff", 11, None, "not UTF-8"),
        (b"SecMarker \\ \nb", 12, None, "a blank follows"),
    ]);
}

#[test]
fn targets_that_cannot_be_looked_at_are_refused() {
    check(&[
        (b"SecRule FOO a \"id:7\"", 9, Some(7), "`FOO` is not a variable"),
        (b"SecRule FILES_TMP_CONTENT a \"id:7\"", 9, Some(7), "not supported"),
        (b"SecRule ARGS|WEBSERVER_ERROR_LOG a \"id:7\"", 14, Some(7), "not supported"),
        (b"SecRule ARGS| a \"id:7\"", 14, Some(7), "variable is missing"),
        (b"SecRule \"\" a \"id:7\"", 10, Some(7), "variable is missing"),
        (b"SecRule ARGS||ARGS a \"id:7\"", 14, Some(7), "variable is missing"),
        (b"SecRule \"ARGS ARGS\" a \"id:7\"", 15, Some(7), "needs a `|`"),
        (b"SecRule ARGS;a a \"id:7\"", 13, Some(7), "needs a `|`"),
        (b"SecRule !ARGS a \"id:7\"", 9, Some(7), "nothing is looked at"),
        (b"SecRule !&ARGS a \"id:7\"", 10, Some(7), "not both"),
        (b"SecRule &&ARGS a \"id:7\"", 10, Some(7), "not both"),
        (b"SecRule ARGS: a \"id:7\"", 14, Some(7), "name is missing"),
        (b"SecRule \"ARGS:a b\" a \"id:7\"", 16, Some(7), "blank in it"),
        (b"SecRule REQUEST_URI:a a \"id:7\"", 20, Some(7), "no members"),
        (b"SecRule ARGS:/a a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:/a|b/ a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:// a \"id:7\"", 14, Some(7), "empty"),
        (b"SecRule ARGS:'a a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:'/a' a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:'/' a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:'a\\' a \"id:7\"", 14, Some(7), "never closed"),
        (b"SecRule ARGS:'a\\n' a \"id:7\"", 16, Some(7), "hexadecimal"),
        (b"SecRule ARGS:'a\\x2' a \"id:7\"", 16, Some(7), "hexadecimal"),
        (b"SecRule ARGS:'a\\x+2' a \"id:7\"", 16, Some(7), "hexadecimal"),
        (b"SecRule ARGS:'a'b a \"id:7\"", 17, Some(7), "needs a `|`"),
    ]);
}

#[test]
fn actions_that_cannot_be_done_are_refused() {
    check(&[
        (b"SecAction \"id:7,foo\"", 17, Some(7), "`foo` is not an action"),
        (b"SecAction \"id:7,exec:a\"", 17, Some(7), "not supported"),
        (b"SecAction \"id:7,sanitiseArg:a\"", 17, Some(7), "not supported"),
        (b"SecAction \"id:7,xmlns:a=b\"", 17, Some(7), "not supported"),
        (b"SecAction \"id:7,\"", 17, Some(7), "behind the last comma"),
        (b"SecAction \"id:7,,pass\"", 17, Some(7), "action is missing"),
        (b"SecAction \"id:7,:a\"", 17, Some(7), "action is missing"),
        (b"SecAction \"id:7,deny:1\"", 17, Some(7), "takes no value"),
        (b"SecAction \"id:7,msg\"", 17, Some(7), "needs a value"),
        (b"SecAction \"id:7,msg:\"", 17, Some(7), "needs a value"),
        (b"SecAction \"id:7,msg:'a\"", 21, Some(7), "never closed"),
        (b"SecAction \"id:7,msg:'a'b\"", 24, Some(7), "comma must follow"),
        (b"SecAction \"id:7,msg:'%{foo}'\"", 22, Some(7), "not a variable"),
        (b"SecAction \"id:7,msg:'%{'\"", 22, Some(7), "never closed"),
        (b"SecAction \"id:0\"", 15, None, "number from 1"),
        (b"SecAction \"id:-1\"", 15, None, "number from 1"),
        (b"SecAction \"id:7,id:8\"", 12, Some(7), "two ids"),
        (b"SecAction \"id:7,phase:1,phase:2\"", 12, Some(7), "two phases"),
        (b"SecAction \"id:7,phase:0\"", 23, Some(7), "a phase"),
        (b"SecAction \"id:7,phase:6\"", 23, Some(7), "a phase"),
        (b"SecAction \"id:7,severity:8\"", 26, Some(7), "a severity"),
        (b"SecAction \"id:7,status:42\"", 24, Some(7), "a status"),
        (b"SecAction \"id:7,skip:0\"", 22, Some(7), "number of rules"),
        (b"SecAction \"id:7,allow:all\"", 23, Some(7), "what may pass"),
        (b"SecAction \"id:7,t:a b\"", 19, Some(7), "transformation"),
        (b"SecAction \"id:7,setvar:a\"", 24, Some(7), "not a variable"),
        (b"SecAction \"id:7,setvar:tx\"", 26, Some(7), "name of the member"),
        (b"SecAction \"id:7,setvar:tx.=1\"", 27, Some(7), "not empty"),
        (b"SecAction \"id:7,setvar:'tx.a =1'\"", 28, Some(7), "no blank"),
        (b"SecAction \"id:7,setvar:!tx.a=1\"", 29, Some(7), "takes no value"),
        (b"SecAction \"id:7,setvar:args.a=1\"", 24, Some(7), "cannot write"),
        (b"SecAction \"id:7,initcol:tx=1\"", 25, Some(7), "always there"),
        (b"SecAction \"id:7,initcol:ip\"", 27, Some(7), "key of the collection"),
        (b"SecAction \"id:7,initcol:foo=a\"", 25, Some(7), "not a variable"),
        (b"SecAction \"id:7,ctl:foo=1\"", 21, Some(7), "not a `ctl`"),
        (b"SecAction \"id:7,ctl:hashEngine=On\"", 21, Some(7), "not supported"),
        (b"SecAction \"id:7,ctl:requestBodyLimit=1\"", 21, Some(7), "not supported"),
        (b"SecAction \"id:7,ctl:ruleEngine\"", 31, Some(7), "write On, Off"),
        (b"SecAction \"id:7,ctl:ruleEngine=a\"", 32, Some(7), "write On, Off"),
        (b"SecAction \"id:7,ctl:requestBodyProcessor=A\"", 42, Some(7), "write URLENCODED"),
        (b"SecAction \"id:7,ctl:ruleRemoveById=a\"", 36, Some(7), "rule id"),
        (b"SecAction \"id:7,ctl:ruleRemoveTargetById=1\"", 43, Some(7), "target is missing"),
        (b"SecAction \"id:7,ctl:ruleRemoveTargetById=a;ARGS\"", 42, Some(7), "rule id"),
        (b"SecAction \"id:7,ctl:ruleRemoveTargetById=1;!ARGS\"", 44, Some(7), "no `!`"),
        (b"SecAction \"id:7,ctl:ruleRemoveTargetById=1;ARGS|TX\"", 48, Some(7), "one target only"),
        (b"SecAction \"id:7,ctl:ruleRemoveTargetByTag=;ARGS\"", 43, Some(7), "a tag"),
    ]);
}

#[test]
fn all_problems_are_said_at_once() {
    let text = "SecFoo\nSecRule FOO|BAR \"@rx a\" \"id:7,foo,bar,msg:'%{baz}'\"\nSecMarker a\n\"id:1\"\n";
    let (directives, problems) = parse("a.conf", text.as_bytes());
    let places: Vec<(u32, u32)> = problems.iter().map(|problem| (problem.place.line, problem.place.column)).collect();
    assert_eq!(places, [(1, 1), (2, 31), (2, 35), (2, 44), (2, 9), (4, 1)], "{problems:#?}");
    assert_eq!(directives.len(), 1);
}

#[test]
fn problems_are_counted_past_a_bound() {
    let (_, problems) = parse("a.conf", "SecFoo\n".repeat(5000).as_bytes());
    assert_eq!(problems.len(), 1001);
    assert!(problems[1000].message.starts_with("4000 more"));
}

#[test]
fn a_directive_that_is_too_long_is_refused() {
    for text in ["a".repeat(300_000), "a\\\n".repeat(200_000), "\\\n".repeat(300_000)] {
        let (directives, problems) = parse("a.conf", format!("SecMarker {text}").as_bytes());
        assert_eq!((directives.len(), problems.len()), (0, 1));
        assert!(problems[0].directive.starts_with("SecMarker"), "{problems:?}");
    }
}
