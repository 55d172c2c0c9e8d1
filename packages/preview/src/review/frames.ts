import { randomBytes } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import type { PreviewFeed } from '../feed/feed.js'
import { type HeldState, listen, respond, sendText, ServingMemory } from '@sitedrive/mirror/parts'
import type { LastRelease } from './release-in-use.js'

/** The servers of both sides of a comparison, for the frames of the review page. */
export interface Frames {
  port: number
  /** The origins of the two sides. Their names are random: anybody who knows one may read the files there. */
  now: string
  last: string
  close(): Promise<void>
}

export interface FramesOptions {
  feed: PreviewFeed
  release: LastRelease
  /** Origins whose pages may show the frames. */
  framedBy: readonly string[]
}

const STALL_MS = 10_000
const CACHE_BYTES = 16 * 1024 * 1024

/** Headers that forbid frames, or that browsers would remember for the origin, do not apply in a review. */
const LEFT_OUT = new Set([
  'access-control-allow-origin',
  'clear-site-data',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'strict-transport-security',
  'x-frame-options'
])
const LEFT_OUT_DIRECTIVES = new Set(['frame-ancestors', 'sandbox', 'upgrade-insecure-requests'])

/** Serves both sides at one port, each at a host name of its own. */
export async function openFrames({ feed, release, framedBy }: FramesOptions): Promise<Frames> {
  const names = { now: randomHost(), last: randomHost() }
  const memory = new ServingMemory(CACHE_BYTES)
  // The sandbox also applies when somebody opens such an address outside of a frame.
  // guard: review: pages before and after are sandboxed
  // guard: review: pages before and after are framed by the review page alone
  const policy = `frame-ancestors ${framedBy.join(' ')}; sandbox allow-scripts`
  let port = 0

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { host } = req.headers
    const side = (['now', 'last'] as const).find((each) => host === `${names[each]}:${port}`)
    if (side === undefined) return sendText(res, 404, 'There is nothing here.')
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return sendText(res, 405, 'It can only be read.', { allow: 'GET, HEAD', connection: 'close' })
    }
    const held = side === 'now' ? nowOf(feed) : await release.hold()
    if (!held) return sendText(res, 503, 'Nothing is here yet.', { 'retry-after': '2' })
    const { key, state } = held
    rewriteHead(res, policy)
    try {
      await respond(req, res, {
        key,
        state,
        isNumbered: false,
        spaFallback: false,
        isLive: side === 'now',
        stallMs: STALL_MS,
        memory
      })
    } finally {
      state.release()
    }
  }

  const listener: RequestListener = (req, res) => {
    answer(req, res).catch(() => {
      if (res.headersSent) res.destroy()
      else sendText(res, 503, 'This cannot be read right now.', { 'retry-after': '2' })
    })
  }
  const server = await listen(listener, { port: 0 })
  port = server.port
  return {
    port,
    now: `http://${names.now}:${port}`,
    last: `http://${names.last}:${port}`,
    close: () => server.close()
  }
}

function nowOf(feed: PreviewFeed): { key: string; state: HeldState } | null {
  const state = feed.hold()
  return state && { key: feed.key, state }
}

function randomHost(): string {
  return `${randomBytes(16).toString('hex')}.localhost`
}

/** Lets only the review page frame the answer, and lets sandboxed pages, which have no origin, read it. */
function rewriteHead(res: ServerResponse, policy: string): void {
  const writeHead = res.writeHead.bind(res)
  res.writeHead = ((status: number, fields: OutgoingHttpHeaders | string[] = []) => {
    const kept = pairsOf(fields).flatMap(([name, value]) => {
      if (LEFT_OUT.has(name.toLowerCase())) return []
      if (name.toLowerCase() !== 'content-security-policy') return [name, value]
      const rest = withoutDirectives(value)
      return rest === '' ? [] : [name, rest]
    })
    // A sandboxed page has no origin, so its scripts and fonts need this permission.
    const ours = [
      'content-security-policy',
      policy,
      'access-control-allow-origin',
      '*',
      'referrer-policy',
      'no-referrer'
    ]
    return writeHead(status, [...kept, ...ours])
  }) as typeof res.writeHead
}

function pairsOf(fields: OutgoingHttpHeaders | string[]): [string, string][] {
  if (!Array.isArray(fields)) {
    return Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().flatMap((one): [string, string][] => (one === undefined ? [] : [[name, String(one)]]))
    )
  }
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < fields.length; at += 2) pairs.push([fields[at]!, fields[at + 1]!])
  return pairs
}

function withoutDirectives(policies: string): string {
  return policies
    .split(',')
    .map((policy) =>
      policy
        .split(';')
        .filter(
          (directive) => !LEFT_OUT_DIRECTIVES.has(directive.trim().split(/\s/, 1)[0]?.toLowerCase() ?? '')
        )
        .join(';')
    )
    .filter((policy) => policy.trim() !== '')
    .join(',')
}
