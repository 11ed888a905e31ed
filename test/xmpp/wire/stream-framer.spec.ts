import { expect } from 'chai'
import fc from 'fast-check'
import { limits } from '../../../xmpp/wire/limits.ts'
import { encodeUtf8 } from '../../../xmpp/wire/utf8.ts'
import { agentSamples, framed, nodeSamples, sample, STREAM_OPEN } from '../support/samples.ts'

const conversation = [
  STREAM_OPEN,
  '\u0200 \n',
  ...agentSamples.map((name) => sample(`agent/${name}`)),
  '\u0200\u0200',
  ...nodeSamples.map((name) =>
    `<?xml version="1.0"?>\n${sample(`node/${name}`)}`.replace(/^(<\?xml.*\n)<\?xml.*\n/, '$1'),
  ),
  '<iq note="/>\' >">\u{1F9F6} &lt;&#x10FFFF;</iq\n>',
  "<message a='\"'/>",
  '</stream:stream >',
].join('')

describe('StreamFramer', () => {
  const octets = encodeUtf8(conversation)
  const whole = framed(octets)

  it('finds open, stanzas and close in one chunk', () => {
    expect(whole.error).to.equal(undefined)
    expect(whole.keepalives).to.equal(3)
    const kinds = whole.events.map((event) => event.kind)
    expect(kinds[0]).to.equal('open')
    expect(kinds.at(-1)).to.equal('close')
    // Seven samples of two stanzas and one of three, the rest of one; and two odd ones.
    expect(kinds.filter((kind) => kind === 'stanza').length).to.equal(
      agentSamples.length + nodeSamples.length + 7 + 2 + 2,
    )
  })

  it('gives the same for a cut at every octet', () => {
    for (let cut = 0; cut <= octets.length; cut++) {
      const cutResult = framed(octets, [cut])
      if (JSON.stringify(cutResult) !== JSON.stringify(whole)) expect(cutResult).to.deep.equal(whole)
    }
  }).timeout(60_000)

  it('gives the same octet by octet', () => {
    expect(framed(octets, octets.keys())).to.deep.equal(whole)
  })

  it('gives the same for any cuts', () => {
    const cuts = fc.array(fc.nat({ max: octets.length }), { maxLength: 30 })
    fc.assert(
      fc.property(cuts, (points) => {
        expect(
          framed(
            octets,
            [...points].sort((a, b) => a - b),
          ),
        ).to.deep.equal(whole)
      }),
    )
  })

  it('counts U+0200 as keepalive when it is cut in half (agent-channel 1.5)', () => {
    const text = encodeUtf8(`${STREAM_OPEN}\u0200`)
    expect(framed(text, [text.length - 1]).keepalives).to.equal(1)
  })

  it('skips and counts a little text between stanzas, as the field does (agent-channel 1.7)', () => {
    const result = framed(encodeUtf8(`${STREAM_OPEN}garbage<iq/>`))
    expect([result.error, result.stray, result.events.length]).to.deep.equal([undefined, 7, 2])
  })

  it('counts it for each gap by itself', () => {
    const noise = 'x'.repeat(limits.strayOctets)
    expect(framed(encodeUtf8(`${STREAM_OPEN}${noise}<iq/>${noise}<iq></iq>${noise}`)).error).to.equal(
      undefined,
    )
  })

  it('refuses more of it', () => {
    const result = framed(encodeUtf8(STREAM_OPEN + 'x'.repeat(limits.strayOctets + 1)))
    expect(result.error).to.match(/^policy-violation/)
  })

  it('says what is wrong while octets arrive, not at the end of a stanza that never ends', () => {
    const endless: [string, RegExp][] = [
      [`<iq a="${'x'.repeat(limits.tagOctets)}`, /^policy-violation: a tag/],
      [`<iq>${'x'.repeat(limits.stanzaOctets)}`, /^policy-violation: a stanza/],
      ['<iq>'.repeat(limits.depth + 1), /^policy-violation: more than 32/],
      ['<iq><!DOCTYPE', /^restricted-xml/],
      ['<iq><?p', /^restricted-xml/],
      ['<!', /^restricted-xml/],
    ]
    for (const [text, error] of endless) expect(framed(encodeUtf8(STREAM_OPEN + text)).error).to.match(error)
  })

  it('takes what is just within the limits', () => {
    const within = [
      `<iq a="${'x'.repeat(limits.tagOctets - 10)}"/>`,
      `<iq>${'x'.repeat(limits.stanzaOctets - 9)}</iq>`,
      `${'<iq>'.repeat(limits.depth)}${'</iq>'.repeat(limits.depth)}`,
    ]
    for (const text of within) {
      const result = framed(encodeUtf8(STREAM_OPEN + text))
      expect([result.error, result.events.length]).to.deep.equal([undefined, 2])
    }
  })

  it('frames the same stanza after one error-free restart for TLS (RFC 6120 §5.4.3.3)', () => {
    const result = framed(encodeUtf8('<iq/>'))
    expect(result.error).to.equal('bad-format: no stream header')
  })

  it('never throws, whatever comes, and gives the same for any cut', () => {
    const pieces = fc.constantFrom(
      '<iq',
      '>',
      '/>',
      '</iq>',
      '<',
      '"',
      "'",
      '=',
      ' ',
      '\u0200',
      '<?xml version="1.0"?>',
      STREAM_OPEN,
      '</stream:stream>',
      '<!--',
      'x',
      '&amp;',
      '\u0000',
      '<message>',
      '</message>',
    )
    const octetsOf = (parts: (string | Uint8Array)[]): Uint8Array =>
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(pieces, fc.uint8Array({ maxLength: 4 })), { maxLength: 40 }),
        fc.boolean(),
        (parts, isOpen) => {
          const input = octetsOf(isOpen ? [STREAM_OPEN, ...parts] : parts)
          expect(framed(input, input.keys())).to.deep.equal(framed(input))
        },
      ),
      { numRuns: 2_000 },
    )
  }).timeout(30_000)
})
