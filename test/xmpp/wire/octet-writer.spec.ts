import { expect } from 'chai'
import fc from 'fast-check'
import { formatIpv4Word } from '../../../rib/model/ip-address.ts'
import { OctetWriter } from '../../../xmpp/wire/octet-writer.ts'

type Step =
  | { kind: 'part'; octets: Uint8Array }
  | { kind: 'ascii'; text: string }
  | { kind: 'decimal' | 'ipv4'; value: number }
  | { kind: 'take' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('part' as const), octets: fc.uint8Array({ maxLength: 90_000 }) }),
  fc.record({
    kind: fc.constant('ascii' as const),
    text: fc.string({ maxLength: 40, unit: 'grapheme-ascii' }),
  }),
  fc.record({ kind: fc.constantFrom('decimal' as const, 'ipv4' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('take' as const) }),
)

describe('OctetWriter', () => {
  it('gives back what was written, cut where it was taken, and never touches it again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const writer = new OctetWriter()
        const wanted: Buffer[] = []
        const taken: Uint8Array[] = []
        let open: Buffer[] = []
        for (const each of [...steps, { kind: 'take' } as const]) {
          if (each.kind === 'take') {
            wanted.push(Buffer.concat(open))
            expect(writer.length).to.equal(wanted.at(-1)!.length)
            taken.push(writer.take())
            open = []
          } else {
            open.push(write(writer, each))
          }
        }
        expect(
          taken.map((message) => Buffer.from(message).equals(wanted[taken.indexOf(message)]!)),
        ).to.not.include(false)
      }),
      { numRuns: 50 },
    )
  })

  it('repeats what stands in the message already, over the end of a slab, too', () => {
    const writer = new OctetWriter()
    writer.put(new Uint8Array(128 * 1024 - 8).fill(1))
    writer.take()
    writer.putAscii('10.0.0.1')
    writer.repeat(0, 8)
    expect(Buffer.from(writer.take()).toString()).to.equal('10.0.0.110.0.0.1')
  })
})

function write(writer: OctetWriter, each: Exclude<Step, { kind: 'take' }>): Buffer {
  switch (each.kind) {
    case 'part':
      writer.put(each.octets)
      return Buffer.from(each.octets)
    case 'ascii':
      writer.putAscii(each.text)
      return Buffer.from(each.text)
    case 'decimal':
      writer.putDecimal(each.value)
      return Buffer.from(String(each.value))
    case 'ipv4':
      writer.putIpv4(each.value | 0)
      return Buffer.from(formatIpv4Word(each.value | 0))
  }
}
