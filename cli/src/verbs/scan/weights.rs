//! `--weights FILE`: what was measured of the running system decides which findings come first.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use tuneup_model::{WEIGHTS_SCHEMA, Weights};

use crate::error::CliError;

/// Statistics of the statements of a large system are a few megabytes.
const MAX_BYTES: u64 = 256 << 20;

#[derive(Debug, thiserror::Error)]
enum WeightsError {
    #[error("there is no such file")]
    Missing,
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
    #[error("it is larger than {} MB", MAX_BYTES >> 20)]
    TooLarge,
    #[error("it is not JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("it does not begin with `{{\"kind\":\"weights\",\"schema\":{WEIGHTS_SCHEMA}`")]
    OtherKind,
    #[error("a part of it has another form")]
    OtherForm(#[source] serde_json::Error),
    #[error("it holds neither statements, routes nor lines")]
    Empty,
    #[error("a time in it is negative")]
    Negative,
}

pub(super) fn load(file: &Path) -> Result<Weights, CliError> {
    read(file).map_err(|error| {
        CliError::usage(format!("weigh findings by `{}`", file.display()))
            .because(&error)
            .hint("docs/weights.md shows how to write one from `pg_stat_statements`")
    })
}

fn read(file: &Path) -> Result<Weights, WeightsError> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => WeightsError::Missing,
        _ => WeightsError::Unreadable(error),
    };
    if fs::metadata(file).map_err(missing)?.len() > MAX_BYTES {
        return Err(WeightsError::TooLarge);
    }
    let text = fs::read(file).map_err(missing)?;
    let mut value: Value = serde_json::from_slice(&text).map_err(WeightsError::NotJson)?;
    let fields = value.as_object_mut().ok_or(WeightsError::OtherKind)?;
    let kind = fields.remove("kind").filter(|kind| kind == "weights");
    let schema = fields.remove("schema").filter(|schema| *schema == WEIGHTS_SCHEMA);
    if kind.is_none() || schema.is_none() {
        return Err(WeightsError::OtherKind);
    }
    let weights: Weights = serde_json::from_value(value).map_err(WeightsError::OtherForm)?;
    let times = weights.statements.iter().map(|it| it.total_ms);
    let times = times.chain(weights.routes.iter().map(|it| it.total_ms));
    let times: Vec<f64> = times.chain(weights.lines.iter().map(|it| it.self_ms)).collect();
    if times.is_empty() {
        return Err(WeightsError::Empty);
    }
    if times.iter().any(|time| *time < 0.0) { Err(WeightsError::Negative) } else { Ok(weights) }
}
