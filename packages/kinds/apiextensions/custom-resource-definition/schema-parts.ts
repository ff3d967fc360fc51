/** Schemas inside a schema. */
import type { JSONSchemaProps } from './json-schema.ts';

/** The schema of all items, when there is one and not a list of them. */
export function itemSchema({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return isSchema(items) ? items : undefined;
}

/** Schemas of items by position. */
export function itemSchemas({ items }: JSONSchemaProps): readonly JSONSchemaProps[] {
  return Array.isArray(items) ? (items as readonly JSONSchemaProps[]) : [];
}

/** The schema of members that have no name of their own. */
export function memberSchema({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined {
  return isSchema(additionalProperties) ? additionalProperties : undefined;
}

/** Whether members without a name of their own are described or refused. */
export function limitsMembers(schema: JSONSchemaProps): boolean {
  return schema.additionalProperties === false || memberSchema(schema) !== undefined;
}

function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
