/**
 * Random histories of claims and volumes: whatever happens in whatever order, both sides agree in the end, nothing that fits is left over, and a
 * binder that can do no more does nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '#base/random.ts';
import type { Fresh } from '#client/client.ts';
import { persistentVolumeBinderController } from '#controllers/persistentvolume-binder/controller.ts';
import { claimProtectionController, volumeProtectionController } from '#controllers/volume-protection/controller.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { findVolume, isBoundTo } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { isReason } from '#machinery/status.ts';
import { type ControlPlane, never, openControlPlane } from '../controllers/control-plane.ts';

const HISTORIES = 30;
const STEPS = 40;
const NAMES = 8;
/** `waiting` leaves unbound volumes to a scheduler, which is not there; `unknown` does not exist. */
const CLASSES = ['', 'now', 'waiting', 'unknown'];

const pick = <T>(random: Random, of: readonly T[]): T => of[random.int(of.length)]!;

/** Does one thing; that it does not fit the state is part of the game. */
async function step(env: ControlPlane, random: Random): Promise<void> {
  const name = `x${random.int(NAMES)}`;
  const claims = env.client.of(persistentVolumeClaims).namespace('default');
  const volumes = env.client.of(persistentVolumes);
  const storage = pick(random, ['1Gi', '2Gi', '3Gi']);
  const storageClassName = pick(random, CLASSES);
  const named = random.int(4) === 0 ? `x${random.int(NAMES)}` : undefined;
  const accessModes = ['ReadWriteOnce' as const];
  try {
    switch (random.int(5)) {
      case 0:
      case 1: {
        const spec = { accessModes, storageClassName, resources: { requests: { storage } }, ...(named ? { volumeName: named } : {}) };
        await claims.create({ metadata: { name }, spec } as Fresh<PersistentVolumeClaim>, {}, never);
        break;
      }
      case 2:
      case 3: {
        const claimRef = named ? { claimRef: { name: named, namespace: 'default' } } : {};
        const spec = {
          capacity: { storage },
          accessModes,
          storageClassName,
          hostPath: { path: '/tmp/x' },
          persistentVolumeReclaimPolicy: pick(random, ['Retain', 'Delete']),
          ...claimRef,
        };
        await volumes.create({ metadata: { name }, spec } as Fresh<PersistentVolume>, {}, never);
        break;
      }
      default:
        await (random.int(2) === 0 ? claims : volumes).delete(name, {}, never);
    }
  } catch (error) {
    if (!isReason(error, 'AlreadyExists') && !isReason(error, 'NotFound')) throw error;
  }
  // Some steps meet a binder that has not finished with the last one.
  if (random.int(3) > 0) await env.clock.settle();
}

function check(claims: readonly PersistentVolumeClaim[], volumes: readonly PersistentVolume[]): void {
  const byName = new Map(volumes.map((volume) => [volume.metadata.name, volume]));
  const taken = new Set<string>();
  for (const claim of claims) {
    const { name } = claim.metadata;
    const volume = byName.get(claim.spec.volumeName);
    if (claim.status.phase === 'Bound') {
      assert.ok(volume && isBoundTo(volume, claim) && volume.spec.claimRef?.uid === claim.metadata.uid, `${name} and its volume disagree`);
      assert.equal(volume.status.phase, 'Bound', `the volume of ${name}`);
      assert.ok(!taken.has(claim.spec.volumeName!), `${claim.spec.volumeName} is bound twice`);
      taken.add(claim.spec.volumeName!);
    } else if (claim.status.phase === 'Pending' && !claim.spec.volumeName) {
      const left = findVolume(claim, volumes, { waits: claim.spec.storageClassName === 'waiting' });
      assert.equal(left?.metadata.name, undefined, `${name} is pending although a volume fits`);
    }
  }
  const uids = new Set(claims.map(({ metadata }) => metadata.uid));
  for (const { metadata, spec, status } of volumes) {
    if (status.phase === 'Bound') assert.ok(taken.has(metadata.name!), `${metadata.name} is bound to nobody`);
    if (status.phase === 'Available') assert.ok(!spec.claimRef?.uid, `${metadata.name} is free and taken`);
    if (spec.claimRef?.uid && !uids.has(spec.claimRef.uid))
      assert.ok(['Released', 'Failed'].includes(status.phase ?? ''), `${metadata.name} waits for a claim that is gone`);
  }
}

for (let seed = 1; seed <= HISTORIES; seed++) {
  test(`history ${seed}`, async () => {
    const random = seededRandom(seed);
    const env = await openControlPlane([persistentVolumeBinderController, claimProtectionController, volumeProtectionController]);
    await env.client.of(storageClasses).create({ metadata: { name: 'now' }, provisioner: 'example.com/nobody' }, {}, never);
    await env.client
      .of(storageClasses)
      .create({ metadata: { name: 'waiting' }, provisioner: 'example.com/nobody', volumeBindingMode: 'WaitForFirstConsumer' }, {}, never);
    for (let at = 0; at < STEPS; at++) await step(env, random);
    await env.clock.advance(120_000);
    check(await env.list(persistentVolumeClaims), await env.list(persistentVolumes));
    const before = env.writes;
    await env.clock.advance(1_200_000);
    assert.equal(env.writes, before, 'nothing is left to do');
  });
}
