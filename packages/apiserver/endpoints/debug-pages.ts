/**
 * `/statusz` and `/flagz`: what runs here and how it was started, for people. Source: KEP-4827, KEP-4828; component-base `zpages`.
 */
import type { ApiCall, ApiReply } from '../call.ts';
import { httpDate } from '../http/http-date.ts';
import { KUBERNETES_VERSION } from './version.ts';

const COMPONENT = 'kube-apiserver';
const WARNING = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const SECOND_MS = 1_000;

/** The types in which the pages can be had. */
const ACCEPTED = /^(?:text\/plain|text\/\*|\*\/\*)$/;

/** What the status page tells. */
export interface ProcessStatus {
  readonly startedMs: number;
  readonly nowMs: number;
  /** What the program runs on. */
  readonly runtime: string;
  /** Paths that are worth a look. */
  readonly paths: readonly string[];
}

function uptime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}

/** `Sat Nov 21 11:45:00 UTC 2026`. */
function unixDate(ms: number): string {
  const [weekday, day, month, year, time] = httpDate(ms).replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}

/** The page at `/statusz`. */
export function statusPage(call: ApiCall, { startedMs, nowMs, runtime, paths }: ProcessStatus): ApiReply {
  const version = `${KUBERNETES_VERSION.major}.${KUBERNETES_VERSION.minor}`;
  const folders = [...new Set(paths.map((path) => `/${path.split('/')[1]}`))];
  const lines = [
    `Started: ${unixDate(startedMs)}`,
    `Up: ${uptime(nowMs - startedMs)}`,
    `Go version: ${runtime}`,
    `Binary version: ${version}.${KUBERNETES_VERSION.patch}`,
    `Emulation version: ${version}`,
    `Useful Endpoints: ${folders.join(' ')}`,
  ];
  return page(call, `\n${COMPONENT} statusz\n${WARNING}\n\n${lines.join('\n')}\n`);
}

/** The page at `/flagz`. */
export function flagsPage(call: ApiCall, flags: Readonly<Record<string, string>>): ApiReply {
  const lines = Object.keys(flags).toSorted().map((name) => `${name}=${flags[name]}\n`);
  return page(call, `\n${COMPONENT} flags\n${WARNING}\n\n${lines.join('')}`);
}

function page(call: ApiCall, body: string): ApiReply {
  const types = (call.header?.('accept') ?? '*/*').split(',').map((one) => one.split(';', 1)[0]!.trim());
  if (types.some((type) => ACCEPTED.test(type))) return { type: 'raw', code: 200, headers: TEXT, body };
  return { type: 'raw', code: 406, headers: { ...TEXT, 'X-Content-Type-Options': 'nosniff' }, body: 'media type not acceptable, must be: text/plain\n' };
}
