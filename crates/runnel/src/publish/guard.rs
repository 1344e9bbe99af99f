//! What an edit is refused for before anything is written.

use super::{Asset, Findings};
use crate::error::{Fault, Problem};
use crate::snapshot::{Held, Snapshot};
use rules::ids::EntityId;

/// Refuses one asset in use too many.
pub(super) fn room_for<A: Asset>(held: &Held<A>, picture: &Snapshot) -> Result<(), Problem> {
    let others = A::shelf(picture).values().filter(|other| !other.archived && other.id != held.id);
    if !held.archived && others.count() >= A::MOST {
        let title = format!("There can be at most {} {} in use.", A::MOST, A::KIND);
        return Err(Problem::conflict(title));
    }
    Ok(())
}

/// Refuses an edit (of the funnel `edited`) that would give another funnel problems it has not got.
pub(super) fn unbroken(
    picture: &Snapshot,
    candidate: &Snapshot,
    edited: Option<EntityId>,
) -> Result<(), Problem> {
    let others = candidate.funnels.values().filter(|held| Some(held.id) != edited);
    let broken = others.filter(|held| picture.problems_of(held.id).is_empty());
    let faults = broken.flat_map(|held| {
        let name = &held.asset.name;
        let problems = candidate.problems_of(held.id);
        problems.into_iter().map(move |problem| {
            Fault::new(format!("funnel {} ({name}): {}", held.id, problem.field), problem.message)
        })
    });
    let faults: Vec<_> = faults.collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Problem { faults, ..Problem::conflict("This would break a funnel.") }),
    }
}

/// Faults refuse, warnings are returned.
pub(super) fn checked<A: Asset>(
    asset: &A,
    id: EntityId,
    picture: &Snapshot,
) -> Result<Vec<Fault>, Problem> {
    let mut findings = Findings::default();
    findings.name("name", asset.name());
    asset.check(id, picture, &mut findings);
    if findings.faults.is_empty() {
        Ok(findings.warnings)
    } else {
        Err(Problem::invalid(findings.faults))
    }
}
