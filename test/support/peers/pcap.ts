/**
 * A capture file without capture rights: octets that went over a TCP connection, written as the packets that could have
 * carried them (pcap, link type raw IPv4), so that tshark dissects them as it would a real capture.
 *
 *   file header | { seconds, microseconds, stored length, length | IPv4 header | TCP header | payload }*
 */
const LINKTYPE_RAW = 101
const IP_OCTETS = 20
const TCP_OCTETS = 20
const ACK = 0x10
const PSH_ACK = 0x18
const SYN = 0x02
const SYN_ACK = 0x12
/** A segment must fit an IPv4 packet. */
const MAX_PAYLOAD = 60_000

/** One end of the recorded connection, under the address and port the capture shall show. */
export interface End {
  readonly address: readonly [number, number, number, number]
  readonly port: number
}

export class PcapWriter {
  readonly #packets: Buffer[] = [fileHeader()]
  readonly #ends: readonly [End, End]
  /** Next sequence number of each end. */
  readonly #sequence: [number, number] = [1000, 5000]
  #microseconds = 0

  /** A connection that the first end opened. */
  constructor(client: End, server: End) {
    this.#ends = [client, server]
    this.#packet(0, SYN, Buffer.alloc(0))
    this.#sequence[0]++
    this.#packet(1, SYN_ACK, Buffer.alloc(0))
    this.#sequence[1]++
    this.#packet(0, ACK, Buffer.alloc(0))
  }

  /** Octets that the end with this index sent. */
  sent(end: 0 | 1, octets: Buffer): void {
    for (let start = 0; start < octets.length; start += MAX_PAYLOAD) {
      const payload = octets.subarray(start, start + MAX_PAYLOAD)
      this.#packet(end, PSH_ACK, payload)
      this.#sequence[end] += payload.length
    }
  }

  file(): Buffer {
    return Buffer.concat(this.#packets)
  }

  #packet(from: 0 | 1, flags: number, payload: Buffer): void {
    const to = from === 0 ? 1 : 0
    const length = IP_OCTETS + TCP_OCTETS + payload.length
    const header = Buffer.alloc(16 + IP_OCTETS + TCP_OCTETS)
    // A made-up clock, a millisecond a packet: only the order counts.
    this.#microseconds += 1000
    header.writeUInt32LE(1_700_000_000 + Math.floor(this.#microseconds / 1_000_000), 0)
    header.writeUInt32LE(this.#microseconds % 1_000_000, 4)
    header.writeUInt32LE(length, 8)
    header.writeUInt32LE(length, 12)
    const ip = header.subarray(16, 16 + IP_OCTETS)
    ip[0] = 0x45
    ip.writeUInt16BE(length, 2)
    ip[8] = 64
    ip[9] = 6
    ip.set(this.#ends[from].address, 12)
    ip.set(this.#ends[to].address, 16)
    const tcp = header.subarray(16 + IP_OCTETS)
    tcp.writeUInt16BE(this.#ends[from].port, 0)
    tcp.writeUInt16BE(this.#ends[to].port, 2)
    tcp.writeUInt32BE(this.#sequence[from], 4)
    if (flags !== SYN) tcp.writeUInt32BE(this.#sequence[to], 8)
    tcp[12] = (TCP_OCTETS / 4) << 4
    tcp[13] = flags
    tcp.writeUInt16BE(65_535, 14)
    this.#packets.push(header, Buffer.from(payload))
  }
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(LINKTYPE_RAW, 20)
  return header
}
