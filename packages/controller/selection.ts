/**
 * Whether `--controllers` names a controller: `*` means all that are on by default, `foo` switches foo on, `-foo` off; an explicit name wins over `*`.
 *
 * Source: kube-controller-manager's `--controllers` flag.
 */
export function isControllerEnabled(name: string, selection: readonly string[], offByDefault = false): boolean {
  for (const one of selection) {
    if (one === name) return true;
    if (one === `-${name}`) return false;
  }
  return selection.includes('*') && !offByDefault;
}
