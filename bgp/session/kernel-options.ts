/**
 * Socket options of Linux that Node has no words for, as level, name and octets (pure):
 *
 *   tcp_md5sig   | sockaddr_storage (128) | flags (1) | prefix length (1) | key length (2) | interface (4) | key (80) |
 *
 * An IPv6 socket that also takes IPv4 knows IPv4 peers as ::ffff:a.b.c.d; its TTL is set by the IPv4 options all the same.
 */
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { MAX_SECRET_OCTETS } from './secret.ts'

export interface KernelOption {
  /** What it is for, in the words of a log line. */
  readonly purpose: string
  readonly level: number
  readonly name: number
  readonly octets: Uint8Array
}

export type SocketFamily = 4 | 6

const Level = { ip: 0, tcp: 6, ipv6: 41 } as const
const IP_TTL = 2
const IP_MINTTL = 21
const IPV6_UNICAST_HOPS = 16
const IPV6_MINHOPCOUNT = 73
const TCP_MD5SIG = 14
/** Like it, with a prefix length. */
const TCP_MD5SIG_EXT = 32
const TCP_MD5SIG_FLAG_PREFIX = 1
const SOCKADDR_OCTETS = 128
const AF_INET = 2
const AF_INET6 = 10

/** Signs and checks segments of an address, or of a prefix, with a key; none: no longer (RFC 2385). */
export function md5Option(
  family: SocketFamily,
  { address, length }: { readonly address: IpAddress; readonly length: number },
  key: Uint8Array | undefined,
): KernelOption {
  const isHost = length === address.length * 8
  const octets = new Uint8Array(SOCKADDR_OCTETS + 8 + MAX_SECRET_OCTETS)
  const view = new DataView(octets.buffer)
  putSockaddr(view, family, address)
  if (!isHost) {
    octets[SOCKADDR_OCTETS] = TCP_MD5SIG_FLAG_PREFIX
    octets[SOCKADDR_OCTETS + 1] = length
  }
  view.setUint16(SOCKADDR_OCTETS + 2, key?.length ?? 0, true)
  if (key) octets.set(key, SOCKADDR_OCTETS + 8)
  return { purpose: 'TCP MD5', level: Level.tcp, name: isHost ? TCP_MD5SIG : TCP_MD5SIG_EXT, octets }
}

/** TTL, or hop limit, of what is sent; 0: the system's own. */
export function ttlOption(family: SocketFamily, ttl: number): KernelOption {
  // 0 is no TTL, and -1 is how either family spells "the default".
  return family === 4
    ? { purpose: 'TTL', level: Level.ip, name: IP_TTL, octets: int32(ttl || -1) }
    : { purpose: 'hop limit', level: Level.ipv6, name: IPV6_UNICAST_HOPS, octets: int32(ttl || -1) }
}

/** Drops segments that come with less (RFC 5082 §3); 0: none. */
export function minTtlOption(family: SocketFamily, ttl: number): KernelOption {
  return family === 4
    ? { purpose: 'TTL security', level: Level.ip, name: IP_MINTTL, octets: int32(ttl) }
    : { purpose: 'TTL security', level: Level.ipv6, name: IPV6_MINHOPCOUNT, octets: int32(ttl) }
}

// Linux on the machines that heddle runs on is little-endian throughout; the address itself is in network order.
function putSockaddr(view: DataView, family: SocketFamily, address: IpAddress): void {
  const octets = new Uint8Array(view.buffer)
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true)
  if (family === 4) octets.set(address, 4)
  else if (address.length === 16) octets.set(address, 8)
  else {
    octets.set([0xff, 0xff], 18)
    octets.set(address, 20)
  }
}

function int32(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  new DataView(octets.buffer).setInt32(0, value, true)
  return octets
}
