//! Clients of other services: which calls of public packages send a request over the network and wait for its answer.
//!
//! A client library makes an instance (`google.gmail()`, `new Stripe()`), hands out parts of it (`bucket(name)`,
//! `index(name)`), and sends with the calls on those. So a path such as `google.gmail().users.messages.get` is read from
//! call to call: the first makes, those in between are parts, and the last one sends unless it is known to be local.

use super::iterating_method;
use crate::program::value::Api;

/// What a package sends.
struct Client {
    /// The name of the package; one that ends with `/` stands for a whole scope.
    package: &'static str,
    /// Functions of the package itself.
    functions: Names,
    /// Calls on an instance.
    methods: Names,
    /// Calls that hand out a part of the client and send nothing, with a space between two.
    parts: &'static str,
}

enum Names {
    None,
    /// All but those of [`is_local`].
    All,
    /// With a space between two.
    These(&'static str),
}

use Names::{All, These};

const NO_PARTS: &str = "";
const VERBS: &str = "() get post put patch delete del head options request fetch raw stream postForm putForm patchForm $fetch ofetch graphql rawRequest batchRequests pipeline paginate";

const fn client(package: &'static str, methods: Names) -> Client {
    Client { package, functions: Names::None, methods, parts: NO_PARTS }
}

const fn parted(package: &'static str, parts: &'static str, methods: Names) -> Client {
    Client { package, functions: Names::None, methods, parts }
}

const fn functions(package: &'static str, functions: &'static str) -> Client {
    Client { package, functions: These(functions), methods: Names::None, parts: NO_PARTS }
}

const fn http(package: &'static str) -> Client {
    Client { package, functions: These(VERBS), methods: These(VERBS), parts: NO_PARTS }
}

static CLIENTS: &[Client] = &[
    // HTTP
    http("axios"),
    http("got"),
    http("ky"),
    http("undici"),
    http("node-fetch"),
    http("node-fetch-native"),
    http("cross-fetch"),
    http("isomorphic-fetch"),
    http("isomorphic-unfetch"),
    http("@whatwg-node/fetch"),
    http("minipass-fetch"),
    http("ofetch"),
    http("superagent"),
    http("request"),
    http("request-promise"),
    http("request-promise-native"),
    http("needle"),
    http("wretch"),
    http("graphql-request"),
    http("@nestjs/axios"),
    client("@urql/core", These("query mutation")),
    client("@apollo/client", These("query mutate")),
    client("soap", All),
    // remote procedures
    client("@connectrpc/connect", All),
    client("nice-grpc", All),
    client("@trpc/client", These("query mutate")),
    client("@atproto/api", All),
    client("@atproto/xrpc", These("call")),
    functions("@atproto/lex", "xrpc xrpcSafe"),
    functions("@atproto/lex-client", "xrpc xrpcSafe"),
    client("openapi-fetch", These("GET POST PUT PATCH DELETE HEAD")),
    client("jayson", These("request")),
    // mail, calendars, documents
    client("googleapis", All),
    client("@googleapis/", All),
    client("google-auth-library", These("getToken refreshAccessToken request verifyIdToken getAccessToken")),
    parted(
        "@microsoft/microsoft-graph-client",
        "init initWithMiddleware api filter select top skip expand orderby header headers search version count query responseType middlewareOptions",
        These("get post put patch delete getStream putStream create update del"),
    ),
    client("@notionhq/client", All),
    client("nodemailer", These("sendMail")),
    Client {
        package: "@sendgrid/mail",
        functions: These("send sendMultiple"),
        methods: These("send sendMultiple"),
        parts: NO_PARTS,
    },
    client("@sendgrid/client", These("request")),
    client("resend", All),
    client("postmark", All),
    client("mailgun.js", All),
    client("@mailchimp/mailchimp_marketing", All),
    client("@getbrevo/brevo", All),
    client("imapflow", All),
    functions("web-push", "sendNotification"),
    client("expo-server-sdk", These("sendPushNotificationsAsync getPushNotificationReceiptsAsync")),
    // talk
    client("@slack/web-api", All),
    client("@slack/webhook", These("send")),
    client("twilio", All),
    client("telegraf", These("sendMessage sendPhoto sendDocument")),
    client("@discordjs/rest", These("get post put patch delete")),
    client("twitter-api-v2", All),
    client("intercom-client", All),
    client("@hubspot/api-client", All),
    client("@novu/node", All),
    client("@novu/api", All),
    client("@knocklabs/node", All),
    // payment and commerce
    client("stripe", All),
    client("@paddle/paddle-node-sdk", All),
    client("@polar-sh/sdk", All),
    client("@lemonsqueezy/lemonsqueezy.js", All),
    client("razorpay", All),
    client("@shopify/shopify-api", These("query request get post put delete")),
    client("@shopify/admin-api-client", These("request fetch")),
    client("shopify-api-node", All),
    // code hosts and other services
    client("@octokit/", All),
    client("octokit", All),
    client("@gitbeaker/", All),
    client("@linear/sdk", All),
    client("jira.js", All),
    client("airtable", These("select create update destroy find eachPage all firstPage")),
    client("posthog-node", These("getFeatureFlag isFeatureEnabled getAllFlags getFeatureFlagPayload")),
    // models
    client("openai", All),
    client("@anthropic-ai/sdk", All),
    client("@anthropic-ai/bedrock-sdk", All),
    client(
        "@google/generative-ai",
        These(
            "generateContent generateContentStream sendMessage embedContent batchEmbedContents countTokens",
        ),
    ),
    client("@google/genai", All),
    client("groq-sdk", All),
    client("@mistralai/mistralai", All),
    client("cohere-ai", All),
    client("together-ai", All),
    client("replicate", These("run predict wait")),
    client("@fal-ai/client", These("subscribe run submit")),
    client("@huggingface/inference", All),
    functions(
        "ai",
        "generateText generateObject embed embedMany experimental_generateImage generateImage experimental_transcribe experimental_generateSpeech",
    ),
    client(
        "@langchain/",
        These("invoke stream batch embedQuery embedDocuments call similaritySearch addDocuments"),
    ),
    client("langchain/", These("invoke stream batch embedQuery embedDocuments call")),
    parted("@pinecone-database/pinecone", "index Index namespace", All),
    client("@qdrant/js-client-rest", All),
    // clouds and stores
    client("@aws-sdk/", All),
    client("aws-sdk", All),
    parted(
        "minio",
        NO_PARTS,
        These(
            "putObject getObject fPutObject fGetObject removeObject removeObjects statObject copyObject bucketExists makeBucket",
        ),
    ),
    parted(
        "@google-cloud/",
        "bucket file topic collection doc dataset table queue subscription where orderBy limit",
        These(
            "save download upload delete exists getMetadata setMetadata getFiles copy move publishMessage publish query createTask accessSecretVersion get set update add commit insert translate synthesizeSpeech recognize annotateImage getSignedUrl makePublic",
        ),
    ),
    parted(
        "@azure/",
        "getContainerClient getBlobClient getBlockBlobClient getQueueClient database container item",
        These(
            "upload uploadData uploadStream uploadFile download downloadToBuffer delete deleteIfExists exists getProperties sendMessage sendMessages getToken getSecret beginSend createIfNotExists read create",
        ),
    ),
    functions("@vercel/blob", "put del head list copy"),
    parted(
        "firebase-admin",
        "firestore auth messaging storage database collection doc ref child where orderBy limit bucket file app initializeApp",
        FIREBASE,
    ),
    parted("firebase-admin/", "collection doc ref child where orderBy limit bucket file", FIREBASE),
    functions("firebase/firestore", "getDoc getDocs setDoc addDoc updateDoc deleteDoc"),
    parted(
        "@supabase/supabase-js",
        "from schema eq in order limit range neq gt lt match filter is not or",
        SUPABASE,
    ),
    parted("@supabase/ssr", "from schema eq in order limit", SUPABASE),
    client("cloudinary", These("upload destroy upload_large resource resources")),
    // search and analytics
    client("@elastic/elasticsearch", All),
    client("@opensearch-project/opensearch", All),
    parted("algoliasearch", "initIndex", All),
    parted("meilisearch", "index", All),
    parted("typesense", "collections documents aliases keys", All),
    client("@clickhouse/client", CLICKHOUSE),
    client("@clickhouse/client-web", CLICKHOUSE),
    client("@influxdata/influxdb-client", These("collectRows queryRaw flush")),
    // brokers
    parted("kafkajs", "producer admin", These("send sendBatch createTopics fetchTopicOffsets")),
    client("amqplib", These("assertQueue assertExchange checkQueue get waitForConfirms bindQueue")),
    client("nats", These("request")),
    // identity
    parted("@clerk/nextjs/server", NO_PARTS, CLERK),
    parted("@clerk/clerk-sdk-node", NO_PARTS, CLERK),
    parted("@clerk/backend", NO_PARTS, CLERK),
    client("@workos-inc/node", All),
    client("auth0", All),
];

const CLICKHOUSE: Names = These("query insert command exec");
const CLERK: Names =
    These("getUser getUserList updateUser createUser deleteUser updateUserMetadata getOrganization");
const FIREBASE: Names = These(
    "get set update add delete create commit once push remove count send sendEach sendEachForMulticast sendMulticast getUser getUsers getUserByEmail createUser updateUser deleteUser verifyIdToken listUsers save download upload exists setCustomUserClaims",
);
const SUPABASE: Names = These(
    "select insert update upsert delete rpc upload download remove list invoke createSignedUrl createSignedUrls getUser getUserById listUsers createUser deleteUser signInWithPassword signUp",
);

/// True where the call sends a request over the network and its result is the answer.
pub(crate) fn sends(api: &Api) -> bool {
    let path = api.plain_path();
    if api.package == "global" {
        return path == "fetch";
    }
    if matches!(api.package.as_str(), "http" | "https" | "http2") {
        return matches!(api.last(), "request" | "get");
    }
    CLIENTS.iter().any(|client| client.is_of(&api.package) && client.sends(path))
}

impl Client {
    fn is_of(&self, package: &str) -> bool {
        match self.package.strip_suffix('/') {
            Some(_) => package.starts_with(self.package),
            None => package == self.package,
        }
    }

    fn sends(&self, path: &str) -> bool {
        let Some((before, last)) = path.rsplit_once("()") else { return self.functions.has(path) };
        let name = last.rsplit('.').next().unwrap_or(last);
        // `gmail_v1.Schema$Thread`: a part of an answer, by its type.
        if before.contains('$') {
            return false;
        }
        // The first call makes the instance.
        let mut calls = before.split("()").skip(1);
        if self.is_part(last) {
            return false;
        }
        calls.all(|part| self.is_part(part))
            && !(name.is_empty() && matches!(self.methods, All))
            && self.methods.has(name)
    }

    fn is_part(&self, call: &str) -> bool {
        let name = call.rsplit('.').next().unwrap_or(call);
        lists(self.parts, name) || matches!(name, "withOptions" | "child" | "forTenant")
    }
}

/// Whether the name is one of the list, where `()` stands for calling the client itself.
fn lists(names: &str, name: &str) -> bool {
    let name = if name.is_empty() { "()" } else { name };
    names.split(' ').any(|it| it == name)
}

impl Names {
    fn has(&self, name: &str) -> bool {
        match self {
            Names::None => false,
            All => !is_local(name),
            These(names) => lists(names, name),
        }
    }
}

/// Methods of clients that only set something up, build or check.
fn is_local(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        || iterating_method(name).is_some()
        || ["constructEvent", "generate", "validate", "sign", "verify", "parse", "build"].iter().any(|it| {
            name.starts_with(it)
                && !matches!(name, "generateContent" | "generateImages" | "generateContentStream")
        })
        || matches!(
            name,
            "on" | "once"
                | "off"
                | "use"
                | "eject"
                | "extend"
                | "isAxiosError"
                | "isCancel"
                | "setCredentials"
                | "setApiKey"
                | "toString"
                | "toJSON"
                | "close"
                | "destroy"
                | "end"
                | "then"
                | "catch"
                | "finally"
                | "emit"
                | "addEventListener"
                | "getSignedUrl"
                | "createPresignedPost"
                | "config"
                | "has"
                | "webhooks"
                | "push"
                | "map"
                | "shutdown"
                | "flush"
        )
}

/// What a public service answers at most, where that is less than a page of a list, in words for a message.
pub(crate) fn takes_few_at_once(api: &Api) -> Option<&'static str> {
    Some(match api.package.as_str() {
        "@microsoft/microsoft-graph-client" => "Microsoft Graph takes four requests at a time for a mailbox",
        "@notionhq/client" => "Notion takes three requests a second",
        "airtable" => "Airtable takes five requests a second",
        _ => return None,
    })
}

/// How the service takes many elements in one request, where it does, in words for a message.
pub(crate) fn batch_form(api: &Api) -> Option<&'static str> {
    let path = api.path.as_str();
    let last = api.last();
    Some(match api.package.as_str() {
        "googleapis" | "@googleapis/gmail" if path.contains("messages") || path.contains("threads") => {
            match last {
                "get" => {
                    "Gmail answers up to 100 of them in one batch request (`https://gmail.googleapis.com/batch/gmail/v1`)"
                }
                "modify" if path.contains("messages") => "`users.messages.batchModify` takes up to 1,000 ids",
                "delete" if path.contains("messages") => "`users.messages.batchDelete` takes up to 1,000 ids",
                _ => return None,
            }
        }
        "@clickhouse/client" | "@clickhouse/client-web" => match last {
            "query" => {
                "one query that groups by the key, with all keys in an `IN` list, answers for all of them"
            }
            _ => return None,
        },
        "@elastic/elasticsearch" | "@opensearch-project/opensearch" => match last {
            "index" | "update" | "delete" | "create" => "one `bulk` request takes all of them",
            "get" | "exists" => "one `mget` answers for all of them",
            "search" | "count" => "one `msearch` answers for all of them",
            _ => return None,
        },
        "algoliasearch" => match last {
            "saveObject" | "partialUpdateObject" | "deleteObject" => {
                "the plural form (`saveObjects`) takes all of them"
            }
            "getObject" => "`getObjects` answers for all of them",
            _ => return None,
        },
        "openai" if path.ends_with("embeddings.create") => "`input` takes a list of texts",
        "ai" if path == "embed" => "`embedMany` takes a list of values",
        "@sendgrid/mail" if last == "send" => {
            "one request takes a list of messages, or up to 1,000 `personalizations` of one"
        }
        "resend" if path.ends_with("emails.send") => "`batch.send` takes up to 100 messages",
        "postmark" if last == "sendEmail" => "`sendEmailBatch` takes up to 500 messages",
        "kafkajs" if last == "send" => "one `send` takes a list of messages",
        "firebase-admin" | "firebase-admin/messaging" if last == "send" && path.contains("essaging") => {
            "`sendEach` takes up to 500 messages"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{batch_form, sends};
    use crate::program::value::Api;

    fn api(package: &str, path: &str) -> Api {
        Api { package: package.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn calls_on_instances_send() {
        for (package, path) in [
            ("googleapis", "google.gmail().users.messages.get"),
            ("@googleapis/gmail", "gmail_v1.Gmail().users.messages.get"),
            ("@microsoft/microsoft-graph-client", "Client().api().filter().get"),
            ("@microsoft/microsoft-graph-client", "Client.init().api().patch"),
            ("stripe", "default().customers.create"),
            ("openai", "default().chat.completions.create"),
            ("@aws-sdk/client-s3", "S3Client().send"),
            ("aws-sdk", "S3().getObject"),
            ("@clickhouse/client", "createClient().query"),
            ("axios", "default.create().get"),
            ("axios", "default"),
            ("got", "default.get"),
            ("global", "fetch"),
            ("meilisearch", "MeiliSearch().index().addDocuments"),
            ("ai", "generateText"),
            ("@connectrpc/connect", "PromiseClient().getProfile"),
            ("@slack/web-api", "WebClient().chat.postMessage"),
        ] {
            assert!(sends(&api(package, path)), "{package} {path}");
        }
    }

    #[test]
    fn making_building_and_reading_send_nothing() {
        for (package, path) in [
            ("googleapis", "google.gmail"),
            ("googleapis", "google.auth.OAuth2().setCredentials"),
            ("@microsoft/microsoft-graph-client", "Client().api"),
            ("stripe", "default().webhooks.constructEvent"),
            ("googleapis", "google.gmail().users.messages.list().data.messages.map"),
            ("axios", "default.create"),
            ("axios", "isAxiosError"),
            ("openai", "OpenAI"),
            ("meilisearch", "MeiliSearch().index"),
            ("resend", "Resend"),
        ] {
            assert!(!sends(&api(package, path)), "{package} {path}");
        }
    }

    #[test]
    fn batches_by_the_service() {
        assert!(batch_form(&api("googleapis", "google.gmail().users.messages.get")).is_some());
        assert!(batch_form(&api("stripe", "default().customers.create")).is_none());
    }
}
