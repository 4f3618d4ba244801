import { config } from '../config.js';

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

export async function sendMail(mail: Mail): Promise<void> {
  const answer = await fetch(`${config.outsideUrl}/mails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mail),
  });
  if (!answer.ok) throw new Error(`the mail service answered ${answer.status}`);
}
