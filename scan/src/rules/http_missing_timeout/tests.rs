//! Requests with and without a bound, and every way in which one can be bounded elsewhere.

use super::RULE;
use crate::rules::laws;

fn check(routes: &str) {
    laws::check(
        &RULE,
        &format!("//- /routes.ts\nimport express from 'express';\nconst app = express();\n{routes}"),
    );
}

#[test]
fn a_wrapper_is_one_finding_however_often_it_is_called() {
    check(
        r"
import { load } from './load';
app.get('/a', async (req, res) => { res.json(await load('a')); });
app.get('/b', async (req, res) => { res.json(await load('b')); });
//- /load.ts
import axios from 'axios';
export async function load(name: string) {
  const { data } = await axios.get(`https://api.example.com/${name}`, { headers: { accept: 'text/json' } });
//                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout: waits without end
  return data;
}
",
    );
}

#[test]
fn an_instance_is_followed_to_its_making() {
    check(
        r"
import { slow, bounded } from './clients';
app.get('/a', async (req, res) => {
  const kept = await bounded.get('/rates');
  const rates = await slow.get('/rates');
//                    ^^^^^^^^^^^^^^^^^^ http-missing-timeout: `slow.get` has no timeout
  res.json([kept.data, rates.data]);
});
//- /clients.ts
import axios from 'axios';
const options = { timeout: 2_000 };
export const slow = axios.create({ baseURL: 'https://a.example.com' });
export const bounded = axios.create({ baseURL: 'https://b.example.com', ...options });
",
    );
}

#[test]
fn an_instance_in_a_field_is_followed() {
    check(
        r"
import { Rates } from './rates';
const rates = new Rates();
app.get('/a', async (req, res) => { res.json([await rates.one(), await rates.two()]); });
//- /rates.ts
import axios, { AxiosInstance } from 'axios';
export class Rates {
  private readonly http: AxiosInstance;
  private readonly patient = axios.create();
  constructor() {
    this.http = axios.create({ timeout: 1000 });
  }
  async one() {
    return (await this.http.post('/one', { a: 1 })).data;
  }
  async two() {
    return (await this.patient.post('/two', { a: 1 })).data;
//                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout
  }
}
",
    );
}

#[test]
fn callers_that_leave_out_what_others_give_are_found() {
    check(
        r"
import { post } from './request';
app.post('/a', async (req, res) => { res.json(await post('https://a.example.com', { timeout: 5_000, body: '1' })); });
app.post('/b', async (req, res) => { res.json(await post('https://b.example.com', { body: '1' })); });
//                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout: leaves out the timeout
//- /request.ts
async function call(url: string, method: string, { timeout, ...config } = {}) {
  const options = { ...config, method };
  if (timeout > 0) {
    options.signal = AbortSignal.timeout(timeout);
  }
  const answer = await fetch(url, options);
  return answer.json();
}
export const post = async (url: string, config) => call(url, 'POST', config);
",
    );
}

#[test]
fn a_wrapper_with_a_default_is_bounded() {
    check(
        r"
import { load, loadWithin } from './load';
app.get('/a', async (req, res) => { res.json([await load('a'), await loadWithin('a')]); });
//- /load.ts
export async function load(name: string, { timeout = 5_000 } = {}) {
  return (await fetch(`https://a.example.com/${name}`, { signal: AbortSignal.timeout(timeout) })).json();
}
export async function loadWithin(name: string, ms = 3_000) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  const options: RequestInit = { method: 'GET' };
  options.signal = controller.signal;
  try {
    return (await fetch(`https://a.example.com/${name}`, options)).json();
  } finally {
    clearTimeout(timer);
  }
}
",
    );
}

#[test]
fn defaults_of_the_library_count() {
    check(
        r"
import axios from 'axios';
import ky from 'ky';
import Stripe from 'stripe';
const stripe = new Stripe('key');
axios.defaults.timeout = 10_000;
app.get('/a', async (req, res) => {
  const first = await axios.get('https://a.example.com');
  const second = await ky.get('https://a.example.com').json();
  res.json([first.data, second, await stripe.customers.list()]);
});
",
    );
}

#[test]
fn an_interceptor_sets_a_default() {
    check(
        r"
import axios from 'axios';
const http = axios.create({ baseURL: 'https://a.example.com' });
http.interceptors.request.use((config) => {
  config.timeout = config.timeout ?? 4_000;
  return config;
});
app.get('/a', async (req, res) => { res.json((await http.get('/x')).data); });
",
    );
}

#[test]
fn a_race_or_a_wrapper_with_a_deadline_bounds_it() {
    check(
        r"
import pTimeout from 'p-timeout';
const after = (ms: number) => new Promise((_, fail) => setTimeout(() => fail(new Error('late')), ms));
app.get('/a', async (req, res) => {
  const one = await Promise.race([fetch('https://a.example.com'), after(1000)]);
  const asked = fetch('https://b.example.com');
  const two = await Promise.race([asked, after(1000)]);
  const three = await pTimeout(fetch('https://c.example.com'), { milliseconds: 1000 });
  res.json([one, two, three]);
});
",
    );
}

#[test]
fn a_request_object_carries_its_signal() {
    check(
        r"
app.get('/a', async (req, res) => {
  const request = new Request('https://a.example.com', { signal: AbortSignal.timeout(1000) });
  res.json(await (await fetch(request)).json());
});
export async function proxied(request: Request) {
  return fetch(request);
}
",
    );
}

#[test]
fn files_data_and_the_own_origin_are_not_other_services() {
    check(
        r"
app.get('/a', async (req, res) => {
  const font = await fetch(new URL('./inter.ttf', import.meta.url));
  const pixel = await fetch('data:image/png;base64,AAAA');
  const own = await fetch(`${process.env.NEXT_PUBLIC_WEBAPP_URL}/api/ping`);
  const near = await fetch('http://localhost:4000/ping');
  const path = await fetch('/api/me');
  res.json([font, pixel, own, near, path]);
});
",
    );
}

#[test]
fn requests_of_node_are_bounded_after_they_are_made() {
    check(
        r"
import https from 'node:https';
import request from 'superagent';
app.get('/a', (req, res) => {
  const asked = https.get('https://a.example.com', (answer) => answer.pipe(res));
  asked.setTimeout(2000, () => asked.destroy());
});
app.get('/b', (req, res) => {
  https.get('https://b.example.com', (answer) => answer.pipe(res));
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout
});
app.get('/c', async (req, res) => {
  const one = await request.get('https://c.example.com').set('a', 'b').timeout({ response: 1000 });
  res.json(one.body);
});
",
    );
}

#[test]
fn tests_scripts_and_browsers_are_left_alone() {
    laws::check(
        &RULE,
        r#"
//- /package.json
{ "name": "root", "workspaces": ["web"] }
//- /web/package.json
{ "name": "web", "dependencies": { "react": "19", "react-dom": "19", "react-router": "7" } }
//- /web/routes/list.ts
export async function loader() {
  return fetch('https://a.example.com');
}
//- /scripts/import.ts
export async function run() {
  return fetch('https://a.example.com');
}
//- /rates.test.ts
import express from 'express';
express().get('/', async (req, res) => res.json(await fetch('https://a.example.com')));
//- /quote.ts
'use client';
export async function GET() {
  return fetch('https://a.example.com');
}
"#,
    );
}

#[test]
fn what_components_and_hooks_ask_for_is_asked_in_a_browser() {
    laws::check(
        &RULE,
        r#"
//- /package.json
{ "name": "web", "dependencies": { "next": "15", "react": "19", "react-dom": "19" } }
//- /app/rates/page.tsx
import { Picker } from './picker';
import { load } from '../../lib/rates';
export default async function Page() {
  const rates = await load();
  return <Picker rates={rates} />;
}
//- /app/rates/picker.tsx
import { save } from '../../lib/save';
import { useQuote } from '../../lib/use-quote';
export function Picker({ rates }) {
  const quote = useQuote();
  return <button onClick={() => save(quote)}>{rates.length}</button>;
}
//- /pages/sign-up.tsx
export default function SignUp() {
  const submit = async () => { await fetch('https://a.example.com/users', { method: 'POST' }); };
  return <button onClick={submit} />;
}
//- /lib/save.ts
export async function save(quote: unknown) {
  await fetch('https://a.example.com/quotes', { method: 'POST', body: JSON.stringify(quote) });
}
//- /lib/use-quote.ts
export function useQuote() {
  return fetch('https://a.example.com/quote');
}
//- /lib/rates.ts
export async function load() {
  const answer = await fetch('https://a.example.com/rates');
  //                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout
  return answer.json();
}
"#,
    );
}

#[test]
fn a_request_that_nothing_waits_for_holds_nobody_up() {
    check(
        r"
app.post('/a', (req, res) => {
  fetch('https://metrics.example.com', { method: 'POST', body: '1' }).catch(console.error);
  res.end();
});
",
    );
}

#[test]
fn a_wrapper_that_hardly_anybody_bounds_is_the_place_to_mend() {
    let callers: Vec<String> = (0..14)
        .map(|n| format!("app.get('/{n}', async (req, res) => {{ res.json(await get('https://a.example.com/{n}', {{}})); }});\n"))
        .collect();
    check(&format!(
        "import {{ get }} from './get';\n{}app.get('/z', async (req, res) => {{ res.json(await get('https://a.example.com', {{ timeout: 1 }})); }});
//- /get.ts
import axios from 'axios';
export async function get(url: string, options: {{ timeout?: number }}) {{
  return (await axios.get(url, {{ timeout: options.timeout }})).data;
  //            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout
}}
",
        callers.concat()
    ));
}

#[test]
fn a_wrapper_that_tries_again_is_judged_by_its_callers() {
    check(
        r"
import { load } from './load';
app.get('/a', async (req, res) => { res.json(await load('https://a.example.com', { timeout: 1000 }, 3)); });
//- /load.ts
export async function load(url: string, options: { timeout?: number }, tries: number) {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(options.timeout) });
  } catch (error) {
    return load(url, options, tries - 1);
  }
}
",
    );
}

const NEST: &str = r"
//- /rates.controller.ts
import { Controller, Get } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';
import { timeout } from 'rxjs/operators';
@Controller('rates')
export class RatesController {
  constructor(private readonly http: HttpService) {}
  @Get('a')
  async bounded() {
    return firstValueFrom(this.http.get('https://a.example.com').pipe(timeout(1000)));
  }
  @Get('b')
  async endless() {
    return this.http.axiosRef.post('https://a.example.com', { a: 1 });CARETS
  }
}
//- /app.module.ts
import { Module } from '@nestjs/common';
import { HttpModule } from '@nestjs/axios';
@Module({ imports: [HttpModule.register(OPTIONS)] })
export class AppModule {}
";

#[test]
fn the_http_service_of_nest_is_bounded_by_its_module() {
    let carets =
        "\n    //     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout";
    laws::check(&RULE, &NEST.replace("CARETS", carets).replace("OPTIONS", "{ maxRedirects: 2 }"));
    laws::check(&RULE, &NEST.replace("CARETS", "").replace("OPTIONS", "{ timeout: 2000 }"));
}

#[test]
fn where_no_request_or_job_is_held() {
    laws::check(
        &RULE,
        r#"
//- /package.json
{ "name": "root", "workspaces": ["web", "tool"] }
//- /tool/package.json
{ "name": "tool", "dependencies": { "yargs": "17" } }
//- /tool/deploy.ts
import yargs from 'yargs';
yargs(process.argv).command({ command: 'deploy', handler: async () => { await fetch('https://a.example.com'); } }).parse();
//- /web/package.json
{ "name": "web", "dependencies": { "next": "15", "@vercel/functions": "1" } }
//- /web/app/api/font/route.ts
export const runtime = 'edge';
export async function GET() {
  return fetch('https://fonts.example.com');
}
//- /web/app/api/cron/backup/route.ts
export async function GET() {
  await fetch('https://backup.example.com', { method: 'POST' });
  return Response.json({});
}
//- /web/app/api/export/route.ts
export async function POST() {
  const answer = await fetch('https://export.example.com');
  const reader = answer.body.getReader();
  return Response.json(await reader.read());
}
//- /web/app/api/messages/route.ts
import { waitUntil } from '@vercel/functions';
import { forward, store } from '../../../lib/forward';
export async function POST(request: Request) {
  await store();
  waitUntil((async () => { await forward(); })());
  return Response.json({});
}
//- /web/lib/forward.ts
export async function forward() {
  await fetch('https://forward.example.com', { method: 'POST' });
}
export async function store() {
  await fetch('https://store.example.com', { method: 'POST' });
  //    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ http-missing-timeout
}
//- /web/tracker/index.js
(window => {
  const send = async body => { await fetch(window.endpoint, { method: 'POST', body }); };
  window.onload = () => send('1');
})(window);
"#,
    );
}

#[test]
fn variables_assigned_from_one_another_cost_no_time() {
    let mixed = "a = b.mix(c); b = c.mix(a); c = a.mix(b);\n".repeat(400);
    check(&format!(
        "let a = start();
let b = a;
let c = b;
{mixed}
app.get('/x', async (req, res) => {{
  a.body.pipe(res);
  const answer = await fetch('https://other.example/x', {{ signal: AbortSignal.timeout(100) }});
  res.json(answer);
}});
"
    ));
}
