//! HTTP clients: which calls send a request, where their options stand, and how long they wait by themselves.

use crate::program::value::Api;

/// A call that sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The arguments that may hold the options.
    pub options: &'static [usize],
    /// Options that bound the wait.
    pub names: &'static [&'static str],
    /// How long it waits without them.
    pub patience: Patience,
    /// The instance was made by a call of this name, whose options count as well: `axios.create`.
    pub made_by: Option<&'static str>,
    pub family: Family,
}

/// How long a client waits when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Forever,
    /// Five minutes for the first byte, then five more between any two.
    FiveMinutes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Fetch,
    Axios,
    /// The same behind a provider of NestJS, bounded by its module or by `pipe(timeout(…))`.
    NestAxios,
    /// Bounded by a method of the chain: `.timeout(…)`.
    Superagent,
    /// Bounded by a method or event of the request: `setTimeout`, `on('timeout')`.
    Node,
    Other,
}

const SIGNAL: &[&str] = &["signal"];
const SIGNAL_TIMEOUT: &[&str] = &["signal", "timeout"];
const UNDICI: &[&str] = &["signal", "headersTimeout", "bodyTimeout"];
const AXIOS: &[&str] = &["timeout", "signal", "cancelToken"];

/// What a call of this library function sends; none where it sends nothing or bounds the wait by itself.
pub(crate) fn outgoing(api: &Api) -> Option<Outgoing> {
    let path = api.plain_path();
    let it = |options, names, patience, family| Outgoing { options, names, patience, made_by: None, family };
    match api.package.as_str() {
        "global" if path == "fetch" => Some(it(&[1], SIGNAL, Patience::FiveMinutes, Family::Fetch)),
        "undici" => match path {
            "fetch" => Some(it(&[1], SIGNAL, Patience::FiveMinutes, Family::Fetch)),
            "request" | "stream" => Some(it(&[1], UNDICI, Patience::FiveMinutes, Family::Other)),
            _ => None,
        },
        "node-fetch" | "cross-fetch" | "isomorphic-fetch" | "isomorphic-unfetch" | "node-fetch-native"
        | "@whatwg-node/fetch" | "minipass-fetch"
            if matches!(path, "" | "fetch") =>
        {
            Some(it(&[1], SIGNAL_TIMEOUT, Patience::Forever, Family::Fetch))
        }
        "ofetch" => {
            let (made_by, method) = made(path, "create");
            matches!(method, "" | "ofetch" | "$fetch" | "raw" | "ofetch.raw" | "$fetch.raw").then(|| {
                Outgoing { made_by, ..it(&[1], SIGNAL_TIMEOUT, Patience::FiveMinutes, Family::Other) }
            })
        }
        "axios" => axios(path),
        // Its instance is made by the module: `HttpModule.register({ timeout })`.
        "@nestjs/axios" => {
            let method = path.strip_prefix("HttpService().")?;
            let method = method.strip_prefix("axiosRef.").unwrap_or(method);
            axios(method).map(|it| Outgoing { family: Family::NestAxios, ..it })
        }
        "got" => {
            let (made_by, method) = made(path, "extend");
            let options: &[usize] = match method {
                "" => &[0, 1],
                "get" | "post" | "put" | "patch" | "head" | "delete" | "stream" => &[1],
                _ => return None,
            };
            Some(Outgoing { made_by, ..it(options, SIGNAL_TIMEOUT, Patience::Forever, Family::Other) })
        }
        "superagent" if is_verb(path) => Some(it(&[], &[], Patience::Forever, Family::Superagent)),
        "request" | "request-promise" | "request-promise-native" => {
            let (made_by, method) = made(path, "defaults");
            (method.is_empty() || is_verb(method))
                .then(|| Outgoing { made_by, ..it(&[0, 1], &["timeout"], Patience::Forever, Family::Node) })
        }
        "http" | "https" if matches!(path, "request" | "get") => {
            Some(it(&[0, 1], SIGNAL_TIMEOUT, Patience::Forever, Family::Node))
        }
        _ => None,
    }
}

fn axios(path: &str) -> Option<Outgoing> {
    let (made_by, method) = match made(path, "create") {
        (None, path) => match path.strip_prefix("Axios()").or_else(|| path.strip_prefix("AxiosInstance()")) {
            Some(rest) => (Some("Axios"), rest.trim_start_matches('.')),
            None => (None, path),
        },
        found => found,
    };
    let options: &[usize] = match method {
        "" => &[0, 1],
        "request" => &[0],
        "get" | "delete" | "head" | "options" => &[1],
        "post" | "put" | "patch" | "postForm" | "putForm" | "patchForm" => &[2],
        _ => return None,
    };
    Some(Outgoing { options, names: AXIOS, patience: Patience::Forever, made_by, family: Family::Axios })
}

/// The maker before the last `()` of a path, and what follows it: `create().get` was made by `create`.
fn made<'p>(path: &'p str, maker: &'static str) -> (Option<&'static str>, &'p str) {
    let made = path.strip_prefix(maker).and_then(|rest| rest.strip_prefix("()"));
    match made {
        Some(rest) => (Some(maker), rest.trim_start_matches('.')),
        None => (None, path),
    }
}

fn is_verb(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "head" | "delete" | "del" | "options")
}

/// Wrappers that give up on a promise after a while.
pub(crate) fn gives_up(api: &Api) -> bool {
    matches!(api.package.as_str(), "p-timeout" | "promise-timeout" | "promise.race" | "cockatiel" | "opossum")
        || (api.package == "bluebird" && api.last() == "timeout")
}

/// Clients of hosted models, made with a patience of ten minutes and two more tries.
pub(crate) fn is_model_client(api: &Api) -> bool {
    matches!(
        (api.package.as_str(), api.plain_path()),
        ("openai", "" | "OpenAI" | "AzureOpenAI") | ("@anthropic-ai/sdk", "" | "Anthropic")
    )
}

#[cfg(test)]
mod tests {
    use super::{Family, outgoing};
    use crate::program::value::Api;

    fn api(package: &str, path: &str) -> Api {
        Api { package: package.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn requests_and_their_options() {
        assert_eq!(outgoing(&api("axios", "default.post")).unwrap().options, [2]);
        assert_eq!(outgoing(&api("axios", "create().get")).unwrap().made_by, Some("create"));
        assert_eq!(outgoing(&api("global", "fetch")).unwrap().family, Family::Fetch);
        assert_eq!(outgoing(&api("@nestjs/axios", "HttpService().axiosRef.get")).unwrap().options, [1]);
        assert!(outgoing(&api("axios", "isAxiosError")).is_none());
        assert!(outgoing(&api("ky", "get")).is_none());
        assert!(outgoing(&api("stripe", "().customers.create")).is_none());
    }
}
