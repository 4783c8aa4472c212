//! Whatever a body has in it: no reader panics, takes long, or hands out more than it was allowed.
#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use verdict_seclang::body::{cookies, decompress, json, multipart, urlencoded, xml};

/// Members of whatever is collected.
const MOST: usize = 50;
/// Bytes of whatever is made.
const BYTES: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let begun = Instant::now();
    let (which, body) = data.split_first().unwrap_or((&0, &[]));
    match which % 6 {
        0 => {
            let read = urlencoded::arguments(body, b'&', MOST);
            assert!(read.pairs.len() <= MOST);
            assert!(read.pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= body.len());
        }
        1 => {
            let pairs = cookies::read(body, MOST);
            assert!(pairs.len() <= MOST);
            assert!(pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= body.len());
        }
        2 => {
            let read = json::arguments(body, json::Limits { depth: 20, arguments: MOST, bytes: BYTES });
            assert!(read.pairs.len() <= MOST);
            let made = read.pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
            assert!(made <= BYTES + 2 * body.len(), "{made} bytes");
            assert!(read.fault.is_none_or(|fault| fault.at <= body.len()));
        }
        3 => {
            let read = xml::read(body, xml::Limits { depth: 20, attributes: MOST });
            assert!(read.attributes.len() <= MOST);
            // Every reference that is understood is longer than what it stands for.
            let made = read.text.len() + read.attributes.iter().map(Vec::len).sum::<usize>();
            assert!(made <= body.len(), "{made} bytes");
            assert!(read.fault.is_none_or(|fault| fault.at <= body.len()));
        }
        4 => {
            // The first line is the header.
            let end = body.iter().position(|byte| *byte == b'\n').unwrap_or(body.len());
            let (header, body) = body.split_at(end);
            let body = body.get(1..).unwrap_or_default();
            let read = multipart::read(header, body, multipart::Limits { parts: MOST, files: 10 });
            assert!(read.parts.len() <= MOST);
            assert!(read.parts.iter().filter(|part| part.is_file()).count() <= 10);
            assert!(read.parts.iter().map(|part| part.value.len() + part.name.len()).sum::<usize>() <= body.len());
            assert!(read.names.iter().chain(&read.filenames).map(Vec::len).sum::<usize>() <= body.len());
            assert!(read.fault.is_none_or(|fault| fault.at <= body.len()));
        }
        _ => {
            let codings: [&[u8]; 6] = [b"gzip", b"deflate", b"br", b"gzip, deflate", b"br, br, br", b"x-gzip"];
            let (which, body) = body.split_first().unwrap_or((&0, &[]));
            let coding = codings[usize::from(*which) % codings.len()];
            if let Ok(made) = decompress::decode(coding, body, BYTES) {
                assert!(made.len() <= BYTES, "{} bytes", made.len());
            }
        }
    }
    assert!(begun.elapsed().as_secs() < 2, "it took {:?}", begun.elapsed());
});
