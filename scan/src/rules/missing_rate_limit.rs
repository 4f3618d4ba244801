//! Rule `missing-rate-limit`: a route that checks passwords takes as many attempts as somebody sends.

use tuneup_model::{Category, Cost, Count, EvidenceKind, RuleDoc, Severity, Standing};

use super::servers::{Server, servers, words};
use super::{Rule, paths, repeats};
use crate::program::{Entry, Program};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "missing-rate-limit",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Http,
        summary: "A route that checks passwords has no limit of attempts",
        why: "Checking a password is dear on purpose: bcrypt with cost 12 takes a quarter of a second of CPU. Forty requests a second to the login keep \
              ten cores busy, and everybody else waits; the same requests try passwords. A limit per address and account (say five a minute) in \
              front of the hash costs one increment in Redis.",
        slow: SLOW,
        fast: FAST,
        fine_when: "A gateway or proxy counts requests, an identity provider checks the passwords, or the route is not reachable from outside.",
        proof: "Ten times the intended rate of logins is served, and the event loop is late meanwhile",
        standing: Standing::Candidate {
            why: "gateways and identity providers that limit requests are set up outside the repository",
        },
    },
    check,
};

const SLOW: &str = r"
//- /server.ts
import bcrypt from 'bcrypt';
import express from 'express';
import { users } from './users';

const app = express();

app.post('/login', async (req, res) => {
  const user = await users.find(req.body.email);
  const isRight = await bcrypt.compare(req.body.password, user.hash);
  res.sendStatus(isRight ? 204 : 401);
});
//- /users.ts
export const users = { find: async (email: string) => ({ email, hash: '' }) };
";

const FAST: &str = r"
//- /server.ts
import bcrypt from 'bcrypt';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { users } from './users';

const app = express();

app.post('/login', rateLimit({ windowMs: 60_000, limit: 5 }), async (req, res) => {
  const user = await users.find(req.body.email);
  const isRight = await bcrypt.compare(req.body.password, user.hash);
  res.sendStatus(isRight ? 204 : 401);
});
//- /users.ts
export const users = { find: async (email: string) => ({ email, hash: '' }) };
";

const PACKAGES: &[&str] = &[
    "express-rate-limit",
    "rate-limiter-flexible",
    "@nestjs/throttler",
    "@fastify/rate-limit",
    "@upstash/ratelimit",
    "koa-ratelimit",
    "hono-rate-limiter",
    "express-slow-down",
    "express-brute",
];

const WORDS: &[&str] =
    &["ratelimit", "rate-limit", "rate_limit", "throttl", "toomany", "too many", "attempts"];

fn check(program: &Program, report: &mut Report) {
    if program.deployment.is_fronted() {
        return;
    }
    for server in servers(program) {
        if server.has(program, PACKAGES, WORDS) {
            continue;
        }
        let login = server.routes(program).find(|it| takes_password(program, it));
        if let Some(login) = login {
            report.add(&RULE.doc, tell(program, server, login));
        }
    }
}

/// A route whose path says that somebody signs in, in code that compares passwords.
fn takes_password(program: &Program, entry: &Entry) -> bool {
    let words = words(program, entry);
    let says = ["login", "signin", "sign-in", "password-reset", "forgot-password", "token"]
        .iter()
        .any(|word| words.iter().any(|it| it == word));
    says && entry.label.to_ascii_uppercase().starts_with("POST")
        && ["bcrypt", "bcryptjs", "argon2", "@node-rs/argon2", "@node-rs/bcrypt", "scrypt-kdf"]
            .iter()
            .any(|it| program.depends_on(entry.function.file, it) || imports(program, it))
}

fn imports(program: &Program, package: &str) -> bool {
    program.files.iter().any(|facts| facts.imports.iter().any(|it| facts.name(it.specifier) == package))
}

fn tell(program: &Program, server: Server, login: &Entry) -> Draft {
    let name = program.function_name(login.function);
    let span = program.facts(login.function.file).function(login.function.id).name_span;
    let message = format!("`{}` takes as many attempts as somebody sends", login.label);
    let at = Where::Code(At { file: login.function.file, span });
    let mut draft = Draft::new(at, message, format!("{name} › {} › limit", login.label));
    draft.rank = 40;
    let made = Where::Code(paths::call_at(program, server.file, server.call));
    draft.evidence.push((EvidenceKind::Source, "its server has no limiter".to_owned(), made));
    draft.help = "count attempts per address and account before the password is checked (`express-rate-limit`, `@nestjs/throttler`, \
                  `@fastify/rate-limit`), in Redis where several processes serve"
        .to_owned();
    draft.fix = Some(repeats::unsafe_fix("limit attempts"));
    draft.cost = Some(Cost {
        now: "a × h of CPU".to_owned(),
        after: "at most the limit × h".to_owned(),
        counts: vec![
            Count { variable: "a".to_owned(), of: "attempts that somebody sends".to_owned() },
            Count { variable: "h".to_owned(), of: "time of one hash".to_owned() },
        ],
    });
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    const LOGIN: &str = "import express from 'express';\nimport bcrypt from 'bcrypt';\nconst app = express();\n\
                         app.post('/login', async (req, res) => res.json(await bcrypt.compare(req.body.password, 'x')));\n";

    #[test]
    fn a_controller_whose_service_compares_passwords() {
        check(
            &RULE,
            r"
//- /main.ts
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
NestFactory.create(AppModule).then((app) => app.listen(3000));
//- /app.module.ts
import { Module } from '@nestjs/common';
import { AuthController } from './auth.controller';
@Module({ controllers: [AuthController] })
export class AppModule {}
//- /auth.controller.ts
import { Controller, Post } from '@nestjs/common';
import { AuthService } from './auth.service';
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}
  @Post('login')
  login() {
//^^^^^ missing-rate-limit: `POST login` takes as many attempts
    return this.auth.check('a', 'b');
  }
}
//- /auth.service.ts
import * as argon2 from 'argon2';
export class AuthService {
  check(hash: string, password: string) {
    return argon2.verify(hash, password);
  }
}
",
        );
    }

    #[test]
    fn a_limit_of_its_own_or_in_front() {
        check(
            &RULE,
            &format!(
                "//- /server.ts\n{LOGIN}import {{ loginRateLimiter }} from './limit';\napp.use(loginRateLimiter);\n"
            ),
        );
        check(&RULE, &format!("//- /server.ts\n{LOGIN}//- /vercel.json\n{{}}\n"));
    }
}
