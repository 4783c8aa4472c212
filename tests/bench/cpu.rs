//! The CPU time of a process.

use verdict_gateway::{Error, Result};

/// CPU time of all threads of a process so far. `/proc/<pid>/stat` has it in steps of 10 ms, which is too coarse for a short turn.
///
/// # Errors
/// Where there is no such process.
pub fn nanoseconds(pid: u32) -> Result<u64> {
    let unreadable = |error: &dyn std::fmt::Display| Error::new(format!("the CPU time of Envoy: {error}"));
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| unreadable(&error))? {
        let path = task.map_err(|error| unreadable(&error))?.path().join("schedstat");
        // A thread may end meanwhile.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        total += text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total)
}
