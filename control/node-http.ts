/**
 * Node's HTTP module without its ES module face: that one has a binding for everything the module offers, and some of it is
 * loaded when it is looked at; `fetch` and WebSocket alone are 6 MiB of a daemon that needs neither (docs/PERFORMANCE.md).
 */
export function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}
