/**
 * Sets of fields, in the form in which managed fields store them (`FieldsV1`): a tree of path elements.
 *
 *     {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}
 *
 * A node without children is a member; one with children is a member when it has `.`. Nothing here changes its arguments; unchanged parts are shared.
 *
 * Source: structured-merge-diff `fieldpath` Set and its serialisation.
 */

/** A node: children by path element. As a root, the empty tree is the empty set. */
export interface FieldTree {
  readonly [element: string]: FieldTree;
}

type FieldTreeDraft = { [element: string]: FieldTree };

const SELF = '.';
/** The node of a member without children. */
const LEAF: FieldTree = Object.freeze({});

/** The set without fields; as a node, a member without children. */
export const EMPTY_TREE: FieldTree = LEAF;

/** Names before keys before values before indices, as the serialisation orders them; `.` first. */
const RANKS = '.fkvi';

/** Order of path elements within a node. */
export function compareElements(a: string, b: string): number {
  if (a.charCodeAt(0) !== b.charCodeAt(0)) return RANKS.indexOf(a[0]!) - RANKS.indexOf(b[0]!);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a set has no fields. */
export function isEmptyTree(tree: FieldTree): boolean {
  for (const _ in tree) return false;
  return true;
}

/** Whether a node (not a root) is itself in the set. */
export function isMember(node: FieldTree): boolean {
  return isEmptyTree(node) || Object.hasOwn(node, SELF);
}

function childOf(node: FieldTree | undefined, element: string): FieldTree | undefined {
  return node !== undefined && Object.hasOwn(node, element) ? node[element] : undefined;
}

/** The node under an element, or undefined. */
export function subtree(tree: FieldTree, element: string): FieldTree | undefined {
  return childOf(tree, element);
}

/** Makes a node of children; undefined when it would be nothing. A root is never a member. */
function node(children: readonly (readonly [string, FieldTree])[], member: boolean, root: boolean): FieldTree | undefined {
  if (children.length === 0) return member || root ? LEAF : undefined;
  const out: FieldTreeDraft = {};
  if (member && !root) out[SELF] = LEAF;
  for (const [element, child] of children) out[element] = child;
  return out;
}

function inOrder(elements: readonly string[]): boolean {
  for (let i = 1; i < elements.length; i += 1) if (compareElements(elements[i - 1]!, elements[i]!) > 0) return false;
  return true;
}

/** A node of children in any order, itself no member. */
export function branch(elements: readonly string[], nodes: readonly FieldTree[]): FieldTree {
  const out: FieldTreeDraft = {};
  if (inOrder(elements)) {
    for (let i = 0; i < elements.length; i += 1) out[elements[i]!] = nodes[i]!;
    return out;
  }
  const order = elements.map((_, i) => i).sort((a, b) => compareElements(elements[a]!, elements[b]!));
  for (const i of order) out[elements[i]!] = nodes[i]!;
  return out;
}

/** The node as a member too; the member alone when there is nothing. */
export function withSelf(tree: FieldTree | undefined): FieldTree {
  return tree === undefined || isEmptyTree(tree) ? LEAF : { [SELF]: LEAF, ...tree };
}

const elementsOf = (tree: FieldTree): string[] => Object.keys(tree).filter((element) => element !== SELF);

function unionNode(a: FieldTree, b: FieldTree, root: boolean): FieldTree {
  if (a === b) return a;
  const elements = elementsOf(a);
  const own = elements.length;
  for (const element of Object.keys(b)) if (element !== SELF && !Object.hasOwn(a, element)) elements.push(element);
  let same = elements.length === own && (root || isMember(a) || !isMember(b));
  const children = elements.map((element) => {
    const left = childOf(a, element);
    const right = childOf(b, element);
    const merged = left && right ? unionNode(left, right, false) : (left ?? right)!;
    if (merged !== left) same = false;
    return [element, merged] as const;
  });
  if (same) return a;
  children.sort(([x], [y]) => compareElements(x, y));
  return node(children, isMember(a) || isMember(b), root) ?? LEAF;
}

/** Fields of either set. */
export function union(a: FieldTree, b: FieldTree): FieldTree {
  if (isEmptyTree(a)) return b;
  return isEmptyTree(b) ? a : unionNode(a, b, true);
}

type Keep = (a: FieldTree, b: FieldTree | undefined) => FieldTree | undefined;

function filterNode(
  a: FieldTree,
  member: boolean,
  root: boolean,
  keep: (element: string, child: FieldTree) => FieldTree | undefined,
): FieldTree | undefined {
  let same = root || member === isMember(a);
  const children: (readonly [string, FieldTree])[] = [];
  for (const element of elementsOf(a)) {
    const kept = keep(element, a[element]!);
    if (kept !== a[element]) same = false;
    if (kept) children.push([element, kept]);
  }
  return same ? a : node(children, member, root);
}

const differenceNode: Keep = (a, b) =>
  b === undefined ? a : filterNode(a, isMember(a) && !isMember(b), false, (element, child) => differenceNode(child, childOf(b, element)));

/** Fields of `a` that are not in `b`; fields below a field of `b` stay. */
export function difference(a: FieldTree, b: FieldTree): FieldTree {
  return filterNode(a, false, true, (element, child) => differenceNode(child, childOf(b, element))) ?? EMPTY_TREE;
}

const recursiveNode: Keep = (a, b) => {
  if (b === undefined) return a;
  return isMember(b) ? undefined : filterNode(a, isMember(a), false, (element, child) => recursiveNode(child, childOf(b, element)));
};

/** Fields of `a` that are neither in `b` nor below a field of `b`. */
export function recursiveDifference(a: FieldTree, b: FieldTree): FieldTree {
  return filterNode(a, false, true, (element, child) => recursiveNode(child, childOf(b, element))) ?? EMPTY_TREE;
}

const intersectionNode: Keep = (a, b) =>
  b === undefined ? undefined : filterNode(a, isMember(a) && isMember(b), false, (element, child) => intersectionNode(child, childOf(b, element)));

/** Fields of both sets. */
export function intersection(a: FieldTree, b: FieldTree): FieldTree {
  return filterNode(a, false, true, (element, child) => intersectionNode(child, childOf(b, element))) ?? EMPTY_TREE;
}

/** A set under construction. */
export class FieldTreeBuilder {
  readonly #root: Branch = { member: false, children: new Map() };

  /** Adds one field. */
  insert(path: readonly string[]): void {
    let at = this.#root;
    for (const element of path) {
      let next = at.children.get(element);
      if (!next) {
        next = { member: false, children: new Map() };
        at.children.set(element, next);
      }
      at = next;
    }
    at.member = true;
  }

  /** The set so far. */
  build(): FieldTree {
    return finish(this.#root, true) ?? EMPTY_TREE;
  }
}

interface Branch {
  member: boolean;
  readonly children: Map<string, Branch>;
}

function finish(branch: Branch, root: boolean): FieldTree | undefined {
  const children = [...branch.children]
    .sort(([a], [b]) => compareElements(a, b))
    .map(([element, child]) => [element, finish(child, false) ?? LEAF] as const);
  return node(children, branch.member, root);
}

/** The fields of a set as paths: at each level first its own fields, then those below, both in order. */
export function pathsOf(tree: FieldTree): string[][] {
  const out: string[][] = [];
  const walk = (at: FieldTree, path: readonly string[]): void => {
    const elements = elementsOf(at).sort(compareElements);
    for (const element of elements) if (isMember(at[element]!)) out.push([...path, element]);
    for (const element of elements) walk(at[element]!, [...path, element]);
  };
  walk(tree, []);
  return out;
}
