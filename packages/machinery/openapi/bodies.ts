/**
 * Schemas of what operations take and give.
 */
import type { GroupVersionKind } from '../kind.ts';
import { deleteOptions, status } from '../meta.ts';
import { definitionName, META } from './names.ts';
import type { BodyType } from './operations.ts';
import type { SchemaBuilder } from './schemas.ts';
import type { Json, OpenApiSource } from './source.ts';

/** Makes references to body types, defining them on the way. */
export class BodySchemas {
  readonly #source: OpenApiSource;
  readonly #builder: SchemaBuilder;

  constructor(source: OpenApiSource, builder: SchemaBuilder) {
    this.#source = source;
    this.#builder = builder;
  }

  /** A reference to the schema of a body. */
  of(type: BodyType): Json {
    switch (type.is) {
      case 'kind': {
        const ref = this.#builder.message(type.kind.schema);
        this.#builder.markKind(definitionName(type.kind.schema.name), type.kind);
        return ref;
      }
      case 'list':
        this.of({ is: 'kind', kind: type.kind });
        return this.#builder.list(type.kind);
      case 'type':
        return this.#served(type.of);
      case 'patch':
        return this.#builder.special(`${META}Patch`);
      case 'deleteOptions':
        return this.#marked(deleteOptions, 'DeleteOptions');
      case 'status':
        return this.#marked(status, 'Status');
      case 'text':
        return { type: 'string' };
    }
  }

  #marked(schema: typeof deleteOptions | typeof status, kind: string): Json {
    const ref = this.#builder.message(schema);
    this.#builder.markKind(definitionName(schema.name), { group: '', version: 'v1', kind });
    return ref;
  }

  #served(of: GroupVersionKind): Json {
    const same = (one: GroupVersionKind): boolean => one.group === of.group && one.version === of.version && one.kind === of.kind;
    const found = this.#source.types.find(same) ?? this.#source.kinds.find(same);
    if (!found) return { type: 'object' };
    const ref = this.#builder.message(found.schema);
    this.#builder.markKind(definitionName(found.schema.name), of);
    return ref;
  }
}
