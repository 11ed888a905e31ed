/**
 * Passwords of peers, read from where the configuration says they are: a file or the environment. The documents only ever
 * hold the place; what is read goes into a Secret at once and from there to the kernel.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { MAX_SECRET_OCTETS, Secret } from '../../bgp/session/secret.ts'
import type { DocumentSource } from './document-source.ts'
import { kindOf, passwordPath, specOf } from './peer-groups.ts'
import type { ConfigProblem } from './problem.ts'

/** Secrets by the place they come from, as `secretPlace` words it. */
export type Secrets = ReadonlyMap<string, Secret>

export const noSecrets: Secrets = new Map()

/** Where a peer's password is, as its document says. */
export interface Authentication {
  readonly passwordFile?: string | undefined
  readonly passwordEnv?: string | undefined
}

/** The place of a password, or undefined where none is named. */
export function secretPlace({ passwordFile, passwordEnv }: Authentication): string | undefined {
  if (passwordFile !== undefined) return `file:${passwordFile}`
  return passwordEnv === undefined ? undefined : `env:${passwordEnv}`
}

/** Equal passwords have equal tags, and nobody outside this process can compute one. */
const tagKey = randomBytes(32)

/** The secret of a text, which ends before its line end. */
export function secretOf(octets: Uint8Array): Secret {
  return new Secret(octets, createHmac('sha256', tagKey).update(octets).digest('hex').slice(0, 12))
}

/** Reads every password that a peer or a group names; what cannot be read is a problem at its place. */
export async function readSecrets(
  sources: readonly DocumentSource[],
  problems: ConfigProblem[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Secrets> {
  const secrets = new Map<string, Secret>()
  for (const source of sources) {
    const kind = kindOf(source.value)
    if (kind !== 'BGPPeer' && kind !== 'BGPPeerGroup') continue
    const authentication = specOf(source.value)?.['authentication'] as Authentication | null | undefined
    if (typeof authentication !== 'object' || authentication === null) continue
    const { passwordFile, passwordEnv } = authentication
    const report = (key: string, message: string, hint: string): void => {
      problems.push(source.problem(['spec', 'authentication', key], message, hint))
    }
    if (typeof passwordFile === 'string' && passwordFile !== '') {
      const file = passwordPath(source.file, passwordFile)
      const read = await readPassword(file)
      if (typeof read === 'string') report('passwordFile', `${file} ${read}`, PASSWORD_HINT)
      else secrets.set(`file:${file}`, read)
    }
    if (typeof passwordEnv === 'string' && passwordEnv !== '') {
      const value = environment[passwordEnv]
      const read = value === undefined ? 'is not set' : passwordFrom(new TextEncoder().encode(value))
      if (typeof read === 'string')
        report('passwordEnv', `${passwordEnv} ${read}`, 'set it in the environment of heddle')
      else secrets.set(`env:${passwordEnv}`, read)
    }
  }
  return secrets
}

const PASSWORD_HINT = `a file with the password alone, 1 to ${MAX_SECRET_OCTETS} octets`

async function readPassword(file: string): Promise<Secret | string> {
  try {
    return passwordFrom(await readFile(file))
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return 'does not exist'
      case 'EACCES':
        return 'may not be read'
      default:
        return 'cannot be read'
    }
  }
}

/** One line end after the password is the editor's. */
function passwordFrom(octets: Uint8Array): Secret | string {
  let end = octets.length
  if (end > 0 && octets[end - 1] === 0x0a) end--
  if (end > 0 && octets[end - 1] === 0x0d) end--
  if (end === 0) return 'is empty'
  if (end > MAX_SECRET_OCTETS) return `holds more than ${MAX_SECRET_OCTETS} octets`
  const password = Uint8Array.from(octets.subarray(0, end))
  if (password.some((octet) => octet === 0x0a || octet === 0)) return 'holds more than one line'
  return secretOf(password)
}
