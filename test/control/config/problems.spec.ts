import { expect } from 'chai'
import fc from 'fast-check'
import { formatCheck, formatProblem } from '../../../control/config/check.ts'
import { parseConfig } from '../../../control/config/load.ts'
import { controlNode, document, hintsOf, messagesOf, network, problemsOf } from './config-text.ts'

const peer = (spec: string): string => document('BGPPeer', 'name: gw', spec)
const node = (name: string, spec: string): string => document('ComputeNode', `name: ${name}`, spec)

describe('places of configuration problems', () => {
  it('points at the value, in block style', () => {
    const text = `apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: ctl1}
spec:
  autonomousSystem: 64512
  routerID: 192.0.2.300
`
    expect(problemsOf(text)).to.deep.equal([
      '6:13 spec.routerID 192.0.2.300 is not an IP address | write an address such as 192.0.2.10 or 2001:db8::10',
    ])
  })

  it('points at the item of a list within flow style', () => {
    const text = `${controlNode}${peer('address: 192.0.2.1\nautonomousSystem: 64512\nfamilies: [inet-vpn, inet-vnp]')}`
    expect(problemsOf(text)).to.deep.equal([
      '16:24 spec.families[1] there is no family inet-vnp | did you mean inet-vpn?',
    ])
  })

  it('points at an unknown key itself and names the one that was meant', () => {
    const text = `${controlNode}${peer('address: 192.0.2.1\nautonomousSystem: 64512\nholdtime: 90s')}`
    expect(problemsOf(text)).to.deep.equal([
      '16:3 spec.holdtime unknown key holdtime | did you mean holdTime?',
    ])
  })

  it('points at the key that should hold what is missing', () => {
    const text = `${controlNode}${peer('address: 192.0.2.1')}`
    expect(problemsOf(text)).to.deep.equal(['13:1 spec.autonomousSystem autonomousSystem is missing | '])
  })

  it('points at the start of a document that lacks its kind', () => {
    const [problem] = problemsOf(`${controlNode}---\napiVersion: heddle.dev/v1alpha1\nmetadata: {name: x}\n`)
    expect(problem).to.match(/^10:1 kind kind is missing \| one of ControlNode, BGPPeer/)
  })

  it('counts lines across CRLF and a document that follows a comment', () => {
    const text = controlNode.replaceAll('\n', '\r\n') + '# about\r\n--- # second\r\nkind: Port\r\n'
    const places = parseConfig([{ file: 'f', text }]).problems.map(({ line, column }) => `${line}:${column}`)
    expect(new Set(places)).to.deep.equal(new Set(['11:1']))
  })

  it('reports YAML faults where they are, and still reads the other documents', () => {
    const text = `${controlNode}---\nkind: [\n${peer('autonomousSystem: 64512')}`
    const problems = problemsOf(text)
    expect(problems[0]).to.match(/^1[12]:\d+ {2}/)
    expect(problems.at(-1)).to.include('address is missing')
  })

  it('refuses a key given twice', () => {
    expect(problemsOf(`${controlNode}---\nkind: Port\nkind: Port\n`)[0]).to.match(
      /^11:1 {2}.* keep one of the two$/,
    )
  })

  it('collects every problem of every document, in the order of the text', () => {
    const text = [
      controlNode.replace('64512', '0'),
      peer('address: 1.2.3\nautonomousSystem: 64512\nport: 0'),
      network('a', 'routeTargets: {both: [nonsense]}'),
      node('c', 'address: ::1'),
    ]
    expect(messagesOf(...text)).to.deep.equal([
      'AS 0 is nobody (RFC 7607)',
      '1.2.3 is not an IP address',
      'port is at least 1',
      'nonsense is not a route target',
      '::1 is not an IPv4 address',
    ])
  })

  it('never throws, whatever the text', () => {
    const whole = `${controlNode}${peer('address: 192.0.2.1\nautonomousSystem: 64512')}${network('a')}`
    const damaged = fc
      .tuple(fc.nat(whole.length), fc.nat(40), fc.string({ maxLength: 8 }))
      .map(([at, length, insert]) => whole.slice(0, at) + insert + whole.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ maxLength: 200 })), (text) => {
        const { documents, problems } = parseConfig([{ file: 'f', text }])
        expect(documents === undefined).to.equal(problems.length > 0)
        const lines = text.split('\n').length
        for (const { line, column } of problems) {
          expect(line).to.be.within(1, lines + 1)
          expect(column).to.be.at.least(1)
        }
        formatCheck({ documents, problems, texts: [{ file: 'f', text }], documentCount: 1 })
      }),
      { numRuns: 500 },
    )
  })

  it('refuses nesting that would exhaust the stack of the parser', () => {
    for (const nest of ['[', '{a: ', '- ', '? ', '[\n', ' - ']) {
      expect(messagesOf(`${controlNode}---\n${nest.repeat(20_000)}`), nest).to.deep.equal([
        'nested too deep to be read',
      ])
    }
    expect(messagesOf(`${controlNode}---\n${'['.repeat(200)}`)).to.have.length.within(1, 21)
  })

  it('refuses alias bombs', () => {
    const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1},`.repeat(9) : 'x,'}]`)
    expect(messagesOf(`${controlNode}---\n${bomb.join('\n')}\n`).join()).to.match(/alias/i)
  })
})

describe('wording of configuration problems', () => {
  it('says what is expected and what is there', () => {
    expect(messagesOf(controlNode.replace('64512', '[]'))).to.deep.equal([
      'autonomousSystem is a text or a number, not a list',
    ])
    expect(
      messagesOf(controlNode, peer('address: 192.0.2.1\nautonomousSystem: 1\npassive: maybe')),
    ).to.deep.equal(['passive is true or false, not "maybe"'])
  })

  it('asks for quotes where YAML made a number of a text', () => {
    expect(hintsOf(controlNode.replace('192.0.2.10', '7'))).to.deep.equal(['put it in quotes: "7"'])
  })

  it('asks to leave a key without a value out', () => {
    expect(hintsOf(controlNode.replace('stateDir: /tmp/unused', 'bgp:'))).to.deep.equal([
      'leave the key out for its default',
    ])
  })

  it('knows the one API version', () => {
    expect(hintsOf(controlNode.replace('v1alpha1', 'v1'))).to.deep.equal([
      'write apiVersion: heddle.dev/v1alpha1',
    ])
  })

  it('says when a kind has no namespace', () => {
    expect(messagesOf(controlNode.replace('name: ctl1', 'name: ctl1, namespace: x'))).to.deep.equal([
      'ControlNode belongs to no namespace',
    ])
  })

  it('suggests a kind', () => {
    expect(hintsOf(controlNode, document('VirtualNetwrk', 'name: a', 'subnets: []'))).to.deep.equal([
      'did you mean VirtualNetwork?',
    ])
  })

  it('suggests keys within lists and within keys that have defaults', () => {
    expect(hintsOf(controlNode, network('a', 'subnets: [{cdir: 10.0.0.0/24}]'))).to.include(
      'did you mean cidr?',
    )
    expect(hintsOf(controlNode, network('a', 'routeTargets: {boths: []}'))).to.deep.equal([
      'did you mean both?',
    ])
  })

  it('explains the limits of hold times (RFC 4271 §4.2)', () => {
    const withHold = (hold: string): string =>
      peer(`address: 192.0.2.1\nautonomousSystem: 1\nholdTime: ${hold}`)
    expect(messagesOf(controlNode, withHold('2s'))).to.deep.equal([
      'hold time 2s is shorter than 3s (RFC 4271 §4.2)',
    ])
    expect(messagesOf(controlNode, withHold('20h'))).to.deep.equal(['hold time 20h is longer than 65535s'])
    expect(messagesOf(controlNode, withHold('0s'))).to.deep.equal([])
    expect(messagesOf(controlNode.replace('stateDir: /tmp/unused', 'agents: {holdTime: 0s}'))).to.have.length(
      1,
    )
  })

  it('explains route targets of 4-octet AS numbers (RFC 5668)', () => {
    expect(hintsOf(controlNode, network('a', 'routeTargets: {both: ["target:70000:70000"]}'))).to.deep.equal([
      'with a 4-octet AS the number is at most 65535 (RFC 5668)',
    ])
  })

  it('refuses names that would break VRF names and references', () => {
    for (const name of ['a:b', 'a/b', '-a', 'a b', '""', 'x'.repeat(254)]) {
      expect(messagesOf(controlNode, network(name)), name).to.have.length(1)
    }
  })
})

describe('formatProblem', () => {
  it('shows file:line:col, the line, a caret below the place, and the hint', () => {
    const problem = {
      file: 'a.yaml',
      line: 3,
      column: 4,
      path: 'spec.x',
      message: 'unknown key x',
      hint: 'did you mean y?',
    }
    expect(formatProblem(problem, '\t  x: 1')).to.equal(
      'a.yaml:3:4: unknown key x (spec.x)\n  3 | \t  x: 1\n    | \t  ^\n  hint: did you mean y?\n',
    )
  })

  it('lets no control character of a file reach the terminal', () => {
    const problem = { file: 'a.yaml', line: 1, column: 1, path: '', message: 'm', hint: '' }
    expect(formatProblem(problem, 'a\u001b[2Jb')).to.include('a\ufffd[2Jb')
  })

  it('counts problems and files at the end', () => {
    const loaded = parseConfig([{ file: 'a.yaml', text: controlNode.replace('64512', '0') }])
    expect(formatCheck(loaded)).to.match(/\n\n1 problem in 1 file\n$/)
    expect(formatCheck(parseConfig([{ file: 'a.yaml', text: controlNode }]))).to.equal(
      'ok: 1 document in 1 file\n',
    )
  })
})
