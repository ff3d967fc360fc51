import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '#store/store.ts';
import { storeFailure } from './store-failure.ts';

test('what the store refuses, what is unknown and what is out of reach are told apart', () => {
  const shown = (error: StoreUnavailableError): unknown => {
    const { code, reason, message } = storeFailure(error).toStatus();
    return { code, reason, message };
  };
  const full = new StoreUnavailableError('etcd is out of space: …', undefined, { refusal: 'etcdserver: mvcc: database space exceeded' });
  assert.deepEqual(shown(full), { code: 500, reason: undefined, message: 'etcdserver: mvcc: database space exceeded' });
  assert.deepEqual(shown(new StoreUnavailableError('no answer came', undefined, { outcomeUnknown: true })), { code: 504, reason: 'Timeout', message: 'Timeout: no answer came' });
  assert.deepEqual(shown(new StoreUnavailableError('out of reach')), { code: 503, reason: 'ServiceUnavailable', message: 'out of reach' });
});
