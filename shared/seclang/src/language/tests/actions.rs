//! Every action, and the forms of their values.

use super::super::ast::{
    Action, Allow, Assignment, Control, Part, Selection, SetVar, Switch, Target, Template, Variable,
};
use super::super::template;
use super::{rule, wrong};

fn text(text: &str) -> Template {
    Template(vec![Part::Text(text.into())])
}

fn member(variable: Variable, name: &str) -> Part {
    Part::Value(variable, Some(name.into()))
}

#[test]
fn actions_are_read() {
    let cases = [
        ("phase:2", Action::Phase(2)),
        ("phase:'1'", Action::Phase(1)),
        ("phase:request", Action::Phase(2)),
        ("Phase:Response", Action::Phase(4)),
        ("phase:logging", Action::Phase(5)),
        ("msg:'a, \\'b\\' \\c \\\\'", Action::Msg(text("a, 'b' \\c \\\\"))),
        ("msg:a b", Action::Msg(text("a b"))),
        ("msg: 'a' ", Action::Msg(text("a"))),
        ("msg:'a: \\\"b\\\"'", Action::Msg(text("a: \"b\""))),
        (
            "logdata:'%{TX.0} in %{matched_var_name}'",
            Action::LogData(Template(vec![
                member(Variable::Tx, "0"),
                Part::Text(" in ".into()),
                Part::Value(Variable::MatchedVarName, None),
            ])),
        ),
        ("tag:'OWASP_CRS'", Action::Tag(text("OWASP_CRS"))),
        ("ver:'OWASP_CRS/4.28.0'", Action::Ver("OWASP_CRS/4.28.0".into())),
        ("rev:2", Action::Rev("2".into())),
        ("maturity:'9'", Action::Ignored("maturity", "9".into())),
        ("accuracy:8", Action::Ignored("accuracy", "8".into())),
        ("severity:'CRITICAL'", Action::Severity(2)),
        ("severity:7", Action::Severity(7)),
        ("severity:notice", Action::Severity(5)),
        ("t:urlDecodeUni", Action::Transform("urlDecodeUni".into())),
        ("capture", Action::Capture),
        ("multiMatch", Action::MultiMatch),
        ("multimatch", Action::MultiMatch),
        ("chain", Action::Chain),
        ("skip:2", Action::Skip(2)),
        ("skipAfter:END-A", Action::SkipAfter("END-A".into())),
        ("log", Action::Log),
        ("nolog", Action::NoLog),
        ("auditlog", Action::AuditLog),
        ("noauditlog", Action::NoAuditLog),
        ("status:403", Action::Status(403)),
        ("status:'406'", Action::Status(406)),
        ("allow", Action::Allow(Allow::All)),
        ("allow:phase", Action::Allow(Allow::Phase)),
        ("allow:REQUEST", Action::Allow(Allow::Request)),
        ("block", Action::Block),
        ("deny", Action::Deny),
        ("drop", Action::Drop),
        ("pass", Action::Pass),
        ("redirect:'https://a.example/?b=%{UNIQUE_ID}'", {
            Action::Redirect(Template(vec![
                Part::Text("https://a.example/?b=".into()),
                Part::Value(Variable::UniqueId, None),
            ]))
        }),
        (
            "initcol:ip=%{REMOTE_ADDR}",
            Action::InitCol(Variable::Ip, Template(vec![Part::Value(Variable::RemoteAddr, None)])),
        ),
        ("initcol:global=global", Action::InitCol(Variable::Global, text("global"))),
        ("setuid:a", Action::SetOther("setuid", text("a"))),
        ("setsid:a", Action::SetOther("setsid", text("a"))),
        ("setrsc:a", Action::SetOther("setrsc", text("a"))),
        ("setenv:'a=b'", Action::SetOther("setenv", text("a=b"))),
        ("expirevar:'ip.a=60'", Action::SetOther("expirevar", text("ip.a=60"))),
        ("deprecatevar:ip.a=1/60", Action::SetOther("deprecatevar", text("ip.a=1/60"))),
    ];
    for (written, expected) in cases {
        let read = rule(&format!("SecAction \"id:'1' , {written}\"")).actions;
        assert_eq!(read, [Action::Id(1), expected], "{written}");
    }
}

#[test]
fn variables_are_set_counted_and_unset() {
    let set = |key: Template, to| Action::SetVar(SetVar { collection: Variable::Tx, key, to });
    let cases = [
        ("tx.a=5", set(text("a"), Assignment::Set(text("5")))),
        ("tx:a=5", set(text("a"), Assignment::Set(text("5")))),
        ("'tx.a= b=c '", set(text("a"), Assignment::Set(text(" b=c ")))),
        ("tx.a=", set(text("a"), Assignment::Set(Template::default()))),
        ("TX.a", set(text("a"), Assignment::Set(text("1")))),
        ("'tx.a=+%{tx.b}'", set(text("a"), Assignment::Add(Template(vec![member(Variable::Tx, "b")])))),
        ("tx.a=-2", set(text("a"), Assignment::Subtract(text("2")))),
        ("tx.a=+-2", set(text("a"), Assignment::Add(text("-2")))),
        ("!tx.a", set(text("a"), Assignment::Unset)),
        ("'!tx.a'", set(text("a"), Assignment::Unset)),
        (
            "'tx.a_%{MATCHED_VAR_NAME}=+1'",
            set(
                Template(vec![Part::Text("a_".into()), Part::Value(Variable::MatchedVarName, None)]),
                Assignment::Add(text("1")),
            ),
        ),
        ("'tx.%{ARGS.a=b}=1'", set(Template(vec![member(Variable::Args, "a=b")]), Assignment::Set(text("1")))),
        (
            "ip.a=+1",
            Action::SetVar(SetVar { collection: Variable::Ip, key: text("a"), to: Assignment::Add(text("1")) }),
        ),
    ];
    for (written, expected) in cases {
        assert_eq!(rule(&format!("SecAction \"id:1,setvar:{written}\"")).actions[1..], [expected], "{written}");
    }
}

#[test]
fn changes_of_the_engine_are_read() {
    let target = |variable, selection| Target { excluded: false, counted: false, variable, selection };
    let q = || target(Variable::Args, Selection::Key("q".into()));
    let cases = [
        ("ruleEngine=DetectionOnly", Control::RuleEngine(Switch::DetectionOnly)),
        ("RULEENGINE=off", Control::RuleEngine(Switch::Off)),
        ("auditEngine=Off", Control::AuditEngine("Off".into())),
        ("auditLogParts=+E", Control::AuditLogParts("+E".into())),
        ("requestBodyAccess=Off", Control::RequestBodyAccess(false)),
        ("responseBodyAccess=On", Control::ResponseBodyAccess(true)),
        ("forceRequestBodyVariable=On", Control::ForceRequestBodyVariable(true)),
        ("requestBodyProcessor=json", Control::RequestBodyProcessor("JSON".into())),
        ("requestBodyProcessor=MULTIPART", Control::RequestBodyProcessor("MULTIPART".into())),
        ("ruleRemoveById=942100", Control::RuleRemoveById(942_100, 942_100)),
        ("ruleRemoveById=1-9", Control::RuleRemoveById(1, 9)),
        ("ruleRemoveByTag=attack-sqli", Control::RuleRemoveByTag("attack-sqli".into())),
        ("'ruleRemoveByMsg=a, b'", Control::RuleRemoveByMsg("a, b".into())),
        ("ruleRemoveTargetById=942100;ARGS:q", Control::RuleRemoveTargetById(942_100, 942_100, q())),
        ("ruleRemoveTargetById=1-9;ARGS:q", Control::RuleRemoveTargetById(1, 9, q())),
        ("ruleRemoveTargetById=1;ARGS", Control::RuleRemoveTargetById(1, 1, target(Variable::Args, Selection::All))),
        (
            "ruleRemoveTargetById=1;ARGS:/^a/",
            Control::RuleRemoveTargetById(1, 1, target(Variable::Args, Selection::Pattern("^a".into()))),
        ),
        (
            "ruleRemoveTargetById=1;ARGS:'a;\\x2c b'",
            Control::RuleRemoveTargetById(1, 1, target(Variable::Args, Selection::Key("a;, b".into()))),
        ),
        (
            "'ruleRemoveTargetById=1;ARGS:\\'a,b\\''",
            Control::RuleRemoveTargetById(1, 1, target(Variable::Args, Selection::Key("a,b".into()))),
        ),
        (
            "ruleRemoveTargetByTag=xss-perf-disable;REQUEST_FILENAME",
            Control::RuleRemoveTargetByTag(
                "xss-perf-disable".into(),
                target(Variable::RequestFilename, Selection::All),
            ),
        ),
        ("ruleRemoveTargetByMsg=a b;ARGS:q", Control::RuleRemoveTargetByMsg("a b".into(), q())),
    ];
    for (written, expected) in cases {
        let read = rule(&format!("SecAction \"id:1,ctl:{written},pass\"")).actions;
        assert_eq!(read, [Action::Id(1), Action::Ctl(expected), Action::Pass], "{written}");
    }
}

#[test]
fn templates_have_values_in_them() {
    let cases: [(&str, Option<Vec<Part>>); 14] = [
        ("", Some(vec![])),
        ("a % b", Some(vec![Part::Text("a % b".into())])),
        ("100%", Some(vec![Part::Text("100%".into())])),
        ("%{TX.a.b}", Some(vec![member(Variable::Tx, "a.b")])),
        ("%{ARGS:q}", Some(vec![member(Variable::Args, "q")])),
        ("%{args}", Some(vec![Part::Value(Variable::Args, None)])),
        ("%{rule.id}x%{time_epoch}", {
            Some(vec![member(Variable::Rule, "id"), Part::Text("x".into()), Part::Value(Variable::TimeEpoch, None)])
        }),
        ("a\\%{TX.a}", Some(vec![Part::Text("a%{TX.a}".into())])),
        ("%{", None),
        ("%{}", None),
        ("%{foo.bar}", None),
        ("%{tx.}", None),
        ("%{REQUEST_URI.a}", None),
        ("%{STATUS}", None),
    ];
    for (written, expected) in cases {
        assert_eq!(template(written).ok().map(|Template(parts)| parts), expected, "{written}");
    }
}

#[test]
fn a_problem_in_a_value_knows_its_column() {
    let problems = wrong(b"SecAction \"id:7,\\\n  pass,msg:'a\\'b',severity:'9'\"");
    assert_eq!((problems[0].place.line, problems[0].place.column, problems[0].rule), (2, 29, Some(7)));
}
