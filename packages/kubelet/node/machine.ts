/**
 * What the machine under the node is and has.
 *
 * Source: kubernetes `pkg/kubelet/cadvisor`, `nodestatus/setters.go` MachineInfo (which facts, under which names).
 */
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, release, totalmem } from 'node:os';

/** Facts about the machine. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Size of the filesystem that holds pods' data. */
  readonly storageBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** In Go's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly swapBytes: number;
  /** Whether the kernel enforces AppArmor profiles. */
  readonly appArmor: boolean;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Not every machine has every file; a fact that is missing is shown as empty.
    return '';
  }
}

/** A value of a `KEY="value"` file. */
function shellValue(text: string, key: string): string {
  const line = text.split('\n').find((one) => one.startsWith(`${key}=`));
  return line === undefined ? '' : line.slice(key.length + 1).replaceAll('"', '');
}

/** Reads the facts. `storagePath`: where pods' data lies. */
export async function readMachine(storagePath: string): Promise<Machine> {
  const [machineId, bootId, productUuid, osRelease, memory, appArmor, storage] = await Promise.all([
    textOf('/etc/machine-id'),
    textOf('/proc/sys/kernel/random/boot_id'),
    textOf('/sys/class/dmi/id/product_uuid'),
    textOf('/etc/os-release'),
    textOf('/proc/meminfo'),
    textOf('/sys/module/apparmor/parameters/enabled'),
    statfs(storagePath),
  ]);
  const swap = /^SwapTotal:\s+(\d+)/m.exec(memory)?.[1] ?? '0';
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    storageBytes: storage.blocks * storage.bsize,
    machineId: machineId.replaceAll('-', ''),
    systemUuid: productUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: shellValue(osRelease, 'PRETTY_NAME') || 'Linux',
    architecture: GO_ARCHITECTURES[arch()] ?? arch(),
    swapBytes: Number(swap) * 1024,
    appArmor: appArmor === 'Y',
  };
}
