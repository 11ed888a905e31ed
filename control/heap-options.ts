/**
 * V8's heap as a daemon wants it: V8 lets its young generation grow to 32 MiB and more where much is allocated, for
 * throughput; most of what a control node allocates there is dead at once, and the pages stay resident. A small one costs
 * no time that could be measured and a third less memory (docs/PERFORMANCE.md).
 *
 * Beside it is what the C library hands out. V8's compilers take tens of megabytes in pieces of 8 to 32 KiB, in threads,
 * and give them back; glibc keeps such pieces, in an arena for each thread. Pieces that it maps one by one go back to the
 * kernel.
 *
 * Both are read from command line and environment alone, before any of our code runs. So `heddle run` replaces itself,
 * once, by the same program with the options: the process stays the same one to whoever started it, for signals and for
 * systemd.
 */

/** Given to Node before the program. */
export const heapOptions: readonly string[] = ['--max-semi-space-size=2']

/** glibc's malloc (mallopt(3)), where nobody has set it. Other C libraries do not know these names. */
export const heapEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
}

/** What of a process decides whether it replaces itself. */
export interface OwnProcess {
  /** Words after the program. */
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly nodeOptions: string
  /** It talks with its parent over Node's own channel, which would not survive. */
  readonly hasChannel: boolean
}

/** True for a daemon whose heap nobody has given a size yet. */
export function wantsHeapOptions({ args, execArgv, nodeOptions, hasChannel }: OwnProcess): boolean {
  const command = args.find((word) => !word.startsWith('-'))
  const isSized = [...execArgv, nodeOptions].some((text) => /--max[-_]semi[-_]space[-_]size/.test(text))
  return command === 'run' && !hasChannel && !isSized
}

/** Does not return where it replaces the process; elsewhere heddle runs with V8's own choice. */
export function takeHeapOptions(): void {
  const { argv, env, execArgv, execPath } = process
  const own = {
    args: argv.slice(2),
    execArgv,
    nodeOptions: env['NODE_OPTIONS'] ?? '',
    hasChannel: process.connected,
  }
  if (!wantsHeapOptions(own)) return
  // Experimental in Node, and absent on Windows and in threads: nothing depends on it.
  process.execve?.(execPath, [execPath, ...heapOptions, ...execArgv, ...argv.slice(1)], {
    ...heapEnvironment,
    ...env,
  })
}
