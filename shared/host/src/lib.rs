//! Turns a policy into a proxy-wasm filter: the only crate that talks to the proxy. Empty outside a module.
#![cfg(target_os = "wasi")]

mod abi;
mod filter;
mod proxy;

#[doc(hidden)]
pub use proxy_wasm;

#[doc(hidden)]
pub use filter::start;

/// Makes a module of the crate: it exports what the proxy calls, and runs this policy.
///
/// ```ignore
/// #[cfg(target_os = "wasi")]
/// verdict_host::export!(IpAllowlist);
/// ```
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        const _: () = {
            $crate::proxy_wasm::main! {{ $crate::start::<$policy>(); }}
        };
    };
}
