import { expect } from 'chai'
import { refusalOf } from '../../../control/api/foreign-request.ts'
import type { RequestFacts } from '../../../control/api/foreign-request.ts'

describe('requests from elsewhere', () => {
  const own: RequestFacts = {
    method: 'POST',
    host: '127.0.0.1:8083',
    hostname: '127.0.0.1',
    origin: undefined,
    localAddress: '127.0.0.1',
    remoteAddress: '127.0.0.1',
  }
  const remote = {
    ...own,
    localAddress: '192.0.2.10',
    remoteAddress: '192.0.2.99',
    host: 'ctl1:8083',
    hostname: 'ctl1',
  }
  const cases: readonly [title: string, facts: RequestFacts, code: string | undefined][] = [
    ['an action on loopback', own, undefined],
    ['an action of our own page', { ...own, origin: 'http://127.0.0.1:8083' }, undefined],
    ['an action of a page on another port', { ...own, origin: 'http://127.0.0.1:9000' }, 'foreign-origin'],
    [
      'a name that was rebound to loopback',
      { ...own, method: 'GET', hostname: 'evil.example' },
      'foreign-host',
    ],
    [
      'the same on loopback of IPv6',
      { ...own, localAddress: '::1', remoteAddress: '::1', hostname: 'evil.example' },
      'foreign-host',
    ],
    ['localhost', { ...own, hostname: 'localhost', localAddress: '::1', remoteAddress: '::1' }, undefined],
    ['reading from another machine by our name', { ...remote, method: 'GET' }, undefined],
    ['an action from another machine', remote, 'remote-action'],
    [
      'an action on a dual-stack listener',
      { ...own, localAddress: '::ffff:127.0.0.1', remoteAddress: '::ffff:127.0.0.1' },
      undefined,
    ],
  ]
  for (const [title, facts, code] of cases) {
    it(`${code === undefined ? 'lets pass' : 'refuses'}: ${title}`, () => {
      expect(refusalOf(facts)?.code).equal(code)
    })
  }
})
