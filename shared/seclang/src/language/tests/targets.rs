//! Every form of a target, and that every name of a member can be written.

use super::super::ast::{Action, Control, Directive, Selection, Target, Variable};
use super::super::{written_ctl, written_exclusion, written_target};
use super::{only, rule};

fn key(name: &[u8]) -> Selection {
    Selection::Key(name.to_vec().into())
}

fn pattern(text: &str) -> Selection {
    Selection::Pattern(text.into())
}

#[test]
fn targets_are_read() {
    let cases = [
        ("ARGS", "", Variable::Args, Selection::All),
        ("\"ARGS\"", "", Variable::Args, Selection::All),
        ("args", "", Variable::Args, Selection::All),
        ("&ARGS", "&", Variable::Args, Selection::All),
        ("&REQUEST_HEADERS:Host", "&", Variable::RequestHeaders, key(b"Host")),
        ("TX:/^MSC_/", "", Variable::Tx, pattern("^MSC_")),
        ("TX:'/^a|b$/'", "", Variable::Tx, pattern("^a|b$")),
        ("\"TX:'/^a \\'b/'\"", "", Variable::Tx, pattern("^a 'b")),
        ("ARGS:/a\\/b,c\\|d/", "", Variable::Args, pattern("a\\/b,c\\|d")),
        ("ARGS:/a/b/", "", Variable::Args, pattern("a/b")),
        ("ARGS:json.a[0].$b", "", Variable::Args, key(b"json.a[0].$b")),
        ("ARGS:a:b;c=d{e}'f\\g", "", Variable::Args, key(b"a:b;c=d{e}'f\\g")),
        ("ARGS:ä", "", Variable::Args, key("ä".as_bytes())),
        ("ARGS:''", "", Variable::Args, key(b"")),
        ("ARGS:'a\\x20\\x22\\x0a\\xFF\\\\\\'|,'", "", Variable::Args, key(b"a \"\n\xff\\'|,")),
        ("\"ARGS:'a b'\"", "", Variable::Args, key(b"a b")),
        ("XML:/*", "", Variable::Xml, key(b"/*")),
        ("XML://@*", "", Variable::Xml, key(b"//@*")),
        ("XML:'/*'", "", Variable::Xml, key(b"/*")),
        ("MULTIPART_SEMICOLON_MISSING", "", Variable::MultipartMissingSemicolon, Selection::All),
    ];
    for (text, prefix, variable, selection) in cases {
        let expected = Target { excluded: prefix == "!", counted: prefix == "&", variable, selection };
        assert_eq!(rule(&format!("SecRule {text} a \"id:1\"")).targets, [expected], "{text}");
    }
}

#[test]
fn several_targets_keep_their_order() {
    let text = "\"REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/ , &ARGS:/a/|XML:/*,ARGS:'x|y'\"";
    let read: Vec<(bool, bool, Variable, Selection)> = rule(&format!("SecRule {text} a \"id:1\""))
        .targets
        .into_iter()
        .map(|target| (target.excluded, target.counted, target.variable, target.selection))
        .collect();
    let expected = [
        (false, false, Variable::RequestCookies, Selection::All),
        (true, false, Variable::RequestCookies, pattern("__utm")),
        (false, true, Variable::Args, pattern("a")),
        (false, false, Variable::Xml, key(b"/*")),
        (false, false, Variable::Args, key(b"x|y")),
    ];
    assert_eq!(read, expected);
}

#[test]
fn every_variable_is_read_by_its_name() {
    for variable in Variable::ALL.iter().copied() {
        let read = rule(&format!("SecRule {} a \"id:1\"", variable.name())).targets;
        assert_eq!(read, [Target { excluded: false, counted: false, variable, selection: Selection::All }]);
    }
}

#[test]
fn what_is_written_is_read_back_as_itself() {
    let mut names: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    names.extend((0..=255).map(|byte| vec![b'a', byte, byte, b'b']));
    for name in [
        "", "q", "/a/", "'/a/'", "'", "\"", "\\", "\\'", "a\\x20", "%{tx.a}", "a;b,c|d", "!a", "&a", "//@*", "/*",
        "# a", "a\\\nb",
    ] {
        names.push(name.into());
    }
    for name in names {
        for variable in Variable::ALL.iter().copied() {
            check_written(variable, &name);
        }
    }
}

fn check_written(variable: Variable, name: &[u8]) {
    let selection = if variable.is_collection() { key(name) } else { Selection::All };
    let target = |excluded| Target { excluded, counted: false, variable, selection: selection.clone() };

    let written = written_target(variable, name);
    for text in [format!("SecRule {written} a \"id:1\""), format!("SecRule \"{written}\" a \"id:1\"")] {
        assert_eq!(rule(&text).targets, [target(false)], "{text}");
    }

    let exclusion = written_exclusion(7, variable, Some(name));
    let Directive::UpdateTargetById(_, ids, targets) = only(&exclusion) else { panic!("{exclusion}") };
    assert_eq!((ids, targets), (vec![(7, 7)], vec![target(true)]), "{exclusion}");

    let ctl = written_ctl(7, variable, name);
    let expected = Action::Ctl(Control::RuleRemoveTargetById(7, 7, target(false)));
    let read = rule(&format!("SecAction \"id:1,{ctl},pass\"")).actions;
    assert_eq!(read, [Action::Id(1), expected, Action::Pass], "{ctl}");
}
