//! `Deployment`: what the files beside the source say of what stands in front of a server and looks after it.
//!
//! A server that lacks compression or a limit may have them from a proxy, a platform or a probe. Whatever hints at one is
//! enough: what is said of a server by its source alone must be right without the rest.

use std::collections::BTreeMap;

use crate::source::SourceTree;

/// What stands in front of a server, or looks after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Front {
    /// A reverse proxy, ingress or load balancer.
    Proxy,
    /// A platform that has one of its own.
    Platform,
    /// Something refuses large requests.
    BodyLimit,
    /// Something asks whether the server is well.
    Probe,
}

/// What was found, each by the first file that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deployment {
    found: BTreeMap<Front, String>,
}

/// Files of deployments that are read; more is a collection of examples.
const MAX_FILES: usize = 400;
const MAX_BYTES: usize = 200_000;

/// Names that alone speak of a platform.
const PLATFORMS: &[&str] = &[
    "vercel.json",
    "netlify.toml",
    "fly.toml",
    "render.yaml",
    "railway.json",
    "railway.toml",
    "serverless.yml",
    "serverless.yaml",
    "serverless.ts",
    "wrangler.toml",
    "wrangler.jsonc",
    "app.yaml",
    "amplify.yml",
    "sst.config.ts",
    "samconfig.toml",
    "cdk.json",
    "captain-definition",
    "zeabur.json",
    "procfile",
    "chart.yaml",
    "apprunner.yaml",
    "cloudbuild.yaml",
];

/// Words in the text of such files.
const SIGNS: &[(Front, &[&str])] = &[
    (
        Front::Proxy,
        &[
            "kind: ingress",
            "kind: gateway",
            "image: nginx",
            "image: caddy",
            "image: traefik",
            "image: haproxy",
            "image: envoyproxy",
            "from nginx",
            "from caddy",
            "traefik.",
            "proxy_pass",
            "reverse_proxy",
            "virtual_host",
            "aws_lb",
            "aws_cloudfront",
            "cloudflared",
        ],
    ),
    (
        Front::BodyLimit,
        &[
            "client_max_body_size",
            "proxy-body-size",
            "request_body",
            "maxrequestbodybytes",
            "max_request_body",
        ],
    ),
    (
        Front::Probe,
        &[
            "healthcheck",
            "livenessprobe",
            "readinessprobe",
            "startupprobe",
            "health_check",
            "healthcheckpath",
        ],
    ),
];

/// Reads what the tree says of its deployment.
pub(crate) fn read(tree: &dyn SourceTree, files: &[String]) -> Deployment {
    let mut deployment = Deployment::default();
    let mut add = |front: Front, path: &str| {
        deployment.found.entry(front).or_insert_with(|| path.to_owned());
    };
    let mut texts = Vec::new();
    for path in files {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        if PLATFORMS.contains(&name.as_str()) {
            add(Front::Platform, path);
        }
        if is_proxy(&name) {
            add(Front::Proxy, path);
        }
        if speaks_of_deployment(&name, path) {
            texts.push(path);
        }
    }
    for path in texts.into_iter().take(MAX_FILES) {
        let Ok(text) = tree.read(path) else { continue };
        if text.len() > MAX_BYTES {
            continue;
        }
        let text = text.to_ascii_lowercase();
        for (front, words) in SIGNS {
            if words.iter().any(|word| text.contains(word)) {
                add(*front, path);
            }
        }
    }
    deployment
}

fn is_proxy(name: &str) -> bool {
    name == "caddyfile"
        || ["nginx", "traefik", "haproxy", "envoy"].iter().any(|proxy| {
            name.starts_with(proxy)
                && [".conf", ".yml", ".yaml", ".toml", ".cfg", ".template"]
                    .iter()
                    .any(|end| name.ends_with(end))
        })
}

fn speaks_of_deployment(name: &str, path: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    name.contains("dockerfile")
        || name == "caddyfile"
        || matches!(extension, "conf" | "tf" | "template")
        || (matches!(extension, "yml" | "yaml" | "toml" | "json")
            && (name.contains("compose")
                || PLATFORMS.contains(&name)
                || [
                    "k8s",
                    "kubernetes",
                    "helm",
                    "charts",
                    "deploy",
                    "deployment",
                    "infra",
                    "manifests",
                    "docker",
                ]
                .iter()
                .any(|folder| path.to_ascii_lowercase().split('/').any(|part| part == *folder))))
}

impl Deployment {
    /// The file that speaks of it.
    pub(crate) fn path(&self, front: Front) -> Option<&str> {
        self.found.get(&front).map(String::as_str)
    }

    /// True where something else than the server answers clients.
    pub(crate) fn is_fronted(&self) -> bool {
        self.path(Front::Proxy).is_some() || self.path(Front::Platform).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Front, read};
    use crate::MemoryTree;
    use crate::source::SourceTree as _;

    fn of(files: &[(&str, &str)]) -> super::Deployment {
        let tree = MemoryTree::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        read(&tree, &tree.list().files)
    }

    #[test]
    fn names_and_texts_speak() {
        let found = of(&[
            ("docker-compose.yml", "services:\n  web:\n    image: nginx:1.27\n    healthcheck: {}\n"),
            ("ops/nginx.conf", "client_max_body_size 10m;"),
        ]);
        assert_eq!(found.path(Front::Proxy), Some("ops/nginx.conf"));
        assert_eq!(found.path(Front::BodyLimit), Some("ops/nginx.conf"));
        assert_eq!(found.path(Front::Probe), Some("docker-compose.yml"));
        assert!(found.is_fronted());
        assert!(of(&[("vercel.json", "{}")]).is_fronted());
    }

    #[test]
    fn an_image_of_the_server_alone_is_no_front() {
        let found = of(&[("Dockerfile", "FROM node:22\nCMD node server.js\n"), ("src/nginx.ts", "")]);
        assert!(!found.is_fronted());
        assert_eq!(found.path(Front::Probe), None);
    }
}
