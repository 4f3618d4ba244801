const MAIL_API = process.env.MAIL_API ?? 'https://mail.example.com/v1/messages';

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

export async function sendMail(mail: Mail): Promise<void> {
  const response = await fetch(MAIL_API, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mail),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) {
    throw new Error(`mail to ${mail.to} failed with status ${response.status}`);
  }
}
