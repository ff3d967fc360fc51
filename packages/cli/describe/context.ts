/**
 * What all describers share.
 */
import { timeToMs } from '#machinery/time.ts';
import type { AnyObject } from '../objects.ts';
import type { ResourceMap } from '../resources.ts';
import type { SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import type { DescribeWriter } from './writer.ts';

/** What a describer may ask for besides its object. */
export interface DescribeContext {
  readonly session: Session;
  readonly map: ResourceMap;
  readonly nowMs: number;
  /** Objects of a resource in the namespace (all namespaces when undefined). */
  list(resource: string, namespace: string | undefined, flags?: Pick<SelectionFlags, 'selector' | 'fieldSelector'>): Promise<AnyObject[]>;
}

/** Writes one object's description, without its events. */
export type Describer = (writer: DescribeWriter, object: AnyObject, context: DescribeContext) => Promise<void> | void;

/** The heading that nearly every description begins with: name, namespace, labels, annotations. */
export function describeHeader(writer: DescribeWriter, { metadata }: AnyObject): void {
  writer.field('Name', metadata.name);
  if (metadata.namespace) writer.field('Namespace', metadata.namespace);
  writer.labels('Labels', metadata.labels);
  writer.annotations('Annotations', metadata.annotations);
}

/** The controller that owns the object, when it has one. */
export function describeController(writer: DescribeWriter, { metadata }: AnyObject): void {
  const controller = metadata.ownerReferences?.find((one) => one.controller);
  if (controller) writer.field('Controlled By', `${controller.kind}/${controller.name}`);
}

const TIME = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC' });

/** A time as descriptions show it: `Sat, 21 Nov 2026 05:11:09 +0000`; empty stays empty. */
export function timeText(text: string): string {
  if (!text) return '';
  const parts = Object.fromEntries(TIME.formatToParts(timeToMs(text)).map(({ type, value }) => [type, value]));
  return `${parts['weekday']}, ${parts['day']} ${parts['month']!.slice(0, 3)} ${parts['year']} ${parts['hour']}:${parts['minute']}:${parts['second']} +0000`;
}
