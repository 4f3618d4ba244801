// The world outside of both galleries: takes mails, renders "thumbnails", and says what it was asked for.
//
//   PORT=3900 node examples/outside.mjs
import { createServer } from 'node:http';

const mails = [];

const server = createServer(async (req, res) => {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const answer = respond(`${req.method} ${req.url}`, body);
  setTimeout(() => {
    res.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    res.end(JSON.stringify(answer ?? { error: 'not found' }));
  }, 20);
});

function respond(request, body) {
  if (request === 'GET /mails') return mails;
  if (request === 'POST /mails') return { number: mails.push(JSON.parse(body)) };
  if (request.startsWith('POST /thumbnails/')) return { width: 160, height: 90 + (body.length % 60) };
  return undefined;
}

server.listen(Number(process.env.PORT ?? 3900), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
