//! One function per parser that reads what others wrote: any bytes in, and what must hold of what
//! comes out. The fuzzer (`fuzz/`) and the tests beside this file call the same functions.

use rules::amount::{Amount, TextValue};
use rules::assets::{
    Condition, Field, Funnel, Lander, Offer, OfferSource, StatusWords, TrafficSource, Webhook,
    WebhookEvent,
};
use rules::cost::CostRules;
use rules::destination::{Destination, DestinationParts, MOST_URL_BYTES, VID, check_url};
use rules::entry::Entry;
use rules::facts::Facts;
use rules::funnel::{
    End, Inputs, Library, Plan, Ready, Recording, Replay, Request, Shelved, Start,
    condition_problems, problems, route,
};
use rules::ids::{EntityId, HitId, IdKey, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{PassedKind, Question, Record, Reply};
use rules::session::Session;
use rules::status::StatusMeaning;
use rules::template::{Place, Template, Token, Tokens};

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("postback_values", postback_values),
    ("urls_and_tokens", urls_and_tokens),
    ("ids", ids),
    ("records", records),
    ("entries_and_sessions", entries_and_sessions),
    ("funnel_json", funnel_json),
    ("condition_json", condition_json),
    ("plans", plans),
];

/// Amounts, texts, statuses and costs of calls: none is ever beyond what is believed.
pub fn postback_values(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Amount::Value(amount) | Amount::Refund(amount) = Amount::read(Some(&text)) {
        assert!((Micros::ZERO..=Micros::LARGEST).contains(&amount), "{text:?} is {amount}");
        let again = Amount::read(Some(&amount.to_string()));
        assert_eq!(again, Amount::Value(amount), "{text:?}");
    }
    if let TextValue::Given(given) = TextValue::read(Some(&text)) {
        assert!(!given.is_empty() && given == given.trim());
    }
    StatusMeaning::of(Some(&text), &StatusWords::default());
    if let Ok(amount) = text.parse::<Micros>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
    let source = TrafficSource::default();
    let rules = CostRules { funnel_override: None, source: &source, funnel_default: None };
    let maximum = Micros(1_000_000_000);
    let cost = rules.of_entrance(Some(&text), maximum).amount.unwrap_or_default();
    assert!((Micros::ZERO..=maximum).contains(&cost), "{text:?} costs {cost}");
}

/// A visitor whose every value is the same hostile text, except those that are ours.
struct Hostile<'a>(&'a str);

impl Tokens for Hostile<'_> {
    fn token(&self, token: &Token, out: &mut String) {
        out.push_str(if token.may_name_host() { "ours" } else { self.0 });
    }
}

/// A configured URL before the first blank line, a visitor's value after it. The value chooses
/// neither scheme nor host, adds no parameter and no control byte.
pub fn urls_and_tokens(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (url, value) = text.split_once("\n\n").unwrap_or((&text, "a&b=c\r\nX: y/../{hit}\u{0}"));
    let sound = check_url(url, &[], &[]).iter().all(|finding| !finding.is_fault());
    let parts = DestinationParts {
        url: url.into(),
        layers: vec![vec![("p".into(), "{data-x}".into())]],
        vid_parameter: VID.into(),
        ..DestinationParts::default()
    };
    let build = |value| Destination::from(parts.clone()).build(&Hostile(value), "v1", &[], &[]);
    let template = Template::parse(url);
    assert_eq!(template.source(), url);
    let mut written = String::new();
    template.render(&Hostile(value), Place::Url, &mut written);
    let (Ok(hostile), Ok(harmless)) = (build(value), build("x")) else {
        assert!(!sound || value.len() > 500 || url.len() > 500, "{url:?} cannot be built");
        return;
    };
    assert!(hostile.len() <= MOST_URL_BYTES && hostile.bytes().all(|b| b.is_ascii_graphic()));
    let place = |url: &str| {
        url::Url::parse(url)
            .ok()
            .map(|u| (u.scheme().to_owned(), u.host_str().map(str::to_owned), u.port()))
    };
    assert_eq!(place(&hostile), place(&harmless), "{url:?} with {value:?}");
    let count = |url: &str| url.bytes().filter(|byte| b"/&=?#".contains(byte)).count();
    assert_eq!(count(&hostile), count(&harmless), "{url:?} with {value:?}");
}

/// What reads as an ID is written the same; a hit or visitor that nobody issued is refused.
pub fn ids(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let keys = IdKeys::new(IdKey([3; 16]), vec![IdKey([4; 16])]);
    if let Ok(hit) = HitId::parse(&text, &keys) {
        assert_eq!(hit.to_string(), text.to_lowercase().replace('o', "0").replace(['i', 'l'], "1"));
        assert!(hit.index() < RequestKey::MOST_HITS);
    }
    if let Ok(vid) = Vid::parse(&text, &keys) {
        assert_eq!(vid.to_string(), text.to_lowercase().replace('o', "0").replace(['i', 'l'], "1"));
    }
    if let Ok(id) = text.parse::<EntityId>() {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(field) = text.parse::<Field>() {
        assert_eq!(field.key(), text);
    }
}

/// Bytes from a journal: a record or none; a record goes through its bytes unchanged.
pub fn records(bytes: &[u8]) {
    let Ok(record) = Record::from_bytes(bytes) else { return };
    let again = Record::from_bytes(&record.to_bytes()).expect("what was written is read");
    assert_eq!(again, record);
    assert!(Record::may_fire(bytes) || record.fires.is_empty());
    assert_eq!(Record::may_fire(&record.to_bytes()), !record.fires.is_empty());
    for (hit, step) in record.hits().take(RequestKey::MOST_HITS) {
        assert_eq!(record.step_of(hit), Some(step));
    }
}

/// Blobs from the ledger and the session store: read whole, or refused.
pub fn entries_and_sessions(bytes: &[u8]) {
    if let Ok(entry) = Entry::from_bytes(bytes) {
        assert_eq!(Entry::from_bytes(&entry.to_bytes()).expect("what was written is read"), entry);
    }
    if let Ok(session) = postcard::from_bytes::<Session>(bytes) {
        let bytes = postcard::to_stdvec(&session).expect("a session is written");
        assert_eq!(postcard::from_bytes::<Session>(&bytes).expect("and read"), session);
    }
}

/// An account that has everything it is asked for.
pub struct Everything {
    lander: Lander,
    offer: Offer,
    condition: Condition,
    webhook: Webhook,
}

impl Library for Everything {
    fn lander(&self, _: EntityId) -> Option<Shelved<'_, Lander>> {
        Some(Shelved { asset: &self.lander, archived: false })
    }
    fn offer(&self, _: EntityId) -> Option<Shelved<'_, Offer>> {
        Some(Shelved { asset: &self.offer, archived: false })
    }
    fn offer_source(&self, _: EntityId) -> Option<&OfferSource> {
        None
    }
    fn condition(&self, _: EntityId) -> Option<&Condition> {
        Some(&self.condition)
    }
    fn has_tag(&self, _: EntityId) -> bool {
        true
    }
    fn has_event(&self, _: &str) -> bool {
        true
    }
    fn webhook(&self, _: EntityId) -> Option<&Webhook> {
        Some(&self.webhook)
    }
    fn app_schemes(&self) -> &[String] {
        &[]
    }
}

/// That account.
pub fn everything() -> Everything {
    let lander = Lander { url: "https://l.example/".into(), ..Lander::default() };
    let offer = Offer { url: "https://o.example/".into(), ..Offer::default() };
    let events = vec![WebhookEvent::NodeVisit];
    let webhook = Webhook { events, ..Webhook::default() };
    Everything { lander, offer, condition: Condition::default(), webhook }
}

/// A funnel as a client sends it: checked without harm; if it has no problems, everybody who
/// enters or acts gets somewhere, and again to the same place.
pub fn funnel_json(bytes: &[u8]) {
    let Ok(funnel) = serde_json::from_slice::<Funnel>(bytes) else { return };
    let library = everything();
    let valid = problems(&funnel, &library).is_empty();
    let id = EntityId::new(0, 0);
    let plan = Ready::new(Plan::compile(id, &funnel, &library));
    let stored = Ready::from_bytes(&plan.plan().to_bytes()).expect("what was written is read");
    assert_eq!(stored.id(), plan.id());
    if funnel.nodes.len() <= 500 && funnel.connections.len() <= 2000 {
        walk_everywhere(&plan, valid);
    }
}

/// A shared condition as a client sends it.
pub fn condition_json(bytes: &[u8]) {
    if let Ok(condition) = serde_json::from_slice::<Condition>(bytes) {
        condition_problems(&condition, &everything());
    }
}

/// A stored plan: read or refused, never believed to be sound.
pub fn plans(bytes: &[u8]) {
    if let Ok(plan) = Ready::from_bytes(bytes) {
        walk_everywhere(&plan, false);
    }
}

/// A sender of whom one thing is known, and who answers *yes* and 7.
struct Somebody;

impl Inputs for Somebody {
    fn ask(&mut self, question: &Question) -> Reply {
        match question {
            Question::Cap(_) => Reply::Count(7),
            Question::Data(_) | Question::Url | Question::Referrer => Reply::Text(Some("7".into())),
            Question::Sticky(_) => Reply::Connection(None),
            Question::Shown(_) => Reply::Page(None),
            _ => Reply::Is(true),
        }
    }
}

fn walk_everywhere(plan: &Ready, valid: bool) {
    let nodes = plan.plan().nodes.iter().map(|node| Start::Entrance { node: Some(node.id) });
    let actions = plan.plan().connections.iter().flat_map(|connection| {
        let act = |number: &u8| Start::Action { node: connection.from, number: *number };
        connection.actions.iter().map(act)
    });
    for start in nodes.chain(actions).chain([Start::Entrance { node: None }]) {
        let facts = Facts { country: "US".into(), ..Facts::default() };
        let (source, domain) = (plan.plan().funnel, "go.example");
        let request = Request { facts: &facts, source, fields: &[], domain };
        let mut somebody = Somebody;
        let mut asked = Recording::new(&mut somebody);
        let walked = route(plan, start, &request, &mut asked, 7, 1_760_000_000_000);
        let consulted = asked.into_consulted();
        let mut replay = Replay::new(&consulted);
        assert_eq!(route(plan, start, &request, &mut replay, 7, 1_760_000_000_000), walked);
        assert_eq!(replay.unanswered(), []);
        assert!(walked.steps.len() <= RequestKey::MOST_HITS);
        if valid {
            assert!(!walked.steps.is_empty(), "{start:?}");
            let last = walked.steps.last().map(|step| step.kind);
            let page = matches!(last, Some(PassedKind::Lander | PassedKind::Offer));
            assert_eq!(page, matches!(walked.end, End::Page { .. }));
        }
    }
}
