//! Cases of the multipart reader. Flags and values are those of ModSecurity 3.0.15, but for what the module names.

use super::*;

const LIMITS: Limits = Limits { parts: 4, files: 2 };
const HEADER: &str = "multipart/form-data; boundary=bnd";

/// What was read, as text: parts (`name=value`, of files `name(file name)=content`), then the flags that are set, then the fault. In
/// the body, each `\n` stands for CRLF and `|` for a line feed alone.
fn found(header: &str, body: &str) -> String {
    let body = body.replace('\n', "\r\n").replace('|', "\n");
    let read = read(header.as_bytes(), body.as_bytes(), LIMITS);
    let text = |value: &[u8]| value.escape_ascii().to_string();
    let mut words: Vec<String> = Vec::new();
    for part in &read.parts {
        let file = if part.is_file() { format!("({})", text(&part.filename)) } else { String::new() };
        words.push(format!("{}{file}={}", text(&part.name), text(part.value)));
    }
    let flags = read.flags;
    for (set, name) in [
        (flags.boundary_quoted, "boundary-quoted"),
        (flags.boundary_whitespace, "boundary-whitespace"),
        (flags.data_before, "data-before"),
        (flags.data_after, "data-after"),
        (flags.header_folding, "folding"),
        (flags.invalid_header_folding, "invalid-folding"),
        (flags.lf_line, "lf"),
        (read.crlf_lf_lines(), "mixed"),
        (flags.missing_semicolon, "missing-semicolon"),
        (flags.invalid_quoting, "quoting"),
        (flags.invalid_part, "invalid-part"),
        (flags.file_limit_exceeded, "file-limit"),
        (flags.unmatched_boundary == 1, "unmatched"),
    ] {
        words.extend(set.then(|| name.to_owned()));
    }
    let strict = words.iter().any(|word| !word.contains('=') && word != "unmatched") || read.fault.is_some();
    assert_eq!(read.strict_error(), strict, "{words:?}");
    words.extend(read.fault.map(|fault| format!("! {}", fault.what)));
    words.join(" ")
}

#[track_caller]
fn check(body: &str, what: &str) {
    assert_eq!(found(HEADER, body), what, "{body:?}");
}

/// One part with these headers and the value `v`.
#[track_caller]
fn check_part(headers: &str, what: &str) {
    check(&format!("--bnd\n{headers}\n\nv\n--bnd--\n"), what);
}

#[track_caller]
fn check_header(header: &str, what: &str) {
    assert_eq!(found(header, "--bnd\nContent-Disposition: form-data; name=a\n\nv\n--bnd--\n"), what, "{header:?}");
}

const A: &str = "--bnd\nContent-Disposition: form-data; name=\"a\"\n\nv\n";
const F: &str = "--bnd\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\nContent-Type: text/plain\n\n1\n2\n";
const END: &str = "--bnd--\n";

#[test]
fn parts_are_read() {
    check("", "");
    check(&format!("{A}{END}"), "a=v");
    check(&format!("{A}{F}{A}{END}"), r"a=v f(x)=1\r\n2 a=v");
    check(&format!("{A}--bnd--"), "a=v");
    check(&format!("{}{END}", A.replace('v', "")), "a=");
    check(&format!("{}{END}", A.replace('v', "\n")), r"a=\r\n");
    check(&format!("{}{END}", A.replace('v', "1\n2|3\r")), r"a=1\r\n2\n3\r");
    check(&format!("{}{END}", A.replace('v', "1\u{0}2")), r"a=1\x002");
    check(&format!("{}{END}", F.replace("\"x\"", "\"\"")), r"f=1\r\n2");
}

#[test]
fn files_and_sizes_are_counted() {
    let body = format!("{A}{F}{END}").replace('\n', "\r\n");
    let read = read(HEADER.as_bytes(), body.as_bytes(), LIMITS);
    assert_eq!(read.files_combined_size(), 4);
    let headers: Vec<_> = read.parts.iter().map(|part| part.headers.len()).collect();
    assert_eq!(headers, [1, 2]);
    assert_eq!(&read.parts[1].headers[1][..], b"Content-Type: text/plain");
    assert_eq!((read.names.concat(), read.filenames.concat()), (b"af".to_vec(), b"x".to_vec()));
    // Headers with their ends of line, and the one argument.
    assert_eq!(read.plain_bytes, 42 + 2 + 1 + 56 + 26 + 2);
    assert_eq!(read.flags.unmatched_boundary, 2);
}

#[test]
fn what_is_before_and_behind_is_flagged() {
    check(&format!("x\n{A}{END}"), "a=v data-before");
    check(&format!("\n{A}{END}"), "a=v data-before");
    check(&format!("{A}{END}\n"), "a=v data-after");
    check(&format!("{A}{END}{A}"), "a=v data-after");
    check(&format!("{END}{A}{END}"), "data-after");
}

#[test]
fn line_feeds_alone_are_flagged() {
    check(&format!("{A}{END}").replace('\n', "|"), "a=v lf");
    check(&format!("{A}--bnd--|"), "a=v lf mixed");
    check(&format!("{}{END}", A.replace("v\n", "v|")), "a=v lf mixed");
    check(&format!("{}--bnd--", A.replace("v\n", "v|")), "a=v lf mixed");
    check(&format!("{}{END}", A.replace("\n\n", "|\n")), "a=v lf mixed");
}

#[test]
fn what_looks_like_a_boundary_is_flagged() {
    check(&format!("{}--bnd--", A.replace('v', "--other")), "a=--other unmatched");
    check(&format!("{}--bnd--", A.replace('v', "x--bnd")), "a=x--bnd unmatched");
    check(&format!("{}--bnd--", A.replace('v', "--")), "a=-- unmatched");
    check(&format!("{}--bnd--", A.replace('v', "-")), "a=-");
    // As ModSecurity counts, a boundary that matches resets the flag.
    check(&format!("{}{END}", A.replace('v', "--other")), "a=--other");
}

#[test]
fn a_broken_boundary_is_a_fault_and_the_rest_is_the_value() {
    let rest = r"\r\n--bnd--";
    check(
        &format!("{}{END}", A.replace('v', "1\n--bndx")),
        &format!(r"a=1\r\n--bndx{rest} ! something behind a boundary"),
    );
    check(
        &format!("{}{END}", A.replace('v', "1\n--bnd ")),
        &format!(r"a=1\r\n--bnd {rest} ! something behind a boundary"),
    );
    check(&format!("{}{END}", A.replace('v', "--\tbnd")), &format!(r"a=--\tbnd{rest} ! white space before a boundary"));
    assert_eq!(
        found("multipart/form-data; boundary=\"bnd\"", &A.replace('v', "--\"bnd\"")),
        "a=--\\\"bnd\\\" boundary-quoted ! a boundary in quotes"
    );
    check(A, "a=v ! no last boundary");
    check(&format!("{A}--bnd"), r"a=v\r\n--bnd ! no last boundary");
    check("x", "! no boundary");
    check("--bnd--", "! no boundary");
}

#[test]
fn a_boundary_where_a_value_should_begin_is_flagged() {
    check(&A.replace("v\n", END), "a=--bnd-- invalid-part ! no last boundary");
    check(&A.replace("v\n", "--bnd--"), "a= invalid-part");
    check("--bnd\nX: y\n--bnd--", "= invalid-part ! a part without an end of its headers");
    check("--bnd--\n", "");
}

#[test]
fn headers_are_read() {
    check_part("content-disposition:form-data;name=a\nX:\nX-Y: a:b", "a=v");
    check_part("Content-Disposition: form-data;\n name=a", "a=v folding");
    check_part("Content-Disposition: form-data;\n\t name=a", "a=v folding");
    check_part("Content-Disposition: form-data;\n\u{b}name=a", "a=v folding invalid-folding");
    check_part("Content-Disposition: form-data; name='a'", "a=v quoting");
    let body = "--bnd\r\nContent-Disposition: form-data; name=a\r\nX: 1\r\n  2\r\n\t3\r\n\r\nv\r\n--bnd--";
    let read = read(HEADER.as_bytes(), body.as_bytes(), LIMITS);
    assert_eq!(&read.parts[0].headers[1][..], b"X: 1 2 3");
}

#[test]
fn a_broken_header_is_a_fault_and_the_part_is_read() {
    let name = "Content-Disposition: form-data; name=a";
    check_part("X: y", "=v invalid-part ! a part without Content-Disposition");
    check_part("Content-Disposition: x", "=v invalid-part ! a Content-Disposition that cannot be understood");
    check_part(&format!("{name}; name=b"), "a=v ! a Content-Disposition that cannot be understood");
    check_part(&format!(" x\n{name}"), "a=v folding ! a folded line before any part header");
    check_part(&format!("{name}\nX"), "a=v ! a part header without a colon");
    check_part(&format!("{name}\n: x"), "a=v ! a part header without a name");
    check_part(&format!("{name}\nX y: z"), "a=v ! a part header whose name has a character that is not allowed");
    check_part(&format!("\u{e}X: z\n{name}"), "a=v ! a part header whose name has a character that is not allowed");
    check_part(&format!("{name}\nX: \u{0}"), "a=v ! a null byte in a part header");
    check_part(&format!("{name}\n{name}"), "a=v ! a part header of the same name");
    check_part(&format!("{name}\nX: {}", "y".repeat(4091)), "a=v");
    check_part(&format!("{name}\nX: {}", "y".repeat(4092)), "a=v ! a part header that is too long");
    check_part(&format!("{name}\nX: y{}", "\n y".repeat(3000)), "a=v folding ! a part header that is too long");
    let many: String = (0..HEADERS).map(|number| format!("\nX-{number}: y")).collect();
    check_part(&format!("{name}{many}"), "a=v ! too many part headers");
}

#[test]
fn a_header_with_a_bad_name_is_shown_to_rules() {
    let body = "--bnd\r\n\x0eX: y\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--bnd--";
    let read = read(HEADER.as_bytes(), body.as_bytes(), LIMITS);
    assert_eq!(&read.parts[0].headers[0][..], b"\x0eX: y");
}

#[test]
fn what_is_over_a_limit_is_a_fault() {
    check(&format!("{F}{F}{F}{END}").replace("1\n2", "1"), "f(x)=1 f(x)=1 f(x)=1 file-limit ! too many files");
    check(&format!("{}{END}", A.repeat(4)), "a=v a=v a=v a=v");
    check(&format!("{}{END}", A.repeat(5)), "a=v a=v a=v a=v ! too many parts");
}

#[test]
fn the_boundary_is_found_in_the_header() {
    check_header(HEADER, "a=v");
    check_header("Multipart/Form-Data;boundary=bnd", "a=v");
    check_header("multipart/form-data boundary=bnd", "a=v missing-semicolon");
    check_header("multipart/form-data; boundary=\"bnd\"", "a=v boundary-quoted");
    check_header("multipart/form-data; boundary =bnd", "a=v boundary-whitespace");
    check_header("multipart/form-data; boundary=bnd; charset=utf-8", "a=v");
    check_header("multipart/form-data; boundary=bn", "! something behind a boundary");
    check_header("multipart/form-data; boundary= bnd", "boundary-whitespace data-before unmatched ! no boundary");
}

#[test]
fn a_header_that_another_reader_could_read_in_another_way_is_a_fault() {
    for (header, what) in [
        ("", "a Content-Type that is not multipart/form-data"),
        ("multipart/mixed; boundary=bnd", "a Content-Type that is not multipart/form-data"),
        ("multipart/form-data", "no boundary in Content-Type"),
        ("multipart/form-data; Boundary=bnd", "no boundary in Content-Type"),
        ("multipart/form-data; boundary", "a boundary without a value in Content-Type"),
        ("multipart/form-data; boundary=", "an empty boundary in Content-Type"),
        ("multipart/form-data; boundary=\"\"", "an empty boundary in Content-Type"),
        ("multipart/form-data; boundary=;bnd", "an empty boundary in Content-Type"),
        ("multipart/form-data; boundary=\"bnd", "a boundary with one quote in Content-Type"),
        ("multipart/form-data; boundary=\"bnd\"; x=y", "a boundary with one quote in Content-Type"),
        ("multipart/form-data; boundary=bnd ", "a boundary that ends in a space in Content-Type"),
        ("multipart/form-data; boundary=b@d", "a boundary with a character that is not allowed in Content-Type"),
        ("multipart/form-data; boundary=bnd; boundary=x", "several boundaries in Content-Type"),
        ("multipart/form-data; boundary=boundary=x", "several boundaries in Content-Type"),
        ("multipart/form-data; boundaryx=bnd", "a parameter of another name in Content-Type"),
        ("multipart/form-data; charset=x; boundary=bnd", "something before the boundary in Content-Type"),
        ("multipart/form-data;; boundary=bnd", "something before the boundary in Content-Type"),
    ] {
        let read = read(header.as_bytes(), b"x", LIMITS);
        assert_eq!(read.fault, Some(Fault { at: 0, what }), "{header:?}");
    }
    let long = format!("{HEADER}; x={}", "y".repeat(1024));
    assert!(read(long.as_bytes(), b"x", LIMITS).fault.is_some());
}
