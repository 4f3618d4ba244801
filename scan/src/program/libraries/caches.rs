//! Redis clients and caches: which calls are commands, and what their arguments are.

use crate::program::value::Api;

/// The Redis command that a call sends, in lower case; none where it is no call on a client.
pub(crate) fn redis_command(api: &Api) -> Option<String> {
    let (owner, command) = api.path.rsplit_once('.')?;
    let is_client = match api.package.as_str() {
        // Queues hand out their client: `queue.client`.
        "bull" | "bullmq" => owner.contains("().client") || owner.starts_with("Redis"),
        "ioredis"
        | "redis"
        | "@redis/client"
        | "@upstash/redis"
        | "@upstash/redis/cloudflare"
        | "@upstash/redis/nodejs"
        | "handy-redis" => owner.contains("()"),
        "@liaoliaots/nestjs-redis" | "nestjs-redis" => {
            owner.contains("().getOrThrow()") || owner.contains("().getClient()")
        }
        _ => false,
    };
    is_client.then(|| command.to_ascii_lowercase())
}

/// Commands whose name stands in an argument: `sendCommand(['KEYS', '*'])`, `call('KEYS', '*')`.
pub(crate) fn is_raw_command(command: &str) -> bool {
    matches!(command, "sendcommand" | "send_command" | "call" | "executeisolated")
}

/// Options and words of `SET` that say when the key ends.
pub(crate) const EXPIRING: &[&str] =
    &["EX", "PX", "EXAT", "PXAT", "KEEPTTL", "ex", "px", "exat", "pxat", "keepTtl", "expiration"];

/// A cache that is asked by key, other than Redis itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Store {
    /// Options of `set` that bound how long an entry lives; the third argument may also be the time itself.
    pub ttl: &'static [&'static str],
    /// Options at the making that bound the time or the number of entries.
    pub made_with: &'static [&'static str],
    /// How many arguments at the making are options.
    pub arguments: usize,
    /// It keeps entries for ever where nothing is said.
    pub is_endless: bool,
}

/// `cache.set(key, value, …)` of a library.
pub(crate) fn store_set(api: &Api) -> Option<Store> {
    let (owner, method) = api.path.rsplit_once('.')?;
    if method != "set" || !owner.contains("()") {
        return None;
    }
    let options: &[&str] = &["ttl", "max", "maxSize", "lruSize"];
    Some(match api.package.as_str() {
        "keyv" => Store { ttl: &["ttl"], made_with: options, arguments: 2, is_endless: true },
        "node-cache" => {
            Store { ttl: &["ttl"], made_with: &["stdTTL", "maxKeys"], arguments: 1, is_endless: true }
        }
        "cache-manager" | "@nestjs/cache-manager" => {
            Store { ttl: &["ttl"], made_with: options, arguments: 2, is_endless: false }
        }
        _ => return None,
    })
}

/// What a call does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    Get,
    Set,
    Drop,
    /// Walks keys by a pattern, as one does to drop them.
    Pattern,
}

/// What a method of a cache library does with the key that is its first argument.
pub(crate) fn store_use(api: &Api) -> Option<KeyUse> {
    let (owner, method) = api.path.rsplit_once('.')?;
    let is_store = matches!(
        api.package.as_str(),
        "keyv" | "node-cache" | "cache-manager" | "@nestjs/cache-manager" | "lru-cache"
    );
    if !is_store || !owner.contains("()") {
        return None;
    }
    Some(match method {
        "get" => KeyUse::Get,
        "set" => KeyUse::Set,
        "del" | "delete" => KeyUse::Drop,
        _ => return None,
    })
}

/// True for the method of a cache that runs a function for a key it does not hold: `cache.wrap(key, () => …)`.
///
/// `receiver` is the text of what the method is called on.
pub(crate) fn keeps_result(receiver: &str, method: &str) -> bool {
    let own_words = ["getOrSet", "getOrSetForever", "rememberForever", "withCache", "cached", "memoize"];
    let words =
        ["get", "fetch", "wrap", "remember", "getOrCreate", "getOrLoad", "getOrFetch", "getOrCompute"];
    let receiver = receiver.to_ascii_lowercase();
    let is_cache = ["cache", "memo", "lru"].iter().any(|word| receiver.contains(word));
    own_words.contains(&method) || (is_cache && words.contains(&method))
}

#[cfg(test)]
mod tests {
    use super::redis_command;
    use crate::program::value::Api;

    #[test]
    fn commands_are_calls_on_clients() {
        let of = |package: &str, path: &str| {
            redis_command(&Api { package: package.to_owned(), path: path.to_owned() })
        };
        assert_eq!(of("ioredis", "().keys").as_deref(), Some("keys"));
        assert_eq!(of("redis", "createClient().multi().hGetAll").as_deref(), Some("hgetall"));
        assert_eq!(of("bull", "().client.keys").as_deref(), Some("keys"));
        assert_eq!(of("bull", "().add"), None);
        assert_eq!(of("ioredis", "Redis"), None);
    }
}
