import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rulesOf } from '../rules.ts';
import { service, slice } from '../testing/objects.ts';
import { compileRule, type ServiceObjects } from './compile.ts';
import { IPV4 } from './family.ts';
import { Ledger } from './ledger.ts';

/** Understands the commands the ledger writes and refuses what the kernel would refuse. */
class Kernel {
  readonly chains = new Map<string, string[]>([
    ['refuse', []],
    ['mark-for-masquerade', []],
  ]);
  readonly sets = new Map<string, string>();
  readonly elements = new Map<string, string>();

  apply(script: string): void {
    for (const line of script.split('\n').filter(Boolean)) {
      const [verb, object, , table, name, ...rest] = line.split(' ') as [string, string, string, string, string, ...string[]];
      assert.equal(table, 'navarch-proxy');
      this.#command(`${verb} ${object}`, name, rest.join(' '));
    }
    for (const text of [...[...this.chains.values()].flat(), ...this.elements.values()]) this.#checkReferences(text);
  }

  #command(command: string, name: string, rest: string): void {
    switch (command) {
      case 'add set':
        assert.ok(!this.sets.has(name), `set ${name} exists`);
        this.sets.set(name, rest);
        break;
      case 'add chain':
        assert.ok(!this.chains.has(name), `chain ${name} exists`);
        this.chains.set(name, []);
        break;
      case 'add rule':
        this.#checkReferences(rest);
        this.chains.get(name)!.push(rest);
        break;
      case 'flush chain':
        assert.ok(this.chains.has(name));
        this.chains.set(name, []);
        break;
      case 'delete chain':
        assert.ok(this.chains.delete(name));
        this.#assertUnused(name);
        break;
      case 'delete set':
        assert.ok(this.sets.delete(name));
        this.#assertUnused(`@${name}`);
        break;
      case 'add element':
      case 'delete element':
        for (const element of rest.slice(2, -2).split(', ')) this.#element(command, name, element);
        break;
      default:
        assert.fail(command);
    }
  }

  #element(command: string, set: string, element: string): void {
    const [key, value = ''] = element.split(' : ');
    const name = `${set} ${key}`;
    if (command === 'delete element') assert.ok(this.elements.delete(name), `no element ${name}`);
    else {
      assert.ok(!this.elements.has(name), `element ${name} exists`);
      this.elements.set(name, value);
    }
  }

  #checkReferences(text: string): void {
    for (const [, chain] of text.matchAll(/(?:goto|jump) ([^ ,}]+)/g)) assert.ok(this.chains.has(chain!), `no chain ${chain}`);
    for (const [, set] of text.matchAll(/@([^ ,}]+)/g)) assert.ok(this.sets.has(set!), `no set ${set}`);
  }

  #assertUnused(name: string): void {
    for (const text of [...[...this.chains.values()].flat(), ...this.elements.values()])
      assert.ok(!text.split(/[ ,]/).includes(name), `${name} is used by ${text}`);
  }
}

const here = { family: 'IPv4', nodeName: 'n1', zone: undefined } as const;
const context = { family: IPV4, podCidrs: ['10.244.0.0/16'] };

const serviceArbitrary = fc.record({
  type: fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const),
  nodePort: fc.boolean(),
  externalIPs: fc.constantFrom<string[]>([], ['192.0.2.1'], ['192.0.2.1', '192.0.2.2']),
  internalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  sessionAffinity: fc.constantFrom('None' as const, 'ClientIP' as const),
  timeout: fc.constantFrom(10, 20),
  ranges: fc.constantFrom<string[]>([], ['198.51.100.0/24']),
  endpoints: fc.uniqueArray(
    fc.constantFrom('10.1.0.1@n1', '10.1.0.2@n2', '10.1.0.3@n1!terminating', '10.1.0.4@n2!terminating', '10.1.0.5@n1!notready'),
    { maxLength: 4 },
  ),
});

type Shape = typeof serviceArbitrary extends fc.Arbitrary<infer T> ? T : never;

function objectsOf(index: number, shape: Shape): [string, ServiceObjects] {
  const { nodePort, timeout, ranges, endpoints, ...spec } = shape;
  const [rule] = rulesOf(
    service(`s${index}`, {
      ...spec,
      clusterIP: `10.96.0.${index + 1}`,
      clusterIPs: [`10.96.0.${index + 1}`],
      ports: [{ port: 80, ...(nodePort && spec.type !== 'ClusterIP' ? { nodePort: 30000 + index } : {}) }],
      sessionAffinityConfig: { clientIP: { timeoutSeconds: timeout } },
      ...(spec.type === 'LoadBalancer' ? { ingress: [{ ip: '203.0.113.1' }], loadBalancerSourceRanges: ranges } : {}),
    }),
    [slice(`s${index}`, endpoints)],
    here,
  );
  return [rule!.id, compileRule(rule!, context)];
}

test('whatever the changes, the kernel ends with what is wanted, and never sees a bad command', () => {
  const change = fc.tuple(fc.nat(3), fc.option(serviceArbitrary, { nil: undefined }));
  fc.assert(
    fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (batches) => {
      const kernel = new Kernel();
      const ledger = new Ledger(IPV4);
      const wanted = new Map<string, ServiceObjects>();
      for (const batch of batches) {
        const changes = new Map<string, ServiceObjects | undefined>();
        for (const [index, shape] of batch) {
          const [id, objects] = objectsOf(
            index,
            shape ??
              batch[0]![1] ??
              ({
                type: 'ClusterIP',
                nodePort: false,
                externalIPs: [],
                internalTrafficPolicy: 'Cluster',
                externalTrafficPolicy: 'Cluster',
                sessionAffinity: 'None',
                timeout: 10,
                ranges: [],
                endpoints: [],
              } as Shape),
          );
          changes.set(id, shape ? objects : undefined);
          if (shape) wanted.set(id, objects);
          else wanted.delete(id);
        }
        kernel.apply(ledger.change(changes));
        const chains = Object.fromEntries([...wanted.values()].flatMap((objects) => [...objects.chains].map(([name, rules]) => [name, [...rules]])));
        assert.deepEqual(Object.fromEntries(kernel.chains), { refuse: [], 'mark-for-masquerade': [], ...chains });
        assert.deepEqual(new Set(kernel.sets.keys()), new Set([...wanted.values()].flatMap((objects) => [...objects.sets.keys()])));
        const elements = [...wanted.values()].flatMap((objects) => objects.elements);
        assert.deepEqual(new Set(kernel.elements.keys()), new Set(elements.map(({ set, key }) => `${set} ${key}`)));
        for (const [name, value] of kernel.elements)
          assert.ok(elements.some(({ set, key, value: one }) => `${set} ${key}` === name && one === value));
      }
    }),
    { numRuns: 300 },
  );
});

test('one endpoint more is one chain refilled', () => {
  const ledger = new Ledger(IPV4);
  const rule = (endpoints: string[]) => {
    const [one] = rulesOf(service('web'), [slice('web', endpoints)], here);
    return new Map([[one!.id, compileRule(one!, context)]]);
  };
  ledger.change(rule(['10.1.0.1@n2']));
  const script = ledger.change(rule(['10.1.0.1@n2', '10.1.0.2@n2']));
  assert.deepEqual(
    script.split('\n').map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['flush chain', 'add rule', 'add rule', ''],
  );
  assert.match(script, /numgen random mod 2 map \{ 0 : 10\.1\.0\.1 \. 8080, 1 : 10\.1\.0\.2 \. 8080 \}/);
  assert.equal(ledger.change(rule(['10.1.0.1@n2', '10.1.0.2@n2'])), '');
});
