//! What writing and reading a record and a session cost: `cargo run --release -p rules --example record`.

use rules::facts::{Device, Facts};
use rules::ids::{EntityId, IdKey, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{Cost, Passed, PassedKind, PlanId, Record, RequestKind, Step, Taken};
use rules::session::Session;
use std::hint::black_box;
use std::time::Instant;

const TIMES: u32 = 200_000;
const AT_MS: u64 = 1_790_000_000_000;

fn id(number: u64) -> EntityId {
    EntityId::new(AT_MS, number)
}

fn facts() -> Facts {
    Facts {
        ip: "203.0.113.77".parse().ok(),
        continent: "EU".into(),
        country: "DE".into(),
        asn: 3320,
        isp: "Deutsche Telekom AG".into(),
        device: Device::Mobile,
        brand: "Samsung".into(),
        model: "Galaxy S24".into(),
        os: "Android".into(),
        os_version: "14".into(),
        browser: "Chrome Mobile".into(),
        browser_version: "124".into(),
        language: "de".into(),
        ..Facts::default()
    }
}

/// An entrance through four nodes to a lander.
fn entrance(keys: &IdKeys) -> Record {
    let request = RequestKey::new(AT_MS, 1, 0x1234_5678_9abc);
    let kinds =
        [PassedKind::Traffic, PassedKind::Condition, PassedKind::Rotator, PassedKind::Lander];
    let steps = kinds.into_iter().zip(0..).map(|(kind, n)| Step {
        checksum: request.hit(n, keys).checksum(),
        node: id(n as u64),
        kind,
        page: (kind == PassedKind::Lander).then(|| id(77)),
        by: (n > 0).then(|| id(100 + n as u64)),
        first: true,
    });
    Record {
        request,
        kind: RequestKind::Entrance,
        vid: Vid::new(AT_MS, 99, keys),
        new_visitor: true,
        visit: request.hit(0, keys),
        previous: None,
        previous_visit: None,
        funnel: id(500),
        source: id(501),
        plan: PlanId(0x0123_4567_89ab_cdef),
        seed: 0xfedc_ba98_7654_3210,
        action: None,
        steps: steps.collect(),
        path: Vec::new(),
        actions: Vec::new(),
        facts: facts().into(),
        own_facts: None,
        fields: ["campaign", "c1", "c2", "c3"]
            .map(|name| (name.parse().expect("a field"), "creative-11".into()))
            .into(),
        buffer: Vec::new(),
        cost: Some(Cost { amount: Micros(50_000) }),
        visit_cost: Micros(50_000),
        fires: Vec::new(),
        consulted: Vec::new(),
        tags: Vec::new(),
        domain: "track.example".into(),
        referrer: "https://news.example/story?id=4711".into(),
        user_agent:
            "Mozilla/5.0 (Linux; Android 14; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/124.0.1.54 Mobile Safari/537.36"
                .into(),
        gpc: false,
    }
}

/// An action out of the lander that leads to an offer.
fn action(keys: &IdKeys, entered: &Record, n: u64) -> Record {
    let request = RequestKey::new(AT_MS + n, 1, n);
    let left = &entered.steps[3];
    let passed = |step: &Step| Passed { node: step.node, kind: step.kind, page: step.page };
    let step = Step {
        checksum: request.hit(0, keys).checksum(),
        node: id(600),
        kind: PassedKind::Offer,
        page: Some(id(601)),
        by: Some(id(602)),
        first: n == 1,
    };
    Record {
        request,
        kind: RequestKind::Action,
        new_visitor: false,
        previous: Some(entered.visit),
        action: Some(Taken {
            from: entered.visit,
            node: left.node,
            page: left.page,
            kind: left.kind,
            number: 1,
            connection: id(602),
            first: n == 1,
        }),
        steps: vec![step],
        path: entered.steps.iter().map(passed).collect(),
        user_agent: String::new(),
        cost: None,
        ..entered.clone()
    }
}

fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    let started = Instant::now();
    for _ in 0..TIMES {
        black_box(work());
    }
    println!("{what}: {:.0} ns", started.elapsed().as_nanos() as f64 / f64::from(TIMES));
}

fn main() {
    let keys = IdKeys::new(IdKey([7; 16]), vec![]);
    let entered = entrance(&keys);
    let mut session = Session::new(entered.vid);
    session.apply(&entered, u64::MAX);
    for n in 1..4 {
        session.apply(&action(&keys, &entered, n), u64::MAX);
    }
    let acted = action(&keys, &entered, 1);
    for (what, record) in [("entrance", &entered), ("action", &acted)] {
        let bytes = record.to_bytes();
        time(&format!("write the record of an {what}, {} bytes", bytes.len()), || {
            record.to_bytes()
        });
        time("  read it", || Record::from_bytes(&bytes));
    }
    let bytes = postcard::to_stdvec(&session).unwrap_or_default();
    time(&format!("write the session after three actions, {} bytes", bytes.len()), || {
        postcard::to_extend(&session, Vec::with_capacity(2048))
    });
    time("  read it", || postcard::from_bytes::<Session>(&bytes));
}
