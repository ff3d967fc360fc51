/**
 * Chooses the address range of a cluster's nodes: one /24 of 10.89.0.0/16 that nothing on this machine uses.
 */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cidr, contains, formatCidr, overlaps, parseCidr } from '#network/cidr.ts';
import { isMissing } from '../cluster/processes.ts';
import { UserError } from '../cluster/spec.ts';
import { listDirectory } from './files.ts';
import { RUN_ROOT } from './names.ts';

const SUPERNET = parseCidr('10.89.0.0/16')!;
const SUBNET_PREFIX = 24;
const SUBNET_COUNT = 256;
/** One file per subnet in use, naming the cluster: making it is the reservation. */
const RESERVATIONS = join(RUN_ROOT, '.subnets');

/** The subnet numbered `index`. */
export const subnetAt = (index: number): Cidr => ({ base: SUPERNET.base + index * 2 ** (32 - SUBNET_PREFIX), prefix: SUBNET_PREFIX });

/** The number of a subnet made by `subnetAt`. */
export const indexOfSubnet = (subnet: Cidr): number => (subnet.base - SUPERNET.base) / 2 ** (32 - SUBNET_PREFIX);

/**
 * Subnet numbers in the order they should be tried, given the ranges the machine already has routes for: the remembered one, free ones, then
 * those that only hide a few addresses of a wider range. Subnets that overlap a range of their own size or smaller are left out.
 */
export function subnetCandidates(used: readonly Cidr[], remembered: Cidr | undefined): number[] {
  const usable = Array.from({ length: SUBNET_COUNT }, (_, index) => index).filter((index) => {
    const subnet = subnetAt(index);
    return !used.some((range) => overlaps(range, subnet) && range.prefix >= SUBNET_PREFIX);
  });
  const rank = (index: number): number => {
    const subnet = subnetAt(index);
    if (remembered && subnet.base === remembered.base) return 0;
    return used.some((range) => range.prefix > 0 && contains(range, subnet)) ? 2 : 1;
  };
  return usable.toSorted((a, b) => rank(a) - rank(b) || a - b);
}

/** Reserves the first candidate that no other cluster holds. @throws UserError when there is none. */
export async function reserveSubnet(cluster: string, used: readonly Cidr[], remembered: Cidr | undefined): Promise<Cidr> {
  await mkdir(RESERVATIONS, { recursive: true, mode: 0o755 });
  for (const index of subnetCandidates(used, remembered)) {
    if (await reserve(index, cluster)) return subnetAt(index);
  }
  throw new UserError(
    `no free address range for the nodes: every ${SUBNET_PREFIX}-bit subnet of ${formatCidr(SUPERNET)} is used by this machine's routes or by another cluster (navarch list)`,
  );
}

async function reserve(index: number, cluster: string): Promise<boolean> {
  const path = join(RESERVATIONS, String(index));
  try {
    const file = await open(path, 'wx', 0o644);
    await file.writeFile(cluster);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await holderOf(index)) === cluster;
}

async function holderOf(index: number): Promise<string | undefined> {
  try {
    return await readFile(join(RESERVATIONS, String(index)), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Numbers of the subnets the cluster holds. */
export async function heldSubnets(cluster: string): Promise<number[]> {
  const all = (await listDirectory(RESERVATIONS)).map(Number);
  const holders = await Promise.all(all.map(holderOf));
  return all.filter((_, position) => holders[position] === cluster);
}

/** Gives back every subnet the cluster holds. */
export async function releaseSubnets(cluster: string): Promise<void> {
  for (const index of await heldSubnets(cluster)) await rm(join(RESERVATIONS, String(index)), { force: true });
}
