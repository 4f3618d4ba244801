//! Rule `missing-health-check`: nothing can ask whether a service that needs its database is well.

use tuneup_model::{Category, Cost, Count, RuleDoc, Severity, Standing};

use super::commands::commands;
use super::servers::{Server, servers, words};
use super::{Rule, paths, repeats};
use crate::deployment::Front;
use crate::program::Program;
use crate::report::{Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-health-check",
        since: "0.1.0",
        severity: Severity::Low,
        category: Category::Http,
        summary: "A service with a database has no route that says whether it is well",
        why: "A load balancer sends requests to every process that accepts connections. One whose pool is exhausted, or that has lost its database, \
              accepts them and answers errors until somebody looks; during a deployment, requests reach processes that are not connected yet. A \
              route that tries the database with a short timeout lets the balancer take the process out within seconds.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A probe of the platform looks at something else, or the process ends by itself when it loses its database.",
        proof: "Stop the database behind one of two processes: half of the requests keep failing",
        standing: Standing::Candidate { why: "probes are often set up outside the repository" },
    },
    check,
};

const SLOW: &str = r"
//- /server.ts
import express from 'express';
import { pool } from './pool';

const app = express();

app.get('/orders/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT id, total FROM orders WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
app.get('/customers/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT id, name FROM customers WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
app.get('/about', (req, res) => res.json({ name: 'shop' }));
app.listen(80);
//- /pool.ts
import { Pool } from 'pg';

export const pool = new Pool();
";

const FAST: &str = r"
//- /server.ts
import express from 'express';
import { pool } from './pool';

const app = express();

app.get('/orders/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT id, total FROM orders WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
app.get('/customers/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT id, name FROM customers WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
app.get('/ready', async (req, res) => {
  await pool.query({ text: 'SELECT 1', query_timeout: 1000 });
  res.sendStatus(204);
});
app.listen(80);
//- /pool.ts
import { Pool } from 'pg';

export const pool = new Pool();
";

const PACKAGES: &[&str] =
    &["@nestjs/terminus", "@godaddy/terminus", "lightship", "express-healthcheck", "fastify-healthcheck"];

/// Fewer routes are a probe or a tool.
const ROUTES: usize = 3;

fn check(program: &Program, report: &mut Report) {
    let deployment = &program.deployment;
    if deployment.path(Front::Platform).is_some() || deployment.path(Front::Probe).is_some() {
        return;
    }
    if program.queries.is_empty() && commands(program).is_empty() {
        return;
    }
    for server in servers(program) {
        let is_service = server.routes(program).take(ROUTES).count() == ROUTES;
        let is_asked = server.routes(program).any(|it| {
            words(program, it).iter().any(|word| {
                ["health", "ready", "alive", "live", "ping", "status", "heartbeat", "up"].iter().any(
                    |known| word.trim_end_matches('z').starts_with(known) && word.len() < known.len() + 6,
                )
            })
        });
        if is_service && !is_asked && !server.has(program, PACKAGES, &["health", "readiness", "liveness"]) {
            report.add(&RULE.doc, tell(program, server));
        }
    }
}

fn tell(program: &Program, server: Server) -> Draft {
    let callee = paths::callee_text(program, server.file, server.call);
    let message = format!("no route of the server that `{callee}` makes says whether its database answers");
    let at = Where::Code(paths::call_at(program, server.file, server.call));
    let mut draft = Draft::new(at, message, format!("{callee} › health"));
    draft.rank = 15;
    draft.help = "add a route that runs `SELECT 1` (and `PING`) with a timeout of a second, and let the balancer ask it".to_owned();
    draft.fix = Some(repeats::unsafe_fix("add a route for health"));
    draft.cost = Some(Cost {
        now: "t of failing requests".to_owned(),
        after: "some seconds".to_owned(),
        counts: vec![Count { variable: "t".to_owned(), of: "time until somebody looks".to_owned() }],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    const HEAD: &str = "//- /server.ts\nimport express from 'express';\nimport { Pool } from 'pg';\nconst pool = new Pool();\nconst app = express();\n\
                        app.get('/a', async (req, res) => res.json(await pool.query('SELECT id FROM a')));\n\
                        app.get('/b', async (req, res) => res.json(await pool.query('SELECT id FROM b')));\n\
                        app.get('/c', (req, res) => res.end());\n";

    #[test]
    fn a_probe_or_a_route_in_any_file() {
        check(
            &RULE,
            &format!("{HEAD}//- /compose.yml\nservices:\n  web:\n    healthcheck:\n      test: curl\n"),
        );
        check(&RULE, &format!("{HEAD}app.get('/healthz', (req, res) => res.end());\n"));
        check(&RULE, &format!("{HEAD}//- /probe.ts\nexport const healthRoute = '/x';\n"));
    }

    #[test]
    fn a_server_without_a_database() {
        check(
            &RULE,
            "//- /server.ts\nimport express from 'express';\nconst app = express();\napp.get('/a', (req, res) => res.end());\n\
             app.get('/b', (req, res) => res.end());\napp.get('/c', (req, res) => res.end());\n",
        );
    }
}
