/**
 * Certificate, key and authority of the agent server, read at start.
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

export async function readTlsFiles(paths: TlsPaths): Promise<TlsFiles> {
  const [cert, key, ca] = await Promise.all([
    readFile(paths.cert),
    readFile(paths.key),
    paths.ca === undefined ? undefined : readFile(paths.ca),
  ])
  return { cert, key, ...(ca ? { ca } : {}) }
}
