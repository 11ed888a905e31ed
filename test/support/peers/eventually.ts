/**
 * Waiting in tests: asks again until the answer is there, with a bound. Real peers answer when they like, so a test
 * states what must come true and never for how long to sleep.
 */
import { setTimeout as pause } from 'node:timers/promises'

export interface Patience {
  readonly withinMs?: number
  readonly everyMs?: number
}

/** The probe's first defined answer; throws with the last seen state when it does not come in time. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  patience: Patience & { readonly seen?: () => unknown } = {},
): Promise<T> {
  const deadline = performance.now() + (patience.withinMs ?? 20_000)
  let lastError: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (performance.now() > deadline) break
    await pause(patience.everyMs ?? 50)
  }
  const seen = patience.seen ? `; last seen: ${JSON.stringify(patience.seen())}` : ''
  const reason = lastError instanceof Error ? `; last error: ${lastError.message}` : ''
  throw new Error(`timed out waiting: ${what}${seen}${reason}`)
}

/** Like eventually, for a plain condition. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  patience: Patience & { readonly seen?: () => unknown } = {},
): Promise<void> {
  await eventually(what, async () => ((await condition()) ? true : undefined), patience)
}
