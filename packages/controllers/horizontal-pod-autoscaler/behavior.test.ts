import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limit, limitByRules, stabilize, stabilizeByRules } from './behavior.ts';
import type { ScaleHistory } from './behavior.ts';

const nowMs = 10_000_000;
const ago = (seconds: number): number => nowMs - seconds * 1000;
const none: ScaleHistory = { recommendations: [], ups: [], downs: [] };
const wish = (current: number, desired: number, min = 1, max = 100) => ({ current, desired, min, max, nowMs });
const shown = ({ replicas, reason }: { replicas: number; reason: string }): string => `${replicas} ${reason}`;
const recommended = (...of: readonly (readonly [number, number])[]): ScaleHistory => ({ ...none, recommendations: of.map(([replicas, seconds]) => ({ replicas, atMs: ago(seconds) })) });

describe('without rules', () => {
  const cases: readonly [string, string, string][] = [
    ['nothing to limit', shown(limit(wish(5, 6))), '6 DesiredWithinRange'],
    ['at most doubled', shown(limit(wish(5, 30))), '10 ScaleUpLimit'],
    ['four is always reached', shown(limit(wish(1, 30))), '4 ScaleUpLimit'],
    ['the maximum', shown(limit(wish(5, 30, 1, 8))), '8 TooManyReplicas'],
    ['the minimum', shown(limit(wish(5, 1, 2))), '2 TooFewReplicas'],
    ['shrinks to the highest wish of the window', shown(stabilize(wish(9, 2), recommended([9, 301], [6, 299], [4, 10]), 300_000)), '6 ScaleDownStabilized'],
    ['a steady wish', shown(stabilize(wish(6, 6), recommended([4, 10]), 300_000)), '6 ReadyForNewScale'],
  ];
  for (const [name, actual, expected] of cases) it(name, () => assert.equal(actual, expected));
});

describe('with rules', () => {
  const rules = (up: object, down: object = {}) => ({ up: { selectPolicy: 'Max', ...up }, down: { selectPolicy: 'Max', ...down } }) as never;
  const policy = (type: string, value: number, periodSeconds: number) => ({ type, value, periodSeconds });
  const both = { policies: [policy('Pods', 4, 60), policy('Percent', 100, 60)] };
  const event = (change: number, seconds: number) => ({ change, atMs: ago(seconds) });
  const windows = { upMs: 60_000, downMs: 300_000 };
  const cases: readonly [string, string, string][] = [
    ['the policy that lets grow most', shown(limitByRules(wish(2, 50), none, rules(both))), '6 ScaleUpLimit'],
    ['the policy that lets grow least', shown(limitByRules(wish(2, 50), none, rules({ ...both, selectPolicy: 'Min' }))), '4 ScaleUpLimit'],
    ['percentages of little are rounded up', shown(limitByRules(wish(1, 50), none, rules({ policies: [policy('Percent', 10, 60)] }))), '2 ScaleUpLimit'],
    ['what was added in the period counts', shown(limitByRules(wish(6, 50), { ...none, ups: [event(4, 30)] }, rules({ policies: [policy('Pods', 4, 60)] }))), '6 ScaleUpLimit'],
    ['what was added before it does not', shown(limitByRules(wish(6, 50), { ...none, ups: [event(4, 61)] }, rules({ policies: [policy('Pods', 4, 60)] }))), '10 ScaleUpLimit'],
    ['what was removed in the period may come back', shown(limitByRules(wish(6, 50), { ...none, downs: [event(3, 30)] }, rules({ policies: [policy('Pods', 4, 60)] }))), '13 ScaleUpLimit'],
    ['the maximum', shown(limitByRules(wish(6, 50, 1, 7), none, rules(both))), '7 TooManyReplicas'],
    ['growing disabled', shown(limitByRules(wish(6, 50), none, rules({ ...both, selectPolicy: 'Disabled' }))), '6 ScaleUpLimit'],
    ['shrinks by percent, rounded down', shown(limitByRules(wish(15, 1), none, rules({}, { policies: [policy('Percent', 10, 60)] }))), '13 ScaleDownLimit'],
    ['shrinks by the most', shown(limitByRules(wish(15, 1), none, rules({}, { policies: [policy('Percent', 10, 60), policy('Pods', 5, 60)] }))), '10 ScaleDownLimit'],
    ['shrinks by the least', shown(limitByRules(wish(15, 1), none, rules({}, { selectPolicy: 'Min', policies: [policy('Percent', 10, 60), policy('Pods', 5, 60)] }))), '13 ScaleDownLimit'],
    ['shrinking disabled', shown(limitByRules(wish(15, 1), none, rules({}, { selectPolicy: 'Disabled' }))), '15 ScaleDownLimit'],
    ['the minimum', shown(limitByRules(wish(5, 1, 3), none, rules({}, { policies: [policy('Percent', 100, 60)] }))), '3 TooFewReplicas'],
    ['no change', shown(limitByRules(wish(5, 5), none, rules(both))), '5 DesiredWithinRange'],
    ['grows to the lowest wish of the window', shown(stabilizeByRules(wish(3, 10), recommended([5, 61], [7, 59], [9, 10]), windows)), '7 ScaleUpStabilized'],
    ['shrinks to the highest wish of the window', shown(stabilizeByRules(wish(9, 2), recommended([9, 301], [6, 299]), windows)), '6 ScaleDownStabilized'],
    ['wishes on both sides leave it', shown(stabilizeByRules(wish(5, 9), recommended([4, 10], [8, 100]), windows)), '5 ScaleUpStabilized'],
  ];
  for (const [name, actual, expected] of cases) it(name, () => assert.equal(actual, expected));
});
