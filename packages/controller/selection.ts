/**
 * Which controllers run: `--controllers`.
 *
 * Source: kube-controller-manager's `--controllers` flag and its aliases.
 */
import { CONTROLLER_ALIASES } from './names.ts';

/** Whether `--controllers` names a controller: `*` means all that are on by default, `foo` switches foo on, `-foo` off; an explicit name wins over `*`. */
export function isControllerEnabled(name: string, selection: readonly string[], offByDefault = false): boolean {
  for (const one of selection) {
    if (one === name) return true;
    if (one === `-${name}`) return false;
  }
  return selection.includes('*') && !offByDefault;
}

/** The selection with today's names for the old ones. @throws Error naming the first that is no controller */
export function canonicalSelection(selection: readonly string[], known: ReadonlySet<string>): readonly string[] {
  return selection.map((one) => {
    if (one === '*') return one;
    const [sign, name] = one.startsWith('-') ? ['-', one.slice(1)] : ['', one];
    const canonical = CONTROLLER_ALIASES[name] ?? name;
    if (!known.has(canonical)) throw new Error(`${JSON.stringify(name)} is not in the list of known controllers`);
    return `${sign}${canonical}`;
  });
}
