//! Rule `missing-compression`: a server sends text as it is, and nothing in front packs it.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::servers::{Server, servers};
use super::{Rule, paths, repeats};
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-compression",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Http,
        summary: "A server answers uncompressed, and nothing in front of it compresses",
        why: "JSON and HTML shrink to a fifth with gzip or Brotli. A list of 300 kB takes 2.4 s over a phone connection of 1 Mbit/s and half a second when \
              compressed, and the bytes that leave the data centre are billed. A proxy or CDN often does it; where requests reach the process \
              directly, the server has to.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A proxy, load balancer or CDN in front compresses, answers are small, or the clients sit in the same network.",
        proof: "`curl -H 'Accept-Encoding: gzip' -sI URL` of an answer over 1 kB shows no `content-encoding`",
        standing: Standing::Candidate {
            why: "what stands in front of a server is often set up outside its repository",
        },
    },
    check,
};

const SLOW: &str = r"
//- /server.ts
import express from 'express';
import { products } from './products';

const app = express();

app.get('/products', async (req, res) => res.json(await products()));
app.get('/products/new', async (req, res) => res.json(await products()));
app.get('/products/old', async (req, res) => res.json(await products()));
app.listen(80);
//- /products.ts
export async function products() {
  return [{ name: 'Lamp' }];
}
";

const FAST: &str = r"
//- /server.ts
import compression from 'compression';
import express from 'express';
import { products } from './products';

const app = express();
app.use(compression());

app.get('/products', async (req, res) => res.json(await products()));
app.get('/products/new', async (req, res) => res.json(await products()));
app.get('/products/old', async (req, res) => res.json(await products()));
app.listen(80);
//- /products.ts
export async function products() {
  return [{ name: 'Lamp' }];
}
";

const PACKAGES: &[&str] = &[
    "compression",
    "@fastify/compress",
    "fastify-compress",
    "koa-compress",
    "shrink-ray-current",
    "express-static-gzip",
    "http-compression",
];

/// Fewer routes are a probe or a tool.
const ROUTES: usize = 3;

fn check(program: &Program, report: &mut Report) {
    if program.deployment.is_fronted() {
        return;
    }
    for server in servers(program) {
        let is_service = server.routes(program).take(ROUTES).count() == ROUTES;
        if is_service && !server.has(program, PACKAGES, &["compress", "gzip", "brotli"]) {
            report.add(&RULE.doc, tell(program, server));
        }
    }
}

fn tell(program: &Program, server: Server) -> Draft {
    let callee = paths::callee_text(program, server.file, server.call);
    let message = format!("answers of the server that `{callee}` makes are not compressed");
    let at = Where::Code(paths::call_at(program, server.file, server.call));
    let mut draft = Draft::new(at, message, format!("{callee} › compression"));
    draft.rank = 20;
    draft.help = "let the proxy or CDN compress; without one, use `compression` (Express), `@fastify/compress`, `koa-compress` or \
                  `hono/compress` for answers over 1 kB"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("compress answers"));
    draft.cost = Some(Cost {
        now: "b bytes".to_owned(),
        after: "about b / 5".to_owned(),
        counts: vec![Count { variable: "b".to_owned(), of: "bytes of text sent".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    const ROUTES: &str = "app.get('/a', (req, res) => res.json([]));\napp.get('/b', (req, res) => res.json([]));\napp.get('/c', (req, res) => res.json([]));\n";

    #[test]
    fn a_server_and_its_routes_in_several_files() {
        check(
            &RULE,
            r"
//- /main.ts
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  //                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-compression: that `NestFactory.create` makes
  await app.listen(3000);
}
bootstrap();
//- /app.module.ts
import { Module } from '@nestjs/common';
import { CatsController } from './cats.controller';
@Module({ controllers: [CatsController] })
export class AppModule {}
//- /cats.controller.ts
import { Controller, Get } from '@nestjs/common';
@Controller('cats')
export class CatsController {
  @Get('a') a() { return []; }
  @Get('b') b() { return []; }
  @Get('c') c() { return []; }
}
",
        );
    }

    #[test]
    fn a_proxy_a_platform_or_a_plugin_compresses() {
        for (path, text) in [
            ("nginx/default.conf", "location / { proxy_pass http://app; gzip on; }"),
            ("fly.toml", "app = 'shop'"),
            ("docker-compose.yml", "services:\n  front:\n    image: caddy:2\n"),
            ("deploy/web.yaml", "kind: Ingress\n"),
        ] {
            check(
                &RULE,
                &format!(
                    "//- /server.ts\nimport express from 'express';\nconst app = express();\n{ROUTES}//- /{path}\n{text}\n"
                ),
            );
        }
        check(
            &RULE,
            &format!(
                "//- /server.ts\nimport express from 'express';\nimport shrink from './gzip';\nconst app = express();\napp.use(shrink);\n{ROUTES}"
            ),
        );
    }
}
