//! Inspects requests and responses by the rules of a rule set in SecLang, such as the OWASP Core Rule Set, and says which rule saw what,
//! where, and what the narrowest exception would be.
//!
//! The engine is `verdict-seclang`; here is what a filter adds: where rules come from, profiles, bodies, and the telling.

mod audit;
mod config;
mod exclusion;
mod inspection;
mod mask;
mod profile;
pub mod raw;
mod reasons;
mod refusal;
mod rule_set;
mod score;
mod sources;
mod totals;

use std::collections::VecDeque;
use std::rc::Rc;

use verdict_policy::client_address::ClientAddress;
use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step};
use verdict_policy::crypto::Crypto;
use verdict_policy::document::Document;
use verdict_policy::metrics;
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::Rules;
use verdict_policy::time::Now;
use verdict_seclang::ruleset::RuleSet;

use inspection::{Inspection, Reads};
use profile::Profile;
use totals::Totals;

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(Waf, reads bodies);

/// The filter.
pub struct Waf {
    rules: Rules<Rc<Profile>>,
    engine: Rc<RuleSet>,
    /// What of the connection the rules look at.
    reads: Reads,
    client_address: ClientAddress,
    /// How often each rule of the rule set matched.
    totals: Totals,
    /// For the operator, not yet told.
    notes: VecDeque<String>,
}

/// What is remembered of an exchange: what was found so far, while there is more to look at.
#[derive(Default)]
pub struct Exchange(Option<Box<Inspection>>);

impl Policy for Waf {
    const NAME: &'static str = "waf";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = false;
    const READS_BODIES: bool = true;
    type Exchange = Exchange;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        config::read(document, problems)
    }

    fn on(&mut self, exchange: &mut Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        let (mut inspection, stage) = match event {
            Event::Request => match self.rules.find(env) {
                Ok((rule, profile)) => {
                    let mut inspection = Inspection::new(&self.engine, rule, profile, env);
                    inspection.connection(&self.client_address, self.reads, env);
                    let stage = inspection.request(env);
                    (Box::new(inspection), stage)
                }
                Err(step) => return step,
            },
            Event::RequestBody(_) | Event::Response(..) | Event::ResponseBody(_) => match exchange.0.take() {
                Some(mut inspection) => {
                    let stage = inspection.goes_on(event, env);
                    (inspection, stage)
                }
                // Nobody asked.
                None => return Step::go_on(),
            },
            Event::Again | Event::TimedOut => return Step::go_on(),
        };
        inspection.count(&mut self.totals);
        let (step, keeps) = inspection.answer(stage);
        if keeps {
            exchange.0 = Some(inspection);
        }
        step
    }

    fn next(&mut self, _: Now) -> Next {
        self.notes.pop_front().map_or(Next::Sleep(None), Next::Note)
    }

    fn on_reply(&mut self, _: CallId, _: Result<Reply, CallError>, _: Now) {}

    fn gauges(&self, _: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        self.totals.each(|id, phase, mode, count| {
            tell(Gauge::new(&metrics::RULE_MATCHES, &[&id.to_string(), phase, mode], count));
        });
    }
}
