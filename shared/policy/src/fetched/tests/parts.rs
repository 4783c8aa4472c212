//! Long documents: what is asked for, part by part, and what comes of each answer.

use super::*;

/// Puts the parts together, one byte a step.
struct Gatherer {
    waiting: Vec<u8>,
    gathered: Vec<u8>,
    last: bool,
}

impl Reader for Gatherer {
    type Document = String;
    type Fault = &'static str;

    fn begin(_: Option<&String>) -> Self {
        Self { waiting: Vec::new(), gathered: Vec::new(), last: false }
    }

    fn take(&mut self, part: Vec<u8>, last: bool) {
        assert!(self.waiting.is_empty(), "a part comes when it is asked for");
        self.waiting = part;
        self.last = last;
    }

    fn step(&mut self) -> Progress<Self> {
        if !self.waiting.is_empty() {
            self.gathered.push(self.waiting.remove(0));
            return Progress::Working;
        }
        match (self.last, std::mem::take(&mut self.gathered)) {
            (false, gathered) => {
                self.gathered = gathered;
                Progress::Hungry
            }
            (true, gathered) if gathered.starts_with(b"bad") => Progress::Failed("it is bad"),
            (true, gathered) => Progress::Done(String::from_utf8(gathered).unwrap()),
        }
    }

    fn note(document: &String) -> Option<String> {
        document.starts_with("odd").then(|| "it is odd".to_owned())
    }
}

/// Status, headers and body of an answer.
type Answered = (u16, &'static [(&'static str, &'static str)], &'static str);

/// One line: the second, the answer to the last call (none: only time passes), what is done then until there is nothing left to do, and what is
/// served.
type Line = (u64, Option<Answered>, &'static str, &'static str);

const RANGE: &str = "content-range";

/// A document of 15 bytes begins, and ends.
const BEGINS: Option<Answered> = Some((206, &[("etag", "\"1\""), (RANGE, "bytes 0-9/15")], "0123456789"));
const ENDS: Option<Answered> = Some((206, &[("etag", "\"1\""), (RANGE, "bytes 10-14/15")], "abcde"));

/// What is done until there is nothing left to do: calls with their conditions and ranges, notes, and who need wait no longer.
fn work(long: &mut Long<Gatherer>, last: &mut CallId, now: Now) -> String {
    let mut done = Vec::new();
    loop {
        match long.next(now) {
            Next::Call(call) => {
                *last = call.id;
                let said = ["if-none-match", "if-match", "range"].map(|name| header(&call, name));
                let said = ["unless ", "if ", ""]
                    .into_iter()
                    .zip(said)
                    .filter_map(|(word, said)| Some(format!("{word}{}", said?)));
                done.push(format!("call {}", said.collect::<Vec<_>>().join(" ")).trim_end().to_owned());
            }
            Next::Note(note) => done.push(note),
            Next::Ready(call) => done.push(format!("ready {}", call.0)),
            Next::Busy => {}
            Next::Sleep(_) => return done.join("; "),
        }
    }
}

fn run(script: &[Line]) {
    let mut long = Long::<Gatherer>::new(source(), "list", 0, "text/plain");
    long.document.part = Some(10);
    let mut last = CallId(0);
    for line @ (seconds, answer, expected, served) in script {
        let now = at(seconds * 1000);
        if let Some((status, headers, body)) = answer {
            let reply = Reply {
                status: *status,
                head: Head::from_pairs(headers.iter().copied()),
                body: body.as_bytes().to_vec(),
            };
            long.on_reply(last, Ok(reply), now);
        }
        assert_eq!(work(&mut long, &mut last, now), *expected, "{line:?}");
        assert_eq!(long.document.value(now).map_or("-", String::as_str), *served, "{line:?}");
    }
}

#[test]
fn a_document_comes_in_parts_of_one_state() {
    run(&[
        (0, None, "call bytes=0-9", "-"),
        (0, BEGINS, "call if \"1\" bytes=10-19", "-"),
        // Each part has the time of a fetch.
        (6, None, "", "-"),
        (6, ENDS, "ready 0", "0123456789abcde"),
        (120, None, "call unless \"1\" bytes=0-9", "0123456789abcde"),
        (120, Some((304, &[], "")), "ready 1", "0123456789abcde"),
        // One that is short comes with its first part, and needs no strong ETag.
        (240, None, "call unless \"1\" bytes=0-9", "0123456789abcde"),
        (240, Some((206, &[("etag", "W/\"2\""), (RANGE, "bytes 0-2/3")], "odd")), "`list`: it is odd; ready 2", "odd"),
        (360, None, "call unless W/\"2\" bytes=0-9", "odd"),
        (
            360,
            Some((206, &[(RANGE, "bytes 0-2/3")], "bad")),
            "`list`: fetch from `c` failed (1 in a row), the document cannot be used, it is bad; the document of 120 s ago serves on; ready 3",
            "odd",
        ),
    ]);
}

#[test]
fn a_source_that_serves_no_parts_is_taken_as_it_is() {
    run(&[
        (0, None, "call bytes=0-9", "-"),
        (0, Some((200, &[("etag", "\"1\"")], "0123456789abcde")), "ready 0", "0123456789abcde"),
        (120, None, "call unless \"1\" bytes=0-9", "0123456789abcde"),
    ]);
}

#[test]
fn where_nothing_tells_whether_parts_fit_all_of_it_is_asked_for_at_once() {
    for etag in [
        &[("etag", "W/\"1\""), (RANGE, "bytes 0-9/15")][..],
        &[(RANGE, "bytes 0-9/15")],
        &[("etag", "no"), (RANGE, "bytes 0-9/15")],
    ] {
        run(&[
            (0, None, "call bytes=0-9", "-"),
            (0, Some((206, etag, "0123456789")), "call", "-"),
            (0, Some((200, &[], "0123456789abcde")), "ready 0", "0123456789abcde"),
            (120, None, "call", "0123456789abcde"),
        ]);
    }
}

#[test]
fn parts_of_two_states_are_never_put_together() {
    let answers: &[Answered] = &[
        (412, &[], ""),
        (416, &[(RANGE, "bytes */5")], ""),
        (200, &[("etag", "\"1\"")], "0123456789abcde"),
        (206, &[("etag", "\"2\""), (RANGE, "bytes 10-14/15")], "abcde"),
        (206, &[(RANGE, "bytes 10-14/15")], "abcde"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 10-14/20")], "abcde"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 9-13/15")], "abcde"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 10-14/15")], "abcd"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 10-9/15")], ""),
        (206, &[("etag", "\"1\"")], "abcde"),
    ];
    for answer in answers {
        run(&[
            (0, None, "call bytes=0-9", "-"),
            (0, BEGINS, "call if \"1\" bytes=10-19", "-"),
            // From its beginning, in the same fetch.
            (0, Some(*answer), "call bytes=0-9", "-"),
            (0, Some((206, &[("etag", "\"2\""), (RANGE, "bytes 0-4/5")], "abcde")), "ready 0", "abcde"),
        ]);
    }
}

#[test]
fn a_document_that_changes_again_and_again_is_asked_for_whole() {
    const CHANGED: Option<Answered> = Some((412, &[], ""));
    run(&[
        (0, None, "call bytes=0-9", "-"),
        (0, BEGINS, "call if \"1\" bytes=10-19", "-"),
        (0, CHANGED, "call bytes=0-9", "-"),
        (0, BEGINS, "call if \"1\" bytes=10-19", "-"),
        (0, CHANGED, "call bytes=0-9", "-"),
        (0, BEGINS, "call if \"1\" bytes=10-19", "-"),
        (0, CHANGED, "call", "-"),
        (0, Some((200, &[("etag", "\"2\"")], "whole")), "ready 0", "whole"),
        // The next time it is tried in parts again, once.
        (120, None, "call unless \"2\" bytes=0-9", "whole"),
        (120, BEGINS, "call if \"1\" bytes=10-19", "whole"),
        (120, CHANGED, "call unless \"2\"", "whole"),
        (120, Some((200, &[("etag", "\"3\"")], "again")), "ready 1", "again"),
        // When that goes well, it is as at first.
        (240, None, "call unless \"3\" bytes=0-9", "again"),
        (240, BEGINS, "call if \"1\" bytes=10-19", "again"),
        (240, ENDS, "ready 2", "0123456789abcde"),
        (360, None, "call unless \"1\" bytes=0-9", "0123456789abcde"),
        (360, BEGINS, "call if \"1\" bytes=10-19", "0123456789abcde"),
        (360, CHANGED, "call unless \"1\" bytes=0-9", "0123456789abcde"),
    ]);
}

#[test]
fn a_part_that_does_not_come_ends_the_fetch_and_what_came_is_forgotten() {
    let begin: [Line; 2] = [(0, None, "call bytes=0-9", "-"), (0, BEGINS, "call if \"1\" bytes=10-19", "-")];
    let endings: [Line; 2] = [
        (
            7,
            None,
            "`list`: fetch from `c` failed (1 in a row), the proxy lost the call; there is no document; ready 0",
            "-",
        ),
        (
            6,
            Some((503, &[], "")),
            "`list`: fetch from `c` failed (1 in a row), the answer has status 503; there is no document; ready 0",
            "-",
        ),
    ];
    for ending in endings {
        let again: [Line; 2] = [
            (9, None, "call bytes=0-9", "-"),
            (9, Some((200, &[], "new")), "`list`: good again after failures (1 in a row); ready 1", "new"),
        ];
        run(&[&begin[..], &[ending], &again].concat());
    }
}

#[test]
fn where_what_comes_is_no_part_all_of_it_is_asked_for_at_once() {
    let answers: &[Answered] = &[
        (206, &[("etag", "\"1\""), (RANGE, "bytes 1-10/15")], "0123456789"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 0-4/15")], "01234"),
        (206, &[("etag", "\"1\""), (RANGE, "bytes 0-9/*")], "0123456789"),
        (206, &[("etag", "\"1\"")], "0123456789"),
        (416, &[(RANGE, "bytes */0")], ""),
    ];
    for answer in answers {
        run(&[
            (0, None, "call bytes=0-9", "-"),
            (0, Some(*answer), "call", "-"),
            (0, Some((200, &[("etag", "\"1\"")], "whole")), "ready 0", "whole"),
            (120, None, "call unless \"1\"", "whole"),
            // And nobody asked for a part now.
            (
                120,
                Some((206, &[(RANGE, "bytes 0-4/5")], "parts")),
                "`list`: fetch from `c` failed (1 in a row), the answer has status 206; the document of 120 s ago serves on; ready 1",
                "whole",
            ),
        ]);
    }
}

#[test]
fn what_is_too_long_or_empty_is_a_failure() {
    let answers: &[(Answered, &str)] = &[
        ((206, &[("etag", "\"1\""), (RANGE, "bytes 0-9/21")], "0123456789"), "it is too large, raise `max_bytes`"),
        ((206, &[(RANGE, "bytes 0-2/3")], " \r\n"), "the answer is empty"),
    ];
    for (answer, why) in answers {
        let told = format!("`list`: fetch from `c` failed (1 in a row), {why}; there is no document; ready 0");
        run(&[(0, None, "call bytes=0-9", "-"), (0, Some(*answer), told.leak(), "-")]);
    }
}
