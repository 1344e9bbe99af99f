//! Groups, conditions, tags, events and domains.

use crate::publish::asset::shelved;
use crate::publish::references::user_of;
use crate::publish::{Asset, Findings};
use crate::snapshot::Snapshot;
use crate::store::catalog::Kind;
use rules::assets::{Condition, Domain, Event, FunnelGroup, Tag};
use rules::ids::EntityId;

/// Most characters of an event's name.
const MOST_EVENT_CHARS: usize = 64;

impl Asset for FunnelGroup {
    const KIND: Kind = Kind::FunnelGroups;

    shelved!(groups);

    fn check(&self, _: EntityId, _: &Snapshot, _: &mut Findings) {}
}

impl Asset for Tag {
    const KIND: Kind = Kind::Tags;

    shelved!(tags);

    fn check(&self, _: EntityId, _: &Snapshot, _: &mut Findings) {}
}

impl Asset for Event {
    const KIND: Kind = Kind::Events;
    /// product.md §7.
    const MOST: usize = 30;

    shelved!(events);

    fn check(&self, id: EntityId, among: &Snapshot, findings: &mut Findings) {
        let long = self.name.chars().count() > MOST_EVENT_CHARS;
        findings.fault_if(long, "name", "is longer than 64 characters");
        findings.fault_if(self.name.trim() != self.name, "name", "begins or ends with a blank");
        let reserved = ["conversion", "ignore"];
        let taken = reserved.iter().any(|word| self.name.eq_ignore_ascii_case(word));
        findings.fault_if(taken, "name", "means something else: choose another word");
        let others = among.events.values().filter(|held| held.id != id && !held.archived);
        let twin = others.into_iter().any(|held| held.asset.name.eq_ignore_ascii_case(&self.name));
        findings.fault_if(
            twin,
            "name",
            "is the name of another event: calls could not tell them apart",
        );
        let renamed = among.events.get(&id).is_some_and(|held| held.asset.name != self.name);
        if let (true, Some(user)) = (renamed, user_of(among, id)) {
            findings.fault("name", format!("is used by {user}: change it there first"));
        }
    }

    fn copied_name(&self) -> Option<String> {
        Some(format!("{}-copy", self.name))
    }
}

impl Asset for Condition {
    const KIND: Kind = Kind::Conditions;
    const IN_PLANS: bool = true;

    shelved!(conditions);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        super::funnels::check_condition(self, among, findings);
    }

    fn refers_to(&self, among: &Snapshot) -> Vec<EntityId> {
        super::funnels::named_in_routes(&self.routes, among)
    }
}

impl Asset for Domain {
    const KIND: Kind = Kind::Domains;

    shelved!(domains);

    fn check(&self, id: EntityId, among: &Snapshot, findings: &mut Findings) {
        findings.fault_if(!is_host(&self.name), "name", "is no host name such as go.example.com");
        let others = among.domains.values().filter(|held| held.id != id && !held.archived);
        let twin = others.into_iter().any(|held| held.asset.name == self.name);
        findings.fault_if(twin, "name", "is the name of another domain");
    }

    fn copied_name(&self) -> Option<String> {
        None
    }
}

/// Whether the text is a lower-case host, with a port where need be.
fn is_host(text: &str) -> bool {
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let whole = format!("http://{text}/");
    let bare =
        |url: url::Url| url.as_str() == whole && url.path() == "/" && url.username().is_empty();
    lower && url::Url::parse(&whole).is_ok_and(bare)
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts_are_lower_case_names_without_path_or_user() {
        for good in
            ["go.example.com", "localhost", "localhost:8080", "127.0.0.1", "xn--bcher-kva.example"]
        {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "Go.example",
            "a b",
            "go.example/x",
            "u@go.example",
            "https://go.example",
            "go.example?x",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
