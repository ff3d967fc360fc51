/**
 * A change to one object on its way to watchers: what each of them sees of it, made once for all of them.
 */
import type { Entry, WatchItem } from '../call.ts';
import { FinalEntry } from './entry.ts';
import { watchItem } from './watch-item.ts';
import type { KubeObject } from '#machinery/kind.ts';

/** What happened to one object in one commit. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  /** The object afterwards; absent when it was deleted. */
  readonly next: Entry | undefined;
  /** The object before; absent when it was created. */
  readonly previous: Entry | undefined;
}

/** Shows stored objects as a version of their API does. */
export interface View {
  of(entry: Entry): Entry;
  /** Protobuf of an object of this version. */
  protobuf(object: KubeObject): Buffer;
}

type ItemType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** The items that watchers of one view share. */
class ViewItems {
  readonly view: View;
  readonly #change: Change;
  #added: WatchItem | undefined;
  #modified: WatchItem | undefined;
  #deleted: WatchItem | undefined;

  constructor(view: View, change: Change) {
    this.view = view;
    this.#change = change;
  }

  of(type: ItemType): WatchItem {
    switch (type) {
      case 'ADDED':
        return (this.#added ??= this.#make(type, this.#change.next!));
      case 'MODIFIED':
        return (this.#modified ??= this.#make(type, this.#change.next!));
      case 'DELETED':
        return (this.#deleted ??= watchItem(type, new FinalEntry(this.view.of(this.#change.previous!), this.#change.revision, this.view.protobuf)));
    }
  }

  #make(type: ItemType, entry: Entry): WatchItem {
    return watchItem(type, this.view.of(entry));
  }
}

/** A change with the items made of it so far. It lives as long as its delivery, so that history does not keep encodings. */
export class Delivery {
  readonly change: Change;
  readonly #views: ViewItems[] = [];

  constructor(change: Change) {
    this.change = change;
  }

  /** The item of `type` in `view`. */
  item(type: ItemType, view: View): WatchItem {
    let items = this.#views.find((one) => one.view === view);
    if (!items) {
      items = new ViewItems(view, this.change);
      this.#views.push(items);
    }
    return items.of(type);
  }
}

/** What a watcher that sees the objects for which `matches` holds is told; `undefined`: nothing. */
export function transition(change: Change, matches: ((object: KubeObject) => boolean) | undefined): ItemType | undefined {
  const before = change.previous !== undefined && (!matches || matches(change.previous.object));
  const after = change.next !== undefined && (!matches || matches(change.next.object));
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
