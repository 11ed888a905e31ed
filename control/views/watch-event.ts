/**
 * What a watcher is told. Changes of one route that come faster than the watcher reads are told as one: the route as it
 * is now.
 */
import type { RouteView } from './route-view.ts'

export type WatchEvent =
  | { readonly event: 'route'; readonly time: string; readonly route: RouteView }
  | {
      readonly event: 'withdrawn'
      readonly time: string
      readonly table: string
      readonly key: string
      readonly prefix: string
      readonly rd?: string
    }
  /** Everything that the tables held when the watch began has been told. */
  | { readonly event: 'current-done'; readonly time: string }
