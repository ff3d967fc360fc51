/**
 * Schemas of what operations take and give.
 */
import type { GroupVersionKind } from '../kind.ts';
import { deleteOptions, status } from '../meta.ts';
import { definitionName, META } from './names.ts';
import type { BodyType } from './operations.ts';
import type { SchemaBuilder } from './schemas.ts';
import { groupVersions, type Json, type OpenApiSource } from './source.ts';
import { type Message, message, rawExtension, required, string } from '../schema.ts';

/** What a watch sends. */
const watchEvent = message('meta/v1.WatchEvent', { type: required(1, string), object: required(2, rawExtension) });

/** Makes references to body types, defining them on the way. */
export class BodySchemas {
  readonly #source: OpenApiSource;
  readonly #builder: SchemaBuilder;
  readonly #groupVersions: readonly { readonly group: string; readonly version: string }[];

  constructor(source: OpenApiSource, builder: SchemaBuilder) {
    this.#source = source;
    this.#builder = builder;
    this.#groupVersions = groupVersions(source).toSorted((a, b) => (a.group === b.group ? (a.version < b.version ? -1 : 1) : a.group < b.group ? -1 : 1));
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
      case 'watchEvent':
        return this.#marked(watchEvent, 'WatchEvent');
      case 'text':
        return { type: 'string' };
    }
  }

  /** Types that are registered in every group version, except for `Status`, which is everywhere the same one. */
  #marked(schema: Message, kind: string): Json {
    const ref = this.#builder.message(schema);
    const name = definitionName(schema.name);
    const everywhere = kind === 'Status' ? [{ group: '', version: 'v1' }] : this.#groupVersions;
    for (const { group, version } of everywhere) this.#builder.markKind(name, { group, version, kind });
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
