/** Runs the command line in this process, its output kept: what a shell would see of one run. */
import { Writable } from 'node:stream'
import { runCli } from '../../../control/cli/run-cli.ts'

export interface CliRun {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export async function cli(...argv: string[]): Promise<CliRun> {
  const stdout = new Kept()
  const stderr = new Kept()
  const status = await runCli(argv, { stdout, stderr, env: {} })
  return { status, stdout: stdout.text, stderr: stderr.text }
}

export class Kept extends Writable {
  text = ''
  isTTY = false

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
