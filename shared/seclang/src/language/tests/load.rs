//! `Include`.

use std::collections::BTreeMap;

use super::super::ast::Directive;
use super::super::{beside, load, load_text};

/// The markers that are read from such files, or the messages of the problems.
fn markers(files: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
    let names: Vec<&str> = texts.keys().copied().collect();
    let (directives, problems) =
        load(&|name| texts.get(name).map(|text| text.as_bytes().to_vec()), &names, "root.conf");
    if !problems.is_empty() {
        return Err(problems
            .into_iter()
            .map(|problem| format!("{}:{} {}", problem.place.file, problem.place.line, problem.message))
            .collect());
    }
    let name = |directive| {
        let Directive::Marker(place, name) = directive else { panic!("{directive:?} is not a marker") };
        format!("{}={name} ", place.file)
    };
    Ok(directives.into_iter().map(name).collect())
}

#[test]
fn files_are_read_where_they_are_included() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (
            &[("root.conf", "SecMarker a\nInclude b.conf\nSecMarker c"), ("b.conf", "SecMarker b")],
            "root.conf=a b.conf=b root.conf=c ",
        ),
        (
            &[("root.conf", "Include \"x/a.conf\""), ("x/a.conf", "include ./b.conf"), ("x/b.conf", "SecMarker b")],
            "x/b.conf=b ",
        ),
        (
            &[("root.conf", "Include x/a.conf"), ("x/a.conf", "Include ../b.conf"), ("b.conf", "SecMarker b")],
            "b.conf=b ",
        ),
        (
            &[
                ("root.conf", "Include x/*.conf"),
                ("x/2.conf", "SecMarker b"),
                ("x/1.conf", "SecMarker a"),
                ("x/3.data", "no directive"),
                ("x/y/4.conf", "SecMarker d"),
            ],
            "x/1.conf=a x/2.conf=b ",
        ),
        (&[("root.conf", "Include b.conf\nInclude b.conf"), ("b.conf", "SecMarker b")], "b.conf=b b.conf=b "),
        (&[("root.conf", "IncludeOptional b.conf\nSecMarker a")], "root.conf=a "),
    ];
    for (files, expected) in cases {
        assert_eq!(markers(files).as_deref(), Ok(expected), "{files:?}");
    }
}

#[test]
fn what_cannot_be_included_is_said() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "root.conf:1 there is no such file"),
        (&[("root.conf", "\nInclude b.conf")], "root.conf:2 there is no file `b.conf`; "),
        (
            &[("root.conf", "Include x/a.conf"), ("x/a.conf", "Include b.conf")],
            "x/a.conf:1 there is no file `b.conf` or `x/b.conf`",
        ),
        (&[("root.conf", "Include x/*.conf")], "root.conf:1 there is no file `x/*.conf`"),
        (&[("root.conf", "Include root.conf")], "root.conf:1 the files include each other: root.conf -> root.conf"),
        (
            &[("root.conf", "Include a.conf"), ("a.conf", "#\nInclude *.conf")],
            "a.conf:2 the files include each other: root.conf -> a.conf -> a.conf",
        ),
    ];
    for (files, expected) in cases {
        let problems = markers(files).unwrap_err();
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }
}

#[test]
fn files_that_include_files_without_end_are_refused() {
    let deep = |name: &str| {
        let depth: u32 = name.parse().ok()?;
        Some(format!("Include {}\nInclude {}\n", depth + 1, depth + 1).into_bytes())
    };
    let (directives, problems) = load(&deep, &[], "0");
    assert!(directives.is_empty());
    assert!(problems.len() <= 1001, "{}", problems.len());
    assert!(problems.iter().any(|problem| problem.message.contains("deep")));
}

#[test]
fn a_text_of_the_configuration_includes_files() {
    let files = |name: &str| (name == "a.conf").then(|| b"SecMarker a".to_vec());
    let (directives, problems) = load_text(&files, &["a.conf"], "directives", b"Include ?.conf\nSecMarker b");
    assert_eq!((directives.len(), problems), (2, vec![]));
}

#[test]
fn a_file_beside_another_is_in_its_folder() {
    let cases = [
        ("rules/a.conf", "b.data", "rules/b.data"),
        ("a.conf", "b.data", "b.data"),
        ("rules/a.conf", "/b.data", "/b.data"),
        ("rules/a.conf", "../c/./b.data", "c/b.data"),
        ("@crs/rules/a.conf", "b.data", "@crs/rules/b.data"),
    ];
    for (file, name, expected) in cases {
        assert_eq!(beside(file, name), expected, "{file} {name}");
    }
}
