import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '@sitedrive/core/internal'

/** The process that runs the peer of a folder. */
export interface RunningPeer {
  pid: number
  /** Its status page. */
  url: string
}

/** Leaves a record for who finds the folder in use. @returns removes it */
export function writeRunning(dir: string, running: RunningPeer): () => void {
  replaceFile(fileIn(dir), `${JSON.stringify(running)}\n`)
  return () => rmSync(fileIn(dir), { force: true })
}

/** @returns null when the process that has the folder has left no record */
export function readRunning(dir: string): RunningPeer | null {
  try {
    const { pid, url } = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Record<string, unknown>
    return typeof pid === 'number' && typeof url === 'string' ? { pid, url } : null
  } catch {
    return null
  }
}

function fileIn(dir: string): string {
  return path.join(dir, 'running.json')
}
