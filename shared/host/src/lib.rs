//! Turns a policy into a proxy-wasm filter: the only crate that talks to the proxy. Empty outside a module.
#![cfg(target_os = "wasi")]

use std::alloc::{Layout, alloc};
use std::ptr::null_mut;

mod abi;
mod module;
mod protobuf;
mod proxy;

#[doc(hidden)]
pub use module::Module;
#[doc(hidden)]
pub use verdict_policy::contract::Policy;
#[doc(hidden)]
pub use verdict_policy::host::Side;

/// Memory for what the host returns. The module owns it from then on.
#[doc(hidden)]
pub fn allocate(size: usize) -> *mut u8 {
    match Layout::array::<u8>(size) {
        // SAFETY: the size is not 0. Whoever asks for more than there is gets null, and has nothing to write to.
        Ok(layout) if size > 0 => unsafe { alloc(layout) },
        Ok(_) | Err(_) => null_mut(),
    }
}

/// Makes a module of the crate: it exports what the proxy calls (proxy-wasm ABI 0.2.1), and runs this policy.
///
/// ```ignore
/// #[cfg(target_os = "wasi")]
/// verdict_host::export!(IpAllowlist);
/// ```
///
/// The proxy calls whatever is exported, and each call costs: behind `, reads bodies` stands what only a policy needs that says so
/// ([`verdict_policy::contract::Policy::READS_BODIES`]). The body of a request is told to all of them: Envoy asks the filter that holds
/// a head about the body as well, and takes a module without that callback for one that lets both go on.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        $crate::export!(@module $policy, false {});
    };
    ($policy:ty, reads bodies) => {
        $crate::export!(@module $policy, true {
            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_response_body(context: u32, size: usize, end: bool) -> u32 {
                MODULE.with(|module| module.on_body(context, Side::Response, size, end))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_response_trailers(context: u32, _count: usize) -> u32 {
                MODULE.with(|module| module.on_trailers(context, Side::Response))
            }
        });
    };
    (@module $policy:ty, $reads_bodies:literal { $($more:item)* }) => {
        const _: () = {
            use ::std::mem::ManuallyDrop;
            use $crate::{Module, Side};

            ::std::assert!(
                <$policy as $crate::Policy>::READS_BODIES == $reads_bodies,
                "a policy that reads bodies, and no other, is exported with `, reads bodies`"
            );

            ::std::thread_local! {
                // Never dropped: a module ends with its memory.
                static MODULE: ManuallyDrop<Module<$policy>> = const { ManuallyDrop::new(Module::new()) };
            }

            unsafe extern "C" {
                fn __wasm_call_ctors();
            }

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                // SAFETY: the linker makes it, and the host calls `_initialize` once, before anything else.
                unsafe { __wasm_call_ctors() }
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_abi_version_0_2_1() {}

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
                $crate::allocate(size)
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
                MODULE.with(|module| module.on_context_create(context, parent));
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_configure(context: u32, _size: usize) -> bool {
                MODULE.with(|module| module.on_configure(context))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_tick(context: u32) {
                MODULE.with(|module| module.on_tick(context));
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_http_call_response(
                context: u32,
                token: u32,
                _headers: usize,
                body_size: usize,
                _trailers: usize,
            ) {
                MODULE.with(|module| module.on_call_reply(context, token, body_size));
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_request_headers(context: u32, _count: usize, end: bool) -> u32 {
                MODULE.with(|module| module.on_head(context, Side::Request, end))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_request_body(context: u32, size: usize, end: bool) -> u32 {
                MODULE.with(|module| module.on_body(context, Side::Request, size, end))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_request_trailers(context: u32, _count: usize) -> u32 {
                MODULE.with(|module| module.on_trailers(context, Side::Request))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_response_headers(context: u32, _count: usize, end: bool) -> u32 {
                MODULE.with(|module| module.on_head(context, Side::Response, end))
            }

            // None of `proxy_on_done`, `proxy_on_log` and `proxy_on_delete`: each costs every request a call, to say that it is over.
            $($more)*
        };
    };
}
