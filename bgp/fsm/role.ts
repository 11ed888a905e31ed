/**
 * Roles in OPEN (RFC 9234 §4): each side says what it is to the other, and the two have to fit.
 */
import type { Role } from '../../rib/model/only-to-customer.ts'
import type { Capability } from '../wire/capability.ts'
import type { Open } from '../wire/open.ts'

export interface RoleSettings {
  readonly role: Role
  /** A neighbour that says nothing is refused (§4.2). */
  readonly isStrict: boolean
}

/** By their numbers (§4.1). */
const roles: readonly Role[] = ['provider', 'rs', 'rs-client', 'customer', 'peer']

const counterparts: Readonly<Record<Role, Role>> = {
  provider: 'customer',
  customer: 'provider',
  rs: 'rs-client',
  'rs-client': 'rs',
  peer: 'peer',
}

/** Capability 9, where a role is configured. */
export function roleCapability(settings: RoleSettings | undefined): Capability[] {
  return settings ? [{ kind: 'role', role: roles.indexOf(settings.role) }] : []
}

/** Whether the neighbour's OPEN goes with our role; without one of our own anything does. */
export function fitsRole(settings: RoleSettings | undefined, open: Open): boolean {
  if (!settings) return true
  const theirs = new Set(open.capabilities.flatMap((row) => (row.kind === 'role' ? [row.role] : [])))
  // §4.2: several that differ are a mismatch.
  if (theirs.size === 0) return !settings.isStrict
  return theirs.size === 1 && theirs.has(roles.indexOf(counterparts[settings.role]))
}

/** A role as an operator reads it. */
export function roleName(role: number): string {
  return roles[role] ?? String(role)
}
