//! Tables of entries: what each stands for, or what its error says.

use super::*;

fn check(written: &str, expected: Result<&str, &str>) {
    let found = Entry::parse(written.as_bytes());
    let found = found.map(|entry| {
        let blocks: Vec<String> = entry.blocks().map(|block| block.to_string()).collect();
        blocks.join(" ")
    });
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected, "{written:?}");
}

#[test]
fn an_entry_stands_for_its_addresses() {
    for (written, blocks) in [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        (" 10.0.0.1\t", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::/0", "::/0"),
        ("::1/128", "::1"),
        ("10.0.0.1-10.0.0.1", "10.0.0.1"),
        ("10.0.0.0-10.0.0.255", "10.0.0.0/24"),
        ("10.0.0.1 - 10.0.0.9", "10.0.0.1-10.0.0.9"),
        ("2001:db8::1-2001:db8::ff", "2001:db8::1-2001:db8::ff"),
        ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
        ("any", "0.0.0.0/0 ::/0"),
    ] {
        check(written, Ok(blocks));
    }
}

#[test]
fn ipv4_in_its_ipv6_form_is_ipv4() {
    for (written, block) in [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:a00:1", "10.0.0.1"),
        ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:10.0.0.1/128", "10.0.0.1"),
        ("::ffff:10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
        // The deprecated "compatible" form (RFC 4291 section 2.5.5.1) is an IPv6 address like any other.
        ("::10.0.0.1", "::a00:1"),
    ] {
        check(written, Ok(block));
    }
}

#[test]
fn an_error_names_the_remedy() {
    for (written, message) in [
        ("10.0.0.1/8", "10.0.0.1/8 has host bits set; write 10.0.0.0/8"),
        ("2001:db8::1/32", "2001:db8::1/32 has host bits set; write 2001:db8::/32"),
        ("::ffff:10.0.0.1/104", "::ffff:10.0.0.1/104 has host bits set; write 10.0.0.0/8"),
        ("10.0.0.9-10.0.0.1", "10.0.0.9-10.0.0.1 runs backwards; write 10.0.0.1-10.0.0.9"),
        ("::2-::1", "::2-::1 runs backwards; write ::1-::2"),
        ("10.0.0.1-::1", "10.0.0.1-::1 has an IPv4 end and an IPv6 end; write a range for each family"),
        ("::1-10.0.0.1", "::1-10.0.0.1 has an IPv4 end and an IPv6 end; write a range for each family"),
        (
            "010.0.0.1/32",
            "010.0.0.1/32 has a leading zero, which is octal to some programs; write 10.0.0.1 if decimal is meant",
        ),
        ("fe80::1%eth0", "fe80::1%eth0 has a zone; write fe80::1 for the address"),
        ("fe80::1%eth0/64", "fe80::1%eth0/64 has a zone; write fe80::1 for the address"),
        ("[2001:db8::1]", "[2001:db8::1] has brackets; write 2001:db8::1 for the address"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443 has a port; write 2001:db8::1 for the address"),
        ("10.0.0.1:80", "10.0.0.1:80 has a port; write 10.0.0.1 for the address"),
        ("10.0.0.0/33", "10.0.0.0/33 has a prefix that is too long; write a number from 0 to 32 behind the slash"),
        ("::/129", "::/129 has a prefix that is too long; write a number from 0 to 128 behind the slash"),
        ("::/999", "::/999 has a prefix that is too long; write a number from 0 to 128 behind the slash"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0 has a netmask; write 10.0.0.0/8"),
        (
            "::ffff:10.0.0.0/8",
            "::ffff:10.0.0.0/8 is an IPv4 address with an IPv6 prefix under 96; \
             write 10.0.0.0 with the prefix of an IPv4 block, 0 to 32",
        ),
        ("", "the entry is empty; remove it, or write an address or a block, or a range (10.0.0.1-10.0.0.9)"),
        ("  ", "the entry is empty; remove it, or write an address or a block, or a range (10.0.0.1-10.0.0.9)"),
    ] {
        check(written, Err(message));
    }
}

#[test]
fn a_prefix_is_a_plain_number() {
    for written in
        ["10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/00", "10.0.0.0/ 8", "10.0.0.0/1000", "10.0.0.0/x"]
    {
        let fault = Entry::parse(written.as_bytes()).map_err(|error| error.fault());
        assert_eq!(fault, Err(Fault::Text(Text::PrefixUnreadable { longest: 32 })), "{written:?}");
    }
    // A netmask that is none.
    let fault = Entry::parse(b"10.0.0.0/255.0.255.0").map_err(|error| error.fault());
    assert_eq!(fault, Err(Fault::Text(Text::PrefixUnreadable { longest: 32 })));
}

#[test]
fn what_is_no_address_is_refused() {
    for written in [
        "10.0.0",
        "10/8",
        "10.0.0.0.0",
        "256.0.0.1",
        "10.0.0.*",
        "0x0a.0.0.1",
        "167772161",
        "localhost",
        "Any",
        "-",
        "/",
        "/8",
        "10.0.0.1-",
        "-10.0.0.1",
        "10.0.0.0/-8",
        "10.0.0.0/8-10.0.0.1",
        "10.0.0.1,10.0.0.2",
        "10.0.0.1 10.0.0.2",
        "10.0.0.1;",
        ":",
        ":::",
        "2001:db8::1::2",
        "12345::",
        "1:2:3:4:5:6:7:8:9",
        "::ffff:256.0.0.1",
        "+1.0.0.1",
        "1.2.3.4%",
        "%",
        "[",
        "[]",
        "[10.0.0.1",
        "١٠.0.0.1",
        "10.0.0.1\u{0}",
    ] {
        let fault = Entry::parse(written.as_bytes()).map_err(|error| error.fault());
        let expected = if written == "1.2.3.4%" { Text::Zone([1, 2, 3, 4].into()) } else { Text::NotAnAddress };
        assert_eq!(fault, Err(Fault::Text(expected)), "{written:?}");
    }
}

#[test]
fn an_error_repeats_a_bounded_part_of_the_text_escaped() {
    let check = |written: &[u8], start: &str| {
        let message = Entry::parse(written).unwrap_err().to_string();
        assert!(message.starts_with(start), "{message}");
        assert!(message.is_ascii() && message.len() <= SHOWN_MOST, "{message}");
    };
    check(b"\x1b[31m\xff\"", "\\x1b[31m\\xff\\\" is no address; write one");
    check(&[b'1'; 128], &format!("{}... is no address", "1".repeat(64)));
    check(&[b'1'; 129], &format!("{}... is longer than 128 bytes; write one entry only", "1".repeat(64)));
    check(&[0xff; 1_000_000], "\\xff");
}

/// 64 bytes, each escaped to 4, and the sentence.
const SHOWN_MOST: usize = 64 * 4 + 150;
