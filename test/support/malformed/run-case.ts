/**
 * One case of the corpus on a daemon: a good route before, the message, a good route after, and what everybody sees of it.
 * A session that lives through a case serves the next one of the same kind.
 */
import { until } from '../until.ts'
import { octetsOf } from './malformed-case.ts'
import type { MalformedCase } from './malformed-case.ts'
import type { MalformedLab, Sender } from './malformed-lab.ts'
import { readNlri } from './read-update.ts'
import type { WirePeer } from './wire-peer.ts'

const KEEPALIVE = 4

interface FamilyForm {
  readonly family: string
  readonly word: string
  /** An UPDATE that announces these routes. */
  update(routes: string): string
}

/** By what the words of a family's routes end in. */
const forms: Readonly<Record<string, FamilyForm>> = {
  '': { family: 'inet', word: 'v4', update: (routes) => `update(; good; ${routes})` },
  '6': {
    family: 'inet6',
    word: 'v6',
    update: (routes) => `update(; mpreach(v6; nh_v6; ${routes}) goodmp;)`,
  },
  V4: {
    family: 'inet-vpn',
    word: 'vpn4',
    update: (routes) => `update(; mpreach(vpn4; nh_vpn4; ${routes}) goodmp target;)`,
  },
  V6: {
    family: 'inet6-vpn',
    word: 'vpn6',
    update: (routes) => `update(; mpreach(vpn6; nh_vpn6; ${routes}) goodmp target;)`,
  },
  RT: {
    family: 'route-target',
    word: 'rt',
    update: (routes) => `update(; mpreach(rt; nh_rt; ${routes}) goodmp;)`,
  },
}

const allFamilies = Object.values(forms).map(({ family }) => family)

export class CaseRunner {
  readonly #lab: MalformedLab
  readonly #sender: Sender
  #peer: WirePeer | undefined
  #kind = ''

  constructor(lab: MalformedLab, sender: Sender) {
    this.#lab = lab
    this.#sender = sender
  }

  /** Rejects with what differs from the expectation. */
  async run(one: MalformedCase): Promise<void> {
    const before = this.#lab.errors(this.#sender)
    if (one.state === 'OpenSent') await this.#inOpenSent(one)
    else if (one.state === 'OpenConfirm') await this.#inOpenConfirm(one)
    else await this.#inEstablished(one)
    this.#checkJournal(one, before.count)
    expect('the others are unharmed', this.#lab.isUnharmed)
  }

  close(): void {
    this.#peer?.destroy()
  }

  async #inOpenSent(one: MalformedCase): Promise<void> {
    const peer = await this.#connect()
    peer.send(Buffer.from(one.hex, 'hex'))
    if (one.reaction !== 'none') return await this.#ends(one, peer)
    peer.send(octetsOf(one, 'keepalive'))
    await until('the session is up', () => peer.isClosed || peer.types.includes(KEEPALIVE))
    await until('both know it', () => peer.isClosed || this.#lab.view(this.#sender).state === 'Established')
    expect('the OPEN is accepted', !peer.isClosed && peer.notification === undefined)
    if (one.negotiated) {
      const { families } = this.#lab.view(this.#sender)
      expect(`${families.join()} is negotiated`, families.join() === one.negotiated.join())
    }
  }

  async #inOpenConfirm(one: MalformedCase): Promise<void> {
    const peer = await this.#connect()
    peer.send(octetsOf(one, openOf(one)))
    await until('the OPEN is accepted', () => peer.types.includes(KEEPALIVE))
    peer.send(Buffer.from(one.hex, 'hex'))
    await this.#ends(one, peer)
  }

  async #inEstablished(one: MalformedCase): Promise<void> {
    const peer = await this.#established(one)
    const family = one.families?.[0] ?? 'inet'
    const suffix = Object.keys(forms).find((key) => forms[key]!.family === family)!
    const before = `B${suffix}`
    const after = markersOf(one)
    const removed = one.removed ?? []
    for (const route of [before, ...removed]) peer.send(octetsOf(one, announce(route, one)))
    await this.#sees(one, [before, ...removed])
    peer.send(Buffer.from(one.hex, 'hex'))
    if (one.reaction === 'session reset' || one.reaction === 'closed') {
      await this.#ends(one, peer)
      await until('its routes go', () => this.#routesOf(one, [before, ...removed]).every((route) => !route))
      return
    }
    const later = after.map((route) => announce(route, one))
    peer.send(octetsOf(one, later.join(' ')))
    await until('later routes arrive', () => peer.isClosed || this.#routesOf(one, after).every(Boolean))
    expect(
      `the session lives (${peer.notification ?? ''})`,
      !peer.isClosed && peer.notification === undefined,
    )
    this.#checkRoutes(one, before)
  }

  #checkRoutes(one: MalformedCase, before: string): void {
    const has = (word: string): boolean => this.#routesOf(one, [word])[0] !== undefined
    expect('the route from before is there', has(before))
    for (const route of one.routes ?? []) {
      expect(`${route} is announced`, has(route))
      this.#checkAttributes(one, this.#routesOf(one, [route])[0]!)
    }
    for (const route of one.removed ?? []) expect(`${route} is withdrawn`, !has(route))
    for (const route of one.absent ?? []) expect(`${route} is absent`, !has(route))
  }

  #checkAttributes(one: MalformedCase, attributes: ReadonlyMap<number, string>): void {
    for (const [type, value] of Object.entries(one.attributes ?? {})) {
      const got = attributes.get(Number(type)) ?? null
      expect(`attribute ${type} is ${value}, not ${got}`, got === value)
    }
  }

  #checkJournal(one: MalformedCase, before: number): void {
    const { count, reactions } = this.#lab.errors(this.#sender)
    const fresh = reactions.slice(0, count - before)
    if (one.reaction === 'none' || one.reaction === 'closed') expect('nothing is noted', count === before)
    else expect(`${one.reaction} is noted, not ${fresh.join()}`, fresh.includes(one.reaction))
  }

  /** The daemon ends the session, with the NOTIFICATION that the RFC asks for. */
  async #ends(one: MalformedCase, peer: WirePeer): Promise<void> {
    await until('the session ends', () => peer.isClosed)
    const { notification } = one
    if (!notification) {
      return expect(`no NOTIFICATION (${peer.notification})`, peer.notification === undefined)
    }
    const got = peer.notification ?? ''
    const wanted = Buffer.of(notification.code, notification.subcode).toString('hex')
    expect(`NOTIFICATION ${wanted}, not ${got.slice(0, 40)}`, got.startsWith(wanted))
    if (notification.data !== undefined) {
      expect(`data ${notification.data}, not ${got.slice(4)}`, got.slice(4) === notification.data)
    }
  }

  async #sees(one: MalformedCase, routes: readonly string[]): Promise<void> {
    await until(`${routes.join()} arrive`, () => this.#routesOf(one, routes).every(Boolean))
  }

  #routesOf(one: MalformedCase, routes: readonly string[]): (ReadonlyMap<number, string> | undefined)[] {
    return routes.map((word) => this.#lab.routeOf(keyOf(one, word)))
  }

  async #connect(): Promise<WirePeer> {
    if (this.#peer) {
      this.#peer.destroy()
      // A session that goes on would turn the next connection away (RFC 4271 §6.8).
      await until('the last session is over', () => this.#lab.view(this.#sender).state === 'Active')
    }
    this.#kind = ''
    this.#peer = this.#lab.connect(this.#sender)
    return this.#peer
  }

  async #established(one: MalformedCase): Promise<WirePeer> {
    const kind = JSON.stringify([one.families, one.session])
    if (this.#peer && !this.#peer.isClosed && this.#kind === kind) return this.#peer
    const peer = await this.#connect()
    peer.send(octetsOf(one, `${openOf(one)} keepalive`))
    await until('the session is up', () => this.#lab.view(this.#sender).state === 'Established')
    this.#kind = kind
    return peer
  }
}

function openOf({ families = allFamilies, session = [] }: MalformedCase): string {
  const capabilities = Object.values(forms)
    .filter(({ family }) => families.includes(family))
    .map(({ word }) => `mp(${word})`)
  if (!session.includes('as2')) capabilities.push('as4')
  if (!session.includes('noext')) capabilities.push('cap(06;)')
  if (!session.includes('norefresh')) capabilities.push('cap(02;)')
  if (session.includes('enhanced')) capabilities.push('cap(46;)')
  if (session.includes('paths')) capabilities.push(`cap(45; ${sentPaths(families)})`)
  return `open(;;;; caps(${capabilities.join(' ')}))`
}

/** The add-path capability of a peer that sends path identifiers (RFC 7911 §4). */
function sentPaths(families: readonly string[]): string {
  const withPaths = Object.values(forms).filter(
    ({ family, word }) => families.includes(family) && word !== 'rt',
  )
  return withPaths.map(({ word }) => `${word} 02`).join(' ')
}

/** A good UPDATE with one route, by the word for it; path 1 where paths have identifiers. */
function announce(route: string, { session = [] }: MalformedCase): string {
  const form = forms[route.slice(1)]!
  const hasPathIds = session.includes('paths') && form.word !== 'rt'
  return form.update(hasPathIds ? `00000001 ${route}` : route)
}

/** A route to come after the message, of every family that it is about: each family's changes go out in their order. */
function markersOf(one: MalformedCase): string[] {
  const negotiated = one.families ?? allFamilies
  const keys = [...(one.routes ?? []), ...(one.removed ?? []), ...(one.absent ?? [])]
  const wanted = new Set([negotiated[0], ...keys.map((route) => keyOf(one, route).split(':')[0])])
  return Object.entries(forms)
    .filter(([, { family }]) => wanted.has(family) && negotiated.includes(family))
    .map(([suffix]) => `A${suffix}`)
}

/** A word for a route, or a key written out. */
function keyOf(one: MalformedCase, route: string): string {
  if (route.includes(':')) return route
  return readNlri(forms[route.slice(1)]!.family, Buffer.from(octetsOf(one, route)))[0]!
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not so: ${what}`)
}
