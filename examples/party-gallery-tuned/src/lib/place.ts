import { HttpError } from './http-error.js';
import { date, text, wholeNumber } from './input.js';

/** Where a page begins: after the row with this time and id. */
export interface Place {
  time: Date;
  id: number;
}

export function placeOf(query: Record<string, unknown>): Place | undefined {
  if (query.page !== undefined) throw new HttpError(400, 'pages are not numbered: follow next');
  if (query.after === undefined) return undefined;
  const [time, id] = text(query.after, 'after').split('_');
  return { time: date(time, 'after'), id: wholeNumber(id, 'after') };
}

export function written({ time, id }: Place): string {
  return `${time.toISOString()}_${id}`;
}
