/** What `/version` tells. Source: apimachinery `version.Info`. */

/** The Kubernetes release whose API this is. */
export const KUBERNETES_VERSION = { major: '1', minor: '36', patch: '0' } as const;

/** `v1.36.0`. */
export const GIT_VERSION = `v${KUBERNETES_VERSION.major}.${KUBERNETES_VERSION.minor}.${KUBERNETES_VERSION.patch}`;

/** The version document; `build` says what this program is. */
export function versionDocument(build: { readonly commit: string; readonly date: string; readonly runtime: string; readonly platform: string }): Readonly<Record<string, string>> {
  const { major, minor } = KUBERNETES_VERSION;
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: GIT_VERSION,
    gitCommit: build.commit,
    gitTreeState: 'clean',
    buildDate: build.date,
    goVersion: build.runtime,
    compiler: 'navarch',
    platform: build.platform,
  };
}
