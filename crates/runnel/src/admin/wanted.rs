//! What a list or an order is about: a part of the rows, or rows by ID or filter.

use crate::error::Problem;
use crate::store::filter::Part;
use rules::ids::EntityId;

/// Most rows in one answer.
const MOST_ROWS: u32 = 1_000;
/// Rows in an answer where nobody says how many.
pub(super) const USUAL_ROWS: u32 = 100;

/// For fields that may be left out.
pub(super) fn usual_rows() -> u32 {
    USUAL_ROWS
}

/// The part of a list that was asked for.
/// # Errors
/// 400: there are no such rows.
pub(super) fn part(limit: u32, offset: u64) -> Result<Part, Problem> {
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(Problem::fault("limit", "must lie between 1 and 1000"));
    }
    if i64::try_from(offset).is_err() {
        return Err(Problem::fault("offset", "is too large"));
    }
    Ok(Part { limit, offset })
}

/// IDs as the stores compare them.
pub(super) fn texts(ids: &[EntityId]) -> Vec<String> {
    ids.iter().map(EntityId::to_string).collect()
}

/// What an order changes.
pub(super) enum Chosen<'a, F> {
    /// These, by their IDs.
    Ids(Vec<String>),
    /// All that fit.
    Fitting(&'a F),
}

/// Reads an order, which names at most `most` IDs or else a filter.
/// # Errors
/// 400: it names neither or both, or too many.
pub(super) fn chosen<'a, F>(
    ids: &[EntityId],
    filter: Option<&'a F>,
    most: usize,
) -> Result<Chosen<'a, F>, Problem> {
    let fault = |message: String| Err(Problem::fault("ids", message));
    match (filter, ids) {
        (Some(_), [_, ..]) => fault("give ids or filter, not both".into()),
        (None, []) => fault("give ids or filter".into()),
        (None, ids) if ids.len() > most => fault(format!("are more than {most}")),
        (None, ids) => Ok(Chosen::Ids(texts(ids))),
        (Some(filter), []) => Ok(Chosen::Fitting(filter)),
    }
}
