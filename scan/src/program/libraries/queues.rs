//! Job queues on Redis: which calls add a job, make a queue or a worker, and where their options stand.

use crate::facts::CallKind;
use crate::program::value::Api;

/// A library of queues whose jobs live in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueLibrary {
    /// `add(data, options)` or `add(name, data, options)`.
    Bull,
    /// `add(name, data, options)`.
    BullMq,
}

impl QueueLibrary {
    fn of(package: &str) -> Option<Self> {
        match package {
            "bull" => Some(Self::Bull),
            "bullmq" | "@taskforcesh/bullmq-pro" => Some(Self::BullMq),
            _ => None,
        }
    }
}

/// The library where the call adds one job to a queue: `queue.add(…)`.
pub(crate) fn adds_job(api: &Api) -> Option<QueueLibrary> {
    let (owner, method) = api.path.rsplit_once('.')?;
    (method == "add" && owner.ends_with("()")).then(|| QueueLibrary::of(&api.package)).flatten()
}

/// True for `new Worker(name, processor, options)`.
pub(crate) fn makes_worker(api: &Api, kind: CallKind) -> bool {
    QueueLibrary::of(&api.package) == Some(QueueLibrary::BullMq)
        && kind == CallKind::New
        && matches!(api.plain_path(), "Worker" | "WorkerPro")
}

/// True for `queue.process(…)` of Bull, which makes a worker of the queue.
pub(crate) fn processes(api: &Api) -> bool {
    QueueLibrary::of(&api.package) == Some(QueueLibrary::Bull)
        && api
            .path
            .rsplit_once('.')
            .is_some_and(|(owner, method)| method == "process" && owner.ends_with("()"))
}

/// True for the modules of Nest that set queues up: `BullModule.registerQueue(…)`, `BullModule.forRoot(…)`.
pub(crate) fn registers_queues(api: &Api) -> bool {
    matches!(api.package.as_str(), "@nestjs/bull" | "@nestjs/bullmq")
        && ["registerQueue", "forRoot"].iter().any(|name| api.last().starts_with(name))
}

/// Methods of queues and jobs that take finished jobs away.
pub(crate) fn takes_jobs_away(api: &Api) -> bool {
    QueueLibrary::of(&api.package).is_some()
        && matches!(api.last(), "clean" | "obliterate" | "remove" | "removeJobs" | "empty" | "drain")
}
