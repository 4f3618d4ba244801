//! What libraries and builtins do with their arguments, and which effects they have.
//!
//! One table each: iteration by callback, deferral, memoization, bounded concurrency, chunking, effects. Names of
//! packages are facts about public libraries; nothing here knows a particular program.

pub(crate) mod caches;
pub(crate) mod connections;
pub(crate) mod http;
pub(crate) mod network;
pub(crate) mod queues;
mod sync;

use super::effects::Effects;
use super::value::{Api, Memo};

pub(crate) use sync::{Blocking, blocking, reads_command_line};

/// Array methods that run their first argument for each element; value is the position of the element parameter.
pub(crate) fn iterating_method(name: &str) -> Option<u32> {
    Some(match name {
        "map" | "forEach" | "filter" | "flatMap" | "some" | "every" | "find" | "findIndex" | "findLast"
        | "findLastIndex" => 0,
        "reduce" | "reduceRight" => 1,
        _ => return None,
    })
}

/// Functions of packages that run a callback per element of their first argument.
pub(crate) fn iterating_function(api: &Api) -> bool {
    let promise_map = matches!(
        api.package.as_str(),
        "p-map"
            | "p-each-series"
            | "p-map-series"
            | "p-filter"
            | "async-es"
            | "tiny-async-pool"
            | "@supercharge/promise-pool"
    );
    let lodash =
        matches!(api.package.as_str(), "lodash" | "lodash-es" | "remeda" | "radash" | "es-toolkit" | "ramda")
            || api.package.starts_with("lodash.");
    let bluebird = matches!(api.package.as_str(), "bluebird")
        && matches!(api.path.as_str(), "map" | "each" | "mapSeries");
    let iterates = matches!(
        api.last(),
        "map"
            | "forEach"
            | "each"
            | "filter"
            | "flatMap"
            | "some"
            | "every"
            | "find"
            | "reduce"
            | "mapValues"
            | "parallel"
            | "mapLimit"
            | "eachLimit"
            | "eachSeries"
            | "forEachSeries"
            | "mapSeries"
    );
    promise_map || bluebird || (lodash && iterates) || (api.package == "async" && iterates)
}

/// True where the function limits how many of its callbacks run at once.
pub(crate) fn bounds_concurrency(api: &Api) -> bool {
    matches!(
        api.package.as_str(),
        "p-map"
            | "p-limit"
            | "p-queue"
            | "p-each-series"
            | "p-map-series"
            | "bottleneck"
            | "async-sema"
            | "p-throttle"
            | "tiny-async-pool"
            | "@supercharge/promise-pool"
            | "limiter"
            | "async-mutex"
    ) || (api.package == "radash" && api.last() == "parallel")
        || (api.package == "async"
            && matches!(api.last(), "mapLimit" | "eachLimit" | "eachSeries" | "forEachSeries" | "mapSeries"))
        || (api.package == "bluebird" && matches!(api.last(), "mapSeries" | "each"))
}

/// True for functions over lists that begin a turn when the one before has ended.
pub(crate) fn iterates_in_turn(api: &Api) -> bool {
    match api.package.as_str() {
        "p-each-series" | "p-map-series" => true,
        "async" => api.last().ends_with("Series"),
        "bluebird" => matches!(api.last(), "mapSeries" | "each"),
        _ => false,
    }
}

/// True where the call hands its callback to later: timers, events, after-response hooks.
pub(crate) fn defers(api: &Api) -> bool {
    match api.package.as_str() {
        "global" => matches!(
            api.path.as_str(),
            "setTimeout"
                | "setInterval"
                | "setImmediate"
                | "queueMicrotask"
                | "process.nextTick"
                | "process.on"
                | "process.once"
                | "requestAnimationFrame"
        ),
        "next/server" => api.path == "after" || api.path == "unstable_after",
        "@vercel/functions" => api.path == "waitUntil",
        "react" => {
            matches!(api.path.as_str(), "useEffect" | "useLayoutEffect" | "useCallback" | "startTransition")
        }
        _ => matches!(api.last(), "on" | "once" | "addEventListener" | "subscribe"),
    }
}

/// Wrappers that keep results by argument.
pub(crate) fn memoizes(api: &Api) -> Option<Memo> {
    match (api.package.as_str(), api.path.as_str()) {
        ("react", "cache" | "default.cache") | ("dataloader", _) => Some(Memo::Request),
        ("next/cache", "unstable_cache")
        | (
            "lodash" | "lodash-es" | "es-toolkit" | "radash",
            "memoize" | "memo" | "once" | "default.memoize" | "default.once",
        )
        | (
            "lodash.memoize" | "lodash.once" | "memoizee" | "p-memoize" | "mem" | "memoize" | "micro-memoize"
            | "fast-memoize" | "memoize-one" | "moize",
            _,
        ) => Some(Memo::Shared),
        _ => None,
    }
}

/// Functions that cut a list into bounded pieces.
pub(crate) fn chunks(api: &Api) -> bool {
    matches!(api.last(), "chunk" | "chunks" | "cluster" | "inBatches")
        || matches!(api.package.as_str(), "lodash.chunk" | "chunk" | "array-chunk" | "it-batch")
}

/// Builtins that give the same for the same arguments.
pub(crate) fn is_pure(api: &Api) -> bool {
    api.package == "global"
        && match api.path.split_once('#') {
            Some(("Array" | "String" | "Number" | "Object", method)) => is_pure_method(method),
            Some(_) => false,
            None => {
                matches!(
                    api.path.as_str(),
                    "String" | "Number" | "Boolean" | "parseInt" | "parseFloat" | "Array.from" | "Set"
                ) || api.path.starts_with("Object.")
                    || api.path.starts_with("JSON.")
                    || (api.path.starts_with("Math.") && api.path != "Math.random")
            }
        }
}

/// Methods of plain values that change nothing.
pub(crate) fn is_pure_method(name: &str) -> bool {
    matches!(
        name,
        "map"
            | "filter"
            | "flatMap"
            | "flat"
            | "slice"
            | "concat"
            | "join"
            | "split"
            | "trim"
            | "toLowerCase"
            | "toUpperCase"
            | "toString"
            | "includes"
            | "some"
            | "every"
            | "find"
            | "indexOf"
            | "replace"
            | "replaceAll"
            | "padStart"
            | "startsWith"
            | "endsWith"
    )
}

/// Waiting on purpose: what follows is paced.
pub(crate) fn sleeps(api: &Api) -> bool {
    matches!(
        (api.package.as_str(), api.path.as_str()),
        ("global" | "timers/promises", "setTimeout") | ("delay" | "sleep-promise" | "p-sleep", _)
    ) || (matches!(api.package.as_str(), "radash" | "es-toolkit") && matches!(api.last(), "sleep" | "delay"))
}

/// The effects of calling into a library.
pub(crate) fn effects(api: &Api) -> Effects {
    let path = api.path.as_str();
    match api.package.as_str() {
        "global" if path == "setTimeout" => Effects::SLEEP,
        _ if network::sends(api) => Effects::NETWORK,
        "bull" | "bullmq" | "bee-queue" if matches!(api.last(), "add" | "addBulk") => Effects::QUEUE,
        "ai" if asks_model(api) => Effects::NETWORK,
        "inngest" if api.last() == "send" => Effects::QUEUE,
        "fs" | "fs/promises" | "fs-extra" if !path.ends_with("Sync") && !path.is_empty() => Effects::FILES,
        "mongodb" if path.contains("ollection()") => asks_collection(api.last()),
        "ioredis" | "redis" | "@upstash/redis" if path.contains("()") => Effects::CACHE,
        _ => Effects::NONE,
    }
}

/// What a method of a MongoDB collection does; cursors and bulk operations send later.
fn asks_collection(method: &str) -> Effects {
    match method {
        "find" | "findOne" | "aggregate" | "distinct" | "countDocuments" | "estimatedDocumentCount" => {
            Effects::DB_READ
        }
        name if ["insert", "update", "delete", "replace", "findOneAnd", "bulkWrite", "execute"]
            .iter()
            .any(|verb| name.starts_with(verb)) =>
        {
            Effects::DB_WRITE
        }
        _ => Effects::NONE,
    }
}

/// Functions that send a prompt to a language model.
fn asks_model(api: &Api) -> bool {
    matches!(
        api.path.as_str(),
        "generateText" | "streamText" | "generateObject" | "streamObject" | "embed" | "embedMany"
    )
}

/// What takes seconds by its nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SlowWork {
    Mail,
    Model,
    Browser,
    Video,
}

/// The sort of slow work that a call of a library begins.
pub(crate) fn slow_work(api: &Api) -> Option<SlowWork> {
    let path = api.plain_path();
    Some(match api.package.as_str() {
        "nodemailer" | "@sendgrid/mail" | "resend" | "postmark" | "mailgun.js"
            if matches!(
                api.last(),
                "send" | "sendMail" | "sendMultiple" | "sendEmail" | "sendEmailWithTemplate"
            ) =>
        {
            SlowWork::Mail
        }
        "openai"
            if ["completions.create", "responses.create", "images.generate", "transcriptions.create"]
                .iter()
                .any(|end| path.ends_with(end)) =>
        {
            SlowWork::Model
        }
        "@anthropic-ai/sdk" if path.ends_with("messages.create") => SlowWork::Model,
        "ai" if asks_model(api) => SlowWork::Model,
        "puppeteer" | "puppeteer-core" | "puppeteer-extra" | "playwright" | "playwright-core"
            if api.last() == "launch" =>
        {
            SlowWork::Browser
        }
        "fluent-ffmpeg" if matches!(api.last(), "run" | "save" | "saveToFile" | "mergeToFile") => {
            SlowWork::Video
        }
        _ => return None,
    })
}

impl SlowWork {
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Mail => "sends mail",
            Self::Model => "asks a language model",
            Self::Browser => "starts a browser",
            Self::Video => "transcodes video or audio",
        }
    }
}
