//! What a visit passed up to a row, and which figures of the row belong to which member of it.
//! Promise: a visit counts once at every member and combination of members, at the request that
//! completes it; views and clicks belong to their own page (product.md §6.8).

use rules::ids::EntityId;
use rules::record::{Passed, PassedKind};

/// The path of one row. Rows of the same path share its members in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    /// Each (node, page) once, oldest first.
    pub passed: Vec<Passed>,
    /// How many of them the visit had passed before this request.
    pub old: usize,
    /// Those of the old ones that this request passed again.
    pub again: Vec<Passed>,
    /// Action numbers, each once, oldest first.
    pub actions: Vec<u8>,
    /// How many of them had been taken before this request.
    pub actions_old: usize,
    /// The page that this request showed.
    pub viewed: Option<Passed>,
    /// The page that this request left, and the action's number.
    pub clicked: Option<(Passed, u8)>,
    /// The visitor's tags.
    pub tags: Vec<EntityId>,
}

/// Lists of members. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// Nodes.
    Node = 0,
    /// Kinds of nodes.
    Kind = 1,
    /// Landers and offers.
    Page = 2,
    /// Landers.
    Lander = 3,
    /// Offers.
    Offer = 4,
    /// Action numbers.
    Action = 5,
    /// Visitor tags.
    Tag = 6,
}

impl List {
    /// All, in order.
    pub const ALL: [Self; 7] =
        [Self::Node, Self::Kind, Self::Page, Self::Lander, Self::Offer, Self::Action, Self::Tag];
}

/// One member of a path with what counts at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The list it is in.
    pub list: List,
    /// Its key: an ID, a kind, a number.
    pub key: String,
    /// First reached by this request, so that the visit begins to count here.
    pub new: bool,
    /// Passed by this request, for the first time or again.
    pub here: bool,
    /// The row's lander view counts here.
    pub lander_view: bool,
    /// The row's offer view counts here.
    pub offer_view: bool,
    /// The row's lander click counts here.
    pub lander_click: bool,
    /// The row's offer click counts here.
    pub offer_click: bool,
}

impl Path {
    /// Every member of every list, each once.
    pub fn members(&self) -> Vec<Member> {
        List::ALL.into_iter().flat_map(|list| self.list(list)).collect()
    }

    fn list(&self, list: List) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        for (key, new) in self.keys(list) {
            match members.iter_mut().find(|m| m.key == key) {
                Some(earlier) => earlier.here |= new,
                None => members.push(self.member(list, key, new)),
            }
        }
        members
    }

    /// The list's keys, old ones first, with whether this request brought them.
    fn keys(&self, list: List) -> Vec<(String, bool)> {
        match list {
            List::Action => numbered(&self.actions, self.actions_old),
            // A tag never makes a visit count: it is a property of the row.
            List::Tag => self.tags.iter().map(|tag| (tag.to_string(), false)).collect(),
            _ => {
                let keyed = |(i, passed)| Some((key(list, passed)?, i >= self.old));
                self.passed.iter().enumerate().filter_map(keyed).collect()
            }
        }
    }

    fn member(&self, list: List, of: String, new: bool) -> Member {
        let viewed = self.viewed.as_ref().and_then(|page| key(list, page));
        let clicked = match list {
            List::Action => self.clicked.as_ref().map(|(_, number)| number.to_string()),
            _ => self.clicked.as_ref().and_then(|(page, _)| key(list, page)),
        };
        let own = |figure| owns(list, figure);
        let again = self.again.iter().any(|passed| key(list, passed).as_ref() == Some(&of));
        Member {
            list,
            new,
            here: new || again,
            lander_view: !own(Figure::LanderView) || viewed.as_ref() == Some(&of),
            offer_view: !own(Figure::OfferView) || viewed.as_ref() == Some(&of),
            lander_click: !own(Figure::LanderClick) || clicked.as_ref() == Some(&of),
            offer_click: !own(Figure::OfferClick) || clicked.as_ref() == Some(&of),
            key: of,
        }
    }
}

fn numbered(actions: &[u8], old: usize) -> Vec<(String, bool)> {
    actions.iter().enumerate().map(|(i, number)| (number.to_string(), i >= old)).collect()
}

/// The key of a passed node in `list`; none if it is not in that list.
pub fn key(list: List, passed: &Passed) -> Option<String> {
    let page = |kind| passed.page.filter(|_| passed.kind == kind).map(|id| id.to_string());
    match list {
        List::Node => Some(passed.node.to_string()),
        List::Kind => Some(kind_key(passed.kind).to_owned()),
        List::Page => passed.page.map(|id| id.to_string()),
        List::Lander => page(PassedKind::Lander),
        List::Offer => page(PassedKind::Offer),
        List::Action | List::Tag => None,
    }
}

/// A node kind's word in reports, as in the API.
pub fn kind_key(kind: PassedKind) -> &'static str {
    match kind {
        PassedKind::Traffic => "traffic",
        PassedKind::Rotator => "rotator",
        PassedKind::Lander => "lander",
        PassedKind::Offer => "offer",
        PassedKind::Condition => "condition",
        PassedKind::External => "external",
        PassedKind::Tag => "tag",
        PassedKind::Logic => "logic",
        PassedKind::Middleware => "middleware",
        PassedKind::Webhook => "webhook",
        PassedKind::Optimiser => "optimiser",
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Figure {
    LanderView,
    OfferView,
    LanderClick,
    OfferClick,
}

/// Whether `figure` counts only at its own member of `list`; else at every member.
fn owns(list: List, figure: Figure) -> bool {
    match list {
        List::Node | List::Kind | List::Page => true,
        List::Lander => matches!(figure, Figure::LanderView | Figure::LanderClick),
        List::Offer => matches!(figure, Figure::OfferView | Figure::OfferClick),
        List::Action => matches!(figure, Figure::LanderClick | Figure::OfferClick),
        List::Tag => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> EntityId {
        EntityId::new(1_700_000_000_000, n)
    }

    fn passed(node: u64, kind: PassedKind, page: Option<u64>) -> Passed {
        Passed { node: id(node), kind, page: page.map(id) }
    }

    #[test]
    fn a_click_belongs_to_the_page_left_and_a_view_to_the_page_shown() {
        let lander = passed(1, PassedKind::Lander, Some(10));
        let offer = passed(2, PassedKind::Offer, Some(20));
        let path = Path {
            passed: vec![passed(0, PassedKind::Traffic, None), lander.clone(), offer.clone()],
            old: 2,
            actions: vec![1],
            viewed: Some(offer),
            clicked: Some((lander, 1)),
            ..Path::default()
        };
        let of = |list, n: u64| {
            let key = id(n).to_string();
            path.members().into_iter().find(|m| m.list == list && m.key == key).unwrap()
        };
        let (lander, offer) = (of(List::Lander, 10), of(List::Offer, 20));
        assert!(!lander.new && offer.new);
        assert!(lander.lander_click && offer.lander_click, "the click led to the offer");
        assert!(lander.offer_view && offer.offer_view);
        let (left, shown) = (of(List::Node, 1), of(List::Node, 2));
        assert!(left.lander_click && !shown.lander_click);
        assert!(!left.offer_view && shown.offer_view);
    }

    #[test]
    fn a_kind_met_again_is_not_new() {
        let path = Path {
            passed: vec![
                passed(1, PassedKind::Offer, Some(5)),
                passed(2, PassedKind::Offer, Some(6)),
            ],
            old: 1,
            ..Path::default()
        };
        let kinds: Vec<_> = path.members().into_iter().filter(|m| m.list == List::Kind).collect();
        assert_eq!(kinds.len(), 1);
        assert!(!kinds[0].new);
    }
}
