import type { Request } from 'express';

import { HttpError } from './http-error.js';

/** A positive whole number, as ids and pages are. */
export function wholeNumber(value: unknown, name: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 2_147_483_647) {
    throw new HttpError(400, `${name} must be a whole number`);
  }
  return number;
}

export function idOf(req: Request): number {
  return wholeNumber(req.params.id, 'id');
}

export function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new HttpError(400, `${name} is missing`);
  return value.trim();
}

export function date(value: unknown, name: string): Date {
  const parsed = new Date(text(value, name));
  if (Number.isNaN(parsed.getTime())) throw new HttpError(400, `${name} must be a date`);
  return parsed;
}

export function ids(value: unknown, name: string): number[] {
  if (!Array.isArray(value)) throw new HttpError(400, `${name} must be a list`);
  return value.map((element) => wholeNumber(element, name));
}

export function texts(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw new HttpError(400, `${name} must be a list`);
  return value.map((element) => text(element, name));
}
