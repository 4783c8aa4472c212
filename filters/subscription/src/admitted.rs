//! How many requests each plan of each API admitted: what the metrics tell of it.

use std::rc::Rc;

use verdict_policy::contract::Gauge;
use verdict_policy::metrics;

/// How many pairs of an API and a plan are told apart: plans come from the source, and a metric has no bound of its own.
const PAIRS_LIMIT: usize = 200;

/// The plan of those beyond the limit.
const OTHERS: &str = "(others)";

/// Counts since the filter was configured.
#[derive(Default)]
pub(crate) struct Admitted {
    /// The API, the plan (nothing where a subscription has none), and how many. Few and mostly the same: looked through in order.
    pairs: Vec<(Rc<str>, String, u64)>,
}

impl Admitted {
    /// Counts one more.
    pub(crate) fn count(&mut self, api: &Rc<str>, plan: Option<&str>) {
        let plan = plan.unwrap_or_default();
        let full = self.pairs.len() >= PAIRS_LIMIT;
        let position = |plan: &str| self.pairs.iter().position(|(of, known, _)| of == api && known == plan);
        let (plan, found) = match position(plan) {
            None if full => (OTHERS, position(OTHERS)),
            found => (plan, found),
        };
        match found.and_then(|at| self.pairs.get_mut(at)) {
            Some((_, _, count)) => *count += 1,
            None => self.pairs.push((Rc::clone(api), plan.to_owned(), 1)),
        }
    }

    pub(crate) fn gauges(&self, tell: &mut dyn FnMut(Gauge<'_>)) {
        for (api, plan, count) in &self.pairs {
            tell(Gauge::new(&metrics::ADMISSIONS, &[api, plan], *count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_told_apart_up_to_a_limit_and_none_is_lost() {
        let (orders, payments): (Rc<str>, Rc<str>) = ("orders".into(), "payments".into());
        let mut admitted = Admitted::default();
        for number in 0..PAIRS_LIMIT + 50 {
            admitted.count(&orders, Some(&format!("plan-{number}")));
        }
        admitted.count(&orders, Some("plan-0"));
        admitted.count(&payments, None);
        let mut told = Vec::new();
        admitted.gauges(&mut |gauge| told.push((gauge.labels.join("/"), gauge.value)));
        let of = |name: &str| told.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        assert_eq!(of("orders/plan-0"), Some(2));
        assert_eq!(of("orders/(others)"), Some(50));
        assert_eq!(of("payments/(others)"), Some(1));
        assert_eq!(told.iter().map(|(_, value)| value).sum::<u64>(), PAIRS_LIMIT as u64 + 52);
    }
}
