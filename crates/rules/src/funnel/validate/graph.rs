//! The graph as such: unique IDs, one root, connections that lead somewhere, no endless walks.

use super::{Drawn, Found};
use crate::assets::{Connection, NodeKind};
use crate::ids::{EntityId, RequestKey};
use std::collections::{HashMap, HashSet};

pub(super) fn check(drawn: &Drawn<'_>, found: &mut Found) {
    unique_ids(drawn, found);
    one_root(drawn, found);
    both_ends(drawn, found);
    no_duplicates(drawn, found);
    found.look_at_funnel();
    walks_end(drawn, found);
}

fn unique_ids(drawn: &Drawn<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for (place, node) in drawn.funnel.nodes.iter().enumerate() {
        if !seen.insert(node.id) {
            found.look_at_node(node.id);
            found.on(format!("nodes[{place}].id"), "is the ID of another node too");
        }
    }
    for (place, connection) in drawn.funnel.connections.iter().enumerate() {
        if !seen.insert(connection.id) {
            found.look_at_connection(connection);
            found.on(
                format!("connections[{place}].id"),
                "is the ID of another node or connection too",
            );
        }
    }
}

fn one_root(drawn: &Drawn<'_>, found: &mut Found) {
    let nodes = drawn.funnel.nodes.iter().enumerate();
    let roots: Vec<_> = nodes.filter(|(_, n)| is_root(&n.does)).collect();
    if roots.is_empty() {
        found.look_at_funnel();
        found.on("nodes", "has no traffic node: a funnel has exactly one");
    }
    for (place, root) in roots.into_iter().skip(1) {
        found.look_at_node(root.id);
        found.on(format!("nodes[{place}]"), "is a second traffic node: a funnel has exactly one");
    }
}

fn is_root(does: &NodeKind) -> bool {
    matches!(does, NodeKind::Traffic { .. })
}

fn both_ends(drawn: &Drawn<'_>, found: &mut Found) {
    for (place, connection) in drawn.funnel.connections.iter().enumerate() {
        found.look_at_connection(connection);
        for (field, end) in [("from", connection.from), ("to", connection.to)] {
            if !drawn.nodes.contains_key(&end) {
                found.on(format!("connections[{place}].{field}"), "names no node of this funnel");
            }
        }
        if drawn.nodes.get(&connection.to).is_some_and(|node| is_root(&node.does)) {
            found.on(format!("connections[{place}].to"), "leads into the traffic node");
        }
    }
}

/// Two connections between the same nodes must differ in what takes them: route or action.
fn no_duplicates(drawn: &Drawn<'_>, found: &mut Found) {
    let mut seen: HashSet<(EntityId, EntityId, Option<&str>, Option<u8>)> = HashSet::new();
    for (place, connection) in drawn.funnel.connections.iter().enumerate() {
        let Connection { from, to, route, actions, .. } = connection;
        let keys: Vec<Option<u8>> = match actions.as_slice() {
            [] => vec![None],
            several => several.iter().copied().map(Some).collect(),
        };
        let ours: HashSet<_> =
            keys.into_iter().map(|action| (*from, *to, route.as_deref(), action)).collect();
        if ours.iter().any(|key| seen.contains(key)) {
            found.look_at_connection(connection);
            found.on(format!("connections[{place}]"), "does the same as an earlier connection");
        }
        seen.extend(ours);
    }
}

/// Between two answers a visitor passes server-side nodes only: those must form no cycle, and no
/// more of them may follow each other than one request can make hits.
fn walks_end(drawn: &Drawn<'_>, found: &mut Found) {
    let nodes = &drawn.funnel.nodes;
    let places: HashMap<EntityId, usize> = nodes.iter().zip(0..).map(|(n, i)| (n.id, i)).collect();
    let mut onward = vec![Vec::new(); nodes.len()];
    for Connection { from, to, .. } in &drawn.funnel.connections {
        if let (Some(from), Some(to)) = (places.get(from), places.get(to))
            && goes_on(&nodes[*from].does)
        {
            onward[*from].push(*to);
        }
    }
    let (longest, circling) = lengths(&onward);
    for place in circling {
        found.look_at_node(nodes[place].id);
        found.on(format!("nodes[{place}]"), "is part of a circle that no visitor's action breaks");
    }
    for (place, length) in longest.into_iter().enumerate() {
        if length == RequestKey::MOST_HITS + 1 {
            found.look_at_node(nodes[place].id);
            let most = RequestKey::MOST_HITS;
            found.on(format!("nodes[{place}]"), format!("begins a walk of more than {most} nodes"));
        }
    }
}

fn goes_on(does: &NodeKind) -> bool {
    !matches!(does, NodeKind::Lander(_) | NodeKind::Offer(_) | NodeKind::External { .. })
}

/// For each node the most nodes of a walk that begins there (0 where it may be endless), and the
/// nodes that lie on circles or between them.
fn lengths(onward: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<usize> = onward.iter().map(Vec::len).collect();
    let mut back = vec![Vec::new(); onward.len()];
    for (from, ways) in onward.iter().enumerate() {
        ways.iter().for_each(|to| back[*to].push(from));
    }
    let mut longest = vec![0; onward.len()];
    let mut done: Vec<usize> = (0..onward.len()).filter(|place| open[*place] == 0).collect();
    while let Some(place) = done.pop() {
        longest[place] = 1 + onward[place].iter().map(|to| longest[*to]).max().unwrap_or(0);
        for from in &back[place] {
            open[*from] -= 1;
            if open[*from] == 0 {
                done.push(*from);
            }
        }
    }
    let endless: Vec<usize> = (0..onward.len()).filter(|place| longest[*place] == 0).collect();
    (longest, circling(onward, endless))
}

/// Of the nodes whose walks may be endless, those that an endless walk also leads to.
fn circling(onward: &[Vec<usize>], mut among: Vec<usize>) -> Vec<usize> {
    loop {
        let reached: HashSet<usize> =
            among.iter().flat_map(|place| onward[*place].iter().copied()).collect();
        let before = among.len();
        among.retain(|place| reached.contains(place));
        if among.len() == before {
            return among;
        }
    }
}
