/**
 * Machines as network namespaces on one bridge, inside a namespace that nothing leaves; any direction between two of them can be cut.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { eventually } from '../fixture/run.ts';

const BRIDGE = 'lab0';
const NETWORK = '10.99.0';
const NET_MASK = 24;
/** Holds a namespace for longer than any test runs. */
const HOLD_SECONDS = '600';

const ip = (...words: readonly string[]): void => void execFileSync('ip', words);
const nft = (...words: readonly string[]): void => void execFileSync('nft', words);

/** A machine of the lab. */
export interface LabMachine {
  readonly name: string;
  readonly address: string;
  /** Starts a program on it. */
  spawn(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
}

/** Machines, and what is between them. */
export class Lab implements Disposable {
  readonly #holders: ChildProcess[] = [];
  readonly #children: ChildProcess[] = [];

  /** To be called in a network namespace of its own. */
  constructor() {
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    ip('address', 'add', `${NETWORK}.1/${NET_MASK}`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    nft('add', 'table', 'bridge', 'lab');
    nft('add chain bridge lab between { type filter hook forward priority 0; }');
  }

  /** Adds a machine with the address `10.99.0.HOST`. */
  async machine(name: string, host: number): Promise<LabMachine> {
    const holder = spawn('unshare', ['--net', 'sleep', HOLD_SECONDS], { stdio: 'ignore' });
    this.#holders.push(holder);
    const pid = String(holder.pid);
    const own = readlinkSync('/proc/self/ns/net');
    await eventually('the namespace is there', async () => readlinkSync(`/proc/${pid}/ns/net`) !== own);
    const enter = ['--target', pid, '--net'];
    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid);
    ip('link', 'set', name, 'master', BRIDGE, 'up');
    const address = `${NETWORK}.${host}`;
    for (const words of [['link', 'set', 'lo', 'up'], ['address', 'add', `${address}/${NET_MASK}`, 'dev', 'eth0'], ['link', 'set', 'eth0', 'up']]) execFileSync('nsenter', [...enter, 'ip', ...words]);
    return {
      name,
      address,
      spawn: (command, args, env = process.env) => {
        const child = spawn('nsenter', [...enter, command, ...args], { stdio: ['ignore', 'ignore', process.env['NAVARCH_TEST_LOG'] ? 'inherit' : 'ignore'], env });
        this.#children.push(child);
        return child;
      },
    };
  }

  /** Loses what `from` sends to each of `to`. */
  lose(from: LabMachine, to: readonly LabMachine[]): void {
    for (const other of to) nft('add', 'rule', 'bridge', 'lab', 'between', 'iifname', from.name, 'oifname', other.name, 'drop');
  }

  /** Cuts `one` off from each of `others`, both ways. */
  cut(one: LabMachine, others: readonly LabMachine[]): void {
    this.lose(one, others);
    for (const other of others) this.lose(other, [one]);
  }

  /** Loses nothing any more. */
  heal(): void {
    nft('flush', 'chain', 'bridge', 'lab', 'between');
  }

  /** Ends everything that runs in the lab. */
  [Symbol.dispose](): void {
    for (const child of [...this.#children, ...this.#holders]) child.kill('SIGKILL');
  }
}
