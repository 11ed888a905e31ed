#!/usr/bin/env node
/** Entry of the `heddle` program: everything it does is a command of control/cli. */
import { takeHeapOptions } from './heap-options.ts'

takeHeapOptions()
// Loaded only now: what is replaced needs none of it.
const { runCli } = await import('./cli/run-cli.ts')
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
})
