// Sends the same requests to both galleries and compares what they answer.
//
//   node examples/smoke.mjs GALLERY OUTSIDE TUNED-GALLERY TUNED-OUTSIDE
//
// The arguments are base URLs: of each gallery and of the outside service it talks to. Both databases are freshly
// seeded. Answers are equal in status and JSON body; three things are declared to differ, and nothing else may:
//   token  of POST /login is a secret of its service: used, not compared
//   next   of a list says where its next page is: followed, only its presence is compared
//   later  what a gallery does after it has answered (mails, digests, thumbnails) is waited for
import assert from 'node:assert/strict';

const WAIT_MS = 15_000;
const PASSWORD = 'correct horse';

const [gallery, outside, tunedGallery, tunedOutside, ...rest] = process.argv.slice(2);
if (!tunedOutside || rest.length > 0) {
  console.error('usage: node smoke.mjs GALLERY OUTSIDE TUNED-GALLERY TUNED-OUTSIDE');
  process.exit(2);
}
const sides = [
  { name: 'party-gallery', base: gallery, outside, tokens: {} },
  { name: 'party-gallery-tuned', base: tunedGallery, outside: tunedOutside, tokens: {} },
];
let requests = 0;

/** What one gallery answers: its status, and its body as JSON where it has one. */
async function send(side, method, path, { as, body, type } = {}) {
  const headers = {};
  if (as) headers.authorization = `Bearer ${side.tokens[as]}`;
  if (body !== undefined) headers['content-type'] = type ?? 'application/json';
  const answer = await fetch(side.base + path, {
    method,
    headers,
    body: body === undefined || type ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const text = await answer.text();
  const json = answer.headers.get('content-type')?.includes('json');
  requests += 1;
  return { status: answer.status, body: json ? JSON.parse(text) : text };
}

/** Both answers, as they came. */
function askBoth(method, path, options) {
  return Promise.all(sides.map((side) => send(side, method, path, options)));
}

/** The answer of both, which must be one and have this status. */
async function same(status, method, path, options) {
  const [answer, tuned] = await askBoth(method, path, options);
  const request = `${method} ${path}`;
  assert.equal(answer.status, status, `${request}: ${JSON.stringify(answer.body)}`);
  assert.deepEqual(tuned, answer, `${request} differs`);
  return answer.body;
}

/** Signs in at both; the tokens differ. */
async function signIn(as, email, password = PASSWORD) {
  const answers = await askBoth('POST', '/login', { body: { email, password } });
  answers.forEach(({ status, body }, index) => {
    assert.equal(status, 200, `POST /login: ${JSON.stringify(body)}`);
    assert.match(body.token, /^[0-9a-f]{48}$/);
    sides[index].tokens[as] = body.token;
  });
  const [names, tunedNames] = answers.map(({ body: { token, ...others } }) => others);
  assert.deepEqual(tunedNames, names, 'POST /login differs');
}

/** All items of a list, page by page: each page must be the same on both sides. */
async function pages(path) {
  const items = [];
  let places = sides.map(() => path);
  while (places[0]) {
    const answers = await Promise.all(sides.map((side, index) => send(side, 'GET', places[index])));
    for (const answer of answers) assert.equal(answer.status, 200, `GET ${places}: ${JSON.stringify(answer.body)}`);
    const [page, tuned] = answers.map(({ body: { next, ...others } }) => ({ ...others, more: next !== null }));
    assert.deepEqual(tuned, page, `GET ${places[0]} differs`);
    places = answers.map(({ body }) => body.next);
    items.push(...page.items);
  }
  return items;
}

/** Asks until both answer as wanted; then they must answer the same. */
async function later(wanted, method, path, options) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const answers = await askBoth(method, path, options);
    if (answers.every(({ body }) => wanted(body))) break;
    assert.ok(Date.now() < end, `${method} ${path} never came to be: ${JSON.stringify(answers.map((a) => a.body))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return same(200, method, path, options);
}

/** The mails that arrived at both outsides, once as many as expected did; their order is not compared. */
async function mails(count) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const boxes = await Promise.all(
      sides.map(async (side) => (await fetch(`${side.outside}/mails`, { signal: AbortSignal.timeout(WAIT_MS) })).json()),
    );
    const ordered = boxes.map((box) => box.map((mail) => JSON.stringify(mail)).sort());
    if (ordered.every((box) => box.length >= count)) {
      assert.deepEqual(ordered[1], ordered[0], 'the mails differ');
      assert.equal(ordered[0].length, count);
      return;
    }
    assert.ok(Date.now() < end, `${count} mails were expected, came ${ordered.map((box) => box.length)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const steps = {
  async 'health and errors'() {
    assert.deepEqual(await same(200, 'GET', '/health'), { status: 'ok' });
    await same(401, 'GET', '/me');
    await same(401, 'POST', '/login', { body: { email: 'guest1@example.com', password: 'wrong' } });
    await same(400, 'POST', '/login', { body: {} });
    await same(404, 'GET', '/parties/100000');
    await same(404, 'GET', '/media/100000');
    await same(400, 'GET', '/parties/zero');
    await same(400, 'GET', '/parties');
    await same(400, 'GET', '/search');
  },
  async login() {
    await signIn('ada', 'guest4@example.com');
    await signIn('bela', 'guest7@example.com');
    const me = await same(200, 'GET', '/me', { as: 'ada' });
    assert.equal(me.email, 'guest4@example.com');
  },
  async accounts() {
    const body = { email: 'new@example.com', name: 'Zoe New', password: 'a new one' };
    assert.deepEqual(await same(201, 'POST', '/users', { body }), { id: 61, name: 'Zoe New' });
    await same(409, 'POST', '/users', { body });
    await signIn('zoe', body.email, body.password);
    await same(204, 'POST', '/users/5/followers', { as: 'zoe' });
    await same(204, 'POST', '/users/5/followers', { as: 'zoe' });
    await same(404, 'POST', '/users/999/followers', { as: 'zoe' });
    assert.equal((await same(200, 'GET', '/users', { as: 'ada' })).length, 61);
    const ranking = await same(200, 'GET', '/hosts/ranking');
    assert.equal(ranking.length, 10);
    assert.ok(ranking[0].parties >= ranking[9].parties && ranking[9].parties > 0);
  },
  async 'lists by page'() {
    const parties = await pages('/parties?city=Lisbon');
    assert.ok(parties.length > 20);
    assert.equal(new Set(parties.map((party) => party.id)).size, parties.length);
    assert.ok(parties.some((party) => party.coming > 0));
    assert.equal((await pages('/media')).length, 240);
    assert.deepEqual(await pages('/parties?city=Atlantis'), []);
  },
  async 'parties are made, renamed and found'() {
    const found = await same(200, 'GET', '/search?q=wedding');
    assert.ok(found.length > 5);
    const body = { title: 'Wedding of Z', description: 'At last', city: 'Oslo', startsAt: '2031-09-01T16:00:00.000Z' };
    const created = await same(201, 'POST', '/parties', { as: 'ada', body });
    assert.equal((await same(200, 'GET', '/search?q=wedding')).length, found.length + 1);
    assert.equal((await same(200, 'GET', `/parties/${created.id}`)).title, 'Wedding of Z');
    await same(403, 'PATCH', `/parties/${created.id}`, { as: 'bela', body: { title: 'Mine' } });
    await same(204, 'PATCH', `/parties/${created.id}`, { as: 'ada', body: { title: 'Brunch of Z' } });
    assert.equal((await same(200, 'GET', `/parties/${created.id}`)).title, 'Brunch of Z');
    assert.equal((await same(200, 'GET', '/search?q=WEDDING')).length, found.length);
    await same(400, 'POST', '/parties', { as: 'ada', body: { ...body, startsAt: 'soon' } });
  },
  async 'guests are invited, answer and are reminded'() {
    const invited = { as: 'ada', body: { userIds: [4, 7, 8, 9, 10, 7, 999] } };
    assert.deepEqual(await same(201, 'POST', '/parties/81/invitations', invited), { guests: 4 });
    await same(403, 'POST', '/parties/81/invitations', { ...invited, as: 'bela' });
    assert.deepEqual(await same(200, 'POST', '/parties/81/answer', { as: 'bela', body: { answer: 'yes' } }), {
      answer: 'yes',
    });
    assert.equal((await same(200, 'GET', '/parties/81')).coming, 1);
    await same(404, 'POST', '/parties/81/answer', { as: 'zoe', body: { answer: 'no' } });
    await same(400, 'POST', '/parties/81/answer', { as: 'bela', body: { answer: 'perhaps' } });
    assert.deepEqual(await same(200, 'POST', '/parties/81/reminders', { as: 'ada' }), { reminded: 3 });
    await mails(4);
  },
  async 'pictures are uploaded, liked, commented and shared'() {
    const image = Buffer.from('not really a picture '.repeat(500));
    const upload = { as: 'bela', body: image, type: 'image/png' };
    const path = '/parties/81/media?caption=The%20cake&takenAt=2031-09-01T20:00:00.000Z';
    const { id, bytes } = await same(201, 'POST', path, upload);
    assert.deepEqual([id, bytes], [241, image.length]);
    await same(404, 'POST', path.replace('81', '9999'), upload);
    await same(400, 'POST', path, { as: 'bela' });
    await same(401, 'POST', path, { body: image, type: 'image/png' });
    assert.deepEqual(await same(200, 'POST', `/media/${id}/likes`, { as: 'ada' }), { likes: 1 });
    assert.deepEqual(await same(200, 'POST', `/media/${id}/likes`, { as: 'ada' }), { likes: 1 });
    const comment = { as: 'ada', body: { text: 'So much cream' } };
    assert.equal((await same(201, 'POST', `/media/${id}/comments`, comment)).text, 'So much cream');
    const seen = await later((body) => body.thumbnail, 'GET', `/media/${id}`);
    assert.deepEqual(seen.thumbnail, { width: 160, height: 90 + (image.length % 60) });
    assert.equal(seen.comments[0].author, (await same(200, 'GET', '/me', { as: 'ada' })).name);
    assert.equal((await same(200, 'GET', '/parties/81')).media[0].likes, 1);
    const emails = ['one@example.com', 'two@example.com'];
    assert.deepEqual(await same(200, 'POST', `/media/${id}/shares`, { as: 'ada', body: { emails } }), { sent: 2 });
    await mails(6);
    const slides = await same(200, 'GET', `/media/slideshow?ids=${id},3,9999,1`);
    assert.deepEqual(slides.map((slide) => slide.id), [id, 3, 1]);
  },
  async 'feed, detail and export'() {
    const feed = await same(200, 'GET', '/feed', { as: 'ada' });
    assert.equal(feed.length, 20);
    assert.ok(feed.some((entry) => entry.comments > 0));
    assert.equal((await same(200, 'GET', '/feed', { as: 'zoe' })).length, 4);
    const detail = await same(200, 'GET', '/parties/12');
    assert.ok(detail.media.length > 1);
    assert.deepEqual(await same(200, 'GET', '/parties/12'), detail);
    const { album } = await same(200, 'GET', '/parties/12/export', { as: 'ada' });
    assert.deepEqual(album.map((item) => item.id), detail.media.map((item) => item.id));
    assert.match(Buffer.from(album[0].content, 'base64').toString(), /^picture \d+ /);
    await same(404, 'GET', '/parties/9999/export', { as: 'ada' });
  },
  async 'digests come as notifications and mails'() {
    assert.deepEqual(await same(202, 'POST', '/parties/81/digest', { as: 'ada' }), { queued: true });
    await mails(10);
    const latest = await later((body) => body.length > 0, 'GET', '/notifications', { as: 'bela' });
    assert.deepEqual(latest, [{ party: 'Brunch of Z', text: 'There are new pictures of Brunch of Z.', seen: false }]);
    assert.deepEqual(await same(200, 'POST', '/notifications/seen', { as: 'bela' }), { seen: 1 });
    assert.deepEqual(await same(200, 'POST', '/notifications/seen', { as: 'bela' }), { seen: 0 });
    assert.equal((await same(200, 'GET', '/notifications', { as: 'bela' }))[0].seen, true);
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
  } catch (error) {
    console.error(`smoke: ${name} failed`);
    console.error(error);
    process.exit(1);
  }
}
console.log(`smoke: ${requests} requests in ${Object.keys(steps).length} steps answered alike`);
