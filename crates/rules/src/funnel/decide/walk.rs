//! Walks a plan node by node until a page, an external URL or a dead end is reached.
//! Promise: every node passed makes exactly one step.

use super::chance::Chance;
use super::{DeadEnd, End, Inputs, Reason, Request, Route, RouteStep, Start, TakenWay, choose};
use crate::funnel::logic::Program;
use crate::funnel::ready::{DEFAULT, Does, Keyed, ReadyNode, ReadyRoute, Way};
use crate::funnel::{Broken, Ready};
use crate::ids::{EntityId, RequestKey};
use crate::record::{NoAnswer, Question, Reply, latest};

/// A walk under way.
pub(in crate::funnel) struct Walk<'a> {
    pub(in crate::funnel) request: &'a Request<'a>,
    pub(in crate::funnel) at_ms: u64,
    plan: &'a Ready,
    ask: &'a mut dyn Inputs,
    chance: Chance,
    route: Route,
}

/// What a node decided.
struct Decided {
    why: Reason,
    page: Option<EntityId>,
    next: Next,
}

enum Next {
    Go(Way),
    Stop(End),
}

impl Decided {
    fn go(way: Way, why: Reason) -> Self {
        Self { why, page: None, next: Next::Go(way) }
    }

    fn stop(end: End, why: Reason) -> Self {
        Self { why, page: None, next: Next::Stop(end) }
    }

    fn way(way: Option<Way>, why: Reason) -> Self {
        match way {
            Some(way) => Self::go(way, why),
            None => Self::stop(End::DeadEnd(DeadEnd::NoWayOut), why),
        }
    }

    fn stuck(why: DeadEnd) -> Self {
        Self::stop(End::DeadEnd(why), Reason::Stuck)
    }
}

impl<'a> Walk<'a> {
    pub(in crate::funnel) fn new(
        plan: &'a Ready,
        request: &'a Request<'a>,
        ask: &'a mut dyn Inputs,
        seed: u64,
        at_ms: u64,
    ) -> Self {
        let route = Route {
            taken: None,
            steps: Vec::with_capacity(4),
            end: End::DeadEnd(DeadEnd::NoSuchNode),
            data_added: Vec::new(),
            tags_added: Vec::new(),
            tags_removed: Vec::new(),
        };
        Self { request, at_ms, plan, ask, chance: Chance::new(seed), route }
    }

    pub(super) fn from(mut self, start: Start) -> Route {
        self.route.end = match start {
            Start::Entrance { node: None } => self.enter(self.plan.root_place()),
            Start::Entrance { node: Some(node) } => self.enter(self.plan.place(node)),
            Start::Action { node, number } => self.act(node, number),
            Start::Shown { node } => self.shown(node),
        };
        self.route
    }

    fn enter(&mut self, place: Option<usize>) -> End {
        match place {
            Some(place) => self.go_on(place, None),
            None => End::DeadEnd(DeadEnd::NoSuchNode),
        }
    }

    fn act(&mut self, node: EntityId, number: u8) -> End {
        let Some(ReadyNode { does: Does::Show { actions, .. }, .. }) = self.node(node) else {
            return End::DeadEnd(DeadEnd::NoSuchNode);
        };
        let ways: Vec<Way> = actions.iter().filter(|(n, _)| *n == number).map(|a| a.1).collect();
        let Some((way, why)) = self.by_weight(&ways, false) else {
            return End::DeadEnd(DeadEnd::NoSuchAction);
        };
        let Way { connection, to, .. } = way;
        let fires = self.plan.fires(connection);
        self.route.taken = Some(TakenWay { connection, fires, why });
        self.go_on(to, Some(connection))
    }

    fn shown(&mut self, node: EntityId) -> End {
        let Some(ReadyNode { does: Does::Show { pages, .. }, kind, .. }) = self.node(node) else {
            return End::DeadEnd(DeadEnd::NoSuchNode);
        };
        let reported = match self.ask.ask(&Question::Shown(node)) {
            Reply::Page(Some(page)) if self.plan.page(page).is_some() => Some(page),
            _ => pages.first().map(|(page, _)| *page),
        };
        let Some(page) = reported else { return End::DeadEnd(DeadEnd::NoPage) };
        let why = Reason::Shown;
        self.route.steps.push(RouteStep { node, kind: *kind, page: Some(page), by: None, why });
        End::Page { node, page }
    }

    fn node(&self, node: EntityId) -> Option<&'a ReadyNode> {
        self.plan.place(node).and_then(|place| self.plan.node(place))
    }

    fn go_on(&mut self, mut place: usize, mut by: Option<EntityId>) -> End {
        while self.route.steps.len() < RequestKey::MOST_HITS {
            let Some(node) = self.plan.node(place) else { break };
            let Decided { why, page, next } = self.pass(node);
            self.route.steps.push(RouteStep { node: node.id, kind: node.kind, page, by, why });
            match next {
                Next::Go(way) => (place, by) = (way.to, Some(way.connection)),
                Next::Stop(end) => return end,
            }
        }
        End::DeadEnd(DeadEnd::TooLong)
    }

    fn pass(&mut self, node: &'a ReadyNode) -> Decided {
        match &node.does {
            Does::Rotate { sticky, unseen_first, ways } => {
                self.rotate(node.id, *sticky, *unseen_first, ways)
            }
            Does::Show { pages, unseen_first, .. } => self.show(node.id, pages, *unseen_first),
            Does::Decide { routes, default } => self.decide(routes, *default),
            Does::Leave => Decided::stop(End::External { node: node.id }, Reason::Only),
            Does::Tag { add, remove, way } => self.tag(add, remove, *way),
            Does::Logic { program, ways } => self.think(program.as_ref(), ways),
            Does::Ask { ways } => self.consult(node.id, ways),
            Does::Notify { way } => match way {
                Some(way) => Decided::go(*way, Reason::Only),
                None => Decided::stuck(DeadEnd::NoWayOut),
            },
        }
    }

    fn rotate(&mut self, node: EntityId, sticky: bool, unseen: bool, ways: &[Way]) -> Decided {
        if sticky && let Some(way) = self.kept_way(node, ways) {
            return Decided::go(way, Reason::Sticky);
        }
        match self.by_weight(ways, unseen) {
            Some((way, why)) => Decided::go(way, why),
            None => Decided::stuck(DeadEnd::NoWayOut),
        }
    }

    fn kept_way(&mut self, node: EntityId, ways: &[Way]) -> Option<Way> {
        let Reply::Connection(Some(kept)) = self.ask.ask(&Question::Sticky(node)) else {
            return None;
        };
        ways.iter().find(|way| way.connection == kept).copied()
    }

    fn by_weight(&mut self, ways: &[Way], unseen_first: bool) -> Option<(Way, Reason)> {
        let unseen = |walk: &mut Self, way: &Way| !walk.is_so(Question::SeenNode(way.node));
        self.choose(ways, |way| way.weight, unseen_first.then_some(unseen))
    }

    fn show(&mut self, node: EntityId, pages: &[(EntityId, u32)], unseen_first: bool) -> Decided {
        let unseen =
            |walk: &mut Self, page: &(EntityId, u32)| !walk.is_so(Question::SeenPage(page.0));
        match self.choose(pages, |page| page.1, unseen_first.then_some(unseen)) {
            Some(((page, _), why)) => {
                let next = Next::Stop(End::Page { node, page });
                Decided { why, page: Some(page), next }
            }
            None => Decided::stuck(DeadEnd::NoPage),
        }
    }

    /// Chooses by weight, among the unseen if that is wanted and some are.
    fn choose<T: Copy>(
        &mut self,
        all: &[T],
        weight: impl Fn(&T) -> u32,
        unseen: Option<impl Fn(&mut Self, &T) -> bool>,
    ) -> Option<(T, Reason)> {
        let fresh: Vec<T> = match unseen {
            Some(unseen) if all.len() > 1 => {
                all.iter().filter(|one| unseen(self, one)).copied().collect()
            }
            _ => Vec::new(),
        };
        let prefers = !fresh.is_empty() && fresh.len() < all.len();
        let among = if prefers { fresh.as_slice() } else { all };
        let weights: Vec<u32> = among.iter().map(weight).collect();
        let place = choose::weighted(&weights, &mut self.chance)?;
        let (weight, of) = (weights[place], choose::total(&weights));
        let why = match (prefers, all.len()) {
            (true, _) => Reason::Unseen { weight, of },
            (false, 1) => Reason::Only,
            (false, _) => Reason::Weight { weight, of },
        };
        Some((among[place], why))
    }

    fn decide(&mut self, routes: &[ReadyRoute], default: Option<Way>) -> Decided {
        let matched = routes.iter().enumerate().find_map(|(place, route)| {
            let group = route.groups.iter().position(|g| g.iter().all(|check| check.holds(self)));
            group.map(|group| (Reason::Matched { route: place, group }, route.way))
        });
        let (why, way) = matched.unwrap_or((Reason::Default, default));
        Decided::way(way, why)
    }

    fn think(&mut self, program: Option<&Program>, ways: &Keyed) -> Decided {
        let gave = program.map(|program| program.run(self));
        let (why, way) = match gave {
            Some(Ok(key)) if key == DEFAULT => (Reason::Gave { route: None }, ways.default),
            Some(Ok(key)) => match ways.routes.iter().position(|(known, _)| *known == key) {
                Some(place) => (Reason::Gave { route: Some(place) }, ways.routes[place].1),
                None => (Reason::Broke(Broken::UNKNOWN_KEY), ways.default),
            },
            Some(Err(stopped)) => (Reason::Broke(stopped.broken()), ways.default),
            None => (Reason::Broke(Broken::UNREADABLE), ways.default),
        };
        Decided::way(way, why)
    }

    fn consult(&mut self, node: EntityId, ways: &Keyed) -> Decided {
        let answer = match self.ask.ask(&Question::Answer(node)) {
            Reply::Answer(answer) => Ok(answer),
            Reply::NoAnswer(why) => Err(why),
            _ => Err(NoAnswer::Unreadable),
        };
        let chosen = answer.and_then(|answer| match answer.route.as_deref() {
            None | Some(DEFAULT) => Ok((answer, None)),
            Some(key) => match ways.routes.iter().position(|(known, _)| known == key) {
                Some(place) => Ok((answer, Some(place))),
                None => Err(NoAnswer::UnknownRoute),
            },
        });
        match chosen {
            Ok((answer, route)) => {
                self.retag(&answer.tags, &[]);
                self.route.data_added.extend(answer.data);
                let way = route.map_or(ways.default, |place| ways.routes[place].1);
                Decided::way(way, Reason::Answered { route })
            }
            Err(why) => Decided::way(ways.default, Reason::Unanswered(why)),
        }
    }

    fn tag(&mut self, add: &[EntityId], remove: &[EntityId], way: Option<Way>) -> Decided {
        self.retag(add, remove);
        match way {
            Some(way) => Decided::go(way, Reason::Only),
            None => Decided::stuck(DeadEnd::NoWayOut),
        }
    }

    fn retag(&mut self, add: &[EntityId], remove: &[EntityId]) {
        let Route { tags_added, tags_removed, .. } = &mut self.route;
        tags_removed.retain(|tag| !add.contains(tag));
        tags_added.extend(add);
        tags_added.retain(|tag| !remove.contains(tag));
        tags_removed.extend(remove);
    }

    /// Asks a question, unless this very walk already knows the answer.
    pub(in crate::funnel) fn ask(&mut self, question: Question) -> Reply {
        match self.known(&question) {
            Some(known) => known,
            None => self.ask.ask(&question),
        }
    }

    fn known(&self, question: &Question) -> Option<Reply> {
        let Route { tags_added, tags_removed, data_added, steps, .. } = &self.route;
        match question {
            Question::HasTag(tag) if tags_added.contains(tag) => Some(Reply::Is(true)),
            Question::HasTag(tag) if tags_removed.contains(tag) => Some(Reply::Is(false)),
            Question::SeenNode(node) if steps.iter().any(|s| s.node == *node) => {
                Some(Reply::Is(true))
            }
            Question::Data(name) => {
                latest(data_added, name).map(|value| Reply::Text(Some(value.to_owned())))
            }
            _ => None,
        }
    }

    /// Whether the answer to a question is *yes*.
    pub(in crate::funnel) fn is_so(&mut self, question: Question) -> bool {
        self.ask(question) == Reply::Is(true)
    }

    /// A number below `bound`, by chance.
    pub(in crate::funnel) fn draw(&mut self, bound: u64) -> u64 {
        self.chance.below(bound)
    }
}
