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

/** Wait before the next attempt: 1 s, doubled with each failure in a row, at most 60 s; jitter comes on top. */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10))
}

/** KeepaliveTimer: a third of the negotiated hold time (RFC 4271 §10). */
export function keepaliveMs(holdTimeSec: number): number {
  return Math.floor((holdTimeSec * 1000) / 3)
}

/** HoldTimer until the peer's OPEN has come: "a large value", the RFC suggests four minutes (RFC 4271 §8.2.2). */
export function openHoldMs(config: FsmConfig): number {
  return (config.openHoldTimeSec || OPEN_HOLD_SEC) * 1000
}

/** SendHoldTimer: max(8 minutes, twice the hold time) unless configured (RFC 9687 §3.1). */
export function sendHoldMs(config: FsmConfig, holdTimeSec: number): number {
  return (config.sendHoldTimeSec || Math.max(480, 2 * holdTimeSec)) * 1000
}
