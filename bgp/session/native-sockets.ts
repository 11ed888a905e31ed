/**
 * System calls on sockets that Node does not make, through a foreign function interface: koffi where the package is
 * installed, else Node's own (`node:ffi`, Node 26 and later), else none. Loaded when the first peer needs it: most
 * configurations never do.
 *
 *   active    open() -> options -> new net.Socket({ fd }).connect(): the SYN is signed already
 *   passive   options on the listener's descriptor: the kernel answers no unsigned SYN
 */
import { createRequire } from 'node:module'
import type { KernelOption, SocketFamily } from './kernel-options.ts'

/** What went wrong, in words for the operator. */
export interface SocketFault {
  readonly fault: string
}

export interface SocketOptions {
  /** A TCP socket that is not connected yet: its descriptor. */
  open(family: SocketFamily): number | SocketFault
  /** What is wrong, or undefined. */
  set(descriptor: number, option: KernelOption): string | undefined
  close(descriptor: number): void
}

/** The calls as a back end brings them; negative results leave the reason in errno. */
export interface SystemCalls {
  readonly name: string
  socket(domain: number, type: number, protocol: number): number
  setsockopt(descriptor: number, level: number, name: number, octets: Uint8Array, length: number): number
  close(descriptor: number): number
  /** Of the last call that failed; 0 where the back end cannot tell. */
  errno(): number
}

const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const domains = { 4: 2, 6: 10 } as const

const errorTexts: Readonly<Record<number, string>> = {
  1: 'EPERM, it takes a privilege',
  12: 'ENOMEM, no room for more keys on a socket: raise net.core.optmem_max',
  22: 'EINVAL',
  24: 'EMFILE, no file descriptor is left',
  92: 'ENOPROTOOPT, this kernel has it not',
}

export const NO_BACK_END = 'neither the package koffi nor node:ffi is there (npm install koffi)'

/** Options over these calls. */
export function socketOptionsOver(calls: SystemCalls): SocketOptions {
  const reason = (what: string): string => {
    const number = calls.errno()
    return `${what}: ${errorTexts[number] ?? (number === 0 ? 'refused by the kernel' : `error ${number}`)}`
  }
  return {
    open(family) {
      const descriptor = calls.socket(domains[family], SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
      return descriptor < 0 ? { fault: reason('no socket') } : descriptor
    },
    set(descriptor, { purpose, level, name, octets }) {
      const result = calls.setsockopt(descriptor, level, name, octets, octets.length)
      return result < 0 ? reason(`${purpose} cannot be set`) : undefined
    },
    close(descriptor) {
      calls.close(descriptor)
    },
  }
}

type Require = (name: string) => unknown

/** The first back end there is. */
export function loadSystemCalls(
  load: Require = createRequire(import.meta.url),
  platform: string = process.platform,
): SystemCalls | undefined {
  if (platform !== 'linux') return undefined
  for (const backEnd of [koffiCalls, nodeCalls]) {
    try {
      return backEnd(load)
    } catch {
      // Not installed, or built for another machine: the next one.
    }
  }
  return undefined
}

let known: SocketOptions | SocketFault | undefined

/** This machine's options, or why there are none. */
export function socketOptions(): SocketOptions | SocketFault {
  if (known) return known
  const calls = loadSystemCalls()
  known = calls ? socketOptionsOver(calls) : { fault: NO_BACK_END }
  return known
}

export function isSocketFault(result: SocketOptions | SocketFault | number): result is SocketFault {
  return typeof result === 'object' && 'fault' in result
}

/** The part of koffi that is used. */
interface Koffi {
  load(path: null): { func(declaration: string): (...args: unknown[]) => number }
  errno(): number
}

function koffiCalls(load: Require): SystemCalls {
  const koffi = load('koffi') as Koffi
  const library = koffi.load(null)
  return {
    name: 'koffi',
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
    close: library.func('int close(int)'),
    errno: () => koffi.errno(),
  }
}

/** The part of node:ffi that is used. */
interface NodeFfi {
  dlopen(
    library: string,
    functions: Record<string, { arguments: readonly string[]; return: string }>,
  ): { functions: Record<string, (...args: unknown[]) => number> }
}

function nodeCalls(load: Require): SystemCalls {
  const ffi = load('node:ffi') as NodeFfi
  const int = 'i32'
  const { functions } = ffi.dlopen('libc.so.6', {
    socket: { arguments: [int, int, int], return: int },
    setsockopt: { arguments: [int, int, int, 'buffer', 'u32'], return: int },
    close: { arguments: [int], return: int },
  })
  return {
    name: 'node:ffi',
    socket: functions['socket']!,
    setsockopt: functions['setsockopt']!,
    close: functions['close']!,
    // Overwritten by the engine's own calls before anybody can ask.
    errno: () => 0,
  }
}
