//! Reads the filter's part of the configuration: what was written becomes rules that can run, or a problem with its place.

use std::rc::Rc;

use verdict_policy::client_address::{ClientAddress, raw as address};
use verdict_policy::document::{Document, Named};
use verdict_policy::problems::Problems;
use verdict_policy::settings::{self, Show};
use verdict_seclang::language::ast::Switch;
use verdict_seclang::operator::rx::Pool;

use crate::inspection::Reads;
use crate::profile::Profile;
use crate::rule_set::Assembly;
use crate::sources::built_in;
use crate::totals::Totals;
use crate::{Waf, raw};

/// Reads the configuration.
pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<Waf> {
    let (written, _, rules) = settings::read_for::<raw::Settings, raw::Asks>("waf", Show::Opaque, document, problems)?;
    let raw::Settings { include, directives, files: Named(files), client_address } = written?;
    let place = document.place();
    let written_address = client_address.unwrap_or(address::ClientAddress::Envoy);
    let client_address = ClientAddress::read(written_address, &place.key("client_address"), problems);
    if include.is_empty() && directives.is_empty() {
        let known = built_in().join("\"]` or `\"include\": [\"");
        problems.add(place, format!("there are no rules; write `\"include\": [\"{known}\"]`, or `directives`"));
        return None;
    }
    for (name, _) in &files {
        if name.starts_with('@') {
            problems.add(&place.key("files").key(name), "names that begin with @ are built in; choose another");
        }
    }
    let mut assembly = Assembly::new(place, &files, problems);
    assembly.write(&directives);
    let mut index = 0;
    let rules = rules.map(|rule, asks| {
        let profile = Profile::read(asks, rule, index, &mut assembly);
        index += 1;
        Some(Rc::new(profile))
    });
    assembly.include(&include);
    let (engine, mut notes) = assembly.compile()?;
    Pool::of_thread().reserve();
    if engine.settings().engine == Switch::Off {
        notes.push_back("SecRuleEngine is Off: nothing is inspected".to_owned());
    }
    Some(Waf {
        rules: rules?,
        reads: Reads::of(&engine),
        engine,
        client_address: client_address?,
        totals: Totals::default(),
        notes,
    })
}
