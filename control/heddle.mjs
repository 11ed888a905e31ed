#!/usr/bin/env node
// The installed `heddle`: plain JavaScript that any Node can read, so that an old one gets a sentence, not a stack trace.
import { existsSync } from 'node:fs'

const wanted = [22, 19]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(`heddle needs Node.js ${wanted.join('.')} or newer; this is ${process.versions.node}.`)
  process.exitCode = 2
} else {
  // A checkout runs its sources; a package holds what they were compiled to, for Node strips no types in node_modules.
  const source = new URL('./main.ts', import.meta.url)
  const compiled = new URL('../dist/control/main.js', import.meta.url)
  const isCheckout = existsSync(source) && !import.meta.url.includes('/node_modules/')
  import(isCheckout ? source.href : compiled.href).catch((error) => {
    console.error(error)
    process.exitCode = 2
  })
}
