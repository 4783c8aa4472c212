//! Every directive, and how words, lines and quotes are read.

use super::super::ast::{Action, Directive, LimitAction, Selection, Setting, Switch, Target, Variable};
use super::{good, only, rule};

fn setting(text: &str) -> Setting {
    let Directive::Setting(_, setting) = only(text) else { panic!("{text} is not a setting") };
    setting
}

#[test]
fn settings_are_read() {
    let cases = [
        ("SecRuleEngine On", Setting::RuleEngine(Switch::On)),
        ("secruleengine off", Setting::RuleEngine(Switch::Off)),
        ("SecRuleEngine \"DetectionOnly\"", Setting::RuleEngine(Switch::DetectionOnly)),
        ("SecRequestBodyAccess On", Setting::RequestBodyAccess(true)),
        ("SecResponseBodyAccess Off", Setting::ResponseBodyAccess(false)),
        ("SecRequestBodyLimit 13107200", Setting::RequestBodyLimit(13_107_200)),
        ("SecRequestBodyNoFilesLimit 131072", Setting::RequestBodyNoFilesLimit(131_072)),
        ("SecRequestBodyLimitAction Reject", Setting::RequestBodyLimitAction(LimitAction::Reject)),
        ("SecRequestBodyJsonDepthLimit 512", Setting::RequestBodyJsonDepthLimit(512)),
        ("SecArgumentsLimit 1000", Setting::ArgumentsLimit(1000)),
        ("SecResponseBodyLimit 524288", Setting::ResponseBodyLimit(524_288)),
        ("SecResponseBodyLimitAction ProcessPartial", Setting::ResponseBodyLimitAction(LimitAction::ProcessPartial)),
        (
            "SecResponseBodyMimeType text/plain \"text/html text/xml\"",
            Setting::ResponseBodyMimeType(vec!["text/plain".into(), "text/html".into(), "text/xml".into()]),
        ),
        ("SecResponseBodyMimeTypesClear", Setting::ResponseBodyMimeTypesClear),
        ("SecArgumentSeparator &", Setting::ArgumentSeparator(b'&')),
        ("SecArgumentSeparator #", Setting::ArgumentSeparator(b'#')),
        ("SecCookieFormat 0", Setting::CookieFormat(0)),
        ("SecUnicodeMapFile unicode.mapping 20127", Setting::UnicodeMapFile("unicode.mapping".into(), 20127)),
        ("SecComponentSignature \"OWASP_CRS/4.28.0\"", Setting::ComponentSignature("OWASP_CRS/4.28.0".into())),
        ("SecCollectionTimeout 600", Setting::CollectionTimeout(600)),
        ("SecAuditEngine RelevantOnly", Setting::AuditEngine("RelevantOnly".into())),
        ("SecAuditLogRelevantStatus \"^(?:5|4(?!04))\"", Setting::AuditLogRelevantStatus("^(?:5|4(?!04))".into())),
        ("SecAuditLogParts ABIJDEFHZ", Setting::AuditLogParts("ABIJDEFHZ".into())),
        ("SecUploadFileLimit 10", Setting::UploadFileLimit(10)),
        ("SecWebAppId shop", Setting::WebAppId("shop".into())),
        ("secpcrematchlimit 1000", Setting::Ignored("SecPcreMatchLimit".into())),
        ("SecAuditLog /var/log/modsec_audit.log", Setting::Ignored("SecAuditLog".into())),
        ("SecXmlExternalEntity Off", Setting::Ignored("SecXmlExternalEntity".into())),
    ];
    for (text, expected) in cases {
        assert_eq!(setting(text), expected, "{text}");
    }
}

/// The recommended configuration of ModSecurity, its directives in its order.
const RECOMMENDED: &str = r#"
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" \
     "id:'200000',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecRule &ARGS "@ge 1000" \
"id:'200007', phase:2,t:none,log,deny,status:400,msg:'Too many arguments',severity:2"
SecRule REQBODY_ERROR "!@eq 0" \
"id:'200002', phase:2,t:none,log,deny,status:400,msg:'Failed to parse.',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" \
"id:'200003',phase:2,t:none,log,deny,status:400, \
msg:'Strict validation: \
PE %{REQBODY_PROCESSOR_ERROR}, \
FL %{MULTIPART_FILE_LIMIT_EXCEEDED}'"
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
SecRule TX:/^MSC_/ "!@streq 0" \
    "id:'200005',phase:2,t:none,log,deny,msg:'internal error flagged: %{MATCHED_VAR_NAME}'"
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecTmpDir /tmp/
SecDataDir /tmp/
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABIJDEFHZ
SecAuditLogType Serial
SecAuditLog /var/log/modsec_audit.log
SecArgumentSeparator &
SecCookieFormat 0
SecUnicodeMapFile unicode.mapping 20127
SecStatusEngine Off
"#;

#[test]
fn the_recommended_configuration_is_read() {
    let count = RECOMMENDED.lines().filter(|line| line.starts_with("Sec")).count();
    assert_eq!(good(RECOMMENDED).len(), count);
    assert_eq!(good(&RECOMMENDED.replace('\n', "\r\n")).len(), count);
}

#[test]
fn changes_of_other_rules_are_read() {
    let not_q = || {
        let selection = Selection::Key("q".into());
        vec![Target { excluded: true, counted: false, variable: Variable::Args, selection }]
    };
    type Same = Box<dyn Fn(&Directive) -> bool>;
    let cases: Vec<(&str, Same)> = vec![
        ("SecMarker END", Box::new(|read| matches!(read, Directive::Marker(_, name) if name == "END"))),
        ("SecMarker \"END X\"", Box::new(|read| matches!(read, Directive::Marker(_, name) if name == "END X"))),
        (
            "SecRuleRemoveById 1 \"3-5\" 7,9",
            Box::new(|read| matches!(read, Directive::RemoveById(_, ids) if *ids == [(1, 1), (3, 5), (7, 7), (9, 9)])),
        ),
        (
            "SecRuleRemoveByTag \"attack-.*\"",
            Box::new(|read| matches!(read, Directive::RemoveByTag(_, tag) if tag == "attack-.*")),
        ),
        ("SecRuleRemoveByMsg 'a b'", Box::new(|read| matches!(read, Directive::RemoveByMsg(_, text) if text == "a b"))),
        (
            "SecRuleUpdateTargetById 942100 !ARGS:q",
            Box::new(
                move |read| matches!(read, Directive::UpdateTargetById(_, ids, targets) if *ids == [(942_100, 942_100)] && *targets == not_q()),
            ),
        ),
        (
            "SecRuleUpdateTargetById 1-2,5 \"!ARGS:q\"",
            Box::new(move |read| matches!(read, Directive::UpdateTargetById(_, ids, _) if *ids == [(1, 2), (5, 5)])),
        ),
        (
            "SecRuleUpdateTargetByTag attack-sqli \"!ARGS:q\"",
            Box::new(
                move |read| matches!(read, Directive::UpdateTargetByTag(_, tag, targets) if tag == "attack-sqli" && *targets == not_q()),
            ),
        ),
        (
            "SecRuleUpdateTargetByMsg \"a b\" \"!ARGS:q\"",
            Box::new(
                move |read| matches!(read, Directive::UpdateTargetByMsg(_, text, targets) if text == "a b" && *targets == not_q()),
            ),
        ),
        (
            "SecRuleUpdateActionById 7 \"pass,nolog\"",
            Box::new(
                |read| matches!(read, Directive::UpdateActionById(_, 7, actions) if *actions == [Action::Pass, Action::NoLog]),
            ),
        ),
        (
            "SecDefaultAction \"phase:2,log,auditlog,pass\"",
            Box::new(|read| {
                let expected = [Action::Phase(2), Action::Log, Action::AuditLog, Action::Pass];
                matches!(read, Directive::DefaultAction(_, actions) if *actions == expected)
            }),
        ),
    ];
    for (text, is_right) in cases {
        let read = only(text);
        assert!(is_right(&read), "{text}: {read:?}");
    }
}

#[test]
fn operators_are_read_as_they_stand() {
    let cases = [
        (r#""@rx a""#, false, "rx", "a"),
        (r#""!@rx a""#, true, "rx", "a"),
        (r#"" ! @streq a""#, true, "streq", "a"),
        (r#""a b""#, false, "rx", "a b"),
        (r#""!a""#, true, "rx", "a"),
        (r#""""#, false, "rx", ""),
        (r#""@detectSQLi""#, false, "detectSQLi", ""),
        (r#""@rx  a ""#, false, "rx", " a "),
        (r#""@rx [\"'] \x5c \\""#, false, "rx", r#"["'] \x5c \\"#),
        (r#"'@rx [\'"] \"'"#, false, "rx", r#"['"] \""#),
        (r#""@streq a@b %{tx.c}""#, false, "streq", "a@b %{tx.c}"),
        ("a", false, "rx", "a"),
        ("\"@pm a \\\n   b\\\n\t c\"", false, "pm", "a bc"),
        ("\"@rx ä\"", false, "rx", "ä"),
    ];
    for (text, negated, name, argument) in cases {
        let operator = rule(&format!("SecRule ARGS {text} \"id:1\"")).operator;
        assert_eq!(
            (operator.negated, operator.name.as_str(), operator.argument.as_str()),
            (negated, name, argument),
            "{text}"
        );
    }
}

#[test]
fn lines_go_on_and_comments_do_not_count() {
    let cases = [
        ("", 0),
        ("# a comment \\\nSecMarker A", 1),
        ("#SecRule ARGS \"@rx a\" \\\n  \"id:1\"\nSecMarker A", 1),
        ("# secaction \\\n#  \"id:1,\\\n#  pass\"\nSecMarker A", 1),
        ("  SecMarker\\\n\\\n   A", 1),
        ("SecMarker A # a comment\nSecMarker B", 2),
        ("\u{feff}SecMarker A\r\n\r\nSecMarker B\r\n", 2),
        ("SecRule ARGS\\\n\"@rx a\" \\\n\"id:1,\\\n  pass\"", 1),
        ("SecMarker A\\", 1),
    ];
    for (text, count) in cases {
        assert_eq!(good(text).len(), count, "{text}");
    }
}

#[test]
fn a_comment_may_have_any_bytes() {
    let (directives, problems) = super::parse("test.conf", b"# \xe4\xff\nSecMarker A");
    assert_eq!((directives.len(), problems.len()), (1, 0));
}

#[test]
fn a_directive_knows_its_place() {
    let rule = rule("# a\n\n  SecRule \\\n ARGS \"! @streq \\\n   b\" \\\n \"id:1\"");
    assert_eq!((rule.place.line, rule.place.column, &*rule.place.file), (3, 3, "test.conf"));
    assert_eq!((rule.operator.place.line, rule.operator.place.column), (5, 4));
    assert_eq!(rule.operator.argument, "b");
}
