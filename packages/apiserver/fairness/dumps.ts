/** `/debug/api_priority_and_fairness/…`: levels, queues and waiting requests as tables. Source: KEP-1040; apiserver `flowcontrol`, debug endpoints. */
import { formatMicroTime } from '#machinery/time.ts';
import type { ApiCall, ApiReply } from '../call.ts';
import type { Fairness, WaitingCall } from './fairness.ts';
import { ESTIMATED_SECONDS } from './fair-queues.ts';
import type { PriorityLevel, Waiting } from './priority-level.ts';

const ROOT = '/debug/api_priority_and_fairness/';
const NONE = '<none>';

const LEVEL_COLUMNS = ['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'];
const QUEUE_COLUMNS = ['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'];
const REQUEST_COLUMNS = ['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'];
const DETAIL_COLUMNS = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'];

type Row = readonly (string | number | boolean)[];

/** Columns as wide as their widest value and a comma, at least eight. */
function table(rows: readonly Row[]): string {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0]!.map((_, column) => Math.max(7, ...texts.map((row) => row[column]!.length + 1)) + 1);
  return texts.map((row) => `${row.map((text, column) => (column === row.length - 1 ? text : `${text},`.padEnd(widths[column]!))).join('')}\n`).join('');
}

function levelRow(level: PriorityLevel): Row {
  const { dispatched, rejected, timedOut, cancelled } = level.counts;
  return [level.name, level.queues().length, level.running + level.waiting === 0, false, level.waiting, level.running, dispatched, rejected, timedOut, cancelled];
}

function queueRows(level: PriorityLevel): Row[] {
  return level.queues().map(({ index, waiting, executing, executingSeats, next }) => {
    const seats = waiting.reduce((sum, one) => sum + one.seats, 0);
    return [level.name, index, waiting.length, executing, executingSeats, `${next.toFixed(8)}ss`, seats, seats, `${(seats * ESTIMATED_SECONDS).toFixed(8)}ss`];
  });
}

function requestRows(level: PriorityLevel, withDetails: boolean): Row[] {
  return level.queues().flatMap(({ index: queueIndex, waiting: queue }) => queue.map((waiting, index) => requestRow(level, { waiting, queueIndex, index }, withDetails)));
}

function requestRow(level: PriorityLevel, { waiting, queueIndex, index }: { readonly waiting: Waiting; readonly queueIndex: number; readonly index: number }, withDetails: boolean): Row {
  const { call } = waiting.about as WaitingCall;
  const { info, user } = call;
  const row: Row = [level.name, waiting.schema, queueIndex, index, waiting.flow, formatMicroTime(waiting.sinceMs), waiting.seats, 0, '0s', NONE];
  const version = info.group === '' ? info.version : `${info.group}/${info.version}`;
  return withDetails ? [...row, user.name, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource] : row;
}

/** The answers by path. */
export function fairnessDumps(fairness: Fairness): readonly (readonly [string, (call: ApiCall) => ApiReply])[] {
  const levels = (): PriorityLevel[] => [...fairness.levels()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const reply = (rows: readonly Row[]): ApiReply => ({ type: 'raw', code: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: table(rows) });
  return [
    [`${ROOT}dump_priority_levels`, () => reply([LEVEL_COLUMNS, ...levels().map(levelRow)])],
    [`${ROOT}dump_queues`, () => reply([QUEUE_COLUMNS, ...levels().flatMap(queueRows)])],
    [
      `${ROOT}dump_requests`,
      ({ query }) => {
        const withDetails = (query.get('includeRequestDetails') ?? '') !== '';
        return reply([withDetails ? [...REQUEST_COLUMNS, ...DETAIL_COLUMNS] : REQUEST_COLUMNS, ...levels().flatMap((level) => requestRows(level, withDetails))]);
      },
    ],
  ];
}
