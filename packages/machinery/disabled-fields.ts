/**
 * Fields of features that are off: new objects lose them, stored ones that have them keep them.
 *
 * Source: the API conventions about alpha fields; the `dropDisabledFields` functions of kubernetes' strategies.
 */
import type { AnySchema, Field, Message } from './schema.ts';

/** Drops what is off from a draft, except where `stored` has it already. */
export type DropDisabled = (draft: object, stored: object | undefined) => void;

/** Calls `found` for each set field that is off, below one value. */
type Visit = (value: Record<string, unknown>, found: (owner: Record<string, unknown>, name: string, field: Field) => void) => void;

/** One step of a walk: a member that is off itself, or leads to some that are. */
interface Step {
  readonly name: string;
  readonly field: Field;
  readonly off: boolean;
  readonly below: Visit | undefined;
}

/** Whether a field stands behind a gate that is off. */
function isOff(field: Field, gate: (name: string) => boolean): boolean {
  return field.markers.gates?.some((name) => !gate(name)) ?? false;
}

function messageOf(schema: AnySchema): Message | undefined {
  switch (schema.type) {
    case 'message':
      return schema;
    case 'lazy':
      return schema.get();
    case 'list':
      return messageOf(schema.item);
    case 'map':
      return messageOf(schema.value);
    default:
      return undefined;
  }
}

/** Which messages have, somewhere below, a field that is off. */
function messagesWithOff(root: Message, gate: (name: string) => boolean): Set<Message> {
  const parents = new Map<Message, Message[]>();
  const seen = new Set<Message>([root]);
  const affected: Message[] = [];
  for (const message of seen) {
    let off = false;
    for (const field of Object.values(message.fields)) {
      off ||= isOff(field, gate);
      const child = messageOf(field.schema);
      if (!child) continue;
      parents.set(child, [...(parents.get(child) ?? []), message]);
      seen.add(child);
    }
    if (off) affected.push(message);
  }
  const found = new Set<Message>();
  for (let message = affected.pop(); message; message = affected.pop()) {
    if (found.has(message)) continue;
    found.add(message);
    affected.push(...(parents.get(message) ?? []));
  }
  return found;
}

class Compiler {
  readonly #gate: (name: string) => boolean;
  readonly #leading: ReadonlySet<Message>;
  readonly #visits = new Map<Message, Visit>();

  constructor(root: Message, gate: (name: string) => boolean) {
    this.#gate = gate;
    this.#leading = messagesWithOff(root, gate);
  }

  visit(message: Message): Visit | undefined {
    if (!this.#leading.has(message)) return undefined;
    const known = this.#visits.get(message);
    if (known) return known;
    const steps: Step[] = [];
    const visit: Visit = (value, found) => {
      for (const { name, field, off, below } of steps) {
        const member = field.presence === 'inline' ? value : value[name];
        if (member === undefined || member === null) continue;
        if (off) found(value, name, field);
        else walk(member, field.schema, below!, found);
      }
    };
    // Known before its steps are, so that recursive types end.
    this.#visits.set(message, visit);
    for (const [name, field] of Object.entries(message.fields)) {
      const off = isOff(field, this.#gate);
      const child = messageOf(field.schema);
      const below = child && this.visit(child);
      if (off || below) steps.push({ name, field, off, below });
    }
    return visit;
  }
}

function walk(member: unknown, schema: AnySchema, below: Visit, found: Parameters<Visit>[1]): void {
  if (typeof member !== 'object' || member === null) return;
  if (schema.type === 'list') for (const item of member as unknown[]) walk(item, schema.item, below, found);
  else if (schema.type === 'map') for (const item of Object.values(member)) walk(item, schema.value, below, found);
  else below(member as Record<string, unknown>, found);
}

/** What drops the fields of `schema` that are off; undefined when none is. */
export function dropDisabledFields(schema: Message, gate: (name: string) => boolean): DropDisabled | undefined {
  const visit = new Compiler(schema, gate).visit(schema);
  if (!visit) return undefined;
  return (draft, stored) => {
    const places: { readonly owner: Record<string, unknown>; readonly name: string; readonly field: Field }[] = [];
    visit(draft as Record<string, unknown>, (owner, name, field) => void places.push({ owner, name, field }));
    if (places.length === 0) return;
    const kept = new Set<Field>();
    if (stored) visit(stored as Record<string, unknown>, (_owner, _name, field) => void kept.add(field));
    for (const { owner, name, field } of places) if (!kept.has(field)) delete owner[name];
  };
}
