/**
 * What all describers share.
 */
import { type AnyObject, listAt, textAt } from '../objects.ts';
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

/** The heading that every description begins with. */
export function describeHeader(writer: DescribeWriter, object: AnyObject): void {
  writer.field('Name', object.metadata.name);
  if (object.metadata.namespace) writer.field('Namespace', object.metadata.namespace);
}

/** Rows of conditions: type and status. */
export function conditionRows(object: AnyObject): string[][] {
  return listAt(object, 'status', 'conditions').map((one) => [textAt(one, 'type'), textAt(one, 'status')]);
}
