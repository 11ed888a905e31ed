/**
 * How long the timers of the machine run (RFC 4271 §10, RFC 9687 §3.1).
 */
import type { FsmConfig } from './types.ts'

/** ConnectRetryTimer while a connection attempt is under way. */
export const CONNECT_TIMEOUT_MS = 30_000

const OPEN_HOLD_SEC = 240

/** HoldTimer of a connection that another one, whose OPEN has come, waits for. */
export const COLLISION_HOLD_MS = 15_000

const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 60_000

/** Wait after a session or an attempt that failed: doubled with each failure in a row up to the longest; jitter comes on top. */
export function backoffMs(config: FsmConfig, failures: number): number {
  const firstMs = config.idleHoldSec > 0 ? config.idleHoldSec * 1000 : BACKOFF_FIRST_MS
  const mostMs = config.connectRetrySec > 0 ? config.connectRetrySec * 1000 : BACKOFF_MAX_MS
  // A first wait that is longer than the longest is what the operator asked for.
  return Math.min(Math.max(mostMs, firstMs), firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 10))
}

/** KeepaliveTimer: a third of the negotiated hold time (RFC 4271 §10), or less where that is configured. */
export function keepaliveMs(config: FsmConfig, holdTimeSec: number): number {
  const thirdMs = Math.floor((holdTimeSec * 1000) / 3)
  return config.keepaliveSec > 0 ? Math.min(thirdMs, config.keepaliveSec * 1000) : thirdMs
}

/** HoldTimer until the peer's OPEN has come: "a large value", the RFC suggests four minutes (RFC 4271 §8.2.2). */
export function openHoldMs(config: FsmConfig): number {
  return (config.openHoldTimeSec || OPEN_HOLD_SEC) * 1000
}

/** SendHoldTimer: max(8 minutes, twice the hold time) unless configured (RFC 9687 §3.1). */
export function sendHoldMs(config: FsmConfig, holdTimeSec: number): number {
  return (config.sendHoldTimeSec || Math.max(480, 2 * holdTimeSec)) * 1000
}
