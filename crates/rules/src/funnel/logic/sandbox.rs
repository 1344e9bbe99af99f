//! The engine that runs expressions, with nothing in it that an expression does not need.
//! Promise: no clock, no chance, no file, no output, no loop, no function of its own, no `eval`;
//! every run is bounded in operations, depth and sizes.

use super::asked;
use rhai::packages::{
    ArithmeticPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Array, Dynamic, Engine, ImmutableString};
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

/// Most operations of one run: 10 KB of text cannot hold as many that run once.
const MOST_OPERATIONS: u64 = 10_000;
/// Most levels of nesting.
const MOST_DEPTH: usize = 40;
/// Largest text, in bytes.
const LARGEST_TEXT: usize = 32 * 1024;
/// Most members of a list or map.
const MOST_MEMBERS: usize = 1000;
/// Most variables.
const MOST_VARIABLES: usize = 200;

/// What an expression may not write: errors that are caught would hide questions, and the rest
/// reaches outside or into the engine.
const REFUSED: [&str; 14] = [
    "try",
    "catch",
    "throw",
    "eval",
    "print",
    "debug",
    "Fn",
    "call",
    "curry",
    "type_of",
    "is_def_var",
    "is_shared",
    "**",
    "**=",
];

pub(super) static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    engine
        .set_max_operations(MOST_OPERATIONS)
        .set_max_expr_depths(MOST_DEPTH)
        .set_max_string_size(LARGEST_TEXT)
        .set_max_array_size(MOST_MEMBERS)
        .set_max_map_size(MOST_MEMBERS)
        .set_max_variables(MOST_VARIABLES)
        .set_allow_looping(false)
        .set_strict_variables(true);
    for symbol in REFUSED {
        engine.disable_symbol(symbol);
    }
    asked::register(&mut engine);
    own_functions(&mut engine);
    engine
});

/// `in` for lists and spans, and texts read as numbers (not a number if they are none).
fn own_functions(engine: &mut Engine) {
    engine
        .register_fn("contains", |list: &mut Array, one: Dynamic| {
            list.iter().any(|held| same(held, &one))
        })
        .register_fn("contains", |span: &mut Range<i64>, one: i64| span.contains(&one))
        .register_fn("contains", |span: &mut RangeInclusive<i64>, one: i64| span.contains(&one))
        .register_fn("len", |list: &mut Array| list.len() as i64)
        .register_fn("number", |text: &str| text.trim().parse().unwrap_or(f64::NAN))
        .register_fn("number", |whole: i64| whole as f64)
        .register_fn("number", |number: f64| number);
}

fn same(left: &Dynamic, right: &Dynamic) -> bool {
    let texts = (left.read_lock::<ImmutableString>(), right.read_lock::<ImmutableString>());
    match texts {
        (Some(left), Some(right)) => *left == *right,
        _ => match (left.as_float(), right.as_float(), left.as_int(), right.as_int()) {
            (Ok(left), Ok(right), ..) => left == right,
            (.., Ok(left), Ok(right)) => left == right,
            (Ok(left), _, _, Ok(right)) => left == right as f64,
            (_, Ok(right), Ok(left), _) => left as f64 == right,
            _ => matches!((left.as_bool(), right.as_bool()), (Ok(a), Ok(b)) if a == b),
        },
    }
}
