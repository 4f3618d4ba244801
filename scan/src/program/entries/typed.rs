//! Functions whose types say who calls them: `(req: Request, res: Response)`, `const work: Processor = …`,
//! `export const user: QueryResolvers["user"] = …`.
//!
//! What registers them may be out of sight: a table of routes, a map of resolvers that is generated.

use super::{Entry, EntryKind};
use crate::facts::{FnId, TypeExpr, TypeId};
use crate::program::Program;
use crate::program::value::{FnRef, Value};

impl Program {
    /// Functions of a file that are typed as handlers of a library.
    pub(super) fn typed_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        let facts = &self.files[file as usize];
        for (n, it) in facts.functions.iter().enumerate().skip(1) {
            let function = FnRef { file, id: FnId(n as u32) };
            if !it.has_body || it.argument_of.is_some() || self.origin(function).is_some() {
                continue;
            }
            let own = it.typed_by.and_then(|(ty, _)| self.handler_type(file, ty));
            let given = || it.params.iter().find_map(|it| self.handed_type(file, it.annotation?));
            if let Some((kind, label)) = own.or_else(given) {
                entries.push(Entry { function, kind, label });
            }
        }
    }

    /// A type of functions that a library calls.
    fn handler_type(&self, file: u32, ty: TypeId) -> Option<(EntryKind, String)> {
        let facts = &self.files[file as usize];
        let name = |ty: TypeId| match facts.type_expr(ty) {
            TypeExpr::Name { root, path, .. } => Some(facts.name(*path.last().unwrap_or(root))),
            _ => None,
        };
        match facts.type_expr(ty) {
            // Types of resolvers are generated, mostly into files that are not kept.
            TypeExpr::Indexed { object, name: field } => name(*object)
                .filter(|it| it.ends_with("Resolvers"))
                .map(|_| (EntryKind::Request, facts.name(*field).to_owned())),
            TypeExpr::Name { .. } if name(ty).is_some_and(|it| it.ends_with("Resolvers")) => {
                Some((EntryKind::Request, name(ty)?.to_owned()))
            }
            TypeExpr::Name { .. } => match self.type_value(file, ty) {
                Value::Api(api) => {
                    let name = api.path.trim_end_matches("()").rsplit('.').next()?;
                    Some((handler_kind(&api.package, name)?, name.to_owned()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A type that only those have whom a library calls: the answer to write, the job to do.
    fn handed_type(&self, file: u32, ty: TypeId) -> Option<(EntryKind, String)> {
        if !matches!(self.files[file as usize].type_expr(ty), TypeExpr::Name { .. }) {
            return None;
        }
        let Value::Api(api) = self.type_value(file, ty) else { return None };
        let name = api.path.trim_end_matches("()").rsplit('.').next()?;
        Some((handed_kind(&api.package, name)?, name.to_owned()))
    }
}

fn handler_kind(package: &str, name: &str) -> Option<EntryKind> {
    if package == "global" || package.starts_with("react") || package.starts_with("@types/react") {
        return None;
    }
    let is_job = matches!(
        name,
        "Processor"
            | "Task"
            | "TaskList"
            | "WorkHandler"
            | "JobHandler"
            | "SQSHandler"
            | "SNSHandler"
            | "ScheduledHandler"
            | "S3Handler"
            | "DynamoDBStreamHandler"
            | "EventBridgeHandler"
    );
    let is_request = name.starts_with("FastifyPlugin")
        || ["RequestHandler", "Resolvers", "FieldResolver", "ApiHandler", "ProxyHandler", "Middleware"]
            .iter()
            .any(|end| name.ends_with(end))
        || matches!(
            name,
            "RouteHandlerMethod"
                | "RouteHandler"
                | "MiddlewareHandler"
                | "Handler"
                | "APIRoute"
                | "LoaderFunction"
                | "ActionFunction"
                | "PageServerLoad"
                | "LayoutServerLoad"
                | "Actions"
                | "GetServerSideProps"
                | "NextMiddleware"
                | "HandleFunction"
                | "Lifecycle.Method"
        );
    match (is_job, is_request) {
        (true, _) => Some(EntryKind::Job),
        (_, true) => Some(EntryKind::Request),
        _ => None,
    }
}

fn handed_kind(package: &str, name: &str) -> Option<EntryKind> {
    match (package, name) {
        ("express" | "express-serve-static-core", "Response" | "NextFunction")
        | ("fastify", "FastifyReply" | "FastifyInstance")
        | ("next" | "next/types", "NextApiResponse")
        | ("next/server", "NextRequest")
        | ("koa", "Context" | "ParameterizedContext" | "Next")
        | ("hono", "Context" | "Next")
        | ("h3", "H3Event")
        | ("@hapi/hapi", "ResponseToolkit")
        | ("graphql", "GraphQLResolveInfo")
        | ("aws-lambda", "APIGatewayProxyEvent" | "APIGatewayProxyEventV2" | "APIGatewayEvent") => {
            Some(EntryKind::Request)
        }
        ("bullmq" | "bull" | "bee-queue" | "pg-boss" | "agenda", "Job")
        | ("graphile-worker", "JobHelpers")
        | ("aws-lambda", "SQSEvent" | "SNSEvent" | "S3Event" | "ScheduledEvent" | "EventBridgeEvent") => {
            Some(EntryKind::Job)
        }
        _ => None,
    }
}
