//! A database in MaxMind's format (version 2.0) with a few IPv4 addresses: as little of it as Envoy's geoip filter reads.

use std::net::Ipv4Addr;

/// A value of the data section.
pub(crate) enum Data {
    Text(&'static str),
    /// An unsigned number, by the number of its type.
    Number(Type, u64),
    Map(Vec<(&'static str, Data)>),
    List(Vec<Data>),
}

/// Types of unsigned numbers, with their numbers in the format.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    U16 = 5,
    U32 = 6,
    U64 = 9,
}

/// Where the children of a node of the search tree lead.
#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    /// This far into the data section.
    Data(usize),
}

/// Zero bytes between the tree and the data.
const SEPARATOR: usize = 16;

/// The bytes of a database of that kind, in which each address has its data.
pub(crate) fn database(kind: &'static str, addresses: Vec<(Ipv4Addr, Data)>) -> Vec<u8> {
    let mut nodes = vec![[Record::Nothing; 2]];
    let mut data = Vec::new();
    for (address, value) in addresses {
        let bits: Vec<usize> = (0..32).rev().map(|shift| (u32::from(address) >> shift & 1) as usize).collect();
        let (last, path) = bits.split_last().unwrap();
        let mut at = 0;
        for bit in path {
            at = match nodes[at][*bit] {
                Record::Node(next) => next,
                Record::Nothing | Record::Data(_) => {
                    nodes.push([Record::Nothing; 2]);
                    let next = nodes.len() - 1;
                    nodes[at][*bit] = Record::Node(next);
                    next
                }
            };
        }
        nodes[at][*last] = Record::Data(data.len());
        write(&mut data, &value);
    }
    let count = nodes.len();
    let mut bytes = Vec::new();
    for record in nodes.iter().flatten() {
        let value = match record {
            Record::Nothing => count,
            Record::Node(node) => *node,
            Record::Data(offset) => count + SEPARATOR + offset,
        };
        // Records of 24 bits.
        bytes.extend(&u32::try_from(value).unwrap().to_be_bytes()[1..]);
    }
    bytes.extend([0; SEPARATOR]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Data::Map(vec![
        ("binary_format_major_version", Data::Number(Type::U16, 2)),
        ("binary_format_minor_version", Data::Number(Type::U16, 0)),
        ("build_epoch", Data::Number(Type::U64, 1_700_000_000)),
        ("database_type", Data::Text(kind)),
        ("description", Data::Map(vec![("en", Data::Text("for a test"))])),
        ("ip_version", Data::Number(Type::U16, 4)),
        ("languages", Data::List(vec![Data::Text("en")])),
        ("node_count", Data::Number(Type::U32, count as u64)),
        ("record_size", Data::Number(Type::U16, 24)),
    ]);
    write(&mut bytes, &metadata);
    bytes
}

fn write(out: &mut Vec<u8>, data: &Data) {
    match data {
        Data::Text(text) => {
            control(out, 2, text.len());
            out.extend(text.as_bytes());
        }
        Data::Number(kind, number) => {
            let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            control(out, *kind as u8, bytes.len());
            out.extend(bytes);
        }
        Data::Map(pairs) => {
            control(out, 7, pairs.len());
            for (key, value) in pairs {
                write(out, &Data::Text(key));
                write(out, value);
            }
        }
        Data::List(values) => {
            control(out, 11, values.len());
            values.iter().for_each(|value| write(out, value));
        }
    }
}

/// The byte or two that tell type and size; sizes of 29 and more are not needed here.
fn control(out: &mut Vec<u8>, kind: u8, size: usize) {
    let size = u8::try_from(size).unwrap();
    assert!(size < 29);
    if kind < 8 { out.push(kind << 5 | size) } else { out.extend([size, kind - 7]) }
}
