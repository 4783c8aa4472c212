//! Cases of the XML reader. What is well-formed, and the values, are as libxml2 has them.

use super::*;

const LIMITS: Limits = Limits { depth: 3, attributes: 4 };

#[track_caller]
fn check(document: impl AsRef<[u8]>, text: &str, attributes: &[&str]) {
    let document = document.as_ref();
    let xml = read(document, LIMITS);
    let found: Vec<&str> = xml.attributes.iter().map(|value| str::from_utf8(value).expect("text")).collect();
    let found = (str::from_utf8(&xml.text).expect("text"), found.as_slice(), xml.fault);
    assert_eq!(found, (text, attributes, None), "{:?}", document.escape_ascii());
}

/// `text` is what was read, also of the attributes.
#[track_caller]
fn check_fault(document: impl AsRef<[u8]>, text: &str, what: &'static str) {
    let document = document.as_ref();
    let xml = read(document, LIMITS);
    let found = [&xml.text[..], &xml.attributes.concat()].concat().escape_ascii().to_string();
    assert_eq!(
        (found.as_str(), xml.fault.map(|fault| fault.what)),
        (text, Some(what)),
        "{:?}",
        document.escape_ascii()
    );
}

#[test]
fn text_and_attributes_are_read() {
    check("", "", &[]);
    check("<a/>", "", &[]);
    check("<a></a >", "", &[]);
    check("<?xml version=\"1.0\"?>\n<a x='1'>t<b y=\"2\"> u </b>v</a>\n<!-- c -->", "t u v", &["1", "2"]);
    check("<a><!-- c -->1<?php x ?>2<![CDATA[<3&amp;]]>4</a>", "12<3&amp;4", &[]);
    check("<a>]] ]> ]</a>", "]] ]> ]", &[]);
    check("<a><![CDATA[]]]]></a>", "]]", &[]);
    check("<p:a xmlns:p='u' xmlns='v' p:x='1' é.b-1='2'/>", "", &["1", "2"]);
    check("\u{feff}<?xml version='1.0' encoding='utf-8'?><a>é</a>", "é", &[]);
    check(b"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9'>\xe9</a>", "é", &["é"]);
    check("<a\n x\t=\r\n'1' ></a>", "", &["1"]);
}

#[test]
fn references_are_what_they_stand_for() {
    check("<a b='&lt;&gt;&amp;&apos;&quot;'>&lt;&gt;&amp;&apos;&quot;</a>", "<>&'\"", &["<>&'\""]);
    check("<a b='&#60;&#x3C;'>&#233;&#x1F600;</a>", "é😀", &["<<"]);
    check("<a>&amp;lt;</a>", "&lt;", &[]);
}

#[test]
fn white_space_is_normalized() {
    check("<a>1\r\n2\r3\n4\t</a>", "1\n2\n3\n4\t", &[]);
    check("<a><![CDATA[1\r\n2\r]]></a>", "1\n2\n", &[]);
    check("<a b='1\r\n2\r3\n4\t&#10;'/>", "", &["1 2 3 4 \n"]);
}

#[test]
fn a_document_type_without_declarations_is_passed_over() {
    check("<!DOCTYPE a><a>t</a>", "t", &[]);
    check_fault("<!DOCTYPE a SYSTEM 'x>y'><a>t</a>", "t", "a document type that stands elsewhere");
    check_fault("<!DOCTYPE a PUBLIC '-//x' \"[\"> <a>t</a>", "t", "a document type that stands elsewhere");
    check_fault("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///x'>]><a>&b;</a>", "", "a document type with declarations");
    check_fault("<!DOCTYPE a><!DOCTYPE a><a>t</a>", "t", "a second document type");
    check_fault("<a><!DOCTYPE a></a>", "", "no name");
    check_fault("<!DOCTYPE a", "", "a document type without an end");
}

#[test]
fn an_unknown_entity_is_a_fault_and_the_rest_is_read() {
    check_fault("<a b='1&c;2'>3&nbsp;4</a>", "3412", "an entity that is not predefined");
}

#[test]
fn another_encoding_is_a_fault() {
    check_fault("<?xml version='1.0' encoding='UTF-7'?><a>t</a>", "t", "an encoding other than UTF-8 and ISO-8859-1");
    check_fault(b"<a>\xe9</a>", "\\xe9", "bytes that are not in the encoding of the document");
    check_fault("<\0a\0/\0>\0", "", "no name");
    check_fault(b"\xff\xfe<\0a\0/\0>\0", "", "bytes that are not in the encoding of the document");
}

#[test]
fn what_is_not_well_formed_is_a_fault_and_what_was_read_stays() {
    check_fault(" ", "", "no root element");
    check_fault("x<a/>", "", "no root element");
    check_fault("<a/>x", "", "something behind the root element");
    check_fault("<a/><b/>", "", "something behind the root element");
    check_fault("<a>t", "t", "an element without an end");
    check_fault("<a>t</b>", "t", "the end of another element");
    check_fault("<a>t</a", "t", "the end of another element");
    check_fault("</a>", "", "no name");
    check_fault("<1/>", "", "no name");
    check_fault("<a x='1'y='2'/>", "1", "no space before an attribute");
    check_fault("<a x=1/>", "", "the value of an attribute without quotes");
    check_fault("<a x/>", "", "an attribute without a value");
    check_fault("<a x='1", "", "the value of an attribute without an end");
    check_fault("<a x='<'/>", "", "a `<` in the value of an attribute");
    check_fault("<a x='1' y='3' x='2'/>", "132", "two attributes of the same name");
    check_fault("<a>t]]></a>", "t", "the end of a CDATA section without its start");
    check_fault("<a><![CDATA[t</a>", "", "a CDATA section without an end");
    check_fault("<a><!-- t", "", "a comment without an end");
    check_fault("<a><!-- -- --></a>", "", "two hyphens in a comment");
    check_fault("<a><?p", "", "an instruction without an end");
    check_fault("<a><?xml version='1.0'?></a>", "", "an instruction without a name of its own");
    check_fault(" <?xml version='1.0'?><a/>", "", "an instruction without a name of its own");
    check_fault("<a>t&</a>", "t", "no name");
    check_fault("<a>t&lt</a>", "t", "a reference that is none");
    for reference in ["&#0;", "&#;", "&#x;", "&#xd800;", "&#xffff;", "&#99999999999;", "&#65"] {
        check_fault(format!("<a>t{reference}</a>"), "t", "a reference that is none");
    }
    for place in ["<a>\x01</a>", "<a b='\x01'/>", "<a><!--\x01--></a>", "<a><![CDATA[\x01]]></a>"] {
        check_fault(place, "", "a character that XML does not have");
    }
}

#[test]
fn what_is_over_a_limit_is_a_fault() {
    check("<a><a><a/></a></a>", "", &[]);
    check_fault("<a><a><a>t<a>", "t", "too many elements inside of each other");
    check_fault("<a b='1' c='2' d='3' e='4'>t<a b='5'/></a>", "t1234", "too many attributes");
}

#[test]
fn depth_costs_no_stack() {
    let xml = read("<a>".repeat(300_000).as_bytes(), Limits { depth: usize::MAX, attributes: 0 });
    assert_eq!(xml.fault.map(|fault| fault.at), Some(900_000));
}
