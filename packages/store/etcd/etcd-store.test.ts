import { spawnSync } from 'node:child_process';
import { after, before, describe } from 'node:test';
import { storeConformance } from '../conformance.ts';
import type { OpenStore } from '../conformance/harness.ts';
import { openEtcdStore } from './etcd-store.ts';
import { startEtcd, type EtcdCluster } from './testing/etcd-process.ts';

/** Each run reads history many times, for which etcd takes up to 100 ms each. */
const MODEL_RUNS = 3;

const installed = spawnSync('etcd', ['--version']).status === 0;

for (const members of [1, 3]) {
  describe(`etcd with ${members} member(s)`, { skip: !installed && 'etcd is not installed' }, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcd({ members });
    });
    after(() => cluster[Symbol.asyncDispose]());
    const open: OpenStore = async (options) => {
      const store = await openEtcdStore({ ...options, endpoints: cluster.endpoints });
      using snapshot = await store.snapshot();
      const { items } = await snapshot.range('');
      for (let i = 0; i < items.length; i += 1_000) await store.commit(items.slice(i, i + 1_000).map(({ key }) => ({ key, value: null })));
      return store;
    };
    storeConformance('etcd', open, { ordered: false, modelRuns: MODEL_RUNS });
  });
}
