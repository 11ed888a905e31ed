/**
 * A capture file (pcap, link type 101: raw IP) around BGP messages, so that an independent decoder can read what heddle
 * sends. One TCP segment a message, towards port 179; checksums are right, since tshark looks at them.
 *
 *   | file header (24) |   per packet: | seconds | microseconds | octets kept | octets sent | IPv4 (20) | TCP (20) | message
 */
const LINKTYPE_RAW = 101
const IP_LENGTH = 20
const TCP_LENGTH = 20

const SOURCE = [192, 0, 2, 10]
const DESTINATION = [192, 0, 2, 1]
const SOURCE_PORT = 50000
const BGP_PORT = 179

/** The capture file of a stream of whole messages. Messages longer than an IP packet are not possible. */
export function pcapOf(messages: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65535, 16)
  header.writeUInt32LE(LINKTYPE_RAW, 20)
  const parts: Uint8Array[] = [header]
  let sequence = 1
  messages.forEach((message, i) => {
    const packet = packetOf(message, sequence)
    const record = Buffer.alloc(16)
    record.writeUInt32LE(i, 0)
    record.writeUInt32LE(packet.length, 8)
    record.writeUInt32LE(packet.length, 12)
    parts.push(record, packet)
    sequence += message.length
  })
  return new Uint8Array(Buffer.concat(parts))
}

function packetOf(message: Uint8Array, sequence: number): Uint8Array {
  const packet = Buffer.alloc(IP_LENGTH + TCP_LENGTH + message.length)
  packet[0] = 0x45
  packet.writeUInt16BE(packet.length, 2)
  packet[8] = 64
  packet[9] = 6
  packet.set([...SOURCE, ...DESTINATION], 12)
  packet.writeUInt16BE(checksum(packet.subarray(0, IP_LENGTH), 0), 10)

  const tcp = packet.subarray(IP_LENGTH)
  tcp.writeUInt16BE(SOURCE_PORT, 0)
  tcp.writeUInt16BE(BGP_PORT, 2)
  tcp.writeUInt32BE(sequence, 4)
  tcp.writeUInt32BE(1, 8)
  tcp[12] = (TCP_LENGTH / 4) << 4
  // PSH and ACK.
  tcp[13] = 0x18
  tcp.writeUInt16BE(65535, 14)
  tcp.set(message, TCP_LENGTH)
  tcp.writeUInt16BE(checksum(tcp, pseudoHeaderSum(packet, tcp.length)), 16)
  return packet
}

function pseudoHeaderSum(packet: Buffer, tcpLength: number): number {
  let sum = 6 + tcpLength
  for (let at = 12; at < 20; at += 2) sum += packet.readUInt16BE(at)
  return sum
}

/** The Internet checksum (RFC 1071). */
function checksum(octets: Buffer, start: number): number {
  let sum = start
  for (let at = 0; at < octets.length; at += 2) {
    sum += at + 1 < octets.length ? octets.readUInt16BE(at) : octets[at] << 8
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
