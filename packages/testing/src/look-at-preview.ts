import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What the events of a preview say first. */
export interface PreviewStatus {
  state: string
  failure: { message: string; file: string | null; line: number | null; column: number | null } | null
}

/**
 * Looks at a live preview as a browser does, with its stream of events open.
 *
 * @returns looks away
 */
export async function lookAtPreview(url: string): Promise<() => void> {
  const ended = new AbortController()
  const { body } = await fetch(new URL('/.well-known/sitedrive/events?since=', url), ended)
  // Read all the time: a response that nobody holds any more is ended by the garbage collector.
  body?.pipeTo(new WritableStream(), { signal: ended.signal }).catch(() => {}) // aborting it is an error here
  return () => ended.abort()
}

/** What a preview says of its newest build to a browser that asks now. */
export async function previewStatus(url: string): Promise<PreviewStatus> {
  const ended = new AbortController()
  try {
    let text = ''
    for await (const chunk of await eventsOf(url, ended.signal)) {
      text += chunk
      const [, data] = /^event: status\ndata: (.*)\n\n/m.exec(text) ?? []
      if (data !== undefined) return JSON.parse(data) as PreviewStatus
    }
    throw new Error(`no status: ${text}`)
  } finally {
    ended.abort()
  }
}

/** Receives the events of a preview as a browser does. @param signal ends it @returns the paths of changed files in each update until now */
export async function collectUpdates(url: string, signal: AbortSignal): Promise<() => string[][]> {
  const events = await eventsOf(url, signal)
  let text = ''
  const read = async () => {
    for await (const chunk of events) text += chunk
  }
  read().catch(() => {}) // aborting it is an error here
  return () =>
    [...text.matchAll(/^event: update\ndata: (.*)$/gm)].flatMap(([, data = '']) => {
      const { changes } = JSON.parse(data) as { changes: { path: string }[] | null }
      return changes ? [changes.map((change) => change.path)] : [] // the first update has no changes: it only gives the id of the shown state
    })
}

/** The processes that have previews of a data directory open, as their locks tell. */
export function previewPids(home: string): number[] {
  const dir = path.join(home, 'previews')
  const pids = (existsSync(dir) ? readdirSync(dir) : []).flatMap((name) => {
    const [, pid] = /"pid":(\d+),/.exec(textOf(path.join(dir, name, 'writer.lock'))) ?? []
    return pid === undefined ? [] : [Number(pid)]
  })
  return pids.filter(isAlive) // one that was killed leaves its words in the lock
}

/** Whether a process runs. One that has ended, and that nobody has asked how, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function eventsOf(url: string, signal: AbortSignal): Promise<AsyncIterable<string>> {
  const { body } = await fetch(new URL('/.well-known/sitedrive/events?since=', url), { signal })
  if (!body) throw new Error(`no events at ${url}`)
  return body.pipeThrough(new TextDecoderStream()) as AsyncIterable<string>
}
