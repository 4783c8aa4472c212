//! Random books are compared with the plain reading of what went in: every consumer looked at in turn.

use super::*;

/// Random numbers, the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn period(&mut self) -> Period {
        let mut moment = || (self.below(2) == 0).then(|| self.below(253_402_300_800));
        Period { from: moment(), until: moment() }
    }
}

struct Model {
    plans: Vec<Plan>,
    names: Vec<String>,
    apis: Vec<String>,
    consumers: Vec<Modelled>,
}

struct Modelled {
    name: String,
    keys: Vec<Key>,
    identities: Vec<String>,
    /// API, plan, state, period.
    subscriptions: Vec<(usize, Option<usize>, State, Period)>,
}

const STATES: [State; 5] = [State::Pending, State::Active, State::Rejected, State::Suspended, State::Revoked];

/// `alike`: hashes differ in their last two bytes only.
fn model(seed: u64, consumers: u64, alike: bool) -> Model {
    let mut random = Random(seed);
    let plans = (0..1 + random.below(20))
        .map(|plan| Plan { name: format!("plan {plan}"), ..Plan::default() })
        .collect::<Vec<_>>();
    let apis: Vec<String> = (0..1 + random.below(40)).map(|api| format!("api-{api}")).collect();
    let mut keys = 0_u16;
    let mut consumer = |number| {
        let subscribed = (0..apis.len()).filter(|_| random.below(4) == 0).collect::<Vec<_>>();
        let mut key = |random: &mut Random| {
            keys += 1;
            let mut hash = hash(if alike { 7 } else { keys.into() });
            hash.0[30..].copy_from_slice(&keys.wrapping_mul(31).to_be_bytes());
            Key { hash, period: random.period() }
        };
        let mut subscriptions: Vec<_> = subscribed
            .into_iter()
            .map(|api| {
                let plan = (random.below(2) == 0).then(|| random.below(plans.len() as u64) as usize);
                (api, plan, STATES[random.below(5) as usize], random.period())
            })
            .collect();
        if random.below(2) == 0 {
            subscriptions.reverse();
        }
        Modelled {
            name: format!("consumer {number}"),
            keys: (0..random.below(4)).map(|_| key(&mut random)).collect(),
            identities: (0..random.below(3)).map(|nth| format!("{}{number}", "i".repeat(1 + nth as usize))).collect(),
            subscriptions,
        }
    };
    let consumers = (0..consumers).map(&mut consumer).collect();
    let names = plans.iter().map(|plan| plan.name.clone()).collect();
    Model { plans, names, apis, consumers }
}

impl Model {
    fn book(&self) -> Book {
        let mut builder = Builder::default();
        for plan in &self.plans {
            builder.add_plan(plan.clone(), 0).unwrap();
        }
        for consumer in &self.consumers {
            let subscribed = |(api, plan, state, period): &(usize, Option<usize>, State, Period)| Subscribed {
                api: &self.apis[*api],
                plan: plan.map(|plan| self.names[plan].as_str()),
                state: *state,
                period: *period,
            };
            let entry = Consumer {
                name: &consumer.name,
                keys: consumer.keys.clone(),
                identities: consumer.identities.iter().map(String::as_str).collect(),
                subscriptions: consumer.subscriptions.iter().map(subscribed).collect(),
            };
            builder.add_consumer(&entry, 0).unwrap();
        }
        builder.finish(7).unwrap()
    }

    fn known(&self, consumer: &Modelled, credential: Period, api: &str) -> Known {
        let found = consumer.subscriptions.iter().find(|(number, ..)| self.apis[*number] == api);
        let subscription = found.map(|(_, plan, state, period)| Subscription {
            state: *state,
            period: *period,
            plan: plan.map(|plan| Rc::new(self.plans[plan].clone())),
        });
        Known { consumer: consumer.name.as_str().into(), credential, subscription }
    }

    fn by_key(&self, hash: &Hash, api: &str) -> Option<Known> {
        self.consumers.iter().find_map(|consumer| {
            let key = consumer.keys.iter().find(|key| key.hash == *hash)?;
            Some(self.known(consumer, key.period, api))
        })
    }

    fn by_identity(&self, identity: &str, api: &str) -> Option<Known> {
        let consumer =
            self.consumers.iter().find(|consumer| consumer.identities.iter().any(|known| known == identity))?;
        Some(self.known(consumer, Period::default(), api))
    }
}

/// Asks for every so many-th consumer.
fn check(seed: u64, consumers: u64, alike: bool, every: usize) {
    let model = model(seed, consumers, alike);
    let book = model.book();
    let count = |of: &dyn Fn(&Modelled) -> usize| model.consumers.iter().map(of).sum::<usize>() as u64;
    assert_eq!(
        (book.version(), book.consumers(), book.keys(), book.subscriptions()),
        (7, consumers, count(&|consumer| consumer.keys.len()), count(&|consumer| consumer.subscriptions.len()))
    );
    let mut random = Random(seed ^ 1);
    let mut api = || match random.below(8) {
        0 => "another".into(),
        other => format!("api-{}", other * 5 % 40),
    };
    for consumer in model.consumers.iter().step_by(every) {
        for key in &consumer.keys {
            let api = api();
            assert_eq!(book.by_key(&key.hash, &api), model.by_key(&key.hash, &api), "{seed} {api}");
            // Its neighbours.
            for change in [1, 255] {
                let mut near = key.hash;
                near.0[31] = near.0[31].wrapping_add(change);
                assert_eq!(book.by_key(&near, &api), model.by_key(&near, &api), "{seed} {api}");
            }
        }
        for nth in 1..4 {
            let (identity, api) = (consumer.name.replace("consumer ", &"i".repeat(nth)), api());
            assert_eq!(
                book.by_identity(&identity, &api),
                model.by_identity(&identity, &api),
                "{seed} {identity} {api}"
            );
        }
    }
}

#[test]
fn a_book_says_what_was_put_into_it() {
    for seed in 0..200 {
        check(seed, seed % 23, seed % 2 == 1, 1);
    }
}

#[test]
fn a_book_of_many_chunks_says_what_was_put_into_it() {
    check(1_000, 10_000, false, 37);
    check(1_001, 10_000, true, 37);
}
