//! Caches beside the database: a value is looked up by key, and where it is missing it is computed and kept under it.
//!
//! Programs seldom speak to Redis where they compute; a class or two stand between. So a use of a key that a function
//! takes as a parameter is also a use at each of its callers, with the key that they hand over.

use std::collections::BTreeSet;

use super::commands::{Sent, commands};
use super::keys::shape;
use super::paths;
use crate::facts::{BinaryOp, CallId, CallKind, Expr, FnId, Span};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::libraries::caches::{self, KeyUse};
use crate::program::{Effects, FnRef, Program, Role, Target};

/// When a kept value ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lifetime {
    Endless,
    /// So many seconds.
    Seconds(f64),
    Unknown,
}

/// Where a lifetime is said, and how many of its units are a second.
#[derive(Debug, Clone, Copy)]
enum Said {
    Nothing,
    At(Place, f64),
    Somewhere,
}

/// A use of a cache by key.
#[derive(Debug, Clone)]
pub(super) struct Used {
    pub file: u32,
    pub call: CallId,
    pub kind: KeyUse,
    pub key: Place,
    pub in_redis: bool,
    said: Said,
    /// A lock or a claim: written only where nothing is.
    is_claim: bool,
    /// The calls below, down to the library's.
    pub links: Vec<(u32, CallId)>,
}

/// A lookup and the write that fills it, in one function.
#[derive(Debug)]
pub(super) struct Aside<'u> {
    pub function: FnRef,
    pub get: &'u Used,
    pub set: &'u Used,
    pub key: String,
}

const MAX_LINKS: usize = 3;

/// All uses of caches by key outside tests.
pub(super) fn uses(program: &Program) -> Vec<Used> {
    let sent = commands(program);
    let mut found: Vec<Used> = sent.iter().filter_map(|it| of_command(program, it)).collect();
    for (n, targets) in program.targets.iter().enumerate() {
        let file = n as u32;
        if program.roles[n] != Role::App {
            continue;
        }
        for (n, target) in targets.iter().enumerate() {
            let call = CallId(n as u32);
            if let Target::Api(api) = target
                && let Some(kind) = caches::store_use(api)
                && let Some(key) = program.facts(file).args(call).first()
            {
                let key = Place { file, expr: *key };
                found.push(Used {
                    file,
                    call,
                    kind,
                    key,
                    in_redis: false,
                    said: Said::Somewhere,
                    is_claim: false,
                    links: Vec::new(),
                });
            }
        }
    }
    let mut next = 0;
    while next < found.len() && found.len() < 20_000 {
        let derived = at_callers(program, &found[next]);
        found.extend(derived);
        next += 1;
    }
    found
}

fn of_command(program: &Program, it: &Sent<'_>) -> Option<Used> {
    let key = it.arg(0)?;
    let (kind, said) = match it.command.as_str() {
        "get" | "getbuffer" => (KeyUse::Get, Said::Nothing),
        "setex" => (KeyUse::Set, it.arg(1).map_or(Said::Somewhere, |at| Said::At(at, 1.0))),
        "psetex" => (KeyUse::Set, it.arg(1).map_or(Said::Somewhere, |at| Said::At(at, 1000.0))),
        "set" => (KeyUse::Set, expiry(program, it)),
        "del" | "unlink" | "getdel" => (KeyUse::Drop, Said::Nothing),
        "keys" | "scanstream" | "scaniterator" | "scan" => (KeyUse::Pattern, Said::Nothing),
        _ => return None,
    };
    let key = if kind == KeyUse::Pattern { pattern(program, it) } else { key };
    let is_claim = claims(program, it);
    Some(Used { file: it.file, call: it.call, kind, key, in_redis: true, said, is_claim, links: Vec::new() })
}

/// `SET key value NX`: a lock, or a mark that something was done.
fn claims(program: &Program, it: &Sent<'_>) -> bool {
    let facts = program.facts(it.file);
    it.args.iter().skip(2).any(|arg| match facts.expr(*arg) {
        Expr::Str(word) => facts.name(word).eq_ignore_ascii_case("nx"),
        Expr::Object(list) => facts.property(list, "nx").or(facts.property(list, "NX")).is_some(),
        _ => false,
    })
}

/// What a walk over keys looks for: the first argument, an option `match`, or the word after `MATCH`.
fn pattern(program: &Program, it: &Sent<'_>) -> Place {
    let facts = program.facts(it.file);
    let here = |expr| Place { file: it.file, expr };
    for (n, arg) in it.args.iter().enumerate() {
        match facts.expr(*arg) {
            Expr::Object(list) => {
                if let Some(value) = facts.property(list, "match").or_else(|| facts.property(list, "MATCH")) {
                    return here(value);
                }
            }
            Expr::Str(word) if facts.name(word).eq_ignore_ascii_case("match") => {
                if let Some(value) = it.args.get(n + 1) {
                    return here(*value);
                }
            }
            _ => {}
        }
    }
    here(it.args[0])
}

/// The expiry of `SET`, by word or by option.
fn expiry(program: &Program, it: &Sent<'_>) -> Said {
    let facts = program.facts(it.file);
    let here = |expr| Place { file: it.file, expr };
    let unit = |name: &str| match name.to_ascii_uppercase().as_str() {
        "EX" => Some(1.0),
        "PX" => Some(1000.0),
        _ => None,
    };
    for (n, arg) in it.args.iter().enumerate().skip(2) {
        let at = program.follow(here(*arg)).unwrap_or(here(*arg));
        let facts_at = program.facts(at.file);
        match facts_at.expr(at.expr) {
            Expr::Str(word) => match (unit(facts_at.name(word)), it.args.get(n + 1)) {
                (Some(unit), Some(value)) => return Said::At(here(*value), unit),
                _ if caches::EXPIRING.contains(&facts_at.name(word)) => return Said::Somewhere,
                _ => {}
            },
            Expr::Object(list) => {
                let named =
                    caches::EXPIRING.iter().find_map(|name| Some((*name, facts_at.property(list, name)?)));
                if let Some((name, value)) = named {
                    return unit(name).map_or(Said::Somewhere, |unit| {
                        Said::At(Place { file: at.file, expr: value }, unit)
                    });
                }
            }
            Expr::Number(_) | Expr::Null | Expr::Undefined => {}
            _ => return Said::Somewhere,
        }
    }
    let ends_later = facts.calls.iter().any(|call| {
        matches!(facts.expr(call.callee), Expr::Member { property, .. } if facts.name(property).contains("xpire"))
            && call.function == facts.call(it.call).function
    });
    if ends_later { Said::Somewhere } else { Said::Nothing }
}

/// The same use where the callers of the function hand the key over.
fn at_callers(program: &Program, used: &Used) -> Vec<Used> {
    if used.links.len() >= MAX_LINKS {
        return Vec::new();
    }
    let Some((owner, index)) = key_parameter(program, used.key, 0) else { return Vec::new() };
    let function = FnRef { file: used.key.file, id: owner };
    let mut found = Vec::new();
    for (file, call) in program.callers(function).iter().take(300) {
        if program.roles[*file as usize] != Role::App {
            continue;
        }
        let args = program.facts(*file).args(*call);
        let Some(key) = args.get(index as usize) else { continue };
        let said = match used.said {
            Said::At(at, unit) => match program.parameter(at.file, at.expr) {
                Some((id, n)) if id == owner => match args.get(n as usize) {
                    Some(value) => Said::At(Place { file: *file, expr: *value }, unit),
                    None => program.facts(at.file).function(id).params[n as usize]
                        .default
                        .map_or(Said::Somewhere, |expr| Said::At(Place { file: at.file, expr }, unit)),
                },
                _ => used.said,
            },
            said => said,
        };
        let mut links = used.links.clone();
        links.insert(0, (used.file, used.call));
        let key = Place { file: *file, expr: *key };
        found.push(Used { file: *file, call: *call, key, said, links, ..used.clone() });
    }
    found
}

/// The parameter that tells keys apart: the key itself, or the only part of it that varies.
fn key_parameter(program: &Program, at: Place, depth: u32) -> Option<(FnId, u32)> {
    let facts = program.facts(at.file);
    let again = |expr| key_parameter(program, Place { file: at.file, expr }, depth + 1);
    if depth > 6 {
        return None;
    }
    if let Some(found) = program.parameter(at.file, at.expr) {
        return Some(found);
    }
    match facts.expr(at.expr) {
        Expr::Symbol(symbol) => {
            let it = facts.symbol(symbol);
            if it.assignments.is_empty() { again(it.definition?) } else { None }
        }
        Expr::Template(list) => {
            let mut parts = facts.list(list).iter().filter_map(|part| again(*part));
            let first = parts.next();
            if parts.next().is_some() { None } else { first }
        }
        Expr::Binary { op: BinaryOp::Add, left, right } => again(left).or_else(|| again(right)),
        Expr::Call(call) if facts.call(call).kind == CallKind::Call => match facts.args(call) {
            [only] => again(*only),
            _ => None,
        },
        Expr::Array(list) => facts.list(list).first().and_then(|first| again(*first)),
        Expr::Await(inner) | Expr::Cast { expr: inner, .. } | Expr::Spread(inner) => again(inner),
        _ => None,
    }
}

impl Used {
    /// The key as text, `*` for what varies.
    pub(super) fn shape(&self, program: &Program) -> Option<String> {
        let at = match program.facts(self.key.file).expr(self.key.expr) {
            // `del([key])`
            Expr::Array(list) => {
                Place { file: self.key.file, expr: *program.facts(self.key.file).list(list).first()? }
            }
            _ => self.key,
        };
        shape(program, at)
    }

    pub(super) fn lifetime(&self, program: &Program) -> Lifetime {
        match self.said {
            Said::Nothing => Lifetime::Endless,
            Said::Somewhere => Lifetime::Unknown,
            Said::At(at, unit) => {
                number(program, at, 0).map_or(Lifetime::Unknown, |value| Lifetime::Seconds(value / unit))
            }
        }
    }
}

/// A number that the source spells out: `60 * 60`.
fn number(program: &Program, at: Place, depth: u32) -> Option<f64> {
    let at = program.follow(at).unwrap_or(at);
    let facts = program.facts(at.file);
    let again = |expr| number(program, Place { file: at.file, expr }, depth + 1);
    match facts.expr(at.expr) {
        _ if depth > 8 => None,
        Expr::Number(value) => Some(value),
        Expr::Binary { op: BinaryOp::Multiply, left, right } => Some(again(left)? * again(right)?),
        Expr::Binary { op: BinaryOp::Add, left, right } => Some(again(left)? + again(right)?),
        _ => None,
    }
}

/// Lookups with the write that fills them, in functions that know the key.
pub(super) fn asides<'u>(program: &Program, uses: &'u [Used]) -> Vec<Aside<'u>> {
    let mut found: Vec<Aside<'u>> = Vec::new();
    for get in uses.iter().filter(|it| it.kind == KeyUse::Get) {
        let Some(key) = get.shape(program) else { continue };
        if program.roles[get.file as usize] != Role::App
            || key_parameter(program, get.key, 0).is_some_and(|(id, _)| {
                !program.callers(FnRef { file: get.key.file, id }).is_empty()
                    && !key.chars().any(char::is_alphabetic)
            })
        {
            continue;
        }
        let named = |it: &Used| {
            paths::named(program, FnRef { file: it.file, id: program.facts(it.file).call(it.call).function })
        };
        let set = uses.iter().find(|it| {
            it.kind == KeyUse::Set
                && !it.is_claim
                && it.file == get.file
                && named(it) == named(get)
                && start(program, it) >= start(program, get)
                && it.shape(program).as_ref() == Some(&key)
        });
        let Some(set) = set else { continue };
        let is_claimed = uses.iter().any(|it| {
            it.is_claim
                && it.file == get.file
                && named(it) == named(get)
                && it.shape(program).as_ref() == Some(&key)
        });
        if is_claimed {
            continue;
        }
        let function = FnRef { file: get.file, id: named(get) };
        let aside = Aside { function, get, set, key };
        let is_known = found.iter().any(|it| it.function == function && it.key == aside.key);
        if !is_known && aside.waits_for_work(program) {
            found.push(aside);
        }
    }
    found
}

fn start(program: &Program, used: &Used) -> u32 {
    let facts = program.facts(used.file);
    facts.span(facts.call(used.call).expr).start
}

impl Aside<'_> {
    /// From the lookup to the write: where the value is computed.
    pub(super) fn span(&self, program: &Program) -> Span {
        let facts = program.facts(self.get.file);
        let (get, set) =
            (facts.span(facts.call(self.get.call).expr), facts.span(facts.call(self.set.call).expr));
        Span { start: get.start, end: set.end }
    }

    /// The calls that compute the value.
    pub(super) fn computing(&self, program: &Program) -> Vec<CallId> {
        let facts = program.facts(self.get.file);
        let within = self.span(program);
        let ids = (0..facts.calls.len() as u32).map(CallId);
        ids.filter(|id| {
            *id != self.get.call && *id != self.set.call && within.contains(facts.span(facts.call(*id).expr))
        })
        .collect()
    }

    /// True where something is awaited between the two: what is kept is dear to compute.
    fn waits_for_work(&self, program: &Program) -> bool {
        let facts = program.facts(self.get.file);
        let dear = Effects::DB.with(Effects::NETWORK).with(Effects::FILES);
        self.computing(program).into_iter().any(|call| {
            let is_foreign = match program.target(self.get.file, call) {
                Target::Unresolved => true,
                Target::Api(api) => api.package != "global",
                _ => false,
            };
            let effects = program.call_effects(self.get.file, call);
            effects.has_any(dear)
                || (facts.call(call).awaited && is_foreign && !effects.has_any(Effects::CACHE))
        })
    }

    /// The queries that the value is made of.
    pub(super) fn queries(&self, program: &Program) -> Vec<u32> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<FnRef> = BTreeSet::new();
        let mut pending: Vec<(u32, CallId)> =
            self.computing(program).into_iter().map(|call| (self.get.file, call)).collect();
        while let Some((file, call)) = pending.pop() {
            match program.target(file, call) {
                Target::Query(query) => {
                    found.insert(*query);
                }
                Target::Functions(targets, _) if seen.len() < 200 => {
                    for target in targets.iter().take(2) {
                        if seen.insert(*target) {
                            let calls = program.calls_in_place(*target).into_iter();
                            pending.extend(calls.map(|(call, _)| (target.file, call)));
                        }
                    }
                }
                _ => {}
            }
        }
        found.into_iter().collect()
    }
}
