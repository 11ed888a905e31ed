/**
 * Certificate, key and authority of the agent server, read and tried at start: what TLS cannot use would otherwise show
 * only as agents that never come up.
 */
import { readFile } from 'node:fs/promises'

export interface TlsPaths {
  readonly cert: string
  readonly key: string
  readonly ca?: string | undefined
}

export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca?: Buffer
}

/** What the files hold is no certificate and its key: who runs the daemon has to do something about it. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError'
}

export async function readTlsFiles(paths: TlsPaths): Promise<TlsFiles> {
  const [cert, key, ca] = await Promise.all([
    readFile(paths.cert),
    readFile(paths.key),
    paths.ca === undefined ? undefined : readFile(paths.ca),
  ])
  const files = { cert, key, ...(ca ? { ca } : {}) }
  try {
    // Loaded only here: a daemon without it has 3 MiB less.
    process.getBuiltinModule('node:tls').createSecureContext(files)
  } catch (error) {
    const names = [paths.cert, paths.key, paths.ca].filter((path) => path !== undefined).join(', ')
    throw new TlsFilesError(
      `TLS cannot use ${names} (${(error as Error).message}); see spec.agents.tls of ControlNode`,
    )
  }
  return files
}
