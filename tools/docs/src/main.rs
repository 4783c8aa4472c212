//! Writes the generated pages of the reference: `cargo run -p verdict-docs`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match verdict_docs::write(&root) {
        Ok(changed) if changed.is_empty() => println!("The reference is up to date."),
        Ok(changed) => changed.iter().for_each(|path| println!("wrote {path}")),
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
