import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '@sitedrive/core/internal'

/** The process that runs the peer, or the reader, of a folder. */
export interface RunningPeer {
  pid: number
  /** The page of the process itself. */
  url: string
  /** Of a reader: what its library is opened with. Nobody but the owner of the data directory can read the record. */
  token?: string
}

/** Leaves a record for who finds the folder in use. @returns removes it, unless another process has replaced it since */
export function writeRunning(dir: string, running: RunningPeer): () => void {
  replaceFile(fileIn(dir), `${JSON.stringify(running)}\n`, 0o600)
  return () => {
    if (readRunning(dir)?.pid === running.pid) rmSync(fileIn(dir), { force: true })
  }
}

/** @returns null when the process that has the folder has left no record */
export function readRunning(dir: string): RunningPeer | null {
  try {
    const { pid, url, token } = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Record<string, unknown>
    if (typeof pid !== 'number' || typeof url !== 'string') return null
    return { pid, url, ...(typeof token === 'string' && { token }) }
  } catch {
    return null
  }
}

function fileIn(dir: string): string {
  return path.join(dir, 'running.json')
}
