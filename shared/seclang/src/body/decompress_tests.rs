//! Cases of the decoder. The bodies were made with zlib and Google's brotli.

use super::*;

const TEXT: &[u8] = b"hello, hello, hello";
const GZIP: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\0\x9f\xa1\xca\x09\x13\0\0\0";
const ZLIB: &[u8] = b"\x78\x9c\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\0\x44\x28\x06\xd5";
const BARE: &[u8] = b"\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\0";
const BROTLI: &[u8] = b"\x1b\x12\0\xf8\x8d\x94\x6e\xde\x44\x09\x52\x86\x96\x6c\x2c\x6f\x11\x4f\x24\xd0\x71\0";
/// One mebibyte of null bytes.
const BOMB: &[u8] = b"\x5b\xff\xff\x8f\x7f\x02\x20\x1e\x0b\x04\x72\xef\x1f\0";

#[track_caller]
fn check(coding: &str, body: &[u8], expected: Result<&[u8], Unreadable>) {
    let found = decode(coding.as_bytes(), body, 100);
    assert_eq!(found.as_deref().map_err(|error| *error), expected, "{coding:?} {:?}", body.escape_ascii());
}

#[test]
fn each_coding_is_undone() {
    check("", TEXT, Ok(TEXT));
    check("identity", TEXT, Ok(TEXT));
    check("gzip", GZIP, Ok(TEXT));
    check("X-GZip", GZIP, Ok(TEXT));
    check("deflate", ZLIB, Ok(TEXT));
    check("deflate", BARE, Ok(TEXT));
    check("br", BROTLI, Ok(TEXT));
    check("br", b"\x3b", Ok(b""));
    check(" , identity ,gzip\t", GZIP, Ok(TEXT));
    for coding in ["gzip", "deflate", "br", "gzip, br"] {
        check(coding, b"", Ok(b""));
    }
}

#[test]
fn a_body_without_a_coding_is_not_copied() {
    assert!(matches!(decode(b"", TEXT, 100), Ok(Cow::Borrowed(_))));
}

#[test]
fn windows_of_br_are_read_up_to_four_mebibytes() {
    for body in [
        &b"\xa1\x90\0\xc0\x6f\xa4\x74\xf3\x26\x4a\x90\x32\xb4\x64\x63\x79\x8b\x78\x22\x81\x8e\x03"[..],
        b"\x42\x02\0\xbf\x91\xd2\xcd\x9b\x28\x41\xca\xd0\x92\x8d\xe5\x2d\xe2\x89\x04\x3a\x0e",
        b"\x81\x90\0\xc0\x6f\xa4\x74\xf3\x26\x4a\x90\x32\xb4\x64\x63\x79\x8b\x78\x22\x81\x8e\x03",
    ] {
        check("br", body, Ok(TEXT));
    }
    let mut large = BROTLI.to_vec();
    large[0] = 0x1f;
    check("br", &large, Err(Unreadable::Broken));
}

#[test]
fn several_members_of_gzip_are_one_content() {
    check("gzip", &[GZIP, GZIP].concat(), Ok(&[TEXT, TEXT].concat()));
}

#[test]
fn several_codings_are_undone_from_the_last() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(BROTLI).expect("memory");
    let body = gzip.finish().expect("memory");
    check("br, gzip", &body, Ok(TEXT));
    check("gzip, br", &body, Err(Unreadable::Broken));
    check("gzip, gzip, gzip, gzip", GZIP, Err(Unreadable::Broken));
    check("gzip, gzip, gzip, gzip", b"", Err(Unreadable::Coding));
}

#[test]
fn what_is_broken_or_cut_off_is_an_error() {
    for (coding, body) in [("gzip", GZIP), ("deflate", ZLIB), ("deflate", BARE), ("br", BROTLI)] {
        for length in 1..body.len() {
            check(coding, &body[..length], Err(Unreadable::Broken));
        }
        check(coding, &[body, b"x"].concat(), Err(Unreadable::Broken));
        check(coding, TEXT, Err(Unreadable::Broken));
    }
    for (coding, body) in [("gzip", GZIP), ("deflate", ZLIB)] {
        let mut changed = body.to_vec();
        let last = changed.len() - 5;
        changed[last] ^= 1;
        check(coding, &changed, Err(Unreadable::Broken));
    }
}

#[test]
fn an_unknown_coding_is_an_error() {
    check("compress", TEXT, Err(Unreadable::Coding));
    check("gzip, zstd", GZIP, Err(Unreadable::Coding));
    check("gzip;q=1", GZIP, Err(Unreadable::Coding));
}

#[test]
fn more_than_the_bound_is_an_error() {
    assert_eq!(decode(b"br", BOMB, 1 << 20).map(|content| content.len()), Ok(1 << 20));
    assert_eq!(decode(b"br", BOMB, (1 << 20) - 1), Err(Unreadable::TooLarge));
    for (coding, body) in [("", TEXT), ("gzip", GZIP), ("deflate", ZLIB), ("deflate", BARE), ("br", BROTLI)] {
        assert_eq!(decode(coding.as_bytes(), body, TEXT.len()).as_deref(), Ok(TEXT));
        assert_eq!(decode(coding.as_bytes(), body, TEXT.len() - 1), Err(Unreadable::TooLarge), "{coding:?}");
    }
}
