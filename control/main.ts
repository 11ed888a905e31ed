#!/usr/bin/env node
/** Entry of the `heddle` program: everything it does is a command of control/cli. */
import { runCli } from './cli/run-cli.ts'

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
})
