//! The calls of the proxy-wasm ABI (0.2.1) and of WASI (preview 1) that the filter makes, each with every status handled.
//!
//! Declared here, and not taken from an SDK: the one for Rust panics on a status that it does not list, on headers that are not
//! UTF-8 and on a context that it does not know, and a panic is an outage.

use std::ptr::{null, null_mut};

use verdict_policy::head::to_abi;

/// Status 0: done. Every other one means that it was not, and the caller goes on without.
const OK: u32 = 0;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(buffer: u32, start: usize, max: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, key: *const u8, key_size: usize) -> u32;
    fn proxy_replace_header_map_value(map: u32, key: *const u8, key_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_add_header_map_value(map: u32, key: *const u8, key_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u16;
    fn random_get(data: *mut u8, size: usize) -> u16;
}

/// A map of headers or of trailers.
#[derive(Clone, Copy)]
pub(crate) enum Map {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
    ResponseTrailers = 3,
    CallReply = 6,
}

/// A buffer.
#[derive(Clone, Copy)]
pub(crate) enum Buffer {
    RequestBody = 0,
    ResponseBody = 1,
    CallReplyBody = 4,
    Configuration = 7,
}

/// One half of an exchange.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Request = 0,
    Response = 1,
}

/// Bytes that the host allocated in this module, through `proxy_on_memory_allocate`.
struct Returned {
    data: *mut u8,
    size: usize,
}

impl Returned {
    fn new() -> Self {
        Self { data: null_mut(), size: 0 }
    }

    /// Takes them over. Nothing where the status is not OK; no bytes where the host returned none.
    fn take(self, status: u32) -> Option<Vec<u8>> {
        if status != OK {
            return None;
        }
        if self.data.is_null() || self.size == 0 {
            return Some(Vec::new());
        }
        // SAFETY: the host got this memory from `proxy_on_memory_allocate(size)`, which is a `Vec<u8>` of just that capacity, given
        // away whole; nobody else owns it.
        Some(unsafe { Vec::from_raw_parts(self.data, self.size, self.size) })
    }
}

pub(crate) fn log(level: u32, line: &str) {
    // SAFETY: the pointer and the size are those of a live string. A line that the host does not take is lost; nothing can be done.
    let _ = unsafe { proxy_log(level, line.as_ptr(), line.len()) };
}

/// Nanoseconds since 1970; 0 where the host has no clock.
pub(crate) fn wall_clock() -> u64 {
    let mut time = 0;
    // SAFETY: the pointer is that of a live integer.
    let status = unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    if status == OK { time } else { 0 }
}

/// Nanoseconds since some moment; the wall clock where the host has no other.
pub(crate) fn monotonic_clock() -> u64 {
    const MONOTONIC: u32 = 1;
    let mut time = 0;
    // SAFETY: the pointer is that of a live integer.
    let error = unsafe { clock_time_get(MONOTONIC, 0, &raw mut time) };
    if error == 0 { time } else { wall_clock() }
}

/// Fills the bytes. `false` where the host has no randomness.
pub(crate) fn random(bytes: &mut [u8]) -> bool {
    // SAFETY: the pointer and the size are those of a live slice.
    unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) == 0 }
}

pub(crate) fn set_tick_period(milliseconds: u32) {
    // SAFETY: no pointers. Without a tick, waits end with the client's patience; nothing can be done.
    let _ = unsafe { proxy_set_tick_period_milliseconds(milliseconds) };
}

pub(crate) fn buffer(buffer: Buffer, limit: usize) -> Option<Vec<u8>> {
    let mut out = Returned::new();
    // SAFETY: the pointers are those of live variables.
    let status = unsafe { proxy_get_buffer_bytes(buffer as u32, 0, limit, &raw mut out.data, &raw mut out.size) };
    out.take(status)
}

pub(crate) fn header_pairs(map: Map) -> Option<Vec<u8>> {
    let mut out = Returned::new();
    // SAFETY: the pointers are those of live variables.
    let status = unsafe { proxy_get_header_map_pairs(map as u32, &raw mut out.data, &raw mut out.size) };
    out.take(status)
}

pub(crate) fn header(map: Map, name: &str) -> Option<Vec<u8>> {
    let mut out = Returned::new();
    // SAFETY: the pointers are those of live variables, the name's size is its own.
    let status = unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), &raw mut out.data, &raw mut out.size)
    };
    // Some hosts answer OK, and nothing, for a header that is not there.
    if out.data.is_null() { None } else { out.take(status) }
}

pub(crate) fn remove_header(map: Map, name: &str) {
    // SAFETY: the pointer and the size are those of a live string. A header that cannot be removed was not there.
    let _ = unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) };
}

pub(crate) fn set_header(map: Map, name: &str, value: &[u8]) -> bool {
    // SAFETY: pointers and sizes are those of live slices.
    let status =
        unsafe { proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len()) };
    status == OK
}

pub(crate) fn add_header(map: Map, name: &str, value: &[u8]) -> bool {
    // SAFETY: pointers and sizes are those of live slices.
    let status =
        unsafe { proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len()) };
    status == OK
}

/// A property by its path, whose segments are joined by zero bytes.
pub(crate) fn property(path: &str) -> Option<Vec<u8>> {
    let mut out = Returned::new();
    // SAFETY: the pointers are those of live variables, the path's size is its own.
    let status = unsafe { proxy_get_property(path.as_ptr(), path.len(), &raw mut out.data, &raw mut out.size) };
    out.take(status)
}

/// `false` where the host has no filter state, or does not let this be changed.
pub(crate) fn set_property(path: &[u8], value: &[u8]) -> bool {
    // SAFETY: pointers and sizes are those of live slices.
    unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) == OK }
}

pub(crate) fn continue_stream(stream: Stream) {
    // SAFETY: no pointers. A stream that does not go on has gone.
    let _ = unsafe { proxy_continue_stream(stream as u32) };
}

pub(crate) fn close_stream(stream: Stream) {
    // SAFETY: no pointers. A stream that cannot be closed has gone.
    let _ = unsafe { proxy_close_stream(stream as u32) };
}

pub(crate) fn send_response(
    status: u16,
    details: &str,
    headers: &[(String, Vec<u8>)],
    body: &[u8],
    grpc_status: i32,
) -> bool {
    let headers = serialize(headers);
    // SAFETY: pointers and sizes are those of live slices.
    let result = unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            if body.is_empty() { null() } else { body.as_ptr() },
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc_status,
        )
    };
    result == OK
}

fn serialize(pairs: &[(String, Vec<u8>)]) -> Vec<u8> {
    to_abi(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())))
}

/// Makes a call, for the context that is effective. The number that its reply will come under.
pub(crate) fn http_call(
    cluster: &str,
    headers: &[(String, Vec<u8>)],
    body: &[u8],
    timeout_milliseconds: u32,
) -> Option<u32> {
    let headers = serialize(headers);
    let trailers = serialize(&[]);
    let mut token = 0;
    // SAFETY: pointers and sizes are those of live variables.
    let status = unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            if body.is_empty() { null() } else { body.as_ptr() },
            body.len(),
            trailers.as_ptr(),
            trailers.len(),
            timeout_milliseconds,
            &raw mut token,
        )
    };
    (status == OK).then_some(token)
}

/// Calls a function that this host has beyond the ABI. `None` where it does not, or refuses.
pub(crate) fn foreign_function(name: &str, arguments: &[u8]) -> Option<Vec<u8>> {
    let mut out = Returned::new();
    // SAFETY: pointers and sizes are those of live variables.
    let status = unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            arguments.as_ptr(),
            arguments.len(),
            &raw mut out.data,
            &raw mut out.size,
        )
    };
    out.take(status)
}

/// `false` where that context is gone.
pub(crate) fn set_effective_context(context: u32) -> bool {
    // SAFETY: no pointers.
    unsafe { proxy_set_effective_context(context) == OK }
}

pub(crate) fn define_metric(kind: u32, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: pointers and sizes are those of live variables.
    let status = unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

pub(crate) fn increment_metric(id: u32, by: u64) {
    // SAFETY: no pointers. A count that is not taken is lost.
    let _ = unsafe { proxy_increment_metric(id, i64::try_from(by).unwrap_or(i64::MAX)) };
}

pub(crate) fn record_metric(id: u32, value: u64) {
    // SAFETY: no pointers. A value that is not taken is lost.
    let _ = unsafe { proxy_record_metric(id, value) };
}
