//! A record and the configuration → what destinations can be told of one of its hits.
//! Promise: addresses stay as the record has them; names are those of now.

use super::{Held, Shelf, Snapshot};
use rules::ids::EntityId;
use rules::record::{Record, Step};
use rules::told::{Names, Told};
use std::collections::BTreeMap;

impl Snapshot {
    /// What `record` and the configuration say of the hit that `step` made.
    pub fn told_of(&self, record: &Record, step: &Step) -> Told {
        of_record(self, record, step)
    }
}

fn of_record(snapshot: &Snapshot, record: &Record, step: &Step) -> Told {
    let funnel = snapshot.funnels.get(&record.funnel).map(|held| &*held.asset);
    let group = funnel.and_then(|funnel| funnel.group);
    let source = snapshot.sources.get(&record.source).map(|held| &*held.asset);
    let node = funnel.and_then(|funnel| funnel.nodes.iter().find(|node| node.id == step.node));
    let page_url = step.page.and_then(|page| snapshot.page_url(page)).unwrap_or_default();
    let mut fields = BTreeMap::new();
    for (field, value) in &*record.fields {
        let alias = source.and_then(|source| source.fields.get(field));
        fields.insert(field.key().to_owned(), value.to_string());
        fields.extend(alias.map(|alias| (alias.name.clone(), value.to_string())));
    }
    Told {
        vid: record.vid.to_string(),
        visit: record.visit.to_string(),
        visit_at_ms: record.visit.at_ms(),
        funnel: record.funnel.to_string(),
        group: text(group),
        source: record.source.to_string(),
        node: step.node.to_string(),
        page: text(step.page),
        names: Names {
            funnel: funnel.map(|funnel| funnel.name.clone()).unwrap_or_default(),
            group: name(&snapshot.groups, group, |group| &group.name),
            source: source.map(|source| source.name.clone()).unwrap_or_default(),
            node: node.map(|node| node.name.clone()).unwrap_or_default(),
            page: page_name(snapshot, step.page),
        },
        fields,
        facts: record.facts.as_ref().clone(),
        page_url: page_url.split(['?', '#']).next().unwrap_or_default().to_owned(),
        domain: record.domain.to_string(),
        ..Told::default()
    }
}

fn page_name(snapshot: &Snapshot, page: Option<EntityId>) -> String {
    let lander = name(&snapshot.landers, page, |lander| &lander.name);
    if lander.is_empty() { name(&snapshot.offers, page, |offer| &offer.name) } else { lander }
}

fn name<T>(shelf: &Shelf<T>, id: Option<EntityId>, of: fn(&T) -> &String) -> String {
    let held: Option<&Held<T>> = id.and_then(|id| shelf.get(&id));
    held.map(|held| of(&held.asset).clone()).unwrap_or_default()
}

fn text(id: Option<EntityId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
