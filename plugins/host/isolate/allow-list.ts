/** Where an endpoint may connect to. Addresses are judged, never names alone: a name may lead elsewhere tomorrow. */
import { BlockList, isIP } from 'node:net';

/** An address, a range of addresses (CIDR) or a name, and a port. */
export interface AllowedPlace {
  readonly host: string;
  readonly port: number;
}

const NAME = /^(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i;
const PREFIX_MAX: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** RFC 6890 and its successors: this machine, its neighbours, private networks, and ways around by other protocols. */
const NOT_PUBLIC = listOf(
  [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
    ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
    ...['224.0.0.0/4', '240.0.0.0/4', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23'],
    ...['2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
  ].flatMap((text) => rangeOf(text) ?? []),
);

export function isPlace({ host, port }: AllowedPlace): boolean {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return false;
  if (host.includes('/') || isIP(host) !== 0) return rangeOf(host) !== undefined;
  // What looks like an address and is none is no name either.
  return NAME.test(host) && !/^[0-9.]+$|^0x/i.test(host);
}

/** Wider ranges are listed for what is public in them. */
const PREFIX_NARROW: Readonly<Record<Range['family'], number>> = { ipv4: 8, ipv6: 7 };

/** Whether the name may be asked for at all: a name server learns every name it is asked for, and so do others. */
export function mayLookUp(allowed: readonly AllowedPlace[], host: string, port: number): boolean {
  return allowed.some((place) => place.port === port && bare(place.host) === bare(host));
}

/**
 * The addresses that may be connected to: those in a range that is listed, and of a name that is listed the public
 * ones. What is not public, loopback and metadata services among it, has to be listed as an address or a range.
 */
export function allowedAddresses(
  allowed: readonly AllowedPlace[],
  host: string,
  port: number,
  addresses: readonly string[],
): readonly string[] {
  const ofPort = allowed.filter((place) => place.port === port);
  const ranges = ofPort.flatMap((place) => rangeOf(place.host) ?? []);
  const narrow = listOf(ranges.filter(({ prefix, family }) => prefix >= PREFIX_NARROW[family]));
  const wide = listOf(ranges);
  const isNamed = isIP(host) === 0 && mayLookUp(allowed, host, port);
  return addresses.filter((address) => {
    return has(narrow, address) || ((isNamed || has(wide, address)) && isPublic(address));
  });
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

interface Range {
  readonly network: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

function rangeOf(text: string): Range | undefined {
  const [network = '', prefixText, ...more] = text.split('/');
  const version = network.includes('%') ? 0 : isIP(network);
  const widest = PREFIX_MAX[version];
  if (widest === undefined || more.length > 0) return undefined;
  const prefix = prefixText === undefined ? widest : Number(prefixText);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > widest || prefixText === '') return undefined;
  return { network, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const { network, prefix, family } of ranges) list.addSubnet(network, prefix, family);
  return list;
}

function isPublic(address: string): boolean {
  return rangeOf(address) !== undefined && !has(NOT_PUBLIC, address);
}

/** An IPv4 address written as one of IPv6 is what it means. */
function has(list: BlockList, address: string): boolean {
  const range = rangeOf(address);
  return range !== undefined && list.check(range.network, range.family);
}
