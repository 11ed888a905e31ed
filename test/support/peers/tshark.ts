/** tshark as an independent reader of what heddle sends: it shares no line of code with us. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled, output } from './child-daemon.ts'

const PROGRAM = '/usr/bin/tshark'

export const tsharkIsInstalled = isInstalled([PROGRAM])

/** The packets that pass a display filter, each as its values of the named fields (several values comma-separated). */
export async function dissect(
  pcap: Buffer,
  filter: string,
  fields: readonly string[],
): Promise<Record<string, string>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-tshark-'))
  try {
    const file = join(folder, 'session.pcap')
    writeFileSync(file, pcap)
    const columns = fields.flatMap((field) => ['-e', field])
    const text = await output(PROGRAM, [
      '-r',
      file,
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...columns,
    ])
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Object.fromEntries(line.split('|').map((value, index) => [fields[index]!, value])))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
