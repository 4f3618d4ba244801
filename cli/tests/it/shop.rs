//! A small program with known findings, and the command that examines it.

use tuneup_testkit::{Outcome, Run, Sandbox};

const FILES: [(&str, &str); 4] = [
    (
        "package.json",
        "{ \"name\": \"shop\", \"dependencies\": { \"@prisma/client\": \"6\", \"express\": \"5\" } }\n",
    ),
    (
        "prisma/schema.prisma",
        "datasource db {
  provider = \"postgresql\"
}

generator client {
  provider = \"prisma-client-js\"
}

model User {
  id     Int     @id
  name   String
  orders Order[]
}

model Order {
  id     Int  @id
  userId Int
  user   User @relation(fields: [userId], references: [id])

  @@index([userId])
}
",
    ),
    (
        "src/app.ts",
        "import express from 'express';
import { ordersOf } from './orders';

const app = express();

app.post('/orders', async (req, res) => {
  const ids: number[] = req.body.ids;
  const all = [];
  for (const id of ids) {
    all.push(await ordersOf(id));
  }
  res.json(all);
});
",
    ),
    (
        "src/orders.ts",
        "import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function ordersOf(userId: number) {
  return prisma.order.findMany({ where: { userId }, take: 50 });
}
",
    ),
];

pub(crate) fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    for (path, text) in FILES {
        sandbox.write(path, text);
    }
    sandbox
}

/// The program itself.
pub(crate) const TUNEUP: &str = env!("CARGO_BIN_EXE_tuneup");

pub(crate) fn tuneup(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.command(TUNEUP).args(args)
}

/// The parts of an outcome that say what went wrong: warnings, how much was scanned, errors, exit code.
pub(crate) fn troubles(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    let wanted = ["warning", "Scanned", "error", "caused", "hint", "-- exit", "-- ended"];
    let lines: Vec<&str> =
        text.lines().filter(|line| wanted.iter().any(|word| line.starts_with(word))).collect();
    lines.join("\n")
}

/// Whether the finding of the small program is reported.
pub(crate) fn finds_the_loop(outcome: &Outcome) -> bool {
    outcome.stdout.contains("--> src/app.ts:10:")
}
